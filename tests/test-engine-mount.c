/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contract of engine.h on real file systems, mounted by this kernel. */
#include <config.h>

#include <signal.h>
#include <sys/wait.h>

#include "engine-disk.h"

/* The kernel lets go of a loop device when the last one does who has opened it, and udev or
 * btrfs may be a moment behind.
 */
static void expect_nothing_left(void)
{
	for (int i = 0; i < 50; i++) {
		CLEANUP_FREE char *left = NULL;

		ck_assert(asprintf(&left,
				   "{ losetup -a; cat /proc/mounts; } | grep -q %s",
				   dir) > 0);
		if (system(left) != 0)
			return;
		usleep(100000);
	}
	ck_abort_msg("a loop device or mount is left");
}

START_TEST(test_contract)
{
	contract_on_disk("mount");
	expect_nothing_left();
}
END_TEST

START_TEST(test_subvolumes)
{
	contract_subvolumes("mount");
	expect_nothing_left();
}
END_TEST

START_TEST(test_full)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_BYTES struct bytes big = { calloc(1, 60 << 20), (60 << 20) - 1 };
	struct cvt_error err = { 0 };
	struct volumes *v;
	struct engine *e;

	make_disk();
	v = open_disk("disk", &g);
	e = open_engine("mount", v);
	mount_at(e, &g.devices[0], "/", true);
	ck_assert_int_lt(engine_write(e, "/etc/plain", &big, 0644, &contract_time, &err),
			 0);
	ck_assert_str_eq(err.id, "no-space");
	expect_read(e, "/etc/plain", "hello\n");
	ck_assert_int_lt(engine_append(e, "/etc/plain", 6, &big, &contract_time, &err), 0);
	expect_read(e, "/etc/plain", "hello\n");
	ck_assert_int_lt(engine_write(e, "/etc/newbig", &big, 0644, &contract_time, &err),
			 0);
	ck_assert_str_eq(err.id, "no-space");
	expect_no_read(e, "/etc/newbig", "");
	engine_close(e);
	volumes_close(v);
}
END_TEST

START_TEST(test_immutable)
{
	CLEANUP_GUEST struct guest g = { 0 };
	struct volumes *v;
	struct engine *e;

	make_disk();
	run("cd %s; debugfs -w -R 'set_inode_field /etc/plain flags 0x80010' p1 "
	    "2>/dev/null; "
	    "dd if=p1 of=disk bs=1M seek=1 conv=notrunc status=none",
	    dir);
	v = open_disk("disk", &g);
	e = open_engine("mount", v);
	mount_at(e, &g.devices[0], "/", true);
	/* That the flag is there again, tests/test-engine.c sees. */
	expect_write(e, "/etc/plain", 0600, "changed all the same\n");
	expect_read(e, "/etc/plain", "changed all the same\n");
	engine_close(e);
	volumes_close(v);
}
END_TEST

/* As after a power cut: what was written stands in the journal only. */
static const char *const journals[] = { "mkfs.ext4 -qF fs", "mkfs.xfs -qf fs",
					"mkfs.btrfs -qf fs >/dev/null 2>&1" };

START_TEST(test_journal)
{
	CLEANUP_GUEST struct guest g = { 0 };
	struct volumes *v;
	struct engine *e;

	run("set -e; cd %s; truncate -s 320M fs; %s; mkdir on; mount -o loop fs on; "
	    "mkdir on/etc; echo committed > on/etc/file; sync on/etc/file on/etc; "
	    "cp --sparse=always fs cut; umount on",
	    dir, journals[_i]);
	v = open_disk("cut", &g);
	e = open_engine("mount", v);
	mount_at(e, &g.devices[0], "/", false);
	expect_read(e, "/etc/file", "committed\n");
	umount_all(e);
	mount_at(e, &g.devices[0], "/", true);
	expect_write(e, "/etc/file", 0600, "changed\n");
	umount_all(e);
	engine_close(e);
	volumes_close(v);
	expect_nothing_left();
}
END_TEST

START_TEST(test_lacks)
{
	struct device swap = { .name = (char[]){ "disk1p9" },
			       .type = (char[]){ "swap" } };
	CLEANUP_GUEST struct guest g = { 0 };
	struct cvt_error err = { 0 };
	struct volumes *v;
	struct engine *e;

	make_disk();
	v = open_disk("disk", &g);
	e = open_engine("mount", v);
	ck_assert_int_lt(engine_mount(e, &swap, 0, "/", false, &err), 0);
	ck_assert_str_eq(err.id, "engine-lacks");
	ck_assert_int_lt(engine_open(NULL, "mount", NULL, "/tmp",
				     &(struct engine_options){ 0 }, &e, &err),
			 0);
	ck_assert_str_eq(err.id, "usage");
	engine_close(e);
	volumes_close(v);
}
END_TEST

START_TEST(test_killed)
{
	CLEANUP_GUEST struct guest g = { 0 };
	int ready[2], status;
	pid_t pid;
	char c;

	make_disk();
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct engine *e = open_engine("mount", open_disk("disk", &g));

		mount_at(e, &g.devices[0], "/", true);
		expect_write(e, "/etc/plain", 0600, "dirty\n");
		if (write(ready[1], "", 1) > 0)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	run("losetup -a | grep -q %s", dir);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	expect_nothing_left();
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;

	if (geteuid() != 0 || access("/dev/loop-control", W_OK) < 0 ||
	    access("/dev/fuse", W_OK) < 0) {
		puts("SKIP: needs root, loop devices and /dev/fuse");
		return 77;
	}
	s = suite_create("engine-mount");
	tc = tcase_create("all");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_contract);
	tcase_add_test(tc, test_subvolumes);
	tcase_add_test(tc, test_full);
	tcase_add_test(tc, test_immutable);
	tcase_add_loop_test(tc, test_journal, 0, (int)ARRAY_SIZE(journals));
	tcase_add_test(tc, test_lacks);
	tcase_add_test(tc, test_killed);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
