/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "engine/filesystem.h"
#include "inspect/fetch.h"
#include "inspect/inspect_check.h"
#include "inspect/inspect.h"
#include "inspect/look.h"

#define SUBVOLUMES_MAX 64 /* looked into per file system; a guest has thousands of snapshots */

void looks_clear(struct looks *l)
{
	for (size_t i = 0; i < l->n; i++) {
		loader_words_clear(&l->v[i].boot);
		free(l->v[i].wrapper);
	}
	free(l->v);
	*l = (struct looks){ 0 };
}

static int read_wrapper(struct engine *e, char **ret, struct cvt_error *err)
{
	CLEANUP_NAMES struct names vendors = { 0 };
	int r = engine_list(e, "/EFI", &vendors, NULL);

	if (r == -ENOMEM)
		return error_nomem(err);
	for (size_t i = 0; r == 0 && i < vendors.n && !*ret; i++) {
		char path[512];

		snprintf(path, sizeof(path), "/EFI/%s/grub.cfg", vendors.v[i]);
		r = fetch_fact(e, path, ret, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Windows has written its directory in one case or the other; its loader is on the ESP. */
static bool is_windows(struct engine *e, bool has_efi)
{
	return fetch_has_dir(e, "/Windows/System32") ||
	       fetch_has_dir(e, "/WINDOWS/system32") ||
	       (has_efi && fetch_has_dir(e, "/EFI/Microsoft/Boot"));
}

static int look_at_files(struct engine *e, struct guest *g, const char *type,
			 struct look *l, struct cvt_error *err)
{
	int r;

	l->is_root = fetch_has_dir(e, "/etc") &&
		     (fetch_has(e, "/sbin") || fetch_has(e, "/usr"));
	l->has_efi = strcmp(type, "vfat") == 0 && fetch_has_dir(e, "/EFI");
	l->is_windows = is_windows(e, l->has_efi);
	r = l->is_root ? inspect_links(e, g, err) : 0;
	if (r == 0)
		r = loader_default_entry(e, &l->boot, err);
	if (r == 0 && l->has_efi)
		r = read_wrapper(e, &l->wrapper, err);
	return r;
}

/* What was mounted is looked at and unmounted.  That it cannot be read may not matter. */
static int look_and_leave(struct engine *e, struct guest *g, struct look *l,
			  struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	int r = look_at_files(e, g, g->devices[l->device].type, l, &why), u;

	l->code = engine_missed(e, &l->err);
	if (r == -EIO || r == -EUCLEAN) {
		l->code = error_pass(&l->err, r, &why);
		r = 0;
	}
	if (l->code < 0)
		l->is_root = l->has_efi = false;
	u = engine_umount(e, r < 0 ? NULL : err);
	return r < 0 ? error_pass(err, r, &why) : u;
}

/* 1 if it could not be mounted, which may not matter. */
static int try_mount(struct engine *e, struct guest *g, struct look *l,
		     struct cvt_error *err)
{
	l->code = check_mount_to_look(e, g, l->device, l->subvol, &l->err);
	if (l->code == 0)
		return 0;
	if (l->code == -ECANCELED || l->code == -ENOMEM)
		return error_pass(err, l->code, &l->err);
	context_log(e->ctx, CVT_LOG_INFO, "%s: %s", g->devices[l->device].name,
		    l->err.msg);
	return 1;
}

static struct look *add_look(struct looks *looks, size_t device, uint64_t subvol)
{
	struct look *grown = realloc(looks->v, (looks->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	looks->v = grown;
	looks->v[looks->n] = (struct look){ .device = device, .subvol = subvol };
	return &looks->v[looks->n++];
}

/* 1 if there is no more to be seen; 0 if it was mended, and there may be. */
static int look_once(struct engine *e, struct guest *g, struct look *l,
		     struct cvt_error *err)
{
	int r = try_mount(e, g, l, err);
	struct cvt_error reading;

	if (r == 0)
		r = look_and_leave(e, g, l, err);
	if (r != 0 || l->code == 0)
		return r < 0 ? r : 1;
	reading = l->err;
	l->code = check_unreadable(e, g, l->device, &reading, &l->err);
	if (l->code == -ECANCELED || l->code == -ENOMEM)
		return error_pass(err, l->code, &l->err);
	return l->code < 0;
}

int look_into(struct engine *e, struct guest *g, size_t device, uint64_t subvol,
	      struct looks *looks, struct cvt_error *err)
{
	struct look *l;
	int r;

	for (size_t i = 0; i < looks->n; i++)
		if (looks->v[i].device == device && looks->v[i].subvol == subvol)
			return (int)i;
	l = add_look(looks, device, subvol);
	if (!l)
		return error_nomem(err);
	r = look_once(e, g, l, err);
	if (r == 0)
		r = look_once(e, g, l, err);
	return r < 0 ? r : (int)looks->n - 1;
}

/* Where snapper, Timeshift and others keep their snapshots.  A snapshot that is the root now,
 * as openSUSE has it, is found as the default subvolume or by its name in a boot entry.
 */
static bool is_snapshot(const char *path)
{
	static const char *const names[] = { ".snapshots", "snapshots", "@snapshots",
					     "_snapshots", "timeshift-btrfs" };

	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");

		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (strlen(names[i]) == n && memcmp(names[i], p, n) == 0)
				return true;
		p += n + (p[n] == '/');
	}
	return false;
}

/* "@", "@rootfs", "_active/rootvol"; what lies deeper is a container's or a snapshot. */
static bool may_be_root(const char *path)
{
	const char *slash = strchr(path, '/');

	return !is_snapshot(path) && !(slash && strchr(slash + 1, '/'));
}

/* The default subvolume is the first one looked into. */
static int look_into_subvolumes(struct engine *e, struct guest *g, size_t device,
				struct looks *looks, struct cvt_error *err)
{
	const struct subvolume *first = guest_subvolume_by_options(g, device, "");
	int r = first ? look_into(e, g, device, first->id, looks, err) : 0;
	int n = 0;

	for (size_t i = 0; i < g->n_subvolumes && r >= 0 && n < SUBVOLUMES_MAX; i++) {
		const struct subvolume *s = &g->subvolumes[i];

		if (s->device != device || !may_be_root(s->path))
			continue;
		r = look_into(e, g, device, s->id, looks, err);
		n++;
	}
	return r < 0 ? r : 0;
}

/* 1: a device of it is not there.  Degraded, a later boot with all devices would find some
 * older than others.
 */
static int misses_members(const struct guest *g, size_t device, struct look *l)
{
	const struct device *d = &g->devices[device];
	uint64_t n = 0;

	for (size_t i = 0; i < g->n_devices; i++)
		n += guest_first_member(g, i) == device;
	if (d->members <= n)
		return 0;
	l->code =
		error_raise(&l->err, ERR_NO_ROOT, d->name,
			    "its btrfs lies on %llu devices, and %llu of them are on the "
			    "disks given",
			    (unsigned long long)d->members, (unsigned long long)n);
	return 1;
}

static int look_into_btrfs(struct engine *e, struct guest *g, size_t device,
			   struct looks *looks, struct cvt_error *err)
{
	struct look *l = add_look(looks, device, SUBVOL_TOP);
	int r, u;

	if (!l)
		return error_nomem(err);
	r = misses_members(g, device, l);
	if (r == 0)
		r = try_mount(e, g, l, err);
	if (r != 0)
		return r < 0 ? r : 0;
	/* The top level is looked into again in its place. */
	looks->n--;
	r = engine_subvolumes(e, device, g, err);
	u = engine_umount(e, r < 0 ? NULL : err);
	if (r < 0 || u < 0)
		return r < 0 ? r : u;
	return look_into_subvolumes(e, g, device, looks, err);
}

int look_around(struct engine *e, struct guest *g, struct looks *ret,
		struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];
		const struct filesystem *fs = filesystem_find(d->type);
		int r = context_check(e->ctx, err);

		if (r == 0 && !(fs && guest_first_member(g, i) == i))
			continue;
		if (r == 0 && strcmp(d->type, "btrfs") == 0)
			r = look_into_btrfs(e, g, i, ret, err);
		else if (r == 0)
			r = look_into(e, g, i, 0, ret, err);
		if (r < 0)
			return r;
	}
	return 0;
}
