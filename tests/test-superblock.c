/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On file systems that their own tools make here, as a user without privileges. */
#include <config.h>

#include <fcntl.h>
#include <unistd.h>

#include "format/superblock.h"
#include "suite.h"

static char dir[] = "/var/tmp/test-superblock.XXXXXX";

static void setup(void)
{
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	CLEANUP_FREE char *command = NULL;
	ck_assert(asprintf(&command, "rm -rf '%s'", dir) > 0);
	ck_assert_int_eq(system(command), 0);
}

static int read_file(void *data, uint64_t offset, void *buf, size_t size)
{
	ssize_t n = pread(*(int *)data, buf, size, (off_t)offset);

	return n == (ssize_t)size ? 0 : -EIO;
}

static void read_it(const char *path, const char *type, struct superblock *ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	superblock_read(type, &(struct superblock_source){ read_file, &fd }, ret);
}

#define PUT(bytes, at)                                                             \
	"printf '" bytes "' | dd of=fs bs=1 seek=$((" at ")) conv=notrunc status=none;"
#define EXT4 "truncate -s 16M fs; mkfs.ext4 -qF fs;"
#define SUPER(what) "debugfs -w -R '" what "' fs >/dev/null 2>&1;"
#define XFS "truncate -s 300M fs; mkfs.xfs -qf fs;"
/* Byte of the flags in the only operation of the record that mkfs.xfs writes. */
#define XFS_LOG                                                                       \
	"start=$(xfs_db -c 'sb 0' -c 'p logstart' fs | sed 's/.* //');"               \
	"log=$(xfs_db -c \"convert fsblock $start daddr\" fs | sed 's/.*(\\(.*\\))/\\1/');"
#define BTRFS "truncate -s 128M fs; mkfs.btrfs -qf fs >/dev/null 2>&1;"
#define F2FS "truncate -s 64M fs; mkfs.f2fs -q fs >/dev/null;"

static const struct {
	const char *type, *tool, *make;
	struct superblock want;
} cases[] = {
	/* clang-format off */
	{ "ext4", "mkfs.ext4", EXT4, { SUPERBLOCK_CLEAN, true, false, "", "" } },
	{ "ext4", "mkfs.ext4", EXT4 SUPER("feature needs_recovery"),
	  { SUPERBLOCK_DIRTY, true, false, "", "" } },
	{ "ext4", "mkfs.ext4", EXT4 SUPER("set_super_value state 3"),
	  { SUPERBLOCK_CLEAN, true, true, "", "" } },
	{ "ext4", "mkfs.ext4", EXT4 SUPER("set_super_value error_count 2"),
	  { SUPERBLOCK_CLEAN, true, true, "", "" } },
	{ "ext4", "mkfs.ext4", EXT4 SUPER("set_super_value last_orphan 12"),
	  { SUPERBLOCK_DIRTY, true, false, "", "" } },
	{ "ext4", "mkfs.ext4", EXT4 SUPER("set_super_value journal_inum 0")
	  SUPER("set_super_value journal_uuid 01234567-89ab-cdef-0123-456789abcdef"),
	  { SUPERBLOCK_CLEAN, true, false, "01234567-89ab-cdef-0123-456789abcdef", "" } },
	{ "ext4", "mkfs.ext4",
	  "truncate -s 64M fs; mkfs.ext4 -qF -O bigalloc,^resize_inode -E encoding=utf8 fs 2>/dev/null;",
	  { SUPERBLOCK_CLEAN, true, false, "", "casefold, bigalloc" } },
	{ "ext4", "mkfs.ext4", EXT4 PUT("\\200", "1024 + 0x63"),
	  { SUPERBLOCK_CLEAN, true, false, "", "incompat bit 31" } },
	{ "ext2", "mkfs.ext2", "truncate -s 16M fs; mkfs.ext2 -qF fs;",
	  { SUPERBLOCK_CLEAN, false, false, "", "" } },
	{ "ext2", "mkfs.ext2", "truncate -s 16M fs; mkfs.ext2 -qF fs;" SUPER("set_super_value state 0"),
	  { SUPERBLOCK_DIRTY, false, false, "", "" } },
	{ "xfs", "mkfs.xfs", XFS, { SUPERBLOCK_CLEAN, true, false, "", "bigtime, reflink, inobtcount" } },
	{ "xfs", "mkfs.xfs", XFS XFS_LOG PUT("\\000", "$log * 512 + 512 + 9"),
	  { SUPERBLOCK_DIRTY, true, false, "", "bigtime, reflink, inobtcount" } },
	{ "xfs", "mkfs.xfs", XFS XFS_LOG PUT("\\000\\000\\000\\002", "$log * 512 + 40"),
	  { SUPERBLOCK_DIRTY, true, false, "", "bigtime, reflink, inobtcount" } },
	{ "xfs", "mkfs.xfs", XFS PUT("\\377", "88"),	/* agcount: no reason to read outside */
	  { SUPERBLOCK_CLEAN, true, false, "", "bigtime, reflink, inobtcount" } },
	{ "xfs", "mkfs.xfs", XFS PUT("\\377", "48"),	/* logstart */
	  { SUPERBLOCK_UNKNOWN, true, false, "", "bigtime, reflink, inobtcount" } },
	{ "xfs", "mkfs.xfs", XFS PUT("\\037", "219"),
	  { SUPERBLOCK_CLEAN, true, true, "", "bigtime, needsrepair, reflink, inobtcount" } },
	{ "btrfs", "mkfs.btrfs", BTRFS, { SUPERBLOCK_CLEAN, true, false, "", "" } },
	{ "btrfs", "mkfs.btrfs", BTRFS PUT("\\001", "65536 + 0x62"),
	  { SUPERBLOCK_DIRTY, true, false, "", "" } },
	{ "btrfs", "mkfs.btrfs", BTRFS PUT("\\005", "65536 + 0x38") PUT("\\010", "65536 + 0xbd"),
	  { SUPERBLOCK_CLEAN, true, true, "", "raid1c34" } },
	{ "vfat", "mkfs.fat", "truncate -s 2M fs; mkfs.fat -F 12 fs >/dev/null;",
	  { SUPERBLOCK_CLEAN, false, false, "", "" } },
	{ "vfat", "mkfs.fat", "truncate -s 40M fs; mkfs.fat -F 16 fs >/dev/null;",
	  { SUPERBLOCK_CLEAN, false, false, "", "" } },
	{ "vfat", "mkfs.fat", "truncate -s 40M fs; mkfs.fat -F 16 fs >/dev/null;" PUT("\\001", "0x25"),
	  { SUPERBLOCK_DIRTY, false, false, "", "" } },
	{ "vfat", "mkfs.fat", "truncate -s 40M fs; mkfs.fat -R 4 -F 16 fs >/dev/null;" PUT("\\077", "4 * 512 + 3"),
	  { SUPERBLOCK_DIRTY, false, true, "", "" } },
	{ "vfat", "mkfs.fat", "truncate -s 300M fs; mkfs.fat -F 32 fs >/dev/null;",
	  { SUPERBLOCK_CLEAN, false, false, "", "" } },
	{ "vfat", "mkfs.fat", "truncate -s 300M fs; mkfs.fat -F 32 fs >/dev/null;" PUT("\\001", "0x41"),
	  { SUPERBLOCK_DIRTY, false, false, "", "" } },
	{ "vfat", "mkfs.fat", "truncate -s 300M fs; mkfs.fat -F 32 -R 32 fs >/dev/null;" PUT("\\007", "32 * 512 + 7"),
	  { SUPERBLOCK_DIRTY, false, false, "", "" } },
	{ "f2fs", "mkfs.f2fs", F2FS, { SUPERBLOCK_CLEAN, true, false, "", "" } },
	{ "f2fs", "mkfs.f2fs", F2FS PUT("\\020", "512 * 4096 + 132") PUT("\\020", "1024 * 4096 + 132"),
	  { SUPERBLOCK_DIRTY, true, true, "", "" } },
	{ "ext4", "mkfs.xfs", XFS, { 0 } },
	{ "jfs", "mkfs.ext4", EXT4, { 0 } },
	{ "xfs", "mkfs.ext4", "truncate -s 4k fs", { 0 } },
	/* clang-format on */
};

static bool has_tool(const char *tool)
{
	CLEANUP_FREE char *command = NULL;

	ck_assert(asprintf(&command, "PATH=$PATH:/usr/sbin:/sbin command -v %s >/dev/null",
			   tool) > 0);
	return system(command) == 0;
}

START_TEST(test_state)
{
	const struct superblock *want = &cases[_i].want;
	CLEANUP_FREE char *command = NULL;
	struct superblock got;

	if (!has_tool(cases[_i].tool)) {
		printf("SKIP: row %d, no %s\n", _i, cases[_i].tool);
		return;
	}
	ck_assert(asprintf(&command, "set -e; PATH=$PATH:/usr/sbin:/sbin; %s",
			   cases[_i].make) > 0);
	ck_assert_msg(system(command) == 0, "%s", command);
	read_it("fs", cases[_i].type, &got);
	ck_assert_msg(got.state == want->state && got.has_journal == want->has_journal &&
			      got.has_errors == want->has_errors,
		      "row %d: state %d, journal %d, errors %d: %s", _i, got.state,
		      got.has_journal, got.has_errors, cases[_i].make);
	ck_assert_str_eq(got.journal, want->journal);
	ck_assert_str_eq(got.features, want->features);
}
END_TEST

/* Whatever stands there: no byte outside is read, and it ends. */
static const char *const hostile[] = { "ext4", "xfs", "btrfs", "vfat", "f2fs" };

static int read_noise(void *data, uint64_t offset, void *buf, size_t size)
{
	static const char *const magics[] = { "XFSB", "\x10\x20\xf5\xf2", "_BHRfS_M" };
	unsigned *seed = data;

	ck_assert_uint_le(size, 4096);
	for (size_t i = 0; i < size; i++)
		((unsigned char *)buf)[i] = (unsigned char)rand_r(seed);
	if (offset == 0 && size >= 264)
		memcpy(buf, magics[0], 4);
	if (offset == 0 && size == 512)
		memcpy((char *)buf + 510, "\x55\xaa", 2);
	if (offset == 1024 && size == 128)
		memcpy(buf, magics[1], 4);
	if (offset == 1024 && size == 1024)
		memcpy((char *)buf + 0x38, "\x53\xef", 2);
	if (offset == 65536)
		memcpy((char *)buf + 0x40, magics[2], 8);
	return rand_r(seed) % 64 ? 0 : -EIO;
}

START_TEST(test_hostile)
{
	for (unsigned n = 0; n < 2000; n++) {
		unsigned seed = n;
		struct superblock got;

		superblock_read(hostile[_i], &(struct superblock_source){ read_noise, &seed },
				&got);
		ck_assert_uint_lt(strlen(got.features), sizeof(got.features));
		ck_assert_uint_lt(strlen(got.journal), sizeof(got.journal));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("superblock");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_state, 0, (int)ARRAY_SIZE(cases));
	tcase_add_loop_test(tc, test_hostile, 0, (int)ARRAY_SIZE(hostile));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
