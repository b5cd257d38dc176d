/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Third-party test material, read from its archives; it is no part of this project. */
#ifndef TESTS_ASSETS_H
#define TESTS_ASSETS_H

#include <archive.h>
#include <archive_entry.h>

#include "suite.h"

struct asset {
	char *path; /* in the archive, without its first component */
	struct bytes data;
};

struct assets {
	struct asset *v;
	size_t n;
};

static inline void assets_path(const char *name, char *out, size_t size)
{
	const char *dir = getenv("LIBCONVERT_ASSETS"), *srcdir = getenv("srcdir");

	if (dir)
		snprintf(out, size, "%s/%s", dir, name);
	else
		snprintf(out, size, "%s/../shared/assets/%s", srcdir ? srcdir : ".",
			 name);
}

/* No assertions here: the archives are read before the tests run. */
static inline bool asset_read(struct archive *a, struct archive_entry *entry,
			      struct assets *ret)
{
	const char *path = archive_entry_pathname(entry), *slash = strchr(path, '/');
	struct asset file = { strdup(slash ? slash + 1 : path), { 0 } };
	struct asset *grown = realloc(ret->v, (ret->n + 1) * sizeof(*grown));
	char buf[65536];
	la_ssize_t n = -1;

	if (!grown || !file.path)
		abort();
	ret->v = grown;
	ret->v[ret->n++] = file;
	if (bytes_set(&ret->v[ret->n - 1].data, "", 0) == 0)
		while ((n = archive_read_data(a, buf, sizeof(buf))) > 0)
			if (bytes_append(&ret->v[ret->n - 1].data, buf, (size_t)n) < 0)
				return false;
	return n == 0;
}

/* Add the regular files of an archive below the assets; false: it is absent, or damaged. */
static inline bool assets_open(const char *name, struct assets *ret)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char path[4096];
	bool ok;
	int r = ARCHIVE_OK;

	assets_path(name, path, sizeof(path));
	archive_read_support_filter_all(a);
	archive_read_support_format_all(a);
	ok = archive_read_open_filename(a, path, 65536) == ARCHIVE_OK;
	while (ok && (r = archive_read_next_header(a, &entry)) != ARCHIVE_EOF &&
	       r >= ARCHIVE_WARN)
		if (archive_entry_filetype(entry) == AE_IFREG)
			ok = asset_read(a, entry, ret);
	archive_read_free(a);
	return ok && r == ARCHIVE_EOF;
}

static inline const struct bytes *asset(const struct assets *l, const char *path)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].path, path) == 0)
			return &l->v[i].data;
	return NULL;
}

#endif
