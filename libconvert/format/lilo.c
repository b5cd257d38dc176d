/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/lilo.h"

#define NONE SIZE_MAX

/* key, key=value or key="value"; several may be on a line. */
struct item {
	struct span key;
	struct span value; /* without quotes; s is NULL: none */
	struct span raw;   /* with them */
	size_t section;	   /* of image=, other= and the like; NONE: before the first */
	bool is_open;	   /* the last quote is not closed */
};

struct reader {
	const char *pos, *end;
	size_t section;
};

static struct reader start(const char *text, size_t len)
{
	return (struct reader){ text, text + len, NONE };
}

static void skip_gaps(struct reader *r)
{
	while (r->pos < r->end && (isspace((unsigned char)*r->pos) || *r->pos == '#')) {
		if (*r->pos == '#')
			while (r->pos < r->end && *r->pos != '\n')
				r->pos++;
		else
			r->pos++;
	}
}

static void skip_blanks(struct reader *r)
{
	while (r->pos < r->end && (*r->pos == ' ' || *r->pos == '\t'))
		r->pos++;
}

static void read_value(struct reader *r, struct item *i)
{
	const char *from = r->pos;

	if (r->pos < r->end && *r->pos == '"') {
		for (r->pos++; r->pos < r->end && *r->pos != '"'; r->pos++)
			if (*r->pos == '\\' && r->pos + 1 < r->end)
				r->pos++;
		i->value = (struct span){ from + 1, (size_t)(r->pos - from - 1) };
		i->is_open = r->pos >= r->end;
		r->pos += !i->is_open;
	} else {
		while (r->pos < r->end && !isspace((unsigned char)*r->pos))
			r->pos++;
		i->value = (struct span){ from, (size_t)(r->pos - from) };
	}
	i->raw = (struct span){ from, (size_t)(r->pos - from) };
}

static bool starts_section(const struct item *i)
{
	return span_is(i->key, "image") || span_is(i->key, "other") ||
	       span_is(i->key, "macos") || span_is(i->key, "macosx");
}

static bool next_item(struct reader *r, struct item *i)
{
	const char *from;

	skip_gaps(r);
	if (r->pos >= r->end)
		return false;
	from = r->pos;
	while (r->pos < r->end && !isspace((unsigned char)*r->pos) && *r->pos != '=')
		r->pos++;
	*i = (struct item){ .key = { from, (size_t)(r->pos - from) } };
	from = r->pos;
	skip_blanks(r);
	if (r->pos < r->end && *r->pos == '=') {
		r->pos++;
		skip_blanks(r);
		read_value(r, i);
	} else {
		r->pos = from;
	}
	if (starts_section(i))
		r->section++;
	i->section = r->section;
	return true;
}

/* --- the menu --- */

/* What one section says, or what is said for all. */
struct words {
	struct span label, root, append, initrd;
	bool read_only;
};

static void note(struct words *w, const struct item *i)
{
	if (span_is(i->key, "label"))
		w->label = i->value;
	else if (span_is(i->key, "root"))
		w->root = i->value;
	else if (span_is(i->key, "append"))
		w->append = i->value;
	else if (span_is(i->key, "initrd"))
		w->initrd = i->value;
	else if (span_is(i->key, "read-only"))
		w->read_only = true;
}

static int append_span(struct bytes *b, const char *before, struct span s)
{
	if (!s.s || s.len == 0)
		return 0;
	s = menu_cut(s);
	if (b->len > 0 && bytes_append(b, " ", 1) < 0)
		return -ENOMEM;
	return bytes_append(b, before, strlen(before)) < 0 ? -ENOMEM
							   : bytes_append(b, s.s, s.len);
}

static int finish(struct menu_entry *e, const struct words *w, const struct words *all)
{
	CLEANUP_BYTES struct bytes line = { 0 };
	struct span root = w->root.s ? w->root : all->root;
	struct span archive = w->initrd.s ? w->initrd : all->initrd;
	const bool is_told = root.s && !span_is(root, "current");
	struct span ro = { "ro", w->read_only || all->read_only ? 2 : 0 };

	if (w->label.s &&
	    (span_copy(w->label, &e->name) < 0 || span_copy(w->label, &e->title) < 0))
		return -ENOMEM;
	if (!e->kernel)
		return 0;
	if (bytes_set(&line, "", 0) < 0 ||
	    (is_told && append_span(&line, "root=", root) < 0) ||
	    append_span(&line, "", ro) < 0 ||
	    append_span(&line, "", w->append.s ? w->append : all->append) < 0)
		return -ENOMEM;
	e->cmdline = bytes_take(&line).data;
	return menu_add_initrd(&e->initrds, archive);
}

static void mark_default(struct menu *m, struct span wanted)
{
	size_t at = 0;

	for (size_t i = m->n; wanted.s && i > 0; i--)
		if (m->entries[i - 1].name && span_is(wanted, m->entries[i - 1].name))
			at = i - 1;
	if (m->n > 0)
		m->entries[at].is_default = true;
}

/* Without label= it is called as its file. */
static int add_section(struct menu *m, const struct item *i, struct menu_entry **ret)
{
	const char *slash = i->value.s ? memrchr(i->value.s, '/', i->value.len) : NULL;
	struct span name = i->value;

	if (slash)
		name = (struct span){ slash + 1,
				      (size_t)(name.s + name.len - slash - 1) };
	if (!name.s)
		name.s = "";
	if (menu_add(m, name, ret) < 0)
		return -ENOMEM;
	if (!*ret)
		return 0;
	if (span_copy(name, &(*ret)->name) < 0)
		return -ENOMEM;
	return span_is(i->key, "image") && i->value.s
		       ? span_copy(i->value, &(*ret)->kernel)
		       : 0;
}

int lilo_entries(const char *text, size_t len, struct menu *ret)
{
	CLEANUP_MENU struct menu menu = { 0 };
	struct reader r = start(text, len);
	struct item i;
	struct words all = { 0 }, here = { 0 };
	struct menu_entry *e = NULL;
	struct span wanted = { NULL, 0 };
	int k = 0;

	while (k == 0 && next_item(&r, &i)) {
		if (starts_section(&i)) {
			k = e ? finish(e, &here, &all) : 0;
			here = (struct words){ 0 };
			if (k == 0)
				k = add_section(&menu, &i, &e);
		} else {
			note(i.section == NONE ? &all : &here, &i);
		}
		if (i.section == NONE && span_is(i.key, "default"))
			wanted = i.value;
	}
	if (k == 0 && e)
		k = finish(e, &here, &all);
	if (k < 0)
		return k;
	mark_default(&menu, wanted);
	menu_give(&menu, ret);
	return 0;
}

/* --- edits --- */

/* What a section has, and where one more line of it would go. */
struct section {
	bool is_linux, has_root, has_append, has_initrd;
	const char *behind;
};

/* The last one is what is said for all.  -EINVAL if a quote is not closed. */
static int survey(const char *text, size_t len, struct section **ret, size_t *n)
{
	struct reader r = start(text, len);
	struct item i;
	struct section *l;

	*n = 0;
	while (next_item(&r, &i)) {
		*n += starts_section(&i);
		if (i.is_open)
			return -EINVAL;
	}
	l = calloc(*n + 1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	r = start(text, len);
	while (next_item(&r, &i)) {
		struct section *s = &l[i.section == NONE ? *n : i.section];

		s->is_linux |= span_is(i.key, "image");
		s->has_root |= span_is(i.key, "root") && i.value.s;
		s->has_append |= span_is(i.key, "append") && i.value.s;
		s->has_initrd |= span_is(i.key, "initrd") && i.value.s;
		s->behind = r.pos;
	}
	*ret = l;
	return 0;
}

/* LILO wants a name that has a '=' in quotes (lilo.conf(5), root). */
static int edit_root(struct splices *s, const char *in, const struct item *i,
		     const struct cmdline_edits *e)
{
	CLEANUP_FREE char *value = NULL, *word = NULL;
	const char *quote;
	int r;

	if (!e->map || e->no_initrd || memchr(i->value.s, '\0', i->value.len))
		return 0;
	if (span_copy(i->value, &value) < 0)
		return -ENOMEM;
	r = e->map(e, "root", value, &word);
	if (r < 0 || !word || strncmp(word, "root=", 5) != 0 || strpbrk(word, "\"\\"))
		return r;
	if (strcmp(word + 5, value) == 0)
		return 0;
	quote = *i->raw.s == '"' || strpbrk(word + 5, "= \t") ? "\"" : "";
	return splice_add(s, (size_t)(i->raw.s - in), i->raw.len, "%s%s%s", quote,
			  word + 5, quote);
}

static int edit_append(struct splices *s, const char *in, const struct item *i,
		       const struct cmdline_edits *e)
{
	CLEANUP_BYTES struct bytes fresh = { 0 };
	int r;

	/* With escapes in it, it is none that we would write the same. */
	if (memchr(i->value.s, '\\', i->value.len) ||
	    memchr(i->value.s, '\0', i->value.len))
		return 0;
	r = cmdline_edit(i->value.s, i->value.len, CMDLINE_KERNEL, e, &fresh);
	if (r < 0 || strchr(fresh.data, '"') ||
	    (fresh.len == i->value.len && memcmp(fresh.data, i->value.s, fresh.len) == 0))
		return r;
	return splice_add(s, (size_t)(i->raw.s - in), i->raw.len, "\"%s\"", fresh.data);
}

#define INDENT_MAX 64 /* bytes of a line that are looked at */

/* The blanks before @at's line, to align another line with it. */
static struct span indent_of(const char *in, const char *at)
{
	const char *line = at, *end;

	while (line > in && line[-1] != '\n' && at - line < INDENT_MAX)
		line--;
	for (end = line; end < at && (*end == ' ' || *end == '\t'); end++)
		;
	return (struct span){ line, (size_t)(end - line) };
}

static int add_append(struct splices *s, const char *in, const struct section *l,
		      const struct cmdline_edits *e)
{
	struct cmdline_edits only = { .consoles = e->consoles, .args = e->args };
	CLEANUP_BYTES struct bytes words = { 0 };
	struct span indent = indent_of(in, l->behind);
	int r = cmdline_edit("", 0, CMDLINE_KERNEL, &only, &words);

	if (r < 0 || words.len == 0)
		return r;
	return splice_add(s, (size_t)(l->behind - in), 0, "\n%.*sappend=\"%s\"",
			  (int)indent.len, indent.s, words.data);
}

static int edit_item(struct splices *s, const char *in, const struct item *i,
		     const struct section *l, size_t n, const struct cmdline_edits *e)
{
	const struct section *all = &l[n],
			     *here = i->section == NONE ? all : &l[i->section];
	struct cmdline_edits edits = *e;

	if (!i->value.s || (i->section != NONE && !here->is_linux))
		return 0;
	/* What is said for all counts where most have an initrd of their own. */
	edits.no_initrd = i->section != NONE && !here->has_initrd && !all->has_initrd;
	if (span_is(i->key, "root"))
		return edit_root(s, in, i, &edits);
	if (!span_is(i->key, "append"))
		return 0;
	if (here->has_root || all->has_root)
		edits.only_with = NULL;
	return edit_append(s, in, i, &edits);
}

int lilo_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
		       struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_FREE struct section *l = NULL;
	struct reader r = start(text, len);
	struct item i;
	size_t n;
	int k = survey(text, len, &l, &n);

	if (k == -EINVAL)
		return bytes_set(ret, text, len);
	while (k == 0 && next_item(&r, &i))
		k = edit_item(&s, text, &i, l, n, e);
	for (size_t at = 0; k == 0 && at < n; at++)
		if (l[at].is_linux && !l[at].has_append && !l[n].has_append &&
		    (l[at].has_root || l[n].has_root))
			k = add_append(&s, text, &l[at], e);
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}

int lilo_set_default(const char *text, size_t len, const char *label, struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct reader r = start(text, len);
	struct item i;
	const char *first = NULL, *quote = strpbrk(label, " \t=") ? "\"" : "";
	struct span found = { NULL, 0 }, value = { NULL, 0 };
	int k = 0;

	while (!first && next_item(&r, &i)) {
		if (i.section != NONE)
			first = i.key.s;
		else if (span_is(i.key, "default") && i.value.s) {
			found = i.raw;
			value = i.value;
		}
	}
	if (found.s && !span_is(value, label))
		k = splice_add(&s, (size_t)(found.s - text), found.len, "%s%s%s", quote,
			       label, quote);
	else if (!found.s && first)
		k = splice_add(&s, (size_t)(first - text), 0, "default=%s%s%s\n", quote,
			       label, quote);
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}
