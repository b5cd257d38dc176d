/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/grubenv.h"
#include "suite.h"

#define HEAD "# GRUB Environment Block\n"

/* A block of 1024 bytes that holds @lines. */
static struct bytes block(const char *lines)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_set(&b, HEAD, strlen(HEAD)), 0);
	ck_assert_int_eq(bytes_append(&b, lines, strlen(lines)), 0);
	while (b.len < 1024)
		ck_assert_int_eq(bytes_append(&b, "#", 1), 0);
	return b;
}

static const struct {
	const char *lines, *name, *value;
	int code;
} gets[] = {
	{ "saved_entry=Linux, with x\n", "saved_entry", "Linux, with x", 0 },
	{ "a=1\nkernelopts=root=/dev/sda1 ro \nb=2\n", "kernelopts", "root=/dev/sda1 ro ",
	  0 },
	{ "a=1\\\\2\\\nb=3\n", "a", "1\\2\nb=3", 0 },
	{ "# WARNING: not by hand\na=\n", "a", "", 0 },
	{ "aa=1\n", "a", NULL, -ENOENT },
	{ "", "a", NULL, -ENOENT },
};

START_TEST(test_get)
{
	CLEANUP_BYTES struct bytes b = block(gets[_i].lines), out = { 0 };

	ck_assert_int_eq(grubenv_get(&b, gets[_i].name, &out), gets[_i].code);
	ck_assert_pstr_eq(out.data, gets[_i].value);
}
END_TEST

static const struct {
	const char *before, *value, *after;
} sets[] = {
	{ "a=1\nb=2\n", "3", "a=3\nb=2\n" }, { "b=2\n", "3", "b=2\na=3\n" },
	{ "", "x\\y", "a=x\\\\y\n" },	     { "a=long value\nb=2\n", "", "a=\nb=2\n" },
	{ "a=1\n", "1", "a=1\n" },
};

START_TEST(test_set)
{
	CLEANUP_BYTES struct bytes b = block(sets[_i].before),
				   want = block(sets[_i].after);
	CLEANUP_BYTES struct bytes out = { 0 };

	ck_assert_int_eq(grubenv_set(&b, "a", sets[_i].value, &out), 0);
	ck_assert_uint_eq(out.len, 1024);
	ck_assert_str_eq(out.data, want.data);
}
END_TEST

START_TEST(test_refuse)
{
	CLEANUP_BYTES struct bytes b = block("a=1\n"), none = { 0 }, out = { 0 };
	char big[1024];

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert_int_eq(grubenv_set(&b, "a", big, &out), -ENOSPC);
	ck_assert_int_eq(grubenv_set(&b, "a", "1\n2", &out), -EINVAL);
	ck_assert_int_eq(grubenv_set(&none, "a", "1", &out), -EINVAL);
	ck_assert_int_eq(grubenv_get(&none, "a", &out), -EINVAL);
	ck_assert_int_eq(bytes_set(&none, "a=1\n####", 8), 0);
	ck_assert_int_eq(grubenv_get(&none, "a", &out), -EINVAL);
	ck_assert_ptr_null(out.data);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grubenv");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_get, 0, (int)ARRAY_SIZE(gets));
	tcase_add_loop_test(tc, test_set, 0, (int)ARRAY_SIZE(sets));
	tcase_add_test(tc, test_refuse);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
