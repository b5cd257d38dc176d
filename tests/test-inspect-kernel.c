/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* On trees made here, through the engine dir. */
#include <config.h>

#include <sys/stat.h>

#include "format/initrd.h"
#include "inspect/fetch.h"
#include "inspect/inspect_kernel.h"
#include "inspect/inspect_loader.h"
#include "suite.h"

static char root[64];

static void setup(void)
{
	snprintf(root, sizeof(root), "/tmp/test-inspect-kernel.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void run(const char *command)
{
	CLEANUP_FREE char *line = NULL;

	ck_assert(asprintf(&line, "set -e; cd '%s'; %s", root, command) > 0);
	ck_assert_msg(system(line) == 0, "%s", line);
}

static void teardown(void)
{
	run("rm -rf \"$PWD\"");
}

static void store(const char *path, const struct bytes *b)
{
	CLEANUP_FREE char *full = NULL;
	CLEANUP_FCLOSE FILE *f = NULL;

	ck_assert(asprintf(&full, "%s%s", root, path) > 0);
	f = fopen(full, "ae");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(b->data, 1, b->len, f), b->len);
}

/* Append an archive with an empty file for each of @names to @path. */
static void add_initrd(const char *path, const char *const *names)
{
	static const struct bytes none = { "", 0 }, bin = { "0123456789", 10 };
	CLEANUP_CPIO struct cpio c = { 0 };
	CLEANUP_BYTES struct bytes b = { 0 };

	for (size_t i = 0; names[i]; i++)
		ck_assert_int_eq(cpio_add(&c, names[i],
					  strstr(names[i], ".bin") ? &bin : &none, NULL),
				 0);
	ck_assert_int_eq(initrd_pack(0, &c, &b, NULL), 0);
	store(path, &b);
}

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Kernel 6.1.0 with two modules. */
static void make_kernel(void)
{
	run("mkdir -p usr/lib/modules/6.1.0/kernel boot; ln -s usr/lib lib;"
	    "cd usr/lib/modules/6.1.0;"
	    "printf 'kernel/nvme.ko: kernel/nvme-core.ko\\nkernel/nvme-core.ko:\\n' > "
	    "modules.dep;"
	    "printf 'kernel/ext4.ko\\n' > modules.builtin;"
	    "printf 'softdep nvme post: sd-mod\\n' > modules.softdep; : > other;"
	    "printf 0123456789 > modules.dep.bin;"
	    "printf '\\177ELF\\2\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\1\\0\\267\\0' |"
	    " tee kernel/nvme.ko > kernel/nvme-core.ko");
}

static void inspect(struct guest *g, int want)
{
	struct context ctx = { 0 };
	struct engine_options options = { 0 };
	CLEANUP_ENGINE struct engine *e = NULL;
	struct cvt_error err = { 0 };

	ck_assert_int_eq(engine_open(&ctx, "dir", NULL, root, &options, &e, &err), 0);
	ck_assert_msg(inspect_entries(e, g, &err) == 0, "%s", err.msg);
	ck_assert_msg(inspect_kernels(e, g, &err) == want, "%s", err.msg);
}

/* Of the notes. */
static bool is_noted(const struct guest *g, const char *id)
{
	for (size_t i = 0; i < g->notes.n; i++)
		if (strncmp(g->notes.v[i], id, strlen(id)) == 0)
			return true;
	return false;
}

static void add_device(struct guest *g, const char *name, const char *uuid)
{
	struct device *d = guest_add_device(g);

	ck_assert_ptr_nonnull(d);
	d->name = strdup(name);
	d->uuid = strdup(uuid);
}

/* What os-prober lists of another system has the paths of ours, and is not ours. */
START_TEST(test_other_system)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_ENGINE struct engine *e = NULL;
	struct engine_options options = { 0 };
	struct cvt_error err = { 0 };
	struct context ctx = { 0 };

	run("mkdir -p boot/grub; for uuid in other gone mine; do printf 'menuentry %s {\n"
	    "search --fs-uuid --set=root %s\nlinux /boot/vmlinuz root=UUID=%s\n}\n' "
	    "$uuid $uuid $uuid; done > boot/grub/grub.cfg");
	add_device(&g, "disk1p1", "mine");
	add_device(&g, "disk1p2", "other");
	g.mounts = calloc(1, sizeof(*g.mounts));
	g.mounts[0].where = strdup("/");
	g.n_mounts = 1;
	ck_assert_int_eq(engine_open(&ctx, "dir", NULL, root, &options, &e, &err), 0);
	ck_assert_msg(inspect_loader(e, &g, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(g.n_entries, 2);
	ck_assert_str_eq(g.entries[0].title, "gone");
	ck_assert_str_eq(g.entries[1].title, "mine");
}
END_TEST

START_TEST(test_facts)
{
	CLEANUP_GUEST struct guest g = { 0 };

	make_kernel();
	run(": > boot/vmlinuz-6.1.0; : > boot/initrd.img-6.1.0");
	add_initrd("/boot/initrd.img-6.1.0",
		   NAMES("conf/initramfs.conf", "usr/lib/systemd/systemd-udevd",
			 "usr/lib/modules/6.1.0/kernel/nvme-core.ko.zst",
			 "usr/lib/modules/6.1.0/a.ko", "usr/lib/modules/6.1.1/b.ko"));
	add_initrd("/boot/initrd.img-6.1.0",
		   NAMES("usr/lib/modules/6.1.0/a.ko",
			 "usr/lib/modules/6.1.0/modules.dep.bin"));
	inspect(&g, 0);
	ck_assert_uint_eq(g.n_kernels, 1);
	ck_assert_uint_eq(g.notes.n, 0);
	const struct kernel *k = &g.kernels[0];
	ck_assert_str_eq(k->version, "6.1.0");
	ck_assert_str_eq(k->arch, "aarch64");
	ck_assert_str_eq(k->image, "/boot/vmlinuz-6.1.0");
	ck_assert_str_eq(k->initrd, "/boot/initrd.img-6.1.0");
	ck_assert_uint_gt(k->initrd_size, 100);
	ck_assert_str_eq(k->modules_dir, "/usr/lib/modules/6.1.0");
	ck_assert_str_eq(k->generator, "initramfs-tools");
	ck_assert_uint_eq(k->n_modules, 2);
	ck_assert_uint_eq(k->modules[0].needs.n, 2);
	ck_assert_int_eq(kernel_module_state(k, "ext4"), MODULE_BUILTIN);
	ck_assert_uint_eq(k->indexes.n, 4);
	ck_assert(k->initrd_listed && k->initrd_has_udev && !k->initrd_broken &&
		  !k->is_default);
	ck_assert_uint_eq(k->initrd_modules.n, 2);
	ck_assert_str_eq(k->initrd_modules.v[0], "a");
	ck_assert_str_eq(k->initrd_modules.v[1], "nvme_core");
	/* modules.softdep is not in it. */
	ck_assert(!k->initrd_has_index);
	ck_assert_ptr_null(k->initrd_dir);
}
END_TEST

START_TEST(test_index)
{
	CLEANUP_GUEST struct guest g = { 0 }, old = { 0 };

	make_kernel();
	run(": > boot/vmlinuz-6.1.0; rm usr/lib/modules/6.1.0/modules.softdep");
	add_initrd("/boot/initrd.img-6.1.0",
		   NAMES("lib/modules/6.1.0/modules.dep.bin", "init", "usr/sbin/lvm",
			 "sbin/lvm", "etc/mdadm/x"));
	inspect(&g, 0);
	ck_assert(g.kernels[0].initrd_has_init);
	ck_assert_uint_eq(g.kernels[0].initrd_programs.n, 1);
	ck_assert_str_eq(g.kernels[0].initrd_programs.v[0], "lvm");
	ck_assert(g.kernels[0].initrd_has_index);
	ck_assert_str_eq(g.kernels[0].initrd_dir, "lib/modules/6.1.0");
	run("printf more >> usr/lib/modules/6.1.0/modules.dep.bin");
	inspect(&old, 0);
	ck_assert(!old.kernels[0].initrd_has_index);
}
END_TEST

/* The default entry tells which initramfs; links are followed to the file. */
START_TEST(test_entries)
{
	struct boot_entry entries[] = {
		{ .kernel = "/boot/vmlinuz-6.1.0", .initrd = "/boot/rescue.img" },
		{ .kernel = "/vmlinuz", .initrd = "/boot/link.img", .is_default = true },
	};
	CLEANUP_GUEST struct guest g = { 0 };

	make_kernel();
	run("printf %518s HdrS > boot/vmlinuz-6.1.0; ln -s boot/vmlinuz-6.1.0 vmlinuz;"
	    ": > boot/rescue.img;"
	    "ln -s ../boot/custom.img boot/link.img");
	add_initrd("/boot/custom.img", NAMES("usr/lib/dracut/x"));
	g.entries = entries;
	g.n_entries = ARRAY_SIZE(entries);
	inspect(&g, 0);
	g.entries = NULL;
	g.n_entries = 0;
	ck_assert_str_eq(entries[1].image, "/boot/vmlinuz-6.1.0");
	ck_assert_str_eq(entries[1].initramfs, "/boot/custom.img");
	ck_assert(entries[1].is_kernel);
	ck_assert_uint_eq(entries[1].image_size, 518);
	/* Blanks: 33 sectors of setup, and what 0x20202020 paragraphs are. */
	ck_assert_uint_eq(entries[1].image_needs, 33 * 512 + 0x20202020ULL * 16);
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		free(entries[i].image);
		free(entries[i].initramfs);
	}
	ck_assert_uint_eq(g.n_kernels, 2);
	ck_assert_str_eq(g.kernels[0].initrd, "/boot/custom.img");
	ck_assert_str_eq(g.kernels[0].generator, "dracut");
	ck_assert(g.kernels[0].is_default);
	ck_assert_str_eq(g.kernels[1].image, "/boot/vmlinuz-6.1.0");
	ck_assert_str_eq(g.kernels[1].initrd, "/boot/rescue.img");
	ck_assert(!g.kernels[1].is_default);
}
END_TEST

/* systemd-boot starts copies: that in /boot gets its drivers too, as the next kernel-install
 * takes it from there.
 */
START_TEST(test_copies)
{
	struct boot_entry entries[] = {
		{ .kernel = "/efi/m/6.1.0/linux",
		  .initrd = "/efi/m/6.1.0/initrd",
		  .is_default = true },
		{ .kernel = "/efi/m/rescue", .initrd = "/efi/m/6.1.0/initrd" },
	};
	CLEANUP_GUEST struct guest g = { 0 };

	make_kernel();
	run("mkdir -p efi/m/6.1.0; printf 'MZ%512sHdrS%8s\\020\\002%512s6.1.0 (x)' '' '' "
	    "'' "
	    "> efi/m/rescue; : > boot/vmlinuz-6.1.0; : > efi/m/6.1.0/linux");
	add_initrd("/boot/initrd.img-6.1.0", NAMES("init"));
	add_initrd("/efi/m/6.1.0/initrd", NAMES("init"));
	g.entries = entries;
	g.n_entries = ARRAY_SIZE(entries);
	inspect(&g, 0);
	g.entries = NULL;
	g.n_entries = 0;
	ck_assert_str_eq(entries[1].version, "6.1.0");
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		free(entries[i].image);
		free(entries[i].initramfs);
		free(entries[i].version);
	}
	ck_assert_uint_eq(g.n_kernels, 3);
	ck_assert_str_eq(g.kernels[0].image, "/boot/vmlinuz-6.1.0");
	ck_assert(!g.kernels[0].is_default);
	ck_assert_str_eq(g.kernels[1].initrd, "/efi/m/6.1.0/initrd");
	ck_assert(g.kernels[1].is_default);
	ck_assert_str_eq(g.kernels[2].image, "/efi/m/rescue");
	ck_assert_uint_eq(g.kernels[2].n_modules, g.kernels[0].n_modules);
}
END_TEST

/* What is loaded without udev: the last file of that name says it. */
START_TEST(test_script)
{
	static const struct bytes first = { "insmod a\n", 9 },
				  second = { "insmod b\n", 9 };
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_CPIO struct cpio a = { 0 }, b = { 0 };
	CLEANUP_BYTES struct bytes image = { 0 }, more = { 0 };

	make_kernel();
	run(": > boot/vmlinuz-6.1.0");
	ck_assert_int_eq(cpio_add(&a, "bin/nash", &first, NULL), 0);
	ck_assert_int_eq(cpio_add(&a, "init", &first, NULL), 0);
	ck_assert_int_eq(cpio_add(&a, "lib/nvme.ko", &first, NULL), 0);
	ck_assert_int_eq(cpio_add(&b, "init", &second, NULL), 0);
	ck_assert_int_eq(initrd_pack(0, &a, &image, NULL), 0);
	ck_assert_int_eq(initrd_pack(image.len, &b, &more, NULL), 0);
	ck_assert_int_eq(bytes_append(&image, more.data, more.len), 0);
	store("/boot/initrd-6.1.0.img", &image);
	inspect(&g, 0);
	ck_assert_str_eq(g.kernels[0].generator, "nash");
	ck_assert_str_eq(g.kernels[0].initrd_script, second.data);
	ck_assert(names_has(&g.kernels[0].initrd_modules, "nvme"));
	ck_assert(!g.kernels[0].initrd_has_udev);
}
END_TEST

/* What cannot be used is noted, never an error. */
static const struct {
	const char *what, *commands, *note;
	size_t n_kernels;
} odd[] = {
	{ "no modules at all", "rm -r usr/lib/modules", "no-kernel", 0 },
	{ "no image", ":", "kernel-leftover", 0 },
	{ "no modules.dep",
	  ": > boot/vmlinuz-6.1.0; rm usr/lib/modules/6.1.0/modules.dep", "no-kernel",
	  0 },
	{ "modules.dep is a FIFO",
	  ": > boot/vmlinuz-6.1.0; cd usr/lib/modules/6.1.0; rm modules.dep;"
	  "mkfifo modules.dep",
	  "no-kernel", 0 },
	{ "modules.dep is huge",
	  ": > boot/vmlinuz-6.1.0; "
	  "truncate -s 1G usr/lib/modules/6.1.0/modules.dep",
	  "kernel-unreadable", 0 },
	{ "modules.builtin is a directory",
	  ": > boot/vmlinuz-6.1.0; cd usr/lib/modules/6.1.0;"
	  "rm modules.builtin; mkdir modules.builtin",
	  "kernel-unreadable", 0 },
	{ "the image is a loop", "ln -s vmlinuz-6.1.0 boot/vmlinuz-6.1.0",
	  "kernel-leftover", 0 },
	{ "strange versions",
	  "cd usr/lib/modules; mkdir 'a b' .x; cp 6.1.0/* 'a b' 2>/dev/null ||:;"
	  "cp 6.1.0/modules.dep .x; : > '../../../boot/vmlinuz-a b'; : > "
	  "../../../boot/vmlinuz-.x",
	  "kernel-leftover", 0 },
	{ "no initramfs", ": > boot/vmlinuz-6.1.0", NULL, 1 },
	{ "a softdep in modprobe.d",
	  ": > boot/vmlinuz-6.1.0; mkdir -p etc/modprobe.d/dir.conf;"
	  "mkfifo etc/modprobe.d/fifo.conf; echo softdep nvme_core pre: x > "
	  "etc/modprobe.d/a.conf",
	  NULL, 1 },
};

START_TEST(test_odd)
{
	CLEANUP_GUEST struct guest g = { 0 };

	make_kernel();
	run(odd[_i].commands);
	inspect(&g, 0);
	ck_assert_msg(g.n_kernels == odd[_i].n_kernels, "%s: %zu", odd[_i].what,
		      g.n_kernels);
	ck_assert_msg(!odd[_i].note || is_noted(&g, odd[_i].note), "%s", odd[_i].what);
	if (strstr(odd[_i].what, "softdep"))
		ck_assert_uint_eq(g.kernels[0].modules[1].needs.n, 1);
}
END_TEST

static const struct {
	const char *what, *commands;
	bool is_broken;
} unlisted[] = {
	{ "an ext2 image", "head -c 4096 /dev/zero > i; printf '\\123\\357' >> i", true },
	{ "cut off", "printf '\\037\\213\\010' > i", true },
	{ "a window of 256 MiB",
	  "printf '\\050\\265\\057\\375\\000\\220\\001\\000\\000' > i", false },
};

START_TEST(test_unlisted)
{
	CLEANUP_GUEST struct guest g = { 0 };

	make_kernel();
	run(": > boot/vmlinuz-6.1.0");
	run(unlisted[_i].commands);
	run("mv i boot/initrd.img-6.1.0");
	inspect(&g, 0);
	ck_assert_uint_eq(g.n_kernels, 1);
	ck_assert(!g.kernels[0].initrd_listed);
	ck_assert_str_ne(g.kernels[0].initrd_why, "");
	ck_assert_msg(g.kernels[0].initrd_broken == unlisted[_i].is_broken, "%s",
		      unlisted[_i].what);
	if (unlisted[_i].is_broken)
		return;
	/* Ours is seen behind it. */
	add_initrd("/boot/initrd.img-6.1.0", NAMES("lib/modules/6.1.0/a.ko"));
	CLEANUP_GUEST struct guest again = { 0 };
	inspect(&again, 0);
	ck_assert_uint_eq(again.kernels[0].initrd_modules.n, 1);
}
END_TEST

/* A unified kernel image holds an initramfs, which mkinitcpio's fallback has of 100 MiB. */
START_TEST(test_large_image)
{
	const struct engine_options options = { .writable = false };
	CLEANUP_ENGINE struct engine *e = NULL;
	CLEANUP_WANTS struct wants w = { 0 };
	CLEANUP_GUEST struct guest g = { 0 };
	struct cvt_error err = { 0 };
	struct context ctx = { 0 };

	run("truncate -s 100M x.efi");
	ck_assert_int_eq(want_add(&w, "/x.efi", WANT_BINARY | WANT_LINK), 0);
	ck_assert_int_eq(engine_open(&ctx, "dir", NULL, root, &options, &e, &err), 0);
	ck_assert_int_eq(engine_mount(e, NULL, 0, "/", false, &err), 0);
	ck_assert_msg(fetch_wants(e, &w, &g, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(g.n_files, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inspect-kernel");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_other_system);
	tcase_add_test(tc, test_facts);
	tcase_add_test(tc, test_index);
	tcase_add_test(tc, test_entries);
	tcase_add_test(tc, test_copies);
	tcase_add_test(tc, test_script);
	tcase_add_test(tc, test_large_image);
	tcase_add_loop_test(tc, test_odd, 0, (int)ARRAY_SIZE(odd));
	tcase_add_loop_test(tc, test_unlisted, 0, (int)ARRAY_SIZE(unlisted));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
