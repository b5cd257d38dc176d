/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contract of engine.h, and a hostile guest. */
#include <config.h>

#include <fcntl.h>
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
	tcase_add_test(tc, test_writing);
	tcase_add_test(tc, test_not_a_directory);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
