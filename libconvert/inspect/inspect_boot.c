/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file system is the root.  Every file system is looked into once; then
 * the loader's default entry says root= and rootflags=.  Only where no loader
 * can be read does the look of a root file system decide.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "engine/filesystem.h"
#include "guest/busname.h"
#include "inspect/inspect.h"
#include "inspect/look.h"

/* The subvolume's path from the top level; "" without one. */
static const char *path_of(const struct guest *g, const struct look *l)
{
	const struct subvolume *s = guest_subvolume(g, l->device, l->subvol);

	return s ? s->path : "";
}

/* Does the default entry of this place boot this place?  That of a snapshot does not. */
static bool boots_itself(const struct guest *g, const struct look *l)
{
	const struct subvolume *s;
	const struct device *d;

	if (guest_resolve(g, l->boot.root, &d) != RESOLVED_DEVICE ||
	    guest_first_member(g, (size_t)(d - g->devices)) != l->device)
		return false;
	s = guest_subvolume_by_options(g, l->device, l->boot.rootflags);
	return s ? s->id == l->subvol : l->subvol == 0;
}

/* "search.fs_uuid … root; set prefix=($root)'/@rootfs/boot/grub'" on an ESP. */
static int names_place(const struct guest *g, const char *wrapper, const struct look *l)
{
	const char *uuid = g->devices[l->device].uuid, *path = path_of(g, l);
	char prefix[512];

	if (!uuid || !strstr(wrapper, uuid))
		return 0;
	snprintf(prefix, sizeof(prefix), "/%s/boot/grub", path);
	return 1 + (*path && strstr(wrapper, prefix));
}

/* How likely it is that the loader which runs reads its configuration from @l. */
static int weight(const struct guest *g, const struct looks *looks, const struct look *l)
{
	int best = 0;

	for (size_t i = 0; i < looks->n; i++) {
		const char *wrapper = looks->v[i].wrapper;
		int named = wrapper ? names_place(g, wrapper, l) : 0;

		best = named > best ? named : best;
	}
	return 1 + 2 * best + boots_itself(g, l) + (l->boot.is_old ? 0 : 8);
}

/* The place whose loader runs; of equals it is the first.  looks->n: there is none. */
static size_t find_loader(const struct guest *g, const struct looks *looks)
{
	size_t best = looks->n;
	int most = 0;

	for (size_t i = 0; i < looks->n; i++) {
		int w = looks->v[i].boot.root ? weight(g, looks, &looks->v[i]) : 0;

		if (w > most) {
			most = w;
			best = i;
		}
	}
	return best;
}

/* How many places look like a root, of @device only unless it is SIZE_MAX. */
static int count_roots(const struct looks *looks, size_t device, size_t *first)
{
	int n = 0;

	for (size_t i = looks->n; i-- > 0;)
		if (looks->v[i].is_root &&
		    (device == SIZE_MAX || looks->v[i].device == device)) {
			*first = i;
			n++;
		}
	return n;
}

/* What was found instead, for the message: "disk1p1 ext4, disk1p2 swap". */
static void describe(const struct guest *g, char *out, size_t size)
{
	size_t used = 0;

	snprintf(out, size, "nothing that is known");
	for (size_t i = 0; i < g->n_devices && used < size; i++) {
		const struct device *d = &g->devices[i];
		int n;

		if (!d->type)
			continue;
		n = snprintf(out + used, size - used, "%s%s %s", used ? ", " : "",
			     d->name, d->type);
		used += n > 0 ? (size_t)n : 0;
	}
}

static bool is_foreign(const struct guest *g, const struct look *l)
{
	return filesystem_find(g->devices[l->device].type)->role == FILESYSTEM_FOREIGN;
}

/* -EOPNOTSUPP if the disks are those of a Windows guest, as far as can be told. */
static int refuse_windows(const struct guest *g, const struct looks *looks,
			  struct cvt_error *err)
{
	for (size_t i = 0; i < looks->n; i++)
		if (looks->v[i].is_windows)
			return error_raise(err, ERR_WINDOWS,
					   g->devices[looks->v[i].device].name,
					   "holds Windows");
	for (size_t i = 0; i < g->n_devices; i++)
		if (g->devices[i].type && strcmp(g->devices[i].type, "BitLocker") == 0)
			return error_raise(err, ERR_WINDOWS, g->devices[i].name,
					   "is encrypted by Windows");
	for (size_t i = 0; i < looks->n; i++)
		if (is_foreign(g, &looks->v[i]) && looks->v[i].code < 0)
			return error_raise(err, ERR_WINDOWS,
					   g->devices[looks->v[i].device].name,
					   "is %s, and there is no Linux on the disks",
					   g->devices[looks->v[i].device].type);
	return 0;
}

static int no_root(const struct guest *g, const struct looks *looks,
		   struct cvt_error *err)
{
	char found[256];
	int r;

	/* One that could not be mounted may well be it. */
	for (size_t i = 0; i < looks->n; i++)
		if (looks->v[i].code < 0 && !is_foreign(g, &looks->v[i]))
			return error_pass(err, looks->v[i].code, &looks->v[i].err);
	r = refuse_windows(g, looks, err);
	if (r < 0)
		return r;
	describe(g, found, sizeof(found));
	return error_raise(err, ERR_NO_OS, NULL,
			   "no operating system found on %u disk%s (%s)", g->n_disks,
			   g->n_disks == 1 ? "" : "s", found);
}

static int no_such_root(const struct guest *g, const char *spec, int n_roots,
			struct cvt_error *err)
{
	if (spec && *spec)
		return error_raise(err, ERR_NO_ROOT, NULL,
				   "root=%s is not on the %u disk%s given", spec,
				   g->n_disks, g->n_disks == 1 ? "" : "s");
	return error_raise(err, ERR_NO_ROOT, NULL,
			   "%d file systems look like a root, and no boot entry names one",
			   n_roots);
}

static int note_guess(struct guest *g, struct cvt_error *err)
{
	return guest_note(g, "root-guessed", NULL,
			  "no boot entry names the root; the file system that looks like "
			  "one is taken") < 0
		       ? error_nomem(err)
		       : 0;
}

/* What the boot path and the user say, and what was seen. */
struct search {
	struct engine *e;
	struct guest *g;
	struct looks *looks;
	size_t loader; /* looks->n: none */
};

static int no_subvolume(const struct search *s, const struct look *l, const char *flags,
			struct cvt_error *err)
{
	const struct device *d = &s->g->devices[l->device];

	if (*flags)
		return error_raise(err, ERR_NO_ROOT, NULL,
				   "rootflags=%s names no subvolume of %s that holds a "
				   "root file system",
				   flags, d->name);
	return error_raise(err, ERR_NO_ROOT, NULL,
			   "no subvolume of %s is known to hold the root file system",
			   d->name);
}

/* The entry names no subvolume, and the default one is no root: it may be told by BLS. */
static int guess_subvolume(const struct search *s, struct look *top, size_t *root,
			   struct cvt_error *err)
{
	size_t only = 0;
	int n = count_roots(s->looks, top->device, &only);

	if (n > 1 && s->loader < s->looks->n && s->looks->v[s->loader].is_root &&
	    s->looks->v[s->loader].device == top->device)
		only = s->loader;
	else if (n != 1)
		return no_subvolume(s, top, "", err);
	*root = only;
	return note_guess(s->g, err);
}

/* The subvolume that @flags, the value of rootflags=, says. */
static int use_subvolume(const struct search *s, size_t device, const char *flags,
			 size_t *root, struct cvt_error *err)
{
	const struct subvolume *sub =
		guest_subvolume_by_options(s->g, device, flags);
	struct look top = { .device = device };
	int i;

	if (!sub)
		return no_subvolume(s, &top, flags, err);
	i = look_into(s->e, s->g, device, sub->id, s->looks, err);
	if (i < 0)
		return i;
	if (!s->looks->v[i].is_root && sub->is_default)
		return guess_subvolume(s, &top, root, err);
	if (!s->looks->v[i].is_root)
		return no_subvolume(s, &top, flags, err);
	*root = (size_t)i;
	return 0;
}

/* @d is the root, because @spec says so. */
static int use(const struct search *s, const struct device *d, const char *spec,
	       const char *flags, size_t *root, struct cvt_error *err)
{
	size_t device = guest_first_member(s->g, (size_t)(d - s->g->devices));
	const struct look *l = NULL;

	for (size_t i = 0; i < s->looks->n && !l; i++)
		if (s->looks->v[i].device == device)
			l = &s->looks->v[i];
	if (l && l->code < 0) /* now it matters that it could not be mounted */
		return error_pass(err, l->code, &l->err);
	if (l && l->subvol)
		return use_subvolume(s, device, flags, root, err);
	if (!l || !l->is_root)
		return error_raise(err, ERR_NO_ROOT, NULL,
				   "root=%s is %s (%s), which holds no root file system",
				   spec, d->name, d->type ? d->type : "no file system");
	*root = (size_t)(l - s->looks->v);
	return 0;
}

/* A name that tells an order, "/dev/sda1", of disks that were given in another one: the root
 * is the only place with that partition number that looks like one, or where the loader is.
 */
static const struct device *find_in_other_order(const struct search *s, const char *spec)
{
	const struct device *found = NULL;
	struct busname b = { .kind = BUSNAME_NONE };
	int n = 0;

	if (strncmp(spec, "/dev/", 5) == 0)
		b = busname_parse(spec + 5);
	for (size_t i = 0; b.kind >= BUSNAME_ORDERED && i < s->looks->n; i++) {
		const struct look *l = &s->looks->v[i];
		const struct device *d = &s->g->devices[l->device];

		if (!l->is_root || d->kind != DEVICE_DISK || d->part != b.part || d == found)
			continue;
		if (s->loader == i)
			return d;
		found = d;
		n++;
	}
	return n == 1 ? found : NULL;
}

/* Is a root known to be on @d, or is @d closed to us, so that nobody knows? */
static bool may_have_root(const struct search *s, const struct device *d)
{
	size_t device = guest_first_member(s->g, (size_t)(d - s->g->devices));

	for (size_t i = 0; i < s->looks->n; i++)
		if (s->looks->v[i].device == device &&
		    (s->looks->v[i].is_root || s->looks->v[i].code < 0))
			return true;
	return d->shut != ERR_INTERNAL;
}

/* The device that @spec means, if any. */
static const struct device *find_root(const struct search *s, const char *spec)
{
	const struct device *d = NULL, *other;

	if (guest_resolve(s->g, spec, &d) == RESOLVED_DEVICE && may_have_root(s, d))
		return d;
	other = find_in_other_order(s, spec);
	return other ? other : d;
}

/* rootflags= of the default entry, if it is about @d. */
static const char *flags_of(const struct search *s, const struct look *loader,
			    const struct device *d)
{
	if (!loader || find_root(s, loader->boot.root) != d)
		return "";
	return loader->boot.rootflags;
}

/* crypttab names it, which may be in an initramfs only: the encrypted root, if it is one. */
static const struct device *only_encrypted_root(const struct search *s, const char *spec)
{
	const struct device *only = NULL;

	for (size_t i = 0; i < s->looks->n; i++) {
		const struct device *d = &s->g->devices[s->looks->v[i].device];

		if (!s->looks->v[i].is_root || d->kind != DEVICE_LUKS || d == only)
			continue;
		if (only)
			return NULL;
		only = d;
	}
	return strncmp(spec, "/dev/mapper/", strlen("/dev/mapper/")) == 0 ? only : NULL;
}

/* What cannot be found may lie in what could not be opened; 0: all could be. */
static int explain_shut(const struct guest *g, struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];
		int r;

		if (d->shut == ERR_INTERNAL)
			continue;
		r = error_raise(err, d->shut, d->name, "%s", d->shut_why);
		if (err && d->shut == ERR_ENCRYPTED)
			snprintf(err->remedy, sizeof(err->remedy),
				 "give its key: --key %.100s:file:PATH", d->name);
		return r;
	}
	return 0;
}

static int choose(const struct search *s, const char *root_spec, size_t *root,
		  struct cvt_error *err)
{
	const struct look *loader =
		s->loader < s->looks->n ? &s->looks->v[s->loader] : NULL;
	const char *spec = root_spec;
	const struct device *d;
	size_t only = 0;
	int n = count_roots(s->looks, SIZE_MAX, &only);

	if (!spec && loader)
		spec = loader->boot.root;
	d = spec && *spec ? find_root(s, spec) : NULL;
	if (d)
		return use(s, d, spec, flags_of(s, loader, d), root, err);
	d = spec ? only_encrypted_root(s, spec) : NULL;
	if (d)
		return use(s, d, spec, flags_of(s, loader, d), root, err);
	if (n == 0 || (spec && *spec)) {
		int r = explain_shut(s->g, err);

		if (r < 0)
			return r;
	}
	if (n == 0)
		return no_root(s->g, s->looks, err);
	if (root_spec || (n > 1 && !(loader && loader->is_root)))
		return no_such_root(s->g, spec, n, err);
	*root = n > 1 ? s->loader : only;
	return note_guess(s->g, err);
}

/* What stays closed to us is told, even where it does not matter. */
static int note_shut(struct guest *g, struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];

		if (d->shut != ERR_INTERNAL &&
		    guest_note(g, error_id(d->shut), d->name, d->shut_why) < 0)
			return error_nomem(err);
	}
	return 0;
}

static int note_unmounted(struct guest *g, const struct looks *looks,
			  struct cvt_error *err)
{
	for (size_t i = 0; i < looks->n; i++) {
		char text[768];

		if (looks->v[i].code == 0 || is_foreign(g, &looks->v[i]))
			continue;
		snprintf(text, sizeof(text), "%s was not looked into: %s",
			 g->devices[looks->v[i].device].name, looks->v[i].err.msg);
		if (guest_note(g, "device-not-mounted", NULL, text) < 0)
			return error_nomem(err);
	}
	return 0;
}

int inspect_boot(struct engine *e, const char *root_spec, struct guest *g,
		 struct mount *root, struct cvt_error *err)
{
	CLEANUP_LOOKS struct looks looks = { 0 };
	struct search s = { e, g, &looks, 0 };
	size_t chosen = 0;
	int r = look_around(e, g, &looks, err);

	for (size_t i = 0; r == 0 && i < looks.n; i++)
		if (looks.v[i].has_efi)
			g->firmware |= FIRMWARE_UEFI;
	s.loader = find_loader(g, &looks);
	if (r == 0)
		r = choose(&s, root_spec, &chosen, err);
	if (r < 0)
		return r;
	if (s.loader < looks.n && !root_spec &&
	    !(g->root_spec = strdup(looks.v[s.loader].boot.root)))
		return error_nomem(err);
	*root = (struct mount){ .device = looks.v[chosen].device,
				.subvol = looks.v[chosen].subvol };
	r = note_shut(g, err);
	return r < 0 ? r : note_unmounted(g, &looks, err);
}
