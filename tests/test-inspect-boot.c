/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file system is the root, where several offer themselves: a directory of a tree stands
 * for each device.
 */
#include <config.h>

#include "engine/rootfs.h"
#include "inspect/inspect.h"
#include "tree.h"

static int mount_directory(struct engine *e, const struct device *d, uint64_t subvol,
			   const char *where, bool writable, struct cvt_error *err)
{
	struct rootfs *fs = (struct rootfs *)e;
	char path[512];

	(void)subvol;
	(void)where;
	(void)writable;
	(void)err;
	snprintf(path, sizeof(path), "%s/%s", tree, d->name);
	closep(&fs->root);
	fs->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fs->root < 0 ? -errno : 0;
}

static struct device devices[] = {
	{ .name = (char[]){ "disk1p1" },
	  .type = (char[]){ "xfs" },
	  .uuid = (char[]){ "a" } },
	{ .name = (char[]){ "disk1p2" },
	  .type = (char[]){ "xfs" },
	  .uuid = (char[]){ "b" } },
	{ .name = (char[]){ "disk1p3" },
	  .type = (char[]){ "xfs" },
	  .uuid = (char[]){ "c" } },
};

/* The device that is the root. */
static size_t root_of_tree(void)
{
	struct guest g = { .devices = devices,
			   .n_devices = ARRAY_SIZE(devices),
			   .n_disks = 1 };
	const struct engine_options options = { .writable = false };
	struct mount root = { .device = SIZE_MAX };
	struct engine_ops ops = engine_dir;
	struct engine *e = NULL;
	struct cvt_error err = { 0 };

	ck_assert_int_eq(engine_open(NULL, "dir", NULL, tree, &options, &e, &err), 0);
	ops.mount = mount_directory;
	e->ops = &ops;
	ck_assert_msg(inspect_boot(e, NULL, &g, &root, &err) == 0, "%s", err.msg);
	engine_close(e);
	g.devices = NULL;
	g.n_devices = 0;
	guest_clear(&g);
	return root.device;
}

/* A root; GRUB 2, or what is left of GRUB legacy, has an entry for the root @device. */
static void put_root(size_t on, bool is_old, size_t device)
{
	const char *name = devices[on].name, *uuid = devices[device].uuid;
	char path[64], text[128];

	snprintf(path, sizeof(path), "/%s/etc/os-release", name);
	tree_put(path, "ID=linux\n");
	snprintf(path, sizeof(path), "/%s/sbin/init", name);
	tree_put(path, "");
	snprintf(path, sizeof(path), "/%s/boot/grub/%s", name,
		 is_old ? "menu.lst" : "grub.cfg");
	snprintf(text, sizeof(text),
		 is_old ? "title x\nkernel /boot/vmlinuz root=UUID=%s\n"
			: "menuentry x {\nlinux /boot/vmlinuz root=UUID=%s\n}\n",
		 uuid);
	tree_put(path, text);
}

/* Of equals the first is it. */
START_TEST(test_first)
{
	put_root(0, false, 0);
	put_root(1, false, 1);
	ck_assert_uint_eq(root_of_tree(), 0);
}
END_TEST

/* A menu that boots the place it lies in counts more than one that boots another. */
START_TEST(test_itself)
{
	put_root(0, false, 2);
	put_root(1, false, 1);
	put_root(2, false, 0);
	ck_assert_uint_eq(root_of_tree(), 1);
}
END_TEST

/* Where another loader has a menu, that of GRUB legacy was left behind. */
START_TEST(test_old)
{
	put_root((size_t)_i, true, (size_t)_i);
	put_root((size_t)!_i, false, (size_t)!_i);
	ck_assert_uint_eq(root_of_tree(), (size_t)!_i);
}
END_TEST

/* Alone it is as good as any. */
START_TEST(test_only_old)
{
	put_root(0, true, 1);
	put_root(1, true, 1);
	ck_assert_uint_eq(root_of_tree(), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inspect_boot");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, tree_setup, tree_teardown);
	tcase_add_test(tc, test_first);
	tcase_add_test(tc, test_itself);
	tcase_add_loop_test(tc, test_old, 0, 2);
	tcase_add_test(tc, test_only_old);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
