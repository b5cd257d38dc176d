/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "core/cleanup.h"
#include "engine/filesystem.h"

/*
 * noinit_itable: the kernel would go on initializing inode tables, which is
 * nothing a conversion wants (ext4(5)).
 * nouuid: a snapshot of the same file system may be mounted on this host (xfs(5)).
 * quiet: what FAT has no place for, owners and modes, is passed over in silence
 * (Linux, Documentation/filesystems/vfat.rst).
 */
static const struct filesystem filesystems[] = {
	{ "ext2", "errors=remount-ro", NULL },
	{ "ext3", "errors=remount-ro", NULL },
	{ "ext4", "errors=remount-ro", "noinit_itable" },
	{ "xfs", "nouuid", NULL },
	{ "btrfs", NULL, NULL },
	{ "vfat", "quiet,utf8=1,shortname=mixed", NULL },
	{ "f2fs", NULL, NULL },
	{ "jfs", NULL, NULL },
	{ "reiserfs", NULL, NULL },
};

const struct filesystem *filesystem_find(const char *type)
{
	for (size_t i = 0; type && i < ARRAY_SIZE(filesystems); i++)
		if (strcmp(filesystems[i].type, type) == 0)
			return &filesystems[i];
	return NULL;
}
