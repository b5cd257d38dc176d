/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* To the end of a commit that was interrupted, and back from one that has ended. */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "volume/fullio.h"
#include "volume/state.h"
#include "volume/undo.h"
#include "volume/volume_private.h"

/* The inode is the file's as long as it is not replaced; devices are numbered anew. */
static int check_inode(const struct redo_file *f, struct cvt_error *err)
{
	struct stat st;

	if (fstat(f->fd, &st) < 0 || (S_ISREG(st.st_mode) ? st.st_ino : 0) != f->inode)
		return error_raise(err, ERR_DISK_CHANGED, f->path,
				   "is not the file that the commit was writing to");
	return 0;
}

static int open_file(struct redo_file *f, const char *dir, struct cvt_error *err)
{
	int r = hold_disk(f->path, true, dir, &f->fd, err);

	if (r == 0)
		r = check_inode(f, err);
	if (r == 0)
		r = redo_check_identity(f, err);
	if (r < 0)
		return r;
	f->source_fd = open(f->source, O_RDONLY | O_CLOEXEC);
	if (f->source_fd < 0)
		return error_raise(err, ERR_JOB, f->source, "%s", strerror(errno));
	return 0;
}

/* A disk that has been restored meanwhile is no reason to keep the job. */
static int advise_restored(struct cvt_error *err, int code, const char *dir)
{
	if (err && strcmp(err->id, "disk-changed") == 0)
		return error_remedy(err, code,
				    "bring the disk of the job back; if all disks were "
				    "restored, remove %s and *.convert-job beside them",
				    dir);
	return code;
}

static int finish(struct redo *r, const char *dir, struct cvt_error *err)
{
	int code = 0;

	for (size_t i = 0; i < r->n && code == 0; i++)
		code = open_file(&r->files[i], dir, err);
	if (code < 0)
		return advise_restored(err, code, dir);
	code = redo_check_sources(r, err);
	if (code < 0)
		return code;
	code = redo_write(r, err);
	if (code == 0)
		code = state_write(dir, r, REDO_DONE, err);
	if (code < 0 && err) {
		err->exit = CVT_EXIT_COMMIT;
		return state_advise(err, code, dir);
	}
	return code;
}

/* Where everybody can put a directory, only ours and root's say what is to be written. */
static int refuse_planted(const char *path, int fd, struct cvt_error *err)
{
	CLEANUP_FREE char *parent = parent_directory(path);
	struct stat dir, above;

	if (!parent)
		return error_nomem(err);
	if (fstat(fd, &dir) < 0 || stat(parent, &above) < 0)
		return error_raise(err, ERR_JOB, path, "%s", strerror(errno));
	if (!(above.st_mode & S_IWOTH) || dir.st_uid == 0 || dir.st_uid == geteuid())
		return 0;
	return error_remedy(err,
			    error_raise(err, ERR_JOB, path, "belongs to the user %u",
					(unsigned)dir.st_uid),
			    "resume it as that user, who began it");
}

int job_resume(struct context *ctx, const char *dir, enum resumed *ret,
	       struct cvt_error *err)
{
	CLEANUP_FREE char *path = realpath(dir, NULL);
	CLEANUP_REDO struct redo r = { 0 };
	CLEANUP_CLOSE int fd = -1;
	bool forget;
	int code;

	if (!path)
		return error_raise(err, ERR_JOB, dir, "%s", strerror(errno));
	code = hold_work_dir(path, &fd, err);
	if (code == 0)
		code = refuse_planted(path, fd, err);
	if (code == 0)
		code = state_read(path, &r, err);
	if (code < 0)
		return code;
	forget = r.phase == REDO_READY;
	if (r.phase == REDO_COMMIT) {
		context_log(ctx, CVT_LOG_INFO, "%s: writing what is left", path);
		code = finish(&r, path, err);
	}
	if (code < 0)
		return code;
	if (forget && r.undo)
		undo_discard(r.undo);
	markers_remove(&r, path);
	sweep_directory(path);
	*ret = forget ? RESUMED_FORGOTTEN : RESUMED_FINISHED;
	return 0;
}

void job_sweep(const char *dir)
{
	CLEANUP_CLOSE int fd = -1;

	if (hold_work_dir(dir, &fd, NULL) == 0 && refuse_planted(dir, fd, NULL) == 0 &&
	    !state_exists(dir))
		sweep_directory(dir);
}

/* Where the file @f of the disk @disk is now: a further one lies where it did, beside it. */
static char *locate(const struct redo *r, size_t i, const char *disk)
{
	const char *base = strrchr(r->files[i].path, '/');
	CLEANUP_FREE char *path = absolute_path(disk);
	CLEANUP_FREE char *dir = path ? parent_directory(path) : NULL;
	char *out = NULL;

	if (!r->files[i].is_further)
		return take_ptr(path);
	if (!dir || asprintf(&out, "%s/%s", dir, base ? base + 1 : "") < 0)
		return NULL;
	return out;
}

static int take_disk(struct redo *r, size_t i, const struct disk *disk,
		     struct cvt_error *err)
{
	struct redo_file *f = &r->files[i];
	char *path = locate(r, i, disk->path);
	int code;

	if (!path)
		return error_nomem(err);
	free(f->path);
	f->path = path;
	if (disk->format && strcmp(disk->format, f->format) != 0)
		return error_raise(err, ERR_DISK_CHANGED, path,
				   "was of format %s when it was converted", f->format);
	code = hold_disk(path, true, NULL, &f->fd, err);
	return code < 0 ? code : redo_check_identity(f, err);
}

static int take_disks(struct redo *r, const struct disk *disks, size_t n,
		      struct cvt_error *err)
{
	size_t wanted = r->n > 0 ? r->files[r->n - 1].disk + 1 : 0;
	int code = 0;

	if (wanted != n)
		return error_raise(err, ERR_USAGE, NULL,
				   "the undo file is of %zu disks, %zu are given", wanted,
				   n);
	for (size_t i = 0; i < r->n && code == 0; i++)
		code = r->files[i].disk < n
			       ? take_disk(r, i, &disks[r->files[i].disk], err)
			       : error_raise(err, ERR_JOB, NULL,
					     "the undo file makes no sense");
	return code;
}

/* 1: all disks are as after the conversion; 0: as before it. */
static int look(const struct redo *r, struct cvt_error *err)
{
	size_t before = 0, after = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct redo_file *f = &r->files[i];
		enum redo_content content;
		uint64_t at;
		int code = redo_look(f, &content, &at, err);

		if (code < 0)
			return code;
		if (content == CONTENT_OTHER)
			return error_raise(err, ERR_DISK_CHANGED, f->path,
					   "was written to since (at byte %llu)",
					   (unsigned long long)at);
		before += f->n > 0 && content == CONTENT_BEFORE;
		after += f->n > 0 && content == CONTENT_AFTER;
	}
	if (before > 0 && after > 0)
		return error_raise(err, ERR_DISK_CHANGED, NULL,
				   "some of the disks are as before the conversion, and "
				   "some are not");
	return before > 0;
}

static int undo_disks(struct context *ctx, struct redo *r, const char *work_dir,
		      struct cvt_error *err)
{
	CLEANUP_VOLUMES struct volumes *v = volumes_new(ctx, 0);
	int code = v ? make_work_dir(v, work_dir, err) : error_nomem(err);

	if (code == 0)
		code = keeper_start(v, err);
	return code < 0 ? code : redo_commit(v, r, err);
}

int job_undo(struct context *ctx, const char *file, const struct disk *disks, size_t n,
	     const char *work_dir, bool *ret_done, struct cvt_error *err)
{
	CLEANUP_FREE char *path = absolute_path(file);
	CLEANUP_REDO struct redo r = { 0 };
	int code = path ? undo_read(path, &r, err) : error_nomem(err);

	if (code == 0)
		code = take_disks(&r, disks, n, err);
	if (code == 0)
		code = redo_check_sources(&r, err);
	if (code < 0)
		return code;
	code = look(&r, err);
	if (code < 0)
		return code;
	*ret_done = code == 1;
	return *ret_done ? undo_disks(ctx, &r, work_dir, err) : 0;
}
