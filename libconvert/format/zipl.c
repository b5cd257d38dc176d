/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/zipl.h"

#define NONE SIZE_MAX

enum kind {
	SECTION,
	MENU,
	KEY
};

struct item {
	enum kind kind;
	struct span name, value; /* value without quotes */
	size_t section;	 /* number of the section; NONE: in a menu, or before the first */
	bool in_default; /* in [defaultboot] */
};

struct reader {
	struct lines l;
	size_t section, n;
	bool in_default;
};

static struct reader start(const char *text, size_t len)
{
	return (struct reader){ .l = { text, text + len }, .section = NONE };
}

static struct span unquote(struct span s)
{
	if (s.len >= 2 && (*s.s == '"' || *s.s == '\'') && s.s[s.len - 1] == *s.s) {
		s.s++;
		s.len -= 2;
	}
	return s;
}

static void open_section(struct reader *r, struct item *i, struct span line)
{
	const char *end = memchr(line.s, ']', line.len);

	i->kind = *line.s == ':' ? MENU : SECTION;
	i->name = (struct span){ line.s + 1,
				 (end ? (size_t)(end - line.s) : line.len) - 1 };
	i->name = span_trim(i->name);
	r->in_default = i->kind == SECTION && span_is(i->name, "defaultboot");
	r->section = i->kind == SECTION && !r->in_default ? r->n++ : NONE;
}

static bool next_item(struct reader *r, struct item *i)
{
	struct span line;

	while (lines_next(&r->l, &line)) {
		const char *eq;

		line = span_trim(line);
		if (line.len == 0 || *line.s == '#')
			continue;
		*i = (struct item){ .kind = KEY, .name = line };
		eq = memchr(line.s, '=', line.len);
		if (*line.s == '[' || *line.s == ':') {
			open_section(r, i, line);
		} else if (eq) {
			i->name.len = (size_t)(eq - line.s);
			i->value.s = eq + 1;
			i->value.len = (size_t)(line.s + line.len - i->value.s);
			i->name = span_trim(i->name);
			i->value = unquote(span_trim(i->value));
		}
		i->section = r->section;
		i->in_default = r->in_default;
		return true;
	}
	return false;
}

/* --- the menu --- */

/* What [defaultboot] and the menus say of the default. */
struct choice {
	struct span section; /* default= in [defaultboot] */
	struct span menu;    /* defaultmenu= there */
	struct span number;  /* default= in that menu */
};

static void note_choice(struct choice *c, const struct item *i, struct span menu)
{
	if (i->in_default && span_is(i->name, "default"))
		c->section = i->value;
	else if (i->in_default && span_is(i->name, "defaultmenu"))
		c->menu = i->value;
	else if (menu.s && c->menu.s && span_equal(menu, c->menu) &&
		 span_is(i->name, "default"))
		c->number = i->value;
}

/* The section that the default menu has at its default number. */
static struct span of_menu(const char *text, size_t len, const struct choice *c)
{
	struct reader r = start(text, len);
	struct span menu = { NULL, 0 };
	struct item i;

	while (c->number.s && next_item(&r, &i)) {
		if (i.kind != KEY)
			menu = i.kind == MENU ? i.name : (struct span){ NULL, 0 };
		else if (menu.s && span_equal(menu, c->menu) &&
			 span_equal(i.name, c->number))
			return i.value;
	}
	return c->section;
}

/* "FILE,ADDRESS": where it is loaded to is of no interest. */
static struct span file_of(struct span value)
{
	const char *comma = memchr(value.s, ',', value.len);

	return comma ? (struct span){ value.s, (size_t)(comma - value.s) } : value;
}

static int read_key(struct menu_entry *e, const struct item *i)
{
	if (i->value.len == 0)
		return 0;
	if (span_is(i->name, "image"))
		return span_copy(file_of(i->value), &e->kernel);
	if (span_is(i->name, "parameters"))
		return span_copy(i->value, &e->cmdline);
	if (!span_is(i->name, "ramdisk"))
		return 0;
	return menu_add_initrd(&e->initrds, file_of(i->value));
}

static void mark_default(struct menu *m, struct span wanted)
{
	size_t at = 0;

	for (size_t i = m->n; wanted.s && i > 0; i--)
		if (span_is(wanted, m->entries[i - 1].name))
			at = i - 1;
	if (m->n > 0)
		m->entries[at].is_default = true;
}

int zipl_entries(const char *text, size_t len, struct menu *ret)
{
	CLEANUP_MENU struct menu m = { 0 };
	struct reader r = start(text, len);
	struct choice choice = { .section = { NULL, 0 } };
	struct span menu = { NULL, 0 };
	struct menu_entry *e = NULL;
	struct item i;
	int k = 0;

	while (k == 0 && next_item(&r, &i)) {
		note_choice(&choice, &i, menu);
		if (i.kind == KEY) {
			k = e ? read_key(e, &i) : 0;
			continue;
		}
		e = NULL;
		menu = i.kind == MENU ? i.name : (struct span){ NULL, 0 };
		if (i.section != NONE)
			k = menu_add(&m, i.name, &e);
		if (k == 0 && e)
			k = span_copy(i.name, &e->name);
	}
	if (k < 0)
		return k;
	mark_default(&m, of_menu(text, len, &choice));
	menu_give(&m, ret);
	return 0;
}

/* --- edits --- */

static int find_ramdisks(const char *text, size_t len, char **ret)
{
	struct reader r = start(text, len);
	struct item i;
	char *has;

	while (next_item(&r, &i))
		;
	has = calloc(r.n + 1, 1);
	if (!has)
		return -ENOMEM;
	r = start(text, len);
	while (next_item(&r, &i))
		if (i.section != NONE && i.kind == KEY && span_is(i.name, "ramdisk"))
			has[i.section] = 1;
	*ret = has;
	return 0;
}

int zipl_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
		       struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_FREE char *has = NULL;
	struct reader r = start(text, len);
	struct cmdline_edits here = *e;
	struct item i;
	int k = find_ramdisks(text, len, &has);

	while (k == 0 && next_item(&r, &i)) {
		if (i.kind != KEY || i.section == NONE ||
		    !span_is(i.name, "parameters") || i.value.len == 0 ||
		    memchr(i.value.s, '"', i.value.len))
			continue;
		here.no_initrd = !has[i.section];
		k = menu_edit_args(&s, text, i.value, &here);
	}
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}

/* Where the default is said, and how @name is called there. */
static void find_choice(const char *text, size_t len, struct span name,
			struct span *where, struct span *how)
{
	struct reader r = start(text, len);
	struct choice choice = { .section = { NULL, 0 } };
	struct span menu = { NULL, 0 };
	struct item i;

	*how = name;
	while (next_item(&r, &i)) {
		note_choice(&choice, &i, menu);
		if (i.kind != KEY)
			menu = i.kind == MENU ? i.name : (struct span){ NULL, 0 };
		else if (menu.s && choice.menu.s && span_equal(menu, choice.menu) &&
			 span_equal(i.value, name))
			*how = i.name;
	}
	*where = choice.number.s ? choice.number : choice.section;
	if (choice.number.s && how->s == name.s)
		where->s = NULL; /* it is in no menu */
}

int zipl_set_default(const char *text, size_t len, const char *name, struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct span where, how;
	int k = 0;

	find_choice(text, len, (struct span){ name, strlen(name) }, &where, &how);
	if (where.s && !span_equal(where, how))
		k = splice_add(&s, (size_t)(where.s - text), where.len, "%.*s",
			       (int)how.len, how.s);
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}
