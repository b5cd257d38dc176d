/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tests/corpus/lease/NAME.in is a file of a DHCP client, which calls it NAME; NAME.facts what it tells. */
#include <config.h>

#include "format/lease.h"
#include "suite.h"

static glob_t corpus;

START_TEST(test_file)
{
	const char *path = corpus.gl_pathv[_i];
	CLEANUP_FREE char *base = strdup(strrchr(path, '/') + 1);
	CLEANUP_BYTES struct bytes in = slurp(path), got = { 0 };
	CLEANUP_BYTES struct bytes want = slurp_beside(path, ".facts");
	CLEANUP_NICS struct nics nics = { 0 };
	struct cvt_error err = { 0 };

	base[strlen(base) - strlen(".in")] = '\0';
	ck_assert_int_eq(lease_read(base, &in, &nics, &err), 0);
	ck_assert_int_eq(bytes_set(&got, "", 0), 0);
	for (size_t i = 0; i < nics.n; i++) {
		CLEANUP_FREE char *line = NULL;

		ck_assert(asprintf(&line, "%s mac=%s\n", nics.v[i].name, nics.v[i].mac) >
			  0);
		ck_assert_int_eq(bytes_append(&got, line, strlen(line)), 0);
	}
	ck_assert_msg(bytes_equal(&got, &want), "%s:\n%s", path, got.data);
}
END_TEST

/* 4 MiB that mean nothing take no more than linear time, and little is kept. */
START_TEST(test_large)
{
	static const char *const pieces[] = {
		"lease {",
		"}",
		"\"",
		"\\",
		"#",
		"a ",
		"CLIENTID",
		"lease {interface \"a\";option dhcp-client-identifier 1:1:1:1:1:1:1;}",
	};
	static const char *const names[] = {
		"dhclient.leases",
		"internal-5fb06bd0-0bb0-7ffb-45f1-d6edd65f3e03-a.lease",
		"a.lease",
	};
	size_t len = (size_t)4 << 20, piece = strlen(pieces[_i]);
	CLEANUP_BYTES struct bytes in = { 0 };

	ck_assert_int_eq(bytes_append_zeros(&in, len), 0);
	for (size_t i = 0; i < len; i++)
		in.data[i] = pieces[_i][i % piece];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_NICS struct nics nics = { 0 };

		ck_assert_int_eq(lease_read(names[i], &in, &nics, NULL), 0);
		ck_assert_uint_le(nics.n, 1);
	}
}
END_TEST

/* Of one file no more than LEASES_MAX. */
START_TEST(test_many)
{
	CLEANUP_BYTES struct bytes in = { 0 };
	CLEANUP_NICS struct nics nics = { 0 };

	for (unsigned i = 0; i < 2 * LEASES_MAX; i++) {
		char text[96];

		snprintf(text, sizeof(text),
			 "lease {interface \"a%u\";option dhcp-client-identifier "
			 "1:0:0:0:0:0:%x;}",
			 i, i & 0xff);
		ck_assert_int_eq(bytes_append(&in, text, strlen(text)), 0);
	}
	ck_assert_int_eq(lease_read("dhclient.leases", &in, &nics, NULL), 0);
	ck_assert_uint_eq(nics.n, LEASES_MAX);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lease");
	TCase *tc = tcase_create("all");

	if (corpus_open("lease/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(tc, test_file, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_large, 0, 8);
	tcase_add_test(tc, test_many);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
