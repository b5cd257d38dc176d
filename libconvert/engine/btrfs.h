/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only btrfs has, asked of this kernel. */
#ifndef ENGINE_BTRFS_H
#define ENGINE_BTRFS_H

#include "core/error.h"
#include "guest/guest.h"

/* Add the subvolumes of the btrfs that the fd @top lies on to @g, as engine_ops.subvolumes. */
int btrfs_subvolumes(int top, size_t device, struct guest *g, struct cvt_error *err);

/* Let the kernel know that the block device @path is a member of a file system; 0 or -errno. */
int btrfs_scan(const char *path);

/* Let it forget that again; it would take the next thing on that loop device for a member. */
void btrfs_forget(const char *path);

#endif
