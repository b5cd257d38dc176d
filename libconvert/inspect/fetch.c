/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "inspect/fetch.h"

#define LINKS_MAX 8
#define BINARY_MAX \
	((size_t)256 << 20)	    /* bytes; a unified kernel image may have 150 MiB */
#define FACT_MAX ((size_t)64 << 10) /* bytes; os-release and its like */

struct fetch {
	struct engine *engine;
	struct guest *guest;
	uint64_t bytes;
	char *dir; /* whose names @names are; NULL: none */
	struct names names;
};

static void fetch_clear(struct fetch *f)
{
	free(f->dir);
	names_clear(&f->names);
}

static bool is_pattern(const char *s)
{
	return strpbrk(s, "*?[") != NULL;
}

static const char *kind_name(enum file_kind kind)
{
	switch (kind) {
	case FILE_DIRECTORY:
		return "a directory";
	case FILE_SYMLINK:
		return "a symbolic link";
	case FILE_OTHER:
		return "a FIFO, socket or device";
	case FILE_REGULAR:
		break;
	}
	return "a regular file";
}

static int not_regular(const char *path, enum file_kind kind, struct cvt_error *err)
{
	return error_raise(err, ERR_FILE_NOT_REGULAR, path,
			   "%s where a regular file is needed", kind_name(kind));
}

static int add_link(struct fetch *f, const char *path, struct cvt_error *err)
{
	CLEANUP_FREE char *link = NULL;
	struct bytes nothing = { 0 };
	int r = engine_readlink(f->engine, path, &link, err);

	if (r < 0)
		return r;
	if (guest_add_file(f->guest, path, &nothing, 0777) < 0)
		return error_nomem(err);
	f->guest->files[f->guest->n_files - 1].link = take_ptr(link);
	return 0;
}

static int add_regular(struct fetch *f, const char *path, unsigned flags, mode_t mode,
		       struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes data = { 0 };
	size_t max = flags & WANT_BINARY ? BINARY_MAX : ENGINE_TEXT_MAX;
	int r = engine_read(f->engine, path, max, &data, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	f->bytes += data.len;
	if (f->bytes > FETCH_BYTES_MAX || f->guest->n_files >= FETCH_FILES_MAX)
		return error_raise(
			err, ERR_FILE_TOO_LARGE, path,
			"more than %d files or %d MiB of configuration and drivers",
			FETCH_FILES_MAX, (int)(FETCH_BYTES_MAX >> 20));
	return guest_add_file(f->guest, path, &data, mode) < 0 ? error_nomem(err) : 0;
}

/* @found: a pattern found it, so the guest may well do without it. */
static int add_path(struct fetch *f, const char *path, unsigned flags, bool found,
		    struct cvt_error *err)
{
	struct file_stat st;
	char note[96];
	int r;

	if (guest_file(f->guest, path))
		return 0;
	r = engine_stat(f->engine, path, &st, err);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r;
	if (st.kind == FILE_SYMLINK && (flags & WANT_LINK))
		return add_link(f, path, err);
	if (st.kind == FILE_REGULAR || (st.kind == FILE_SYMLINK && (flags & WANT_FOLLOW)))
		return add_regular(f, path, flags, st.mode, err);
	if (!found)
		return not_regular(path, st.kind, err);
	if (st.kind == FILE_DIRECTORY)
		return 0;
	snprintf(note, sizeof(note), "left alone: %s", kind_name(st.kind));
	return guest_note(f->guest, "file-skipped", path, note) < 0 ? error_nomem(err)
								    : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* 1: @dir has @name, 0: it has not. */
static int is_listed(struct fetch *f, const char *dir, const char *name,
		     struct cvt_error *err)
{
	if (!f->dir || strcmp(f->dir, dir) != 0) {
		int r;

		fetch_clear(f);
		f->names = (struct names){ 0 };
		f->dir = strdup(dir);
		r = f->dir ? engine_list(f->engine, dir, &f->names, err)
			   : error_nomem(err);
		if (r < 0 && r != -ENOENT && r != -ENOTDIR)
			return r;
	}
	return f->names.n > 0 && bsearch(&name, f->names.v, f->names.n,
					 sizeof(*f->names.v), compare_names) != NULL;
}

/* The last component, which is no pattern. */
static int add_name(struct fetch *f, const char *dir, const char *name, unsigned flags,
		    bool found, struct cvt_error *err)
{
	CLEANUP_FREE char *path = NULL;
	int r = flags & WANT_RARE && *dir ? is_listed(f, dir, name, err) : 1;

	if (r <= 0)
		return r;
	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return error_nomem(err);
	}
	return add_path(f, path, flags, found, err);
}

/* Expand the first component of @rest below @dir, and go on from there.  The depth of the
 * recursion is the number of components of a step's own pattern.
 */
static int expand(struct fetch *f, const char *dir, const char *rest, unsigned flags,
		  bool found, struct cvt_error *err)
{
	size_t n = strcspn(rest, "/");
	CLEANUP_FREE char *part = strndup(rest, n);
	CLEANUP_NAMES struct names names = { 0 };
	bool pattern = part && is_pattern(part);
	int r;

	if (!part)
		return error_nomem(err);
	r = pattern ? engine_list(f->engine, *dir ? dir : "/", &names, err)
		    : names_add(&names, part);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	for (size_t i = 0; i < names.n && r == 0; i++) {
		CLEANUP_FREE char *path = NULL;

		if (pattern && fnmatch(part, names.v[i], FNM_PERIOD) != 0)
			continue;
		if (rest[n] == '\0') {
			r = add_name(f, dir, names.v[i],
				     pattern ? flags & ~WANT_RARE : flags,
				     found || pattern, err);
			continue;
		}
		if (asprintf(&path, "%s/%s", dir, names.v[i]) < 0) {
			path = NULL;
			return error_nomem(err);
		}
		r = expand(f, path, rest + n + 1, flags, found || pattern, err);
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct guest_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int fetch_wants(struct engine *e, const struct wants *w, struct guest *g,
		struct cvt_error *err)
{
	CLEANUP(fetch_clear) struct fetch f = { .engine = e, .guest = g };
	int r = 0;

	for (size_t i = 0; i < w->n && r == 0; i++) {
		r = context_check(e->ctx, err);
		if (r == 0)
			r = expand(&f, "", w->v[i].path + 1, w->v[i].flags, false, err);
	}
	if (r == 0 && g->n_files > 1)
		qsort(g->files, g->n_files, sizeof(*g->files), compare);
	return r;
}

int fetch_plain(struct engine *e, const char *path, struct bytes *ret,
		struct cvt_error *err)
{
	struct file_stat st;
	int r = engine_stat(e, path, &st, err);

	if (r == 0 && st.kind != FILE_REGULAR)
		r = not_regular(path, st.kind, err);
	return r < 0 ? r : engine_read(e, path, ENGINE_TEXT_MAX, ret, err);
}

int fetch_fact(struct engine *e, const char *path, char **ret, struct cvt_error *err)
{
	struct bytes text = { 0 };
	int r = engine_read(e, path, FACT_MAX, &text, NULL);

	if (r == -ENOMEM)
		return error_nomem(err);
	if (r < 0 || bytes_has_nul(&text))
		bytes_clear(&text);
	*ret = text.data;
	return 0;
}

int fetch_part(struct engine *e, const char *path, uint64_t offset, size_t size,
	       struct bytes *ret, struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	int r = engine_pread(e, path, offset, size, ret, &why);

	if (r == -ENOENT || fetch_is_guests_fault(r, &why)) {
		bytes_clear(ret);
		return 0;
	}
	return r < 0 ? error_pass(err, r, &why) : 0;
}

bool fetch_has(struct engine *e, const char *path)
{
	struct file_stat st;

	return engine_stat(e, path, &st, NULL) == 0;
}

bool fetch_has_dir(struct engine *e, const char *path)
{
	struct file_stat st;

	return engine_stat(e, path, &st, NULL) == 0 && st.kind == FILE_DIRECTORY;
}

bool fetch_is_guests_fault(int r, const struct cvt_error *err)
{
	return r < 0 && err->exit == CVT_EXIT_GUEST;
}

/* Take "." and ".." out of the absolute @path, so that one file has one name. */
static void clean_path(char *path)
{
	char *out = path;

	for (const char *in = path; *in;) {
		size_t n;

		in += strspn(in, "/");
		n = strcspn(in, "/");
		if (n == 2 && in[0] == '.' && in[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (n > 0 && !(n == 1 && in[0] == '.')) {
			*out++ = '/';
			memmove(out, in, n);
			out += n;
		}
		in += n;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
}

int fetch_follow(struct engine *e, const char *path, char **ret, uint64_t *size,
		 struct cvt_error *err)
{
	CLEANUP_FREE char *at = strdup(path);

	*ret = NULL;
	for (int i = 0; at && i < LINKS_MAX; i++) {
		CLEANUP_FREE char *to = NULL;
		struct cvt_error why = { 0 };
		struct file_stat st;
		int r = engine_stat(e, at, &st, &why);
		char *slash = strrchr(at, '/');

		if (r == 0 && st.kind == FILE_REGULAR) {
			*size = st.size;
			*ret = take_ptr(at);
			return 0;
		}
		if (r == 0 && st.kind == FILE_SYMLINK)
			r = engine_readlink(e, at, &to, &why);
		if (r == -ENOENT || (r == 0 && !to) || fetch_is_guests_fault(r, &why))
			return 0;
		if (r < 0)
			return error_pass(err, r, &why);
		int dir = to[0] != '/' && slash ? (int)(slash - at) : 0;
		char *next;

		if (asprintf(&next, "%.*s/%s", dir, at, to) < 0)
			next = NULL;
		free(at);
		at = next;
		if (at)
			clean_path(at);
	}
	return at ? 0 : error_nomem(err);
}
