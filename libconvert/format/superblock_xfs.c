/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * XFS.  Its superblock does not say whether it was unmounted; the log does: the last
 * record that was written into it is an unmount record (XFS Algorithms & Data
 * Structures, "Journaling Log"; Linux, fs/xfs/xfs_log_recover.c, xlog_find_tail()).
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/superblock.h"

#define BLOCK 512U /* what the log counts in */
#define RECORD_MAGIC 0xfeedbabeU
#define HEADER_BYTES 32768U   /* of a record that one header block describes */
#define UNMOUNT 0x20	      /* oh_flags: XLOG_UNMOUNT_TRANS */
#define BACK 1024U	      /* blocks: two records of 256 KiB, the largest there are */
#define INCOMPAT_REPAIR 0x10U /* a repair was begun and not ended */

static const struct superblock_feature incompat[] = {
	{ 3, "bigtime" },	 { 4, "needsrepair" }, { 5, "nrext64" },
	{ 6, "exchange-range" }, { 7, "parent" },      { 8, "metadir" },
};
static const struct superblock_feature ro_compat[] = {
	{ 1, "rmapbt" }, { 2, "reflink" }, { 3, "inobtcount" },
};

struct log {
	const struct superblock_source *src;
	uint64_t at;	 /* bytes into the device */
	uint32_t blocks; /* its size */
};

static int read_block(const struct log *l, uint32_t n, unsigned char *buf)
{
	return l->src->read(l->src->data, l->at + (uint64_t)n * BLOCK, buf, BLOCK);
}

/* Each block begins with the number of the round through the log that it was written in, or
 * with the magic number of a record, and has it behind.
 */
static int read_cycle(const struct log *l, uint32_t n, uint32_t *ret)
{
	unsigned char b[BLOCK];

	if (read_block(l, n, b) < 0)
		return -1;
	*ret = superblock_be32(b) == RECORD_MAGIC ? superblock_be32(b + 4)
						  : superblock_be32(b);
	return 0;
}

/* The block behind the last one that was written: where the number of the round changes. */
static int find_head(const struct log *l, uint32_t *ret)
{
	uint32_t first, last, cycle, low = 0, high = l->blocks - 1;

	if (read_cycle(l, 0, &first) < 0 || read_cycle(l, high, &last) < 0)
		return -1;
	if (first == last) {
		*ret = 0;
		return 0;
	}
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (read_cycle(l, middle, &cycle) < 0)
			return -1;
		if (cycle == first)
			low = middle;
		else
			high = middle;
	}
	*ret = high;
	return 0;
}

/* Is the record that begins at @at, with header @h, the last one, and says "unmounted"? */
static bool is_unmount(const struct log *l, uint32_t at, uint32_t head,
		       const unsigned char *h)
{
	uint32_t len = superblock_be32(h + 12), size = superblock_be32(h + 320), headers = 1;
	unsigned char op[BLOCK];

	if (superblock_be32(h + 8) & 2 && size > HEADER_BYTES && size <= BACK * BLOCK)
		headers = (size + HEADER_BYTES - 1) / HEADER_BYTES;
	if (superblock_be32(h + 40) != 1 || len > BACK * BLOCK ||
	    ((uint64_t)at + headers + (len + BLOCK - 1) / BLOCK) % l->blocks != head)
		return false;
	return read_block(l, (at + headers) % l->blocks, op) == 0 && (op[9] & UNMOUNT);
}

static enum superblock_state read_log(const struct log *l)
{
	unsigned char h[BLOCK];
	uint32_t head;

	if (l->blocks < BACK || find_head(l, &head) < 0)
		return SUPERBLOCK_UNKNOWN;
	for (uint32_t back = 1; back <= BACK; back++) {
		uint32_t at = (head + l->blocks - back) % l->blocks;

		if (read_block(l, at, h) < 0)
			return SUPERBLOCK_UNKNOWN;
		if (superblock_be32(h) == RECORD_MAGIC)
			return is_unmount(l, at, head, h) ? SUPERBLOCK_CLEAN
							  : SUPERBLOCK_DIRTY;
	}
	return SUPERBLOCK_UNKNOWN;
}

/* The log is a run of blocks in one of the allocation groups. */
static bool find_log(const unsigned char *s, struct log *l)
{
	uint64_t start = superblock_be64(s + 48), group, block;
	unsigned block_log = s[120], group_log = s[124];

	if (block_log < 9 || block_log > 16 || group_log < 1 || group_log > 31)
		return false;
	group = start >> group_log;
	block = start & ((1ULL << group_log) - 1);
	if (group >= superblock_be32(s + 88) || superblock_be32(s + 96) > UINT32_MAX >> 8)
		return false;
	l->at = (group * superblock_be32(s + 84) + block) << block_log;
	l->blocks = superblock_be32(s + 96) << (block_log - 9);
	return true;
}

void superblock_read_xfs(const struct superblock_source *src, struct superblock *ret)
{
	struct log log = { .src = src };
	unsigned char s[264];

	if (src->read(src->data, 0, s, sizeof(s)) < 0 || memcmp(s, "XFSB", 4) != 0)
		return;
	ret->has_journal = true;
	/* sb_logstart 0: the log is on a device of its own, which nothing names. */
	if (superblock_be64(s + 48) == 0)
		snprintf(ret->journal, sizeof(ret->journal), "unknown");
	else if (find_log(s, &log))
		ret->state = read_log(&log);
	if ((s[101] & 0xf) != 5)
		return;
	ret->has_errors = superblock_be32(s + 216) & INCOMPAT_REPAIR;
	superblock_name_features(ret, superblock_be32(s + 216), 0x7, "incompat", incompat,
				 ARRAY_SIZE(incompat));
	superblock_name_features(ret, superblock_be32(s + 212), 0x1, "ro_compat", ro_compat,
				 ARRAY_SIZE(ro_compat));
}
