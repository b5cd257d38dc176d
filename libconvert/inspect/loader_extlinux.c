/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* extlinux, Syslinux and U-Boot: one menu, in a file and those it includes. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/extlinux.h"
#include "inspect/loaders.h"

/* Below the top of a file system; the first one that is there is the one that is read. */
static const char *const places[] = {
	"extlinux/extlinux.conf",    "extlinux.conf",
	"syslinux/extlinux.conf",    "syslinux/syslinux.cfg",
	"EFI/syslinux/syslinux.cfg", "EFI/BOOT/syslinux.cfg",
};

/* A name is in the directory of the configuration, a path begins at @base. */
static int include_path(const char *base, const char *config, const char *name,
			char **ret, struct cvt_error *err)
{
	CLEANUP_FREE char *dir = strndup(config, (size_t)(strrchr(config, '/') - config));

	if (!dir)
		return error_nomem(err);
	return *name == '/' ? loader_path(base, name + 1, ret, err)
			    : loader_path(dir, name, ret, err);
}

/* The files of one menu, and what they say. */
struct reading {
	struct engine *e;
	struct names files;
	struct extlinux x;
};

static void reading_clear(struct reading *r)
{
	names_clear(&r->files);
	extlinux_clear(&r->x);
}

static int read_file(struct reading *rd, const char *path, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = loader_text(rd->e, path, &text, err);

	if (r < 0 || !text.data)
		return r;
	return names_add(&rd->files, path) < 0 ||
			       extlinux_read(&rd->x, text.data, text.len) < 0
		       ? error_nomem(err)
		       : 0;
}

/* Includes may include; the list grows while it is read. */
static int read_includes(struct reading *rd, const char *base, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < rd->x.includes.n && r == 0; i++) {
		CLEANUP_FREE char *path = NULL;

		r = include_path(base, rd->files.v[0], rd->x.includes.v[i], &path, err);
		if (r == 0 && !names_has(&rd->files, path))
			r = read_file(rd, path, err);
	}
	return r;
}

static int add_entries(struct reading *rd, struct menu *m, struct cvt_error *err)
{
	if (extlinux_finish(&rd->x) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < rd->x.menu.n; i++) {
		struct menu one = { &rd->x.menu.entries[i], 1 };
		int r;

		one.entries->is_relative = true;
		r = loader_move(&one, rd->files.v[rd->x.files[i]], m, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* 1 if there is a menu. */
static int read_menu(struct engine *e, const char *base, const char *place,
		     struct menu *m, struct cvt_error *err)
{
	CLEANUP(reading_clear) struct reading rd = { .e = e };
	CLEANUP_FREE char *path = NULL;
	int r = loader_path(base, place, &path, err);

	if (r == 0)
		r = read_file(&rd, path, err);
	if (r < 0 || rd.files.n == 0)
		return r;
	r = read_includes(&rd, base, err);
	if (r == 0)
		r = add_entries(&rd, m, err);
	return r < 0 ? r : 1;
}

int loader_read_extlinux(struct engine *e, const struct loader_bases *bases,
			 struct menu *m, struct cvt_error *err)
{
	for (size_t b = 0; b < bases->n; b++)
		for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
			int r = read_menu(e, bases->v[b], places[i], m, err);

			if (r != 0)
				return r < 0 ? r : 0;
		}
	return 0;
}
