/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GRUB 2: where its configuration is, and what it starts. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/grub_cfg.h"
#include "format/grubenv.h"
#include "inspect/fetch.h"
#include "inspect/inspect_loader.h"

/* Below a root, below a /boot of its own; Red Hat and SUSE say grub2. */
static const char *const places[] = { "/boot/grub", "/boot/grub2", "/grub", "/grub2" };

#define ENTRIES_MAX \
	1024		/* a menu with an entry for each of many snapshots has hundreds */
#define N_ROOT_PLACES 2 /* the first ones are places in a whole guest */

static int read_saved_entry(struct engine *e, const char *dir, struct bytes *ret,
			    struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes block = { 0 };
	char path[512];
	int r;

	snprintf(path, sizeof(path), "%s/grubenv", dir);
	r = engine_read(e, path, ENGINE_TEXT_MAX, &block, NULL);
	if (r == 0)
		r = grubenv_get(&block, "saved_entry", ret);
	return r == -ENOMEM ? error_nomem(err) : 0;
}

/* The menu of @dir/grub.cfg; empty if there is none that can be read. */
static int read_menu(struct engine *e, const char *dir, struct grub_cfg *ret,
		     struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 }, saved = { 0 };
	char path[512];
	int r;

	snprintf(path, sizeof(path), "%s/grub.cfg", dir);
	r = engine_read(e, path, ENGINE_TEXT_MAX, &text, NULL);
	if (r < 0)
		return r == -ENOMEM ? error_nomem(err) : 0;
	r = read_saved_entry(e, dir, &saved, err);
	if (r < 0)
		return r;
	return grub_cfg_entries(text.data, text.len, saved.data, ret) < 0
		       ? error_nomem(err)
		       : 0;
}

void loader_words_clear(struct loader_words *w)
{
	free(w->root);
	free(w->rootflags);
}

static int word_of(const struct grub_entry *x, const char *key, char **ret,
		   struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes value = { 0 };
	int r = x->cmdline ? cmdline_get(x->cmdline, strlen(x->cmdline), CMDLINE_KERNEL,
					 key, &value)
			   : -ENOENT;

	if (r == -ENOMEM)
		return error_nomem(err);
	*ret = r == 0 && value.data ? bytes_take(&value).data : strdup("");
	return *ret ? 0 : error_nomem(err);
}

static int words_of(const struct grub_entry *x, struct loader_words *ret,
		    struct cvt_error *err)
{
	int r = word_of(x, "root", &ret->root, err);

	return r < 0 ? r : word_of(x, "rootflags", &ret->rootflags, err);
}

int loader_default_entry(struct engine *e, struct loader_words *ret,
			 struct cvt_error *err)
{
	for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
		CLEANUP_GRUB_CFG struct grub_cfg menu = { 0 };
		int r = read_menu(e, places[p], &menu, err);

		if (r < 0)
			return r;
		for (size_t i = 0; i < menu.n; i++)
			if (menu.entries[i].is_default)
				return words_of(&menu.entries[i], ret, err);
	}
	return 0;
}

/* Where the file system is mounted that @x reads its kernel from; NULL: a mere directory. */
static const struct mount *base_of(const struct guest *g, const struct grub_entry *x,
				   const char *config)
{
	const struct mount *m = guest_mount_of(g, config);

	for (size_t i = 0; x->search && x->search_by == 'u' && i < g->n_mounts; i++) {
		const char *uuid = g->devices[g->mounts[i].device].uuid;

		if (uuid && strcmp(uuid, x->search) == 0)
			m = &g->mounts[i];
	}
	return m;
}

/* "($root)/vmlinuz" as GRUB knows it to "/boot/vmlinuz" as the guest knows it. */
static char *guest_path(const struct guest *g, const struct mount *base,
			const char *written)
{
	const char *end = *written == '(' ? strchr(written, ')') : NULL;
	char *path = NULL;
	int r = -ENOENT;

	if (end)
		written = end + 1;
	if (base && base->subvol)
		r = guest_locate(g, base->device, written, &path);
	if (r == -ENOENT)
		r = asprintf(&path, "%s%s",
			     !base || strcmp(base->where, "/") == 0 ? "" : base->where,
			     written);
	return r < 0 ? NULL : path;
}

static int add_entry(struct guest *g, const struct grub_entry *x, const char *config,
		     bool is_default, struct cvt_error *err)
{
	const struct mount *base = base_of(g, x, config);
	struct boot_entry *grown =
		realloc(g->entries, (g->n_entries + 1) * sizeof(*grown));
	struct boot_entry e = { .is_default = is_default };

	if (!grown)
		return error_nomem(err);
	g->entries = grown;
	e.title = strdup(x->title ? x->title : "");
	e.config = strdup(config);
	e.kernel = guest_path(g, base, x->kernel);
	e.cmdline = strdup(x->cmdline ? x->cmdline : "");
	/* The last one is the distribution's; those before it are microcode. */
	if (x->initrds.n > 0)
		e.initrd = guest_path(g, base, x->initrds.v[x->initrds.n - 1]);
	if (!e.title || !e.config || !e.kernel || !e.cmdline ||
	    (x->initrds.n > 0 && !e.initrd)) {
		boot_entry_clear(&e);
		return error_nomem(err);
	}
	g->entries[g->n_entries++] = e;
	return 0;
}

static int add_menu(struct engine *e, struct guest *g, const char *dir,
		    struct cvt_error *err)
{
	CLEANUP_GRUB_CFG struct grub_cfg menu = { 0 };
	bool is_first = g->n_entries == 0;
	char config[512];
	int r = read_menu(e, dir, &menu, err);

	snprintf(config, sizeof(config), "%s/grub.cfg", dir);
	for (size_t i = 0; i < menu.n && r == 0; i++) {
		if (!menu.entries[i].linux_cmd || !menu.entries[i].kernel)
			continue;
		if (g->n_entries == ENTRIES_MAX)
			return guest_note(g, "too-many-entries", config,
					  "further boot entries were not looked at") < 0
				       ? error_nomem(err)
				       : 0;
		r = add_entry(g, &menu.entries[i], config,
			      is_first && menu.entries[i].is_default, err);
	}
	return r;
}

/* Red Hat's UEFI installations before version 9 keep the whole menu on the ESP. */
static int add_esp_menus(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_NAMES struct names vendors = { 0 };
	char dir[512];
	int r;

	if (!g->esp)
		return 0;
	snprintf(dir, sizeof(dir), "%s/EFI", g->esp);
	r = engine_list(e, dir, &vendors, NULL);
	if (r < 0)
		return r == -ENOMEM ? error_nomem(err) : 0;
	for (size_t i = 0; i < vendors.n && r == 0; i++) {
		snprintf(dir, sizeof(dir), "%s/EFI/%s", g->esp, vendors.v[i]);
		r = add_menu(e, g, dir, err);
	}
	return r;
}

int inspect_loader(struct engine *e, struct guest *g, struct cvt_error *err)
{
	int r = 0;

	for (size_t p = 0; p < N_ROOT_PLACES && r == 0; p++)
		r = add_menu(e, g, places[p], err);
	if (r == 0)
		r = add_esp_menus(e, g, err);
	if (r == 0 && g->n_entries > 0 && !(g->loader = strdup("grub2")))
		r = error_nomem(err);
	return r;
}
