/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Walks a table of lines whose fields are separated by blanks (fstab(5),
 * crypttab(5)) and may replace fields on the way.  Every other byte stays:
 * comments, columns, CRLF, a missing last newline.
 */
#ifndef FORMAT_FIELDS_H
#define FORMAT_FIELDS_H

#include "core/bytes.h"
#include "core/error.h"

#define FIELDS_MAX 6 /* what stands behind is kept and not looked at */

struct field {
	size_t off, len;
};

struct fields {
	size_t lineno;			/* of the current line, from 1 */
	struct field field[FIELDS_MAX]; /* of the current line, in text */
	unsigned n;			/* fields the current line has */
	/* private */
	const char *text;
	size_t len;
	size_t line, next; /* start of the current line, and of the one behind */
	size_t copied;	   /* text before this is in out */
	struct bytes out;
};

/* Start before the first line; @text is borrowed.  -EINVAL if it has a NUL. */
int fields_open(struct fields *f, const char *text, size_t len, struct cvt_error *err);

/* Go to the next line that is neither blank nor a comment; false: there is none. */
bool fields_next(struct fields *f);

/* The first @n fields as strings in @buf, "" for what the line has not.  -ENOMEM. */
int fields_strings(const struct fields *f, unsigned n, struct bytes *buf, char *ret[]);

/*
 * Replace field @i of the current line, or add it where the line has exactly @i.
 * Fields of one line are set from left to right.  Padding behind gives way as far as the
 * next column can be kept.  -EINVAL if @value is empty or has a blank or a line break.
 */
int fields_set(struct fields *f, unsigned i, const char *value);

/* The text with what was replaced. */
int fields_finish(struct fields *f, struct bytes *ret);

void fields_clear(struct fields *f);

#endif
