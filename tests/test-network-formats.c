/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tests/corpus/FORMAT/NAME.in is read to NAME.facts, and changed to NAME.release,
 * NAME.rebind and NAME.dhcp; a file that is not there means that nothing changes.
 */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "netformats.h"

static glob_t corpus[ARRAY_SIZE(netformats)];
static struct {
	size_t format;
	const char *path;
} cases[512];
static size_t n_cases;

static const char *const suffixes[] = { ".release", ".rebind", ".dhcp" };

static struct bytes facts_text(const struct nics *nics)
{
	struct bytes b = { 0 };

	ck_assert_int_eq(bytes_set(&b, "", 0), 0);
	for (size_t i = 0; i < nics->n; i++) {
		const struct nic *n = &nics->v[i];
		CLEANUP_FREE char *line = NULL;

		ck_assert(asprintf(&line, "%s%s%s%s%s%s%s%s%s%s\n",
				   n->name[0] ? n->name : "?", n->mac[0] ? " mac=" : "",
				   n->mac, n->set_mac[0] ? " set=" : "", n->set_mac,
				   n->is_static ? " static" : "",
				   n->is_virtual ? " virtual" : "",
				   n->takes_token ? " eui64 token"
				   : n->is_eui64  ? " eui64"
						  : "",
				   n->is_pattern ? " pattern " : "", n->pattern) > 0);
		ck_assert_int_eq(bytes_append(&b, line, strlen(line)), 0);
	}
	return b;
}

/* What is wanted is in the file beside @path, or else is @in. */
static struct bytes wanted(const char *path, const char *suffix, const struct bytes *in)
{
	struct bytes b = { 0 };
	char beside[4096];

	snprintf(beside, sizeof(beside), "%.*s%s", (int)(strlen(path) - strlen(".in")),
		 path, suffix);
	if (access(beside, F_OK) == 0)
		return slurp(beside);
	ck_assert_int_eq(bytes_set(&b, in->data, in->len), 0);
	return b;
}

START_TEST(test_facts)
{
	const char *path = cases[_i].path;
	const struct netformat *f = &netformats[cases[_i].format];
	CLEANUP_BYTES struct bytes in = slurp(path);
	CLEANUP_NICS struct nics nics = { 0 };
	struct cvt_error err = { 0 };
	int r = f->read(in.data, &nics, &err);

	if (strstr(path, "/should-fail-")) {
		ck_assert_msg(r < 0 && err.msg[0], "%s: accepted", path);
		return;
	}
	ck_assert_msg(r == 0, "%s: %s", path, err.msg);
	CLEANUP_BYTES struct bytes got = facts_text(&nics);
	CLEANUP_BYTES struct bytes want = slurp_beside(path, ".facts");
	ck_assert_msg(bytes_equal(&got, &want), "%s:\n%s", path, got.data);
}
END_TEST

START_TEST(test_rewrite)
{
	const char *path = cases[_i].path;
	const struct netformat *f = &netformats[cases[_i].format];
	CLEANUP_BYTES struct bytes in = slurp(path);

	if (strstr(path, "/should-fail-"))
		return;
	for (enum netformat_mode mode = 0; mode < ARRAY_SIZE(suffixes); mode++) {
		CLEANUP_BYTES struct bytes want = wanted(path, suffixes[mode], &in);
		CLEANUP_FREE char *got = NULL, *again = NULL;
		struct cvt_error err = { 0 };

		int r = netformat_run(f, mode, in.data, &got, &err);

		/* A pin that cannot be released is told, and all stays. */
		if (r == -ENOTSUP && bytes_equal(&want, &in)) {
			ck_assert(err.msg[0]);
			continue;
		}
		ck_assert_msg(r == 0, "%s: %s", path, err.msg);
		ck_assert_msg(strcmp(got, want.data) == 0, "%s%s:\n%s", path,
			      suffixes[mode], got);
		ck_assert_int_eq(netformat_run(f, mode, got, &again, &err), 0);
		ck_assert_msg(strcmp(again, got) == 0, "%s%s, twice:\n%s", path,
			      suffixes[mode], again);
	}
}
END_TEST

/* 4 MiB that mean nothing take no more than linear time. */
START_TEST(test_large)
{
	static const char *const pieces[] = {
		"iface a inet static\n",
		"iface a inet static\naddress 1\n",
		"a",
		"[",
		"[Match]\n",
		"a=",
		"\\\n",
		"a: &a [*a,\n",
		"{a: ",
		"- ",
		"bridge_ports a b\n",
		"\"",
		"#\n",
		"NAME=\"a\",ATTR{address}==\"00:11:22:33:44:55\"\n",
		"HWADDR=00:11:22:33:44:55\n",
		"MACAddress=00:11:22:33:44:55\n",
		"[Address]\n",
		"[Route]\n",
		"<a>",
		"<interface><name><permanent-address>00:11:22:33:44:55<",
	};
	size_t len = (size_t)4 << 20, piece = strlen(pieces[_i]);
	CLEANUP_FREE char *text = malloc(len + 1);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < len; i++)
		text[i] = pieces[_i][i % piece];
	text[len] = '\0';
	for (size_t f = 0; f < ARRAY_SIZE(netformats); f++) {
		CLEANUP_FREE char *got = NULL, *dhcp = NULL;

		netformat_run(&netformats[f], NETFORMAT_RELEASE, text, &got, NULL);
		netformat_run(&netformats[f], NETFORMAT_DHCP, text, &dhcp, NULL);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("network-formats");
	TCase *tc = tcase_create("corpus");
	TCase *slow = tcase_create("large");

	for (size_t f = 0; f < ARRAY_SIZE(netformats); f++) {
		char pattern[64];

		snprintf(pattern, sizeof(pattern), "%s/*.in", netformats[f].name);
		if (corpus_open(pattern, &corpus[f]) != 0)
			return 99;
		for (size_t i = 0; i < corpus[f].gl_pathc && n_cases < ARRAY_SIZE(cases);
		     i++) {
			cases[n_cases].format = f;
			cases[n_cases++].path = corpus[f].gl_pathv[i];
		}
	}
	tcase_add_loop_test(tc, test_facts, 0, (int)n_cases);
	tcase_add_loop_test(tc, test_rewrite, 0, (int)n_cases);
	tcase_set_timeout(slow, 120);
	tcase_add_loop_test(slow, test_large, 0, 20);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, slow);
	return suite_run(s);
}
