/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest as a directory, made in the build directory and removed at the end. */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

static char tree[32];

static inline void tree_path(char *out, size_t size, const char *path)
{
	ck_assert_uint_lt((size_t)snprintf(out, size, "%s%s", tree, path), size);
}

/* Make @path with its directories. */
static inline void tree_put(const char *path, const char *text)
{
	char full[512];

	tree_path(full, sizeof(full), path);
	for (char *s = full + strlen(tree) + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		ck_assert(mkdir(full, 0755) == 0 || errno == EEXIST);
		*s = '/';
	}
	CLEANUP_FCLOSE FILE *f = fopen(full, "we");
	ck_assert_msg(f != NULL, "%s: %s", full, strerror(errno));
	fputs(text, f);
}

static inline struct bytes tree_get(const char *path)
{
	char full[512];

	tree_path(full, sizeof(full), path);
	return slurp(full);
}

static inline void tree_remove(const char *path)
{
	char full[512];

	tree_path(full, sizeof(full), path);
	ck_assert_int_eq(remove(full), 0);
}

/* A checked fixture: each test has a tree of its own. */
static inline void tree_setup(void)
{
	snprintf(tree, sizeof(tree), "test-tree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tree));
}

static inline int tree_remove_one(const char *path, const struct stat *st, int kind,
				  struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void tree_teardown(void)
{
	(void)nftw(tree, tree_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
