/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/initrd.h"
#include "step/load_script.h"
#include "step/step.h"
#include "suite.h"

#define DIR "/usr/lib/modules/6.1.0"
#define MIB ((uint64_t)1 << 20)
#define TEXT(s)                  \
	{                        \
		s, sizeof(s) - 1 \
	}

/* A guest of literals; each test has its own copy to bend. */
struct fixture {
	struct module modules[6];
	char *needs_virtio[1], *needs_core[1], *needs_crc[1];
	char *builtin[1], *indexes[3], *present[6];
	struct kernel kernel;
	struct guest_file files[10];
	struct mount mounts[2];
	struct boot_entry entry;
	uint64_t space[2];
	struct guest g;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){
		.needs_virtio = { "virtio" },
		.needs_core = { "nvme_core" },
		.needs_crc = { "sd_mod" },
		.builtin = { "virtio_pci" },
		.indexes = { "modules.dep", "modules.dep.bin", "modules.order" },
		.present = { "ext4" },
		.files = {
			{ DIR "/kernel/nvme-core.ko.xz", TEXT("core"), NULL, 0644 },
			{ DIR "/kernel/nvme.ko.xz", TEXT("nvme"), NULL, 0644 },
			{ DIR "/kernel/virtio.ko.xz", TEXT("virtio"), NULL, 0644 },
			{ DIR "/kernel/virtio_blk.ko.xz", TEXT("blk"), NULL, 0644 },
			{ DIR "/kernel/virtio_net.ko.xz", TEXT("net"), NULL, 0644 },
			{ DIR "/kernel/sd_mod.ko.xz", TEXT("sd"), NULL, 0644 },
			{ DIR "/modules.dep", TEXT("dep"), NULL, 0644 },
			{ DIR "/modules.dep.bin", TEXT("bin"), NULL, 0644 },
			{ DIR "/modules.order", TEXT("order"), NULL, 0644 },
			{ "/etc/modprobe.d/a.conf", TEXT("blacklist nvme\n"), NULL, 0644 },
		},
		.mounts = { { 0, "/" }, { 1, "/boot" } },
		.space = { 100 * MIB, 100 * MIB },
		.entry = { .kernel = "/boot/vmlinuz-6.1.0", .cmdline = "root=/dev/sda1 zip=1" },
	};
	struct module modules[] = {
		{ "nvme", "kernel/nvme.ko.xz", { f->needs_core, 1 } },
		{ "nvme_core", "kernel/nvme-core.ko.xz", { f->needs_crc, 1 } },
		{ "sd_mod", "kernel/sd_mod.ko.xz", { f->needs_core, 1 } },
		{ "virtio", "kernel/virtio.ko.xz", { NULL, 0 } },
		{ "virtio_blk", "kernel/virtio_blk.ko.xz", { f->needs_virtio, 1 } },
		{ "virtio_net", "kernel/virtio_net.ko.xz", { f->needs_virtio, 1 } },
	};

	memcpy(f->modules, modules, sizeof(modules));
	f->kernel = (struct kernel){
		.version = "6.1.0",
		.image = "/boot/vmlinuz-6.1.0",
		.initrd = "/boot/initrd.img-6.1.0",
		.initrd_size = 1001,
		.modules_dir = DIR,
		.modules = f->modules,
		.n_modules = 6,
		.builtin = { f->builtin, 1 },
		.indexes = { f->indexes, 3 },
		.initrd_listed = true,
		.initrd_modules = { f->present, 1 },
		.initrd_has_udev = true,
		.is_default = true,
	};
	f->g = (struct guest){
		.kernels = &f->kernel,
		.n_kernels = 1,
		.files = f->files,
		.n_files = 9,
		.mounts = f->mounts,
		.n_mounts = 2,
		.space = f->space,
		.entries = &f->entry,
		.n_entries = 1,
	};
}

static const struct target *target(const char *name)
{
	return target_find(name);
}

static int read_bytes(void *data, uint64_t offset, size_t max, struct bytes *ret,
		      struct cvt_error *err)
{
	const struct bytes *b = data;
	size_t n = offset < b->len ? b->len - offset : 0;

	(void)err;
	return bytes_set(ret, n ? b->data + offset : "", n < max ? n : max);
}

static int note(void *data, const struct cpio_entry *e, struct cvt_error *err)
{
	char line[256];

	(void)err;
	if (!S_ISREG(e->mode))
		return 0;
	snprintf(line, sizeof(line), "%s %u\n", e->name, (unsigned)e->size);
	return bytes_append(data, line, strlen(line));
}

/* What the only edit behind the first @skip appends, as "name size" lines; "" if there is none. */
static struct bytes appended_behind(const struct plan *p, size_t skip)
{
	struct bytes seen = { 0 };

	ck_assert_int_eq(bytes_set(&seen, "", 0), 0);
	if (p->n_edits == skip)
		return seen;
	ck_assert_uint_eq(p->n_edits, skip + 1);
	ck_assert_int_eq(p->edits[skip].action, EDIT_APPEND);
	ck_assert_str_eq(p->edits[skip].path, "/boot/initrd.img-6.1.0");
	ck_assert_uint_eq(p->edits[skip].before_size, 1001);
	const struct initrd_source src = { read_bytes, &p->edits[skip].data };
	ck_assert_int_eq(initrd_list(&src, note, NULL, &seen, NULL), 0);
	return seen;
}

static struct bytes appended(const struct plan *p)
{
	return appended_behind(p, 0);
}

#define LIST_NVME(dir)                                                     \
	dir "/kernel/nvme-core.ko.xz 4\n" dir "/kernel/nvme.ko.xz 4\n" dir \
	    "/kernel/sd_mod.ko.xz 2\n"

START_TEST(test_one_target)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	CLEANUP_PLAN struct plan p = { 0 }, again = { 0 };

	setup(&f);
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	CLEANUP_BYTES struct bytes seen = appended(&p);
	ck_assert_str_eq(seen.data,
			 LIST_NVME("usr/lib/modules/6.1.0") "usr/lib/modules/6.1.0/"
							    "modules.dep.bin 3\n");
	ck_assert_uint_eq(p.n_warnings, 0);
	/* Padded so that the archive begins at a multiple of four, behind at least four
	 * zeros. */
	ck_assert(memcmp(p.edits[0].data.data, "\0\0\0\0\0\0\0\x1f", 8) == 0);
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &again, NULL), 0);
	ck_assert(bytes_equal(&p.edits[0].data, &again.edits[0].data));
}
END_TEST

struct capture {
	const char *name;
	bool is_it;
	unsigned mode;
	struct bytes text;
};

static int see_name(void *data, const struct cpio_entry *e, struct cvt_error *err)
{
	struct capture *c = data;

	(void)err;
	c->is_it = strcmp(e->name, c->name) == 0;
	if (c->is_it)
		c->mode = e->mode & 0777;
	return 0;
}

static int see_body(void *data, const void *piece, size_t len, struct cvt_error *err)
{
	struct capture *c = data;

	(void)err;
	return c->is_it ? bytes_append(&c->text, piece, len) : 0;
}

/* An init that loads what a list says gets a longer one, each module behind what it needs; of
 * two that need each other one has to come first.
 */
/* As many as no kernel has are not brought into an order. */
START_TEST(test_many_modules)
{
	enum {
		MANY = 200
	};
	static struct module modules[MANY];
	static char names[MANY][8];
	struct kernel k = { .generator = (char *)"tiny-initramfs",
			    .initrd = (char *)"/boot/i",
			    .initrd_script = (char *)"",
			    .modules_dir = (char *)"/lib/modules/6",
			    .modules = modules,
			    .n_modules = MANY };
	CLEANUP_NAMES struct names added = { 0 };
	CLEANUP_BYTES struct bytes script = { 0 };
	CLEANUP_CPIO struct cpio c = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };

	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "m%d", i);
		modules[i] = (struct module){ .name = names[i], .file = names[i] };
		ck_assert_int_eq(names_add(&added, names[i]), 0);
	}
	ck_assert_int_eq(load_script_add(&k, &added, &c, &script, &p, NULL), 0);
	ck_assert_uint_eq(script.len, 0);
	ck_assert_uint_eq(p.n_warnings, 1);
}
END_TEST

START_TEST(test_load_script)
{
	static const char head[] = "#!/bin/nash\ninsmod /lib/scsi_mod.ko\n",
			  tail[] = "mkrootdev\n";
	const struct request q = { .target = target("aws") };
	struct capture c = { .name = "init" };
	CLEANUP_PLAN struct plan p = { 0 };
	struct fixture f;

	setup(&f);
	f.kernel.initrd_has_udev = false;
	f.kernel.generator = "nash";
	f.kernel.initrd_script = "#!/bin/nash\ninsmod /lib/scsi_mod.ko\nmkrootdev\n";
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	const struct initrd_source src = { read_bytes, &p.edits[0].data };
	ck_assert_int_eq(initrd_list(&src, see_name, see_body, &c, NULL), 0);
	ck_assert_uint_eq(c.mode, 0755);
	ck_assert_int_eq(strncmp(c.text.data, head, strlen(head)), 0);
	ck_assert_str_eq(c.text.data + c.text.len - strlen(tail), tail);
	ck_assert_ptr_nonnull(strstr(c.text.data,
				     "insmod " DIR "/kernel/nvme-core.ko.xz\n"
				     "insmod " DIR "/kernel/nvme.ko.xz\n"));
	ck_assert_ptr_nonnull(
		strstr(c.text.data, "insmod " DIR "/kernel/sd_mod.ko.xz\n"));
	ck_assert_uint_eq(p.n_warnings, 0);
	bytes_clear(&c.text);
	f.kernel.initrd_script = "#!/bin/nash\n";
	CLEANUP_PLAN struct plan warned = { 0 };
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &warned, NULL), 0);
	ck_assert_str_eq(warned.warnings[0].id, "initramfs-no-udev");
}
END_TEST

/* The copies of LVM's configuration in it; a devices file cannot be taken out. */
START_TEST(test_lvm_files)
{
	char *names[] = { "etc/lvm/lvm.conf", "etc/lvm/devices/system.devices",
			  "etc/lvm/lvmlocal.conf" };
	const struct request q = { .target = target("aws") };
	CLEANUP_PLAN struct plan p = { 0 }, again = { 0 };
	struct fixture f;

	setup(&f);
	f.kernel.initrd_has_index = true;
	f.present[0] = "nvme";
	f.present[1] = "nvme_core";
	f.present[2] = "sd_mod";
	f.kernel.initrd_modules.n = 3;
	f.kernel.initrd_lvm = (struct names){ names, 2 };
	f.files[0] = (struct guest_file){ "/etc/lvm/lvm.conf", TEXT("old"), NULL, 0644 };
	f.g.n_files = 1;
	ck_assert_int_eq(plan_write_text(&p, &f.g, "/etc/lvm/lvm.conf",
					 strdup("new text"), WHY("r", "x"), NULL),
			 0);
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 2);
	CLEANUP_BYTES struct bytes seen = { 0 };
	ck_assert_int_eq(bytes_set(&seen, "", 0), 0);
	const struct initrd_source src = { read_bytes, &p.edits[1].data };
	ck_assert_int_eq(initrd_list(&src, note, NULL, &seen, NULL), 0);
	ck_assert_str_eq(seen.data, "etc/lvm/lvm.conf 8\netc/lvm/lvmlocal.conf 33\n");
	f.kernel.initrd_lvm.n = 3;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &again, NULL), 0);
	ck_assert_uint_eq(again.n_edits, 0);
}
END_TEST

START_TEST(test_portable)
{
	struct fixture f;
	const struct request q = { .target = target("aws"), .portable = true };
	CLEANUP_PLAN struct plan p = { 0 };

	setup(&f);
	f.kernel.initrd_dir = "lib/modules/6.1.0";
	f.kernel.initrd_has_index = true;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	CLEANUP_BYTES struct bytes seen = appended(&p);
	ck_assert_str_eq(
		seen.data,
		LIST_NVME("lib/modules/6.1.0") "lib/modules/6.1.0/kernel/virtio.ko.xz 6\n"
					       "lib/modules/6.1.0/kernel/"
					       "virtio_blk.ko.xz 3\n");
}
END_TEST

START_TEST(test_nothing_to_do)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_WANTS struct wants w = { 0 };

	setup(&f);
	f.present[0] = "nvme_core";
	f.present[1] = "nvme";
	f.present[2] = "sd_mod";
	f.kernel.initrd_modules.n = 3;
	ck_assert_int_eq(step_initramfs.want(&f.g, &q, &w, NULL), 0);
	ck_assert_uint_eq(w.n, 0);
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 0);
}
END_TEST

START_TEST(test_want)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	CLEANUP_WANTS struct wants w = { 0 };

	setup(&f);
	ck_assert_int_eq(step_initramfs.want(&f.g, &q, &w, NULL), 0);
	ck_assert_uint_eq(w.n, 4);
	ck_assert_str_eq(w.v[0].path, DIR "/kernel/nvme.ko.xz");
	ck_assert(w.v[0].flags & WANT_BINARY);
	ck_assert_str_eq(w.v[3].path, DIR "/modules.dep.bin");
}
END_TEST

START_TEST(test_network)
{
	static const struct {
		const char *cmdline;
		bool net;
	} lines[] = {
		{ "ro ip=dhcp", true },
		{ "rd.neednet=1", true },
		{ "root=/dev/nfs ro", true },
		{ "zip=1 quiet", false },
		{ NULL, false },
	};
	const struct request q = { .target = target("kvm") };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct fixture f;
		CLEANUP_PLAN struct plan p = { 0 };

		setup(&f);
		f.entry.cmdline = (char *)lines[i].cmdline;
		ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
		CLEANUP_BYTES struct bytes seen = appended(&p);
		ck_assert((strstr(seen.data, "virtio_net") != NULL) == lines[i].net);
	}
}
END_TEST

/* What names the interfaces is planned before, and goes where the network is started. */
START_TEST(test_names)
{
	static const char link[] = "/etc/systemd/network/10-libconvert-lan0.link";
	const struct request q = { .target = target("kvm") };

	for (int net = 0; net < 2; net++) {
		struct fixture f;
		CLEANUP_PLAN struct plan p = { 0 };

		setup(&f);
		f.entry.cmdline = (char *)(net ? "ip=lan0:dhcp" : "quiet");
		ck_assert_int_eq(plan_write_text(&p, &f.g, link, strdup("[Match]\n"),
						 WHY("net-name", "x"), NULL),
				 0);
		ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
		CLEANUP_BYTES struct bytes seen = appended_behind(&p, 1);
		ck_assert((strstr(seen.data, link + 1) != NULL) == net);
	}
}
END_TEST

START_TEST(test_driver_missing)
{
	struct fixture f;
	const struct request q = { .target = target("xen") };
	struct kernel two[2];
	CLEANUP_PLAN struct plan p = { 0 }, other = { 0 };
	struct cvt_error err = { 0 };

	setup(&f);
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, &err), -ENODEV);
	ck_assert_str_eq(err.id, "no-driver");
	ck_assert_ptr_nonnull(strstr(err.msg, "no driver 'xen_blkfront' for target xen"));
	/* Not the kernel that boots: a warning. */
	two[0] = f.kernel;
	two[1] = f.kernel;
	two[0].is_default = false;
	two[1].builtin = (struct names){ (char *[]){ "xen_blkfront" }, 1 };
	two[0].initrd = two[1].initrd = NULL;
	f.g.kernels = two;
	f.g.n_kernels = 2;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &other, &err), 0);
	ck_assert_uint_eq(other.n_warnings, 1);
	ck_assert_str_eq(other.warnings[0].id, "kernel-lacks-driver");
	/* No default is known: enough that one has it, an error if none. */
	two[1].is_default = false;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &other, &err), 0);
	two[1].builtin.n = 0;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &other, &err), -ENODEV);
}
END_TEST

START_TEST(test_no_initramfs)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	CLEANUP_PLAN struct plan p = { 0 };

	struct cvt_error err = { 0 };

	setup(&f);
	f.kernel.initrd = NULL;
	f.kernel.is_default = false;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_uint_eq(p.n_warnings, 1);
	ck_assert_str_eq(p.warnings[0].id, "kernel-no-initramfs");
	/* The machine would not find its root. */
	f.kernel.is_default = true;
	ck_assert_int_lt(step_initramfs.plan(&f.g, &q, &p, &err), 0);
	ck_assert_str_eq(err.id, "no-driver");
	ck_assert_str_eq(err.path, f.kernel.image);
}
END_TEST

START_TEST(test_unknown_default)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	struct boot_entry entry = { .kernel = (char *)"/boot/vmlinuz-9", .is_default = true };
	CLEANUP_PLAN struct plan known = { 0 }, unknown = { 0 };

	setup(&f);
	f.g.entries = &entry;
	f.g.n_entries = 1;
	f.kernel.is_default = true;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &known, NULL), 0);
	ck_assert_uint_eq(known.n_warnings, 0);
	f.kernel.is_default = false;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &unknown, NULL), 0);
	ck_assert_uint_eq(unknown.n_warnings, 1);
	ck_assert_str_eq(unknown.warnings[0].id, "kernel-unknown");
	ck_assert_str_eq(unknown.warnings[0].path, "/boot/vmlinuz-9");
}
END_TEST

START_TEST(test_room)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	struct cvt_error err = { 0 };
	CLEANUP_PLAN struct plan p = { 0 }, q2 = { 0 };

	setup(&f);
	f.space[1] = MIB + 8191;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, &err), -ENOSPC);
	ck_assert_str_eq(err.id, "no-space");
	ck_assert_str_eq(err.path, "/boot");
	ck_assert_ptr_nonnull(strstr(err.msg, "need 2 MiB, 1 MiB are free"));
	f.space[1] = MIB + 8192;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &q2, &err), 0);
}
END_TEST

START_TEST(test_unlisted)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	CLEANUP_PLAN struct plan p = { 0 }, broken = { 0 }, no_udev = { 0 };
	struct cvt_error err = { 0 };

	setup(&f);
	f.kernel.initrd_listed = false;
	f.kernel.initrd_why = "lzo";
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 1);
	ck_assert_str_eq(p.warnings[0].id, "initramfs-unreadable");
	f.kernel.initrd_broken = true;
	f.kernel.is_default = false;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &broken, NULL), 0);
	ck_assert_uint_eq(broken.n_edits, 0);
	ck_assert_str_eq(broken.warnings[0].id, "initramfs-unreadable");
	f.kernel.is_default = true;
	ck_assert_int_lt(step_initramfs.plan(&f.g, &q, &broken, &err), 0);
	ck_assert_str_eq(err.id, "file-invalid");
	ck_assert_str_eq(err.path, f.kernel.initrd);
	setup(&f);
	f.kernel.initrd_has_udev = false;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &no_udev, NULL), 0);
	ck_assert_uint_eq(no_udev.n_edits, 1);
	ck_assert_str_eq(no_udev.warnings[0].id, "initramfs-no-udev");
}
END_TEST

/* modules.dep names a file that is not there: what is there still goes in, and if there
 * is nothing, nothing is appended, so that a second run ends.
 */
START_TEST(test_file_missing)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	CLEANUP_PLAN struct plan p = { 0 }, none = { 0 };
	struct cvt_error err = { 0 };

	setup(&f);
	f.files[0].path = "/elsewhere";
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 1);
	ck_assert_str_eq(p.warnings[0].id, "module-file-missing");
	for (int i = 0; i < 6; i++)
		f.files[i].path = "/elsewhere";
	ck_assert_int_lt(step_initramfs.plan(&f.g, &q, &none, &err), 0);
	ck_assert_str_eq(err.id, "no-driver");
	f.kernel.is_default = false;
	f.g.n_entries = 0;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &none, NULL), 0);
	ck_assert_uint_eq(none.n_edits, 0);
}
END_TEST

START_TEST(test_shared)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	struct kernel two[2];
	CLEANUP_PLAN struct plan p = { 0 };

	setup(&f);
	two[0] = two[1] = f.kernel;
	f.g.kernels = two;
	f.g.n_kernels = 2;
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 1);
	ck_assert_str_eq(p.warnings[0].id, "initramfs-shared");
}
END_TEST

/* The initramfs holds a copy of the blacklist that step_drivers takes away in the guest.
 */
START_TEST(test_blacklist)
{
	struct fixture f;
	const struct request q = { .target = target("aws") };
	CLEANUP_PLAN struct plan p = { 0 };

	setup(&f);
	f.g.n_files = 10;
	f.present[0] = "nvme_core";
	f.present[1] = "nvme";
	f.present[2] = "sd_mod";
	f.kernel.initrd_modules.n = 3;
	ck_assert_int_eq(step_drivers.plan(&f.g, &q, &p, NULL), 0);
	ck_assert_str_eq(plan_text(&p, &f.g, "/etc/modprobe.d/a.conf"),
			 "# blacklist nvme\n");
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 2);
	CLEANUP_BYTES struct bytes seen = { 0 };
	const struct initrd_source src = { read_bytes, &p.edits[1].data };
	ck_assert_int_eq(initrd_list(&src, note, NULL, &seen, NULL), 0);
	ck_assert_str_eq(seen.data, "etc/modprobe.d/a.conf 17\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-initramfs");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_one_target);
	tcase_add_test(tc, test_portable);
	tcase_add_test(tc, test_load_script);
	tcase_add_test(tc, test_many_modules);
	tcase_add_test(tc, test_lvm_files);
	tcase_add_test(tc, test_nothing_to_do);
	tcase_add_test(tc, test_want);
	tcase_add_test(tc, test_names);
	tcase_add_test(tc, test_network);
	tcase_add_test(tc, test_driver_missing);
	tcase_add_test(tc, test_no_initramfs);
	tcase_add_test(tc, test_unknown_default);
	tcase_add_test(tc, test_room);
	tcase_add_test(tc, test_unlisted);
	tcase_add_test(tc, test_file_missing);
	tcase_add_test(tc, test_shared);
	tcase_add_test(tc, test_blacklist);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
