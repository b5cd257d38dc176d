/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's files as a tree below one directory of this kernel: what the engines dir
 * and mount share.  Every path is resolved by openat2(2) inside that directory.
 */
#ifndef ENGINE_ROOTFS_H
#define ENGINE_ROOTFS_H

#include "engine/engine.h"

struct rootfs {
	struct engine engine;
	int root; /* O_PATH fd of the guest's "/"; -1: not mounted yet */
};

/* Members of struct engine_ops, for engines that start with a struct rootfs. */
int rootfs_list(struct engine *e, const char *dir, struct names *ret,
		struct cvt_error *err);
int rootfs_stat(struct engine *e, const char *path, struct file_stat *ret,
		struct cvt_error *err);
int rootfs_read(struct engine *e, const char *path, uint64_t offset, size_t max,
		struct bytes *ret, struct cvt_error *err);
int rootfs_readlink(struct engine *e, const char *path, char **ret,
		    struct cvt_error *err);
int rootfs_write(struct engine *e, const char *path, const struct bytes *data,
		 mode_t mode, const struct timespec *mtime, struct cvt_error *err);
int rootfs_append(struct engine *e, const char *path, uint64_t size,
		  const struct bytes *data, const struct timespec *mtime,
		  struct cvt_error *err);
int rootfs_patch(struct engine *e, const struct device *d, const char *path,
		 uint64_t offset, const struct bytes *data, struct cvt_error *err);
int rootfs_remove(struct engine *e, const char *path, struct cvt_error *err);
int rootfs_label(struct engine *e, const char *path, const char *label,
		 struct cvt_error *err);
int rootfs_mkdir(struct engine *e, const char *path, mode_t mode, struct cvt_error *err);
int rootfs_symlink(struct engine *e, const char *path, const char *to,
		   struct cvt_error *err);
int rootfs_space(struct engine *e, const char *path, uint64_t *ret,
		 struct cvt_error *err);

/* For the two files of this layer and the engines: openat2(2) below the root.  An fd, or
 * -1 with errno.
 */
int rootfs_open(const struct engine *e, const char *path, int flags);

/* Open what the O_PATH fd @fd stands for.  An fd, or -1 with errno. */
int rootfs_reopen(int fd, int flags);

/* The answer for errno value @code at @path: -ENOENT leaves @err alone. */
int rootfs_fail(struct cvt_error *err, int code, const char *path, const char *what);

#endif
