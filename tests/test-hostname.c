/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "hostnames.h"
#include "suite.h"

static glob_t corpus;

START_TEST(test_corpus)
{
	const char *path = corpus.gl_pathv[_i];

	if (strstr(path, "/hosts-"))
		corpus_check(path, rename_hosts);
	else if (strstr(path, "/file-"))
		corpus_check(path, rename_file);
	else
		corpus_check(path, rename_shell);
}
END_TEST

static const struct {
	const char *what, *old, *name, *in, *out;
} hosts[] = {
	{ "a new domain", "web", "new.org", "127.0.1.1 web.com web\n",
	  "127.0.1.1 new.org new.org\n" },
	{ "an old domain", "web.com", "new", "127.0.1.1 web.com web\n",
	  "127.0.1.1 new new\n" },
	{ "both", "web.com", "new.org", "127.0.1.1 web.com web web.lan\n",
	  "127.0.1.1 new.org new new.org\n" },
	{ "localhost is everybody's", "localhost.localdomain", "new",
	  "127.0.0.1 localhost.localdomain localhost\n",
	  "127.0.0.1 localhost.localdomain localhost\n" },
	{ "no old name", "", "new", "127.0.1.1 web\n", "127.0.1.1 web\n" },
};

START_TEST(test_hosts)
{
	CLEANUP_BYTES struct bytes out = { 0 }, again = { 0 };

	ck_assert_int_eq(hostname_in_hosts(hosts[_i].in, strlen(hosts[_i].in),
					   hosts[_i].old, hosts[_i].name, &out),
			 0);
	ck_assert_msg(strcmp(out.data, hosts[_i].out) == 0, "%s: %s", hosts[_i].what,
		      out.data);
	/* The next run finds the new name in the guest. */
	ck_assert_int_eq(hostname_in_hosts(out.data, out.len, hosts[_i].name,
					   hosts[_i].name, &again),
			 0);
	ck_assert_str_eq(again.data, out.data);
}
END_TEST

START_TEST(test_valid)
{
	static const char *const good[] = {
		"a", "web-1", "Web.example.com", "1a",
		("a234567890123456789012345678901234567890123456"
		 "789012345678901234")
	};
	static const char *const bad[] = {
		"",
		"-a",
		"a-",
		"a..b",
		".a",
		"a.",
		"a.-b",
		"a-.b",
		"a_b",
		"a b",
		"a\nb",
		"\xc3\xa4",
		("a2345678901234567890123456789012345678901234567890"
		 "123456789012345")
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert_msg(hostname_is_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(!hostname_is_valid(bad[i]), "%s", bad[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hostname");
	TCase *tc = tcase_create("hostname");

	if (corpus_open("hostname/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(tc, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_hosts, 0, (int)ARRAY_SIZE(hosts));
	tcase_add_test(tc, test_valid);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
