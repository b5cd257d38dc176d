/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <blkid/blkid.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format/fat.h"
#include "suite.h"

#define SECTORS FAT_MIN_SECTORS

static struct bytes content(const char *text)
{
	return (struct bytes){ (char *)text, strlen(text) };
}

/* The file system in a file of its whole size. */
static int make_file(const struct fat_file *files, size_t n, char path[32])
{
	CLEANUP_BYTES struct bytes b = { 0 };
	int fd;

	ck_assert_int_eq(fat_make(SECTORS, 2048, 0x1234abcd, files, n, &b), 0);
	fd = memfd_create("fat", 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)SECTORS * FAT_SECTOR), 0);
	ck_assert_int_eq(write(fd, b.data, b.len), (ssize_t)b.len);
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

START_TEST(test_blkid_knows_it)
{
	const struct bytes data = content("x");
	const struct fat_file file = { "EFI/BOOT/BOOTX64.EFI", &data };
	char path[32];
	CLEANUP_CLOSE int fd = make_file(&file, 1, path);
	blkid_probe p = blkid_new_probe_from_filename(path);
	const char *v;

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_nonnull(p);
	blkid_probe_set_superblocks_flags(p, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID |
						     BLKID_SUBLKS_LABEL |
						     BLKID_SUBLKS_VERSION);
	ck_assert_int_eq(blkid_do_safeprobe(p), 0);
	ck_assert_int_eq(blkid_probe_lookup_value(p, "TYPE", &v, NULL), 0);
	ck_assert_str_eq(v, "vfat");
	ck_assert_int_eq(blkid_probe_lookup_value(p, "UUID", &v, NULL), 0);
	ck_assert_str_eq(v, "1234-ABCD");
	ck_assert_int_eq(blkid_probe_lookup_value(p, "VERSION", &v, NULL), 0);
	ck_assert_str_eq(v, "FAT32");
	blkid_free_probe(p);
}
END_TEST

/* What @command, a line of the shell with $1, says of the file; the test is left out, and
 * says so, where @program is not there.
 */
static char *ask(const char *program, const char *command, const char *path)
{
	CLEANUP_FREE char *line = NULL;
	struct bytes said = { 0 };
	char buf[4096];
	size_t n;
	FILE *f;

	ck_assert(asprintf(&line,
			   "PATH=$PATH:/usr/sbin:/sbin; command -v %s >/dev/null || exit "
			   "77; "
			   "set -- %s; %s",
			   program, path, command) > 0);
	f = popen(line, "re");
	ck_assert_ptr_nonnull(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		ck_assert_int_eq(bytes_append(&said, buf, n), 0);
	n = (size_t)pclose(f);
	if (WIFEXITED((int)n) && WEXITSTATUS((int)n) == 77) {
		fprintf(stderr, "test-fat: left out, there is no %s\n", program);
		return NULL;
	}
	ck_assert_msg(n == 0, "%s: %s", program, said.data);
	return said.data ?: strdup("");
}

/* Names short and long, an empty file, one of many clusters, a directory of many entries. */
START_TEST(test_programs_read_it)
{
	static char many[40][48];
	CLEANUP_BYTES struct bytes large = { 0 };
	const struct bytes empty = { 0 };
	struct fat_file files[45] = {
		{ "EFI/almalinux/MokManager.efi", &large },
		{ "EFI/almalinux/grubx64.efi", &empty },
		{ "EFI/BOOT/BOOTX64.EFI", &large },
		{ "EFI/BOOT/exactly13char", &large },
	};
	char path[32];
	CLEANUP_FREE char *text = NULL, *list = NULL;

	for (unsigned i = 0; i < 300000; i++)
		ck_assert_int_eq(bytes_append(&large, &i, sizeof(i)), 0);
	for (size_t i = 0; i < 40; i++) {
		snprintf(many[i], sizeof(many[i]),
			 "EFI/almalinux/a-rather-long-name-%zu.cfg", i);
		files[4 + i] = (struct fat_file){ many[i], &large };
	}
	CLEANUP_CLOSE int fd = make_file(files, 24, path);
	ck_assert_int_ge(fd, 0);

	text = ask("fsck.vfat",
		   "cp $1 ${TMPDIR:-/tmp}/fat.$$ && fsck.vfat -n ${TMPDIR:-/tmp}/fat.$$ "
		   "2>&1; "
		   "s=$?; rm ${TMPDIR:-/tmp}/fat.$$; exit $s",
		   path);
	if (text)
		ck_assert_msg(strstr(text, "28 files"), "%s", text);
	list = ask("mtype", "mtype -i $1 ::/EFI/almalinux/MokManager.efi | sha256sum",
		   path);
	if (list) {
		char hex[SHA256_HEX];

		bytes_sha256(large.data, large.len, hex);
		ck_assert_msg(strncmp(list, hex, SHA256_HEX - 1) == 0, "%s", list);
	}
}
END_TEST

static const struct {
	const char *what;
	uint64_t sectors;
	const char *paths[3];
	int code;
} bad[] = {
	{ "too small", FAT_MIN_SECTORS - 1, { "A" }, -EINVAL },
	{ "too large", FAT_MAX_SECTORS + 1, { "A" }, -EINVAL },
	{ "an empty component", SECTORS, { "EFI//A" }, -EINVAL },
	{ "up", SECTORS, { "EFI/../A" }, -EINVAL },
	{ "no character of a name", SECTORS, { "EFI/a:b" }, -EINVAL },
	{ "the same twice", SECTORS, { "EFI/A", "EFI/a" }, -EINVAL },
	{ "below a file", SECTORS, { "EFI", "EFI/A" }, -EINVAL },
	{ "no room", SECTORS, { "A", "B", "C" }, -ENOSPC },
};

START_TEST(test_refused)
{
	CLEANUP_BYTES struct bytes data = { 0 }, out = { 0 };
	struct fat_file files[3];
	size_t n = 0;

	if (bad[_i].code == -ENOSPC)
		ck_assert_int_eq(bytes_append_zeros(&data, (size_t)16 << 20), 0);
	for (; n < 3 && bad[_i].paths[n]; n++)
		files[n] = (struct fat_file){ bad[_i].paths[n], &data };
	ck_assert_msg(fat_make(bad[_i].sectors, 0, 0, files, n, &out) == bad[_i].code,
		      "%s", bad[_i].what);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fat");
	TCase *t = tcase_create("fat");

	tcase_add_test(t, test_blkid_knows_it);
	tcase_add_test(t, test_programs_read_it);
	tcase_add_loop_test(t, test_refused, 0, ARRAY_SIZE(bad));
	suite_add_tcase(s, t);
	return suite_run(s);
}
