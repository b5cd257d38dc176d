/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/pe.h"
#include "format/uki.h"
#include "step/step.h"
#include "suite.h"

#define HEADERS 0x400
#define TABLE (0x80 + 24 + 240)
#define UNIT 0x200     /* of the file */
#define MEMORY 0x1000u /* of sections in memory */

static void put(char *at, unsigned long v, int n)
{
	for (int i = 0; i < n; i++)
		at[i] = (char)(v >> 8 * i & 0xff);
}

static unsigned long get32(const char *at)
{
	const unsigned char *d = (const unsigned char *)at;

	return d[0] | (unsigned long)d[1] << 8 | (unsigned long)d[2] << 16 |
	       (unsigned long)d[3] << 24;
}

struct part {
	const char *name, *text;
};

static const struct part parts[] = {
	{ ".text", "stub" },
	{ ".cmdline", "root=/dev/sda1 quiet" },
	{ ".initrd", "archive" },
	{ ".linux", "MZ kernel" },
};

/* PE32+, a page in memory and a block in the file for each section. */
static struct bytes image(void)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_append_zeros(&b, HEADERS), 0);
	memcpy(b.data, "MZ", 2);
	put(b.data + 0x3c, 0x80, 4);
	memcpy(b.data + 0x80, "PE\0\0", 4);
	put(b.data + 0x84, PE_X86_64, 2);
	put(b.data + 0x86, ARRAY_SIZE(parts), 2);
	put(b.data + 0x94, 240, 2);
	put(b.data + 0x98, 0x20b, 2);
	put(b.data + 0x98 + 32, MEMORY, 4);
	put(b.data + 0x98 + 36, UNIT, 4);
	put(b.data + 0x98 + 56, (ARRAY_SIZE(parts) + 1) * MEMORY, 4);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char *h = b.data + TABLE + 40 * i;
		size_t n = strlen(parts[i].text);

		memcpy(h, parts[i].name, strlen(parts[i].name));
		put(h + 8, n, 4);
		put(h + 12, MEMORY * (i + 1), 4);
		put(h + 16, UNIT, 4);
		put(h + 20, HEADERS + UNIT * i, 4);
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t n = strlen(parts[i].text);

		ck_assert_int_eq(bytes_append(&b, parts[i].text, n), 0);
		ck_assert_int_eq(bytes_append_zeros(&b, UNIT - n), 0);
	}
	return b;
}

static void expect(const struct bytes *b, const char *name, const char *text)
{
	uint64_t offset, size;

	ck_assert(pe_section(b, name, &offset, &size));
	ck_assert_uint_eq(size, strlen(text));
	ck_assert_uint_le(offset + size, b->len);
	ck_assert(memcmp(b->data + offset, text, size) == 0);
}

/* In memory every section is apart from every other, in order, and inside of the image. */
static void expect_sound(const struct bytes *b)
{
	unsigned long end = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		const char *h = b->data + TABLE + 40 * i;

		ck_assert_uint_ge(get32(h + 12), end);
		ck_assert_uint_eq(get32(h + 12) % MEMORY, 0);
		end = get32(h + 12) + get32(h + 8);
		ck_assert_uint_le(get32(h + 20) + get32(h + 16), b->len);
	}
	ck_assert_uint_ge(get32(b->data + 0x98 + 56), end);
	ck_assert_uint_eq(pe_needs(b), b->len);
}

static const size_t sizes[] = {
	1, 21, UNIT, UNIT + 1, MEMORY, MEMORY + 1, 5 * MEMORY + 7
};

START_TEST(test_set)
{
	for (size_t k = 0; k < ARRAY_SIZE(parts); k++) {
		CLEANUP_BYTES struct bytes b = image(), out = { 0 }, text = { 0 };

		ck_assert_int_eq(bytes_append_zeros(&text, sizes[_i]), 0);
		memset(text.data, 'x', text.len);
		ck_assert_int_eq(uki_set(&b, parts[k].name, &text, &out), 0);
		expect_sound(&out);
		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			expect(&out, parts[i].name, i == k ? text.data : parts[i].text);
	}
}
END_TEST

START_TEST(test_refuse)
{
	CLEANUP_BYTES struct bytes b = image(), out = { 0 }, text = { 0 };
	char *cmdline = b.data + TABLE + 40;

	ck_assert_int_eq(bytes_set(&text, "x", 1), 0);
	ck_assert_int_eq(uki_set(&b, ".dtb", &text, &out), -ENOENT);
	put(b.data + 0x98 + 112 + 4 * 8 + 4, 8, 4);
	ck_assert(pe_is_signed(&b));
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), -EPERM);
	put(b.data + 0x98 + 112 + 4 * 8 + 4, 0, 4);
	put(cmdline + 20, HEADERS, 4); /* the content of .text */
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), -EINVAL);
	put(cmdline + 20, 0x80, 4); /* the headers */
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), -EINVAL);
	put(cmdline + 20, b.len, 4);
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), -EINVAL);
	put(cmdline + 20, HEADERS + UNIT, 4);
	put(b.data + 0x98 + 36, 3, 4);
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), -EINVAL);
	/* Content would be padded to that. */
	put(b.data + 0x98 + 32, 1u << 30, 4);
	put(b.data + 0x98 + 36, 1u << 30, 4);
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), -EINVAL);
	put(b.data + 0x98 + 32, MEMORY, 4);
	put(b.data + 0x98 + 36, UNIT, 4);
	put(b.data + 0x86, 97, 2);
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), -EINVAL);
	for (size_t n = 0; n < HEADERS; n++) {
		struct bytes cut = { b.data, n, 0 };

		ck_assert_int_eq(uki_set(&cut, ".cmdline", &text, &out), -EINVAL);
	}
	ck_assert_ptr_null(out.data);
}
END_TEST

/* What would move behind another profile would be of that one. */
START_TEST(test_profiles)
{
	CLEANUP_BYTES struct bytes b = image(), out = { 0 }, text = { 0 };

	memcpy(b.data + TABLE + 2 * 40, ".profile", 8);
	ck_assert_int_eq(bytes_append_zeros(&text, MEMORY + 1), 0);
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), -EINVAL);
	text.len = MEMORY;
	ck_assert_int_eq(uki_set(&b, ".cmdline", &text, &out), 0);
}
END_TEST

/* --- steps --- */

#define UKI "/efi/EFI/Linux/x.efi"

static struct device devices[] = {
	{ .name = "disk1", .disk = 0 },
	{ .name = "disk1p1", .disk = 0, .part = 1, .type = "ext4", .uuid = "1111-2222" },
};
static struct mount mounts[] = { { 1, "/" } };
static struct module modules[] = { { (char *)"nvme", (char *)"nvme.ko", { 0 } } };

struct fixture {
	struct guest_file files[2];
	struct boot_entry entry;
	struct kernel kernel;
	struct guest g;
	struct plan p;
};

static void setup(struct fixture *f, struct bytes *b)
{
	uint64_t offset = 0, size = 0;

	ck_assert(pe_section(b, ".initrd", &offset, &size));
	*f = (struct fixture){
		.files = { { (char *)UKI, *b, NULL, 0644 },
			   { (char *)"/lib/modules/6/nvme.ko",
			     { (char *)"module", 6, 0 },
			     NULL,
			     0644 } },
		.entry = { .title = (char *)"x",
			   .config = (char *)UKI,
			   .id = (char *)"x",
			   .cmdline = (char *)parts[1].text,
			   .image = (char *)UKI,
			   .initramfs = (char *)UKI,
			   .is_uki = true,
			   .is_default = true },
		.kernel = { .version = (char *)"6",
			    .image = (char *)UKI,
			    .initrd = (char *)UKI,
			    .initrd_offset = offset,
			    .initrd_size = size,
			    .modules_dir = (char *)"/lib/modules/6",
			    .modules = modules,
			    .n_modules = 1,
			    .initrd_listed = true,
			    .initrd_has_udev = true,
			    .is_uki = true,
			    .is_default = true },
		.g = { .devices = devices,
		       .n_devices = 2,
		       .n_disks = 1,
		       .mounts = mounts,
		       .n_mounts = 1,
		       .n_files = 2,
		       .n_entries = 1,
		       .n_kernels = 1,
		       .loader = (char *)"systemd-boot" },
	};
	f->g.files = f->files;
	f->g.entries = &f->entry;
	f->g.kernels = &f->kernel;
}

START_TEST(test_steps)
{
	CLEANUP_BYTES struct bytes b = image();
	struct request q = { .target = target_find("aws") };
	CLEANUP_WANTS struct wants w = { 0 };
	const struct bytes *now;
	uint64_t offset, size;
	struct fixture f;

	setup(&f, &b);
	ck_assert_int_eq(step_bootloader.want(&f.g, &q, &w, NULL), 0);
	ck_assert_str_eq(w.v[w.n - 1].path, UKI);
	ck_assert_int_eq(step_bootloader.plan(&f.g, &q, &f.p, NULL), 0);
	ck_assert_int_eq(step_initramfs.plan(&f.g, &q, &f.p, NULL), 0);
	ck_assert_uint_eq(f.p.n_edits, 1);
	now = plan_data(&f.p, &f.g, UKI);
	expect_sound(now);
	expect(now, ".cmdline",
	       "root=UUID=1111-2222 quiet console=tty0 console=ttyS0,115200n8 "
	       "nvme_core.io_timeout=4294967295");
	expect(now, ".linux", parts[3].text);
	ck_assert(pe_section(now, ".initrd", &offset, &size));
	ck_assert(memcmp(now->data + offset, parts[2].text, strlen(parts[2].text)) == 0);
	ck_assert_ptr_nonnull(memmem(now->data + offset, size, "\x1f\x8b", 2));
	plan_clear(&f.p);
}
END_TEST

/* Signed: an error where the machine would not find its root, else a warning. */
START_TEST(test_signed)
{
	CLEANUP_BYTES struct bytes b = image();
	struct request q = { .target = target_find("aws") };
	CLEANUP_WANTS struct wants w = { 0 };
	struct cvt_error err = { 0 };
	struct fixture f;

	setup(&f, &b);
	f.entry.is_signed = f.kernel.is_signed = true;
	ck_assert_int_eq(step_bootloader.want(&f.g, &q, &w, NULL), 0);
	ck_assert_str_ne(w.v[w.n - 1].path, UKI);
	ck_assert_int_lt(step_bootloader.plan(&f.g, &q, &f.p, &err), 0);
	ck_assert_str_eq(err.id, "file-signed");
	ck_assert_str_eq(err.path, UKI);
	ck_assert_int_lt(step_initramfs.plan(&f.g, &q, &f.p, &err), 0);
	ck_assert_str_eq(err.id, "file-signed");
	plan_clear(&f.p);
	f.entry.cmdline = (char *)"root=UUID=1111-2222";
	ck_assert_int_eq(step_bootloader.plan(&f.g, &q, &f.p, &err), 0);
	ck_assert_uint_eq(f.p.n_edits, 0);
	ck_assert_str_eq(f.p.warnings[0].id, "uki-signed");
	plan_clear(&f.p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("uki");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, test_set, 0, ARRAY_SIZE(sizes));
	tcase_add_test(t, test_refuse);
	tcase_add_test(t, test_profiles);
	tcase_add_test(t, test_steps);
	tcase_add_test(t, test_signed);
	suite_add_tcase(s, t);
	return suite_run(s);
}
