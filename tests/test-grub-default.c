/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NAME.in becomes NAME.out by all functions of the format, one after the other. */
#include <config.h>

#include "format/grub_default.h"
#include "grub-cases.h"

static glob_t corpus, vars;

static const struct cmdline_edits carried = { .consoles = sample_consoles };

static int rewrite(const struct bytes *in, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes value = { 0 }, a = { 0 }, b = { 0 };
	int r = grub_default_get(in->data, in->len, "GRUB_CMDLINE_LINUX", &value);

	if (r == 0)
		r = grub_default_edit(in->data, in->len, &sample_edits, NULL, &a);
	if (r == 0 && (!value.data || !strstr(value.data, "console=")))
		r = grub_default_extend(a.data, a.len, &carried, &b);
	else if (r == 0)
		b = bytes_take(&a);
	return r < 0 ? r : grub_default_allow_uuid(b.data, b.len, ret);
}

START_TEST(test_corpus)
{
	const char *path = corpus.gl_pathv[_i];
	CLEANUP_BYTES struct bytes in = slurp(path), want = slurp_beside(path, ".out");
	CLEANUP_BYTES struct bytes once = { 0 }, twice = { 0 };

	ck_assert_int_eq(rewrite(&in, &once), 0);
	ck_assert_str_eq(once.data, want.data);
	ck_assert(bytes_equal(&once, &want));
	ck_assert_int_eq(rewrite(&once, &twice), 0);
	ck_assert_str_eq(twice.data, once.data);
}
END_TEST

static int edit_vars(const struct bytes *in, struct bytes *ret)
{
	return loader_vars_edit(in->data, in->len, &sample_edits, ret);
}

START_TEST(test_loader_vars)
{
	corpus_check(vars.gl_pathv[_i], edit_vars);
}
END_TEST

static const struct {
	const char *text, *value;
	size_t kept_line;
} values[] = {
	{ "GRUB_CMDLINE_LINUX=\"a b\"\n", "a b", 0 },
	{ "GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX='b'", "b", 0 },
	{ "GRUB_CMDLINE_LINUX=a\n GRUB_CMDLINE_LINUX+=' b'\n", "a  b", 2 },
	{ "export GRUB_CMDLINE_LINUX=a # c\n", "a", 0 },
	{ "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX b\"\n", " $GRUB_CMDLINE_LINUX b", 1 },
	{ "GRUB_CMDLINE_LINUX=\"a\" console=x true\n", NULL, 1 },
	{ "#GRUB_CMDLINE_LINUX=a\n", NULL, 0 },
	{ "GRUB_CMDLINE_LINUX=\"a\n", " a\n", 1 },
	{ "X=\"$(sed 's,#,,' /f)\"\nGRUB_CMDLINE_LINUX=\"a=\\\"b c\\\"\"\n", "a=\"b c\"",
	  0 },
};

START_TEST(test_value)
{
	CLEANUP_BYTES struct bytes value = { 0 }, out = { 0 };
	const struct cmdline_edits none = { 0 };
	const char *text = values[_i].text;
	size_t line = 99;

	ck_assert_int_eq(
		grub_default_get(text, strlen(text), "GRUB_CMDLINE_LINUX", &value), 0);
	ck_assert_pstr_eq(value.data, values[_i].value);
	ck_assert_int_eq(grub_default_edit(text, strlen(text), &none, &line, &out), 0);
	ck_assert_uint_eq(line, values[_i].kept_line);
	ck_assert_str_eq(out.data, text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grub_default");
	TCase *tc = tcase_create("all");

	if (corpus_open("grub_default/*.in", &corpus) != 0 ||
	    corpus_open("loader_vars/*.in", &vars) != 0)
		return 99;
	tcase_add_loop_test(tc, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_loader_vars, 0, (int)vars.gl_pathc);
	tcase_add_loop_test(tc, test_value, 0, (int)ARRAY_SIZE(values));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
