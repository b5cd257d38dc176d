/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loaders that are told the kernel's arguments, and not which kernel: rEFInd, which
 * finds it by itself, and scripts of U-Boot, whose kernel is in a variable.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/refind.h"
#include "format/uboot.h"
#include "format/version.h"
#include "inspect/loaders.h"

/* How kernels and their initramfs are called, the version being what is between. */
static const struct {
	const char *kernel, *initrd[4];
} names_of[] = {
	{ "vmlinuz-",
	  { "initrd.img-%s", "initramfs-%s.img", "initrd-%s", "initramfs-%s" } },
	{ "vmlinuz", { "initrd.img%s", "initrd%s", "initramfs%s.img", "initramfs%s" } },
	{ "Image", { "initrd.img%s", "uInitrd%s", "initramfs%s.img", "initrd%s" } },
	{ "zImage", { "initrd.img%s", "uInitrd%s", "initramfs%s.img", "initrd%s" } },
};

/* The newest of the first kind that is there. */
static const char *newest(const struct names *files, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *best = NULL;

	for (size_t i = 0; i < files->n; i++) {
		const char *name = files->v[i];

		if (strncmp(name, prefix, n) == 0 &&
		    (!best || version_compare(name + n, best + n) > 0))
			best = name;
	}
	return best;
}

static int add_initrd(struct menu_entry *x, const struct names *files,
		      const char *const *patterns, const char *version)
{
	for (size_t i = 0; i < 4; i++) {
		const char *at = strchr(patterns[i], '%');
		CLEANUP_FREE char *name = NULL;

		if (asprintf(&name, "%.*s%s%s", (int)(at - patterns[i]), patterns[i],
			     version, at + 2) < 0) {
			name = NULL;
			return -ENOMEM;
		}
		if (names_has(files, name))
			return names_add(&x->initrds, name);
	}
	return 0;
}

/* Give each entry of @m that has none the kernel that would be found in @base. */
static int find_kernel(struct engine *e, const char *base, struct menu *m,
		       struct cvt_error *err)
{
	CLEANUP_NAMES struct names files = { 0 };
	const char *kernel = NULL;
	size_t kind = 0;
	int r = engine_list(e, *base ? base : "/", &files, NULL);

	if (r < 0)
		return r == -ENOMEM ? error_nomem(err) : 0;
	for (size_t k = 0; k < ARRAY_SIZE(names_of) && !kernel; k++) {
		kernel = newest(&files, names_of[k].kernel);
		kind = k;
	}
	for (size_t i = 0; kernel && i < m->n; i++) {
		struct menu_entry *x = &m->entries[i];

		x->is_relative = true;
		x->kernel = strdup(kernel);
		if (!x->kernel || add_initrd(x, &files, names_of[kind].initrd,
					     kernel + strlen(names_of[kind].kernel)) < 0)
			return error_nomem(err);
	}
	return 0;
}

typedef int (*entries_fn)(const char *text, size_t len, struct menu *ret);

static int read_arguments(struct engine *e, const char *base, const char *name,
			  entries_fn entries, struct menu *m, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	CLEANUP_MENU struct menu found = { 0 };
	CLEANUP_FREE char *path = NULL;
	int r = loader_path(base, name, &path, err);

	if (r == 0)
		r = loader_text(e, path, &text, err);
	if (r < 0 || !text.data)
		return r;
	if (entries(text.data, text.len, &found) < 0)
		return error_nomem(err);
	r = find_kernel(e, base, &found, err);
	return r < 0 ? r : loader_move(&found, path, m, err);
}

/* refind.conf without an entry of its own is no menu. */
static int read_refind_conf(struct engine *e, const char *dir, struct menu *m,
			    struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	CLEANUP_MENU struct menu found = { 0 };
	CLEANUP_FREE char *path = NULL;
	int r = loader_path(dir, "refind.conf", &path, err);

	if (r == 0)
		r = loader_text(e, path, &text, err);
	if (r < 0 || !text.data)
		return r;
	return refind_entries(text.data, text.len, &found) < 0
		       ? error_nomem(err)
		       : loader_move(&found, path, m, err);
}

int loader_read_refind(struct engine *e, const struct loader_bases *bases, struct menu *m,
		       struct cvt_error *err)
{
	CLEANUP_NAMES struct names dirs = { 0 };
	int r = 0;

	for (size_t b = 0; b < bases->n && r == 0; b++) {
		r = read_arguments(e, bases->v[b], "refind_linux.conf",
				   refind_linux_entries, m, err);
		if (r == 0)
			r = loader_vendors(e, bases->v[b], &dirs, err);
	}
	for (size_t i = 0; i < dirs.n && r == 0; i++)
		r = read_refind_conf(e, dirs.v[i], m, err);
	return r;
}

int loader_read_uboot(struct engine *e, const struct loader_bases *bases, struct menu *m,
		      struct cvt_error *err)
{
	static const char *const files[] = { "armbianEnv.txt", "uEnv.txt", "boot.scr",
					     "boot.cmd" };
	int r = 0;

	for (size_t b = 0; b < bases->n && r == 0; b++)
		for (size_t i = 0; i < ARRAY_SIZE(files) && r == 0 && m->n == 0; i++)
			r = read_arguments(e, bases->v[b], files[i], uboot_entries, m,
					   err);
	return r;
}
