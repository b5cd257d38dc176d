/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <endian.h>

#include "format/pe.h"
#include "format/swap.h"
#include "step/step.h"
#include "suite.h"

#define MIB 2048 /* sectors */
#define UUID "0a1b2c3d-1111-2222-3333-444455556666"
#define SHIM "/usr/lib/shim/shimx64.efi.signed"
#define GRUB "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"
#define UNSIGNED "/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi"
#define CFG "menuentry x {\n\tlinux /boot/vmlinuz root=UUID=1\n}\n"
#define CFG16 "menuentry x {\n\tlinux16 /vmlinuz root=UUID=1\n\tinitrd16 /i\n}\n"

static void put(char *at, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		at[i] = (char)(v >> 8 * i & 0xff);
}

/* A PE image for @machine; of GRUB, with @prefix in its section "mods", unless that is NULL. */
static struct bytes image(unsigned machine, const char *prefix)
{
	struct bytes b = { 0 };
	size_t n = prefix ? strlen(prefix) + 1 : 0;

	ck_assert_int_eq(bytes_append_zeros(&b, 0x200), 0);
	memcpy(b.data, "MZ", 2);
	put(b.data + 0x3c, 0x80, 4);
	memcpy(b.data + 0x80, "PE\0\0", 4);
	put(b.data + 0x84, machine, 2);
	put(b.data + 0x86, prefix ? 1 : 0, 2);
	if (!prefix)
		return b;
	memcpy(b.data + 0x98, "mods", 4);
	put(b.data + 0x98 + 8, 32 + 8 + n, 4);
	put(b.data + 0x98 + 16, 32 + 8 + n, 4);
	put(b.data + 0x98 + 20, 0x100, 4);
	put(b.data + 0x100, 0x676d696d, 4);
	put(b.data + 0x108, 24, 8);
	put(b.data + 0x110, 32 + n, 8);
	put(b.data + 0x118, 3, 4);
	put(b.data + 0x11c, 8 + n, 4);
	memcpy(b.data + 0x120, prefix, n);
	return b;
}

static void add_file(struct guest *g, const char *path, struct bytes b)
{
	ck_assert_int_eq(guest_add_file(g, path, &b, 0644), 0);
}

static void add_text(struct guest *g, const char *path, const char *text)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_set(&b, text, strlen(text)), 0);
	add_file(g, path, b);
}

static struct device *add_device(struct guest *g, const char *name, const char *type,
				 uint64_t first, uint64_t sectors)
{
	struct device *d = guest_add_device(g);

	ck_assert_ptr_nonnull(d);
	d->name = strdup(name);
	d->type = strdup(type);
	d->part = (unsigned)(name[strlen(name) - 1] - '0');
	d->offset = first * 512;
	d->size = sectors * 512;
	return d;
}

static void add_mbr(struct guest *g, uint64_t root_end, uint64_t swap_start, uint64_t swap_size)
{
	struct bytes mbr = { 0 }, page = { 0 };

	ck_assert_int_eq(bytes_append_zeros(&mbr, 512), 0);
	put(mbr.data + 446 + 4, 0x83, 1);
	put(mbr.data + 446 + 8, MIB, 4);
	put(mbr.data + 446 + 12, root_end - MIB, 4);
	put(mbr.data + 510, 0xaa55, 2);
	if (swap_size) {
		put(mbr.data + 462 + 4, 0x82, 1);
		put(mbr.data + 462 + 8, swap_start, 4);
		put(mbr.data + 462 + 12, swap_size, 4);
	}
	ck_assert_int_eq(pieces_add(&g->table.pieces, 0, &mbr), 0);
	if (!swap_size)
		return;
	ck_assert_int_eq(bytes_append_zeros(&page, 4096), 0);
	put(page.data + 1024, 1, 4);
	put(page.data + 1028, swap_size * 512 / 4096 - 1, 4);
	memcpy(page.data + 4086, swap_signature, 10);
	ck_assert_int_eq(pieces_add(&g->table.pieces, swap_start * 512, &page), 0);
	add_device(g, "disk1p2", "swap", swap_start, swap_size);
}

/* A disk of 1 GiB with a root of 600 MiB; what follows it is free. */
static void fill(struct guest *g)
{
	struct device *root = add_device(g, "disk1p1", "ext4", MIB, 599 * MIB);

	root->uuid = strdup(UUID);
	g->n_disks = 1;
	g->firmware = FIRMWARE_BIOS;
	g->hostname = strdup("web");
	g->loader = strdup("grub2");
	g->mounts = calloc(1, sizeof(*g->mounts));
	g->mounts[0].where = strdup("/");
	g->n_mounts = 1;
	g->table.disk.name = strdup("disk1");
	g->table.disk.size = (uint64_t)1024 * MIB * 512;
}

static void fill_files(struct guest *g)
{
	add_text(g, "/boot/grub/grub.cfg", CFG);
	add_text(g, "/etc/fstab", "UUID=1 / ext4 defaults 0 1");
	add_file(g, GRUB, image(PE_X86_64, "/EFI/debian"));
	add_file(g, SHIM, image(PE_X86_64, NULL));
}

static const struct edit *find(const struct plan *p, const char *path, uint64_t offset)
{
	for (size_t i = 0; i < p->n_edits; i++)
		if (strcmp(p->edits[i].path, path) == 0 && p->edits[i].offset == offset)
			return &p->edits[i];
	ck_abort_msg("no edit of %s at %llu", path, (unsigned long long)offset);
}

static const struct request uefi = { .firmware = FIRMWARE_UEFI };

START_TEST(test_free_room)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };
	const struct edit *e;

	fill(&g);
	fill_files(&g);
	add_mbr(&g, 600 * MIB, 0, 0);
	ck_assert_msg(step_firmware.plan(&g, &uefi, &p, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(p.n_edits, 4);
	e = find(&p, "disk1", 0);
	ck_assert_int_eq((unsigned char)e->data.data[462 + 4], 0xef);
	ck_assert(memcmp(e->data.data + 462 + 8, "\x00\xc0\x12\x00\x00\x00\x08\x00", 8) == 0);
	ck_assert(memcmp(e->data.data, e->before.data, 462) == 0);
	e = find(&p, "disk1", (uint64_t)600 * MIB * 512);
	ck_assert_ptr_nonnull(memmem(e->data.data, e->data.len, "BOOTX64 EFI", 11));
	ck_assert_ptr_nonnull(memmem(e->data.data, e->data.len,
				     "search.fs_uuid " UUID " root\n"
				     "set prefix=($root)'/boot/grub'\n"
				     "configfile $prefix/grub.cfg\n",
				     107));
	ck_assert_int_eq(find(&p, "/boot/efi", 0)->action, EDIT_DIRECTORY);
	e = find(&p, "/etc/fstab", 0);
	ck_assert_ptr_nonnull(strstr(e->data.data, "\nUUID="));
	ck_assert_ptr_nonnull(strstr(e->data.data, " /boot/efi vfat umask=0077,nofail 0 0\n"));
	ck_assert_str_eq(p.warnings[0].id, "loader-unmanaged");
}
END_TEST

START_TEST(test_swap)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };
	const struct edit *e;
	uint32_t last;

	fill(&g);
	fill_files(&g);
	add_mbr(&g, 600 * MIB, 600 * MIB, 424 * MIB);
	ck_assert_msg(step_firmware.plan(&g, &uefi, &p, &err) == 0, "%s", err.msg);
	e = find(&p, "disk1", 0);
	ck_assert_int_eq(e->data.data[462 + 4], (char)0x82);
	ck_assert_int_eq((unsigned char)e->data.data[478 + 4], 0xef);
	e = find(&p, "disk1", (uint64_t)600 * MIB * 512);
	memcpy(&last, e->data.data + 1028, 4);
	ck_assert_uint_eq(le32toh(last), 360 * 256 - 1);
	find(&p, "disk1", (uint64_t)960 * MIB * 512);
}
END_TEST

START_TEST(test_esp_is_there)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };

	fill(&g);
	fill_files(&g);
	g.esp = strdup("/boot/efi");
	ck_assert_int_eq(step_firmware.plan(&g, &uefi, &p, &err), 0);
	ck_assert_uint_eq(p.n_edits, 6);
	ck_assert_str_eq(p.edits[0].path, "/boot/efi/EFI/BOOT/BOOTX64.EFI");
	ck_assert(bytes_equal(&p.edits[0].data, &guest_file(&g, SHIM)->data));
	ck_assert_str_eq(p.edits[1].path, "/boot/efi/EFI/BOOT/grubx64.efi");
	ck_assert_str_eq(p.edits[2].path, "/boot/efi/EFI/BOOT/grub.cfg");
	ck_assert_str_eq(p.edits[3].path, "/boot/efi/EFI/debian/shimx64.efi");
	ck_assert_str_eq(p.edits[5].path, "/boot/efi/EFI/debian/grub.cfg");
}
END_TEST

/* What GRUB on the ESP is told, of a guest that @change has changed. */
static void expect_wrapper(void (*change)(struct guest *g), const char *want)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };

	fill(&g);
	change(&g);
	g.esp = strdup("/boot/efi");
	ck_assert_msg(step_firmware.plan(&g, &uefi, &p, &err) == 0, "%s", err.msg);
	for (size_t i = 0; i < p.n_edits; i++)
		if (strstr(p.edits[i].path, "/BOOT/grub.cfg")) {
			ck_assert_str_eq(p.edits[i].data.data, want);
			return;
		}
	ck_abort_msg("no grub.cfg");
}

/* RHEL 7: a /boot of its own, and files of packages where no ESP is mounted. */
static void rhel7(struct guest *g)
{
	struct device *boot = add_device(g, "disk1p2", "xfs", 700 * MIB, 100 * MIB);

	boot->uuid = strdup("b007");
	g->mounts = realloc(g->mounts, 2 * sizeof(*g->mounts));
	g->mounts[1] = (struct mount){ .device = 1, .where = strdup("/boot") };
	g->n_mounts = 2;
	add_text(g, "/boot/grub2/grub.cfg", CFG16);
	add_file(g, "/boot/efi/EFI/centos/grubx64.efi", image(PE_X86_64, "/EFI/centos"));
	add_file(g, "/boot/efi/EFI/centos/shimx64.efi", image(PE_X86_64, NULL));
}

static void subvolume(struct guest *g)
{
	free(g->devices[0].type);
	g->devices[0].type = strdup("btrfs");
	ck_assert_int_eq(guest_add_subvolume(g, 0, 256, "@"), 0);
	g->mounts[0].subvol = 256;
	add_text(g, "/boot/grub/grub.cfg", CFG);
	add_file(g, UNSIGNED, image(PE_X86_64, "(memdisk)/boot/grub"));
}

/* An image may say anything of where it looks: then EFI/BOOT is all that it gets. */
START_TEST(test_hostile_prefix)
{
	static const char *const prefixes[] = { "/EFI/../../etc", "/EFI/a/", "/EFI//a",
						"/EFI/a\nb" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		CLEANUP_GUEST struct guest g = { 0 };
		CLEANUP_PLAN struct plan p = { 0 };
		struct cvt_error err = { 0 };

		fill(&g);
		add_text(&g, "/boot/grub/grub.cfg", CFG);
		add_file(&g, UNSIGNED, image(PE_X86_64, prefixes[i]));
		g.esp = strdup("/boot/efi");
		ck_assert_msg(step_firmware.plan(&g, &uefi, &p, &err) == 0, "%s",
			      err.msg);
		ck_assert_uint_eq(p.n_edits, 2);
		for (size_t k = 0; k < p.n_edits; k++)
			ck_assert(strncmp(p.edits[k].path, "/boot/efi/EFI/BOOT/", 19) ==
				  0);
	}
}
END_TEST

START_TEST(test_wrappers)
{
	expect_wrapper(rhel7, "search.fs_uuid b007 root\nset prefix=($root)'/grub2'\n"
			      "function linux16 {\n\tlinuxefi \"$@\"\n}\n"
			      "function initrd16 {\n\tinitrdefi \"$@\"\n}\n"
			      "configfile $prefix/grub.cfg\n");
	expect_wrapper(subvolume, "search.fs_uuid " UUID " root\n"
				  "set prefix=($root)'/@/boot/grub'\n"
				  "configfile $prefix/grub.cfg\n");
}
END_TEST

static void lilo(struct guest *g)
{
	strcpy(g->loader, "lilo");
}

static void no_package(struct guest *g)
{
	for (size_t i = 0; i < g->n_files; i++)
		if (strstr(g->files[i].path, "grubx64"))
			put(g->files[i].data.data + 0x84, PE_ARM64, 2);
}

static void no_grub(struct guest *g)
{
	for (size_t i = 0; i < g->n_files; i++)
		if (strstr(g->files[i].path, "grubx64"))
			put(g->files[i].data.data + 0x11c, 0xffffffff, 4);
}

static void encrypted(struct guest *g)
{
	g->devices[0].kind = DEVICE_LUKS;
}

/* One of two disks of a volume group. */
static void encrypted_second(struct guest *g)
{
	struct device *luks, *lv;

	add_device(g, "disk1p3", "LVM2_member", 601 * MIB, 8);
	luks = add_device(g, "luks3", "LVM2_member", 0, 8);
	luks->kind = DEVICE_LUKS;
	lv = add_device(g, "vg/root1", "ext4", 0, 8);
	lv->kind = DEVICE_LV;
	lv->uuid = strdup(UUID);
	ck_assert_int_eq(device_add_below(lv, g->n_devices - 3), 0);
	ck_assert_int_eq(device_add_below(lv, g->n_devices - 2), 0);
	g->mounts[0].device = g->n_devices - 1;
}

static void nameless(struct guest *g)
{
	free(g->devices[0].uuid);
	g->devices[0].uuid = NULL;
}

static void no_disk(struct guest *g)
{
	free(g->table.disk.name);
	g->table.disk.name = NULL;
}

static void damaged(struct guest *g)
{
	g->table.fault = "its GPT is damaged";
}

static void member(struct guest *g)
{
	add_device(g, "disk1p0", "linux_raid_member", 0, 1024 * MIB);
}

static void no_entry(struct guest *g)
{
	for (uint64_t i = 1; i < 4; i++) {
		char *e = g->table.pieces.v[0].data.data + 446 + 16 * i;

		put(e + 4, 0x83, 1);
		put(e + 8, (700 + i) * MIB, 4);
		put(e + 12, 1, 4);
	}
}

/* The root has it all. */
static void no_room(struct guest *g)
{
	put(g->table.pieces.v[0].data.data + 446 + 12, 1000 * MIB, 4);
}

static void hostile_uuid(struct guest *g)
{
	strcpy(g->devices[0].uuid, "1;reboot");
}

/* btrfs without partitions, with GRUB in its first 64 KiB: the boot sector looks like an MBR. */
static void whole_disk(struct guest *g)
{
	struct device *d = &g->devices[0];

	memset(g->table.pieces.v[0].data.data + 446, 0, 64);
	strcpy(d->name, "disk1");
	d->part = 0;
	d->offset = 0;
	d->size = g->table.disk.size;
}

/* A slice of a BSD disklabel, say. */
static void unseen(struct guest *g)
{
	add_device(g, "disk1p5", "ext4", 700 * MIB, 100 * MIB);
}

static void over_config(struct guest *g)
{
	free(g->mounts[0].where);
	g->mounts[0].where = strdup("/boot/grub/grub.cfg");
}

static const struct {
	void (*harm)(struct guest *g);
	const char *why;
} impossible[] = {
	{ lilo, "its boot loader is not GRUB 2" },
	{ no_package, "no package has brought a GRUB for UEFI along" },
	{ no_grub, "no package has brought a GRUB for UEFI along" },
	{ encrypted, "the file system of its grub.cfg is encrypted" },
	{ encrypted_second, "the file system of its grub.cfg is encrypted" },
	{ nameless, "the file system of its grub.cfg has no UUID" },
	{ hostile_uuid, "the path of its grub.cfg is no plain text" },
	{ over_config, "the path of its grub.cfg is no plain text" },
	{ whole_disk, "its disk has no partitions, or is part of an array" },
	{ unseen, "its disk has more partitions than its partition table tells" },
	{ no_disk, "nothing is known of its disks" },
	{ damaged, "its GPT is damaged" },
	{ member, "its disk has no partitions, or is part of an array" },
	{ no_entry, "its partition table has no free entry" },
	{ no_room, "its disk has no 34 MiB that no partition has, and no swap partition "
		   "of 130 MiB "
		   "or more" },
};

START_TEST(test_impossible)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };
	CLEANUP_FREE char *want = NULL;

	fill(&g);
	fill_files(&g);
	add_mbr(&g, 600 * MIB, 0, 0);
	impossible[_i].harm(&g);
	ck_assert(asprintf(&want, "web cannot be made to boot by UEFI: %s", impossible[_i].why) > 0);
	ck_assert_int_lt(step_firmware.plan(&g, &uefi, &p, &err), 0);
	ck_assert_str_eq(err.id, "firmware-impossible");
	ck_assert_str_eq(err.msg, want);
}
END_TEST

START_TEST(test_nothing_to_do)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_WANTS struct wants w = { 0 };
	const struct request keep = { 0 }, bios = { .firmware = FIRMWARE_BIOS };
	struct cvt_error err = { 0 };

	fill(&g);
	ck_assert_int_eq(step_firmware.plan(&g, &keep, &p, NULL), 0);
	ck_assert_int_eq(step_firmware.plan(&g, &bios, &p, NULL), 0);
	g.firmware = FIRMWARE_UEFI;
	ck_assert_int_eq(step_firmware.want(&g, &uefi, &w, NULL), 0);
	ck_assert_int_eq(step_firmware.plan(&g, &uefi, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits + w.n, 0);
	ck_assert_int_lt(step_firmware.plan(&g, &bios, &p, &err), 0);
	ck_assert_str_eq(err.id, "firmware-impossible");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step_firmware");
	TCase *t = tcase_create("all");

	tcase_add_test(t, test_free_room);
	tcase_add_test(t, test_swap);
	tcase_add_test(t, test_esp_is_there);
	tcase_add_test(t, test_wrappers);
	tcase_add_test(t, test_hostile_prefix);
	tcase_add_loop_test(t, test_impossible, 0, ARRAY_SIZE(impossible));
	tcase_add_test(t, test_nothing_to_do);
	suite_add_tcase(s, t);
	return suite_run(s);
}
