/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening and closing the disks of a job. */
#include <config.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "volume/fullio.h"
#include "volume/volume_private.h"

char *absolute_path(const char *path)
{
	CLEANUP_FREE char *cwd = NULL;
	char *out = NULL;

	if (path[0] == '/')
		return strdup(path);
	cwd = getcwd(NULL, 0);
	if (!cwd || asprintf(&out, "%s/%s", cwd, path) < 0)
		return NULL;
	return out;
}

int hold_work_dir(const char *dir, int *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_raise(err, ERR_JOB, dir, "cannot be opened: %s",
				   strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return error_raise(err, ERR_JOB, dir, "the job is still running");
	*ret = fd;
	fd = -1;
	return 0;
}

int make_work_dir(struct volumes *v, const char *dir, struct cvt_error *err)
{
	CLEANUP_FREE char *parent = NULL;
	char *work = NULL;

	if (!dir || !*dir)
		dir = getenv("TMPDIR");
	if (!dir || !*dir)
		dir = "/var/tmp";
	parent = realpath(dir, NULL);
	if (!parent)
		return error_raise(err, ERR_OUTPUT, dir,
				   "cannot be used for overlays: %s", strerror(errno));
	if (asprintf(&work, "%s/libconvert.XXXXXX", parent) < 0)
		return error_nomem(err);
	if (!mkdtemp(work)) {
		free(work);
		return error_raise(err, ERR_OUTPUT, dir,
				   "cannot be used for overlays: %s", strerror(errno));
	}
	v->work = work;
	return hold_work_dir(work, &v->dir, err);
}

static int refuse_twice(const struct volumes *v, size_t i, struct cvt_error *err)
{
	struct stat a, b;

	if (fstat(v->v[i].lock, &a) < 0)
		return 0;
	for (size_t j = 0; j < i; j++)
		if (fstat(v->v[j].lock, &b) == 0 &&
		    (S_ISBLK(a.st_mode) ? S_ISBLK(b.st_mode) && a.st_rdev == b.st_rdev
					: a.st_dev == b.st_dev && a.st_ino == b.st_ino))
			return error_raise(err, ERR_USAGE, v->v[i].path,
					   "the same disk is given twice");
	return 0;
}

static int make_overlay(struct volumes *v, const struct volume *d, struct cvt_error *err)
{
	char size[32];
	const char *argv[] = { "qemu-img", "create",   "-q",	"-u", "-f",
			       "qcow2",	   "-b",       d->path, "-F", d->format,
			       "--",	   d->overlay, size,	NULL };
	struct said said = { 0 };
	int r;

	snprintf(size, sizeof(size), "%llu", (unsigned long long)d->size);
	r = process_run(v->ctx, argv, NULL, &said, err);
	return r > 0 ? qemu_fail(err, ERR_OUTPUT, v->work, &said) : r;
}

static int create_overlay(struct volumes *v, size_t i, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = -1;
	struct volume *d = &v->v[i];
	int r;

	if (asprintf(&d->overlay, "%s/disk%zu.qcow2", v->work, i + 1) < 0) {
		d->overlay = NULL;
		return error_nomem(err);
	}
	if (asprintf(&d->view, "%s/disk%zu", v->work, i + 1) < 0) {
		d->view = NULL;
		return error_nomem(err);
	}
	r = make_overlay(v, d, err);
	if (r < 0 || v->export == EXPORT_SOCKETS)
		return r;
	/* A mount point for the daemon. */
	fd = open(d->view, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_raise(err, ERR_OUTPUT, v->work, "%s", strerror(errno));
	return r;
}

static int open_disk(struct volumes *v, size_t i, const struct disk *disk, bool in_place,
		     struct cvt_error *err)
{
	struct volume *d = &v->v[i];
	int r;

	d->path = absolute_path(disk->path);
	d->format = disk->format ? strdup(disk->format) : NULL;
	if (!d->path || (disk->format && !d->format))
		return error_nomem(err);
	r = hold_disk(d->path, in_place, NULL, &d->lock, err);
	if (r == 0)
		r = refuse_twice(v, i, err);
	if (r == 0)
		r = image_examine(v->ctx, d, in_place, err);
	return r < 0 ? r : create_overlay(v, i, err);
}

struct volumes *volumes_new(struct context *ctx, size_t n)
{
	struct volumes *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->ctx = ctx;
	v->dir = -1;
	v->v = calloc(n ? n : 1, sizeof(*v->v));
	if (!v->v) {
		free(v);
		return NULL;
	}
	for (v->n = 0; v->n < n; v->n++)
		v->v[v->n].lock = -1;
	return v;
}

int volumes_open(struct context *ctx, const struct disk *disks, size_t n,
		 const struct volumes_options *options, struct volumes **ret,
		 struct cvt_error *err)
{
	CLEANUP_VOLUMES struct volumes *v = volumes_new(ctx, n);
	int r;

	if (!v)
		return error_nomem(err);
	v->export = options->export;
	r = make_work_dir(v, options->work_dir, err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = open_disk(v, i, &disks[i], options->in_place, err);
	if (r == 0)
		r = qsd_start(v, err);
	if (r == 0)
		r = keeper_start(v, err);
	if (r < 0)
		return r;
	*ret = take_ptr(v);
	return 0;
}

bool volumes_are_in_memory(const struct volumes *v)
{
	struct statfs fs;

	return fstatfs(v->dir, &fs) == 0 &&
	       (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

int volumes_explain(const struct volumes *v, int code, struct cvt_error *err)
{
	struct statvfs fs;

	/* What was not written looks like damage to a checker. */
	if (!err || (err->exit != CVT_EXIT_ENGINE && code != -EUCLEAN))
		return code;
	/* A cluster of qcow2 has 64 KiB. */
	if (statvfs(v->work, &fs) < 0 || (uint64_t)fs.f_bavail * fs.f_frsize >= 65536)
		return code;
	return error_raise(err, ERR_SPACE, v->work,
			   "no space left for temporary overlays");
}

static void close_disk(struct volume *d)
{
	if (d->view && d->overlay)
		qsd_remove_view(d->view);
	closep(&d->lock);
	free(d->path);
	free(d->format);
	free(d->view);
	free(d->overlay);
}

int volumes_renew(struct volumes *v, struct cvt_error *err)
{
	int r = qsd_stop(v, err);

	for (size_t i = 0; i < v->n && r == 0; i++) {
		(void)unlink(v->v[i].overlay);
		r = make_overlay(v, &v->v[i], err);
	}
	return r;
}

void volumes_keep(struct volumes *v)
{
	v->keep = true;
	keeper_keep(v);
}

void volumes_close(struct volumes *v)
{
	if (!v)
		return;
	(void)qsd_stop(v, NULL);
	keeper_stop(v);
	for (size_t i = 0; i < v->n; i++)
		close_disk(&v->v[i]);
	if (v->work && !v->keep)
		sweep_directory(v->work);
	closep(&v->dir);
	free(v->work);
	free(v->v);
	free(v);
}
