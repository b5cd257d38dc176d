/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contract of engine.h on real file systems, mounted by this kernel. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine-contract.h"

static char dir[] = "/var/tmp/test-mount.XXXXXX";

static void setup(void)
{
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	run("chmod 755 %s", dir);
}

static void teardown(void)
{
	run("rm -rf %s", dir);
}

/* "disk": partition 1 holds the tree of the contract, as owned by another user and labelled,
 * and partition 5 is for its /boot.
 */
static void make_disk(void)
{
	CLEANUP_FREE char *root = NULL;

	ck_assert(asprintf(&root, "%s/root", dir) > 0);
	contract_tree(root);
	run("set -e; cd %s; chown -R 7:8 root/etc; "
	    "setfattr -n security.selinux -v etc_label root/etc; "
	    "cp /bin/true root/etc/capable; setcap cap_net_raw=ep root/etc/capable; "
	    "chmod 4755 root/etc/nothing; "
	    "truncate -s 40M p1; mkfs.ext4 -qF -d root p1; "
	    "truncate -s 30M p5; mkfs.ext4 -qF p5; "
	    "truncate -s 80M disk; printf 'label: dos\\n2048,81920,83\\n83968,70000,5\\n"
	    "86016,61440,83\\n' | sfdisk -q disk; "
	    "dd if=p1 of=disk bs=1M seek=1 conv=notrunc,sparse status=none; "
	    "dd if=p5 of=disk bs=1M seek=42 conv=notrunc,sparse status=none", dir);
}

static struct volumes *open_disk(const char *name, struct guest *g)
{
	CLEANUP_FREE char *path = NULL;
	struct volumes_options options = { dir, true };
	struct volumes *v = NULL;
	struct cvt_error err;
	struct disk disk;

	ck_assert(asprintf(&path, "%s/%s", dir, name) > 0);
	disk = (struct disk){ path, "raw" };
	ck_assert_msg(volumes_open(NULL, &disk, 1, &options, &v, &err) == 0, "%s", err.msg);
	ck_assert_msg(volumes_probe(v, g, &err) == 0, "%s", err.msg);
	return v;
}

static struct engine *open_mount(struct volumes *v)
{
	struct engine_options options = { .writable = true };
	struct engine *e = NULL;
	struct cvt_error err;

	ck_assert_msg(engine_open(NULL, "mount", v, NULL, &options, &e, &err) == 0, "%s",
		      err.msg);
	ck_assert_str_eq(engine_name(e), "mount");
	return e;
}

static void mount_at(struct engine *e, const struct device *d, const char *where, bool writable)
{
	struct cvt_error err = { 0 };

	ck_assert_msg(engine_mount(e, d, where, writable, &err) == 0, "%s", err.msg);
}

static void umount_all(struct engine *e)
{
	struct cvt_error err = { 0 };

	ck_assert_msg(engine_umount(e, &err) == 0, "%s", err.msg);
}

static void check_written(void)
{
	CLEANUP_FREE char *root = NULL;
	struct stat st;

	run("set -e; cd %s; mkdir on; mount -o loop,ro,offset=1048576 disk on", dir);
	ck_assert(asprintf(&root, "%s/on", dir) > 0);
	contract_written(root);
	st = written(root, "/etc/made/a/b/new");
	ck_assert_uint_eq(st.st_uid, 7);
	ck_assert_uint_eq(st.st_gid, 8);
	ck_assert_uint_eq(written(root, "/etc/wants/unit").st_gid, 8);
	ck_assert_uint_eq(written(root, "/etc/nothing").st_mode & 07777, 04755);
	run("set -e; cd %s/on/etc; test \"$(getfattr --only-values -hn security.selinux made/a/b/new)\" = "
	    "etc_label; test \"$(getfattr --only-values -hn security.selinux wants/unit)\" = etc_label; "
	    "getcap capable | grep -q net_raw; test \"$(cat capable)\" = no; "
	    "test ! -e ../boot/big", dir);
	run("umount %s/on; cd %s; e2fsck -fn p1 >/dev/null 2>&1", dir, dir);
	run("set -e; cd %s; dd if=disk of=p1 bs=1M skip=1 count=40 status=none; "
	    "e2fsck -fn p1 >/dev/null 2>&1; dd if=disk of=p5 bs=1M skip=42 count=30 status=none; "
	    "e2fsck -fn p5 >/dev/null 2>&1; debugfs -R 'stat big' p5 2>/dev/null | "
	    "grep -q 'Size: 18874368'", dir);
}

START_TEST(test_contract)
{
	CLEANUP_GUEST struct guest g = { 0 };
	struct volumes *v;
	struct engine *e;
	struct cvt_error err = { 0 };

	make_disk();
	v = open_disk("disk", &g);
	e = open_mount(v);
	mount_at(e, &g.devices[0], "/", false);
	contract_reading(e);
	contract_hostile(e);
	expect_no_write(e, "/etc/plain", "apply-failed");
	expect_no_write(e, "/etc/other", "apply-failed");
	ck_assert_int_eq(engine_mount(e, &g.devices[1], "/nowhere", false, &err), -ENOENT);
	mount_at(e, &g.devices[1], "/boot", false);
	umount_all(e);
	mount_at(e, &g.devices[0], "/", true);
	mount_at(e, &g.devices[1], "/boot", false);
	mount_at(e, &g.devices[1], "/boot", true);
	contract_writing(e);
	expect_write(e, "/etc/capable", 0600, "no");
	expect_write(e, "/etc/nothing", 0600, "now something");
	umount_all(e);
	engine_close(e);
	ck_assert_msg(volumes_commit(v, &err) == 0, "%s", err.msg);
	volumes_close(v);
	check_written();
	run("! losetup -a | grep -q %s; ! grep -q %s /proc/mounts", dir, dir);
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
	e = open_mount(v);
	mount_at(e, &g.devices[0], "/", true);
	ck_assert_int_lt(engine_write(e, "/etc/plain", &big, 0644, &contract_time, &err), 0);
	ck_assert_str_eq(err.id, "no-space");
	expect_read(e, "/etc/plain", "hello\n");
	ck_assert_int_lt(engine_append(e, "/etc/plain", 6, &big, &contract_time, &err), 0);
	expect_read(e, "/etc/plain", "hello\n");
	ck_assert_int_lt(engine_write(e, "/etc/newbig", &big, 0644, &contract_time, &err), 0);
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
	run("cd %s; debugfs -w -R 'set_inode_field /etc/plain flags 0x80010' p1 2>/dev/null; "
	    "dd if=p1 of=disk bs=1M seek=1 conv=notrunc status=none", dir);
	v = open_disk("disk", &g);
	e = open_mount(v);
	mount_at(e, &g.devices[0], "/", true);
	expect_no_write(e, "/etc/plain", "apply-failed");
	engine_close(e);
	volumes_close(v);
}
END_TEST

/* As after a power cut: what was written stands in the journal only. */
static const char *const journals[] = { "mkfs.ext4 -qF fs", "mkfs.xfs -qf fs", "mkfs.btrfs -qf fs >/dev/null 2>&1" };

START_TEST(test_journal)
{
	CLEANUP_GUEST struct guest g = { 0 };
	struct volumes *v;
	struct engine *e;

	run("set -e; cd %s; truncate -s 320M fs; %s; mkdir on; mount -o loop fs on; "
	    "mkdir on/etc; echo committed > on/etc/file; sync on/etc/file on/etc; "
	    "cp --sparse=always fs cut; umount on", dir, journals[_i]);
	v = open_disk("cut", &g);
	e = open_mount(v);
	mount_at(e, &g.devices[0], "/", false);
	expect_read(e, "/etc/file", "committed\n");
	umount_all(e);
	mount_at(e, &g.devices[0], "/", true);
	expect_write(e, "/etc/file", 0600, "changed\n");
	umount_all(e);
	engine_close(e);
	volumes_close(v);
	run("! losetup -a | grep -q %s", dir);
}
END_TEST

START_TEST(test_lacks)
{
	struct device swap = { .name = (char[]){ "disk1p9" }, .type = (char[]){ "swap" } };
	CLEANUP_GUEST struct guest g = { 0 };
	struct cvt_error err = { 0 };
	struct volumes *v;
	struct engine *e;

	make_disk();
	v = open_disk("disk", &g);
	e = open_mount(v);
	ck_assert_int_lt(engine_mount(e, &swap, "/", false, &err), 0);
	ck_assert_str_eq(err.id, "engine-lacks");
	ck_assert_int_lt(engine_open(NULL, "mount", NULL, "/tmp", &(struct engine_options){ 0 },
				     &e, &err), 0);
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
		struct engine *e = open_mount(open_disk("disk", &g));

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
	for (int i = 0; i < 50; i++) {
		CLEANUP_FREE char *left = NULL;

		ck_assert(asprintf(&left, "{ losetup -a; cat /proc/mounts; } | grep -q %s", dir) > 0);
		if (system(left) != 0)
			return;
		usleep(100000);
	}
	ck_abort_msg("a loop device or mount is left");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine-mount");
	TCase *tc = tcase_create("all");

	if (geteuid() != 0 || access("/dev/loop-control", W_OK) < 0 ||
	    access("/dev/fuse", W_OK) < 0) {
		puts("SKIP: needs root, loop devices and /dev/fuse");
		return 77;
	}
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_contract);
	tcase_add_test(tc, test_full);
	tcase_add_test(tc, test_immutable);
	tcase_add_loop_test(tc, test_journal, 0, (int)ARRAY_SIZE(journals));
	tcase_add_test(tc, test_lacks);
	tcase_add_test(tc, test_killed);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
