/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "plan/plan.h"
#include "suite.h"

START_TEST(test_write_states_the_end)
{
	struct guest_file files[] = { { "/etc/a", { "old\n", 4 }, NULL, 0600 } };
	struct guest g = { .files = files, .n_files = 1 };
	CLEANUP_PLAN struct plan p = { 0 };

	ck_assert_int_eq(plan_write_text(&p, &g, "/etc/a", strdup("old\n"), WHY("r", "x"),
					 NULL),
			 0);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_int_eq(plan_write_text(&p, &g, "/etc/a", strdup("new\n"), WHY("r", "x"),
					 NULL),
			 0);
	ck_assert_int_eq(plan_write_text(&p, &g, "/etc/a", strdup("newer\n"),
					 WHY("s", "y"), NULL),
			 0);
	ck_assert_uint_eq(p.n_edits, 1);
	ck_assert_str_eq(plan_text(&p, &g, "/etc/a"), "newer\n");
	ck_assert(!p.edits[0].is_new);
	ck_assert_uint_eq(p.edits[0].rules.n, 2);
}
END_TEST

START_TEST(test_remove_and_link)
{
	struct guest_file files[] = { { "/etc/a", { "old\n", 4 }, NULL, 0600 } };
	struct guest g = { .files = files, .n_files = 1 };
	CLEANUP_PLAN struct plan p = { 0 };

	ck_assert_int_eq(plan_remove(&p, &g, "/etc/none", WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(plan_symlink(&p, &g, "/etc/a", "/dev/null", WHY("r", "x"), NULL),
			 0);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_int_eq(plan_remove(&p, &g, "/etc/a", WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(plan_symlink(&p, &g, "/etc/b", "/dev/null", WHY("r", "x"), NULL),
			 0);
	ck_assert_uint_eq(p.n_edits, 2);
	ck_assert_ptr_null(plan_text(&p, &g, "/etc/a"));
}
END_TEST

/* Of a device there are several, of a file at an offset one. */
START_TEST(test_patches)
{
	const struct bytes one = { "one", 3 }, two = { "two", 3 };
	struct bytes fill = { strdup("f"), 1 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct guest g = { 0 };

	ck_assert_int_eq(plan_patch(&p, "disk1", 0, &one, &one, WHY("r", "x"), NULL), 0);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_int_eq(plan_patch(&p, "disk1", 0, &one, &two, WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(plan_patch(&p, "disk1", 512, &one, &two, WHY("r", "x"), NULL),
			 0);
	ck_assert_int_eq(plan_patch(&p, "disk1", 512, &two, &one, WHY("r", "x"), NULL),
			 -EINVAL);
	ck_assert_int_eq(plan_patch(&p, "disk1", 514, &two, &one, WHY("r", "x"), NULL),
			 -EINVAL);
	ck_assert_int_eq(plan_patch(&p, "disk1", 510, &two, &one, WHY("r", "x"), NULL),
			 -EINVAL);
	ck_assert_int_eq(plan_fill(&p, "disk1", 1024, &fill, WHY("r", "x"), NULL), 0);
	ck_assert_uint_eq(p.n_edits, 3);
	ck_assert_uint_eq(p.edits[2].before.len, 0);
	ck_assert_int_eq(
		plan_write_text(&p, &g, "/etc/a", strdup("a"), WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(plan_patch(&p, "/etc/a", 0, &one, &two, WHY("r", "x"), NULL),
			 -EINVAL);
	ck_assert_int_eq(plan_directory(&p, "/boot/efi", WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(plan_directory(&p, "/boot/efi", WHY("r", "x"), NULL), 0);
	ck_assert_uint_eq(p.n_edits, 5);
}
END_TEST

START_TEST(test_warn_once)
{
	CLEANUP_PLAN struct plan p = { 0 };

	ck_assert_int_eq(plan_warn(&p, "id", "/a", NULL, "one %d", 1), 0);
	ck_assert_int_eq(plan_warn(&p, "id", "/a", NULL, "two"), 0);
	ck_assert_int_eq(plan_warn(&p, "id", "/b", "do it", "three"), 0);
	ck_assert_uint_eq(p.n_warnings, 2);
	ck_assert_str_eq(p.warnings[0].text, "one 1");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_write_states_the_end);
	tcase_add_test(tc, test_remove_and_link);
	tcase_add_test(tc, test_patches);
	tcase_add_test(tc, test_warn_once);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
