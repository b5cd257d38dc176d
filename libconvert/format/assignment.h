/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that a shell reads for its variables, by position. */
#ifndef FORMAT_ASSIGNMENT_H
#define FORMAT_ASSIGNMENT_H

#include <stdbool.h>
#include <stddef.h>

struct assignment {
	size_t at, next; /* the lines it is on */
	size_t key, key_len;
	size_t raw, raw_len;	 /* value as it stands, with its quotes */
	size_t value, value_len; /* without them */
	bool alone;		 /* nothing but a comment is on its line besides */
};

/* The next assignment at or behind @at that starts a line, or follows another one on it. */
bool assignment_next(const char *text, size_t at, struct assignment *a);

#endif
