/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * "Will it boot on TARGET?", answered rule by rule from a guest as it is.  Pure: what
 * was or will be converted is not known here.
 *
 * A rule that does not apply gives no answer: there is no fallback loader on a BIOS guest.
 * What concerns the default entry fails; the same of another entry is a warning.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "step/step.h"

enum verdict {
	VERDICT_NONE, /* the rule does not apply */
	VERDICT_PASS,
	VERDICT_WARN, /* it boots, or may; somebody should look */
	VERDICT_FAIL, /* it does not boot, or cannot be reached */
};

struct answer {
	const char *id; /* of the rule, static */
	enum verdict verdict;
	char *path;	/* guest path or device; NULL: none */
	char *evidence; /* one line */
	char *remedy;	/* NULL: nothing to do */
};

struct answers {
	struct answer *v;
	size_t n;
};

/* Add the files that the rules look at. */
int check_want(const struct guest *g, const struct request *q, struct wants *w,
	       struct cvt_error *err);

/* Ask every rule about @g, whose files are those of check_want() and steps_want(). */
int check_guest(const struct guest *g, const struct request *q, struct answers *ret,
		struct cvt_error *err);

/* The first answer that fails; NULL: it boots. */
const struct answer *answers_failure(const struct answers *a);
size_t answers_count(const struct answers *a, enum verdict verdict);

const char *verdict_name(enum verdict v); /* "pass", "warn", "fail" */

void answers_clear(struct answers *a);
#define CLEANUP_ANSWERS CLEANUP(answers_clear)

#endif
