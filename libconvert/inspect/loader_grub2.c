/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GRUB 2: its grub.cfg, the environment block beside it, and the entries that blscfg adds. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "format/grub_cfg.h"
#include "format/grubenv.h"
#include "inspect/loaders.h"

/* Red Hat and SUSE say grub2. */
static const char *const dirs[] = { "grub", "grub2" };

/* @name in the environment block of @dir; *@ret stays empty without one. */
static int read_env(struct engine *e, const char *dir, const char *name,
		    struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes block = { 0 };
	CLEANUP_FREE char *path = NULL;
	int r = loader_path(dir, "grubenv", &path, err);

	if (r == 0)
		r = loader_text(e, path, &block, err);
	if (r < 0 || !block.data)
		return r;
	return grubenv_get(&block, name, ret) == -ENOMEM ? error_nomem(err) : 0;
}

#define NAME_MAX_LEN ((size_t)4096) /* bytes; no longer one is remembered */

/* "submenu>entry", as GRUB takes it: each by its id, else by its title, '>' doubled. */
static int name_path(const struct grub_cfg *cfg, size_t i, struct bytes *ret)
{
	const struct grub_entry *g = &cfg->entries[i];
	int r = g->parent != SIZE_MAX ? name_path(cfg, g->parent, ret)
				      : bytes_set(ret, "", 0);

	if (r == 0 && g->parent != SIZE_MAX)
		r = bytes_append(ret, ">", 1);
	for (const char *s = g->id ? g->id : g->title;
	     *s && r == 0 && ret->len <= NAME_MAX_LEN; s++)
		r = *s == '>' ? bytes_append(ret, ">>", 2) : bytes_append(ret, s, 1);
	return r;
}

static int add_static(const struct grub_cfg *cfg, size_t at, const char *config,
		      struct menu *m, struct cvt_error *err)
{
	const struct grub_entry *g = &cfg->entries[at];
	CLEANUP_BYTES struct bytes path = { 0 };
	struct menu_entry *x;
	int r = loader_add(m, config, g->title ? g->title : "", &x, err);

	if (r < 0 || !x)
		return r;
	x->kernel = strdup(g->kernel);
	x->cmdline = strdup(g->cmdline ? g->cmdline : "");
	if (name_path(cfg, at, &path) < 0)
		return error_nomem(err);
	x->name = path.len <= NAME_MAX_LEN ? bytes_take(&path).data : NULL;
	x->place = g->search_by == 'u' ? strdup(g->search) : NULL;
	x->is_default = g->is_default;
	if (!x->kernel || !x->cmdline || (g->search_by == 'u' && !x->place))
		return error_nomem(err);
	for (size_t i = 0; i < g->initrds.n; i++)
		if (names_add(&x->initrds, g->initrds.v[i]) < 0)
			return error_nomem(err);
	return 0;
}

/* Does @spec, an id with or without ".conf" or a title, mean @x? */
static bool is_chosen(const struct menu_entry *x, const char *spec)
{
	size_t n = strlen(spec);

	return strcmp(x->title, spec) == 0 ||
	       (strncmp(x->name, spec, n) == 0 &&
		(x->name[n] == '\0' || strcmp(x->name + n, ".conf") == 0));
}

/* Of the entries that blscfg made, which come first.  An id that is none of theirs is one of
 * the entries in grub.cfg.
 */
static void choose(struct menu *m, size_t first, size_t end, const struct grub_cfg *cfg)
{
	const char *spec = cfg->chosen ? cfg->chosen : "";
	size_t chosen = first;

	while (chosen < end && !is_chosen(&m->entries[chosen], spec))
		chosen++;
	if (chosen == end && isdigit((unsigned char)*spec))
		chosen = first + strtoul(spec, NULL, 10);
	if (chosen >= end && cfg->chosen && !isdigit((unsigned char)*spec))
		for (size_t i = 0; i < cfg->n; i++)
			if ((cfg->entries[i].id &&
			     strcmp(cfg->entries[i].id, spec) == 0) ||
			    strcmp(cfg->entries[i].title, spec) == 0)
				return;
	for (size_t i = end; i < m->n; i++)
		m->entries[i].is_default = false;
	m->entries[chosen < end && chosen >= first ? chosen : first].is_default = true;
}

/* blscfg looks in the /loader/entries of where the kernels are. */
static int add_bls(struct engine *e, const struct loader_bases *bases, const char *dir,
		   const struct grub_cfg *cfg, struct menu *m, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes opts = { 0 };
	CLEANUP_BLS_LIST struct bls_list l = { 0 };
	int r = read_env(e, dir, "kernelopts", &opts, err);

	for (size_t i = 0; i < bases->n && r == 0; i++)
		r = bls_list_read(e, bases->v[i], &l, err);
	if (r < 0)
		return r;
	return bls_list_add(&l, bls_compare_names,
			    opts.data ? opts.data : cfg->kernelopts, m, err);
}

/* The menu of @dir/grub.cfg; nothing if there is none that can be read. */
static int read_menu(struct engine *e, const struct loader_bases *bases, const char *dir,
		     struct menu *m, struct cvt_error *err)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	CLEANUP_BYTES struct bytes text = { 0 }, saved = { 0 };
	CLEANUP_FREE char *config = NULL;
	size_t first = m->n, end;
	int r = loader_path(dir, "grub.cfg", &config, err);

	if (r == 0)
		r = loader_text(e, config, &text, err);
	if (r < 0 || !text.data)
		return r;
	r = read_env(e, dir, "saved_entry", &saved, err);
	if (r < 0)
		return r;
	if (grub_cfg_entries(text.data, text.len, saved.data, &cfg) < 0)
		return error_nomem(err);
	if (cfg.has_blscfg)
		r = add_bls(e, bases, dir, &cfg, m, err);
	end = m->n;
	for (size_t i = 0; i < cfg.n && r == 0; i++)
		if (cfg.entries[i].linux_cmd && cfg.entries[i].kernel)
			r = add_static(&cfg, i, config, m, err);
	if (r == 0 && end > first)
		choose(m, first, end, &cfg);
	return r;
}

int loader_read_grub2(struct engine *e, const struct loader_bases *bases, struct menu *m,
		      struct cvt_error *err)
{
	int r = 0;

	for (size_t b = 0; b < bases->n && r == 0; b++) {
		CLEANUP_NAMES struct names vendors = { 0 };

		for (size_t i = 0; i < ARRAY_SIZE(dirs) && r == 0; i++) {
			CLEANUP_FREE char *dir = NULL;

			r = loader_path(bases->v[b], dirs[i], &dir, err);
			if (r == 0)
				r = read_menu(e, bases, dir, m, err);
		}
		/* Red Hat's UEFI installations before version 9 keep the whole menu there. */
		if (r == 0)
			r = loader_vendors(e, bases->v[b], &vendors, err);
		for (size_t i = 0; i < vendors.n && r == 0; i++)
			r = read_menu(e, bases, vendors.v[i], m, err);
	}
	return r;
}
