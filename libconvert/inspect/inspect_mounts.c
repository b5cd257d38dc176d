/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts the root and, by its fstab, what a conversion reads and writes besides. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/fstab.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"
#include "inspect/inspect_check.h"

#define MOUNTS_MAX 16
#define DEPTH_MAX 4 /* components of a mount point: /boot/efi has two */

/* Only what is below these matters to the boot; /home and data stay untouched. */
static const char *const needed[] = { "/boot", "/efi", "/usr" };

/* mount(8) and we take "/boot" only for "/boot", not for "//boot" or "/usr/../boot". */
static bool is_clean(const char *path)
{
	for (const char *p = path; *p == '/'; p += 1 + strcspn(p + 1, "/")) {
		size_t n = strcspn(p + 1, "/");

		if (n == 0 || (n == 1 && p[1] == '.') ||
		    (n == 2 && p[1] == '.' && p[2] == '.'))
			return false;
	}
	return true;
}

static bool is_needed(const char *where)
{
	if (!is_clean(where))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		size_t n = strlen(needed[i]);

		if (strncmp(where, needed[i], n) == 0 &&
		    (where[n] == '/' || where[n] == '\0'))
			return true;
	}
	return false;
}

/* A swap file may hold the state of a hibernated guest, wherever it is. */
static bool holds_one_of(const struct names *files, const char *where)
{
	const size_t n = strlen(where);

	for (size_t i = 0; i < files->n && is_clean(where); i++)
		if (n > 1 && strncmp(files->v[i], where, n) == 0 &&
		    files->v[i][n] == '/')
			return true;
	return false;
}

/* ext4 counts as free what it keeps back from everybody, root included: 2 %, at most 4096
 * clusters (Linux, fs/ext4/super.c, ext4_calculate_resv_clusters()).
 */
static uint64_t kept_back(const struct device *d)
{
	const uint64_t most = (uint64_t)4096 * 4096;

	if (!d->type || strcmp(d->type, "ext4") != 0)
		return 0;
	return d->size / 50 < most ? d->size / 50 : most;
}

static int add_mount(struct engine *e, struct guest *g, const struct mount *m,
		     const char *where, struct cvt_error *err)
{
	struct mount *mounts = realloc(g->mounts, (g->n_mounts + 1) * sizeof(*mounts));
	const uint64_t back = kept_back(&g->devices[m->device]);
	uint64_t *space, free_bytes = 0;
	char *copy;
	int r;

	if (!mounts)
		return error_nomem(err);
	g->mounts = mounts;
	space = realloc(g->space, (g->n_mounts + 1) * sizeof(*space));
	if (!space)
		return error_nomem(err);
	g->space = space;
	copy = strdup(where);
	if (!copy)
		return error_nomem(err);
	g->mounts[g->n_mounts] = (struct mount){ m->device, copy, m->subvol };
	g->space[g->n_mounts] = 0;
	g->n_mounts++;
	r = engine_space(e, where, &free_bytes, err);
	if (r == 0 && free_bytes > back)
		g->space[g->n_mounts - 1] = free_bytes - back;
	return r;
}

/* Mount the device and subvolume of @m at @where. */
static int mount_at(struct engine *e, struct guest *g, const struct mount *m,
		    const char *where, struct cvt_error *err)
{
	int r;

	if (guest_device_at(g, where) || g->n_mounts >= MOUNTS_MAX)
		return 0;
	r = check_mount_to_use(e, g, m, where, err);
	if (r == -ENOENT)
		return guest_note(g, "mount-point-missing", where,
				  "fstab mounts it, but it is no directory") < 0
			       ? error_nomem(err)
			       : 0;
	return r < 0 ? r : add_mount(e, g, m, where, err);
}

static int depth(const char *path)
{
	int n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

/* Fills device and subvol of @ret; 1: a subvolume that is not there, which is told. */
static int find_subvolume(struct guest *g, const struct device *d,
			  const struct fstab_entry *x, struct mount *ret)
{
	const size_t device = guest_first_member(g, (size_t)(d - g->devices));
	const struct subvolume *s =
		guest_subvolume_by_options(g, device, x->options);
	char text[256];

	*ret = (struct mount){ .device = device, .subvol = s ? s->id : 0 };
	if (s || !d->type || strcmp(d->type, "btrfs") != 0)
		return 0;
	snprintf(text, sizeof(text), "fstab mounts a subvolume that %s has not: %.100s",
		 d->name, x->options);
	return guest_note(g, "subvolume-missing", x->where, text) < 0 ? -ENOMEM : 1;
}

/* What the fstab mounts and we need: devices and mount points, in the order of the lines. */
static int read_fstab(struct guest *g, const struct bytes *text, struct mount *ret,
		      size_t *n, struct cvt_error *err)
{
	CLEANUP_NAMES struct names swap_files = { 0 };
	CLEANUP_FSTAB struct fstab tab = { 0 };
	struct fstab_entry x;
	const struct device *d;
	int r = inspect_swap_specs(text, &swap_files, err) ?:
		fstab_open(&tab, text->data, text->len, err);

	if (r < 0)
		return error_place(err, r, ERR_FILE_INVALID, "/etc/fstab");
	while (*n < MOUNTS_MAX && (r = fstab_next(&tab, &x)) > 0) {
		if ((!is_needed(x.where) && !holds_one_of(&swap_files, x.where)) ||
		    guest_resolve(g, x.spec, &d) != RESOLVED_DEVICE)
			continue;
		r = find_subvolume(g, d, &x, &ret[*n]);
		if (r == 1)
			continue;
		ret[*n].where = r < 0 ? NULL : strdup(x.where);
		if (!ret[*n].where)
			return error_nomem(err);
		(*n)++;
	}
	return r < 0 ? error_nomem(err) : 0;
}

/* Parents before what is mounted below them, whatever the order of the lines. */
static int mount_in_order(struct engine *e, struct guest *g, const struct mount *list,
			  size_t n, struct cvt_error *err)
{
	int r = 0;

	for (int level = 1; level <= DEPTH_MAX; level++)
		for (size_t i = 0; i < n && r == 0; i++)
			if (depth(list[i].where) == level)
				r = mount_at(e, g, &list[i], list[i].where, err);
	return r;
}

static int mount_fstab(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	struct mount list[MOUNTS_MAX];
	size_t n = 0;
	int r = fetch_plain(e, "/etc/fstab", &text, err);

	if (r == -ENOENT)
		return 0;
	if (r == 0)
		r = read_fstab(g, &text, list, &n, err);
	if (r == 0)
		r = mount_in_order(e, g, list, n, err);
	while (n > 0)
		free(list[--n].where);
	return r;
}

/* The mounted ESP; one that fstab does not name goes where systemd would put it. */
static int find_esp(struct engine *e, struct guest *g, struct cvt_error *err)
{
	static const char *const places[] = { "/boot/efi", "/efi" };
	int r = 0;

	for (size_t i = 0; i < g->n_mounts && !g->esp; i++)
		if (device_is_esp(&g->devices[g->mounts[i].device]) &&
		    !(g->esp = strdup(g->mounts[i].where)))
			return error_nomem(err);
	for (size_t i = 0; i < g->n_devices && !g->esp; i++) {
		const char *where = NULL;

		for (size_t p = 0; p < ARRAY_SIZE(places) && !where; p++)
			if (fetch_has_dir(e, places[p]))
				where = places[p];
		if (!where || !device_is_esp(&g->devices[i]) || !g->devices[i].type)
			continue;
		r = mount_at(e, g, &(struct mount){ .device = i }, where, err);
		if (r < 0)
			return r;
		g->esp = strdup(where);
		if (!g->esp)
			return error_nomem(err);
	}
	return 0;
}

/* A directory is its own guest: what its fstab names is mounted below it, or is not. */
static int mount_directory(struct engine *e, struct guest *g, struct cvt_error *err)
{
	int r = engine_mount(e, NULL, 0, "/", false, err);

	if (r == 0 && fetch_has_dir(e, "/boot/efi/EFI"))
		g->esp = strdup("/boot/efi");
	return r;
}

int inspect_mounts(struct engine *e, const struct mount *root, struct guest *g,
		   struct cvt_error *err)
{
	int r;

	if (g->n_disks == 0)
		return mount_directory(e, g, err);
	r = mount_at(e, g, root, "/", err);
	if (r == 0)
		r = inspect_order(e, root->device, g->root_spec, g, err);
	if (r == 0)
		r = mount_fstab(e, g, err);
	return r < 0 ? r : find_esp(e, g, err);
}

int inspect_mount_writable(struct engine *e, const struct guest *g,
			   struct cvt_error *err)
{
	int r = g->n_disks == 0 ? engine_mount(e, NULL, 0, "/", true, err) : 0;

	for (size_t i = 0; i < g->n_mounts && r == 0; i++)
		r = engine_mount(e, &g->devices[g->mounts[i].device], g->mounts[i].subvol,
				 g->mounts[i].where, true, err);
	return r;
}
