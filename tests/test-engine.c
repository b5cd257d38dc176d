/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contract of engine.h, and a hostile guest. */
#include <config.h>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "engine/engine.h"
#include "engine/guestfs_private.h"
#include "engine-contract.h"
#include "suite.h"

static char *root;

static void setup(void)
{
	char made[] = "/var/tmp/test-engine.XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(made));
	ck_assert(asprintf(&root, "%s/guest", made) > 0);
	contract_tree(root);
}

static void teardown(void)
{
	*strrchr(root, '/') = '\0';
	run("rm -rf '%s'", root);
	free(root);
}

static struct engine *open_dir(void)
{
	struct engine_options options = { .writable = true };
	struct engine *e = NULL;
	struct cvt_error err;

	ck_assert_int_eq(engine_open(NULL, "auto", NULL, root, &options, &e, &err), 0);
	ck_assert_str_eq(engine_name(e), "dir");
	ck_assert_int_eq(engine_mount(e, NULL, 0, "/", true, &err), 0);
	return e;
}

START_TEST(test_reading)
{
	CLEANUP_ENGINE struct engine *e = open_dir();
	struct cvt_error err;

	contract_reading(e);
	ck_assert_int_eq(engine_mount(e, NULL, 0, "/nowhere", true, &err), -ENOENT);
}
END_TEST

START_TEST(test_hostile)
{
	CLEANUP_ENGINE struct engine *e = open_dir();

	contract_hostile(e);
}
END_TEST

START_TEST(test_writing)
{
	CLEANUP_ENGINE struct engine *e = open_dir();
	struct cvt_error err;

	contract_writing(e);
	ck_assert_int_eq(engine_umount(e, &err), 0);
	contract_written(root);
}
END_TEST

static int flags_of(const char *path, int set)
{
	CLEANUP_FREE char *at = NULL;
	CLEANUP_CLOSE int fd = -1;
	int flags = 0;

	ck_assert(asprintf(&at, "%s%s", root, path) > 0);
	fd = open(at, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	if (set >= 0 && ioctl(fd, FS_IOC_SETFLAGS, &set) < 0)
		return -1;
	return ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ? -1 : flags;
}

/* What chattr(1) forbids is done all the same, and forbidden again. */
START_TEST(test_immutable)
{
	static const struct timespec now = { 1, 0 };
	const struct bytes data = { (char *)"new", 3, 0 };
	CLEANUP_ENGINE struct engine *e = open_dir();
	struct cvt_error err = { 0 };
	int was = flags_of("/etc/plain", -1), dir = flags_of("/etc", -1);

	if (was < 0 || flags_of("/etc/plain", was | FS_IMMUTABLE_FL) < 0) {
		puts("NOT TESTED: immutable files, which need CAP_LINUX_IMMUTABLE and a "
		     "file system that has them");
		return;
	}
	ck_assert_int_ge(flags_of("/etc/sub/b", was | FS_APPEND_FL), 0);
	ck_assert_int_ge(flags_of("/etc", dir | FS_IMMUTABLE_FL), 0);
	ck_assert_int_eq(engine_write(e, "/etc/plain", &data, 0644, &now, &err), 0);
	ck_assert_int_eq(engine_write(e, "/etc/sub/b", &data, 0644, &now, &err), 0);
	ck_assert_int_eq(engine_write(e, "/etc/added/file", &data, 0644, &now, &err), 0);
	ck_assert_int_eq(engine_symlink(e, "/etc/added-link", "x", &err), 0);
	ck_assert_int_eq(flags_of("/etc/plain", -1) & FS_IMMUTABLE_FL, FS_IMMUTABLE_FL);
	ck_assert_int_eq(flags_of("/etc/sub/b", -1) & FS_APPEND_FL, FS_APPEND_FL);
	ck_assert_int_eq(flags_of("/etc", -1) & FS_IMMUTABLE_FL, FS_IMMUTABLE_FL);
	ck_assert_int_eq(engine_remove(e, "/etc/plain", &err), 0);
	ck_assert_int_eq(engine_remove(e, "/etc/added-link", &err), 0);
	ck_assert_int_eq(engine_remove(e, "/etc/added/file", &err), 0);
	ck_assert_int_ge(flags_of("/etc/sub/b", was), 0);
	ck_assert_int_ge(flags_of("/etc", dir), 0);
}
END_TEST

START_TEST(test_not_a_directory)
{
	struct engine_options options = { 0 };
	struct engine *e = NULL;
	struct cvt_error err;

	ck_assert_int_lt(
		engine_open(NULL, "dir", NULL, "/etc/passwd", &options, &e, &err), 0);
	ck_assert_str_eq(err.id, "usage");
	ck_assert_int_lt(
		engine_open(NULL, "dir", NULL, "/nonexistent", &options, &e, &err), 0);
	ck_assert_str_eq(err.id, "disk-missing");
	ck_assert_int_lt(engine_open(NULL, "none", NULL, root, &options, &e, &err), 0);
	ck_assert_str_eq(err.id, "usage");
	ck_assert_ptr_null(e);
}
END_TEST

/* The kernel of the appliance has found the second disk first. */
START_TEST(test_guestfs_names)
{
	static char *calls[] = { "/dev/sda", "/dev/sdb", NULL };
	static char *shell[] = { "/dev/sdb", "/dev/sda", NULL };
	const struct engine_guestfs e = { .disks = calls, .kernel = shell, .n_disks = 2 };
	const struct device d = { .kind = DEVICE_DISK, .disk = 0, .part = 12 };
	static const struct {
		const char *shell, *call;
	} names[] = {
		{ "/dev/sdb", "/dev/sda" },	    { "/dev/sda3", "/dev/sdb3" },
		{ "/dev/sdab1", "/dev/sdab1" },	    { "/dev/md0", "/dev/md0" },
		{ "/dev/vg/sda1", "/dev/vg/sda1" },
	};
	CLEANUP_FREE char *in_call = guestfs_device_path(&e, &d);
	CLEANUP_FREE char *in_shell = guestfs_shell_path(&e, &d);

	ck_assert_str_eq(in_call, "/dev/sda12");
	ck_assert_str_eq(in_shell, "/dev/sdb12");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *call = guestfs_call_path(&e, names[i].shell);

		ck_assert_str_eq(call, names[i].call);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine");
	TCase *tc = tcase_create("dir");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_guestfs_names);
	tcase_add_test(tc, test_reading);
	tcase_add_test(tc, test_hostile);
	tcase_add_test(tc, test_immutable);
	tcase_add_test(tc, test_writing);
	tcase_add_test(tc, test_not_a_directory);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
