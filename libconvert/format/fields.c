/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/fields.h"

#define TAB_WIDTH 8
#define FILL_MAX 64 /* blanks we add behind a field that became shorter */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int fields_open(struct fields *f, const char *text, size_t len, struct cvt_error *err)
{
	const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;
	size_t lineno = 1;

	for (const char *p = text; nul && p < nul; p++)
		lineno += *p == '\n';
	if (nul)
		return error_set(err, -EINVAL, "line %zu: NUL byte", lineno);
	*f = (struct fields){ .text = text, .len = len };
	return 0;
}

static void split(struct fields *f, size_t end)
{
	size_t at = f->line;

	f->n = 0;
	while (f->n < FIELDS_MAX) {
		size_t start;

		while (at < end && is_blank(f->text[at]))
			at++;
		if (at == end)
			return;
		start = at;
		while (at < end && !is_blank(f->text[at]))
			at++;
		f->field[f->n++] = (struct field){ start, at - start };
	}
}

bool fields_next(struct fields *f)
{
	while (f->next < f->len) {
		const char *newline = memchr(f->text + f->next, '\n', f->len - f->next);
		size_t end = newline ? (size_t)(newline - f->text) : f->len;

		f->line = f->next;
		f->next = newline ? end + 1 : end;
		f->lineno++;
		while (end > f->line && f->text[end - 1] == '\r')
			end--;
		split(f, end);
		if (f->n > 0 && f->text[f->field[0].off] != '#')
			return true;
	}
	f->n = 0;
	return false;
}

int fields_strings(const struct fields *f, unsigned n, struct bytes *buf, char *ret[])
{
	size_t off[FIELDS_MAX];

	buf->len = 0;
	for (unsigned i = 0; i < n; i++) {
		off[i] = buf->len;
		if (i < f->n &&
		    bytes_append(buf, f->text + f->field[i].off, f->field[i].len) < 0)
			return -ENOMEM;
		if (bytes_append(buf, "", 1) < 0)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < n; i++)
		ret[i] = buf->data + off[i];
	return 0;
}

/* The column behind @c when it stands at @column; UTF-8 sequences count once. */
static size_t advance(size_t column, char c)
{
	if (c == '\t')
		return column - column % TAB_WIDTH + TAB_WIDTH;
	return column + (((unsigned char)c & 0xc0) != 0x80);
}

static size_t width(const char *s, size_t n)
{
	size_t column = 0;

	for (size_t i = 0; i < n; i++)
		column = advance(column, s[i]);
	return column;
}

/* Copy the blanks behind field @i, fewer or more of them so that the next field keeps its
 * column.  A single blank is no padding and stays.
 */
static int copy_gap(struct fields *f, unsigned i)
{
	const size_t start = f->field[i].off + f->field[i].len;
	const size_t end = i + 1 < f->n ? f->field[i + 1].off : start;
	const char *newline = memrchr(f->out.data, '\n', f->out.len);
	const char *line = newline ? newline + 1 : f->out.data;
	const size_t want = width(f->text + f->line, end - f->line);
	size_t keep, column = width(line, (size_t)(f->out.data + f->out.len - line));
	char fill[FILL_MAX];
	size_t n_fill = 0;

	for (keep = 0; start + keep < end; keep++) {
		size_t next = advance(column, f->text[start + keep]);

		if (keep > 0 && next > want)
			break;
		column = next;
	}
	if (end - start > 1)
		while (n_fill < FILL_MAX && advance(column, f->text[end - 1]) <= want) {
			fill[n_fill++] = f->text[end - 1];
			column = advance(column, f->text[end - 1]);
		}
	f->copied = end;
	if (bytes_append(&f->out, f->text + start, keep) < 0)
		return -ENOMEM;
	return bytes_append(&f->out, fill, n_fill);
}

int fields_set(struct fields *f, unsigned i, const char *value)
{
	const bool is_new = f->n > 0 && i == f->n && i < FIELDS_MAX;
	size_t upto;

	if ((i >= f->n && !is_new) || value[0] == '\0' || strpbrk(value, " \t\r\n"))
		return -EINVAL;
	upto = is_new ? f->field[i - 1].off + f->field[i - 1].len : f->field[i].off;
	if (upto < f->copied)
		return -EINVAL;
	if (bytes_append(&f->out, f->text + f->copied, upto - f->copied) < 0 ||
	    (is_new && bytes_append(&f->out, " ", 1) < 0) ||
	    bytes_append(&f->out, value, strlen(value)) < 0)
		return -ENOMEM;
	f->copied = upto;
	if (!is_new)
		return copy_gap(f, i);
	f->field[f->n++] = (struct field){ upto, 0 };
	return 0;
}

int fields_finish(struct fields *f, struct bytes *ret)
{
	int r = bytes_append(&f->out, f->text + f->copied, f->len - f->copied);

	if (r < 0)
		return r;
	f->copied = f->len;
	bytes_clear(ret);
	*ret = bytes_take(&f->out);
	return 0;
}

void fields_clear(struct fields *f)
{
	bytes_clear(&f->out);
}
