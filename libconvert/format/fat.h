/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A new FAT32 file system, as UEFI firmware reads it (UEFI specification 2.10, 13.3;
 * Microsoft, "FAT: General Overview of On-Disk Format", 1.03).
 */
#ifndef FORMAT_FAT_H
#define FORMAT_FAT_H

#include <stdint.h>

#include "core/bytes.h"

#define FAT_SECTOR 512
#define FAT_MIN_SECTORS \
	69632 /* 34 MiB; with fewer clusters it would be taken for FAT16 */
#define FAT_MAX_SECTORS 1048576 /* 512 MiB, in clusters of one sector */
#define FAT_NODES_MAX 64	/* files and directories */

struct fat_file {
	const char *
		path; /* "EFI/BOOT/BOOTX64.EFI": ASCII, of components of 1 to 255 bytes */
	const struct bytes *data;
};

/*
 * The first bytes of a file system of @sectors that holds @files; of what follows them
 * nothing matters.  @hidden: sectors before it on the disk.  @serial: "ABCD-1234" to
 * blkid(8).  -EINVAL: a path or size that is not possible; -ENOSPC; -ENOMEM.
 */
int fat_make(uint64_t sectors, uint32_t hidden, uint32_t serial,
	     const struct fat_file *files, size_t n, struct bytes *ret);

#endif
