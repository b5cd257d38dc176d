/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/fstab.h"
#include "format/options.h"
#include "suite.h"

static glob_t corpus;

/* What the corpus shows: a bus name becomes a UUID, /data becomes optional. */
static int edit_entry(struct fstab *f, const struct fstab_entry *e)
{
	CLEANUP_FREE char *options = NULL;
	int r = 0;

	if (strcmp(e->spec, "/dev/sda1") == 0)
		r = fstab_set(f, FSTAB_SPEC, "UUID=7b0d3f52-6c1e-4e0a-9d55-1f2a3b4c5d6e");
	else if (strcmp(e->spec, "LABEL=a long label") == 0)
		r = fstab_set(f, FSTAB_SPEC, "LABEL=a b");
	if (r < 0 || strcmp(e->where, "/my data") != 0)
		return r;
	options = options_with(e->options[0] ? e->options : "defaults", "nofail");
	return options ? fstab_set(f, FSTAB_OPTIONS, options) : -ENOMEM;
}

static int edit(const struct bytes *in, struct bytes *out)
{
	CLEANUP_FSTAB struct fstab f = { 0 };
	struct fstab_entry e;
	int r = fstab_open(&f, in->data, in->len, NULL);

	while (r == 0 && (r = fstab_next(&f, &e)) > 0)
		r = edit_entry(&f, &e);
	return r < 0 ? r : fstab_finish(&f, out);
}

START_TEST(test_corpus)
{
	corpus_check(corpus.gl_pathv[_i], edit);
}
END_TEST

START_TEST(test_entries)
{
	static const char text[] =
		"# comment\n\n  /dev/sda1\t/  ext4 errors=remount-ro 0 1\r\n"
		"too few\n"
		"LABEL=a\\040b\\134\\000 /my\\040dir auto\n"
		"/x none swap sw 0 99999999999999999999\nbad\n"
		"a b c d e f g";
	CLEANUP_FSTAB struct fstab f = { 0 };
	struct fstab_entry e;

	ck_assert_int_eq(fstab_open(&f, text, sizeof(text) - 1, NULL), 0);
	ck_assert_int_eq(fstab_next(&f, &e), 1);
	ck_assert_uint_eq(e.lineno, 3);
	ck_assert_str_eq(e.spec, "/dev/sda1");
	ck_assert_str_eq(e.where, "/");
	ck_assert_str_eq(e.type, "ext4");
	ck_assert_str_eq(e.options, "errors=remount-ro");
	ck_assert_uint_eq(e.passno, 1);
	ck_assert_int_eq(fstab_next(&f, &e), 1);
	ck_assert_str_eq(e.spec, "LABEL=a b\\\\000");
	ck_assert_str_eq(e.where, "/my dir");
	ck_assert_str_eq(e.options, "");
	ck_assert_uint_eq(e.passno, 0);
	ck_assert_int_eq(fstab_next(&f, &e), 1);
	ck_assert_uint_eq(e.passno, 0);
	ck_assert_int_eq(fstab_next(&f, &e), 1);
	ck_assert_uint_eq(e.lineno, 8);
	ck_assert_int_eq(fstab_next(&f, &e), 0);
	ck_assert_int_eq(fstab_next(&f, &e), 0);
	ck_assert_uint_eq(f.n_malformed, 2);
	ck_assert_uint_eq(f.malformed, 4);
}
END_TEST

START_TEST(test_set_refuses)
{
	CLEANUP_FSTAB struct fstab f = { 0 };
	struct fstab_entry e;

	ck_assert_int_eq(fstab_open(&f, "a b c\n", 6, NULL), 0);
	ck_assert_int_eq(fstab_set(&f, FSTAB_SPEC, "x"), -EINVAL);
	ck_assert_int_eq(fstab_next(&f, &e), 1);
	ck_assert_int_eq(fstab_set(&f, FSTAB_FREQ, "0"), -EINVAL);
	ck_assert_int_eq(fstab_set(&f, FSTAB_SPEC, ""), -EINVAL);
	ck_assert_int_eq(fstab_set(&f, FSTAB_TYPE, "x"), 0);
	ck_assert_int_eq(fstab_set(&f, FSTAB_SPEC, "x"), -EINVAL);
}
END_TEST

START_TEST(test_long_line)
{
	const size_t len = (size_t)4 << 20;
	CLEANUP_BYTES struct bytes in = { 0 }, out = { 0 };

	in = (struct bytes){ malloc(len + 1), len };
	ck_assert_ptr_nonnull(in.data);
	memset(in.data, '\t', len);
	in.data[len] = '\0';
	memcpy(in.data, "/dev/sda1", 9);
	memcpy(in.data + len - 6, "/ ext4", 6);
	ck_assert_int_eq(edit(&in, &out), 0);
	ck_assert_uint_gt(out.len, len);
	memset(in.data, 'x', len);
	ck_assert_int_eq(edit(&in, &out), 0);
	ck_assert(bytes_equal(&in, &out));
}
END_TEST

static const struct {
	const char *in, *option, *out;
	bool has;
} options[] = {
	{ "defaults", "nofail", "defaults,nofail", false },
	{ "", "nofail", "nofail", false },
	{ "ro,nofail", "nofail", "ro,nofail", true },
	{ "nofailx,xnofail", "nofail", "nofailx,xnofail,nofail", false },
	{ "x-t=5s", "x-t=10s", "x-t=5s", true },
	{ "context=\"a,nofail\"", "nofail", "context=\"a,nofail\",nofail", false },
	{ "a=\"b", "nofail", "a=\"b,nofail", false },
	{ "a,,", "nofail", "a,,,nofail", false },
};

START_TEST(test_options)
{
	CLEANUP_FREE char *out = options_with(options[_i].in, options[_i].option);
	CLEANUP_FREE char *name =
		strndup(options[_i].option, strcspn(options[_i].option, "="));

	ck_assert_str_eq(out, options[_i].out);
	ck_assert(options_has(options[_i].in, name) == options[_i].has);
	ck_assert(options_has(out, name));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fstab");
	TCase *tc = tcase_create("all");
	int r;

	if (corpus_open("fstab/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(tc, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_test(tc, test_entries);
	tcase_add_test(tc, test_set_refuses);
	tcase_add_test(tc, test_long_line);
	tcase_add_loop_test(tc, test_options, 0, (int)ARRAY_SIZE(options));
	suite_add_tcase(s, tc);
	r = suite_run(s);
	globfree(&corpus);
	return r;
}
