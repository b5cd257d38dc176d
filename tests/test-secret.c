/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>

#include "core/secret.h"
#include "suite.h"

static const struct {
	const char *selector, *id, *file; /* id NULL: refused */
	int fd;
} selectors[] = {
	{ "all:file:/k", "all", "/k", -1 },
	{ "disk1p3:fd:7", "disk1p3", NULL, 7 },
	{ "md:root:file:/a:b", "md:root", "/a:b", -1 },
	{ "/dev/sda3:file:/k:fd:1", "/dev/sda3", "/k:fd:1", -1 },
	{ "x:fd:1:file:/k", NULL, NULL, -1 },
	{ "all:file:", NULL, NULL, -1 },
	{ "all:fd:", NULL, NULL, -1 },
	{ "all:fd:-1", NULL, NULL, -1 },
	{ "all:fd:99999999999999999999", NULL, NULL, -1 },
	{ ":file:/k", NULL, NULL, -1 },
	{ "all:key:s3cret", NULL, NULL, -1 },
	{ "all:clevis", NULL, NULL, -1 },
	{ "s3cret", NULL, NULL, -1 },
	{ "", NULL, NULL, -1 },
};

START_TEST(test_selector)
{
	CLEANUP(key_source_clear) struct key_source k;
	struct cvt_error err = { 0 };
	int r = key_source_parse(selectors[_i].selector, &k, &err);

	if (!selectors[_i].id) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_str_eq(err.id, "usage");
		ck_assert_ptr_null(strstr(err.msg, "s3cret"));
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_str_eq(k.id, selectors[_i].id);
	ck_assert_int_eq(!k.file, !selectors[_i].file);
	if (k.file)
		ck_assert_str_eq(k.file, selectors[_i].file);
	ck_assert_int_eq(k.fd, selectors[_i].fd);
}
END_TEST

/* A pipe that holds @n bytes and ends. */
static int pipe_of(size_t n)
{
	CLEANUP_FREE char *text = malloc(n + 1);
	int fd[2];

	ck_assert_ptr_nonnull(text);
	memset(text, 'k', n);
	ck_assert_int_eq(pipe2(fd, O_CLOEXEC), 0);
	ck_assert_int_eq(write(fd[1], text, n), (ssize_t)n);
	(void)close(fd[1]);
	return fd[0];
}

static const struct {
	size_t n;
	bool fits;
} lengths[] = {
	{ 0, false }, { 1, true }, { SECRET_MAX - 1, true }, { SECRET_MAX, false },
};

START_TEST(test_length)
{
	struct key_source k = { (char[]){ "all" }, NULL, pipe_of(lengths[_i].n) };
	CLEANUP(secret_clear) struct secret key = { 0 };
	struct cvt_error err = { 0 };
	int r = secret_read(&k, &key, &err);

	(void)close(k.fd);
	ck_assert_int_eq(r == 0, lengths[_i].fits);
	ck_assert_str_eq(err.id, lengths[_i].fits ? "" : "key-unreadable");
	ck_assert_uint_eq(key.len, lengths[_i].fits ? lengths[_i].n : 0);
}
END_TEST

START_TEST(test_no_file)
{
	struct key_source k = { (char[]){ "disk1" }, (char[]){ "/nonexistent/key" }, -1 };
	CLEANUP(secret_clear) struct secret key = { 0 };
	struct cvt_error err = { 0 };

	ck_assert_int_lt(secret_read(&k, &key, &err), 0);
	ck_assert_str_eq(err.id, "key-unreadable");
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/key"));
	ck_assert_ptr_null(key.data);
}
END_TEST

START_TEST(test_pipe)
{
	struct key_source k = { (char[]){ "all" }, NULL, pipe_of(SECRET_MAX - 1) };
	CLEANUP(secret_clear) struct secret key = { 0 };
	char buf[SECRET_MAX];
	ssize_t n, got = 0;
	int fd;

	ck_assert_int_eq(secret_read(&k, &key, NULL), 0);
	(void)close(k.fd);
	fd = secret_pipe(&key, key.len - 1);
	ck_assert_int_ge(fd, 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		got += n;
	(void)close(fd);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(got, (ssize_t)key.len - 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("secret");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_selector, 0, (int)ARRAY_SIZE(selectors));
	tcase_add_loop_test(tc, test_length, 0, (int)ARRAY_SIZE(lengths));
	tcase_add_test(tc, test_no_file);
	tcase_add_test(tc, test_pipe);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
