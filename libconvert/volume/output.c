/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results beside the originals: each is written under a temporary name, and only when all
 * are complete do they get their own.  What exists is never replaced.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "volume/fullio.h"
#include "volume/volume_private.h"

struct result {
	char *name; /* DIR/disk.raw */
	char *part; /* DIR/disk.raw.XXXXXX, where it is written */
	enum { RESULT_NONE, RESULT_PART, RESULT_DONE } state;
};

/* DIR/<base name of @disk without suffix>.<suffix> */
static int name_result(struct result *r, const char *dir, const char *disk,
		       const char *suffix)
{
	const char *base = strrchr(disk, '/');
	const char *dot;
	size_t n;

	base = base ? base + 1 : disk;
	dot = strrchr(base, '.');
	n = dot && dot > base ? (size_t)(dot - base) : strlen(base);
	if (asprintf(&r->name, "%s/%.*s.%s", dir, (int)n, base, suffix) < 0) {
		r->name = NULL;
		return -ENOMEM;
	}
	if (asprintf(&r->part, "%s.XXXXXX", r->name) < 0) {
		r->part = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int refuse_existing(const struct result *results, size_t i, struct cvt_error *err)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(results[j].name, results[i].name) == 0)
			return error_raise(err, ERR_OUTPUT_EXISTS, results[i].name,
					   "two disks would get this name");
	if (access(results[i].name, F_OK) == 0)
		return error_raise(err, ERR_OUTPUT_EXISTS, results[i].name,
				   "exists already");
	return 0;
}

static int name_results(const struct volumes *v, struct result *results, const char *dir,
			enum volume_output format, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < v->n && r == 0; i++) {
		if (name_result(&results[i], dir, v->v[i].path,
				format == OUTPUT_RAW ? "raw" : "qcow2") < 0)
			return error_nomem(err);
		r = refuse_existing(results, i, err);
	}
	return r;
}

static int copy_overlay(const struct volume *v, int to)
{
	CLEANUP_CLOSE int from = open(v->overlay, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *buf = malloc(1 << 20);
	uint64_t done = 0;
	ssize_t n;
	int r;

	if (from < 0)
		return -errno;
	if (!buf)
		return -ENOMEM;
	while ((n = read(from, buf, 1 << 20)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		r = n < 0 ? -errno : pwrite_full(to, buf, (size_t)n, done);
		if (r < 0)
			return r;
		done += (uint64_t)n;
	}
	return 0;
}

static int convert(struct volumes *v, const struct volume *d, const struct result *result,
		   enum volume_output format, struct cvt_error *err)
{
	const char *argv[] = { "qemu-img",
			       "convert",
			       "-q",
			       "-f",
			       "qcow2",
			       "-O",
			       format == OUTPUT_RAW ? "raw" : "qcow2",
			       "--",
			       d->overlay,
			       result->part,
			       NULL };
	struct said said = { 0 };
	int r = process_run(v->ctx, argv, NULL, &said, err);

	return r > 0 ? qemu_fail(err, ERR_OUTPUT, result->name, &said) : r;
}

/* As readable as the disk it comes from. */
static int open_part(const struct volume *d, struct result *r, struct cvt_error *err)
{
	int fd = mkostemp(r->part, O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return error_raise(err, ERR_OUTPUT, r->name, "cannot create: %s",
				   strerror(errno));
	r->state = RESULT_PART;
	if (fstat(d->lock, &st) == 0 && S_ISREG(st.st_mode))
		(void)fchmod(fd, st.st_mode & 0666);
	return fd;
}

static int write_result(struct volumes *v, struct volume *d, struct result *result,
			enum volume_output format, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open_part(d, result, err);
	int r = fd < 0 ? fd : keeper_add(v, result->part, err);

	if (r >= 0 && format != OUTPUT_OVERLAY)
		r = convert(v, d, result, format, err);
	if (r < 0)
		return r;
	if (format == OUTPUT_OVERLAY)
		r = copy_overlay(d, fd);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		return error_raise(err, ERR_OUTPUT, result->name, "cannot write: %s",
				   strerror(-r));
	return context_check(v->ctx, err);
}

/* Give the file its name unless that exists by now. */
static int publish(struct result *r, struct cvt_error *err)
{
	if (renameat2(AT_FDCWD, r->part, AT_FDCWD, r->name, RENAME_NOREPLACE) < 0) {
		/* Not every file system knows the flag. */
		if (errno != EINVAL || link(r->part, r->name) < 0)
			return error_raise(err, ERR_OUTPUT, r->name, "cannot rename: %s",
					   strerror(errno));
		(void)unlink(r->part);
	}
	r->state = RESULT_DONE;
	return 0;
}

static int write_all(struct volumes *v, struct result *results, const char *dir,
		     enum volume_output format, struct names *names,
		     struct cvt_error *err)
{
	int r = name_results(v, results, dir, format, err);

	for (size_t i = 0; i < v->n && r == 0; i++)
		r = write_result(v, &v->v[i], &results[i], format, err);
	for (size_t i = 0; i < v->n && r == 0; i++) {
		r = publish(&results[i], err);
		/* All or none, until all have their names. */
		if (r == 0)
			r = keeper_add(v, results[i].name, err);
	}
	for (size_t i = 0; i < v->n && r == 0; i++)
		if (names_add(names, results[i].name) < 0)
			r = error_nomem(err);
	if (r < 0)
		return r;
	r = sync_directory(dir);
	if (r < 0)
		return error_raise(err, ERR_OUTPUT, dir, "%s", strerror(-r));
	keeper_forget(v);
	return 0;
}

static void withdraw(const struct result *r)
{
	if (r->state == RESULT_PART)
		(void)unlink(r->part);
	if (r->state == RESULT_DONE)
		(void)unlink(r->name);
}

static void free_results(struct result *results, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(results[i].name);
		free(results[i].part);
	}
	free(results);
}

/* The real path of @dir; NULL with @err if nothing can be put there. */
static char *output_directory(const char *dir, struct cvt_error *err)
{
	CLEANUP_FREE char *path = realpath(dir, NULL);
	struct stat st;

	if (path && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		errno = ENOTDIR;
	else if (path && access(path, W_OK | X_OK) == 0)
		return take_ptr(path);
	(void)error_raise(err, ERR_OUTPUT, dir, "%s", strerror(errno));
	return NULL;
}

int volumes_check_output(const struct volumes *v, const char *dir, enum volume_output format,
			 struct cvt_error *err)
{
	CLEANUP_FREE char *path = output_directory(dir, err);
	struct result *results = calloc(v->n ? v->n : 1, sizeof(*results));
	int r = !results ? error_nomem(err) : !path ? -EIO : 0;

	if (r == 0)
		r = name_results(v, results, path, format, err);
	if (results)
		free_results(results, v->n);
	return r;
}

int volumes_output(struct volumes *v, const char *dir, enum volume_output format,
		   struct names *ret, struct cvt_error *err)
{
	CLEANUP_FREE char *path = output_directory(dir, err);
	struct result *results = path ? calloc(v->n ? v->n : 1, sizeof(*results)) : NULL;
	CLEANUP_NAMES struct names names = { 0 };
	int r;

	if (!results)
		return path ? error_nomem(err) : -EIO;
	r = qsd_stop(v, err);
	if (r == 0)
		r = write_all(v, results, path, format, &names, err);
	for (size_t i = 0; i < v->n && r < 0; i++)
		withdraw(&results[i]);
	free_results(results, v->n);
	if (r < 0)
		return r;
	names_clear(ret);
	*ret = names;
	names = (struct names){ 0 };
	return 0;
}
