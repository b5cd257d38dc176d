/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format/grub_legacy.h"

#define NONE SIZE_MAX

/* A command, or a comment, whose name is empty. */
struct command {
	struct span name, args;
	size_t entry; /* NONE: before the first title */
};

struct reader {
	const char *pos, *end;
	size_t entry;
};

static struct reader start(const char *text, size_t len)
{
	return (struct reader){ text, text + len, NONE };
}

/* The end of the line at @s; a backslash before it joins it with the next one. */
static const char *line_end(const char *s, const char *end)
{
	char last = '\0';

	for (; s < end && (*s != '\n' || last == '\\'); s++)
		if (*s != '\r')
			last = *s;
	return s;
}

static bool is_gap(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '=';
}

/* "title=x", "title x" and "title = x" are one. */
static void split(struct span line, struct command *c)
{
	size_t n = 0;

	while (n < line.len && !is_gap(line.s[n]))
		n++;
	c->name = (struct span){ line.s, n };
	while (n < line.len && is_gap(line.s[n]))
		n++;
	c->args = (struct span){ line.s + n, line.len - n };
	while (c->args.len > 0 && isspace((unsigned char)c->args.s[c->args.len - 1]))
		c->args.len--;
}

static bool next_command(struct reader *r, struct command *c)
{
	const char *end;

	while (r->pos < r->end && isspace((unsigned char)*r->pos))
		r->pos++;
	if (r->pos >= r->end)
		return false;
	end = line_end(r->pos, r->end);
	c->args = (struct span){ r->pos, (size_t)(end - r->pos) };
	c->name = (struct span){ r->pos, 0 };
	if (*r->pos != '#')
		split(c->args, c);
	if (span_is(c->name, "title"))
		r->entry++;
	c->entry = r->entry;
	r->pos = end;
	return true;
}

static void skip_gap(struct span *args)
{
	while (args->len > 0 && (isspace((unsigned char)*args->s) ||
				 (*args->s == '\\' && args->len > 1 &&
				  (args->s[1] == '\r' || args->s[1] == '\n')))) {
		args->s++;
		args->len--;
	}
}

/* The first word of the arguments, which may be on the next line; the rest stays. */
static struct span take_word(struct span *args)
{
	struct span w;
	size_t n = 0;

	skip_gap(args);
	while (n < args->len && !isspace((unsigned char)args->s[n]))
		n++;
	w = (struct span){ args->s, n };
	args->s += n;
	args->len -= n;
	return w;
}

/* The file that `kernel` or `module` loads; @args becomes what stands behind it. */
static struct span take_file(struct span *args)
{
	struct span w = take_word(args);

	while (span_starts(w, "--type=") || span_is(w, "--no-mem-option"))
		w = take_word(args);
	return w;
}

/* As GRUB reads the line: a joined line and a tab are a blank. */
static int unfold(struct span s, char **at)
{
	size_t used = 0;
	char *fresh = malloc(s.len + 1);

	if (!fresh)
		return -ENOMEM;
	free(*at);
	*at = fresh;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.s[i];

		if (c == '\r')
			continue;
		if (c == '\n' && used > 0 && fresh[used - 1] == '\\')
			used--;
		fresh[used++] = isspace((unsigned char)c) ? ' ' : c;
	}
	fresh[used] = '\0';
	return 0;
}

/* --- the menu --- */

static size_t number(struct span s)
{
	size_t n = 0;

	if (s.len == 0 || !isdigit((unsigned char)*s.s))
		return NONE;
	for (; s.len > 0 && isdigit((unsigned char)*s.s) && n < MENU_MAX; s.s++, s.len--)
		n = 10 * n + (size_t)(*s.s - '0');
	return n;
}

static int read_module(struct menu_entry *e, size_t *n_modules, struct span args)
{
	int r;

	if ((*n_modules)++ > 0)
		return menu_add_initrd(&e->initrds, take_file(&args));
	r = unfold(take_file(&args), &e->kernel);
	skip_gap(&args);
	return r < 0 ? r : unfold(args, &e->cmdline);
}

static int read_command(struct menu_entry *e, size_t *n_modules, const struct command *c)
{
	struct span args = c->args;
	size_t none = 0;

	if (span_is(c->name, "kernel"))
		return read_module(e, &none, args);
	if (span_is(c->name, "module"))
		return read_module(e, n_modules, args);
	if (span_is(c->name, "root") || span_is(c->name, "rootnoverify") ||
	    span_is(c->name, "uuid"))
		return span_copy(take_word(&args), &e->place);
	if (!span_is(c->name, "initrd"))
		return 0;
	/* GRUB loads one; of two commands the later one counts. */
	names_clear(&e->initrds);
	return menu_add_initrd(&e->initrds, take_word(&args));
}

/* What GRUB starts if `default` is out of range: the fallback, else the first. */
static void mark_default(struct menu *m, size_t wanted, size_t fallback)
{
	if (wanted >= m->n)
		wanted = fallback < m->n ? fallback : 0;
	if (m->n > 0)
		m->entries[wanted].is_default = true;
}

int grub_legacy_entries(const char *text, size_t len, const char *saved, struct menu *ret)
{
	CLEANUP_MENU struct menu menu = { 0 };
	struct reader r = start(text, len);
	struct command c;
	struct menu_entry *e = NULL;
	struct span old = { saved ? saved : "", saved ? strlen(saved) : 0 };
	size_t wanted = 0, fallback = NONE, n_modules = 0;
	int k = 0;

	while (k == 0 && next_command(&r, &c)) {
		if (span_is(c.name, "title")) {
			k = menu_add(&menu, c.args, &e);
			n_modules = 0;
		} else if (e) {
			k = read_command(e, &n_modules, &c);
		} else if (c.entry == NONE && span_is(c.name, "default")) {
			wanted = number(span_is(c.args, "saved") ? old : c.args);
			wanted = wanted == NONE ? 0 : wanted;
		} else if (c.entry == NONE && span_is(c.name, "fallback")) {
			fallback = number(c.args);
		}
	}
	if (k < 0)
		return k;
	mark_default(&menu, wanted, fallback);
	menu_give(&menu, ret);
	return 0;
}

/* --- edits --- */

/* What the entries load besides their kernel. */
struct loads {
	bool has_initrd;
	size_t modules;
};

static int survey(const char *text, size_t len, struct loads **ret)
{
	struct reader r = start(text, len);
	struct command c;
	struct loads *l;
	size_t max = 1;

	while (next_command(&r, &c))
		max += span_is(c.name, "title");
	l = calloc(max, sizeof(*l));
	if (!l)
		return -ENOMEM;
	r = start(text, len);
	while (next_command(&r, &c)) {
		if (c.entry == NONE)
			continue;
		l[c.entry].modules += span_is(c.name, "module");
		l[c.entry].has_initrd |=
			span_is(c.name, "initrd") || l[c.entry].modules > 1;
	}
	*ret = l;
	return 0;
}

/* "# kopt=root=/dev/hda1 ro": update-grub (Debian, grub-legacy) puts these into entries. */
static int edit_automagic(struct splices *s, const char *in, struct span line,
			  const struct cmdline_edits *e)
{
	const char *eq = memchr(line.s, '=', line.len);
	struct span args;

	if (!eq || (!span_starts(line, "# kopt") && !span_starts(line, "# xenkopt")))
		return 0;
	args.s = eq + 1;
	args.len = (size_t)(line.s + line.len - args.s);
	while (args.len > 0 && isspace((unsigned char)args.s[args.len - 1]))
		args.len--;
	return menu_edit_args(s, in, args, e);
}

static bool is_linux(const struct command *c, const struct loads *l, size_t *n_modules)
{
	if (span_is(c->name, "kernel"))
		return l->modules == 0;
	return span_is(c->name, "module") && (*n_modules)++ == 0;
}

int grub_legacy_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			      struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_FREE struct loads *loads = NULL;
	struct reader r = start(text, len);
	struct cmdline_edits here = *e;
	bool has_automagic = memmem(text, len, "\n### BEGIN AUTOMAGIC", 20) != NULL;
	size_t n_modules = 0;
	struct command c;
	int k = survey(text, len, &loads);

	while (k == 0 && next_command(&r, &c)) {
		struct span args = c.args;

		here.no_initrd = false;
		if (span_is(c.name, "title"))
			n_modules = 0;
		if (c.name.len == 0 && has_automagic)
			k = edit_automagic(&s, text, c.args, &here);
		if (c.entry == NONE || !is_linux(&c, &loads[c.entry], &n_modules))
			continue;
		here.no_initrd = !loads[c.entry].has_initrd;
		take_file(&args);
		if (args.len > 0)
			k = menu_edit_args(&s, text, args, &here);
	}
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}

int grub_legacy_set_default(const char *text, size_t len, size_t index, struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct reader r = start(text, len);
	struct command c;
	struct span found = { NULL, 0 };
	size_t title = len;
	int k;

	while (next_command(&r, &c) && title == len) {
		if (c.entry != NONE)
			title = (size_t)(c.name.s - text);
		else if (span_is(c.name, "default"))
			found = c.args;
	}
	if (found.s)
		k = number(found) == index
			    ? 0
			    : splice_add(&s, (size_t)(found.s - text), found.len,
					 is_gap(found.s[-1]) ? "%zu" : " %zu", index);
	else
		k = splice_add(&s, title, 0, "default %zu\n", index);
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}
