/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loaders that have one menu in one place: GRUB legacy, LILO and those like it, zipl. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/grub_legacy.h"
#include "format/lilo.h"
#include "format/zipl.h"
#include "inspect/loaders.h"

/* --- GRUB legacy --- */

/* "(hd0,1)/vmlinuz" says for itself where it is. */
static int take_places(struct menu *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct menu_entry *x = &m->entries[i];
		const char *end =
			x->kernel && *x->kernel == '(' ? strchr(x->kernel, ')') : NULL;

		if (end &&
		    span_copy((struct span){ x->kernel, (size_t)(end + 1 - x->kernel) },
			      &x->place) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Entries are called by their numbers. */
static int number_entries(struct menu *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!m->entries[i].name && asprintf(&m->entries[i].name, "%zu", i) < 0) {
			m->entries[i].name = NULL;
			return -ENOMEM;
		}
	return 0;
}

/* 1 if there is one. */
static int read_legacy(struct engine *e, const char *dir, const char *name,
		       struct menu *m, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 }, saved = { 0 };
	CLEANUP_FREE char *path = NULL;
	CLEANUP_MENU struct menu found = { 0 };
	int r = loader_path(dir, "default", &path, err);

	if (r == 0)
		r = loader_text(e, path, &saved, err);
	if (r == 0)
		r = loader_path(dir, name, &path, err);
	if (r == 0)
		r = loader_text(e, path, &text, err);
	if (r < 0 || !text.data)
		return r;
	if (grub_legacy_entries(text.data, text.len, saved.data, &found) < 0 ||
	    take_places(&found) < 0 || number_entries(&found) < 0)
		return error_nomem(err);
	r = loader_move(&found, path, m, err);
	return r < 0 ? r : 1;
}

/* Red Hat reads grub.conf, and has menu.lst as a link to it. */
static int read_legacy_dir(struct engine *e, const char *dir, struct menu *m,
			   struct cvt_error *err)
{
	int r = read_legacy(e, dir, "grub.conf", m, err);

	return r == 0 ? read_legacy(e, dir, "menu.lst", m, err) : r;
}

int loader_read_legacy(struct engine *e, const struct loader_bases *bases, struct menu *m,
		       struct cvt_error *err)
{
	CLEANUP_NAMES struct names dirs = { 0 };
	int r = 0;

	for (size_t b = 0; b < bases->n && r >= 0; b++) {
		CLEANUP_FREE char *dir = NULL;

		r = loader_path(bases->v[b], "grub", &dir, err);
		if (r == 0)
			r = read_legacy_dir(e, dir, m, err);
		if (r >= 0)
			r = loader_vendors(e, bases->v[b], &dirs, err);
	}
	for (size_t i = 0; i < dirs.n && r >= 0; i++)
		r = read_legacy(e, dirs.v[i], "grub.conf", m, err);
	return r < 0 ? r : 0;
}

/* --- LILO, elilo, yaboot, zipl --- */

typedef int (*entries_fn)(const char *text, size_t len, struct menu *ret);

static int read_plain(struct engine *e, const char *path, entries_fn entries,
		      bool is_relative, struct menu *m, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	CLEANUP_MENU struct menu found = { 0 };
	int r = loader_text(e, path, &text, err);

	if (r < 0 || !text.data)
		return r;
	if (entries(text.data, text.len, &found) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < found.n; i++)
		found.entries[i].is_relative = is_relative;
	return loader_move(&found, path, m, err);
}

int loader_read_lilo(struct engine *e, const struct loader_bases *bases, struct menu *m,
		     struct cvt_error *err)
{
	(void)bases;
	return read_plain(e, "/etc/lilo.conf", lilo_entries, true, m, err);
}

int loader_read_yaboot(struct engine *e, const struct loader_bases *bases, struct menu *m,
		       struct cvt_error *err)
{
	(void)bases;
	return read_plain(e, "/etc/yaboot.conf", lilo_entries, true, m, err);
}

int loader_read_zipl(struct engine *e, const struct loader_bases *bases, struct menu *m,
		     struct cvt_error *err)
{
	(void)bases;
	return read_plain(e, "/etc/zipl.conf", zipl_entries, true, m, err);
}

/* Its files are beside it. */
int loader_read_elilo(struct engine *e, const struct loader_bases *bases, struct menu *m,
		      struct cvt_error *err)
{
	CLEANUP_NAMES struct names dirs = { 0 };
	int r = 0;

	for (size_t b = 0; b < bases->n && r == 0; b++)
		r = loader_vendors(e, bases->v[b], &dirs, err);
	for (size_t i = 0; i < dirs.n && r == 0; i++) {
		CLEANUP_FREE char *path = NULL;

		r = loader_path(dirs.v[i], "elilo.conf", &path, err);
		if (r == 0)
			r = read_plain(e, path, lilo_entries, true, m, err);
	}
	return r;
}
