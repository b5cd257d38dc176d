/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/fstab.h"
#include "format/options.h"

#define MIN_FIELDS 3 /* libmount's parser wants source, target and type */

int fstab_open(struct fstab *f, const char *text, size_t len, struct cvt_error *err)
{
	*f = (struct fstab){ 0 };
	return fields_open(&f->lines, text, len, err);
}

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

/* Three octal digits behind a backslash are a byte, but never NUL. */
static void decode(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && is_octal(s + 1) && strncmp(s + 1, "000", 3) != 0) {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
					(s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* A number as sscanf("%d") of getmntent(3) would take it; 0 for all else. */
static unsigned parse_number(const char *s)
{
	unsigned v = 0;

	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > (UINT_MAX - 9) / 10)
			return 0;
		v = 10 * v + (unsigned)(*s - '0');
	}
	return v;
}

static int decode_entry(struct fstab *f, struct fstab_entry *ret)
{
	const struct fields *l = &f->lines;
	char *v[FSTAB_PASSNO + 1];

	if (fields_strings(l, ARRAY_SIZE(v), &f->strings, v) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		decode(v[i]);
	*ret = (struct fstab_entry){
		.lineno = l->lineno,
		.spec = v[FSTAB_SPEC],
		.where = v[FSTAB_WHERE],
		.type = v[FSTAB_TYPE],
		.options = v[FSTAB_OPTIONS],
		.passno = parse_number(v[FSTAB_PASSNO]),
	};
	return 0;
}

int fstab_next(struct fstab *f, struct fstab_entry *ret)
{
	int r;

	while (fields_next(&f->lines)) {
		if (f->lines.n < MIN_FIELDS) {
			if (f->n_malformed++ == 0)
				f->malformed = f->lines.lineno;
			continue;
		}
		r = decode_entry(f, ret);
		return r < 0 ? r : 1;
	}
	return 0;
}

int fstab_set(struct fstab *f, enum fstab_field field, const char *value)
{
	CLEANUP_FREE char *encoded = malloc(4 * strlen(value) + 1);
	char *out = encoded;

	if (!encoded)
		return -ENOMEM;
	for (const char *p = value; *p; p++) {
		const unsigned char c = (unsigned char)*p;

		if (strchr(" \t\r\n\\", c) || (c == '#' && p == value))
			out += sprintf(out, "\\%03o", c);
		else
			*out++ = *p;
	}
	*out = '\0';
	return fields_set(&f->lines, field, encoded);
}

int fstab_finish(struct fstab *f, struct bytes *ret)
{
	return fields_finish(&f->lines, ret);
}

void fstab_clear(struct fstab *f)
{
	fields_clear(&f->lines);
	bytes_clear(&f->strings);
}

/* clang-format off */
/* systemd's list (basic/mount-util.c fstype_is_network()) and a few FUSE ones; "fuse." is
 * taken off before.  gfs2 and ocfs2 sit on block devices and are not in it.
 */
static const char *const network_types[] = {
	"afs", "beegfs", "ceph", "cifs", "davfs", "davfs2", "efs", "glusterfs", "goofys",
	"lustre", "ncp", "ncpfs", "nfs", "nfs4", "orangefs", "pvfs2", "rclone", "s3fs",
	"smb3", "smbfs", "sshfs",
};

static const char *const hypervisor_types[] = {
	"9p", "hgfs", "prl_fs", "vboxsf", "virtiofs", "vmblock", "vmhgfs", "vmhgfs-fuse",
};

/* Drives that may be empty or missing on any machine. */
static const char *const removable[] = {
	"cdrom", "cdrw", "dvd", "fd", "floppy", "scd", "sr",
};
/* clang-format on */

static bool is_listed(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

static const char *type_of(const struct fstab_entry *e)
{
	return strncmp(e->type, "fuse.", 5) == 0 ? e->type + 5 : e->type;
}

bool fstab_is_hypervisor(const struct fstab_entry *e)
{
	return is_listed(hypervisor_types, ARRAY_SIZE(hypervisor_types), type_of(e)) ||
	       strncmp(e->spec, ".host:", 6) == 0;
}

bool fstab_is_network(const struct fstab_entry *e)
{
	return is_listed(network_types, ARRAY_SIZE(network_types), type_of(e)) ||
	       strncmp(e->spec, "sshfs#", 6) == 0;
}

bool fstab_is_optional(const struct fstab_entry *e)
{
	return options_has(e->options, "nofail") ||
	       options_has(e->options, "x-systemd.automount") ||
	       strstr(e->options, "comment=systemd.automount");
}

bool fstab_is_removable(const struct fstab_entry *e)
{
	const char *name = strncmp(e->spec, "/dev/", 5) == 0 ? e->spec + 5 : "";

	for (size_t i = 0; i < ARRAY_SIZE(removable); i++) {
		const size_t n = strlen(removable[i]);

		/* "sr0", "cdrom", but no volume group "srv" */
		if (strncmp(name, removable[i], n) == 0 &&
		    name[n + strspn(name + n, "0123456789")] == '\0')
			return true;
	}
	return false;
}
