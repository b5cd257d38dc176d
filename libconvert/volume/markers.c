/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Markers of a commit that has begun, see state.h. */
#include <config.h>

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "core/names.h"
#include "volume/fullio.h"
#include "volume/state.h"

#define SUFFIX ".convert-job"
#define ELSEWHERE "/var/tmp/" /* survives a restart (FHS 3.0, 5.15) */

/* "/dev/vg/replica" is "libconvert!dev!vg!replica" there, as sysfs(5) spells names. */
static int add_elsewhere(struct names *l, const char *path)
{
	CLEANUP_FREE char *name = NULL;

	if (asprintf(&name, ELSEWHERE "libconvert%s" SUFFIX, path) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	for (char *p = name + strlen(ELSEWHERE); (p = strchr(p, '/'));)
		*p = '!';
	return names_add_new(l, name);
}

/* The names that the marker of @path can have, the best first.  A block device has several
 * names; which one lasts is not known, so it has a marker for the one that was given and one
 * for the one that it has now.
 */
static int marker_names(const char *path, struct names *ret, bool *ret_is_file)
{
	CLEANUP_FREE char *real = realpath(path, NULL);
	CLEANUP_FREE char *beside = NULL;
	struct stat st;
	int r;

	*ret_is_file = real && stat(real, &st) == 0 && S_ISREG(st.st_mode);
	if (asprintf(&beside, "%s" SUFFIX, real ? real : path) < 0) {
		beside = NULL;
		return -ENOMEM;
	}
	r = real && !*ret_is_file ? 0 : names_add(ret, beside);
	if (r == 0)
		r = add_elsewhere(ret, real ? real : path);
	return r == 0 ? add_elsewhere(ret, path) : r;
}

/* Where the link @name leads; NULL: there is none of ours. */
static char *read_marker(const char *name)
{
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;

	/* /var/tmp is everybody's. */
	if (lstat(name, &st) < 0 || !S_ISLNK(st.st_mode) ||
	    (strncmp(name, ELSEWHERE, strlen(ELSEWHERE)) == 0 && st.st_uid != 0 &&
	     st.st_uid != geteuid()))
		return NULL;
	n = readlink(name, target, sizeof(target));
	return n > 0 && (size_t)n < sizeof(target) ? strndup(target, (size_t)n) : NULL;
}

static int place(const char *name, const char *dir)
{
	CLEANUP_FREE char *there = read_marker(name);

	if (there && strcmp(there, dir) == 0)
		return sync_parent(name);
	return symlink(dir, name) < 0 ? -errno : sync_parent(name);
}

static int place_markers(const char *path, const char *dir)
{
	CLEANUP_NAMES struct names names = { 0 };
	bool is_file;
	int r = marker_names(path, &names, &is_file);

	/* A file needs one, the first that can be had. */
	for (size_t i = 0; i < names.n && r == 0; i++) {
		r = place(names.v[i], dir);
		if (is_file && r == 0)
			break;
		if (is_file && i + 1 < names.n)
			r = 0;
	}
	return r;
}

/* Containers have a read-only /var/tmp, and one that nobody else sees is no use anyway. */
static bool is_nowhere(int code)
{
	return code == -EROFS || code == -EACCES || code == -EPERM || code == -ENOENT;
}

int markers_place(struct context *ctx, const struct redo *r, const char *dir,
		  struct cvt_error *err)
{
	for (size_t i = 0; i < r->n; i++) {
		int code = place_markers(r->files[i].path, dir);

		if (is_nowhere(code))
			context_log(ctx, CVT_LOG_WARNING,
				    "%s: no marker of the commit can be made: %s; if it "
				    "is interrupted, resume it before the disk is used",
				    r->files[i].path, strerror(-code));
		else if (code < 0)
			return error_raise(err, ERR_OUTPUT, r->files[i].path,
					   "no marker of the commit can be made: %s",
					   strerror(-code));
	}
	return 0;
}

static void remove_markers(const char *path, const char *dir)
{
	CLEANUP_NAMES struct names names = { 0 };
	bool is_file;

	if (marker_names(path, &names, &is_file) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP_FREE char *there = read_marker(names.v[i]);

		if (there && strcmp(there, dir) == 0 && unlink(names.v[i]) == 0)
			(void)sync_parent(names.v[i]);
	}
}

void markers_remove(const struct redo *r, const char *dir)
{
	for (size_t i = 0; i < r->n; i++)
		remove_markers(r->files[i].path, dir);
}

static int refuse(const char *path, const char *marker, const char *dir,
		  struct cvt_error *err)
{
	int code = error_raise(err, ERR_COMMIT, path, "a commit to it was interrupted");

	if (access(dir, F_OK) == 0)
		return state_advise(err, code, dir);
	return error_remedy(err, code,
			    "its job %s is not here: resume it where it is, or restore "
			    "the disk and remove %s",
			    dir, marker);
}

int markers_check(const char *path, const char *dir, struct cvt_error *err)
{
	CLEANUP_NAMES struct names names = { 0 };
	bool is_file;

	if (marker_names(path, &names, &is_file) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < names.n; i++) {
		CLEANUP_FREE char *there = read_marker(names.v[i]);

		if (there && (!dir || strcmp(there, dir) != 0))
			return refuse(path, names.v[i], there, err);
	}
	return 0;
}
