/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose disk is it?  A disk that somebody else writes to is refused, and two jobs on one
 * disk exclude each other.
 */
#include <config.h>

#include <fcntl.h>
#include <glob.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "volume/state.h"
#include "volume/volume_private.h"

bool is_block_device(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);
}

uint64_t fd_size(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	return size > 0 ? (uint64_t)size : 0;
}

static int fail_open(struct cvt_error *err, const char *path, int code)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
		return error_raise(err, ERR_DISK_MISSING, path, "no such file");
	case EBUSY:
		return error_raise(err, ERR_DISK_IN_USE, path,
				   "mounted, or in use as part of "
				   "another block device");
	default:
		return error_raise(err, ERR_DISK_UNREADABLE, path, "cannot open: %s",
				   strerror(code));
	}
}

static int fail_write(struct cvt_error *err, const char *path, int code)
{
	switch (code) {
	case EACCES:
	case EPERM:
	case EROFS:
		return error_raise(err, ERR_DISK_READ_ONLY, path, "cannot be written: %s",
				   strerror(code));
	case ETXTBSY:
		return error_raise(err, ERR_DISK_IN_USE, path, "%s", strerror(code));
	default:
		return fail_open(err, path, code);
	}
}

/* NFS and SMB grant leases only while the server delegates the file to us. */
static bool is_remote(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) < 0 || fs.f_type == NFS_SUPER_MAGIC ||
	       fs.f_type == SMB_SUPER_MAGIC || (unsigned)fs.f_type == CIFS_SUPER_MAGIC ||
	       (unsigned)fs.f_type == SMB2_SUPER_MAGIC;
}

/* A read lease is granted only if nobody, loop devices included, has the file open for
 * writing (fcntl(2)); it is given back at once.  Where leases cannot be had nothing is
 * known.
 */
static bool has_writer(int fd)
{
	int r;

	/* The signal of a lease that is broken meanwhile must not end the program. */
	(void)fcntl(fd, F_SETSIG, SIGURG);
	r = fcntl(fd, F_SETLEASE, F_RDLCK);
	if (r == 0)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return r < 0 && errno == EAGAIN && !is_remote(fd);
}

static bool read_line(const char *path, char *line, int size)
{
	CLEANUP_FCLOSE FILE *f = fopen(path, "re");

	if (!f || !fgets(line, size, f))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* The name of a loop device over the file @st. */
static bool find_loop(const struct stat *st, char *name, size_t size)
{
	static const char attribute[] = "/loop/backing_file";
	char file[4096];
	struct stat backing;
	bool found = false;
	glob_t g = { 0 };

	if (glob("/sys/block/loop*/loop/backing_file", GLOB_NOSORT, NULL, &g) != 0)
		return false;
	for (size_t i = 0; i < g.gl_pathc && !found; i++) {
		if (!read_line(g.gl_pathv[i], file, sizeof(file)) ||
		    stat(file, &backing) < 0 || backing.st_dev != st->st_dev ||
		    backing.st_ino != st->st_ino)
			continue;
		found = true;
		g.gl_pathv[i][strlen(g.gl_pathv[i]) - strlen(attribute)] = '\0';
		snprintf(name, size, "%s", strrchr(g.gl_pathv[i], '/') + 1);
	}
	globfree(&g);
	return found;
}

static int refuse_busy_file(int fd, const char *path, const struct stat *st,
			    bool in_place, struct cvt_error *err)
{
	char loop[32];

	if ((in_place || has_writer(fd)) && find_loop(st, loop, sizeof(loop)))
		return error_raise(err, ERR_DISK_IN_USE, path, "attached to /dev/%s",
				   loop);
	if (has_writer(fd))
		return error_raise(err, ERR_DISK_IN_USE, path,
				   "another process has it open for writing");
	return 0;
}

static int open_file(const char *path, bool in_place, int *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail_open(err, path, errno);
	if (!S_ISREG(st.st_mode))
		return error_raise(err, ERR_DISK_UNREADABLE, path, "is no regular file");
	r = refuse_busy_file(fd, path, &st, in_place, err);
	if (r < 0)
		return r;
	if (in_place) {
		/* root may write to it all the same, but was not meant to. */
		if ((st.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0)
			return fail_write(err, path, EACCES);
		(void)close(fd);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			return fail_write(err, path, errno);
	}
	*ret = fd;
	fd = -1;
	return 0;
}

/* O_EXCL fails if the device is mounted, or is part of a volume group, an array or a
 * loop. */
static int open_device(const char *path, bool in_place, int *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(path, (in_place ? O_RDWR : O_RDONLY) | O_EXCL |
						  O_NONBLOCK | O_CLOEXEC);
	int read_only = 0;

	if (fd < 0)
		return in_place ? fail_write(err, path, errno)
				: fail_open(err, path, errno);
	if (!is_block_device(fd))
		return fail_open(err, path, ENOTBLK);
	if (in_place && ioctl(fd, BLKROGET, &read_only) == 0 && read_only)
		return fail_write(err, path, EROFS);
	*ret = fd;
	fd = -1;
	return 0;
}

int hold_disk(const char *path, bool in_place, const char *job, int *ret,
	      struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return fail_open(err, path, errno);
	if (S_ISDIR(st.st_mode))
		return error_raise(err, ERR_USAGE, path,
				   "is a directory, not a disk (--engine dir takes one)");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_raise(err, ERR_USAGE, path,
				   "is neither a regular file nor a block device");
	r = S_ISBLK(st.st_mode) ? open_device(path, in_place, &fd, err)
				: open_file(path, in_place, &fd, err);
	if (r < 0)
		return r;
	if (flock(fd, (in_place ? LOCK_EX : LOCK_SH) | LOCK_NB) < 0 &&
	    errno == EWOULDBLOCK)
		return error_raise(err, ERR_DISK_IN_USE, path,
				   "another conversion is working on it");
	r = markers_check(path, job, err);
	if (r < 0)
		return r;
	*ret = fd;
	fd = -1;
	return 0;
}
