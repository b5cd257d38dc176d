/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "core/cleanup.h"
#include "guest/busname.h"

#define DISK_MAX 65536 /* no guest has more; no sum below overflows */
#define WWID_MIN 16    /* hexadecimal digits of the shortest (NAA type 3, SPC-4, 7.8.6) */

static const struct busname none = { .kind = BUSNAME_NONE };
static const struct busname nothing = { .kind = BUSNAME_VOID };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

/* Reads a decimal number at *@s and moves behind it; false: none, or too large. */
static bool take_number(const char **s, unsigned *ret)
{
	unsigned v = 0;

	if (!is_digit(**s))
		return false;
	for (; is_digit(**s); (*s)++) {
		v = 10 * v + (unsigned)(**s - '0');
		if (v > DISK_MAX)
			return false;
	}
	*ret = v;
	return true;
}

/* "a" is 0, "z" 25, "aa" 26, as drivers/scsi/sd.c sd_format_disk_name() counts. */
static bool take_letters(const char **s, unsigned *ret)
{
	unsigned v = 0;

	if (**s < 'a' || **s > 'z')
		return false;
	for (; **s >= 'a' && **s <= 'z'; (*s)++) {
		v = 26 * v + (unsigned)(**s - 'a') + 1;
		if (v > DISK_MAX)
			return false;
	}
	*ret = v - 1;
	return true;
}

/* "@separator@number" to the end; nothing at all is part 0, the whole disk. */
static bool take_part(const char *s, const char *separator, unsigned *ret)
{
	*ret = 0;
	if (!*s)
		return true;
	s = skip(s, separator);
	return s && take_number(&s, ret) && !*s && *ret > 0;
}

static struct busname ordered(unsigned disk, unsigned part)
{
	return (struct busname){ .kind = BUSNAME_ORDERED, .disk = disk, .part = part };
}

/* @rest is "-partN", or empty for the whole disk. */
static struct busname unordered(const char *id, size_t len, const char *rest)
{
	struct busname b = { .kind = BUSNAME_UNORDERED, .id = id, .id_len = len };

	return len > 0 && take_part(rest, "-part", &b.part) ? b : nothing;
}

/* "ID-partN" or "ID" */
static struct busname unordered_name(const char *s)
{
	const char *part = strstr(s, "-part");
	size_t n = part ? (size_t)(part - s) : strlen(s);

	return unordered(s, n, s + n);
}

/* ---- the kernel's names ---- */

/* sdb1, and the same for hd, vd, xvd */
static struct busname parse_letters(const char *s)
{
	unsigned disk, part;

	return take_letters(&s, &disk) && take_part(s, "", &part) ? ordered(disk, part)
								  : nothing;
}

static struct busname parse_mmc(const char *s)
{
	unsigned disk, part;

	return take_number(&s, &disk) && take_part(s, "p", &part) ? ordered(disk, part)
								  : nothing;
}

/* nvme0n1p2.  Disks are either controllers with one namespace each, as on EC2, or the
 * namespaces of one controller, as on VMware; the sum is right for both.
 */
static struct busname parse_nvme(const char *s)
{
	unsigned controller, ns, part;

	if (!take_number(&s, &controller) || !(s = skip(s, "n")) ||
	    !take_number(&s, &ns) || ns == 0 || !take_part(s, "p", &part))
		return nothing;
	return ordered(controller + ns - 1, part);
}

/* c0d1p2 of the drivers cciss, ida and DAC960; a second controller tells no order. */
static struct busname parse_array(const char *s)
{
	s = skip(s, "c0d");
	return s ? parse_mmc(s) : nothing;
}

/* ---- multipath ---- */

/* multipath.conf(5) user_friendly_names: mpatha is the first; kpartx(8) puts "-part", "p"
 * or nothing before the number.
 */
static struct busname parse_mpath(const char *s)
{
	static const char *const separators[] = { "-part", "p", "" };
	unsigned disk, part;
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz");
	const char *end = s + n;
	char letters[8];

	/* In "mpathap1" the last letter belongs to the partition. */
	if (n > 1 && s[n - 1] == 'p' && is_digit(*end))
		end--;
	n = (size_t)(end - s);
	if (n == 0 || n >= sizeof(letters))
		return nothing;
	memcpy(letters, s, n);
	letters[n] = '\0';
	s = letters;
	if (!take_letters(&s, &disk))
		return nothing;
	for (size_t i = 0; i < ARRAY_SIZE(separators); i++)
		if (take_part(end, separators[i], &part))
			return ordered(disk, part);
	return nothing;
}

/* A WWID, as scsi_id(8) gives it: '3' before an NAA, '2' before an EUI-64.  The digit is
 * not in udev's wwn- links, so it is left out.
 */
static struct busname parse_wwid(const char *s)
{
	const size_t n = strspn(s, "0123456789abcdef");
	unsigned part;

	if (n <= WWID_MIN || (*s != '3' && *s != '2'))
		return none;
	if (!take_part(s + n, "p", &part) && !take_part(s + n, "-part", &part) &&
	    !take_part(s + n, "_part", &part))
		return none;
	return (struct busname){ BUSNAME_UNORDERED, 0, part, s + 1, n - 1 };
}

/* Other names below /dev/mapper/ are those of volumes. */
static struct busname parse_mapper(const char *s)
{
	const char *mpath = skip(s, "mpath");

	return mpath ? parse_mpath(mpath) : parse_wwid(s);
}

/* "mpath-WWID" and "part1-mpath-WWID" */
static struct busname parse_dm_uuid(const char *s)
{
	const char *part = skip(s, "part"), *wwid = skip(s, "mpath-");
	unsigned n = 0;
	struct busname b;

	if (part && take_number(&part, &n))
		wwid = skip(part, "-mpath-");
	b = wwid ? parse_wwid(wwid) : none;
	b.part = n;
	return b;
}

/* ---- udev's by-path and by-id ---- */

/* The last "@mark" in @s and what follows it. */
static const char *behind_last(const char *s, const char *mark)
{
	const char *found_at = NULL;

	for (const char *p = s; (p = strstr(p, mark)); p++)
		found_at = p + strlen(mark);
	return found_at;
}

/* "0:0:T:L" and "-part": one of target and LUN counts the disks, by hypervisor (T:
 * VMware, whose target 7 is the adapter itself and is not left out of the count; L:
 * Hyper-V).
 */
static bool scsi_index(const char *s, unsigned *disk, const char **rest)
{
	unsigned v[4];

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		if ((i > 0 && *s++ != ':') || !take_number(&s, &v[i]))
			return false;
	if (v[2] > 0 && v[3] > 0)
		return false;
	*disk = v[2] + v[3];
	*rest = s;
	return true;
}

/* The number behind @mark; the first disk has @first. */
static bool numbered(const char *s, unsigned first, unsigned *disk, const char **rest)
{
	if (!s || !take_number(&s, disk) || *disk < first)
		return false;
	*disk -= first;
	*rest = skip(s, ".0"); /* "ata-1.0": device 0 of the port */
	if (!*rest)
		*rest = s;
	return true;
}

static struct busname parse_by_path(const char *s)
{
	const char *scsi = behind_last(s, "-scsi-"), *rest = NULL;
	unsigned disk = 0, part;
	bool known;

	if (scsi)
		known = scsi_index(scsi, &disk, &rest);
	else
		known = numbered(behind_last(s, "-ata-"), 1, &disk, &rest) ||
			numbered(behind_last(s, "-lun-"), 0, &disk, &rest) ||
			/* Namespace 1 is every controller's first: no order. */
			(numbered(behind_last(s, "-nvme-"), 1, &disk, &rest) && disk > 0);
	if (known && take_part(rest, "-part", &part))
		return ordered(disk, part);
	return scsi ? nothing : unordered_name(s);
}

static struct busname parse_by_id(const char *s)
{
	const char *name = skip(s, "dm-name-"), *uuid = skip(s, "dm-uuid-"),
		   *wwn = skip(s, "wwn-0x"), *scsi = skip(s, "scsi-");
	struct busname b = none;

	if (name)
		return parse_mapper(name);
	if (uuid)
		return parse_dm_uuid(uuid);
	if (skip(s, "lvm-pv-uuid-") || skip(s, "md-"))
		return none;
	if (scsi)
		b = parse_wwid(scsi);
	if (b.kind != BUSNAME_NONE)
		return b;
	return unordered_name(wwn ? wwn : s);
}

/* By the name below /dev/; the first row that fits decides. */
static const struct {
	const char *prefix;
	struct busname (*parse)(const char *);
} buses[] = {
	{ "mapper/", parse_mapper },
	{ "disk/by-path/", parse_by_path },
	{ "disk/by-id/", parse_by_id },
	{ "cciss/", parse_array },
	{ "ida/", parse_array },
	{ "rd/", parse_array },
	{ "mmcblk", parse_mmc },
	{ "nvme", parse_nvme },
	{ "xvd", parse_letters },
	{ "sd", parse_letters },
	{ "hd", parse_letters },
	{ "vd", parse_letters },
};

struct busname busname_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		const char *rest = skip(name, buses[i].prefix);

		/* "sdata/x" is a volume of a group with such a name. */
		if (rest && (strchr(buses[i].prefix, '/') || !strchr(rest, '/')))
			return buses[i].parse(rest);
	}
	return none;
}

void busname_format(unsigned disk, char out[16])
{
	char letters[12];
	size_t n = sizeof(letters);

	letters[--n] = '\0';
	for (disk++; disk > 0 && n > 0; disk = (disk - 1) / 26)
		letters[--n] = (char)('a' + (disk - 1) % 26);
	memcpy(out, "sd", 2);
	memcpy(out + 2, letters + n, sizeof(letters) - n);
}
