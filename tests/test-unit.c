/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/unit.h"
#include "suite.h"

/* What= of [Mount] becomes "NEW". */
static const struct {
	const char *what, *in, *value, *out; /* value NULL: not there */
} cases[] = {
	{ "plain", "[Unit]\nWhat=/x\n[Mount]\nWhat=/dev/sdb1\nWhere=/d\n", "/dev/sdb1",
	  "[Unit]\nWhat=/x\n[Mount]\nWhat=NEW\nWhere=/d\n" },
	{ "blanks", " [Mount] \n  What =\t /dev/sdb1 \t\n", "/dev/sdb1",
	  " [Mount] \n  What =\t NEW \t\n" },
	{ "the last one holds", "[Mount]\nWhat=/a\nWhat=/b", "/b",
	  "[Mount]\nWhat=/a\nWhat=NEW" },
	{ "in two parts", "[Mount]\nWhat=/a\n[Unit]\nA=b\n[Mount]\nWhat=/b\n", "/b",
	  "[Mount]\nWhat=/a\n[Unit]\nA=b\n[Mount]\nWhat=NEW\n" },
	{ "empty takes back", "[Mount]\nWhat=/a\nWhat=\nWhere=/b\n", NULL, NULL },
	{ "CRLF", "[Mount]\r\nWhat=/dev/sdb1\r\nWhere=/d\r\n", "/dev/sdb1",
	  "[Mount]\r\nWhat=NEW\r\nWhere=/d\r\n" },
	{ "comments", "[Mount]\n#What=/a\n;What=/b\n # \\\nWhat=/c\n", "/c",
	  "[Mount]\n#What=/a\n;What=/b\n # \\\nWhat=NEW\n" },
	{ "inside of another value", "[Mount]\nOptions=a,\\\nWhat=/b\n", NULL, NULL },
	{ "behind a comment inside", "[Mount]\nOptions=a,\\\n# c\nWhat=/b\nWhat=/c\n",
	  "/c", "[Mount]\nOptions=a,\\\n# c\nWhat=/b\nWhat=NEW\n" },
	{ "goes on", "[Mount]\nWhat=/a\\\n/b\nWhere=/d\n", "/a\\\n/b",
	  "[Mount]\nWhat=NEW\nWhere=/d\n" },
	{ "a longer key", "[Mount]\nWhatever=/a\nWhat\n", NULL, NULL },
	{ "a longer section", "[Mounts]\nWhat=/a\n[Mount\nWhat=/b\n", NULL, NULL },
	{ "ends in a backslash", "[Mount]\nWhat=/a\\", "/a\\", "[Mount]\nWhat=NEW" },
	{ "nothing", "", NULL, NULL },
	{ "key at the end", "[Mount]\nWhat=", NULL, NULL },
};

START_TEST(test_table)
{
	CLEANUP_FREE char *value = NULL;
	CLEANUP_BYTES struct bytes out = { 0 };
	int r = unit_get(cases[_i].in, "Mount", "What", &value);

	if (!cases[_i].value) {
		ck_assert_msg(r == 0, "%s: %s", cases[_i].what, value);
		ck_assert_int_eq(unit_set(cases[_i].in, "Mount", "What", "NEW", &out),
				 -ENOENT);
		return;
	}
	ck_assert_msg(r == 1, "%s", cases[_i].what);
	ck_assert_str_eq(value, cases[_i].value);
	ck_assert_int_eq(unit_set(cases[_i].in, "Mount", "What", "NEW", &out), 0);
	ck_assert_str_eq(out.data, cases[_i].out);
	ck_assert_int_eq(unit_set(cases[_i].in, "Mount", "What", "a\nb", &out), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("unit");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_table, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
