/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the loader starts by itself.  That stays, unless its kernel cannot find
 * its disk on the target: then it is the newest that can, set where that
 * loader looks.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/text.h"
#include "format/bls.h"
#include "format/extlinux.h"
#include "format/grub_cfg.h"
#include "format/grub_default.h"
#include "format/grub_legacy.h"
#include "format/grubenv.h"
#include "format/lilo.h"
#include "format/version.h"
#include "step/default_entry.h"
#include "step/drivers.h"

/* Why, for all files that say so. */
struct change {
	const struct loader_job *j;
	const struct boot_entry *entry;
	struct why why;
};

typedef int (*set_fn)(const char *text, size_t len, const char *id, struct bytes *ret);

static int set_in(const struct change *c, const char *path, set_fn set, const char *id)
{
	const struct loader_job *j = c->j;
	const char *text = path ? plan_text(j->p, j->g, path) : NULL;
	CLEANUP_BYTES struct bytes fresh = { 0 };

	if (!text)
		return error_raise(
			j->err, ERR_FILE_NOT_REGULAR, path,
			"the default entry has to change, and it is no text file");
	if (set(text, strlen(text), id, &fresh) < 0)
		return error_nomem(j->err);
	return plan_write(j->p, j->g, path, &fresh, &c->why, j->err);
}

/* --- GRUB 2 --- */

/* The grub.cfg that offers the entry: itself, or the one that reads entries of BLS. */
static const char *find_grub_cfg(const struct change *c)
{
	const struct loader_job *j = c->j;

	if (ends_with(c->entry->config, "/grub.cfg"))
		return c->entry->config;
	for (size_t i = 0; i < j->g->n_files; i++) {
		const char *path = j->g->files[i].path, *text;

		if (!ends_with(path, "/grub.cfg"))
			continue;
		text = plan_text(j->p, j->g, path);
		if (text && strstr(text, "blscfg"))
			return path;
	}
	return NULL;
}

/* 1 if the environment block at @path has it now; 0: there is none, or no room. */
static int set_saved(const struct change *c, const char *path, const char *spec)
{
	const struct loader_job *j = c->j;
	const char *text = plan_text(j->p, j->g, path);
	CLEANUP_BYTES struct bytes block = { 0 }, fresh = { 0 };
	int r;

	if (!text)
		return 0;
	r = bytes_set(&block, text, strlen(text));
	if (r == 0)
		r = grubenv_set(&block, "saved_entry", spec, &fresh);
	if (r == -ENOMEM)
		return error_nomem(j->err);
	if (r < 0)
		return 0;
	r = plan_write(j->p, j->g, path, &fresh, &c->why, j->err);
	return r < 0 ? r : 1;
}

/* Red Hat's grubenv in /boot may be a link to the one on the EFI system partition. */
static int save(const struct change *c, const char *grub_cfg, const char *spec)
{
	CLEANUP_FREE char *beside = NULL;
	int r;

	if (asprintf(&beside, "%.*s/grubenv", (int)(strrchr(grub_cfg, '/') - grub_cfg),
		     grub_cfg) < 0) {
		beside = NULL;
		return error_nomem(c->j->err);
	}
	r = set_saved(c, beside, spec);
	for (size_t i = 0; i < c->j->g->n_files && r == 0; i++)
		if (ends_with(c->j->g->files[i].path, "/grubenv"))
			r = set_saved(c, c->j->g->files[i].path, spec);
	return r;
}

/* So that the next grub-mkconfig agrees. */
static int set_grub_default(const struct change *c, const char *spec)
{
	const struct loader_job *j = c->j;
	const char *text = plan_text(j->p, j->g, GRUB_DEFAULT_FILE);
	CLEANUP_BYTES struct bytes old = { 0 }, fresh = { 0 };

	if (!text)
		return 0;
	if (grub_default_get(text, strlen(text), "GRUB_DEFAULT", &old) < 0)
		return error_nomem(j->err);
	if (old.data && strcmp(old.data, "saved") == 0)
		return 0;
	if (grub_default_set(text, strlen(text), "GRUB_DEFAULT", spec, &fresh) < 0)
		return error_nomem(j->err);
	return plan_write(j->p, j->g, GRUB_DEFAULT_FILE, &fresh, &c->why, j->err);
}

static int set_grub2(const struct change *c)
{
	const struct loader_job *j = c->j;
	const char *cfg = find_grub_cfg(c), *id = c->entry->id;
	size_t n = strlen(id) - (ends_with(id, ".conf") ? strlen(".conf") : 0);
	CLEANUP_FREE char *spec = strndup(id, n);
	const char *text = cfg ? plan_text(j->p, j->g, cfg) : NULL;
	int r = 0;

	if (!spec)
		return error_nomem(j->err);
	if (text && strstr(text, "default=\"${saved_entry}\""))
		r = save(c, cfg, spec);
	if (r == 0)
		r = set_in(c, cfg, grub_cfg_set_default, spec);
	return r < 0 ? r : set_grub_default(c, spec);
}

/* --- systemd-boot --- */

static int set_systemd(const struct change *c)
{
	const struct loader_job *j = c->j;
	CLEANUP_FREE char *path = NULL;
	CLEANUP_BYTES struct bytes fresh = { 0 };
	const char *text;

	if (asprintf(&path, "%s/loader/loader.conf", j->g->esp ? j->g->esp : "/boot") <
	    0) {
		path = NULL;
		return error_nomem(j->err);
	}
	text = plan_text(j->p, j->g, path);
	if (!text && guest_file(j->g, path))
		return error_raise(
			j->err, ERR_FILE_NOT_REGULAR, path,
			"the default entry has to change, and it is no text file");
	if (loader_conf_set(text ? text : "", text ? strlen(text) : 0, "default",
			    c->entry->id, &fresh) < 0)
		return error_nomem(j->err);
	return plan_write(j->p, j->g, path, &fresh, &c->why, j->err);
}

/* --- others --- */

static int set_number(const char *text, size_t len, const char *id, struct bytes *ret)
{
	return grub_legacy_set_default(text, len, strtoul(id, NULL, 10), ret);
}

static int set_legacy(const struct change *c)
{
	return set_in(c, c->entry->config, set_number, c->entry->id);
}

static int set_lilo(const struct change *c)
{
	return set_in(c, c->entry->config, lilo_set_default, c->entry->id);
}

/* DEFAULT may be in another file than the label. */
static int set_extlinux(const struct change *c)
{
	const struct guest *g = c->j->g;
	size_t dir = (size_t)(strrchr(c->entry->config, '/') - c->entry->config) + 1;
	int r = 0;

	for (size_t i = 0; i < g->n_files && r == 0; i++) {
		const char *path = g->files[i].path;

		if (strncmp(path, c->entry->config, dir) == 0 &&
		    !strchr(path + dir, '/') && plan_text(c->j->p, g, path))
			r = set_in(c, path, extlinux_set_default, c->entry->id);
	}
	return r;
}

static const struct setter {
	const char *loader;
	int (*set)(const struct change *c);
} setters[] = {
	{ "grub2", set_grub2 },	       { "systemd-boot", set_systemd },
	{ "grub-legacy", set_legacy }, { "extlinux", set_extlinux },
	{ "elilo", set_lilo },	       { "yaboot", set_lilo },
};

static const struct setter *find_setter(const struct guest *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(setters) && g->loader; i++)
		if (strcmp(g->loader, setters[i].loader) == 0)
			return &setters[i];
	return NULL;
}

/* --- which --- */

/* With what is added to its initramfs, if it has one that can be added to. */
static bool finds_disk(const struct kernel *k, const struct target *t)
{
	return !drivers_lacking(k, t) &&
	       (!drivers_needing_initramfs(k, t) || (k->initrd && !k->initrd_broken));
}

/* For a rescue, not to serve. */
static bool is_rescue(const struct boot_entry *e)
{
	static const char *const words[] = { "single", "recovery", "rescue", "emergency",
					     "S",      "s",	   "1" };
	CLEANUP_BYTES struct bytes value = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (cmdline_get(e->cmdline, strlen(e->cmdline), CMDLINE_KERNEL, words[i],
				&value) == 0)
			return true;
	return false;
}

/* Can it stand in quotes in any configuration, and mean itself as a pattern? */
static bool is_sayable(const char *id)
{
	for (const char *c = id; *c; c++)
		if ((unsigned char)*c < ' ' || strchr("\"'`$\\*?[]", *c))
			return false;
	return *id != '\0';
}

/* The first entry that starts @k, and by which the loader can be told to; NULL: none. */
static const struct boot_entry *entry_of(const struct guest *g, const struct kernel *k)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct boot_entry *e = &g->entries[i];

		if (e->id && is_sayable(e->id) && guest_entry_kernel(g, e) == k &&
		    !is_rescue(e))
			return e;
	}
	return NULL;
}

const struct kernel *default_kernel_there(const struct guest *g, const struct request *q,
					  const struct boot_entry **entry)
{
	const struct kernel *def = drivers_default_kernel(g), *best = NULL;
	const struct boot_entry *best_entry = NULL;

	if (entry)
		*entry = NULL;
	if (!def || finds_disk(def, q->target) || !find_setter(g))
		return def;
	for (size_t i = 0; i < g->n_kernels; i++) {
		const struct kernel *k = &g->kernels[i];
		const struct boot_entry *e = entry_of(g, k);

		if (!e || !finds_disk(k, q->target) ||
		    (best && version_compare(k->version, best->version) <= 0))
			continue;
		best = k;
		best_entry = e;
	}
	if (entry)
		*entry = best_entry;
	return best ? best : def;
}

int default_entry_plan(const struct loader_job *j)
{
	struct change c = { .j = j };
	const struct kernel *k = default_kernel_there(j->g, j->q, &c.entry);
	CLEANUP_FREE char *reason = NULL;

	if (!c.entry)
		return 0;
	if (asprintf(&reason, "kernel %s finds its disk there, and %s does not",
		     k->version, drivers_default_kernel(j->g)->version) < 0) {
		reason = NULL;
		return error_nomem(j->err);
	}
	c.why = (struct why){ "loader-default", reason };
	return find_setter(j->g)->set(&c);
}
