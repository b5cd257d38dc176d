/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/crypttab.h"
#include "format/options.h"
#include "suite.h"

static glob_t corpus;

/* What the corpus shows: a bus name becomes a UUID, "data" becomes optional. */
static int edit_entry(struct crypttab *c, const struct crypttab_entry *e)
{
	CLEANUP_FREE char *options = NULL;
	int r = 0;

	if (strcmp(e->device, "/dev/sda3") == 0)
		r = crypttab_set(c, CRYPTTAB_DEVICE,
				 "UUID=7b0d3f52-6c1e-4e0a-9d55-1f2a3b4c5d6e");
	if (r < 0 || strcmp(e->name, "data") != 0)
		return r;
	options = options_with(e->options, "nofail");
	return options ? crypttab_set(c, CRYPTTAB_OPTIONS, options) : -ENOMEM;
}

static int edit(const struct bytes *in, struct bytes *out)
{
	CLEANUP_CRYPTTAB struct crypttab c = { 0 };
	struct crypttab_entry e;
	int r = crypttab_open(&c, in->data, in->len, NULL);

	while (r == 0 && (r = crypttab_next(&c, &e)) > 0)
		r = edit_entry(&c, &e);
	return r < 0 ? r : crypttab_finish(&c, out);
}

START_TEST(test_corpus)
{
	corpus_check(corpus.gl_pathv[_i], edit);
}
END_TEST

START_TEST(test_entries)
{
	static const char text[] =
		"# c\nname /dev/sda1\nalone\nn d k luks,discard more\n";
	CLEANUP_CRYPTTAB struct crypttab c = { 0 };
	struct crypttab_entry e;

	ck_assert_int_eq(crypttab_open(&c, text, sizeof(text) - 1, NULL), 0);
	ck_assert_int_eq(crypttab_next(&c, &e), 1);
	ck_assert_uint_eq(e.lineno, 2);
	ck_assert_str_eq(e.name, "name");
	ck_assert_str_eq(e.device, "/dev/sda1");
	ck_assert_str_eq(e.key, "none");
	ck_assert_str_eq(e.options, "");
	ck_assert_int_eq(crypttab_next(&c, &e), 1);
	ck_assert_str_eq(e.key, "k");
	ck_assert_str_eq(e.options, "luks,discard");
	ck_assert_int_eq(crypttab_next(&c, &e), 0);
	ck_assert_uint_eq(c.n_malformed, 1);
	ck_assert_uint_eq(c.malformed, 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("crypttab");
	TCase *tc = tcase_create("all");
	int r;

	if (corpus_open("crypttab/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(tc, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_test(tc, test_entries);
	suite_add_tcase(s, tc);
	r = suite_run(s);
	globfree(&corpus);
	return r;
}
