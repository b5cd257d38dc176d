/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unified diff of two texts, as diff -u with three lines of context writes it and as
 * patch -p1 takes it.
 */
#ifndef PLAN_DIFF_H
#define PLAN_DIFF_H

#include <stdio.h>
#include <sys/types.h>

#include "core/bytes.h"

/* One side of a diff.  The type bits in @mode tell a link, whose @data is its target. */
struct diff_side {
	struct bytes data; /* lent, only read */
	mode_t mode;
};

/*
 * Write to @out how @before becomes @after; NULL: no such file.  Nothing if both are the
 * same.  New and removed files get the header lines of git, which carry mode and link.
 * Time and memory are linear in the size: what is too different to be compared finely is
 * shown as one block replaced by another.  Neither side has a NUL.  Returns 0 or -ENOMEM.
 */
int diff_text(FILE *out, const char *path, const struct diff_side *before,
	      const struct diff_side *after);

#endif
