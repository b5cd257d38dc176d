/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines of words, some in quotes, as rEFInd takes them. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/refind.h"

/* Take a word, or what is in quotes, off @rest; "" in quotes is a quote, which we leave. */
static struct span take(struct span *rest)
{
	struct span w;
	const char *end;

	*rest = span_trim(*rest);
	if (rest->len == 0 || *rest->s != '"')
		return span_word(rest);
	end = memchr(rest->s + 1, '"', rest->len - 1);
	w = (struct span){ rest->s + 1, 0 };
	w.len = end ? (size_t)(end - w.s) : rest->len - 1;
	rest->len -= w.len + (end ? 2 : 1);
	rest->s = w.s + w.len + (end ? 1 : 0);
	return w;
}

/* Whether all of it is one pair of quotes or none, so that it can be written again. */
static bool is_plain(struct span all)
{
	size_t n = 0;

	for (size_t i = 0; i < all.len; i++)
		n += all.s[i] == '"';
	return n == 0 || (n == 2 && *all.s == '"' && all.s[all.len - 1] == '"');
}

/* A line of refind.conf. */
struct statement {
	struct span name, rest;
	bool opens, closes;
};

static bool next_statement(struct lines *l, struct statement *st)
{
	struct span line;

	while (lines_next(l, &line)) {
		line = span_trim(line);
		if (line.len == 0 || *line.s == '#')
			continue;
		*st = (struct statement){ .rest = line };
		st->closes = *line.s == '}';
		st->opens = line.s[line.len - 1] == '{';
		if (st->opens)
			st->rest.len--;
		st->name = take(&st->rest);
		return true;
	}
	return false;
}

static int read_statement(struct menu_entry *e, const struct statement *st)
{
	struct span rest = st->rest, value = take(&rest);

	/* "bootmgfw.efi" is a loader of its own. */
	if (span_is(st->name, "loader"))
		return value.len > 4 && span_is_nocase(
						(struct span){ value.s + value.len - 4,
							       4 },
						".efi")
			       ? 0
			       : span_copy(value, &e->kernel);
	if (span_is(st->name, "options"))
		return span_copy(value, &e->cmdline);
	if (span_is(st->name, "volume"))
		return span_copy(value, &e->place);
	return span_is(st->name, "initrd") ? menu_add_initrd(&e->initrds, value) : 0;
}

static bool is_entry(const struct statement *st, size_t depth)
{
	return depth == 0 && st->opens && span_is(st->name, "menuentry");
}

int refind_entries(const char *text, size_t len, struct menu *ret)
{
	CLEANUP_MENU struct menu m = { 0 };
	struct lines l = { text, text + len };
	struct statement st;
	struct menu_entry *e = NULL;
	size_t depth = 0;
	int k = 0;

	while (k == 0 && next_statement(&l, &st)) {
		struct span rest = st.rest;

		if (is_entry(&st, depth))
			k = menu_add(&m, take(&rest), &e);
		else if (depth == 1 && e && !st.opens && !st.closes)
			k = read_statement(e, &st);
		if (st.opens)
			depth++;
		else if (st.closes && depth > 0)
			depth--;
	}
	if (k < 0)
		return k;
	/* Without default_selection, and of what it finds by itself, we know no order. */
	if (m.n > 0)
		m.entries[0].is_default = true;
	menu_give(&m, ret);
	return 0;
}

static int edit_value(struct splices *s, const char *in, struct span all,
		      const struct cmdline_edits *e)
{
	struct span rest = all, value;

	if (all.len == 0 || !is_plain(all))
		return 0;
	value = take(&rest);
	/* Words without quotes: only the first one counts, and no other can be added. */
	if (value.s == all.s)
		return 0;
	return menu_edit_args(s, in, value, e);
}

/* Whether the entry in which @l is, from its next line on, names an initrd. */
static bool has_initrd(struct lines l)
{
	struct statement st;
	size_t depth = 1;

	while (depth > 0 && next_statement(&l, &st)) {
		if (st.opens && span_is(st.name, "menuentry"))
			return false;
		if (span_is(st.name, "initrd") ||
		    memmem(st.rest.s, st.rest.len, "initrd=", 7))
			return true;
		if (st.opens)
			depth++;
		else if (st.closes)
			depth--;
	}
	return false;
}

int refind_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			 struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct lines l = { text, text + len };
	struct cmdline_edits here = *e;
	struct statement st;
	int k = 0;

	while (k == 0 && next_statement(&l, &st)) {
		if (st.opens && span_is(st.name, "menuentry"))
			here.no_initrd = !has_initrd(l);
		else if (span_is(st.name, "options"))
			k = edit_value(&s, text, st.rest, &here);
	}
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}

/* --- refind_linux.conf --- */

int refind_linux_entries(const char *text, size_t len, struct menu *ret)
{
	CLEANUP_MENU struct menu m = { 0 };
	struct lines l = { text, text + len };
	struct span line;
	int k = 0;

	while (k == 0 && lines_next(&l, &line)) {
		struct menu_entry *e = NULL;
		struct span title;

		line = span_trim(line);
		if (line.len == 0 || *line.s == '#')
			continue;
		title = take(&line);
		k = menu_add(&m, title, &e);
		if (k == 0 && e)
			k = span_copy(take(&line), &e->cmdline);
	}
	if (k < 0)
		return k;
	if (m.n > 0)
		m.entries[0].is_default = true;
	menu_give(&m, ret);
	return 0;
}

/* rEFInd looks for an initrd by the kernel's version if none is named. */
int refind_linux_edit_cmdlines(const char *text, size_t len,
			       const struct cmdline_edits *e, struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct lines l = { text, text + len };
	struct span line;
	int k = 0;

	while (k == 0 && lines_next(&l, &line)) {
		line = span_trim(line);
		if (line.len == 0 || *line.s == '#')
			continue;
		(void)take(&line);
		k = edit_value(&s, text, span_trim(line), e);
	}
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}
