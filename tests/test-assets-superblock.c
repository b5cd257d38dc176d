/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file systems in the archives of LIBCONVERT_ASSETS, which other kernels and tools made. */
#include <config.h>

#include "assets.h"
#include "format/superblock.h"

static struct assets files;

/* A member that is compressed itself. */
static bool unpack(const struct bytes *packed, struct bytes *ret)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	char buf[65536];
	la_ssize_t n = -1;

	archive_read_support_filter_all(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_memory(a, packed->data, packed->len) == ARCHIVE_OK &&
	    archive_read_next_header(a, &entry) == ARCHIVE_OK)
		while ((n = archive_read_data(a, buf, sizeof(buf))) > 0)
			ck_assert_int_eq(bytes_append(ret, buf, (size_t)n), 0);
	archive_read_free(a);
	return n == 0;
}

static int read_bytes(void *data, uint64_t offset, void *buf, size_t size)
{
	const struct bytes *b = data;

	if (offset > b->len || size > b->len - offset)
		return -EIO;
	memcpy(buf, b->data + offset, size);
	return 0;
}

#define IMAGES "ts/blkid/images-fs/"

/* Who made them has unmounted them. */
static const struct {
	const char *path, *type;
	enum superblock_state state;
	bool has_errors;
} cases[] = {
	{ "ext2.raw", "ext2", SUPERBLOCK_CLEAN, false },
	{ "ext4.raw", "ext4", SUPERBLOCK_CLEAN, false },
	{ "xfs.raw", "xfs", SUPERBLOCK_CLEAN, false },
	{ "fat12.raw", "vfat", SUPERBLOCK_CLEAN, false },
	{ IMAGES "ext2.img.xz", "ext2", SUPERBLOCK_CLEAN, false },
	{ IMAGES "ext3.img.xz", "ext3", SUPERBLOCK_CLEAN, false },
	{ IMAGES "ext4.img.xz", "ext4", SUPERBLOCK_CLEAN, false },
	{ IMAGES "btrfs.img.xz", "btrfs", SUPERBLOCK_CLEAN, false },
	{ IMAGES "f2fs.img.xz", "f2fs", SUPERBLOCK_CLEAN, false },
	{ IMAGES "fat.img.xz", "vfat", SUPERBLOCK_CLEAN, false },
	{ IMAGES "fat32_xp_label1.img.xz", "vfat", SUPERBLOCK_CLEAN, false },
	{ IMAGES "fat32_mkdosfs_none.img.xz", "vfat", SUPERBLOCK_CLEAN, false },
	{ IMAGES "xfs.img.xz", "xfs", SUPERBLOCK_CLEAN, false },
	{ IMAGES "xfs-v5.img.xz", "xfs", SUPERBLOCK_CLEAN, false },
};

START_TEST(test_state)
{
	const struct bytes *found = asset(&files, cases[_i].path);
	CLEANUP_BYTES struct bytes image = { 0 };
	struct superblock got;

	ck_assert_msg(found != NULL, "no %s", cases[_i].path);
	if (strstr(cases[_i].path, ".xz"))
		ck_assert(unpack(found, &image));
	else
		ck_assert_int_eq(bytes_set(&image, found->data, found->len), 0);
	superblock_read(cases[_i].type, &(struct superblock_source){ read_bytes, &image },
			&got);
	ck_assert_msg(
		got.state == cases[_i].state && got.has_errors == cases[_i].has_errors,
		"%s: state %d, errors %d", cases[_i].path, got.state, got.has_errors);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("assets-superblock");
	TCase *tc = tcase_create("all");

	if (!assets_open("disk-images/dfvfs-test_data-disks.tar.xz", &files) ||
	    !assets_open("disk-images/util-linux-blkid-libmount.tar.xz", &files)) {
		puts("SKIP: no disk images; set LIBCONVERT_ASSETS");
		return 77;
	}
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_state, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
