/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/file_contexts.h"
#include "step/step.h"
#include "suite.h"

static const char policy[] = "# comment\n"
			     "/.*\tsystem_u:object_r:default_t:s0\n"
			     "/etc(/.*)?   u:r:etc:s0\n"
			     "/etc/shadow\\.bak -- u:r:shadow:s0\n"
			     "/etc/shadow.* -- u:r:late:s0\n"
			     "/etc/mtab -- <<none>>\n"
			     "/usr/lib/systemd/system(/.*)? u:r:unit:s0\n"
			     "/var/run/.* u:r:run:s0\n"
			     "/dev/null -c u:r:null:s0\n"
			     "/a|/b u:r:ab:s0\n"
			     "/third u:r:third:s0\n"
			     "/x* -d u:r:x:s0\n"
			     "/broken( u:r:broken:s0\n"
			     "too few\n"
			     "/etc/odd -? u:r:odd:s0\n";

static const struct {
	const char *path;
	mode_t mode;
	const char *label;
} cases[] = {
	{ "/srv", S_IFDIR, "system_u:object_r:default_t:s0" },
	{ "/etc", S_IFDIR, "u:r:etc:s0" },
	{ "/etc/fstab", S_IFREG, "u:r:etc:s0" },
	/* What is exact comes before what stands later. */
	{ "/etc/shadow.bak", S_IFREG, "u:r:shadow:s0" },
	{ "/etc/shadow-", S_IFREG, "u:r:late:s0" },
	{ "/etc/shadow-", S_IFLNK, "u:r:etc:s0" },
	{ "/etc/mtab", S_IFREG, NULL },
	{ "/etc/mtab", S_IFLNK, "u:r:etc:s0" },
	{ "/etc/systemd/system/x.service", S_IFLNK, "u:r:unit:s0" },
	{ "/run/x", S_IFREG, "u:r:run:s0" },
	/* Of substitutions the last one of a file, then those of the next. */
	{ "/run/lock/x", S_IFREG, "u:r:etc:s0" },
	{ "/top/etc/x", S_IFREG, "u:r:etc:s0" },
	{ "/first", S_IFREG, "u:r:third:s0" },
	{ "/running", S_IFREG, "system_u:object_r:default_t:s0" },
	{ "/dev/null", S_IFREG, "system_u:object_r:default_t:s0" },
	{ "/dev/null", S_IFCHR, "u:r:null:s0" },
	{ "/b", S_IFREG, "u:r:ab:s0" },
	{ "/xx", S_IFDIR, "u:r:x:s0" },
	{ "/", S_IFDIR, "u:r:x:s0" },
	{ "/broken(", S_IFREG, "system_u:object_r:default_t:s0" },
	{ "/etc/odd", S_IFREG, "u:r:etc:s0" },
};

static struct file_contexts *load(void)
{
	struct file_contexts *f = file_contexts_new();

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(file_contexts_add(f, policy), 0);
	ck_assert_int_eq(file_contexts_add_subs(f, "/run /var/run\n# x y\nodd\n"
						   "/etc/systemd/system "
						   "/usr/lib/systemd/system\n"
						   "/run/lock /etc\n/top /\n"
						   "/first /second\n"),
			 0);
	ck_assert_int_eq(file_contexts_add_subs(f, "/second /third\n"), 0);
	return f;
}

START_TEST(test_lookup)
{
	CLEANUP_FILE_CONTEXTS struct file_contexts *f = load();
	const char *label = "x";

	ck_assert_int_eq(file_contexts_lookup(f, cases[_i].path, cases[_i].mode, &label), 0);
	ck_assert_pstr_eq(label, cases[_i].label);
}
END_TEST

/* An expression that goes back and forth is given up, and many of them end it all. */
START_TEST(test_slow)
{
	CLEANUP_FILE_CONTEXTS struct file_contexts *f = file_contexts_new();
	CLEANUP_BYTES struct bytes text = { 0 };
	const char *label;

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(bytes_append(&text, "/((a+)+)+[xy] l\n", 16), 0);
	ck_assert_int_eq(file_contexts_add(f, text.data), 0);
	ck_assert_int_eq(
		file_contexts_lookup(f, "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", S_IFREG,
				     &label),
		-ELOOP);
	ck_assert_int_eq(file_contexts_lookup(f, "/b", S_IFREG, &label), -ELOOP);
}
END_TEST

/* Each match stays below the bounds, or each expression, and all of them are too much. */
static const char *const dear[] = { "/etc/(.*)[xy] l\n", "(([^a][^b]){30}){30} l\n" };

START_TEST(test_dear)
{
	CLEANUP_FILE_CONTEXTS struct file_contexts *f = file_contexts_new();
	CLEANUP_BYTES struct bytes text = { 0 };
	const char *label;
	int r = 0;

	for (int i = 0; i < 65536; i++)
		r |= bytes_append(&text, dear[_i], strlen(dear[_i]));
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(file_contexts_add(f, text.data), 0);
	for (int i = 0; i < 5 && r == 0; i++)
		r = file_contexts_lookup(f, "/etc/systemd/system/multi-user.target",
					 S_IFREG, &label);
	ck_assert_int_eq(r, -ELOOP);
}
END_TEST

/* --- the step --- */

#define DIR "/etc/selinux/targeted/contexts/files/file_contexts"

static void plan_new(const char *config, struct plan *p)
{
	struct guest_file files[] = {
		{ (char *)"/etc/fstab", { (char *)"old", 3, 0 }, NULL, 0644 },
		{ (char *)"/etc/selinux/config",
		  { (char *)config, strlen(config), 0 }, NULL, 0644 },
		{ (char *)DIR, { (char *)policy, strlen(policy), 0 }, NULL, 0644 },
	};
	const struct guest g = { .files = files, .n_files = ARRAY_SIZE(files) };
	const struct request q = { .target = target_find("kvm") };

	ck_assert_int_eq(plan_write_text(p, &g, "/etc/fstab", strdup("new"), WHY("r", "x"),
					 NULL),
			 0);
	ck_assert_int_eq(plan_write_text(p, &g, "/etc/new/file", strdup("new"),
					 WHY("r", "x"), NULL),
			 0);
	ck_assert_int_eq(plan_symlink(p, &g, "/srv/link", "/x", WHY("r", "x"), NULL), 0);
	ck_assert_int_eq(step_labels.plan(&g, &q, p, NULL), 0);
	ck_assert_uint_eq(p->n_edits, 3);
}

START_TEST(test_step)
{
	CLEANUP_PLAN struct plan p = { 0 };

	plan_new("SELINUX=enforcing\nSELINUXTYPE=targeted\n", &p);
	ck_assert_ptr_null(edit_label(&p.edits[0]));
	ck_assert_str_eq(edit_label(&p.edits[1]), "u:r:etc:s0");
	ck_assert_uint_eq(p.edits[1].n_labels, 3);
	ck_assert_str_eq(p.edits[1].labels[1].path, "/etc/new");
	ck_assert_str_eq(edit_label(&p.edits[2]), "system_u:object_r:default_t:s0");
}
END_TEST

static const char *const without[] = {
	"SELINUX=disabled\nSELINUXTYPE=targeted\n",
	"SELINUX=enforcing\nSELINUXTYPE=mls\n",
	"SELINUX=enforcing\nSELINUXTYPE=../../x\n",
	"SELINUX=enforcing\n",
	"",
};

START_TEST(test_without)
{
	CLEANUP_PLAN struct plan p = { 0 };

	plan_new(without[_i], &p);
	ck_assert_ptr_null(edit_label(&p.edits[1]));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("file-contexts");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, test_lookup, 0, ARRAY_SIZE(cases));
	tcase_add_test(t, test_slow);
	tcase_add_loop_test(t, test_dear, 0, ARRAY_SIZE(dear));
	tcase_add_test(t, test_step);
	tcase_add_loop_test(t, test_without, 0, ARRAY_SIZE(without));
	suite_add_tcase(s, t);
	return suite_run(s);
}
