/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A copy of a text with some spans replaced; everything between them is kept. */
#ifndef FORMAT_SPLICE_H
#define FORMAT_SPLICE_H

#include "core/bytes.h"

struct splice {
	const char *in;
	size_t len;
	size_t done;		/* bytes of @in that are dealt with */
	struct bytes out;
};

/* Replace @len bytes at @at, which is not before the last span; 0 or -ENOMEM. */
int splice_replace(struct splice *s, size_t at, size_t len, const char *text, size_t text_len);

/* Copy the rest, and move the whole to *@ret; 0 or -ENOMEM. */
int splice_finish(struct splice *s, struct bytes *ret);

void splice_clear(struct splice *s);
#define CLEANUP_SPLICE CLEANUP(splice_clear)

#endif
