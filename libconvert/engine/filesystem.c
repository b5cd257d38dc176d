/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
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
/* clang-format off */
static const struct filesystem filesystems[] = {
	{ "ext2",     "errors=remount-ro",	      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "ext3",     "errors=remount-ro",	      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "ext4",     "errors=remount-ro",	      "noinit_itable", FILESYSTEM_LINUX,   NULL },
	{ "xfs",      "nouuid",			      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "btrfs",    NULL,			      NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "vfat",     "quiet,utf8=1,shortname=mixed", NULL,	       FILESYSTEM_LINUX,   NULL },
	{ "f2fs",     NULL,			      NULL,	       FILESYSTEM_LINUX,   NULL },
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
