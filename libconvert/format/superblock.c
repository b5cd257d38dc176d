/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ext2, ext3, ext4, btrfs, FAT and F2FS; XFS is superblock_xfs.c. */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/superblock.h"

void superblock_name_features(struct superblock *ret, uint64_t bits, uint64_t common,
			      const char *prefix, const struct superblock_feature *names,
			      size_t n)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		size_t used = strlen(ret->features), i = 0;

		if (!(bits >> bit & 1) || (common >> bit & 1))
			continue;
		while (i < n && names[i].bit != bit)
			i++;
		snprintf(ret->features + used, sizeof(ret->features) - used,
			 i < n ? "%s%s" : "%s%s bit %u", used ? ", " : "",
			 i < n ? names[i].name : prefix, bit);
	}
}

static void print_uuid(const unsigned char u[16], char out[37])
{
	for (size_t i = 0; i < 16; i++, out += 2) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		sprintf(out, "%02x", u[i]);
	}
}

/*
 * Linux, Documentation/filesystems/ext4/super.rst: little-endian, at byte 1024.
 * s_state says unmounted (1), errors (2), orphans (4) and, of a file system with a
 * journal, is "unmounted" all the time it is in use: what counts there is the feature
 * needs_recovery, as in e2fsck.
 */
#define EXT_AT 1024
#define EXT_MAGIC 0xef53
#define EXT_COMPAT_JOURNAL 0x4
#define EXT_INCOMPAT_RECOVER 0x4
#define EXT_RO_ORPHAN_PRESENT 0x10000

static const struct superblock_feature ext_incompat[] = {
	{ 0, "compression" }, { 3, "journal_dev" },    { 12, "dirdata" },
	{ 13, "metadata_csum_seed" }, { 14, "large_dir" }, { 15, "inline_data" },
	{ 16, "encrypt" },    { 17, "casefold" },
};
static const struct superblock_feature ext_ro[] = {
	{ 9, "bigalloc" },	 { 12, "readonly" },	   { 13, "project" },
	{ 14, "shared_blocks" }, { 15, "verity" },	   { 16, "orphan_present" },
};

void superblock_read_ext(const struct superblock_source *src, struct superblock *ret)
{
	unsigned char s[1024];
	uint16_t state;
	bool in_use;

	if (src->read(src->data, EXT_AT, s, sizeof(s)) < 0 ||
	    superblock_le16(s + 0x38) != EXT_MAGIC)
		return;
	state = superblock_le16(s + 0x3a);
	ret->has_journal = superblock_le32(s + 0x5c) & EXT_COMPAT_JOURNAL;
	in_use = ret->has_journal ? superblock_le32(s + 0x60) & EXT_INCOMPAT_RECOVER
				  : !(state & 1);
	if (superblock_le32(s + 0xe8) || (superblock_le32(s + 0x64) & EXT_RO_ORPHAN_PRESENT))
		in_use = true;
	ret->has_errors = (state & 2) || superblock_le32(s + 0x194);
	ret->state = in_use ? SUPERBLOCK_DIRTY : SUPERBLOCK_CLEAN;
	/* s_journal_inum, s_journal_uuid */
	if (ret->has_journal && superblock_le32(s + 0xe0) == 0)
		print_uuid(s + 0xd0, ret->journal);
	superblock_name_features(ret, superblock_le32(s + 0x60), 0x7d6, "incompat",
				 ext_incompat, ARRAY_SIZE(ext_incompat));
	superblock_name_features(ret, superblock_le32(s + 0x64), 0x57f, "ro_compat", ext_ro,
				 ARRAY_SIZE(ext_ro));
}

/* Linux, include/uapi/linux/btrfs_tree.h, struct btrfs_super_block: at 64 KiB.  log_root is
 * the tree of what was fsynced since the last commit.
 */
#define BTRFS_AT (64 << 10)
#define BTRFS_FLAG_ERROR 4

static const struct superblock_feature btrfs_incompat[] = {
	{ 4, "compress_zstd" }, { 10, "metadata_uuid" },   { 11, "raid1c34" },
	{ 12, "zoned" },	{ 13, "extent_tree_v2" },  { 14, "raid_stripe_tree" },
	{ 16, "simple_quota" },
};

void superblock_read_btrfs(const struct superblock_source *src, struct superblock *ret)
{
	unsigned char s[0xd0];

	if (src->read(src->data, BTRFS_AT, s, sizeof(s)) < 0 ||
	    memcmp(s + 0x40, "_BHRfS_M", 8) != 0)
		return;
	ret->has_journal = true;
	ret->state = superblock_le64(s + 0x60) ? SUPERBLOCK_DIRTY : SUPERBLOCK_CLEAN;
	ret->has_errors = superblock_le64(s + 0x38) & BTRFS_FLAG_ERROR;
	superblock_name_features(ret, superblock_le64(s + 0xbc), 0x3ef, "incompat",
				 btrfs_incompat, ARRAY_SIZE(btrfs_incompat));
}

/*
 * Linux sets bit 0 of a reserved byte of the boot sector while it writes (fs/fat/inode.c,
 * fat_set_state()); bit 1 asks for a surface test.  Windows takes the two highest bits of
 * the second entry of the FAT, which are 0 for "in use" and "I/O errors were met"
 * (Microsoft, FAT: General Overview of On-Disk Format 1.03, "FAT Volume Initialization").
 */
static void read_fat_entry(const struct superblock_source *src, const unsigned char *boot,
			   bool is_fat32, struct superblock *ret)
{
	uint64_t at = (uint64_t)superblock_le16(boot + 0x0e) * superblock_le16(boot + 0x0b);
	unsigned char entry[8];
	unsigned bits;

	if (src->read(src->data, at, entry, sizeof(entry)) < 0)
		return;
	bits = is_fat32 ? superblock_le32(entry + 4) >> 26 : superblock_le16(entry + 2) >> 14;
	if (!(bits & 2))
		ret->state = SUPERBLOCK_DIRTY;
	if (!(bits & 1))
		ret->has_errors = true;
}

/* FAT12 has fewer than 4085 clusters (the same, "FAT Type Determination"), and no such bits. */
static bool is_fat12(const unsigned char *b)
{
	uint32_t sectors = superblock_le16(b + 0x13);
	uint32_t used = superblock_le16(b + 0x0e) +
			(uint32_t)b[0x10] * superblock_le16(b + 0x16) +
			superblock_le16(b + 0x11) * 32U / superblock_le16(b + 0x0b);

	if (sectors == 0)
		sectors = superblock_le32(b + 0x20);
	return sectors <= used || (sectors - used) / b[0x0d] < 4085;
}

void superblock_read_fat(const struct superblock_source *src, struct superblock *ret)
{
	unsigned char b[512];
	bool is_fat32;

	if (src->read(src->data, 0, b, sizeof(b)) < 0 || b[510] != 0x55 || b[511] != 0xaa ||
	    superblock_le16(b + 0x0b) < 512 || b[0x0d] == 0)
		return;
	is_fat32 = superblock_le16(b + 0x16) == 0;
	ret->state = b[is_fat32 ? 0x41 : 0x25] & 1 ? SUPERBLOCK_DIRTY : SUPERBLOCK_CLEAN;
	if (is_fat32 || !is_fat12(b))
		read_fat_entry(src, b, is_fat32, ret);
}

/*
 * Linux, include/linux/f2fs_fs.h: the superblock is at 1 KiB; two checkpoint packs are a
 * segment apart, and the newer one counts.  It says "unmounted" until the first one that is
 * written after a mount, whatever was fsynced since.
 */
#define F2FS_AT 1024
#define F2FS_MAGIC 0xf2f52010U
#define F2FS_UMOUNT 0x1
#define F2FS_ERROR 0x8
#define F2FS_NEEDS_FSCK 0x10

void superblock_read_f2fs(const struct superblock_source *src, struct superblock *ret)
{
	unsigned char s[128], pack[192];
	uint64_t at, version = 0;
	uint32_t flags = 0, log_block, log_segment;

	if (src->read(src->data, F2FS_AT, s, sizeof(s)) < 0 ||
	    superblock_le32(s) != F2FS_MAGIC)
		return;
	log_block = superblock_le32(s + 16);
	log_segment = superblock_le32(s + 20);
	if (log_block < 9 || log_block > 16 || log_segment > 16)
		return;
	at = (uint64_t)superblock_le32(s + 76) << log_block;
	for (int i = 0; i < 2; i++, at += 1ULL << (log_block + log_segment)) {
		if (src->read(src->data, at, pack, sizeof(pack)) < 0)
			return;
		if (i == 0 || superblock_le64(pack) > version) {
			version = superblock_le64(pack);
			flags = superblock_le32(pack + 132);
		}
	}
	ret->has_journal = true;
	ret->state = flags & F2FS_UMOUNT ? SUPERBLOCK_CLEAN : SUPERBLOCK_DIRTY;
	ret->has_errors = flags & (F2FS_ERROR | F2FS_NEEDS_FSCK);
}

void superblock_read(const char *type, const struct superblock_source *src,
		     struct superblock *ret)
{
	static const struct {
		const char *type;
		void (*read)(const struct superblock_source *src, struct superblock *ret);
	} kinds[] = {
		{ "ext2", superblock_read_ext },     { "ext3", superblock_read_ext },
		{ "ext4", superblock_read_ext },     { "xfs", superblock_read_xfs },
		{ "btrfs", superblock_read_btrfs },  { "vfat", superblock_read_fat },
		{ "f2fs", superblock_read_f2fs },
	};

	*ret = (struct superblock){ 0 };
	for (size_t i = 0; type && i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].type, type) == 0)
			kinds[i].read(src, ret);
}
