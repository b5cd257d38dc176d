/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The menu of a grub.cfg: see grub_cfg.h. */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "format/grub_cfg.h"
#include "format/grub_script.h"
#include "format/menu.h"

#define DEPTH_MAX 64  /* blocks in blocks; what is deeper is not looked at */
#define PLACE_MAX 256 /* bytes of a root or what is searched; all entries inherit it */
#define NONE SIZE_MAX

enum block {
	BLOCK_OTHER,
	BLOCK_FUNCTION,
	BLOCK_ENTRY,
	BLOCK_SUBMENU
};

/* What `set root=` and `search --set=root` have said; the later one counts, but a search
 * that finds nothing leaves the root as it was.
 */
struct place {
	char *root;
	char *search;
	char search_by;
};

struct parser {
	struct grub_cfg *cfg;
	struct grub_command cmd;
	struct {
		enum block kind;
		size_t entry;
	} stack[DEPTH_MAX];
	size_t depth;	    /* may exceed DEPTH_MAX */
	size_t functions;   /* how many of the open blocks are function bodies */
	struct place place; /* outside entries */
	char *def;	    /* the value of `default` */
	const char *saved_entry;
};

static void parser_clear(struct parser *p)
{
	grub_command_clear(&p->cmd);
	free(p->place.root);
	free(p->place.search);
	free(p->def);
}
#define CLEANUP_PARSER CLEANUP(parser_clear)

static void entry_clear(struct grub_entry *e)
{
	free(e->title);
	free(e->id);
	free(e->linux_cmd);
	free(e->kernel);
	names_clear(&e->initrds);
	free(e->cmdline);
	free(e->root);
	free(e->search);
}

void grub_cfg_clear(struct grub_cfg *cfg)
{
	for (size_t i = 0; i < cfg->n; i++)
		entry_clear(&cfg->entries[i]);
	free(cfg->entries);
	free(cfg->chosen);
	free(cfg->kernelopts);
	free(cfg->configfile);
	*cfg = (struct grub_cfg){ 0 };
}

/* Word @i of the command without quotes, owned by the caller; NULL: no memory. */
static char *word(const struct parser *p, size_t i)
{
	struct bytes text = { 0 };

	return grub_word_text(p->cmd.words[i], &text) < 0 ? NULL : text.data;
}

static int replace(char **at, char *fresh)
{
	if (!fresh)
		return -ENOMEM;
	free(*at);
	*at = fresh;
	return 0;
}

static int replace_dup(char **at, const char *text)
{
	return text ? replace(at, strdup(text)) : 0;
}

/* The innermost open block that is of the menu; NULL: none, or too deep. */
static struct grub_entry *current_entry(const struct parser *p)
{
	if (p->depth > DEPTH_MAX || p->functions > 0)
		return NULL;
	for (size_t i = p->depth; i > 0; i--)
		if (p->stack[i - 1].entry != NONE)
			return &p->cfg->entries[p->stack[i - 1].entry];
	return NULL;
}

/* --- menuentry, submenu --- */

static bool is_id_option(const char *w)
{
	return strcmp(w, "--id") == 0 || strcmp(w, "$menuentry_id_option") == 0 ||
	       strcmp(w, "${menuentry_id_option}") == 0;
}

static bool takes_value(const char *w)
{
	static const char *const options[] = { "--class", "--users", "--hotkey",
					       "--source" };

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strcmp(w, options[i]) == 0)
			return true;
	return false;
}

static int read_heading(const struct parser *p, struct grub_entry *e)
{
	int r = 0;

	for (size_t i = 1; i < p->cmd.n && r == 0; i++) {
		CLEANUP_FREE char *w = word(p, i);

		if (!w)
			return -ENOMEM;
		if (is_id_option(w) && i + 1 < p->cmd.n)
			r = replace(&e->id, word(p, ++i));
		else if (strncmp(w, "--id=", 5) == 0)
			r = replace_dup(&e->id, w + 5);
		else if (takes_value(w))
			i++;
		else if (strncmp(w, "--", 2) != 0 && !e->title)
			e->title = take_ptr(w);
	}
	return r;
}

/* Set @ret to the index of a new entry, or NONE if there is no room for it. */
static int add_entry(struct parser *p, bool is_submenu, size_t *ret)
{
	struct grub_cfg *cfg = p->cfg;
	struct grub_entry *grown = cfg->entries, *e;
	const struct grub_entry *outer = current_entry(p);
	size_t parent = outer ? (size_t)(outer - cfg->entries) : NONE;
	int r;

	*ret = NONE;
	if (cfg->n >= GRUB_ENTRIES_MAX || p->functions > 0 || p->depth > DEPTH_MAX ||
	    (outer && !outer->is_submenu))
		return 0;
	if ((cfg->n & (cfg->n - 1)) == 0)
		grown = realloc(cfg->entries, (cfg->n ? 2 * cfg->n : 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	cfg->entries = grown;
	*ret = cfg->n++;
	e = &cfg->entries[*ret];
	*e = (struct grub_entry){ .is_submenu = is_submenu, .parent = parent };
	outer = parent == NONE ? NULL : &cfg->entries[parent];
	e->search_by = outer ? outer->search_by : p->place.search_by;
	r = replace_dup(&e->root, outer ? outer->root : p->place.root);
	if (r == 0)
		r = replace_dup(&e->search, outer ? outer->search : p->place.search);
	if (r == 0)
		r = read_heading(p, e);
	if (r == 0 && !e->title)
		r = replace_dup(&e->title, "");
	return r;
}

static int open_block(struct parser *p)
{
	enum block kind = BLOCK_OTHER;
	size_t entry = NONE;
	int r = 0;

	if (p->cmd.n > 0) {
		struct span name = p->cmd.words[0];

		if (span_is(name, "menuentry"))
			kind = BLOCK_ENTRY;
		else if (span_is(name, "submenu"))
			kind = BLOCK_SUBMENU;
		else if (span_is(name, "function"))
			kind = BLOCK_FUNCTION;
	}
	if (kind == BLOCK_ENTRY || kind == BLOCK_SUBMENU)
		r = add_entry(p, kind == BLOCK_SUBMENU, &entry);
	if (p->depth < DEPTH_MAX) {
		p->stack[p->depth].kind = kind;
		p->stack[p->depth].entry = entry;
		p->functions += kind == BLOCK_FUNCTION;
	}
	p->depth++;
	return r;
}

static void close_block(struct parser *p)
{
	if (p->depth == 0)
		return;
	p->depth--;
	if (p->depth < DEPTH_MAX)
		p->functions -= p->stack[p->depth].kind == BLOCK_FUNCTION;
}

/* --- commands --- */

static int append_quoted(struct bytes *line, const char *w)
{
	bool quoted = w[strcspn(w, " \t")] != '\0';
	int r = line->len > 0 ? bytes_append(line, " ", 1) : 0;

	if (r == 0 && quoted)
		r = bytes_append(line, "\"", 1);
	if (r == 0)
		r = bytes_append(line, w, strlen(w));
	return r == 0 && quoted ? bytes_append(line, "\"", 1) : r;
}

/* An entry that starts several kernels under conditions: the last one counts, as the one
 * without special case.
 */
static int read_linux(struct parser *p, struct grub_entry *e)
{
	CLEANUP_BYTES struct bytes line = { 0 };
	int r = bytes_set(&line, "", 0);

	if (r == 0)
		r = replace(&e->linux_cmd, word(p, 0));
	if (r == 0)
		r = replace(&e->kernel, word(p, 1));
	for (size_t i = 2; i < p->cmd.n && r == 0; i++) {
		CLEANUP_FREE char *w = word(p, i);

		r = w ? append_quoted(&line, w) : -ENOMEM;
	}
	if (r < 0)
		return r;
	free(e->cmdline);
	e->cmdline = bytes_take(&line).data;
	return 0;
}

static int read_initrd(const struct parser *p, struct grub_entry *e)
{
	int r = 0;

	for (size_t i = 1; i < p->cmd.n && r == 0; i++) {
		CLEANUP_FREE char *w = word(p, i);

		r = w ? menu_add_initrd(&e->initrds, (struct span){ w, strlen(w) })
		      : -ENOMEM;
	}
	return r;
}

/* search [OPTIONS] [--set=root] NAME; the hints and their values are passed over. */
static int read_search(const struct parser *p, char **search, char *by)
{
	CLEANUP_FREE char *name = NULL;
	char kind = 'f';
	bool is_root = false;

	for (size_t i = 1; i < p->cmd.n; i++) {
		CLEANUP_FREE char *w = word(p, i);

		if (!w)
			return -ENOMEM;
		if (strcmp(w, "--fs-uuid") == 0 || strcmp(w, "-u") == 0)
			kind = 'u';
		else if (strcmp(w, "--label") == 0 || strcmp(w, "--fs-label") == 0 ||
			 strcmp(w, "-l") == 0)
			kind = 'l';
		else if (strcmp(w, "--set=root") == 0 || strcmp(w, "--set") == 0)
			is_root = true;
		else if (strncmp(w, "--hint", 6) == 0 && !strchr(w, '='))
			i++;
		else if (w[0] != '-' && replace_dup(&name, w) < 0)
			return -ENOMEM;
	}
	if (!name || !is_root || strlen(name) > PLACE_MAX)
		return 0;
	*by = kind;
	return replace(search, take_ptr(name));
}

/* search.fs_uuid NAME root [HINT…], and the like. */
static int read_search_by(const struct parser *p, char **search, char *by)
{
	struct span name = p->cmd.words[0];

	if (p->cmd.n < 3 || !span_is(p->cmd.words[2], "root") ||
	    p->cmd.words[1].len > PLACE_MAX)
		return 0;
	*by = span_is(name, "search.fs_uuid")	 ? 'u'
	      : span_is(name, "search.fs_label") ? 'l'
						 : 'f';
	return replace(search, word(p, 1));
}

/* "set NAME=VALUE" or "NAME=VALUE"; NULL in *@ret: it is another. */
static int read_assignment(const struct parser *p, const char *name, char **ret)
{
	size_t i = span_is(p->cmd.words[0], "set") && p->cmd.n > 1 ? 1 : 0;
	size_t n = strlen(name);
	CLEANUP_FREE char *w = NULL;

	if (p->cmd.words[i].len <= n || memcmp(p->cmd.words[i].s, name, n) != 0 ||
	    p->cmd.words[i].s[n] != '=')
		return 0;
	w = word(p, i);
	if (!w)
		return -ENOMEM;
	*ret = strdup(w + n + 1);
	return *ret ? 0 : -ENOMEM;
}

static int read_place(struct parser *p, char **root, char **search, char *by)
{
	CLEANUP_FREE char *value = NULL;
	struct span name = p->cmd.words[0];
	int r;

	if (span_is(name, "search"))
		return read_search(p, search, by);
	if (name.len > 7 && memcmp(name.s, "search.", 7) == 0)
		return read_search_by(p, search, by);
	r = read_assignment(p, "root", &value);
	if (r < 0 || !value)
		return r;
	if (strlen(value) > PLACE_MAX)
		return 0;
	free(*search);
	*search = NULL;
	*by = 0;
	return replace(root, take_ptr(value));
}

static int read_in_entry(struct parser *p, struct grub_entry *e)
{
	struct span name = p->cmd.words[0];

	if (!e->is_submenu && p->cmd.n >= 2) {
		if (span_is(name, "linux") || span_is(name, "linux16") ||
		    span_is(name, "linuxefi"))
			return read_linux(p, e);
		if (span_is(name, "initrd") || span_is(name, "initrd16") ||
		    span_is(name, "initrdefi"))
			return read_initrd(p, e);
	}
	return read_place(p, &e->root, &e->search, &e->search_by);
}

static int read_outside(struct parser *p)
{
	CLEANUP_FREE char *value = NULL;
	struct span name = p->cmd.words[0];
	int r;

	if (span_is(name, "blscfg"))
		p->cfg->has_blscfg = true;
	if (read_assignment(p, "kernelopts", &value) < 0)
		return -ENOMEM;
	if (value)
		return replace(&p->cfg->kernelopts, take_ptr(value));
	if (span_is(name, "configfile") && p->cmd.n > 1 && !p->cfg->configfile)
		return replace(&p->cfg->configfile, word(p, 1));
	r = read_assignment(p, "default", &value);
	if (r < 0)
		return r;
	/* next_entry is for one boot only, and does not tell what the guest usually starts. */
	if (value && !strstr(value, "next_entry"))
		return replace(&p->def, take_ptr(value));
	return read_place(p, &p->place.root, &p->place.search, &p->place.search_by);
}

static int read_command(struct parser *p)
{
	struct grub_entry *e = current_entry(p);

	if (p->cmd.n == 0 || p->cmd.n >= GRUB_WORDS_MAX || p->functions > 0 ||
	    p->depth > DEPTH_MAX)
		return 0;
	return e ? read_in_entry(p, e) : read_outside(p);
}

static int mark_default(struct parser *p)
{
	const char *spec = p->def;

	if (spec &&
	    (strcmp(spec, "${saved_entry}") == 0 || strcmp(spec, "$saved_entry") == 0))
		spec = p->saved_entry;
	if (spec && !(p->cfg->chosen = strdup(spec)))
		return -ENOMEM;
	grub_cfg_mark_default(p->cfg, spec ? spec : "0");
	return 0;
}

int grub_cfg_entries(const char *text, size_t len, const char *saved_entry,
		     struct grub_cfg *ret)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	CLEANUP_PARSER struct parser p = { .cfg = &cfg, .saved_entry = saved_entry };
	struct grub_reader r = { text, text + len };
	int e;

	while ((e = grub_next_command(&r, &p.cmd)) == 0) {
		if (p.cmd.end == GRUB_END_OPEN)
			e = open_block(&p);
		else
			e = read_command(&p);
		if (e < 0 || p.cmd.end == GRUB_END_TEXT)
			break;
		if (p.cmd.end == GRUB_END_CLOSE)
			close_block(&p);
	}
	if (e == 0)
		e = mark_default(&p);
	if (e < 0)
		return e;
	grub_cfg_clear(ret);
	*ret = cfg;
	cfg = (struct grub_cfg){ 0 };
	return 0;
}
