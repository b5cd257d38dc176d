/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of block devices as the source machine used them, to the devices of
 * the replicated disks, and back to names that no hypervisor changes.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "guest/busname.h"
#include "guest/guest.h"

#define NAME_SIZE 1024 /* bytes; longer names are no names of devices */

/* A part of a spec that is not NUL-terminated. */
struct word {
	const char *s;
	size_t n;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

static enum resolved found(const struct device *d, const struct device **ret)
{
	if (!d)
		return RESOLVED_ABSENT;
	*ret = d;
	return RESOLVED_DEVICE;
}

static enum resolved find_part(const struct guest *g, unsigned disk, unsigned part,
			       const struct device **ret)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];

		if (d->kind == DEVICE_DISK && d->disk == disk && d->part == part)
			return found(d, ret);
	}
	return RESOLVED_ABSENT;
}

static bool is_container(const char *type)
{
	return strcmp(type, "crypto_LUKS") == 0 || strcmp(type, "BitLocker") == 0 ||
	       strcmp(type, "bcache") == 0 || strcmp(type, "drbd") == 0 ||
	       ends_with(type, "_raid_member");
}

/*
 * Is there something in which more devices lie than we list: an array that is
 * not complete, an encrypted partition without a key?  What is not found may be
 * in there, so that nobody can call it absent.
 */
static bool is_opaque(const struct guest *g)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];

		if (d->shut != ERR_INTERNAL ||
		    (d->type && is_container(d->type) && !guest_is_below_another(g, d)))
			return true;
	}
	return false;
}

static enum resolved unless_hidden(const struct guest *g, enum resolved r)
{
	return r == RESOLVED_ABSENT && is_opaque(g) ? RESOLVED_OTHER : r;
}

/* ---- tags: UUID= and the like, and the links of udev that are made of them ---- */

struct tag {
	const char *name;  /* in fstab and on the command line */
	const char *link;  /* below /dev/disk/ */
	size_t field;	   /* of struct device */
	bool any_case;	   /* hexadecimal: blkid(8) prints some upper, some lower case */
	bool is_partition; /* of the partition table, so never inside of something */
};

static const struct tag tags[] = {
	/* clang-format off */
	{ "UUID=",      "by-uuid/",      offsetof(struct device, uuid),      true,  false },
	{ "LABEL=",     "by-label/",     offsetof(struct device, label),     false, false },
	{ "PARTUUID=",  "by-partuuid/",  offsetof(struct device, partuuid),  true,  true },
	{ "PARTLABEL=", "by-partlabel/", offsetof(struct device, partlabel), false, true },
	/* clang-format on */
};

static const char *tag_value(const struct tag *t, const struct device *d)
{
	return *(char *const *)((const char *)d + t->field);
}

/* The tag that @spec gives, and its value in @value; NULL: none. */
static const struct tag *find_tag(const char *spec, struct word *value)
{
	const char *link = skip(spec, "/dev/disk/");

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		const char *s =
			link ? skip(link, tags[i].link) : skip(spec, tags[i].name);
		size_t n = s ? strlen(s) : 0;

		if (!s)
			continue;
		if (!link && n >= 2 && (s[0] == '"' || s[0] == '\'') &&
		    s[n - 1] == s[0]) {
			s++;
			n -= 2;
		}
		*value = (struct word){ s, n };
		return &tags[i];
	}
	return NULL;
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undo udev's and blkid's \xHH.  @out has NAME_SIZE bytes; false: too long. */
static bool decode_hex(struct word in, char *out)
{
	size_t n = 0;

	if (in.n >= NAME_SIZE)
		return false;
	for (size_t i = 0; i < in.n; i++) {
		if (in.n - i >= 4 && in.s[i] == '\\' && in.s[i + 1] == 'x' &&
		    hex_digit(in.s[i + 2]) >= 0 && hex_digit(in.s[i + 3]) >= 0) {
			out[n++] = (char)(hex_digit(in.s[i + 2]) << 4 |
					  hex_digit(in.s[i + 3]));
			i += 3;
		} else {
			out[n++] = in.s[i];
		}
	}
	out[n] = '\0';
	return true;
}

static bool tag_matches(const struct tag *t, const char *have, struct word want)
{
	char decoded[NAME_SIZE];

	if (!have || want.n == 0)
		return false;
	if (t->any_case)
		return strlen(have) == want.n && strncasecmp(have, want.s, want.n) == 0;
	if (strlen(have) == want.n && memcmp(have, want.s, want.n) == 0)
		return true;
	return decode_hex(want, decoded) && strcmp(have, decoded) == 0;
}

static enum resolved find_tagged(const struct guest *g, const struct tag *t,
				 struct word value, const struct device **ret)
{
	for (size_t i = 0; i < g->n_devices; i++)
		if (tag_matches(t, tag_value(t, &g->devices[i]), value))
			return found(&g->devices[i], ret);
	return t->is_partition ? RESOLVED_ABSENT : unless_hidden(g, RESOLVED_ABSENT);
}

/* ---- names that the guest gives to what it opens ---- */

static const struct device *find_link(const struct guest *g, const char *name)
{
	for (size_t i = 0; i < g->n_devices; i++)
		if (names_has(&g->devices[i].links, name))
			return &g->devices[i];
	return NULL;
}

/* ---- device-mapper ---- */

/* Does @name read "VG-LV", each with its own '-' doubled (lvm2 dm_build_dm_name())? */
static bool is_mapper_name(const char *name, const struct device *d)
{
	const char *const part[] = { d->vg, d->lv };

	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		if (i > 0 && *name++ != '-')
			return false;
		for (const char *p = part[i]; *p; p++) {
			if (*name++ != *p || (*p == '-' && *name++ != '-'))
				return false;
		}
	}
	return *name == '\0';
}

static bool is_vg_slash_lv(const char *name, const struct device *d)
{
	const char *lv = skip(name, d->vg);

	return lv && *lv == '/' && strcmp(lv + 1, d->lv) == 0;
}

static const struct device *find_lv(const struct guest *g, const char *name,
				    bool (*match)(const char *, const struct device *))
{
	for (size_t i = 0; i < g->n_devices; i++)
		if (g->devices[i].vg && g->devices[i].lv && match(name, &g->devices[i]))
			return &g->devices[i];
	return NULL;
}

static enum resolved resolve_mapper(const struct guest *g, const char *s,
				    const struct device **ret)
{
	const struct device *d = find_lv(g, s, is_mapper_name);
	char link[NAME_SIZE];

	if (!d && snprintf(link, sizeof(link), "mapper/%s", s) < NAME_SIZE)
		d = find_link(g, link);
	return d ? found(d, ret) : unless_hidden(g, RESOLVED_ABSENT);
}

/* What is made anew at each boot, from what is on the disks, keeps its name. */
static enum resolved resolve_hidden(const struct guest *g, const char *s,
				    const struct device **ret)
{
	(void)s, (void)ret;
	return unless_hidden(g, RESOLVED_ABSENT);
}

static enum resolved resolve_other(const struct guest *g, const char *s,
				   const struct device **ret)
{
	(void)g, (void)s, (void)ret;
	return RESOLVED_OTHER;
}

/* ---- names of the source's buses ---- */

static bool is_row_of(const struct source_disk *row, const struct busname *b)
{
	if (b->kind == BUSNAME_ORDERED)
		return !row->id && row->ordinal == b->disk;
	return row->id && strlen(row->id) == b->id_len &&
	       memcmp(row->id, b->id, b->id_len) == 0;
}

static const struct source_disk *find_row(const struct guest *g, const struct busname *b)
{
	for (size_t i = 0; i < g->n_source_disks; i++)
		if (is_row_of(&g->source_disks[i], b))
			return &g->source_disks[i];
	return NULL;
}

static bool is_order_known(const struct guest *g)
{
	for (size_t i = 0; i < g->n_source_disks; i++)
		if (!g->source_disks[i].id)
			return true;
	return false;
}

/* Without a row the order is that of the disks given, and the only disk has every id. */
static enum resolved resolve_bus(const struct guest *g, const struct busname *b,
				 const struct device **ret)
{
	const struct source_disk *row = find_row(g, b);

	if (b->kind == BUSNAME_VOID)
		return RESOLVED_ABSENT;
	if (row)
		return find_part(g, row->disk, b->part, ret);
	if (b->kind == BUSNAME_ORDERED && !is_order_known(g))
		return find_part(g, b->disk, b->part, ret);
	if (b->kind == BUSNAME_UNORDERED && g->n_disks == 1)
		return find_part(g, 0, b->part, ret);
	return RESOLVED_ABSENT;
}

bool guest_spec_is_guess(const struct guest *g, const char *spec)
{
	const char *name = skip(spec, "/dev/");
	const struct busname b = busname_parse(name ? name : "");
	const struct source_disk *row =
		b.kind == BUSNAME_ORDERED || b.kind == BUSNAME_UNORDERED ? find_row(g, &b)
									 : NULL;

	return row && row->is_guess;
}

/* By the name below /dev/; the first row that fits decides. */
static const struct {
	const char *prefix;
	enum resolved (*resolve)(const struct guest *, const char *,
				 const struct device **);
} kinds[] = {
	{ "mapper/", resolve_mapper },
	{ "disk/by-id/dm-name-", resolve_mapper },
	{ "disk/by-id/", resolve_hidden },
	{ "md", resolve_hidden },
	/* What every machine has, or has none of, whatever disks were replicated */
	{ "root", resolve_other },
	{ "loop", resolve_other },
	{ "ram", resolve_other },
	{ "zram", resolve_other },
	{ "sr", resolve_other },
	{ "scd", resolve_other },
	{ "cdrom", resolve_other },
	{ "cdrw", resolve_other },
	{ "dvd", resolve_other },
	{ "fd", resolve_other },
	{ "floppy", resolve_other },
	{ "shm", resolve_other },
	{ "pts", resolve_other },
	{ "fuse", resolve_other },
	{ "null", resolve_other },
};

static enum resolved resolve_kind(const struct guest *g, const char *name,
				  const struct device **ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *rest = skip(name, kinds[i].prefix);
		bool is_lv = rest && !strchr(kinds[i].prefix, '/') && strchr(rest, '/') &&
			     kinds[i].resolve != resolve_hidden;

		if (rest && !is_lv)
			return kinds[i].resolve(g, rest, ret);
	}
	return strchr(name, '/') ? unless_hidden(g, RESOLVED_ABSENT) : RESOLVED_ABSENT;
}

enum resolved guest_resolve(const struct guest *g, const char *spec,
			    const struct device **ret)
{
	const char *name = skip(spec, "/dev/");
	const struct device *d;
	const struct tag *tag;
	struct busname bus;
	struct word value;

	if (g->n_disks == 0)
		return RESOLVED_OTHER;
	tag = find_tag(spec, &value);
	if (tag)
		return find_tagged(g, tag, value, ret);
	if (!name)
		return RESOLVED_OTHER;
	/* A volume group may have any name, "sdata" too. */
	d = find_lv(g, name, is_vg_slash_lv);
	if (!d)
		d = find_link(g, name);
	if (d)
		return found(d, ret);
	bus = busname_parse(name);
	if (bus.kind == BUSNAME_NONE)
		return resolve_kind(g, name, ret);
	return resolve_bus(g, &bus, ret);
}

bool guest_spec_is_stable(const struct guest *g, const char *spec)
{
	const struct device *d;
	struct word value;

	return find_tag(spec, &value) ||
	       (guest_resolve(g, spec, &d) == RESOLVED_DEVICE && d->kind != DEVICE_DISK);
}

/* Fit for fstab, unit files and command lines alike, without quoting. */
static bool is_plain(const char *s)
{
	return s && *s &&
	       s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789+,-./:@_")] == '\0';
}

/* One half of a mapper name, at *@n of @out. */
static bool put_mapper(const char *s, char *out, size_t size, size_t *n)
{
	for (; *s; s++) {
		if (*n + 2 >= size)
			return false;
		out[(*n)++] = *s;
		if (*s == '-')
			out[(*n)++] = '-';
	}
	out[*n] = '\0';
	return true;
}

static int lv_name(const struct device *d, char *out, size_t size)
{
	char buf[NAME_SIZE] = "/dev/mapper/";
	size_t n = strlen(buf);

	if (!is_plain(d->vg) || !is_plain(d->lv))
		return -ENOENT;
	if (!put_mapper(d->vg, buf, sizeof(buf) - 1, &n))
		return -ENAMETOOLONG;
	buf[n++] = '-';
	if (!put_mapper(d->lv, buf, sizeof(buf), &n) || n >= size)
		return -ENAMETOOLONG;
	memcpy(out, buf, n + 1);
	return 0;
}

int device_stable_name(const struct device *d, char *out, size_t size)
{
	const struct {
		const char *tag, *value;
	} names[] = {
		{ "UUID", d->uuid },
		{ "PARTUUID", d->partuuid },
		{ "LABEL", d->label },
	};

	if (d->kind == DEVICE_LV)
		return lv_name(d, out, size);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!is_plain(names[i].value))
			continue;
		if (strlen(names[i].tag) + 1 + strlen(names[i].value) >= size)
			return -ENAMETOOLONG;
		snprintf(out, size, "%s=%s", names[i].tag, names[i].value);
		return 0;
	}
	return -ENOENT;
}
