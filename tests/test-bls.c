/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/bls.h"
#include "format/version.h"
#include "suite.h"

/* In the order of UAPI.10, older first; then what it says of equal ones. */
static const char *const versions[] = {
	"~rc1",	 "",	    "122.1",	 "123~rc1", "123",     "123-a",	 "123-a.1",
	"123-1", "123-1.1", "123^post1", "123.a-1", "123.1-1", "123a-1", "124",
};

START_TEST(test_version)
{
	size_t n = ARRAY_SIZE(versions);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			int r = version_compare(versions[i], versions[j]);

			ck_assert_msg((r > 0) - (r < 0) == (i > j) - (i < j),
				      "'%s' and '%s': %d", versions[i], versions[j], r);
		}
	ck_assert_int_eq(version_compare("01.002", "1.2"), 0);
	ck_assert_int_eq(version_compare("1_2", "1-2") < 0,
			 version_compare("1-2", "1_2") > 0);
}
END_TEST

static const struct {
	const char *name, *id;
	bool is_spent;
} names[] = {
	{ "6.1.conf", "6.1.conf", false },    { "6.1+3.conf", "6.1.conf", false },
	{ "6.1+0-3.conf", "6.1.conf", true }, { "6.1+2-1.conf", "6.1.conf", false },
	{ "g++.conf", "g++.conf", false },    { "1+deb12.conf", "1+deb12.conf", false },
	{ "x+00-2.efi", "x.efi", true },
};

START_TEST(test_name)
{
	CLEANUP_BLS struct bls b = { 0 };

	ck_assert_int_eq(bls_parse(names[_i].name, "", 0, &b), 0);
	ck_assert_str_eq(b.id, names[_i].id);
	ck_assert_int_eq(b.is_spent, names[_i].is_spent);
	ck_assert_ptr_null(b.kernel);
}
END_TEST

START_TEST(test_parse)
{
	static const char text[] =
		"# comment\n title\tFedora \r\nversion 6.1\nlinux /vmlinuz-6.1\n"
		"initrd /a.img $tuned_initrd\ninitrd  /b.img\noptions root=UUID=x ro\n"
		"options quiet\nsort-key fedora\nunknown x\nmachine-id";
	CLEANUP_BLS struct bls b = { 0 };

	ck_assert_int_eq(bls_parse("x.conf", text, strlen(text), &b), 0);
	ck_assert_str_eq(b.title, "Fedora");
	ck_assert_str_eq(b.kernel, "/vmlinuz-6.1");
	ck_assert_uint_eq(b.initrds.n, 2);
	ck_assert_str_eq(b.initrds.v[1], "/b.img");
	ck_assert_str_eq(b.options.data, "root=UUID=x ro quiet");
	ck_assert_str_eq(b.sort_key, "fedora");
	ck_assert_str_eq(b.machine_id, "");
	ck_assert(!b.is_program);
	ck_assert_int_eq(bls_parse("x.conf", "efi /x.efi\n", 11, &b), 0);
	ck_assert(b.is_program);
}
END_TEST

/* In the order of the menu; each of these is "NAME|key value|…". */
static const char *const menu[] = {
	"z.conf|sort-key a|version 2",
	"y.conf|sort-key a|version 10~rc1",
	"a.conf|sort-key a|version 1",
	"b.conf|sort-key b|machine-id 1|version 1",
	"b.conf|sort-key b|machine-id 2|version 3",
	"6.10.conf|",
	"6.9.conf|",
	"6.11+0.conf|",
};

static struct bls parse(const char *line)
{
	struct bls b = { 0 };
	CLEANUP_FREE char *copy = strdup(line);
	char *text = strchr(copy, '|');

	*text++ = '\0';
	for (char *c = text; *c; c++)
		*c = *c == '|' ? '\n' : *c;
	ck_assert_int_eq(bls_parse(copy, text, strlen(text), &b), 0);
	return b;
}

START_TEST(test_order)
{
	/* The first two stand the other way round. */
	static const size_t place[] = { 1, 0, 2, 3, 4, 5, 6, 7 };

	for (size_t i = 0; i < ARRAY_SIZE(menu); i++)
		for (size_t j = 0; j < ARRAY_SIZE(menu); j++) {
			CLEANUP_BLS struct bls a = parse(menu[place[i]]);
			CLEANUP_BLS struct bls b = parse(menu[place[j]]);
			int r = bls_compare(&a, &b);

			ck_assert_msg((r > 0) - (r < 0) == (i > j) - (i < j),
				      "%s, %s: %d", menu[place[i]], menu[place[j]], r);
		}
}
END_TEST

START_TEST(test_matches)
{
	char stars[2000] = "";

	ck_assert(bls_matches("debian-*", "debian-6.1.conf"));
	ck_assert(bls_matches("debian-6.1.conf", "debian-6.1.conf"));
	ck_assert(bls_matches("Debian-6.1", "debian-6.1.conf"));
	ck_assert(!bls_matches("debian", "debian-6.1.conf"));
	ck_assert(!bls_matches("@saved", "debian-6.1.conf"));
	/* It takes as long as it is, for each entry. */
	memset(stars, '*', sizeof(stars) - 1);
	ck_assert(!bls_matches(stars, "debian-6.1.conf"));
}
END_TEST

static const struct {
	const char *in, *out;
} confs[] = {
	{ "timeout 3\ndefault a.conf\n", "timeout 3\ndefault n\n" },
	{ "default\ttab  \r\n#default x\n", "default\tn  \r\n#default x\n" },
	{ "timeout 3", "timeout 3\ndefault n\n" },
	{ "", "default n\n" },
	{ "default\nx y\ndefault b\n", "default n\nx y\n" },
	{ "default n\n", "default n\n" },
};

START_TEST(test_conf)
{
	CLEANUP_BYTES struct bytes out = { 0 }, value = { 0 };
	const char *in = confs[_i].in;

	ck_assert_int_eq(loader_conf_set(in, strlen(in), "default", "n", &out), 0);
	ck_assert_str_eq(out.data, confs[_i].out);
	ck_assert_int_eq(loader_conf_get(out.data, out.len, "default", &value), 0);
	ck_assert_str_eq(value.data, "n");
	ck_assert_int_eq(loader_conf_get(in, strlen(in), "console-mode", &value),
			 -ENOENT);
}
END_TEST

static int map(const struct cmdline_edits *e, const char *key, const char *value,
	       char **word)
{
	(void)value;
	if (strcmp(key, "root") == 0)
		*word = strdup(e->no_initrd ? "root=PARTUUID=p" : "root=UUID=u");
	return 0;
}

/* root= and the consoles of every file in the corpus. */
static void edit(const struct bytes *in, struct bytes *out)
{
	static const char *const consoles[] = { "tty0", "ttyS0", NULL };
	const struct cmdline_edits e = { .map = map,
					 .consoles = consoles,
					 .only_with = "root" };

	ck_assert_int_eq(bls_edit(in->data, in->len, &e, out), 0);
}

static glob_t corpus;

START_TEST(test_corpus)
{
	CLEANUP_BYTES struct bytes in = slurp(corpus.gl_pathv[_i]), out = { 0 };
	CLEANUP_BYTES struct bytes want = slurp_beside(corpus.gl_pathv[_i], ".out");
	CLEANUP_BYTES struct bytes again = { 0 };

	edit(&in, &out);
	ck_assert_msg(bytes_equal(&out, &want), "%s:\n%s", corpus.gl_pathv[_i], out.data);
	edit(&out, &again);
	ck_assert_msg(bytes_equal(&out, &again), "%s: a second run edits",
		      corpus.gl_pathv[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bls");
	TCase *t = tcase_create("all");

	if (corpus_open("bls/*.in", &corpus) != 0)
		return 99;
	tcase_add_test(t, test_version);
	tcase_add_loop_test(t, test_name, 0, ARRAY_SIZE(names));
	tcase_add_test(t, test_parse);
	tcase_add_test(t, test_order);
	tcase_add_test(t, test_matches);
	tcase_add_loop_test(t, test_conf, 0, ARRAY_SIZE(confs));
	tcase_add_loop_test(t, test_corpus, 0, (int)corpus.gl_pathc);
	suite_add_tcase(s, t);
	return suite_run(s);
}
