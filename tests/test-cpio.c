/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/cpio.h"
#include "suite.h"

static int note(void *data, const struct cpio_entry *e, struct cvt_error *err)
{
	char line[256];

	(void)err;
	snprintf(line, sizeof(line), "%s %o %u\n", e->name, (unsigned)e->mode,
		 (unsigned)e->size);
	return bytes_append(data, line, strlen(line));
}

static struct bytes archive(void)
{
	static const struct bytes one = { "one", 3 }, none = { "", 0 };
	CLEANUP_CPIO struct cpio c = { 0 };
	struct bytes b = { 0 };

	ck_assert_int_eq(cpio_add(&c, "usr/lib/b.ko", &one, NULL), 0);
	ck_assert_int_eq(cpio_add(&c, "usr/lib/a.ko", &none, NULL), 0);
	ck_assert_int_eq(cpio_add(&c, "usr/lib/b.ko", &none, NULL), 0);
	ck_assert_int_eq(cpio_write(&c, &b, NULL), 0);
	return b;
}

static const char listed[] = "usr 40755 0\nusr/lib 40755 0\n"
			     "usr/lib/a.ko 100644 0\nusr/lib/b.ko 100644 3\n";

/* @step bytes at a time. */
static int read_all(const struct bytes *b, size_t step, size_t max, struct bytes *ret,
		    bool *at_end, struct cvt_error *err)
{
	struct cpio_reader r = { .fn = note, .data = ret, .max_entries = max };
	size_t used = 0;
	int code = 0;

	for (size_t at = 0; code == 0 && at < b->len; at += used) {
		size_t n = b->len - at < step ? b->len - at : step;

		code = cpio_read(&r, b->data + at, n, &used, err);
		if (code == 0 && used < n)
			return 1;
	}
	*at_end = cpio_at_end(&r);
	return code;
}

START_TEST(test_round_trip)
{
	CLEANUP_BYTES struct bytes b = archive(), again = archive();

	ck_assert(bytes_equal(&b, &again));
	ck_assert_uint_eq(b.len % 4, 0);
	for (size_t step = 1; step < b.len + 2; step++) {
		CLEANUP_BYTES struct bytes seen = { 0 };
		bool at_end = false;

		ck_assert_int_eq(read_all(&b, step, 100, &seen, &at_end, NULL), 0);
		ck_assert(at_end);
		ck_assert_str_eq(seen.data, listed);
	}
}
END_TEST

START_TEST(test_cut_off)
{
	CLEANUP_BYTES struct bytes b = archive();

	for (size_t len = 1; len < b.len; len++) {
		CLEANUP_BYTES struct bytes seen = { 0 };
		const struct bytes part = { b.data, len };
		bool at_end = true;

		ck_assert_int_eq(read_all(&part, 7, 100, &seen, &at_end, NULL), 0);
		ck_assert_msg(!at_end, "cut at %zu", len);
	}
}
END_TEST

START_TEST(test_mutated)
{
	CLEANUP_BYTES struct bytes b = archive();

	for (size_t i = 0; i < b.len * 8; i++) {
		CLEANUP_BYTES struct bytes seen = { 0 };
		bool at_end;

		b.data[i / 8] ^= 1 << (i % 8);
		(void)read_all(&b, 64, 100, &seen, &at_end, NULL);
		b.data[i / 8] ^= 1 << (i % 8);
	}
}
END_TEST

START_TEST(test_names)
{
	static const char *const bad[] = { "",	 "/a",	   "a/",  "a//b",
					   "..", "a/../b", "./a", "." };
	static const struct bytes none = { "", 0 };
	CLEANUP_CPIO struct cpio c = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(cpio_add(&c, bad[i], &none, NULL) == -EINVAL, "'%s'",
			      bad[i]);
	ck_assert_uint_eq(c.n, 0);
	ck_assert_int_eq(cpio_add(&c, "..a/b..", &none, NULL), 0);
}
END_TEST

static const struct {
	const char *what;
	size_t at;
	const char *bytes;
} broken[] = {
	{ "odc, which the kernel does not read", 0, "070707" },
	{ "a size that is no number", 54, "0000zzzz" },
	{ "a name without room", 94, "00000000" },
	{ "a name longer than any path", 94, "00001001" },
	{ "a name that does not end", 94, "00000002" },
};

START_TEST(test_broken)
{
	CLEANUP_BYTES struct bytes b = archive();
	CLEANUP_BYTES struct bytes seen = { 0 };
	struct cvt_error err = { 0 };
	bool at_end;

	memcpy(b.data + broken[_i].at, broken[_i].bytes, strlen(broken[_i].bytes));
	ck_assert_msg(read_all(&b, b.len, 100, &seen, &at_end, &err) == -EBADMSG, "%s",
		      broken[_i].what);
	ck_assert_str_ne(err.msg, "");
}
END_TEST

START_TEST(test_limit)
{
	CLEANUP_BYTES struct bytes b = archive();
	CLEANUP_BYTES struct bytes seen = { 0 };
	bool at_end;

	ck_assert_int_eq(read_all(&b, b.len, 4, &seen, &at_end, NULL), 0);
	ck_assert_int_eq(read_all(&b, b.len, 3, &seen, &at_end, NULL), -EFBIG);
}
END_TEST

/* Zeros go between archives; an archive begins at a multiple of four. */
START_TEST(test_between)
{
	for (size_t zeros = 0; zeros < 9; zeros++) {
		CLEANUP_BYTES struct bytes b = archive(), second = archive();
		CLEANUP_BYTES struct bytes seen = { 0 };
		bool at_end = false;

		ck_assert_int_eq(bytes_append(&b, "\0\0\0\0\0\0\0\0", zeros), 0);
		ck_assert_int_eq(bytes_append(&b, second.data, second.len), 0);
		ck_assert_int_eq(read_all(&b, 100, 100, &seen, &at_end, NULL),
				 zeros % 4 ? 1 : 0);
		ck_assert_uint_eq(seen.len, strlen(listed) * (zeros % 4 ? 1 : 2));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cpio");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_round_trip);
	tcase_add_test(tc, test_cut_off);
	tcase_add_test(tc, test_mutated);
	tcase_add_test(tc, test_names);
	tcase_add_loop_test(tc, test_broken, 0, (int)ARRAY_SIZE(broken));
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_between);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
