/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GRUB 2 in a boot sector, and the rest of it: boot.img holds the sector of the core image,
 * which begins with diskboot.img, and that ends with the list of the sectors that follow
 * (GRUB 2.06, grub-core/boot/i386/pc/boot.S and diskboot.S, include/grub/offsets.h).
 */
#include <config.h>

#include <endian.h>
#include <string.h>

#include "volume/fullio.h"
#include "volume/volume_private.h"

#define SECTOR 512
#define KERNEL_SECTOR 0x5c /* in boot.img */
#define LIST_END 12	   /* the last entry of the block list ends the sector */
#define CORE_MAX 4096	   /* sectors; a core image has a few hundred */

/* GRUB legacy has the same words, and its version, 3.2, where GRUB 2 has nothing (GRUB 0.97,
 * stage1/stage1.h); where its stage 2 is, we do not know.
 */
static bool is_legacy(const unsigned char sector[SECTOR])
{
	return sector[0x3e] == 3 && sector[0x3f] == 2;
}

static bool is_grub(const unsigned char sector[SECTOR])
{
	static const char words[] = "GRUB \0Geom\0Hard Disk\0Read";

	return !is_legacy(sector) && memmem(sector, SECTOR, words, sizeof(words)) != NULL;
}

static uint64_t get64(const unsigned char *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return le64toh(v);
}

static bool is_read(int fd, uint64_t sector, unsigned char out[SECTOR])
{
	return sector > 0 && sector < INT64_MAX / SECTOR &&
	       pread(fd, out, SECTOR, (off_t)(sector * SECTOR)) == SECTOR;
}

/* The sectors of the first run; further runs are of loaders in a file, which are rare. */
static const char *find_broken_run(int fd, const unsigned char first[SECTOR])
{
	uint64_t start = get64(first + SECTOR - LIST_END);
	unsigned n = first[SECTOR - 4] | (unsigned)first[SECTOR - 3] << 8;
	unsigned char sector[SECTOR];

	if (n == 0 || n > CORE_MAX)
		return "has no list of its sectors";
	for (unsigned i = 0; i < n; i++) {
		if (!is_read(fd, start + i, sector))
			return "lies beyond the end of the disk";
		/* It is compressed: nothing but its padding is zero. */
		if (i + 1 < n && bytes_are_zero(sector, SECTOR))
			return "has lost sectors";
	}
	return NULL;
}

const char *volume_bios_loader_fault(int fd, const void *boot_sector)
{
	unsigned char first[SECTOR];

	if (!is_grub(boot_sector))
		return NULL;
	if (!is_read(fd, get64((const unsigned char *)boot_sector + KERNEL_SECTOR), first))
		return "lies beyond the end of the disk";
	if (bytes_are_zero(first, SECTOR))
		return "is not where the boot sector says";
	return find_broken_run(fd, first);
}
