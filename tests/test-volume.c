/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks of every format: opened, probed, written through the view, committed, copied. */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine-contract.h"
#include "volume/volume_private.h"

#define MIB ((off_t)1 << 20)

static char dir[] = "/var/tmp/test-volume.XXXXXX";

/* The disk with a MBR: an extended partition with two logical ones in it, on which there
 * are ext4 (label "root") and swap.
 */
static void make_disk(const char *name)
{
	run("set -e; cd %s; truncate -s 64M %s; "
	    "printf 'label: dos\\nlabel-id: 0x12345678\\n"
	    "2048,16384,83\\n20480,110000,5\\n22528,32768,83\\n57344,16384,82\\n' | "
	    "sfdisk -q %s; "
	    "truncate -s 16M part; mkfs.ext4 -qF -L root -U "
	    "11111111-2222-3333-4444-555555555555 part; "
	    "dd if=part of=%s bs=1M seek=11 conv=notrunc status=none",
	    dir, name, name, name);
}

static void setup(void)
{
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	run("rm -rf %s", dir);
}

static char *at(const char *name)
{
	char *path = NULL;

	ck_assert(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

static int try_open(const char *name, const char *format, bool in_place,
		    struct volumes **ret, struct cvt_error *err)
{
	CLEANUP_FREE char *path = at(name);
	struct disk disk = { path, format };
	struct volumes_options options = { dir, in_place };

	*err = (struct cvt_error){ 0 };
	return volumes_open(NULL, &disk, 1, &options, ret, err);
}

static struct volumes *open_one(const char *name, const char *format, bool in_place)
{
	struct volumes *v = NULL;
	struct cvt_error err;

	ck_assert_msg(try_open(name, format, in_place, &v, &err) == 0, "%s: %s", name,
		      err.msg);
	return v;
}

static void expect_refused(const char *name, bool in_place, const char *id)
{
	struct volumes *v = NULL;
	struct cvt_error err;

	ck_assert_msg(try_open(name, NULL, in_place, &v, &err) < 0, "%s was opened",
		      name);
	ck_assert_msg(strcmp(err.id, id) == 0, "%s: '%s' instead of '%s': %s", name,
		      err.id, id, err.msg);
	ck_assert_msg(strstr(err.msg, name) != NULL, "%s", err.msg);
	ck_assert_ptr_null(v);
}

static void write_view(struct volumes *v, off_t offset, const char *text)
{
	CLEANUP_CLOSE int fd = open(v->v[0].view, O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, text, strlen(text), offset), (ssize_t)strlen(text));
	ck_assert_int_eq(fsync(fd), 0);
}

/* The bytes at @offset of disk @name, whatever its format. */
static void expect_bytes(const char *name, off_t offset, const char *text)
{
	CLEANUP_VOLUMES struct volumes *v = open_one(name, NULL, false);
	CLEANUP_CLOSE int fd = open(v->v[0].view, O_RDONLY | O_CLOEXEC);
	char buf[64] = "";

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, buf, strlen(text), offset), (ssize_t)strlen(text));
	ck_assert_str_eq(buf, text);
}

static void check_mbr(struct volumes *v)
{
	CLEANUP_GUEST struct guest g = { 0 };
	struct cvt_error err;

	ck_assert_msg(volumes_probe(v, &g, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(g.n_disks, 1);
	ck_assert_uint_eq(g.n_devices, 3);
	ck_assert_str_eq(g.devices[0].name, "disk1p1");
	ck_assert_str_eq(g.devices[0].partuuid, "12345678-01");
	ck_assert_ptr_null(g.devices[0].type);
	ck_assert_str_eq(g.devices[1].name, "disk1p5");
	ck_assert_uint_eq(g.devices[1].part, 5);
	ck_assert_uint_eq(g.devices[1].offset, 11 * MIB);
	ck_assert_uint_eq(g.devices[1].size, 16 * MIB);
	ck_assert_str_eq(g.devices[1].parttype, "0x83");
	ck_assert_str_eq(g.devices[1].type, "ext4");
	ck_assert_str_eq(g.devices[1].label, "root");
	ck_assert_str_eq(g.devices[1].uuid, "11111111-2222-3333-4444-555555555555");
	ck_assert_str_eq(g.devices[2].name, "disk1p6");
	ck_assert_str_eq(g.devices[2].parttype, "0x82");
}

/* Made from the raw disk "disk"; its format is found by itself. */
static const struct {
	const char *name, *make;
} images[] = {
	{ "disk", ":" },
	{ "a,b=c:d é.raw", "cp disk 'a,b=c:d é.raw'" },
	{ "-u.qcow2", "qemu-img convert -O qcow2 disk -- ./-u.qcow2" },
	{ "c.qcow2", "qemu-img convert -c -O qcow2 disk c.qcow2" },
	{ "chain.qcow2",
	  "qemu-img create -q -f qcow2 -b disk -F raw mid.qcow2;"
	  "qemu-img create -q -f qcow2 -b mid.qcow2 -F qcow2 chain.qcow2" },
	{ "d.vmdk", "qemu-img convert -O vmdk disk d.vmdk" },
	{ "flat.vmdk",
	  "qemu-img convert -O vmdk -o subformat=monolithicFlat disk flat.vmdk" },
	{ "d.vdi", "qemu-img convert -O vdi disk d.vdi" },
	{ "d.vhdx", "qemu-img convert -O vhdx disk d.vhdx" },
	{ "d.vhd", "qemu-img convert -O vpc -o force_size=on disk d.vhd" },
	{ "fixed.vhd",
	  "qemu-img convert -O vpc -o subformat=fixed,force_size=on disk fixed.vhd" },
};

START_TEST(test_formats)
{
	const char *name = images[_i].name;
	struct volumes *v;
	struct cvt_error err;

	make_disk("disk");
	run("cd %s; %s", dir, images[_i].make);
	v = open_one(name, NULL, false);
	check_mbr(v);
	write_view(v, 40 * MIB, "forgotten");
	volumes_close(v);
	v = open_one(name, NULL, true);
	ck_assert_uint_eq(v->v[0].size, 64 * MIB);
	write_view(v, 40 * MIB + 7, "kept");
	ck_assert_msg(volumes_commit(v, NULL, &err) == 0, "%s", err.msg);
	volumes_close(v);
	expect_bytes(name, 40 * MIB + 7, "kept");
	v = open_one(name, NULL, false);
	check_mbr(v);
	volumes_close(v);
	run("test -z \"$(ls -d %s/libconvert.* 2>/dev/null)\"", dir);
	run("! grep -q %s /proc/mounts", dir);
}
END_TEST

START_TEST(test_tables)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_FREE char *gpt = NULL;
	CLEANUP_FREE char *bare = NULL;
	CLEANUP_FREE char *none = NULL;
	CLEANUP_VOLUMES struct volumes *v = NULL;
	struct volumes_options options = { dir, false };
	struct cvt_error err;

	gpt = at("gpt"), bare = at("bare"), none = at("none");
	run("set -e; cd %s; truncate -s 16M gpt bare none; printf 'label: gpt\\n"
	    "start=2048,size=4096,type=U,name=\"EFI system\","
	    "uuid=AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE\\n"
	    "start=8192,size=4096,type=L\\n' | sfdisk -q gpt; mkswap -q -L sw bare "
	    "2>/dev/null",
	    dir);
	ck_assert_msg(volumes_open(NULL, (struct disk[]){ { gpt }, { bare }, { none } },
				   3, &options, &v, &err) == 0,
		      "%s", err.msg);
	ck_assert_msg(volumes_probe(v, &g, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(g.n_devices, 4);
	ck_assert_str_eq(g.devices[0].partuuid, "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee");
	ck_assert_str_eq(g.devices[0].partlabel, "EFI system");
	ck_assert_str_eq(g.devices[0].parttype, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
	ck_assert_str_eq(g.devices[1].name, "disk1p2");
	ck_assert_str_eq(g.devices[2].name, "disk2");
	ck_assert_uint_eq(g.devices[2].part, 0);
	ck_assert_str_eq(g.devices[2].type, "swap");
	ck_assert_str_eq(g.devices[2].label, "sw");
	ck_assert_str_eq(g.devices[3].name, "disk3");
	ck_assert_uint_eq(g.devices[3].disk, 2);
	ck_assert_ptr_null(g.devices[3].type);
}
END_TEST

START_TEST(test_refused)
{
	struct volumes *v = NULL;
	struct volumes_options options = { dir, false };
	CLEANUP_FREE char *disk = at("disk");
	struct cvt_error err;

	make_disk("disk");
	run("set -e; cd %s; : > empty; printf 'short\\n' > text; mkdir sub; mkfifo fifo; "
	    "cp disk locked; chmod 444 locked; qemu-img convert -O qcow2 disk q.qcow2; "
	    "qemu-io -c 'write -P 1 0 8M' q.qcow2 >/dev/null; "
	    "cp q.qcow2 cut.qcow2; truncate -s 4M cut.qcow2; "
	    "cp q.qcow2 stump.qcow2; truncate -s 300 stump.qcow2; "
	    "printf 'QFI\\373\\0\\0\\0\\3' > liar.qcow2; truncate -s 1M liar.qcow2; "
	    "qemu-img create -q -u -f qcow2 -b gone -F raw orphan.qcow2 1M; "
	    "qemu-img convert -O vmdk -o subformat=streamOptimized disk s.vmdk",
	    dir);
	expect_refused("none", false, "disk-missing");
	expect_refused("disk/x", false, "disk-missing");
	expect_refused("empty", false, "disk-empty");
	expect_refused("text", false, "disk-empty");
	expect_refused("sub", false, "usage");
	expect_refused("fifo", false, "usage");
	expect_refused("locked", true, "disk-read-only");
	expect_refused("cut.qcow2", false, "disk-damaged");
	expect_refused("stump.qcow2", false, "disk-damaged");
	expect_refused("liar.qcow2", false, "disk-damaged");
	expect_refused("orphan.qcow2", false, "disk-missing");
	expect_refused("s.vmdk", true, "disk-read-only");
	ck_assert_int_lt(volumes_open(NULL, (struct disk[]){ { disk }, { disk } }, 2,
				      &options, &v, &err),
			 0);
	ck_assert_str_eq(err.id, "usage");
	run("test -z \"$(ls -d %s/libconvert.* 2>/dev/null)\"", dir);
}
END_TEST

START_TEST(test_program_missing)
{
	CLEANUP_FREE char *path = strdup(getenv("PATH"));
	struct volumes *v = NULL;
	struct cvt_error err;
	int r;

	make_disk("disk");
	ck_assert_int_eq(setenv("PATH", "/nonexistent", 1), 0);
	r = try_open("disk", NULL, false, &v, &err);
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
	ck_assert_int_lt(r, 0);
	ck_assert_str_eq(err.id, "program-missing");
	ck_assert_str_eq(err.msg, "qemu-img is not installed");
}
END_TEST

START_TEST(test_in_use)
{
	CLEANUP_FREE char *path = at("disk");
	struct volumes *v;
	int fd;

	make_disk("disk");
	run("cd %s; qemu-img convert -O qcow2 disk q.qcow2", dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	expect_refused("disk", false, "disk-in-use");
	expect_refused("disk", true, "disk-in-use");
	close(fd);
	/* Two that read do not mind each other; one that writes does. */
	v = open_one("disk", NULL, false);
	volumes_close(open_one("disk", NULL, false));
	expect_refused("disk", true, "disk-in-use");
	volumes_close(v);
	v = open_one("disk", NULL, true);
	expect_refused("disk", false, "disk-in-use");
	expect_refused("disk", true, "disk-in-use");
	volumes_close(v);
	volumes_close(open_one("disk", NULL, true));
}
END_TEST

/* Another QEMU that has the image open, for reading even, but shares it with no writer.
 */
START_TEST(test_in_use_by_qemu)
{
	struct volumes *v = NULL;
	struct cvt_error err;

	make_disk("disk");
	run("cd %s; qemu-img convert -O qcow2 disk q.qcow2; for f in q.qcow2 disk; do : "
	    "> on.$f; "
	    "qemu-storage-daemon --blockdev driver=file,node-name=f,filename=$f "
	    "--export type=fuse,id=e,node-name=f,mountpoint=$PWD/on.$f,writable=on "
	    "--daemonize "
	    "--pidfile pid.$f || exit 1; done",
	    dir);
	expect_refused("q.qcow2", false, "disk-in-use");
	expect_refused("disk", false, "disk-in-use");
	expect_refused("disk", true, "disk-in-use");
	run("cd %s; kill $(cat pid.q.qcow2) $(cat pid.disk); sleep 0.3", dir);
	ck_assert_int_eq(try_open("disk", NULL, true, &v, &err), 0);
	volumes_close(v);
}
END_TEST

START_TEST(test_commit_writes_what_differs)
{
	CLEANUP_FREE char *path = at("disk");
	struct volumes *v;
	struct stat before, after;
	struct cvt_error err;

	make_disk("disk");
	run("cd %s; cp --sparse=always disk copy; sync disk", dir);
	ck_assert_int_eq(stat(path, &before), 0);
	v = open_one("disk", NULL, true);
	/* The same bytes again, and zeroes over zeroes, in the overlay. */
	run("dd if=%s of=%s bs=1M count=20 conv=notrunc status=none", path, v->v[0].view);
	ck_assert_msg(volumes_commit(v, NULL, &err) == 0, "%s", err.msg);
	volumes_close(v);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	ck_assert_int_eq(before.st_blocks, after.st_blocks);
	v = open_one("disk", NULL, true);
	write_view(v, 50 * MIB, "x");
	ck_assert_msg(volumes_commit(v, NULL, &err) == 0, "%s", err.msg);
	volumes_close(v);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_le(after.st_blocks - before.st_blocks, 16);
	run("cd %s; printf x | dd of=copy bs=1 seek=%lld conv=notrunc status=none; cmp "
	    "disk copy",
	    dir, (long long)(50 * MIB));
}
END_TEST

static struct context *cancelled(void)
{
	static struct context x;

	atomic_store(&x.cancelled, 1);
	return &x;
}

/* Is told of whoever opens the disk @name to write to it. */
static int watch(const char *name)
{
	CLEANUP_FREE char *path = at(name);
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(inotify_add_watch(fd, path, IN_CLOSE_WRITE | IN_MODIFY), 0);
	return fd;
}

static bool was_opened_for_writing(int fd)
{
	char events[4096];

	return read(fd, events, sizeof(events)) > 0;
}

START_TEST(test_output)
{
	static const struct {
		enum volume_output format;
		const char *name;
	} cases[] = {
		{ OUTPUT_OVERLAY, "my.disk.qcow2" },
		{ OUTPUT_QCOW2, "my.disk.qcow2" },
		{ OUTPUT_RAW, "my.disk.raw" },
	};
	CLEANUP_NAMES struct names l = { 0 };
	CLEANUP_FREE char *result = NULL;
	CLEANUP_FREE char *out = at("out");
	struct volumes *v;
	struct cvt_error err;
	int watched;

	make_disk("my.disk.img");
	run("cd %s; mkdir out; sha256sum my.disk.img > sum", dir);
	watched = watch("my.disk.img");
	v = open_one("my.disk.img", NULL, false);
	write_view(v, 40 * MIB, "new");
	ck_assert_msg(volumes_output(v, out, cases[_i].format, &l, &err) == 0, "%s",
		      err.msg);
	ck_assert_uint_eq(l.n, 1);
	ck_assert_str_eq(strrchr(l.v[0], '/') + 1, cases[_i].name);
	volumes_close(v);
	ck_assert(!was_opened_for_writing(watched));
	run("cd %s; : >> my.disk.img", dir);
	ck_assert(was_opened_for_writing(watched));
	(void)close(watched);
	run("cd %s; sha256sum --quiet -c sum; test $(ls -A out | wc -l) = 1; "
	    "test $(du -k out/%s | cut -f1) -lt 4096",
	    dir, cases[_i].name);
	ck_assert(asprintf(&result, "out/%s", cases[_i].name) > 0);
	expect_bytes(result, 40 * MIB, "new");
	v = open_one("my.disk.img", NULL, false);
	ck_assert_int_lt(volumes_output(v, out, cases[_i].format, &l, &err), 0);
	ck_assert_str_eq(err.id, "output-exists");
	ck_assert_ptr_nonnull(strstr(err.msg, "exists already"));
	volumes_close(v);
}
END_TEST

START_TEST(test_output_all_or_none)
{
	CLEANUP_NAMES struct names l = { 0 };
	CLEANUP_FREE char *a = NULL;
	CLEANUP_FREE char *b = NULL;
	CLEANUP_FREE char *out = NULL;
	struct volumes_options options = { dir, false };
	struct volumes *v = NULL;
	struct cvt_error err;

	make_disk("a.img");
	run("cd %s; cp a.img a.raw; mkdir out", dir);
	a = at("a.img"), b = at("a.raw"), out = at("out");
	ck_assert_int_eq(volumes_open(NULL, (struct disk[]){ { a }, { b } }, 2, &options,
				      &v, &err),
			 0);
	ck_assert_int_lt(volumes_output(v, out, OUTPUT_RAW, &l, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "two disks"));
	volumes_close(v);
	v = open_one("a.raw", NULL, false);
	ck_assert_int_lt(volumes_output(v, dir, OUTPUT_RAW, &l, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "exists already"));
	volumes_close(v);
	v = open_one("a.raw", NULL, false);
	v->ctx = cancelled();
	ck_assert_int_lt(volumes_output(v, out, OUTPUT_RAW, &l, &err), 0);
	ck_assert_str_eq(err.id, "interrupted");
	volumes_close(v);
	ck_assert_uint_eq(l.n, 0);
	run("cd %s; test -z \"$(ls -A out)\"", dir);
}
END_TEST

static int open_path(const char *path, bool in_place, struct volumes **ret,
		     struct cvt_error *err)
{
	struct disk disk = { path, "raw" };
	struct volumes_options options = { dir, in_place };

	return volumes_open(NULL, &disk, 1, &options, ret, err);
}

static struct bytes loop_of(const char *options)
{
	CLEANUP_FREE char *list = at("loops");
	struct bytes b;

	run("cd %s; losetup --show -f %s disk > loops", dir, options);
	b = slurp(list);
	b.data[strcspn(b.data, "\n")] = '\0';
	return b;
}

START_TEST(test_block_device)
{
	CLEANUP_BYTES struct bytes loop = { 0 };
	struct volumes *v = NULL;
	struct cvt_error err;

	make_disk("disk");
	loop = loop_of("-r");
	expect_refused("disk", true, "disk-in-use");
	ck_assert_int_lt(open_path(loop.data, true, &v, &err), 0);
	ck_assert_str_eq(err.id, "disk-read-only");
	run("losetup -d %s", loop.data);
	bytes_clear(&loop);
	loop = loop_of("-o 11M --sizelimit 16M");
	expect_refused("disk", false, "disk-in-use");
	ck_assert_msg(open_path(loop.data, true, &v, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(v->v[0].size, 16 * MIB);
	write_view(v, MIB - 2, "block device");
	ck_assert_msg(volumes_commit(v, NULL, &err) == 0, "%s", err.msg);
	volumes_close(v);
	run("mkdir %s/on; mount %s %s/on", dir, loop.data, dir);
	ck_assert_int_lt(open_path(loop.data, false, &v, &err), 0);
	ck_assert_str_eq(err.id, "disk-in-use");
	run("umount %s/on; losetup -d %s; sleep 0.2", dir, loop.data);
	expect_bytes("disk", 12 * MIB - 2, "block device");
}
END_TEST

/* Killed with SIGKILL, a job leaves neither daemon nor mount. */
START_TEST(test_killed)
{
	int ready[2];
	pid_t qsd, pid;
	int status;

	make_disk("disk");
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct volumes *v = open_one("disk", NULL, true);

		if (write(ready[1], &v->qsd, sizeof(v->qsd)) > 0)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &qsd, sizeof(qsd)), sizeof(qsd));
	ck_assert_int_eq(kill(qsd, 0), 0);
	run("grep -q %s /proc/mounts", dir);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	for (int i = 0; i < 50 && kill(qsd, 0) == 0; i++)
		usleep(100000);
	ck_assert_int_lt(kill(qsd, 0), 0);
	run("! grep -q %s /proc/mounts", dir);
	run("for i in 1 2 3 4 5 6 7 8 9; do ls -d %s/libconvert.* 2>/dev/null || exit 0; "
	    "sleep 0.2; "
	    "done; exit 1",
	    dir);
	volumes_close(open_one("disk", NULL, true));
}
END_TEST

/* GRUB legacy has the words of GRUB 2 in its boot sector, and no list of sectors where that has
 * its own.
 */
START_TEST(test_bios_loader)
{
	static const char words[] = "GRUB \0Geom\0Hard Disk\0Read";
	unsigned char sector[512] = { 0 };
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_ptr_null(volume_bios_loader_fault(fd, sector));
	memcpy(sector + 0x180, words, sizeof(words));
	ck_assert_ptr_nonnull(volume_bios_loader_fault(fd, sector));
	sector[0x3e] = 3;
	sector[0x3f] = 2;
	ck_assert_ptr_null(volume_bios_loader_fault(fd, sector));
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;

	if (access("/dev/fuse", R_OK | W_OK) < 0) {
		puts("SKIP: /dev/fuse cannot be used here, and disks are reached through "
		     "it");
		return 77;
	}
	s = suite_create("volume");
	tc = tcase_create("all");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_formats, 0, (int)ARRAY_SIZE(images));
	tcase_add_test(tc, test_tables);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_bios_loader);
	tcase_add_test(tc, test_program_missing);
	tcase_add_test(tc, test_in_use);
	tcase_add_test(tc, test_in_use_by_qemu);
	tcase_add_test(tc, test_commit_writes_what_differs);
	tcase_add_loop_test(tc, test_output, 0, 3);
	tcase_add_test(tc, test_output_all_or_none);
	tcase_add_test(tc, test_killed);
	if (geteuid() == 0 && access("/dev/loop-control", W_OK) == 0)
		tcase_add_test(tc, test_block_device);
	else
		puts("block devices are not tested: that needs root and loop devices");
	suite_add_tcase(s, tc);
	return suite_run(s);
}
