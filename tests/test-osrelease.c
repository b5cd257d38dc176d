/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/osrelease.h"
#include "suite.h"

static const struct {
	const char *what, *in, *key, *out;
} cases[] = {
	{ "plain", "ID=debian\n", "ID", "debian" },
	{ "double quotes", "NAME=\"Debian GNU/Linux\"\n", "NAME", "Debian GNU/Linux" },
	{ "single quotes", "NAME='a \\ b'\n", "NAME", "a \\ b" },
	{ "escapes", "NAME=\"a \\\"b\\\" \\$c\"\n", "NAME", "a \"b\" $c" },
	{ "no last newline", "A=1\nID=x", "ID", "x" },
	{ "carriage return", "ID=x\r\n", "ID", "x" },
	{ "last wins", "ID=a\nID=b\n", "ID", "b" },
	{ "a prefix is not the key", "ID_LIKE=a\n", "ID", NULL },
	{ "comment", "#ID=a\n", "ID", NULL },
	{ "unfinished quote", "ID=\"a\n", "ID", "a" },
	{ "backslash at the end", "ID=a\\", "ID", "a\\" },
	{ "empty value", "ID=\n", "ID", "" },
	{ "empty file", "", "ID", NULL },
	{ "indented", "  ID=a\n", "ID", "a" },
};

START_TEST(test_table)
{
	CLEANUP_FREE char *got = NULL;
	int r = osrelease_get(cases[_i].in, cases[_i].key, &got);

	ck_assert_msg(r == (cases[_i].out ? 0 : -ENOENT), "%s: %d", cases[_i].what, r);
	if (cases[_i].out)
		ck_assert_str_eq(got, cases[_i].out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("osrelease");
	TCase *tc = tcase_create("get");

	tcase_add_loop_test(tc, test_table, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
