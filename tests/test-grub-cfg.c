/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAME.in becomes NAME.out by the edits of grub-cases.h, and its menu is NAME.menu. */
#include <config.h>

#include "grub-cases.h"

static glob_t corpus;

START_TEST(test_corpus)
{
	const char *path = corpus.gl_pathv[_i];
	CLEANUP_BYTES struct bytes in = slurp(path), want = slurp_beside(path, ".out");
	CLEANUP_BYTES struct bytes once = { 0 }, twice = { 0 };

	ck_assert_int_eq(sample_grub_cfg(&in, &once), 0);
	ck_assert_str_eq(once.data, want.data);
	ck_assert(bytes_equal(&once, &want));
	ck_assert_int_eq(sample_grub_cfg(&once, &twice), 0);
	ck_assert(bytes_equal(&twice, &once));
}
END_TEST

START_TEST(test_menu)
{
	const char *path = corpus.gl_pathv[_i];
	CLEANUP_BYTES struct bytes in = slurp(path), want = slurp_beside(path, ".menu");
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	CLEANUP_FREE char *text = NULL;

	ck_assert_int_eq(grub_cfg_entries(in.data, in.len, "Advanced>old", &cfg), 0);
	text = menu_text(&cfg);
	ck_assert_str_eq(text, want.data);
}
END_TEST

#define E(t) "menuentry '" t "' --id id-" t " {\nlinux /" t "\n}\n"
#define MENU E("a") "submenu 'S>x' --id s {\n" E("b") E("c") "}\n" E("d")

static const struct {
	const char *def, *saved, *title;
} defaults[] = {
	{ "", NULL, "a" },
	{ "set default=\"0\"\n", NULL, "a" },
	{ "set default=2\n", NULL, "d" },
	{ "default=2\n", NULL, "d" },
	{ "set default=9\n", NULL, "a" },
	{ "set default=99999999999999999999\n", NULL, "a" },
	{ "set default='1>1'\n", NULL, "c" },
	{ "set default=1\n", NULL, "b" },
	{ "set default='S>>x>c'\n", NULL, "c" },
	{ "set default='s>id-c'\n", NULL, "c" },
	{ "set default='gone'\n", NULL, "a" },
	{ "set default=\"${saved_entry}\"\n", NULL, "a" },
	{ "set default=\"${saved_entry}\"\n", "", "a" },
	{ "set default=\"${saved_entry}\"\n", "d", "d" },
	{ "set default=\"${saved_entry}\"\n", "id-d", "d" },
	{ "set default=\"${saved_entry}\"\n", "1>0", "b" },
	{ "if [ \"$next_entry\" ]; then set default=\"${next_entry}\"\n"
	  "else set default=2; fi\n",
	  NULL, "d" },
	{ "set default=2\nfunction f {\nset default=0\n}\n", NULL, "d" },
};

START_TEST(test_default)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	CLEANUP_FREE char *text = NULL;
	size_t marked = 0;

	ck_assert(asprintf(&text, "%s%s", defaults[_i].def, MENU) > 0);
	ck_assert_int_eq(grub_cfg_entries(text, strlen(text), defaults[_i].saved, &cfg),
			 0);
	ck_assert_uint_eq(cfg.n, 5);
	for (size_t i = 0; i < cfg.n; i++) {
		if (!cfg.entries[i].is_default)
			continue;
		ck_assert_str_eq(cfg.entries[i].title, defaults[_i].title);
		marked++;
	}
	ck_assert_uint_eq(marked, 1);
}
END_TEST

/* Nothing in it is worth a change, and nothing must be: deep nesting, no end, NULs. */
START_TEST(test_hostile)
{
	static const char *const parts[] = {
		"{",	       "}",	     "'",  "\"", "menuentry x {\n",
		"submenu x {", "linux a b ", "\\", "${", "\0",
	};
	CLEANUP_BYTES struct bytes in = { 0 }, out = { 0 };
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };

	for (int i = 0; i < 6000; i++)
		ck_assert_int_eq(bytes_append(&in, parts[_i],
					      strlen(parts[_i]) ? strlen(parts[_i]) : 1),
				 0);
	ck_assert_int_eq(sample_grub_cfg(&in, &out), 0);
	ck_assert(bytes_equal(&in, &out));
	ck_assert_int_eq(grub_cfg_entries(in.data, in.len, NULL, &cfg), 0);
	ck_assert_uint_le(cfg.n, 4096);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grub_cfg");
	TCase *tc = tcase_create("all");

	if (corpus_open("grub_cfg/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(tc, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_menu, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_default, 0, (int)ARRAY_SIZE(defaults));
	tcase_add_loop_test(tc, test_hostile, 0, 10);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
