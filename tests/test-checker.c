/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What checkers say, and what it is taken for. */
#include <config.h>

#include "engine/checker.h"
#include "suite.h"
#include "volume/process.h"

#define FAT "fsck.fat 4.2 (2021-01-31)\n"
#define FAT_DIRTY                                                                   \
	"Dirty bit is set. Fs was not properly unmounted and some data may be "     \
	"corrupt.\n Automatically removing dirty bit.\n\nLeaving filesystem unchanged.\n"
#define FAT_COPY                                                                    \
	"There are differences between boot sector and its backup.\n"               \
	"This is mostly harmless. Differences: (offset:original/backup)\n  65:01/00\n" \
	"  Not automatically fixing this.\n"
#define E2FSCK "e2fsck 1.47.0 (5-Feb-2023)\nPass 1: Checking inodes, blocks, and sizes\n"
#define XFS                                                                         \
	"Phase 1 - find and verify superblock...\n        - zero log...\n"          \
	"Metadata corruption detected at 0x558f1c078548, xfs_agf block 0x1/0x200\n"

static const struct {
	const char *type;
	int status;
	const char *said;
	int code;
	bool sound;
	const char *words;
} cases[] = {
	{ "ext4", 0, E2FSCK "e: 11/16384 files (0.0% non-contiguous)\n", 0, true, "" },
	{ "ext4", 0, E2FSCK "Free blocks count wrong (3, counted=2).\nFix? no\n", 0, true,
	  "Free blocks count wrong (3, counted=2)." },
	{ "ext3", 12,
	  E2FSCK "Root inode is not a directory.  Clear? no\n\n"
		 "e: ********** WARNING: Filesystem still has errors **********\n",
	  0, false, "Root inode is not a directory." },
	{ "ext4", 8, "e2fsck: Cannot allocate memory while trying to open it\n", -EIO,
	  false, "e2fsck: Cannot allocate memory while trying to open it" },
	{ "ext4", 12, "e2fsck: Memory allocation failed\n", -EIO, false,
	  "e2fsck: Memory allocation failed" },
	{ "ext4", 137, "", -EIO, false, "" },
	{ "ext4", 4, "a\033[2Jb\xff\n", 0, false, "a?[2Jb?" },
	{ "xfs", 1, XFS "agf_freeblks 12345, counted 20462 in ag 0\n", 0, false,
	  "agf_freeblks 12345, counted 20462 in ag 0" },
	{ "xfs", 0, XFS, 0, true, "" },
	{ "xfs", 1, "Required memory for repair is greater that the maximum specified\n",
	  -EIO, false,
	  "Required memory for repair is greater that the maximum specified" },
	{ "btrfs", 1,
	  "Opening filesystem to check...\n[1/7] checking root items\n"
	  "ERROR: child eb corrupted\n",
	  0, false, "ERROR: child eb corrupted" },
	{ "vfat", 0, FAT "fs: 2 files, 2/20431 clusters\n", 0, true, "" },
	{ "vfat", 1, FAT FAT_DIRTY "fs: 2 files, 2/20431 clusters\n", 0, true, "" },
	{ "vfat", 1, FAT FAT_COPY FAT_DIRTY, 0, true, "" },
	{ "vfat", 1,
	  "Cannot initialize conversion from codepage 850 to ANSI_X3.4-1968: Invalid "
	  "argument\n"
	  "Using internal CP850 conversion table\n" FAT FAT_DIRTY,
	  0, true, "" },
	{ "vfat", 1, FAT FAT_DIRTY "/EFI/a.txt\n  Contains a free cluster (3).\n", 0,
	  false, "/EFI/a.txt" },
	{ "vfat", 2, "no such device\n", -EIO, false, "no such device" },
	{ "f2fs", 0, "Info: Dry run\n[FSCK] Unreachable nat entries    [Ok..] [0x0]\n", 0,
	  true, "" },
	{ "f2fs", 255,
	  "Info: Dry run\n[ASSERT] (check:2087)  --> Wrong SIT valid blocks: segno=0x0\n",
	  0, false, "[ASSERT] (check:2087)  --> Wrong SIT valid blocks: segno=0x0" },
	{ "ntfs", 0, "", -ENOENT, false, "" },
};

START_TEST(test_answers)
{
	struct checker_answer a = { 0 };
	int r = checker_read(cases[_i].type, cases[_i].status, cases[_i].said, &a);

	ck_assert_msg(r == cases[_i].code && a.sound == cases[_i].sound,
		      "%s, row %d: %d, %s: %s", cases[_i].type, _i, r,
		      a.sound ? "sound" : "damaged", a.words);
	ck_assert_str_eq(a.words, cases[_i].words);
}
END_TEST

static const struct process_bounds bounds = { 1, 10 };

static int run_within(struct context *ctx, const char *script, uint64_t memory,
		      struct bytes *out, struct cvt_error *err)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	const struct process_options options = { .memory = memory };

	return process_run_within(ctx, argv, &options, &bounds, out, err);
}

/* A checker has its time and its memory, and what it says is bounded. */
START_TEST(test_bounds)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	struct cvt_error err = { 0 };
	struct context ctx = { 0 };

	ck_assert_int_eq(run_within(NULL, "echo out; echo err >&2; exit 5", 0, &out, &err), 5);
	ck_assert_str_eq(out.data, "out\nerr\n");
	bytes_clear(&out);
	ck_assert_int_eq(run_within(NULL, "yes | head -n 100000", 0, &out, &err), 0);
	ck_assert_uint_eq(out.len, bounds.output);
	ck_assert_int_eq(run_within(NULL, "sleep 20", 0, &out, &err), -ETIMEDOUT);
	ck_assert_int_ne(run_within(NULL, "ulimit -v | grep -q unlimited", 64 << 20, &out, &err),
			 0);
	atomic_store(&ctx.cancelled, 1);
	ck_assert_int_eq(run_within(&ctx, "sleep 20", 0, &out, &err), -ECANCELED);
	ck_assert_str_eq(err.id, "interrupted");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("checker");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_answers, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_bounds);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
