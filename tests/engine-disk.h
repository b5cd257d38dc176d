/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk for the engines that mount: the tree of the contract on partition 1, an empty
 * file system for its /boot on partition 5.
 */
#ifndef TESTS_ENGINE_DISK_H
#define TESTS_ENGINE_DISK_H

#include <fcntl.h>

#include "engine-contract.h"

#define LABEL_HEX "6574635f6c6162656c00" /* "etc_label", with the NUL that labels have \
					  */

static char dir[] = "/var/tmp/test-mount.XXXXXX";

static inline void setup(void)
{
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	run("chmod 755 %s", dir);
}

static inline void teardown(void)
{
	run("rm -rf %s", dir);
}

/* "disk", with owners, labels and capabilities that are not what root's files have. */
static inline void make_disk(void)
{
	CLEANUP_FREE char *root = NULL;

	ck_assert(asprintf(&root, "%s/root", dir) > 0);
	contract_tree(root);
	run("set -e; cd %s; chown -R 7:8 root/etc; "
	    "setfattr -n security.selinux -v 0x" LABEL_HEX " root/etc; "
	    "cp /bin/true root/etc/capable; setcap cap_net_raw=ep root/etc/capable; "
	    "chmod 4755 root/etc/nothing; "
	    "truncate -s 40M p1; mkfs.ext4 -qF -d root p1; "
	    "truncate -s 30M p5; mkfs.ext4 -qF p5; "
	    "truncate -s 80M disk; printf 'label: dos\\n2048,81920,83\\n83968,70000,5\\n"
	    "86016,61440,83\\n' | sfdisk -q disk; "
	    "dd if=p1 of=disk bs=1M seek=1 conv=notrunc,sparse status=none; "
	    "dd if=p5 of=disk bs=1M seek=42 conv=notrunc,sparse status=none",
	    dir);
}

static inline struct volumes *open_disk(const char *name, struct guest *g)
{
	CLEANUP_FREE char *path = NULL;
	struct volumes_options options = { dir, true };
	struct volumes *v = NULL;
	struct cvt_error err;
	struct disk disk;

	ck_assert(asprintf(&path, "%s/%s", dir, name) > 0);
	disk = (struct disk){ path, "raw" };
	ck_assert_msg(volumes_open(NULL, &disk, 1, &options, &v, &err) == 0, "%s",
		      err.msg);
	ck_assert_msg(volumes_probe(v, g, &err) == 0, "%s", err.msg);
	return v;
}

static inline struct engine *open_engine(const char *name, struct volumes *v)
{
	struct engine_options options = { .writable = true };
	struct engine *e = NULL;
	struct cvt_error err;

	ck_assert_msg(engine_open(NULL, name, v, NULL, &options, &e, &err) == 0, "%s",
		      err.msg);
	ck_assert_str_eq(engine_name(e), name);
	return e;
}

static inline void mount_at(struct engine *e, const struct device *d, const char *where,
			    bool writable)
{
	struct cvt_error err = { 0 };

	ck_assert_msg(engine_mount(e, d, 0, where, writable, &err) == 0, "%s", err.msg);
}

static inline void mount_subvol(struct engine *e, const struct device *d, uint64_t subvol,
				const char *where, bool writable)
{
	struct cvt_error err = { 0 };

	ck_assert_msg(engine_mount(e, d, subvol, where, writable, &err) == 0, "%s",
		      err.msg);
}

static inline void umount_all(struct engine *e)
{
	struct cvt_error err = { 0 };

	ck_assert_msg(engine_umount(e, &err) == 0, "%s", err.msg);
}

static inline void check_written(void)
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
	run("set -e; cd %s/on/etc; for f in . made made/a/b/new wants/unit; do "
	    "getfattr -e hex -hn security.selinux $f | grep -q =0x" LABEL_HEX
	    "\\$ || exit 1; done; "
	    "getcap capable | grep -q net_raw; test \"$(cat capable)\" = no; "
	    "test ! -e ../boot/big",
	    dir);
	run("umount %s/on; cd %s; e2fsck -fn p1 >/dev/null 2>&1", dir, dir);
	run("set -e; cd %s; dd if=disk of=p1 bs=1M skip=1 count=40 status=none; "
	    "e2fsck -fn p1 >/dev/null 2>&1; dd if=disk of=p5 bs=1M skip=42 count=30 "
	    "status=none; "
	    "e2fsck -fn p5 >/dev/null 2>&1; debugfs -R 'stat big' p5 2>/dev/null | "
	    "grep -q 'Size: 18874368'",
	    dir);
}

/* As snapper lays it out: the default subvolume is a snapshot, with others mounted in it. */
static inline void make_subvolumes(void)
{
	run("set -e; cd %s; truncate -s 160M fs; mkfs.btrfs -q fs >/dev/null; mkdir on; "
	    "mount -o loop fs on; cd on; btrfs -q subvolume create @; "
	    "mkdir -p @/.snapshots/1 @/boot/grub2; "
	    "btrfs -q subvolume create @/.snapshots/1/snapshot; "
	    "btrfs -q subvolume create @/boot/grub2/i386-pc; "
	    "mkdir -p @/.snapshots/1/snapshot/boot/grub2/i386-pc; "
	    "echo root > @/.snapshots/1/snapshot/name; "
	    "echo boot > @/boot/grub2/i386-pc/name; "
	    "btrfs -q subvolume set-default @/.snapshots/1/snapshot; cd ..; umount on; "
	    "rmdir on",
	    dir);
}

static inline void check_subvolumes(const struct guest *g)
{
	static const char *const paths[] = { "", "@", "@/.snapshots/1/snapshot",
					     "@/boot/grub2/i386-pc" };

	ck_assert_uint_eq(g->n_subvolumes, ARRAY_SIZE(paths));
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		ck_assert_str_eq(g->subvolumes[i].path, paths[i]);
		ck_assert_uint_eq(g->subvolumes[i].id, i ? 255 + i : SUBVOL_TOP);
		ck_assert_uint_eq(g->subvolumes[i].device, 0);
		ck_assert_int_eq(g->subvolumes[i].is_default, i == 2);
	}
}

static inline void contract_subvolumes(const char *name)
{
	CLEANUP_GUEST struct guest g = { 0 };
	struct cvt_error err = { 0 };
	struct volumes *v;
	struct engine *e;

	make_subvolumes();
	v = open_disk("fs", &g);
	e = open_engine(name, v);
	mount_subvol(e, &g.devices[0], SUBVOL_TOP, "/", false);
	ck_assert_msg(engine_subvolumes(e, 0, &g, &err) == 0, "%s", err.msg);
	check_subvolumes(&g);
	umount_all(e);
	for (int writable = 0; writable < 2; writable++) {
		mount_subvol(e, &g.devices[0], 257, "/", writable);
		mount_subvol(e, &g.devices[0], 258, "/boot/grub2/i386-pc", writable);
		expect_read(e, "/name", "root\n");
		expect_read(e, "/boot/grub2/i386-pc/name", "boot\n");
		if (writable) {
			expect_write(e, "/name", 0600, "other\n");
			expect_write(e, "/boot/grub2/i386-pc/more", 0600, "new\n");
		}
		umount_all(e);
	}
	mount_subvol(e, &g.devices[0], SUBVOL_TOP, "/", false);
	expect_read(e, "/@/.snapshots/1/snapshot/name", "other\n");
	expect_read(e, "/@/boot/grub2/i386-pc/more", "new\n");
	umount_all(e);
	ck_assert_int_lt(engine_mount(e, &g.devices[0], 999, "/", false, &err), 0);
	engine_close(e);
	volumes_close(v);
}

static inline void contract_device(struct engine *e, const struct device *d)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	struct bytes data = { (char[]){ "patched" }, 7 };
	struct cvt_error err = { 0 };

	ck_assert_msg(engine_patch(e, d, NULL, 100, &data, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(engine_read_device(e, d, 98, 10, &b, &err), 0);
	ck_assert_uint_eq(b.len, 10);
	ck_assert_mem_eq(b.data, "\0\0patched\0", 10);
	ck_assert_int_eq(engine_read_device(e, d, d->size - 3, 10, &b, &err), 0);
	ck_assert_uint_eq(b.len, 3);
	ck_assert_int_eq(engine_read_device(e, d, d->size, 10, &b, &err), 0);
	ck_assert_uint_eq(b.len, 0);
	data = (struct bytes){ (char[7]){ 0 }, 7 };
	ck_assert_int_eq(engine_patch(e, d, NULL, 100, &data, &err), 0);
}

static inline void contract_on_disk(const char *name)
{
	CLEANUP_GUEST struct guest g = { 0 };
	struct volumes *v;
	struct engine *e;
	struct cvt_error err = { 0 };

	make_disk();
	v = open_disk("disk", &g);
	e = open_engine(name, v);
	contract_device(e, &g.devices[1]);
	mount_at(e, &g.devices[0], "/", false);
	contract_reading(e);
	contract_hostile(e);
	expect_no_write(e, "/etc/plain", "apply-failed");
	expect_no_write(e, "/etc/other", "apply-failed");
	ck_assert_int_eq(engine_mount(e, &g.devices[1], 0, "/nowhere", false, &err),
			 -ENOENT);
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
	ck_assert_msg(volumes_commit(v, NULL, &err) == 0, "%s", err.msg);
	volumes_close(v);
	check_written();
}

#endif
