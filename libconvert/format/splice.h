/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Edits of a text by position: what no splice covers is kept byte for byte. */
#ifndef FORMAT_SPLICE_H
#define FORMAT_SPLICE_H

#include "core/bytes.h"
#include "core/error.h"

struct splice {
	size_t at, len;	   /* bytes [at, at + len) of the old text go, */
	struct bytes text; /* and this comes in their place */
	size_t order;	   /* in which it was added, for equal positions */
};

/* In any order.  Of splices that overlap, the first in the text wins. */
struct splices {
	struct splice *v;
	size_t n;
};

/* All give 0 or -ENOMEM. */
int splice_bytes(struct splices *s, size_t at, size_t len, const struct bytes *text);
int splice_add(struct splices *s, size_t at, size_t len, const char *fmt, ...)
	PRINTF(4, 5);
int splice_drop(struct splices *s, size_t at, size_t len);

/* The new text; splices_text() is for a string without NUL, and its caller frees *@ret.
 */
int splices_apply(struct splices *s, const char *in, size_t len, struct bytes *ret);
int splices_text(struct splices *s, const char *in, char **ret, struct cvt_error *err);

void splices_clear(struct splices *s);
#define CLEANUP_SPLICES CLEANUP(splices_clear)

#endif
