/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdint.h>
#include <sys/stat.h>

#include "plan/diff.h"
#include "suite.h"

static char *diff_of(const char *path, const struct diff_side *before,
		     const struct diff_side *after)
{
	CLEANUP_FCLOSE FILE *f = NULL;
	char *text = NULL;
	size_t len;

	f = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(diff_text(f, path, before, after), 0);
	fclosep(&f);
	f = NULL;
	return text;
}

static struct diff_side side(const char *text)
{
	return (struct diff_side){ { (char *)(uintptr_t)text, strlen(text) },
				   S_IFREG | 0644 };
}

static const struct {
	const char *what, *path, *before, *after, *diff;
} cases[] = {
	/* clang-format off */
	{ "the same", "/a", "x\n", "x\n", "" },
	{ "one line", "/etc/fstab", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nV\n6\n7\n8\n9\n",
	  "--- a/etc/fstab\n+++ b/etc/fstab\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+V\n 6\n 7\n 8\n" },
	{ "six lines between share a hunk", "/a", "x\n1\n2\n3\n4\n5\n6\ny\n", "1\n2\n3\n4\n5\n6\n",
	  "--- a/a\n+++ b/a\n@@ -1,8 +1,6 @@\n-x\n 1\n 2\n 3\n 4\n 5\n 6\n-y\n" },
	{ "seven do not", "/a", "x\n1\n2\n3\n4\n5\n6\n7\ny\n", "1\n2\n3\n4\n5\n6\n7\n",
	  "--- a/a\n+++ b/a\n@@ -1,4 +1,3 @@\n-x\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-y\n" },
	{ "no newline at the end", "/a", "x", "x\n",
	  "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n" },
	{ "emptied", "/a", "x\n", "", "--- a/a\n+++ b/a\n@@ -1 +0,0 @@\n-x\n" },
	{ "new", "/a", NULL, "x\n",
	  "diff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+x\n" },
	{ "removed", "/a", "x\n", NULL,
	  "diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n" },
	{ "new and empty", "/a", NULL, "", "diff --git a/a b/a\nnew file mode 100644\n" },
	{ "a name with a blank", "/a b", "", "x\n", "--- a/a b\t\n+++ b/a b\t\n@@ -0,0 +1 @@\n+x\n" },
	{ "a name with a newline", "/a\n+++ b/c", "", "x\n",
	  "--- \"a/a\\012+++ b/c\"\n+++ \"b/a\\012+++ b/c\"\n@@ -0,0 +1 @@\n+x\n" },
	{ "CRLF", "/a", "x\r\n", "x\n", "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\r\n+x\n" },
	/* clang-format on */
};

START_TEST(test_table)
{
	struct diff_side before = side(cases[_i].before ? cases[_i].before : "");
	struct diff_side after = side(cases[_i].after ? cases[_i].after : "");
	CLEANUP_FREE char *diff =
		diff_of(cases[_i].path, cases[_i].before ? &before : NULL,
			cases[_i].after ? &after : NULL);

	ck_assert_msg(strcmp(diff, cases[_i].diff) == 0, "%s: got\n%s", cases[_i].what,
		      diff);
}
END_TEST

START_TEST(test_file_becomes_link)
{
	struct diff_side before = side("x\n"), after = side("/dev/null");
	CLEANUP_FREE char *diff = NULL;

	after.mode = S_IFLNK;
	diff = diff_of("/a", &before, &after);
	ck_assert_str_eq(
		diff,
		"diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n"
		"@@ -1 +0,0 @@\n-x\n"
		"diff --git a/a b/a\nnew file mode 120000\n--- /dev/null\n+++ b/a\n"
		"@@ -0,0 +1 @@\n+/dev/null\n\\ No newline at end of file\n");
}
END_TEST

static const char *next_line(const char *s)
{
	const char *eol = strchr(s, '\n');

	return eol ? eol + 1 : s + strlen(s);
}

/* What the line of the diff at @d says, without the mark and a missing newline. */
static struct bytes said(const char *d)
{
	const char *end = next_line(d);

	return (struct bytes){ (char *)(uintptr_t)(d + 1),
			       (size_t)(end - d) - 1 - (*end == '\\') };
}

static void put(FILE *out, const char *from, size_t len)
{
	if (fwrite(from, 1, len, out) != len)
		ck_abort_msg("no memory");
}

/* Copy the lines before line @to; returns where it begins. */
static const char *copy_to(FILE *out, const char *old, size_t *line, size_t to)
{
	const char *end = old;

	for (; *line < to; ++*line)
		end = next_line(end);
	put(out, old, (size_t)(end - old));
	return end;
}

/* The line that a hunk's header says the hunk begins at, counted from 1. */
static size_t hunk_start(const char *header)
{
	char *end;
	size_t line = strtoul(header + strlen("@@ -"), &end, 10);

	return strncmp(end, ",0 ", 3) == 0 ? line + 1 : line;
}

/* A patch program of our own: applies the hunks in @d to @old, without fuzz. */
static char *apply_hunks(const char *d, const char *old)
{
	char *text = NULL;
	size_t len, line = 1;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	for (d = next_line(next_line(d)); *d; d = next_line(d)) {
		struct bytes l = said(d);

		if (*d == '@') {
			old = copy_to(out, old, &line, hunk_start(d));
			continue;
		}
		if (*d == '\\')
			continue;
		if (!strchr(" -+", *d))
			ck_abort_msg("no diff: %.80s", d);
		if (*d != '-')
			put(out, l.data, l.len);
		if (*d == '+')
			continue;
		if (strncmp(old, l.data, l.len) != 0 || next_line(old) != old + l.len)
			ck_abort_msg("line %zu is another: %.80s", line, d);
		old += l.len;
		line++;
	}
	put(out, old, strlen(old));
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

static uint32_t roll(uint32_t *state, uint32_t sides)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % sides;
}

static char *random_text(uint32_t *state, unsigned max_lines, unsigned words)
{
	unsigned n = roll(state, max_lines);
	char *text = calloc(n + 1, 8);
	char *p = text;

	ck_assert_ptr_nonnull(text);
	for (unsigned i = 0; i < n; i++)
		p += sprintf(p, "%u%s", roll(state, words),
			     i + 1 < n || roll(state, 2) ? "\n" : "");
	return text;
}

/* A text that shares most lines with @old. */
static char *random_edit(uint32_t *state, const char *old)
{
	char *text = calloc(2 * strlen(old) + 1, 8), *p = text;

	ck_assert_ptr_nonnull(text);
	for (const char *end; *old; old = end) {
		unsigned what = roll(state, 12);

		end = next_line(old);
		if (what == 0)
			p += sprintf(p, "%u\n", roll(state, 1000));
		if (what != 1)
			p = mempcpy(p, old, (size_t)(end - old));
	}
	return text;
}

START_TEST(test_patch_gives_the_text)
{
	uint32_t state = (uint32_t)_i;
	CLEANUP_FREE char *a = random_text(&state, 60, _i % 2 ? 3 : 30);
	CLEANUP_FREE char *b =
		_i % 3 ? random_edit(&state, a) : random_text(&state, 60, 3);
	struct diff_side before = side(a), after = side(b);
	CLEANUP_FREE char *diff = diff_of("/a", &before, &after);
	CLEANUP_FREE char *patched = apply_hunks(diff, a);

	ck_assert_msg(strcmp(patched, b) == 0, "seed %d:\n%s", _i, diff);
}
END_TEST

static size_t count(const char *diff, char mark)
{
	size_t n = 0;

	for (const char *d = next_line(next_line(diff)); *d; d = next_line(d))
		n += *d == mark;
	return n;
}

/* The shortest edit script, by the textbook's table. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t d[33][33];

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (i == 0 || j == 0)
				d[i][j] = i + j;
			else if (a[i - 1] == b[j - 1])
				d[i][j] = d[i - 1][j - 1];
			else
				d[i][j] = 1 + (d[i - 1][j] < d[i][j - 1] ? d[i - 1][j]
									 : d[i][j - 1]);
		}
	return d[n][m];
}

START_TEST(test_diff_is_shortest)
{
	uint32_t state = (uint32_t)_i;
	char a[33] = "", b[33] = "", text[2][80] = { "", "" };
	size_t n = roll(&state, 32), m = roll(&state, 32);
	struct diff_side before, after;
	CLEANUP_FREE char *diff = NULL;

	for (size_t i = 0; i < n; i++)
		sprintf(text[0] + 2 * i, "%c\n", a[i] = (char)('a' + roll(&state, 4)));
	for (size_t i = 0; i < m; i++)
		sprintf(text[1] + 2 * i, "%c\n", b[i] = (char)('a' + roll(&state, 4)));
	before = side(text[0]);
	after = side(text[1]);
	diff = diff_of("/a", &before, &after);
	ck_assert_uint_eq(count(diff, '-') + count(diff, '+'), distance(a, n, b, m));
}
END_TEST

/* Nothing in common but the empty lines, and far too many of them to be compared finely.
 */
START_TEST(test_hostile_is_quick)
{
	size_t n = _i ? (size_t)2 << 20 : 100000;
	CLEANUP_FREE char *a = calloc(n, 16), *b = calloc(n, 16);
	char *p = a, *q = b;
	struct diff_side before, after;
	CLEANUP_FREE char *diff = NULL;
	CLEANUP_FREE char *patched = NULL;
	uint32_t state = 1;

	for (size_t i = 0; i < n; i++) {
		p += _i ? sprintf(p, "\n") : sprintf(p, "%u\n", roll(&state, 50));
		q += _i ? sprintf(q, "x\n") : sprintf(q, "%u\n", roll(&state, 50));
	}
	before = side(a);
	after = side(b);
	diff = diff_of("/a", &before, &after);
	patched = apply_hunks(diff, a);
	ck_assert_msg(strcmp(patched, b) == 0, "not the text");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("diff");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_table, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_file_becomes_link);
	tcase_add_loop_test(tc, test_patch_gives_the_text, 0, 300);
	tcase_add_loop_test(tc, test_diff_is_shortest, 0, 300);
	tcase_add_loop_test(tc, test_hostile_is_quick, 0, 2);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
