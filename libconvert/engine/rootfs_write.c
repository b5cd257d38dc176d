/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing files below a directory.  What exists is written in place, so that the inode
 * and all that hangs off it stays; the part that needs room is written first.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "engine/rootfs.h"
#include "volume/fullio.h"

#define LABEL "security.selinux"
#define CAPABILITY "security.capability"
#define XATTR_MAX 4096

int rootfs_reopen(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* What chattr(1) has forbidden is allowed until hold_again(). */
struct hold {
	int fd;
	int flags; /* as they were; 0: nothing was forbidden */
};

static void hold_close(struct hold *h)
{
	closep(&h->fd);
}
#define CLEANUP_HOLD CLEANUP(hold_close)

/* @fd may be one of O_PATH.  Where the file system knows no flags there are none. */
static struct hold let_go(int fd)
{
	struct hold h = { -1, 0 };
	int flags = 0, allowed;
	struct stat st;

	/* Nothing else is opened: a device may do something of its own. */
	if (fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		h.fd = rootfs_reopen(fd, O_RDONLY);
	if (h.fd < 0 || ioctl(h.fd, FS_IOC_GETFLAGS, &flags) < 0 ||
	    !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return h;
	allowed = flags & ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	/* If that is not allowed either, the change fails and says so. */
	if (ioctl(h.fd, FS_IOC_SETFLAGS, &allowed) == 0)
		h.flags = flags;
	return h;
}

/* @r, or the error if all went well but this. */
static int hold_again(struct hold *h, int r)
{
	if (h->flags && ioctl(h->fd, FS_IOC_SETFLAGS, &h->flags) < 0 && r >= 0)
		r = -errno;
	h->flags = 0;
	return r;
}

/* Write @data from @offset and end the file there.  What lies beyond the present end
 * comes first: if there is no room for it the file is as it was.
 */
static int replace_tail(int fd, uint64_t size, uint64_t offset, const struct bytes *data)
{
	size_t old = size - offset < data->len ? (size_t)(size - offset) : data->len;
	int r = pwrite_full(fd, data->data + old, data->len - old, offset + old);

	if (r < 0) {
		if (ftruncate(fd, (off_t)size) < 0)
			return -errno;
		return r;
	}
	r = pwrite_full(fd, data->data, old, offset);
	if (r == 0 && ftruncate(fd, (off_t)(offset + data->len)) < 0)
		r = -errno;
	return r;
}

/* Writing drops file capabilities, and from other users than root the set-id bits. */
static int restore(int fd, const struct stat *st, const char *cap, ssize_t n_cap,
		   const struct timespec *mtime)
{
	struct stat now;

	if (n_cap > 0 && fsetxattr(fd, CAPABILITY, cap, (size_t)n_cap, 0) < 0)
		return -errno;
	if (fstat(fd, &now) < 0)
		return -errno;
	if (now.st_mode != st->st_mode && fchmod(fd, st->st_mode & 07777) < 0)
		return -errno;
	if (mtime && futimens(fd, (struct timespec[]){ { 0, UTIME_OMIT }, *mtime }) < 0)
		return -errno;
	return 0;
}

static int replace_content(int found, const struct stat *st, const char *path,
			   uint64_t keep, const struct bytes *data,
			   const struct timespec *mtime, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = rootfs_reopen(found, O_WRONLY);
	char cap[XATTR_MAX];
	ssize_t n_cap;
	int r;

	if (fd < 0)
		return rootfs_fail(err, errno, path, "open it for writing");
	n_cap = fgetxattr(fd, CAPABILITY, cap, sizeof(cap));
	if (keep > (uint64_t)st->st_size)
		return error_raise(err, ERR_APPLY, path, "shorter than when it was read");
	r = replace_tail(fd, (uint64_t)st->st_size, keep, data);
	if (r == 0)
		r = restore(fd, st, cap, n_cap, mtime);
	return r < 0 ? rootfs_fail(err, -r, path, "write") : 0;
}

static int write_in_place(int found, const char *path, uint64_t keep,
			  const struct bytes *data, const struct timespec *mtime,
			  struct cvt_error *err)
{
	CLEANUP_HOLD struct hold held = { -1, 0 };
	struct stat st;
	int r;

	if (fstat(found, &st) < 0)
		return rootfs_fail(err, errno, path, "stat");
	if (S_ISLNK(st.st_mode))
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is a symbolic link");
	if (!S_ISREG(st.st_mode))
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is no regular file");
	held = let_go(found);
	r = replace_content(found, &st, path, keep, data, mtime, err);
	if (r < 0)
		(void)hold_again(&held, r);
	else if (hold_again(&held, 0) < 0)
		r = rootfs_fail(err, errno, path, "make it immutable again");
	return r;
}

/* Owner, group and label of @parent for the new @fd. */
static int adopt(int fd, int parent)
{
	char label[XATTR_MAX];
	struct stat st, dir;
	ssize_t n;

	if (fstat(fd, &st) < 0 || fstat(parent, &dir) < 0)
		return -errno;
	if ((st.st_uid != dir.st_uid || st.st_gid != dir.st_gid) &&
	    fchown(fd, dir.st_uid, dir.st_gid) < 0)
		return -errno;
	n = fgetxattr(parent, LABEL, label, sizeof(label));
	if (n > 0 && fsetxattr(fd, LABEL, label, (size_t)n, 0) < 0)
		return -errno;
	return 0;
}

static int make_directory(int parent, const char *name, mode_t mode)
{
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_HOLD struct hold held = { -1, 0 };
	int r;

	held = let_go(parent);
	r = hold_again(&held, mkdirat(parent, name, mode) < 0 ? -errno : 0);
	if (r < 0)
		return r;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = adopt(fd, parent);
	if (r == 0 && fchmod(fd, mode) < 0)
		r = -errno;
	return r;
}

/* The directory of @path, made with mode @make unless that is 0; *@name is set to the last
 * component.
 */
static int open_parent(struct engine *e, const char *path, mode_t make, const char **name)
{
	CLEANUP_FREE char *prefix = strdup(path);
	CLEANUP_CLOSE int parent = rootfs_open(e, "/", O_RDONLY | O_DIRECTORY);
	const char *start = path + strspn(path, "/");
	int fd;

	if (!prefix)
		return -ENOMEM;
	if (parent < 0)
		return -errno;
	for (const char *end; (end = strchr(start, '/'));
	     start = end + strspn(end, "/")) {
		prefix[end - path] = '\0';
		fd = rootfs_open(e, prefix, O_RDONLY | O_DIRECTORY);
		if (fd < 0 && errno == ENOENT && make) {
			int r = make_directory(parent, prefix + (start - path), make);

			if (r < 0)
				return r == -EEXIST ? -ENOENT : r;
			fd = rootfs_open(e, prefix, O_RDONLY | O_DIRECTORY);
		}
		if (fd < 0)
			return -errno;
		prefix[end - path] = '/';
		(void)close(parent);
		parent = fd;
	}
	if (*start == '\0' || strcmp(start, ".") == 0 || strcmp(start, "..") == 0)
		return -EISDIR;
	*name = start;
	fd = parent;
	parent = -1;
	return fd;
}

/* Where something has to be made, -ENOENT is a failure: a parent is a file or a dangling
 * link, or a name is too long.
 */
static int fail_new(struct cvt_error *err, int code, const char *path)
{
	int r = rootfs_fail(err, code, path, "create");

	if (r == -ENOENT)
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "cannot create: %s",
				   strerror(code));
	return r;
}

static int fill_new(int fd, int parent, mode_t mode, const struct bytes *data,
		    const struct timespec *mtime)
{
	int r = adopt(fd, parent);

	if (r == 0)
		r = pwrite_full(fd, data->data, data->len, 0);
	if (r == 0 && fchmod(fd, mode & 07777) < 0)
		r = -errno;
	if (r == 0 && mtime &&
	    futimens(fd, (struct timespec[]){ { 0, UTIME_OMIT }, *mtime }) < 0)
		r = -errno;
	return r;
}

static int write_new(struct engine *e, const char *path, const struct bytes *data,
		     mode_t mode, const struct timespec *mtime, struct cvt_error *err)
{
	const char *name = NULL;
	CLEANUP_CLOSE int parent = open_parent(e, path, engine_dir_mode(mode), &name);
	CLEANUP_HOLD struct hold held = { -1, 0 };
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (parent < 0)
		return fail_new(err, -parent, path);
	held = let_go(parent);
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	r = fd < 0 ? -errno : fill_new(fd, parent, mode, data, mtime);
	if (r < 0 && fd >= 0)
		(void)unlinkat(parent, name, 0);
	r = hold_again(&held, r);
	return r < 0 ? fail_new(err, -r, path) : 0;
}

int rootfs_write(struct engine *e, const char *path, const struct bytes *data,
		 mode_t mode, const struct timespec *mtime, struct cvt_error *err)
{
	CLEANUP_CLOSE int found = rootfs_open(e, path, O_PATH | O_NOFOLLOW);

	if (found >= 0)
		return write_in_place(found, path, 0, data, mtime, err);
	if (errno != ENOENT)
		return fail_new(err, errno, path);
	return write_new(e, path, data, mode, mtime, err);
}

int rootfs_append(struct engine *e, const char *path, uint64_t size,
		  const struct bytes *data, const struct timespec *mtime,
		  struct cvt_error *err)
{
	CLEANUP_CLOSE int found = rootfs_open(e, path, O_PATH | O_NOFOLLOW);

	if (found < 0)
		return rootfs_fail(err, errno, path, "open");
	return write_in_place(found, path, size, data, mtime, err);
}

int rootfs_remove(struct engine *e, const char *path, struct cvt_error *err)
{
	const char *name = NULL;
	CLEANUP_CLOSE int parent = open_parent(e, path, 0, &name);
	CLEANUP_CLOSE int found = rootfs_open(e, path, O_PATH | O_NOFOLLOW);
	CLEANUP_HOLD struct hold file = { -1, 0 }, dir = { -1, 0 };
	int r = parent;

	if (r >= 0 && found >= 0) {
		file = let_go(found);
		dir = let_go(parent);
	}
	if (r >= 0)
		r = unlinkat(parent, name, 0) < 0 ? -errno : 0;
	r = hold_again(&dir, r);
	if (r < 0)
		(void)hold_again(&file, r);
	if (r == -EISDIR)
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is a directory");
	return r < 0 ? rootfs_fail(err, -r, path, "remove") : 0;
}

/* A link cannot be opened for fsetxattr(2); its name below the fd of its directory can.
 */
static int adopt_link(int parent, const char *name)
{
	char label[XATTR_MAX], at[64 + NAME_MAX + 1];
	struct stat dir;
	ssize_t n;

	if (fstat(parent, &dir) < 0 ||
	    fchownat(parent, name, dir.st_uid, dir.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	n = fgetxattr(parent, LABEL, label, sizeof(label));
	snprintf(at, sizeof(at), "/proc/self/fd/%d/%s", parent, name);
	if (n > 0 && lsetxattr(at, LABEL, label, (size_t)n, 0) < 0)
		return -errno;
	return 0;
}

int rootfs_patch(struct engine *e, const struct device *d, const char *path,
		 uint64_t offset, const struct bytes *data, struct cvt_error *err)
{
	CLEANUP_CLOSE int found = rootfs_open(e, path, O_PATH | O_NOFOLLOW);
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_HOLD struct hold held = { -1, 0 };
	struct stat st;
	int r;

	(void)d;
	if (found < 0 || fstat(found, &st) < 0)
		return rootfs_fail(err, errno, path, "open");
	if (!S_ISREG(st.st_mode))
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is no regular file");
	held = let_go(found);
	fd = rootfs_reopen(found, O_WRONLY);
	r = fd < 0 ? -errno : pwrite_full(fd, data->data, data->len, offset);
	if (r == 0)
		r = restore(fd, &st, NULL, 0, &st.st_mtim);
	r = hold_again(&held, r);
	return r < 0 ? rootfs_fail(err, -r, path, "write") : 0;
}

int rootfs_symlink(struct engine *e, const char *path, const char *to,
		   struct cvt_error *err)
{
	const char *name = NULL;
	CLEANUP_CLOSE int parent = open_parent(e, path, 0755, &name);
	CLEANUP_HOLD struct hold held = { -1, 0 };
	int r;

	if (parent < 0)
		return fail_new(err, -parent, path);
	held = let_go(parent);
	r = symlinkat(to, parent, name) < 0 ? -errno : 0;
	if (r == -EEXIST) {
		(void)hold_again(&held, r);
		return error_raise(err, ERR_APPLY, path, "exists already");
	}
	if (r == 0) {
		r = adopt_link(parent, name);
		if (r < 0)
			(void)unlinkat(parent, name, 0);
	}
	r = hold_again(&held, r);
	if (r == 0)
		return 0;
	return fail_new(err, -r, path);
}

int rootfs_mkdir(struct engine *e, const char *path, mode_t mode, struct cvt_error *err)
{
	const char *name = NULL;
	CLEANUP_CLOSE int parent = open_parent(e, path, mode, &name);
	CLEANUP_CLOSE int found = rootfs_open(e, path, O_PATH | O_DIRECTORY);
	int r = parent;

	if (found >= 0)
		return 0;
	if (r >= 0)
		r = make_directory(parent, name, mode);
	return r < 0 ? fail_new(err, -r, path) : 0;
}

/* With its NUL, as setfiles(8) writes it. */
int rootfs_label(struct engine *e, const char *path, const char *label,
		 struct cvt_error *err)
{
	const char *name = NULL;
	CLEANUP_CLOSE int parent = open_parent(e, path, 0, &name);
	char at[64 + NAME_MAX + 1];

	if (parent < 0)
		return rootfs_fail(err, -parent, path, "label");
	snprintf(at, sizeof(at), "/proc/self/fd/%d/%s", parent, name);
	if (lsetxattr(at, LABEL, label, strlen(label) + 1, 0) == 0 || errno == ENOTSUP)
		return 0;
	/* EINVAL: this machine has a policy, and may not write labels that are not of it. */
	return errno == EPERM || errno == EINVAL ? -EPERM
						 : rootfs_fail(err, errno, path, "label");
}
