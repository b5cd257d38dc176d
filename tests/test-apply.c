/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An edit that fails takes back those before it: every operation is made to fail once. */
#include <config.h>

#include "apply/apply.h"
#include "tree.h"

static void make_plan(struct plan *p, struct guest *g)
{
	struct bytes more = { strdup("more"), 4 };
	struct bytes old = { strdup("old\n"), 4 }, gone = { strdup("gone\n"), 5 };

	ck_assert_int_eq(guest_add_file(g, "/etc/a", &old, 0600), 0);
	ck_assert_int_eq(guest_add_file(g, "/etc/gone", &gone, 0644), 0);
	ck_assert_int_eq(
		plan_write_text(p, g, "/etc/a", strdup("new\n"), WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(plan_append(p, "/boot/i", 3, &more, WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(
		plan_write_text(p, g, "/etc/b", strdup("b\n"), WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(plan_symlink(p, g, "/etc/l", "/dev/null", WHY("r", "x"), NULL),
			 0);
	ck_assert_int_eq(plan_remove(p, g, "/etc/gone", WHY("r", "x"), NULL), 0);
}

static void check_original(void)
{
	CLEANUP_BYTES struct bytes a = tree_get("/etc/a"), i = tree_get("/boot/i"),
				   gone = tree_get("/etc/gone");
	char path[512];

	ck_assert_str_eq(a.data, "old\n");
	ck_assert_str_eq(i.data, "ini");
	ck_assert_str_eq(gone.data, "gone\n");
	tree_path(path, sizeof(path), "/etc/b");
	ck_assert_int_ne(access(path, F_OK), 0);
	tree_path(path, sizeof(path), "/etc/l");
	ck_assert_int_ne(access(path, F_OK), 0);
}

/* The change _i is what a rule is about, from 1; past the last one all succeed. */
static void check_rollback(const char *rule, int number, const char *how, int want,
			   const char *id)
{
	const struct engine_options options = { .writable = true };
	const struct timespec mtime = { .tv_sec = 1 };
	CLEANUP_ENGINE struct engine *e = NULL;
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };
	struct context ctx = { 0 };
	char rules[64];
	int r;

	tree_put("/etc/a", "old\n");
	tree_put("/etc/gone", "gone\n");
	tree_put("/boot/i", "ini");
	make_plan(&p, &g);
	ck_assert_int_eq(engine_open(&ctx, "dir", NULL, tree, &options, &e, &err), 0);
	ck_assert_int_eq(engine_mount(e, NULL, 0, "/", true, &err), 0);
	snprintf(rules, sizeof(rules), "%s:%d%s", rule, number, how);
	ck_assert_int_eq(engine_trace_wrap(&e, rules, &err), 0);
	r = apply_plan(e, &g, &p, &mtime, &err);
	if (number <= 5) {
		ck_assert_int_eq(r, want);
		ck_assert_str_eq(err.id, id);
		check_original();
		return;
	}
	ck_assert_msg(r == 0, "%s", err.msg);
	CLEANUP_BYTES struct bytes a = tree_get("/etc/a"), i = tree_get("/boot/i"),
				   b = tree_get("/etc/b");
	ck_assert_str_eq(a.data, "new\n");
	ck_assert_str_eq(i.data, "inimore");
	ck_assert_str_eq(b.data, "b\n");
}

START_TEST(test_rollback)
{
	check_rollback("fail=change", _i, ":EIO", -EIO, "engine-failed");
}
END_TEST

START_TEST(test_no_space)
{
	check_rollback("fail=change", _i, ":ENOSPC", -ENOSPC, "no-space");
}
END_TEST

/* An interruption does not keep what was done from being taken back. */
START_TEST(test_interrupted)
{
	check_rollback("cancel=change", _i, "", -ECANCELED, "interrupted");
}
END_TEST

/* A new file whose label cannot be set does not stay. */
static void check_label(const char *rules)
{
	const struct engine_options options = { .writable = true };
	CLEANUP_ENGINE struct engine *e = NULL;
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };
	struct context ctx = { 0 };

	tree_put("/etc/a", "old\n");
	tree_put("/etc/gone", "gone\n");
	tree_put("/boot/i", "ini");
	make_plan(&p, &g);
	for (size_t i = 0; i < p.n_edits; i++)
		if (p.edits[i].is_new)
			ck_assert_int_eq(
				edit_add_label(&p.edits[i], p.edits[i].path, "u:r:t"), 0);
	ck_assert_int_eq(engine_open(&ctx, "dir", NULL, tree, &options, &e, &err), 0);
	ck_assert_int_eq(engine_mount(e, NULL, 0, "/", true, &err), 0);
	ck_assert_int_eq(engine_trace_wrap(&e, rules, &err), 0);
	ck_assert_int_eq(apply_plan(e, &g, &p, NULL, &err), -EIO);
	check_original();
}

START_TEST(test_label)
{
	check_label("fail=label:/etc/b:EIO");
	check_label("fail=label:/etc/l:EIO");
}
END_TEST

/* What the plan did not know of, and what is in its way, is not taken for its own work. */
START_TEST(test_in_the_way)
{
	const struct engine_options options = { .writable = true };
	CLEANUP_ENGINE struct engine *e = NULL;
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };
	struct context ctx = { 0 };

	tree_put("/etc/a", "old\n");
	tree_put("/etc/gone", "gone\n");
	tree_put("/boot/i", "ini");
	tree_put("/etc/l", "mine\n");
	make_plan(&p, &g);
	ck_assert_int_eq(engine_open(&ctx, "dir", NULL, tree, &options, &e, &err), 0);
	ck_assert_int_lt(apply_plan(e, &g, &p, NULL, &err), 0);
	ck_assert_str_eq(err.id, "apply-failed");
	CLEANUP_BYTES struct bytes l = tree_get("/etc/l"), a = tree_get("/etc/a");
	ck_assert_str_eq(l.data, "mine\n");
	ck_assert_str_eq(a.data, "old\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("apply");
	TCase *tc = tcase_create("rollback");

	tcase_add_checked_fixture(tc, tree_setup, tree_teardown);
	tcase_add_loop_test(tc, test_rollback, 1, 7);
	tcase_add_loop_test(tc, test_no_space, 1, 7);
	tcase_add_loop_test(tc, test_interrupted, 1, 7);
	tcase_add_test(tc, test_label);
	tcase_add_test(tc, test_in_the_way);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
