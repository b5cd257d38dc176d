/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long kernels and EFI programs have to be. */
#include <config.h>

#include <sys/stat.h>

#include "format/kernel_image.h"
#include "format/pe.h"
#include "suite.h"

static void put32(unsigned char *at, unsigned v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(v >> 8 * i);
}

/* A PE image with one section of 0x200 bytes at 0x400. */
static struct bytes make_pe(void)
{
	static unsigned char d[0x600] = "MZ";
	struct bytes b = { 0 };

	put32(d + 0x3c, 0x80);
	memcpy(d + 0x80, "PE\0\0", 4);
	put32(d + 0x84, PE_X86_64 | 1 << 16);
	put32(d + 0x80 + 20, 0xf0); /* optional header */
	put32(d + 0x80 + 24 + 0xf0 + 16, 0x200);
	put32(d + 0x80 + 24 + 0xf0 + 20, 0x400);
	ck_assert_int_eq(bytes_set(&b, d, sizeof(d)), 0);
	return b;
}

START_TEST(test_pe)
{
	CLEANUP_BYTES struct bytes b = make_pe();
	const struct bytes cut = { b.data, 0x90, 0 }, text = { (char *)"MZ\nPE", 5, 0 };

	ck_assert_uint_eq(pe_machine(&b), PE_X86_64);
	ck_assert_uint_eq(pe_needs(&b), 0x600);
	ck_assert_uint_eq(pe_machine(&cut), 0);
	ck_assert_uint_eq(pe_needs(&text), 0);
	/* A header that counts more sections than there is room for. */
	b.data[0x86] = b.data[0x87] = '\xff';
	ck_assert_uint_eq(pe_needs(&b), 0x80 + 24 + 0xf0 + 0xffffU * 40);
}
END_TEST

static const struct {
	const char *name;
	size_t at;
	const char *magic;
	size_t number_at;
	unsigned number;
	uint64_t needs;
} heads[] = {
	{ "bzImage", 0x202, "HdrS", 0x1f4, 0x1000, 5 * 512 + 0x10000 },
	{ "zboot", 4, "zimg", 12, 7000, 7000 },
	{ "vmlinux", 0, "\177ELF\2\1", 40, 5000, 5000 },
	{ "Image", 0x38, "ARM\x64", 16, 5000, 0 },
	{ "Image.gz", 0, "\x1f\x8b", 16, 5000, 0 },
	{ "Image of riscv", 0x38, "RSC\x05", 16, 5000, 0 },
	{ "zImage of Arm", 0x24, "\x18\x28\x6f\x01", 16, 5000, 0 },
	{ "image of s390x", 0x10008, "S390EP", 16, 5000, 0 },
	{ "uImage", 0, "\x27\x05\x19\x56", 16, 5000, 0 },
};

START_TEST(test_heads)
{
	unsigned char d[KERNEL_IMAGE_HEAD] = { 0 };
	uint64_t needs = 1;

	memcpy(d + heads[_i].at, heads[_i].magic, strlen(heads[_i].magic));
	put32(d + heads[_i].number_at, heads[_i].number);
	ck_assert_msg(kernel_image_needs(d, sizeof(d), &needs), "%s", heads[_i].name);
	ck_assert_uint_eq(needs, heads[_i].needs);
	/* No byte behind the end is looked at. */
	for (size_t len = 0; len < 0x210; len++) {
		CLEANUP_FREE unsigned char *exact = malloc(len + !len);

		memcpy(exact, d, len);
		(void)kernel_image_needs(exact, len, &needs);
	}
}
END_TEST

/* Who it is stands where the header points to; what is cut off, or no word, is nothing. */
START_TEST(test_release)
{
	static char d[2048];
	CLEANUP_FREE char *release = NULL, *none = NULL;

	memcpy(d + 0x202, "HdrS", 4);
	d[0x20e] = 0x10;
	d[0x20f] = 0x02;
	strcpy(d + 0x410, "6.1.0-13-amd64 (x@y) #1");
	ck_assert_int_eq(kernel_image_release(d, sizeof(d), &release), 0);
	ck_assert_str_eq(release, "6.1.0-13-amd64");
	for (size_t n = 0; n < 0x410 + 14; n++) {
		ck_assert_int_eq(kernel_image_release(d, n, &none), 0);
		ck_assert_ptr_null(none);
	}
	memset(d + 0x410, 'a', sizeof(d) - 0x410);
	ck_assert_int_eq(kernel_image_release(d, sizeof(d), &none), 0);
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(test_no_kernel)
{
	uint64_t needs = 1;

	ck_assert(!kernel_image_needs("#!/bin/sh", 9, &needs));
	ck_assert(!kernel_image_needs("", 0, &needs));
	ck_assert_uint_eq(needs, 0);
}
END_TEST

/* Kernels of this machine, where there are any: as long as they say. */
START_TEST(test_real)
{
	glob_t found;
	unsigned char head[KERNEL_IMAGE_HEAD];

	if (glob("/boot/vmlinuz-*", 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		CLEANUP_FCLOSE FILE *f = fopen(found.gl_pathv[i], "re");
		struct stat st;
		uint64_t needs;

		if (!f || fstat(fileno(f), &st) < 0 ||
		    fread(head, 1, sizeof(head), f) != sizeof(head))
			continue;
		ck_assert_msg(kernel_image_needs(head, sizeof(head), &needs), "%s",
			      found.gl_pathv[i]);
		ck_assert_msg(needs <= (uint64_t)st.st_size &&
				      needs + (1 << 16) > (uint64_t)st.st_size,
			      "%s has %llu bytes, and says %llu", found.gl_pathv[i],
			      (unsigned long long)st.st_size, (unsigned long long)needs);
	}
	globfree(&found);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("images");
	TCase *tc = tcase_create("images");

	tcase_add_test(tc, test_pe);
	tcase_add_loop_test(tc, test_heads, 0, ARRAY_SIZE(heads));
	tcase_add_test(tc, test_no_kernel);
	tcase_add_test(tc, test_release);
	tcase_add_test(tc, test_real);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
