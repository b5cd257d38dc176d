/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every test program ends with, and the corpus reader. */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/cleanup.h"
#include "core/error.h"

/* Run one suite; the exit status of main(). */
static inline int suite_run(Suite *s)
{
	SRunner *sr = srunner_create(s);
	int failed;

	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* tests/corpus/PATTERN below the source directory.  An empty corpus must not pass: the
 * caller returns 99 if this is not 0.
 */
static inline int corpus_open(const char *pattern, glob_t *ret)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/corpus/%s", srcdir ? srcdir : ".",
		 pattern);
	return glob(path, 0, NULL, ret);
}

static inline struct bytes slurp(const char *path)
{
	CLEANUP_FCLOSE FILE *f = fopen(path, "re");
	struct bytes b = { 0 };
	char buf[65536];
	size_t n;

	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(bytes_set(&b, "", 0), 0);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		ck_assert_int_eq(bytes_append(&b, buf, n), 0);
	return b;
}

/* The file beside @path whose name ends in @suffix instead of ".in". */
static inline struct bytes slurp_beside(const char *path, const char *suffix)
{
	CLEANUP_FREE char *beside = NULL;

	ck_assert(asprintf(&beside, "%.*s%s", (int)(strlen(path) - strlen(".in")), path,
			   suffix) > 0);
	return slurp(beside);
}

/*
 * A case of a corpus: @edit makes NAME.out of NAME.in, and NAME.out of that again; it
 * refuses should-fail-NAME.in.
 */
static inline void corpus_check(const char *path,
				int (*edit)(const struct bytes *in, struct bytes *out))
{
	CLEANUP_BYTES struct bytes in = slurp(path), want = { 0 }, out = { 0 },
				   twice = { 0 };

	if (strstr(path, "/should-fail-")) {
		ck_assert_int_eq(edit(&in, &out), -EINVAL);
		return;
	}
	want = slurp_beside(path, ".out");
	ck_assert_int_eq(edit(&in, &out), 0);
	ck_assert_msg(bytes_equal(&out, &want), "%s:\n%s", path, out.data);
	ck_assert_int_eq(edit(&out, &twice), 0);
	ck_assert_msg(bytes_equal(&twice, &out), "%s, twice:\n%s", path, twice.data);
}

#endif
