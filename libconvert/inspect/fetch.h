/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings the files that the steps want into struct guest.  Reads only. */
#ifndef INSPECT_FETCH_H
#define INSPECT_FETCH_H

#include "engine/engine.h"
#include "step/step.h"

#define FETCH_FILES_MAX 4096 /* a guest with more is not one we know */
#define FETCH_BYTES_MAX ((uint64_t)512 << 20)

/* Add to @g each file of @w that the guest has; sorted by path at the end. */
int fetch_wants(struct engine *e, const struct wants *w, struct guest *g,
		struct cvt_error *err);

/* A regular file that the guest must not have as anything else.  -ENOENT is an answer. */
int fetch_plain(struct engine *e, const char *path, struct bytes *ret,
		struct cvt_error *err);

/* Small text of a fact, links followed; NULL in *@ret if it cannot be read as such. */
int fetch_fact(struct engine *e, const char *path, char **ret, struct cvt_error *err);

/* Up to @size bytes from @offset; empty if there is no such file, or it cannot be read as one. */
int fetch_part(struct engine *e, const char *path, uint64_t offset, size_t size,
	       struct bytes *ret, struct cvt_error *err);

bool fetch_has(struct engine *e, const char *path);
bool fetch_has_dir(struct engine *e, const char *path);

/* The path that a final link, or a chain of them, stands for, and the size of the file; *ret
 * (malloc'ed) is NULL if there is no regular file at its end.
 */
int fetch_follow(struct engine *e, const char *path, char **ret, uint64_t *size,
		 struct cvt_error *err);

/* What the guest did to itself is noted, and the rest of it is still converted. */
bool fetch_is_guests_fault(int r, const struct cvt_error *err);

#endif
