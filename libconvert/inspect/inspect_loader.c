/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader, and what it starts: each is a row, and a file that reads its menu. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/cmdline.h"
#include "inspect/fetch.h"
#include "inspect/inspect_loader.h"
#include "inspect/loaders.h"

#define VENDORS_MAX 64 /* directories in /EFI; firmware has rarely more than five */
#define ENTRIES_MAX \
	1024 /* a menu with an entry for each of many snapshots has hundreds */

/* In the order in which they are believed to be the one that runs. */
static const struct loader {
	const char *name;
	loader_read_fn read;
	bool is_old; /* what it has is left behind where another loader has a menu */
} loaders[] = {
	{ "grub2", loader_read_grub2, false },
	{ "systemd-boot", loader_read_systemd, false },
	{ "extlinux", loader_read_extlinux, true },
	{ "grub-legacy", loader_read_legacy, true },
	{ "refind", loader_read_refind, true },
	{ "elilo", loader_read_elilo, true },
	{ "yaboot", loader_read_yaboot, true },
	{ "zipl", loader_read_zipl, true },
	{ "lilo", loader_read_lilo, true },
	{ "u-boot", loader_read_uboot, true },
};

int loader_add(struct menu *m, const char *config, const char *title,
	       struct menu_entry **ret, struct cvt_error *err)
{
	if (menu_add(m, (struct span){ title, strlen(title) }, ret) < 0)
		return error_nomem(err);
	if (*ret && !((*ret)->config = strdup(config)))
		return error_nomem(err);
	return 0;
}

int loader_text(struct engine *e, const char *path, struct bytes *ret,
		struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = engine_read(e, path, ENGINE_TEXT_MAX, &text, NULL);

	if (r < 0)
		return r == -ENOMEM ? error_nomem(err) : 0;
	*ret = bytes_take(&text);
	return 0;
}

int loader_path(const char *dir, const char *name, char **ret, struct cvt_error *err)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return error_nomem(err);
	free(*ret);
	*ret = path;
	return 0;
}

int loader_move(struct menu *from, const char *config, struct menu *to,
		struct cvt_error *err)
{
	for (size_t i = 0; i < from->n; i++) {
		struct menu_entry *x;
		int r = loader_add(to, config, "", &x, err);

		if (r < 0 || !x)
			return r;
		free(x->title);
		from->entries[i].config = x->config;
		*x = from->entries[i];
		from->entries[i] = (struct menu_entry){ .is_default = false };
	}
	return 0;
}

int loader_vendors(struct engine *e, const char *base, struct names *ret,
		   struct cvt_error *err)
{
	CLEANUP_NAMES struct names names = { 0 };
	CLEANUP_FREE char *efi = NULL;
	int r = loader_path(base, "EFI", &efi, err);

	if (r == 0)
		r = engine_list(e, efi, &names, NULL);
	if (r < 0)
		return r == -ENOMEM ? error_nomem(err) : 0;
	for (size_t i = 0; i < names.n && i < VENDORS_MAX; i++) {
		CLEANUP_FREE char *dir = NULL;

		if (loader_path(efi, names.v[i], &dir, err) < 0 ||
		    names_add(ret, dir) < 0)
			return error_nomem(err);
	}
	return 0;
}

/* --- which root --- */

void loader_words_clear(struct loader_words *w)
{
	free(w->root);
	free(w->rootflags);
}

static int word_of(const struct menu_entry *x, const char *key, char **ret,
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

static int words_of(const struct menu_entry *x, struct loader_words *ret,
		    struct cvt_error *err)
{
	int r = word_of(x, "root", &ret->root, err);

	return r < 0 ? r : word_of(x, "rootflags", &ret->rootflags, err);
}

int loader_default_entry(struct engine *e, struct loader_words *ret,
			 struct cvt_error *err)
{
	static const struct loader_bases bases = { { "/boot", "" }, 2 };

	for (size_t k = 0; k < ARRAY_SIZE(loaders); k++) {
		CLEANUP_MENU struct menu m = { 0 };
		int r = loaders[k].read(e, &bases, &m, err);

		if (r < 0)
			return r;
		for (size_t i = 0; i < m.n; i++)
			if (m.entries[i].is_default) {
				ret->is_old = loaders[k].is_old;
				return words_of(&m.entries[i], ret, err);
			}
	}
	return 0;
}

/* --- all entries --- */

/* "(hd0,1)", of GRUB legacy: partition 2 of the disk where the menu is, or of what the BIOS has
 * as one more.
 */
static const struct mount *mount_of_part(const struct guest *g, const struct mount *menu,
					 const char *place)
{
	const struct device *d = menu ? &g->devices[menu->device] : NULL;
	unsigned disk, part;

	if (!d || sscanf(place, "(hd%u,%u)", &disk, &part) != 2 || part > 127 ||
	    d->kind != DEVICE_DISK || d->part == part + 1)
		return menu;
	for (size_t i = 0; i < g->n_mounts; i++) {
		const struct device *other = &g->devices[g->mounts[i].device];

		if (other->kind == DEVICE_DISK && other->disk == d->disk &&
		    other->part == part + 1)
			return &g->mounts[i];
	}
	return menu;
}

/* Where the file system is mounted that @x reads its kernel from; NULL: a mere directory. */
static const struct mount *base_of(const struct guest *g, const struct menu_entry *x)
{
	const struct mount *m = guest_mount_of(g, x->config);

	if (x->place && *x->place == '(')
		return mount_of_part(g, m, x->place);
	for (size_t i = 0; x->place && i < g->n_mounts; i++) {
		const char *uuid = g->devices[g->mounts[i].device].uuid;

		if (uuid && strcmp(uuid, x->place) == 0)
			m = &g->mounts[i];
	}
	return m;
}

/* Is its kernel in a file system of these disks that the guest does not mount?  os-prober lists
 * other systems, whose kernels may have the paths of ours.
 */
static bool is_elsewhere(const struct guest *g, const struct menu_entry *x)
{
	bool is_known = false;

	for (size_t i = 0; x->place && i < g->n_mounts; i++) {
		const char *uuid = g->devices[g->mounts[i].device].uuid;

		if (uuid && strcmp(uuid, x->place) == 0)
			return false;
	}
	for (size_t i = 0; x->place && i < g->n_devices && !is_known; i++)
		is_known =
			g->devices[i].uuid && strcmp(g->devices[i].uuid, x->place) == 0;
	return is_known;
}

/* "($root)/vmlinuz" as the loader knows it to "/boot/vmlinuz" as the guest knows it. */
static char *guest_path(const struct guest *g, const struct mount *base,
			const char *written)
{
	const char *end = *written == '(' ? strchr(written, ')') : NULL;
	const char *slash;
	char *path = NULL;
	int r = -ENOENT;

	if (end)
		written = end + 1;
	slash = *written == '/' ? "" : "/";
	if (base && base->subvol)
		r = guest_locate(g, base->device, written, &path);
	if (r == -ENOENT)
		r = asprintf(&path, "%s%s%s",
			     !base || strcmp(base->where, "/") == 0 ? "" : base->where,
			     slash, written);
	return r < 0 ? NULL : path;
}

/* "../vmlinuz", beside @config, as the guest knows it. */
static char *path_beside(const char *config, const char *written)
{
	size_t n = (size_t)(strrchr(config, '/') - config);
	char *path;

	while (strncmp(written, "../", 3) == 0 && n > 0) {
		written += 3;
		do
			n--;
		while (n > 0 && config[n] != '/');
	}
	return asprintf(&path, "%.*s/%s", (int)n, config, written) < 0 ? NULL : path;
}

static char *path_of(const struct guest *g, const struct mount *base,
		     const struct menu_entry *x, const char *written)
{
	return x->is_relative && *written != '/' ? path_beside(x->config, written)
						 : guest_path(g, base, written);
}

static int fill_entry(const struct guest *g, struct menu_entry *x, struct boot_entry *e)
{
	const struct mount *base = base_of(g, x);

	e->kernel = path_of(g, base, x, x->kernel);
	/* The last one is the distribution's; those before it are microcode. */
	if (x->initrds.n > 0)
		e->initrd = path_of(g, base, x, x->initrds.v[x->initrds.n - 1]);
	e->title = take_ptr(x->title);
	e->config = take_ptr(x->config);
	e->id = take_ptr(x->name);
	e->cmdline = x->cmdline ? take_ptr(x->cmdline) : strdup("");
	return e->kernel && e->cmdline && (x->initrds.n == 0 || e->initrd) ? 0 : -ENOMEM;
}

static int add_entry(struct guest *g, struct menu_entry *x, bool is_default,
		     struct cvt_error *err)
{
	struct boot_entry *grown =
		realloc(g->entries, (g->n_entries + 1) * sizeof(*grown));
	struct boot_entry e = { .is_default = is_default };

	if (!grown)
		return error_nomem(err);
	g->entries = grown;
	if (fill_entry(g, x, &e) < 0) {
		boot_entry_clear(&e);
		return error_nomem(err);
	}
	g->entries[g->n_entries++] = e;
	return 0;
}

/* The default entry is that of the first menu that has one. */
static int take_menu(struct guest *g, struct menu *m, struct cvt_error *err)
{
	bool has_default = false;
	int r = 0;

	for (size_t i = 0; i < g->n_entries; i++)
		has_default |= g->entries[i].is_default;
	for (size_t i = 0; i < m->n && r == 0; i++) {
		bool is_default = m->entries[i].is_default && !has_default;

		if (!m->entries[i].kernel || is_elsewhere(g, &m->entries[i]))
			continue;
		if (g->n_entries == ENTRIES_MAX)
			return guest_note(g, "too-many-entries", m->entries[i].config,
					  "further boot entries were not looked at") < 0
				       ? error_nomem(err)
				       : 0;
		has_default |= is_default;
		r = add_entry(g, &m->entries[i], is_default, err);
	}
	return r;
}

/* An entry for each file, even if two loaders read it. */
static void drop_known(const struct guest *g, struct menu *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++) {
		bool is_known = false;

		for (size_t k = 0; k < g->n_entries && !is_known; k++)
			is_known =
				strcmp(g->entries[k].config, m->entries[i].config) == 0;
		if (is_known)
			menu_entry_clear(&m->entries[i]);
		else
			m->entries[kept++] = m->entries[i];
	}
	m->n = kept;
}

/* The row of the loader that firmware starts, if it can be told; *@ret stays else.  systemd-boot
 * writes its name into itself, to be known by (its src/boot/efi/boot.c).
 */
static int find_running(struct engine *e, const struct guest *g, size_t *ret,
			struct cvt_error *err)
{
	static const char mark[] = "#### LoaderInfo: systemd-boot";
	static const char *const names[] = { "EFI/BOOT/BOOTX64.EFI",
					     "EFI/BOOT/BOOTAA64.EFI",
					     "EFI/BOOT/BOOTIA32.EFI" };

	for (size_t i = 0; i < ARRAY_SIZE(names) && g->esp; i++) {
		CLEANUP_BYTES struct bytes data = { 0 };
		CLEANUP_FREE char *path = NULL;
		int r = loader_path(g->esp, names[i], &path, err);

		if (r < 0)
			return r;
		r = engine_read(e, path, ENGINE_BINARY_MAX, &data, NULL);
		if (r == -ENOMEM)
			return error_nomem(err);
		if (r < 0 || !memmem(data.data, data.len, mark, sizeof(mark) - 1))
			continue;
		while (loaders[*ret].read != loader_read_systemd)
			++*ret;
		return 0;
	}
	return 0;
}

static int read_loader(struct engine *e, const struct loader *l, struct guest *g,
		       struct cvt_error *err)
{
	struct loader_bases bases = { { "/boot" }, 1 };
	CLEANUP_MENU struct menu m = { 0 };
	int r;

	if (g->esp && strcmp(g->esp, "/boot") != 0)
		bases.v[bases.n++] = g->esp;
	if (l->is_old && g->n_entries > 0)
		return 0;
	r = l->read(e, &bases, &m, err);
	if (r < 0)
		return r;
	drop_known(g, &m);
	if (m.n > 0 && !g->loader && !(g->loader = strdup(l->name)))
		return error_nomem(err);
	return take_menu(g, &m, err);
}

int inspect_loader(struct engine *e, struct guest *g, struct cvt_error *err)
{
	size_t first = 0;
	int r = find_running(e, g, &first, err);

	if (r == 0)
		r = read_loader(e, &loaders[first], g, err);
	for (size_t i = 0; i < ARRAY_SIZE(loaders) && r == 0; i++)
		if (i != first)
			r = read_loader(e, &loaders[i], g, err);
	return r;
}
