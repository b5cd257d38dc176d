/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/diff.h"
#include "plan/myers.h"

#define CONTEXT 3
#define MAX_LINES ((size_t)500000) /* of both sides; more are not compared finely */
#define BUDGET ((size_t)1 << 24)   /* comparisons: about a tenth of a second */

struct lines {
	const char *text;
	size_t *start; /* n + 1 offsets: line i ends where line i + 1 starts */
	bool *changed;
	size_t n;
};

static void lines_clear(struct lines *l)
{
	free(l->start);
	free(l->changed);
}
#define CLEANUP_LINES CLEANUP(lines_clear)

static size_t line_end(const struct bytes *text, size_t at)
{
	const char *eol = memchr(text->data + at, '\n', text->len - at);

	return eol ? (size_t)(eol - text->data) + 1 : text->len;
}

static int lines_split(const struct bytes *text, struct lines *ret)
{
	size_t n = 0;

	for (size_t at = 0; at < text->len; at = line_end(text, at))
		n++;
	ret->text = text->data;
	ret->start = calloc(n + 1, sizeof(*ret->start));
	ret->changed = calloc(n + 1, sizeof(*ret->changed));
	if (!ret->start || !ret->changed)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		ret->start[i + 1] = line_end(text, ret->start[i]);
	ret->n = n;
	return 0;
}

static size_t line_len(const struct lines *l, size_t i)
{
	return l->start[i + 1] - l->start[i];
}

static bool is_same_line(const struct lines *a, size_t i, const struct lines *b, size_t j)
{
	size_t len = line_len(a, i);

	return len == line_len(b, j) &&
	       memcmp(a->text + a->start[i], b->text + b->start[j], len) == 0;
}

/* A line and where its number goes. */
struct entry {
	const char *text;
	size_t len;
	uint32_t *number;
};

static int compare_entries(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int r = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	return r != 0 ? r : (a->len > b->len) - (a->len < b->len);
}

static struct entry *add_entries(struct entry *e, const struct lines *l, size_t from,
				 size_t n, uint32_t *numbers)
{
	for (size_t i = 0; i < n; i++)
		*e++ = (struct entry){ l->text + l->start[from + i],
				       line_len(l, from + i), numbers + i };
	return e;
}

/* Sorted, not hashed: no guest can choose lines that make this slow. */
static void number_lines(struct entry *entries, size_t n)
{
	uint32_t number = 0;

	qsort(entries, n, sizeof(*entries), compare_entries);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && compare_entries(&entries[i - 1], &entries[i]) != 0)
			number++;
		*entries[i].number = number;
	}
}

/* Mark what differs among the @n lines of @a and the @m of @b from line @from. */
static int mark_changes(struct lines *a, struct lines *b, size_t from, size_t n, size_t m)
{
	CLEANUP_FREE struct entry *entries = NULL;
	CLEANUP_FREE uint32_t *numbers = NULL;

	if (n == 0 || m == 0 || n + m > MAX_LINES) {
		memset(a->changed + from, true, n * sizeof(*a->changed));
		memset(b->changed + from, true, m * sizeof(*b->changed));
		return 0;
	}
	entries = calloc(n + m, sizeof(*entries));
	numbers = calloc(n + m, sizeof(*numbers));
	if (!entries || !numbers)
		return -ENOMEM;
	add_entries(add_entries(entries, a, from, n, numbers), b, from, m, numbers + n);
	number_lines(entries, n + m);
	return myers_compare(&(struct myers_seq){ numbers, a->changed + from, n },
			     &(struct myers_seq){ numbers + n, b->changed + from, m },
			     BUDGET);
}

static int compare_lines(struct lines *a, struct lines *b)
{
	size_t head = 0, tail = 0;

	while (head < a->n && head < b->n && is_same_line(a, head, b, head))
		head++;
	while (tail < a->n - head && tail < b->n - head &&
	       is_same_line(a, a->n - 1 - tail, b, b->n - 1 - tail))
		tail++;
	return mark_changes(a, b, head, a->n - head - tail, b->n - head - tail);
}

static void put_line(FILE *out, char mark, const struct lines *l, size_t i)
{
	size_t len = line_len(l, i);

	putc(mark, out);
	fwrite(l->text + l->start[i], 1, len, out);
	if (l->text[l->start[i + 1] - 1] != '\n')
		fputs("\n\\ No newline at end of file\n", out);
}

/* As diff(1): no count if it is 1, and the line before if it is 0. */
static void put_range(FILE *out, char mark, size_t from, size_t to)
{
	fprintf(out, " %c%zu", mark, to > from ? from + 1 : from);
	if (to - from != 1)
		fprintf(out, ",%zu", to - from);
}

static void put_hunk(FILE *out, const struct lines *a, const struct lines *b, size_t i,
		     size_t a_end, size_t j, size_t b_end)
{
	fputs("@@", out);
	put_range(out, '-', i, a_end);
	put_range(out, '+', j, b_end);
	fputs(" @@\n", out);
	while (i < a_end || j < b_end) {
		if (i < a_end && a->changed[i]) {
			put_line(out, '-', a, i++);
		} else if (j < b_end && b->changed[j]) {
			put_line(out, '+', b, j++);
		} else {
			put_line(out, ' ', a, i++);
			j++;
		}
	}
}

/* Changes with at most twice CONTEXT lines between them share a hunk. */
static void put_hunks(FILE *out, const struct lines *a, const struct lines *b)
{
	size_t i = 0, j = 0;

	for (;;) {
		size_t lead, from_i, from_j, same = 0;

		while (i < a->n && !a->changed[i] && !b->changed[j]) {
			i++;
			j++;
		}
		if (i == a->n && j == b->n)
			return;
		lead = i < CONTEXT ? i : CONTEXT;
		from_i = i - lead;
		from_j = j - lead;
		while ((i < a->n || j < b->n) && same <= 2 * CONTEXT) {
			bool gone = i < a->n && a->changed[i];
			bool come = j < b->n && b->changed[j];

			same = gone || come ? 0 : same + 1;
			i += !come || gone;
			j += !gone;
		}
		i -= same > CONTEXT ? same - CONTEXT : 0;
		j -= same > CONTEXT ? same - CONTEXT : 0;
		put_hunk(out, a, b, from_i, i, from_j, j);
	}
}

static bool is_plain(char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* As git quotes a name: no guest path can end the line or look like another header. */
static bool put_name(FILE *out, const char *label, const char *path)
{
	const char *p = path;

	while (is_plain(*p))
		p++;
	if (*p == '\0') {
		fprintf(out, "%s%s", label, path);
		return false;
	}
	fprintf(out, "\"%s", label);
	for (p = path; *p; p++)
		fprintf(out, is_plain(*p) ? "%c" : "\\%03o", (unsigned char)*p);
	putc('"', out);
	return true;
}

static void put_marker(FILE *out, const char *marker, const char *label, const char *path,
		       bool exists)
{
	bool quoted = true;

	fputs(marker, out);
	if (exists)
		quoted = put_name(out, label, path);
	else
		fputs("/dev/null", out);
	/* A name with a blank ends at a tab. */
	fputs(!quoted && strchr(path, ' ') ? "\t\n" : "\n", out);
}

static void put_header(FILE *out, const char *path, const struct diff_side *before,
		       const struct diff_side *after, bool has_hunks)
{
	if (!before || !after) {
		const struct diff_side *s = before ? before : after;

		fputs("diff --git ", out);
		put_name(out, "a", path);
		putc(' ', out);
		put_name(out, "b", path);
		fprintf(out, "\n%s file mode %06o\n", before ? "deleted" : "new",
			(unsigned)(S_ISLNK(s->mode) ? S_IFLNK
						    : S_IFREG | (s->mode & 0777)));
	}
	if (!has_hunks)
		return;
	put_marker(out, "--- ", "a", path, before != NULL);
	put_marker(out, "+++ ", "b", path, after != NULL);
}

int diff_text(FILE *out, const char *path, const struct diff_side *before,
	      const struct diff_side *after)
{
	static const struct bytes none = { 0 };
	const struct bytes *old = before ? &before->data : &none;
	const struct bytes *new = after ? &after->data : &none;
	CLEANUP_LINES struct lines a = { 0 };
	CLEANUP_LINES struct lines b = { 0 };
	int r;

	if (before && after && S_ISLNK(before->mode) != S_ISLNK(after->mode)) {
		r = diff_text(out, path, before, NULL);
		return r < 0 ? r : diff_text(out, path, NULL, after);
	}
	if (!before == !after && bytes_equal(old, new))
		return 0;
	put_header(out, path, before, after, !bytes_equal(old, new));
	if (lines_split(old, &a) < 0 || lines_split(new, &b) < 0)
		return -ENOMEM;
	r = compare_lines(&a, &b);
	if (r < 0)
		return r;
	put_hunks(out, &a, &b);
	return ferror(out) ? -ENOMEM : 0;
}
