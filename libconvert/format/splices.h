/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edits of a text by position: what no splice covers is kept byte for byte. */
#ifndef FORMAT_SPLICES_H
#define FORMAT_SPLICES_H

#include "core/cleanup.h"
#include "core/error.h"

struct splices_part {
	size_t at, len; /* bytes [at, at + len) of the old text */
	size_t order;	/* of splice_add(), for equal positions */
	char *text;	/* go, and this comes in their place */
};

struct splices {
	struct splices_part *v;
	size_t n;
};

int splice_add(struct splices *s, size_t at, size_t len, const char *fmt, ...)
	PRINTF(4, 5); /* -ENOMEM */

/* The new text in *@ret (caller frees).  Of splices that overlap, the first in the text
 * wins.
 */
int splice_apply(struct splices *s, const char *text, size_t len, char **ret,
		 struct cvt_error *err);

void splices_clear(struct splices *s);
#define CLEANUP_SPLICES CLEANUP(splices_clear)

#endif
