/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "format/extlinux.h"

#define NONE SIZE_MAX

/* One statement: "label x", "menu default"; of the latter the name is "default". */
struct statement {
	struct span line, name, value;
	bool is_menu;
	size_t label; /* number of the label it is below; NONE: none */
};

struct reader {
	struct lines l;
	size_t label;
	bool in_text; /* between TEXT HELP and ENDTEXT */
};

static struct reader start(const char *text, size_t len)
{
	return (struct reader){ { text, text + len }, NONE, false };
}

/* grubby writes "default=x", and Syslinux takes it. */
static struct span take_name(struct span *rest)
{
	struct span word = span_word(rest);
	const char *eq = memchr(word.s, '=', word.len);

	if (!eq)
		return word;
	rest->len = (size_t)(rest->s + rest->len - (eq + 1));
	rest->s = eq + 1;
	*rest = span_trim(*rest);
	return (struct span){ word.s, (size_t)(eq - word.s) };
}

static bool next_statement(struct reader *r, struct statement *st)
{
	while (lines_next(&r->l, &st->line)) {
		st->value = st->line;
		st->name = take_name(&st->value);
		if (r->in_text) {
			r->in_text = !span_is_nocase(st->name, "endtext");
			continue;
		}
		if (st->name.len == 0 || *st->name.s == '#')
			continue;
		r->in_text = span_is_nocase(st->name, "text");
		st->is_menu = span_is_nocase(st->name, "menu");
		if (st->is_menu)
			st->name = span_word(&st->value);
		if (!st->is_menu && span_is_nocase(st->name, "label"))
			r->label++;
		st->label = r->label;
		return true;
	}
	return false;
}

static bool says(const struct statement *st, const char *name)
{
	return !st->is_menu && span_is_nocase(st->name, name);
}

static bool menu_says(const struct statement *st, const char *name)
{
	return st->is_menu && span_is_nocase(st->name, name);
}

/* --- the menu --- */

static bool ends(struct span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && strncasecmp(s.s + s.len - n, suffix, n) == 0;
}

/* What KERNEL starts if it has one of these names is a program of Syslinux or a boot sector. */
static bool is_program(struct span file)
{
	static const char *const suffixes[] = { ".c32", ".com", ".cbt", ".0",
						".bin", ".bs",	".bss", "memdisk" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends(file, suffixes[i]))
			return true;
	return false;
}

/* "a,b" is two archives. */
static int add_initrds(struct menu_entry *e, struct span list)
{
	while (list.len > 0) {
		const char *comma = memchr(list.s, ',', list.len);
		size_t n = comma ? (size_t)(comma - list.s) : list.len;

		if (menu_add_initrd(&e->initrds, (struct span){ list.s, n }) < 0)
			return -ENOMEM;
		n += comma ? 1 : 0;
		list.s += n;
		list.len -= n;
	}
	return 0;
}

static int add_label(struct extlinux *x, const struct statement *st,
		     struct menu_entry **ret)
{
	size_t *grown = realloc(x->files, (x->menu.n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	x->files = grown;
	x->files[x->menu.n] = x->n_files;
	if (menu_add(&x->menu, st->value, ret) < 0)
		return -ENOMEM;
	return *ret ? span_copy(st->value, &(*ret)->name) : 0;
}

static int read_label(struct extlinux *x, struct menu_entry *e,
		      const struct statement *st)
{
	if (menu_says(st, "label"))
		return span_copy(st->value, &e->title);
	if (menu_says(st, "default"))
		x->menu_default = (size_t)(e - x->menu.entries);
	if (says(st, "linux") || (says(st, "kernel") && !is_program(st->value)))
		return span_copy(st->value, &e->kernel);
	if (says(st, "initrd"))
		return add_initrds(e, st->value);
	return says(st, "append") ? span_copy(st->value, &e->cmdline) : 0;
}

static int read_include(struct extlinux *x, struct span value)
{
	CLEANUP_FREE char *path = NULL;

	if (x->includes.n >= EXTLINUX_INCLUDES_MAX)
		return 0;
	return span_copy(span_word(&value), &path) < 0 ||
			       names_add_new(&x->includes, path) < 0
		       ? -ENOMEM
		       : 0;
}

static int read_global(struct extlinux *x, const struct statement *st)
{
	if (says(st, "default"))
		return span_copy(st->value, &x->def);
	if (says(st, "ontimeout"))
		return span_copy(st->value, &x->ontimeout);
	if (says(st, "timeout") || says(st, "totaltimeout"))
		x->has_timeout |= st->value.len > 0 && !span_is(st->value, "0");
	if (says(st, "include") || menu_says(st, "include"))
		return read_include(x, st->value);
	return 0;
}

int extlinux_read(struct extlinux *x, const char *text, size_t len)
{
	struct reader r = start(text, len);
	struct statement st;
	struct menu_entry *e = NULL;
	int k = 0;

	if (x->n_files == 0)
		x->menu_default = NONE;
	while (k == 0 && next_statement(&r, &st)) {
		if (says(&st, "label"))
			k = add_label(x, &st, &e);
		else if (st.label == NONE && says(&st, "append"))
			k = span_copy(st.value, &x->append);
		else if (e)
			k = read_label(x, e, &st);
		if (k == 0)
			k = read_global(x, &st);
	}
	x->n_files++;
	return k;
}

/* APPEND of the label, else that of all; "-" is none.  initrd= in it is one more way to say it. */
static int finish_entry(const struct extlinux *x, struct menu_entry *e)
{
	CLEANUP_BYTES struct bytes initrd = { 0 };
	int r = 0;

	if (e->kernel && !e->cmdline) {
		const char *all = x->append ? x->append : "";

		if (span_copy(menu_cut((struct span){ all, strlen(all) }), &e->cmdline) <
		    0)
			return -ENOMEM;
	}
	if (!e->cmdline)
		return 0;
	if (strcmp(e->cmdline, "-") == 0)
		e->cmdline[0] = '\0';
	r = cmdline_get(e->cmdline, strlen(e->cmdline), CMDLINE_KERNEL, "initrd",
			&initrd);
	if (r < 0 || e->initrds.n > 0)
		return r == -ENOMEM ? r : 0;
	return add_initrds(e, (struct span){ initrd.data, initrd.len });
}

/* The entry that @spec, the value of DEFAULT, means: a label, or a label and arguments. */
static size_t find_label(const struct extlinux *x, const char *spec)
{
	struct span whole = { spec ? spec : "", spec ? strlen(spec) : 0 };
	struct span rest = whole, first = span_word(&rest);

	for (size_t i = 0; spec && i < x->menu.n; i++)
		if (span_is(whole, x->menu.entries[i].name))
			return i;
	for (size_t i = 0; spec && i < x->menu.n; i++) {
		struct span name = { x->menu.entries[i].name,
				     strlen(x->menu.entries[i].name) };

		if (span_equal(first, span_word(&name)))
			return i;
	}
	return NONE;
}

/* DEFAULT can be a whole command: "vmlinuz root=/dev/sda1". */
static int add_command(struct extlinux *x)
{
	struct span rest = { x->def, strlen(x->def) }, file = span_word(&rest);
	struct statement st = { .value = file };
	struct menu_entry *e = NULL;

	if (add_label(x, &st, &e) < 0)
		return -ENOMEM;
	if (!e)
		return 0;
	e->is_default = true;
	x->files[x->menu.n - 1] = 0;
	if (span_copy(file, &e->kernel) < 0 || span_copy(rest, &e->cmdline) < 0)
		return -ENOMEM;
	return finish_entry(x, e);
}

int extlinux_finish(struct extlinux *x)
{
	size_t at = NONE;

	for (size_t i = 0; i < x->menu.n; i++)
		if (finish_entry(x, &x->menu.entries[i]) < 0)
			return -ENOMEM;
	if (x->has_timeout && x->ontimeout)
		at = find_label(x, x->ontimeout);
	if (at == NONE)
		at = find_label(x, x->def);
	if (at == NONE && x->def && strchr(x->def, '='))
		return add_command(x);
	if (at == NONE)
		at = x->menu_default;
	if (x->menu.n > 0)
		x->menu.entries[at == NONE ? 0 : at].is_default = true;
	return 0;
}

void extlinux_clear(struct extlinux *x)
{
	menu_clear(&x->menu);
	free(x->files);
	names_clear(&x->includes);
	free(x->append);
	free(x->def);
	free(x->ontimeout);
	*x = (struct extlinux){ 0 };
}

/* --- edits --- */

static bool names_initrd(struct span args)
{
	CLEANUP_BYTES struct bytes value = { 0 };

	return cmdline_get(args.s, args.len, CMDLINE_KERNEL, "initrd", &value) == 0;
}

/* A byte for each label: whether it has an initrd. */
static int find_initrds(const char *text, size_t len, char **ret)
{
	struct reader r = start(text, len);
	struct statement st;
	size_t max = 1;
	char *has;

	while (next_statement(&r, &st))
		max += says(&st, "label");
	has = calloc(max, 1);
	if (!has)
		return -ENOMEM;
	r = start(text, len);
	while (next_statement(&r, &st))
		if (st.label != NONE && (says(&st, "initrd") ||
					 (says(&st, "append") && names_initrd(st.value))))
			has[st.label] = 1;
	*ret = has;
	return 0;
}

int extlinux_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			   struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_FREE char *has_initrd = NULL;
	struct reader r = start(text, len);
	struct cmdline_edits here = *e;
	struct statement st;
	int k = find_initrds(text, len, &has_initrd);

	while (k == 0 && next_statement(&r, &st)) {
		struct span args = st.value;

		if (says(&st, "append")) {
			/* Before the first label: for all, which have one as a rule. */
			here.no_initrd = st.label != NONE && !has_initrd[st.label];
		} else if (says(&st, "default")) {
			span_word(&args);
			here.no_initrd = !names_initrd(args);
		} else {
			continue;
		}
		if (args.len > 0 && !span_is(args, "-"))
			k = menu_edit_args(&s, text, args, &here);
	}
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}

static bool has_label(const char *text, size_t len, struct span name)
{
	struct reader r = start(text, len);
	struct statement st;

	while (next_statement(&r, &st))
		if (says(&st, "label") && span_equal(st.value, name))
			return true;
	return false;
}

/* A label may be called like a program: the last DEFAULT of such a name, if it is one. */
static struct span find_odd_label(const char *text, size_t len)
{
	struct reader r = start(text, len);
	struct span odd = { NULL, 0 };
	struct statement st;

	while (next_statement(&r, &st))
		if (says(&st, "default") && is_program(st.value))
			odd = st.value;
	return odd.s && has_label(text, len, odd) ? odd : (struct span){ NULL, 0 };
}

/* What must change so that one label is the default: the lines where that is said. */
static int change_default(struct splices *s, const char *text, const struct statement *st,
			  struct span odd, const char *name, bool *done)
{
	bool is_global = says(st, "default") && (!is_program(st->value) ||
						 (odd.s && span_equal(st->value, odd)));

	if (!is_global && !says(st, "ontimeout"))
		return 0;
	*done |= is_global;
	if (span_is(st->value, name))
		return 0;
	return splice_add(s, (size_t)(st->value.s - text), st->value.len, "%s%s",
			  st->value.s[-1] == ' ' || st->value.s[-1] == '\t' ||
					  st->value.s[-1] == '='
				  ? ""
				  : " ",
			  name);
}

/* MENU DEFAULT counts where DEFAULT names no label. */
static int move_mark(struct splices *s, const char *text, size_t len, const char *name)
{
	struct reader r = start(text, len);
	struct statement st;
	size_t wanted = NONE;
	bool is_there = false;
	const char *behind = NULL;
	int k = 0;

	while (k == 0 && next_statement(&r, &st)) {
		if (says(&st, "label") && span_is(st.value, name)) {
			wanted = st.label;
			behind = r.l.pos;
		}
		if (!menu_says(&st, "default"))
			continue;
		if (st.label == wanted && wanted != NONE)
			is_there = true;
		else
			k = splice_drop(s, (size_t)(st.line.s - text),
					(size_t)(r.l.pos - st.line.s));
	}
	if (k < 0 || is_there || !behind)
		return k;
	return splice_add(s, (size_t)(behind - text), 0, "%s\tMENU DEFAULT\n",
			  behind[-1] == '\n' ? "" : "\n");
}

static bool includes(const char *text, size_t len)
{
	struct reader r = start(text, len);
	struct statement st;

	while (next_statement(&r, &st))
		if (says(&st, "include") || menu_says(&st, "include"))
			return true;
	return false;
}

int extlinux_set_default(const char *text, size_t len, const char *name,
			 struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct reader r = start(text, len);
	struct span odd = find_odd_label(text, len);
	struct statement st;
	bool done = false;
	int k = 0;

	if (!has_label(text, len, (struct span){ name, strlen(name) }) &&
	    !includes(text, len))
		return bytes_set(ret, text, len);
	while (k == 0 && next_statement(&r, &st))
		k = change_default(&s, text, &st, odd, name, &done);
	if (k == 0 && !done)
		k = move_mark(&s, text, len, name);
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}
