/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which elements of two sequences are not common to both. */
#ifndef PLAN_MYERS_H
#define PLAN_MYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct myers_seq {
	const uint32_t *v;
	bool *changed; /* set where the element is not common; false before */
	size_t n;
};

/*
 * Sets changed[] of both.  What is left unset is a common subsequence: the longest,
 * unless that takes more than @budget comparisons.  Memory is linear.  Returns 0 or
 * -ENOMEM.
 */
int myers_compare(struct myers_seq *a, struct myers_seq *b, size_t budget);

#endif
