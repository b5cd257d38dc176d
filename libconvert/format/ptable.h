/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Partition tables of disks with sectors of 512 bytes, to be read and edited in place: the
 * MBR with its logical partitions, and the GPT with its backup (UEFI specification 2.10,
 * chapter 5).
 *
 * Only those parts of the disk are looked at that are needed, and the reader says which.
 */
#ifndef FORMAT_PTABLE_H
#define FORMAT_PTABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "format/pieces.h"

#define PTABLE_SECTOR 512
#define PTABLE_ALIGN 2048 /* sectors; where partitions begin since 2010 */

enum ptable_kind {
	PTABLE_PRIMARY, /* of an MBR, or of a GPT */
	PTABLE_EXTENDED,
	PTABLE_LOGICAL,
};

struct ptable_part {
	enum ptable_kind kind;
	uint64_t first, last; /* sectors, both in it */
	uint64_t entry;	      /* bytes, where its entry is on the disk */
	uint64_t base;	      /* sector from which the entry of an MBR counts */
};

#define PTABLE_PARTS_MAX 256

struct ptable {
	bool is_gpt;
	uint64_t first_usable, last_usable; /* sectors */
	uint64_t free_entry;	 /* bytes, where it is on the disk; 0: there is none */
	uint64_t backup;	 /* GPT: sector of its header, */
	uint64_t backup_entries; /* and of its entries */
	size_t entries_size;	 /* bytes */
	struct ptable_part parts[PTABLE_PARTS_MAX];
	size_t n;
};

/*
 * Reads @p, which are parts of a disk of @sectors.  -EAGAIN: @missing, its first @size bytes,
 * is needed too; -EINVAL: it cannot be edited, *@why (static) says why.
 */
int ptable_read(const struct pieces *p, uint64_t sectors, struct ptable *ret,
		uint64_t *missing, size_t *size, const char **why);

/* The largest room between the partitions, aligned, for one that is no logical one; false:
 * there is none.
 */
bool ptable_room(const struct ptable *t, uint64_t *first, uint64_t *last);

/*
 * Can @part be cut off at its end, so that a new partition has room there?  Not if it is a
 * logical one and others lie behind it.
 */
bool ptable_can_shrink(const struct ptable *t, const struct ptable_part *part);

/* Let @part, and the extended partition that it is in, end at @last. */
void ptable_shrink(const struct ptable *t, const struct ptable_part *part, uint64_t last,
		   struct pieces *p);

/* Write an EFI system partition to the entry that is free. */
void ptable_add_esp(const struct ptable *t, uint64_t first, uint64_t last,
		    struct pieces *p);

/* Let the checksums and the backup of a GPT fit what was edited. */
void ptable_finish(const struct ptable *t, struct pieces *p);

#endif
