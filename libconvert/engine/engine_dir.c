/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's root is a directory, with whatever the caller mounted below it. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/rootfs.h"

static int dir_open(struct context *ctx, struct volumes *volumes, const char *dir,
		    const struct engine_options *options, struct engine **ret,
		    struct cvt_error *err)
{
	CLEANUP_CLOSE int root = -1;
	struct rootfs *fs;

	(void)options;
	if (volumes || !dir)
		return error_raise(err, ERR_USAGE, NULL,
				   "the engine dir takes a directory, not disks");
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 && errno == ENOTDIR)
		return error_raise(err, ERR_USAGE, dir,
				   "is no directory, and the engine dir takes one");
	if (root < 0)
		return error_raise(
			err, errno == ENOENT ? ERR_DISK_MISSING : ERR_DISK_UNREADABLE,
			dir, "%s", strerror(errno));
	fs = calloc(1, sizeof(*fs));
	if (!fs)
		return error_nomem(err);
	*fs = (struct rootfs){ { &engine_dir, ctx }, root };
	root = -1;
	*ret = &fs->engine;
	return 0;
}

static int dir_mount(struct engine *e, const struct device *d, uint64_t subvol,
		     const char *where, bool writable, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = rootfs_open(e, where, O_PATH | O_DIRECTORY);

	(void)d;
	(void)subvol;
	(void)writable;
	return fd < 0 ? rootfs_fail(err, errno, where, "open") : 0;
}

static int dir_umount(struct engine *e, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = rootfs_open(e, "/", O_RDONLY | O_DIRECTORY);

	if (fd < 0 || syncfs(fd) < 0)
		return rootfs_fail(err, errno, "/", "write back");
	return 0;
}

static void dir_close(struct engine *e)
{
	struct rootfs *fs = (struct rootfs *)e;

	closep(&fs->root);
	free(fs);
}

const struct engine_ops engine_dir = {
	.name = "dir",
	.open = dir_open,
	.mount = dir_mount,
	.umount = dir_umount,
	.list = rootfs_list,
	.stat = rootfs_stat,
	.read = rootfs_read,
	.readlink = rootfs_readlink,
	.write = rootfs_write,
	.append = rootfs_append,
	.patch = rootfs_patch,
	.remove = rootfs_remove,
	.symlink = rootfs_symlink,
	.mkdir = rootfs_mkdir,
	.label = rootfs_label,
	.space = rootfs_space,
	.close = dir_close,
};
