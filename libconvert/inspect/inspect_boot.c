/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which file system is the root.  Every file system is looked into once; then
 * the loader's default entry says root=.  Only where no loader can be read does
 * the look of a root file system decide.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "inspect/fetch.h"
#include "inspect/inspect.h"
#include "inspect/inspect_loader.h"

/* What one look at a device showed. */
struct look {
	bool is_root;	 /* it has the directories of a root file system */
	bool has_efi;	 /* it has loaders for UEFI */
	char *root_spec; /* root= of the default entry of its boot loader */
	char *wrapper;	 /* text of a grub.cfg on an ESP, which names another device */
	int code;	 /* why it could not be mounted, 0: it could */
	struct cvt_error err;
};

struct looks {
	struct look *v;
	size_t n;
};

static void looks_clear(struct looks *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].root_spec);
		free(l->v[i].wrapper);
	}
	free(l->v);
}

/* Types that hold files and that a root or boot partition may have; the others
 * (LVM2_member, swap, crypto_LUKS, ntfs …) cannot be.
 */
static bool is_mountable(const struct device *d)
{
	static const char *const types[] = { "ext2", "ext3", "ext4", "xfs",	"btrfs",
					     "vfat", "f2fs", "jfs",  "reiserfs" };

	for (size_t i = 0; d->type && i < ARRAY_SIZE(types); i++)
		if (strcmp(d->type, types[i]) == 0)
			return true;
	return false;
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

static int look_at(struct engine *e, const struct device *d, struct look *l,
		   struct cvt_error *err)
{
	int r, u;

	l->code = engine_mount(e, d, 0, "/", false, &l->err);
	if (l->code == -ECANCELED || l->code == -ENOMEM)
		return error_pass(err, l->code, &l->err);
	if (l->code < 0) {
		context_log(e->ctx, CVT_LOG_INFO, "%s: %s", d->name, l->err.msg);
		return 0;
	}
	l->is_root = fetch_has_dir(e, "/etc") &&
		     (fetch_has(e, "/sbin") || fetch_has(e, "/usr"));
	l->has_efi = strcmp(d->type, "vfat") == 0 && fetch_has_dir(e, "/EFI");
	r = loader_default_root(e, &l->root_spec, err);
	if (r == 0 && l->has_efi)
		r = read_wrapper(e, &l->wrapper, err);
	l->code = engine_missed(e, &l->err);
	if (l->code < 0)
		l->is_root = l->has_efi = false;
	u = engine_umount(e, r < 0 ? NULL : err);
	return r < 0 ? r : u;
}

static int look_around(struct engine *e, const struct guest *g, struct looks *looks,
		       struct cvt_error *err)
{
	looks->v = calloc(g->n_devices ? g->n_devices : 1, sizeof(*looks->v));
	if (!looks->v)
		return error_nomem(err);
	looks->n = g->n_devices;
	for (size_t i = 0; i < looks->n; i++) {
		int r = context_check(e->ctx, err);

		if (r == 0 && is_mountable(&g->devices[i]))
			r = look_at(e, &g->devices[i], &looks->v[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The device whose loader runs: the one that the ESP's grub.cfg searches for, else the first
 * that has a configuration.  Returns looks->n if there is none.
 */
static size_t find_loader(const struct guest *g, const struct looks *looks)
{
	size_t first = looks->n;

	for (size_t i = 0; i < looks->n; i++) {
		if (!looks->v[i].root_spec)
			continue;
		if (first == looks->n)
			first = i;
		for (size_t w = 0; w < looks->n; w++)
			if (looks->v[w].wrapper && g->devices[i].uuid &&
			    strstr(looks->v[w].wrapper, g->devices[i].uuid))
				return i;
	}
	return first;
}

static int use(const struct guest *g, const struct looks *looks, const struct device *d,
	       const char *spec, size_t *root, struct cvt_error *err)
{
	size_t i = (size_t)(d - g->devices);

	if (looks->v[i].code < 0) /* now it matters that it could not be mounted */
		return error_pass(err, looks->v[i].code, &looks->v[i].err);
	if (!looks->v[i].is_root)
		return error_raise(err, ERR_NO_ROOT, NULL,
				   "root=%s is %s (%s), which holds no root file system",
				   spec, d->name, d->type ? d->type : "no file system");
	*root = i;
	return 0;
}

static int count_roots(const struct looks *looks, size_t *first)
{
	int n = 0;

	for (size_t i = looks->n; i-- > 0;)
		if (looks->v[i].is_root) {
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

static int no_root(const struct guest *g, const struct looks *looks,
		   struct cvt_error *err)
{
	char found[256];

	/* One that could not be mounted may well be it. */
	for (size_t i = 0; i < looks->n; i++) {
		if (looks->v[i].code == 0)
			continue;
		return error_pass(err, looks->v[i].code, &looks->v[i].err);
	}
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

static int choose(const char *root_spec, struct guest *g, const struct looks *looks,
		  size_t *root, struct cvt_error *err)
{
	size_t loader = find_loader(g, looks), only = 0;
	const char *spec = root_spec;
	const struct device *d;
	int n = count_roots(looks, &only);

	if (!spec && loader < looks->n)
		spec = looks->v[loader].root_spec;
	if (spec && *spec && guest_resolve(g, spec, &d) == RESOLVED_DEVICE)
		return use(g, looks, d, spec, root, err);
	if (n == 0)
		return no_root(g, looks, err);
	if (root_spec || (n > 1 && !(loader < looks->n && looks->v[loader].is_root)))
		return no_such_root(g, spec, n, err);
	*root = n > 1 ? loader : only;
	return guest_note(g, "root-guessed", NULL,
			  "no boot entry names the root; the file system that looks like "
			  "one is taken") < 0
		       ? error_nomem(err)
		       : 0;
}

/* A file system that stays closed to us is told, even where it does not matter. */
static int note_unmounted(struct guest *g, const struct looks *looks,
			  struct cvt_error *err)
{
	for (size_t i = 0; i < looks->n; i++) {
		char text[768];

		if (looks->v[i].code == 0)
			continue;
		snprintf(text, sizeof(text), "%s was not looked into: %s",
			 g->devices[i].name, looks->v[i].err.msg);
		if (guest_note(g, "device-not-mounted", NULL, text) < 0)
			return error_nomem(err);
	}
	return 0;
}

int inspect_boot(struct engine *e, const char *root_spec, struct guest *g, size_t *root,
		 struct cvt_error *err)
{
	CLEANUP(looks_clear) struct looks looks = { 0 };
	int r = look_around(e, g, &looks, err);

	for (size_t i = 0; r == 0 && i < looks.n; i++)
		if (looks.v[i].has_efi)
			g->firmware |= FIRMWARE_UEFI;
	if (r == 0)
		r = choose(root_spec, g, &looks, root, err);
	return r < 0 ? r : note_unmounted(g, &looks, err);
}
