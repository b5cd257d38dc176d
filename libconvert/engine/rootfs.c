/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking at files below a directory.  Nothing is opened for reading before an O_PATH fd
 * has shown that it is a regular file: no FIFO blocks, no device node acts.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "engine/rootfs.h"

#define LIST_MAX 65536

int rootfs_open(const struct engine *e, const char *path, int flags)
{
	const struct rootfs *fs = (const struct rootfs *)e;
	struct open_how how = {
		.flags = (unsigned)flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	/* EAGAIN: something outside the guest was renamed during the walk. */
	do
		fd = syscall(SYS_openat2, fs->root, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int)fd;
}

int rootfs_fail(struct cvt_error *err, int code, const char *path, const char *what)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return -ENOENT;
	case ENOMEM:
		return error_nomem(err);
	case ELOOP:
		return error_raise(err, ERR_LINK_LOOP, path, "too many symbolic links");
	case ENOSPC:
	case EDQUOT:
		return error_raise(err, ERR_NO_SPACE, path,
				   "no space left on its file system");
	case EROFS:
		return error_raise(err, ERR_APPLY, path,
				   "its file system is read-only, or became so because it is "
				   "damaged");
	case EUCLEAN: /* as Linux calls EFSCORRUPTED, and EBADMSG EFSBADCRC */
	case EBADMSG:
		return error_raise(err, ERR_FS_DAMAGED, path, "cannot %s: %s", what,
				   strerror(code));
	case EPERM:
		return error_raise(
			err, ERR_APPLY, path,
			"cannot %s: immutable or append-only, or not permitted", what);
	case ENOSYS:
		return error_raise(err, ERR_ENGINE_LACKS, path,
				   "this kernel has no openat2 (Linux 5.6)");
	default:
		return error_raise(err, ERR_ENGINE, path, "cannot %s: %s", what,
				   strerror(code));
	}
}

static int add_entry(DIR *d, const char *dir, struct names *l, struct cvt_error *err)
{
	struct dirent *entry;

	errno = 0;
	entry = readdir(d);
	if (!entry)
		return errno ? rootfs_fail(err, errno, dir, "list") : 0;
	if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
		return 1;
	if (l->n == LIST_MAX)
		return error_raise(err, ERR_FILE_TOO_LARGE, dir, "more than %d entries",
				   LIST_MAX);
	return names_add(l, entry->d_name) < 0 ? error_nomem(err) : 1;
}

int rootfs_list(struct engine *e, const char *dir, struct names *ret,
		struct cvt_error *err)
{
	CLEANUP_NAMES struct names l = { 0 };
	int fd = rootfs_open(e, dir, O_RDONLY | O_DIRECTORY);
	DIR *d;
	int r;

	if (fd < 0)
		return rootfs_fail(err, errno, dir, "open");
	d = fdopendir(fd);
	if (!d) {
		(void)close(fd);
		return error_nomem(err);
	}
	do
		r = add_entry(d, dir, &l, err);
	while (r > 0);
	(void)closedir(d);
	if (r < 0)
		return r;
	names_sort(&l);
	names_clear(ret);
	*ret = l;
	l = (struct names){ 0 };
	return 0;
}

int rootfs_stat(struct engine *e, const char *path, struct file_stat *ret,
		struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = rootfs_open(e, path, O_PATH | O_NOFOLLOW);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return rootfs_fail(err, errno, path, "stat");
	*ret = (struct file_stat){
		.kind = file_kind_of(st.st_mode),
		.mode = st.st_mode & 07777,
		.size = (uint64_t)st.st_size,
		.links = st.st_nlink,
		.uid = st.st_uid,
	};
	return 0;
}

static int read_all(int fd, struct bytes *b, size_t want, uint64_t offset)
{
	while (b->len < want) {
		ssize_t n = pread(fd, b->data + b->len, want - b->len,
				  (off_t)(offset + b->len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		b->len += (size_t)n;
	}
	b->data[b->len] = '\0';
	return 0;
}

int rootfs_read(struct engine *e, const char *path, uint64_t offset, size_t max,
		struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int found = rootfs_open(e, path, O_PATH);
	CLEANUP_BYTES struct bytes b = { 0 };
	CLEANUP_CLOSE int fd = -1;
	struct stat st;
	uint64_t left;
	int r;

	if (found < 0 || fstat(found, &st) < 0)
		return rootfs_fail(err, errno, path, "open");
	if (!S_ISREG(st.st_mode))
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is no regular file");
	fd = rootfs_reopen(found, O_RDONLY);
	if (fd < 0)
		return rootfs_fail(err, errno, path, "open");
	left = offset < (uint64_t)st.st_size ? (uint64_t)st.st_size - offset : 0;
	if (left > max)
		left = max;
	b.data = left < SIZE_MAX ? malloc((size_t)left + 1) : NULL;
	if (!b.data)
		return error_nomem(err);
	r = read_all(fd, &b, (size_t)left, offset);
	if (r < 0)
		return rootfs_fail(err, -r, path, "read");
	bytes_clear(ret);
	*ret = bytes_take(&b);
	return 0;
}

int rootfs_readlink(struct engine *e, const char *path, char **ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = rootfs_open(e, path, O_PATH | O_NOFOLLOW);
	char target[4096];
	ssize_t n;

	if (fd < 0)
		return rootfs_fail(err, errno, path, "open");
	n = readlinkat(fd, "", target, sizeof(target));
	/* The answer of readlinkat(2) for the fd of what is no link is ENOENT. */
	if (n < 0 && (errno == EINVAL || errno == ENOENT))
		return error_raise(err, ERR_FILE_INVALID, path, "is no symbolic link");
	if (n < 0)
		return rootfs_fail(err, errno, path, "read the link");
	*ret = strndup(target, (size_t)n);
	return *ret ? 0 : error_nomem(err);
}

int rootfs_space(struct engine *e, const char *path, uint64_t *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = rootfs_open(e, path, O_PATH);
	struct statvfs st;

	if (fd < 0 || fstatvfs(fd, &st) < 0)
		return rootfs_fail(err, errno, path, "stat its file system");
	if (__builtin_mul_overflow((uint64_t)st.f_bfree, (uint64_t)st.f_frsize, ret))
		*ret = UINT64_MAX;
	return 0;
}
