/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step/step.h"
#include "suite.h"

#define ID "gnulinux-advanced-u>gnulinux-6.1-advanced-u"
#define CFG "/boot/grub/grub.cfg"
#define ENV "/boot/grub/grubenv"
#define DEF "/etc/default/grub"

static char nvme[] = "nvme", virtio_blk[] = "virtio_blk";
static struct module old_modules[] = { { nvme, "nvme.ko", { 0 } } };
static struct module new_modules[] = { { virtio_blk, "virtio_blk.ko", { 0 } } };

/* The default kernel, and two before it that have NVMe; the middle one is broken. */
static struct kernel kernels[] = {
	{ .version = "6.1",
	  .image = "/boot/vmlinuz-6.1",
	  .initrd = "/boot/i-6.1",
	  .modules = old_modules,
	  .n_modules = 1 },
	{ .version = "6.10",
	  .image = "/boot/vmlinuz-6.10",
	  .modules = old_modules,
	  .n_modules = 1 },
	{ .version = "6.12",
	  .image = "/boot/vmlinuz-6.12",
	  .initrd = "/boot/i-6.12",
	  .modules = new_modules,
	  .n_modules = 1,
	  .is_default = true },
	{ .version = "5.10",
	  .image = "/boot/vmlinuz-5.10",
	  .initrd = "/boot/i-5.10",
	  .modules = old_modules,
	  .n_modules = 1 },
};

static struct boot_entry entries[] = {
	{ .title = "6.12",
	  .id = "simple",
	  .config = CFG,
	  .image = "/boot/vmlinuz-6.12",
	  .cmdline = "root=x",
	  .is_default = true },
	{ .title = "6.1 rescue",
	  .id = "r",
	  .config = CFG,
	  .image = "/boot/vmlinuz-6.1",
	  .cmdline = "root=x single" },
	{ .title = "6.1",
	  .id = ID,
	  .config = CFG,
	  .image = "/boot/vmlinuz-6.1",
	  .cmdline = "root=x" },
	{ .title = "5.10",
	  .id = "5.10",
	  .config = CFG,
	  .image = "/boot/vmlinuz-5.10",
	  .cmdline = "root=x" },
};

struct fixture {
	struct guest_file files[4];
	struct guest g;
	struct plan p;
};

static void setup(struct fixture *f, const char *loader)
{
	*f = (struct fixture){ .g = { .loader = (char *)loader,
				      .kernels = kernels,
				      .n_kernels = ARRAY_SIZE(kernels),
				      .entries = entries,
				      .n_entries = ARRAY_SIZE(entries) } };
}

static void add(struct fixture *f, const char *path, const char *text)
{
	f->files[f->g.n_files++] = (struct guest_file){
		(char *)path, { (char *)text, strlen(text), 0 }, NULL, 0644
	};
	f->g.files = f->files;
}

static int plan(struct fixture *f, const char *target, struct cvt_error *err)
{
	struct request q = { .target = target_find(target) };

	return step_bootloader.plan(&f->g, &q, &f->p, err);
}

static void expect(struct fixture *f, const char *path, const char *text)
{
	const char *now = plan_text(&f->p, &f->g, path);

	ck_assert_pstr_eq(now, text);
}

static void set_config(size_t i, const char *config, const char *id)
{
	entries[i].config = (char *)config;
	entries[i].id = (char *)id;
}

#define ONCE "if x ; then\n set default=\"${next_entry}\"\nelse\n "

START_TEST(test_debian)
{
	struct fixture f;

	setup(&f, "grub2");
	add(&f, CFG, ONCE "set default=\"0\"\nfi\n");
	add(&f, DEF,
	    "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX=\"console=tty0 console=ttyS0 "
	    "nvme_core.io_timeout=1\"\n");
	ck_assert_int_eq(plan(&f, "aws", NULL), 0);
	expect(&f, CFG, ONCE "set default=\"" ID "\"\nfi\n");
	expect(&f, DEF,
	       "GRUB_DEFAULT=\"" ID "\"\nGRUB_CMDLINE_LINUX=\"console=tty0 "
	       "console=ttyS0 nvme_core.io_timeout=1\"\n");
	plan_clear(&f.p);
}
END_TEST

/* On a target where the default runs, it stays. */
START_TEST(test_stays)
{
	struct fixture f;

	setup(&f, "grub2");
	add(&f, CFG, "set default=\"0\"\n");
	new_modules[0].name = nvme;
	ck_assert_int_eq(plan(&f, "aws", NULL), 0);
	new_modules[0].name = virtio_blk;
	expect(&f, CFG, "set default=\"0\"\n");
	plan_clear(&f.p);
}
END_TEST

static void block(char out[1025], const char *line)
{
	memset(out, '#', 1024);
	out[1024] = '\0';
	memcpy(out, "# GRUB Environment Block\n", 25);
	memcpy(out + 25, line, strlen(line));
}

/* By its BLS name, in the environment block; with a link there, in grub.cfg itself. */
START_TEST(test_saved)
{
	static const char cfg[] = "set default=\"${saved_entry}\"\nblscfg\n";
	char before[1025], after[1025];
	struct fixture f;

	block(before, "saved_entry=m-6.12\n");
	block(after, "saved_entry=m-6.1\n");
	set_config(2, "/boot/loader/entries/m-6.1.conf", "m-6.1.conf");
	setup(&f, "grub2");
	add(&f, CFG, cfg);
	add(&f, ENV, before);
	add(&f, DEF,
	    "GRUB_DEFAULT=saved\nGRUB_CMDLINE_LINUX='console=tty0 console=ttyS0 "
	    "nvme_core.io_timeout=1'\n");
	ck_assert_int_eq(plan(&f, "aws", NULL), 0);
	expect(&f, ENV, after);
	ck_assert_uint_eq(f.p.n_edits, 1);
	ck_assert_str_eq(f.p.edits[0].rules.v[0], "loader-default");
	plan_clear(&f.p);
	f.files[1].data.data = "";
	f.files[1].data.len = 0;
	f.files[1].link = "elsewhere";
	ck_assert_int_eq(plan(&f, "aws", NULL), 0);
	expect(&f, CFG, "set default=\"m-6.1\"\nblscfg\n");
	set_config(2, CFG, ID);
	plan_clear(&f.p);
}
END_TEST

START_TEST(test_systemd)
{
	struct fixture f;

	setup(&f, "systemd-boot");
	f.g.esp = "/efi";
	set_config(2, "/efi/loader/entries/6.1.conf", "6.1.conf");
	add(&f, "/efi/loader/loader.conf", "timeout 3\n");
	ck_assert_int_eq(plan(&f, "aws", NULL), 0);
	expect(&f, "/efi/loader/loader.conf", "timeout 3\ndefault 6.1.conf\n");
	plan_clear(&f.p);
	/* What is no text is not replaced. */
	f.files[0].data = (struct bytes){ "timeout\0 3\n", 11, 0 };
	ck_assert_int_lt(plan(&f, "aws", NULL), 0);
	plan_clear(&f.p);
	set_config(2, CFG, ID);
}
END_TEST

/* Loaders with one plain menu: by the number of the entry, or by its label. */
static const struct {
	const char *loader, *path, *id, *in, *out;
} plain[] = {
	{ "grub-legacy", "/boot/grub/menu.lst", "1",
	  "default=saved\ntitle a\nkernel /a\ntitle b\nkernel /b\n",
	  "default=1\ntitle a\nkernel /a\ntitle b\nkernel /b\n" },
	{ "grub-legacy", "/boot/grub/grub.conf", "1", "title a\nkernel /a\n",
	  "default 1\ntitle a\nkernel /a\n" },
	{ "extlinux", "/boot/extlinux/extlinux.conf", "b c",
	  "default a\nontimeout a\nlabel a\nlabel b c\n",
	  "default b c\nontimeout b c\nlabel a\nlabel b c\n" },
	{ "extlinux", "/boot/extlinux.conf", "b",
	  "DEFAULT menu.c32\nlabel a\nmenu default\nlabel b\n",
	  "DEFAULT menu.c32\nlabel a\nlabel b\n\tMENU DEFAULT\n" },
	{ "elilo", "/boot/efi/EFI/SuSE/elilo.conf", "b",
	  "default = a\nimage=a\nlabel=a\nimage=b\nlabel=b\n",
	  "default = b\nimage=a\nlabel=a\nimage=b\nlabel=b\n" },
	{ "yaboot", "/etc/yaboot.conf", "b", "image=a\nimage=b\n",
	  "default=b\nimage=a\nimage=b\n" },
};

START_TEST(test_plain)
{
	struct fixture f;

	set_config(2, plain[_i].path, plain[_i].id);
	setup(&f, plain[_i].loader);
	add(&f, plain[_i].path, plain[_i].in);
	ck_assert_int_eq(plan(&f, "aws", NULL), 0);
	expect(&f, plain[_i].path, plain[_i].out);
	plan_clear(&f.p);
	set_config(2, CFG, ID);
}
END_TEST

/* DEFAULT is in another file than the label. */
START_TEST(test_extlinux_include)
{
	struct fixture f;

	set_config(2, "/boot/extlinux/linux.cfg", "b");
	setup(&f, "extlinux");
	add(&f, "/boot/extlinux/extlinux.conf", "default a\ninclude linux.cfg\n");
	add(&f, "/boot/extlinux/linux.cfg", "label a\nlabel b\n");
	ck_assert_int_eq(plan(&f, "aws", NULL), 0);
	expect(&f, "/boot/extlinux/extlinux.conf", "default b\ninclude linux.cfg\n");
	plan_clear(&f.p);
	set_config(2, CFG, ID);
}
END_TEST

/* What cannot be said to the loader is not chosen: the next older one is. */
START_TEST(test_unsayable)
{
	static const char *const ids[] = { NULL, "", "a\"b", "$x", "a\nb", "x*" };
	struct fixture f;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		set_config(2, CFG, ids[i]);
		setup(&f, "grub2");
		add(&f, CFG, "default=1\n");
		ck_assert_int_eq(plan(&f, "aws", NULL), 0);
		expect(&f, CFG, "default=\"5.10\"\n");
		plan_clear(&f.p);
	}
	set_config(2, CFG, ID);
}
END_TEST

/* The step initramfs asks for drivers of the kernel that will boot; without one it fails. */
START_TEST(test_refused)
{
	struct request q = { .target = target_find("aws") };
	struct cvt_error err = { 0 };
	struct fixture f;

	setup(&f, "lilo");
	ck_assert_int_lt(step_initramfs.plan(&f.g, &q, &f.p, &err), 0);
	ck_assert_str_eq(err.path, "/boot/vmlinuz-6.12");
	plan_clear(&f.p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("default-entry");
	TCase *t = tcase_create("all");

	tcase_add_test(t, test_debian);
	tcase_add_test(t, test_stays);
	tcase_add_test(t, test_saved);
	tcase_add_test(t, test_systemd);
	tcase_add_loop_test(t, test_plain, 0, (int)ARRAY_SIZE(plain));
	tcase_add_test(t, test_extlinux_include);
	tcase_add_test(t, test_unsayable);
	tcase_add_test(t, test_refused);
	suite_add_tcase(s, t);
	return suite_run(s);
}
