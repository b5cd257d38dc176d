/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "core/cleanup.h"
#include "format/fstype.h"

/* File system types that one superblock may be mounted as. */
static const char *const families[][5] = {
	{ "ext2", "ext3", "ext4", "ext4dev" },
	{ "vfat", "msdos", "fat", "umsdos" },
	{ "ntfs", "ntfs3", "ntfs-3g", "lowntfs-3g", "fuseblk" },
	{ "exfat", "exfat-fuse", "fuseblk" },
	{ "swap", "swsuspend" },
};

static bool in_family(size_t family, const char *type, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(families[0]) && families[family][i]; i++)
		if (strlen(families[family][i]) == len &&
		    memcmp(families[family][i], type, len) == 0)
			return true;
	return false;
}

static bool is_one_of(const char *type, size_t len, const char *have)
{
	if ((len == 4 && memcmp(type, "auto", 4) == 0) ||
	    (strlen(have) == len && memcmp(have, type, len) == 0))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (in_family(i, type, len) && in_family(i, have, strlen(have)))
			return true;
	return false;
}

bool fstype_agrees(const char *wanted, const char *have)
{
	if (!have)
		return strcmp(wanted, "auto") == 0;
	for (const char *p = wanted;; p++) {
		size_t n;

		p += strncmp(p, "fuse.", 5) == 0 ? 5 : 0;
		n = strcspn(p, ",");
		if (is_one_of(p, n, have))
			return true;
		p += n;
		if (!*p)
			return false;
	}
}
