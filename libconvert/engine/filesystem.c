/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "engine/filesystem.h"

/*
 * noinit_itable: the kernel would go on initializing inode tables, which is
 * nothing a conversion wants (ext4(5)).
 * nouuid: a snapshot of the same file system may be mounted on this host (xfs(5)).
 * nodiscard, skip_balance, background_gc: the kernel would give back free space,
 * go on with a balance that was cut off, and tidy up, all of which fills the
 * overlay (btrfs(5); Linux, Documentation/filesystems/f2fs.rst).
 * quiet: what FAT has no place for, owners and modes, is passed over in silence
 * (Linux, Documentation/filesystems/vfat.rst).
 */
/* clang-format off */
static const struct filesystem filesystems[] = {
	{ "ext2",     "errors=remount-ro",	      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "ext3",     "errors=remount-ro",	      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "ext4",     "errors=remount-ro",	      "noinit_itable", FILESYSTEM_LINUX,   NULL },
	{ "xfs",      "nouuid",			      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "btrfs",    "nodiscard,skip_balance",	      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "vfat",     "quiet,utf8=1,shortname=mixed", NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "f2fs",     "nodiscard,background_gc=off",  NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "jfs",      NULL,			      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "reiserfs", NULL,			      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "ntfs",     NULL,			      NULL,	       FILESYSTEM_FOREIGN, "ntfs3" },
};
/* clang-format on */

const struct filesystem *filesystem_find(const char *type)
{
	for (size_t i = 0; type && i < ARRAY_SIZE(filesystems); i++)
		if (strcmp(filesystems[i].type, type) == 0)
			return &filesystems[i];
	return NULL;
}

/* The low bits of sb_versionnum (Linux, fs/xfs/libxfs/xfs_format.h, struct xfs_dsb). */
bool filesystem_is_xfs_v4(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char head[102];

	return fd >= 0 && pread(fd, head, sizeof(head), 0) == sizeof(head) &&
	       memcmp(head, "XFSB", 4) == 0 && (head[101] & 0xf) == 4;
}

static void add(char *out, size_t size, const char *option)
{
	size_t n = strlen(out);

	snprintf(out + n, size - n, "%s%s", n ? "," : "", option);
}

/* By number: a name from the guest could hold a comma, and options behind it. */
void filesystem_options(const struct filesystem *fs, uint64_t subvol, bool writable,
			char *out, size_t size)
{
	char text[40];

	*out = '\0';
	if (fs->options)
		add(out, size, fs->options);
	if (writable && fs->options_write)
		add(out, size, fs->options_write);
	if (subvol) {
		snprintf(text, sizeof(text), "subvolid=%" PRIu64, subvol);
		add(out, size, text);
	}
}
