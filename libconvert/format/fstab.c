/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "format/fstab.h"

#define MIN_FIELDS 3	/* libmount's parser wants source, target and type */

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
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* A number as sscanf("%d") of getmntent(3) would take it; 0 for all else. */
static unsigned parse_number(const char *s, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < n && s[i] >= '0' && s[i] <= '9'; i++) {
		if (v > (UINT_MAX - 9) / 10)
			return 0;
		v = 10 * v + (unsigned)(s[i] - '0');
	}
	return v;
}

static int decode_entry(struct fstab *f, struct fstab_entry *ret)
{
	const struct fields *l = &f->lines;
	size_t off[FSTAB_OPTIONS + 1];

	f->decoded.len = 0;
	for (unsigned i = 0; i <= FSTAB_OPTIONS; i++) {
		off[i] = f->decoded.len;
		if (i < l->n && bytes_append(&f->decoded, l->text + l->field[i].off,
					     l->field[i].len) < 0)
			return -ENOMEM;
		if (bytes_append(&f->decoded, "", 1) < 0)
			return -ENOMEM;
		decode(f->decoded.data + off[i]);
	}
	*ret = (struct fstab_entry){
		.lineno = l->lineno,
		.spec = f->decoded.data + off[FSTAB_SPEC],
		.where = f->decoded.data + off[FSTAB_WHERE],
		.type = f->decoded.data + off[FSTAB_TYPE],
		.options = f->decoded.data + off[FSTAB_OPTIONS],
	};
	if (l->n > FSTAB_PASSNO)
		ret->passno = parse_number(l->text + l->field[FSTAB_PASSNO].off,
					   l->field[FSTAB_PASSNO].len);
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
	bytes_clear(&f->decoded);
}
