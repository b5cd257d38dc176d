/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Evidence, most certain first, of which disk was which on the source machine:
 * the root that boots, lines of fstab and what the disks hold, what installers
 * and LVM have noted, and the disk that boots.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/disk_notes.h"
#include "format/fstab.h"
#include "format/fstype.h"
#include "guest/order.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"

#define LINES_MAX 256 /* of fstab; a guest has not that many, a hostile one has more */

/* A line of fstab. */
struct line {
	char *spec, *where, *type;
	size_t device; /* what a stable name means; SIZE_MAX: no such name, or nothing */
};

struct evidence {
	struct engine *e;
	struct guest *g;
	size_t root; /* index of the root's device */
	struct order order;
	struct line *lines;
	size_t n_lines;
};

static void evidence_clear(struct evidence *v)
{
	for (size_t i = 0; i < v->n_lines; i++) {
		free(v->lines[i].spec);
		free(v->lines[i].where);
		free(v->lines[i].type);
	}
	free(v->lines);
	order_clear(&v->order);
}

/* ---- one claim ---- */

typedef bool (*fits_fn)(const struct evidence *v, size_t device, const void *data);

/* On which disks does the device of @b fit?  Their number. */
static size_t find_disks(const struct evidence *v, const struct busname *b, fits_fn fits,
			 const void *data, bool *disks)
{
	size_t n = 0;

	for (size_t i = 0; i < v->g->n_devices; i++) {
		const struct device *d = &v->g->devices[i];

		if (d->kind == DEVICE_DISK && d->part == b->part &&
		    d->disk < v->order.n_disks && fits(v, i, data)) {
			disks[d->disk] = true;
			n++;
		}
	}
	return n;
}

static struct busname parse(const char *spec)
{
	return busname_parse(strncmp(spec, "/dev/", 5) == 0 ? spec + 5 : "");
}

/* The disk of @spec is one with a fitting device where @spec says.  -ENOMEM. */
static int claim(struct evidence *v, const char *spec, fits_fn fits, const void *data,
		 bool is_weak)
{
	CLEANUP_FREE bool *disks = calloc(v->order.n_disks + 1, 1);
	const struct busname b = parse(spec);

	if (!disks)
		return -ENOMEM;
	(void)find_disks(v, &b, fits, data, disks);
	return order_claim(&v->order, &b, disks, is_weak) < 0 ? -ENOMEM : 0;
}

/* Any member will do for a btrfs that lies on several devices. */
static bool is_device(const struct evidence *v, size_t device, const void *data)
{
	return guest_first_member(v->g, device) ==
	       guest_first_member(v->g, *(const size_t *)data);
}

static bool has_uuid(const struct evidence *v, size_t device, const void *data)
{
	const char *uuid = v->g->devices[device].uuid;

	return uuid && strcmp(uuid, data) == 0;
}

/* ---- fstab ---- */

static int add_line(struct evidence *v, const struct fstab_entry *x)
{
	struct line *grown = realloc(v->lines, (v->n_lines + 1) * sizeof(*grown)), *new;
	const struct device *d;

	if (!grown)
		return -ENOMEM;
	v->lines = grown;
	new = &v->lines[v->n_lines++];
	*new = (struct line){ strdup(x->spec), strdup(x->where), strdup(x->type),
			      SIZE_MAX };
	if (guest_spec_is_stable(v->g, x->spec) &&
	    guest_resolve(v->g, x->spec, &d) == RESOLVED_DEVICE)
		new->device = (size_t)(d - v->g->devices);
	if (strcmp(x->where, "/") == 0)
		new->device = v->root;
	return new->spec && new->where && new->type ? 0 : -ENOMEM;
}

static int read_lines(struct evidence *v)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	CLEANUP_FSTAB struct fstab tab = { 0 };
	struct fstab_entry x;
	int r = engine_read(v->e, "/etc/fstab", ENGINE_TEXT_MAX, &text, NULL);

	if (r < 0 || fstab_open(&tab, text.data, text.len, NULL) < 0)
		return r == -ENOMEM ? r : 0;
	while (v->n_lines < LINES_MAX && (r = fstab_next(&tab, &x)) > 0)
		if (add_line(v, &x) < 0)
			return -ENOMEM;
	return r < 0 ? r : 0;
}

static bool is_same_place(const struct line *a, const char *where)
{
	return strcmp(a->where, where) == 0;
}

/* Is it known that @device is used by another line?  btrfs may be, and swap is nowhere. */
static bool is_elsewhere(const struct evidence *v, size_t device, const struct line *l)
{
	const char *type = v->g->devices[device].type;

	if (type && strcmp(type, "btrfs") == 0)
		return false;
	if (device == v->root)
		return strcmp(l->where, "/") != 0;
	for (size_t i = 0; i < v->n_lines; i++)
		if (&v->lines[i] != l && v->lines[i].device == device)
			return true;
	return false;
}

/* Has the kernel noted that it was mounted where another line mounts something? */
static bool was_elsewhere(const struct evidence *v, size_t device, const struct line *l)
{
	const char *last = v->g->devices[device].last_mounted;

	for (size_t i = 0; last && i < v->n_lines; i++)
		if (strcmp(v->lines[i].where, last) == 0 && !is_same_place(l, last))
			return true;
	return false;
}

static bool may_be(const struct evidence *v, size_t device, const void *data)
{
	const struct line *l = data;

	return fstype_agrees(l->type, v->g->devices[device].type) &&
	       !is_elsewhere(v, device, l) && !was_elsewhere(v, device, l);
}

static bool was_there(const struct evidence *v, size_t device, const void *data)
{
	const struct line *l = data;
	const char *last = v->g->devices[device].last_mounted;

	return last && is_same_place(l, last) && may_be(v, device, data);
}

static bool has_type(const struct evidence *v, size_t device, const void *data)
{
	const struct line *l = data;

	return fstype_agrees(l->type, v->g->devices[device].type);
}

/* All that could be it is known to be something else: then it is missing. */
static int claim_missing(struct evidence *v, const struct line *l)
{
	CLEANUP_FREE bool *disks = calloc(v->order.n_disks + 1, 1);
	const struct busname b = parse(l->spec);

	if (!disks)
		return -ENOMEM;
	if (find_disks(v, &b, may_be, l, disks) > 0 ||
	    find_disks(v, &b, has_type, l, disks) == 0)
		return 0;
	return order_claim_absent(&v->order, &b);
}

/* What the kernel has noted of ext4 is heard before the mere types of all lines. */
static int claim_lines(struct evidence *v)
{
	int r = 0;

	for (size_t i = 0; i < v->n_lines && r == 0; i++)
		if (strcmp(v->lines[i].where, "/") == 0)
			r = claim(v, v->lines[i].spec, is_device, &v->root, false);
	for (size_t i = 0; i < v->n_lines && r == 0; i++)
		r = claim(v, v->lines[i].spec, was_there, &v->lines[i], false);
	for (size_t i = 0; i < v->n_lines && r == 0; i++)
		r = claim(v, v->lines[i].spec, may_be, &v->lines[i], true);
	for (size_t i = 0; i < v->n_lines && r == 0; i++)
		r = claim_missing(v, &v->lines[i]);
	return r;
}

/* ---- notes of other programs ---- */

static int on_comment(void *data, const char *spec, const char *where)
{
	struct evidence *v = data;
	int r = 0;

	for (size_t i = 0; i < v->n_lines && r == 0; i++)
		if (v->lines[i].device != SIZE_MAX && is_same_place(&v->lines[i], where))
			r = claim(v, spec, is_device, &v->lines[i].device, false);
	return r;
}

static int on_uuid(void *data, const char *spec, const char *uuid)
{
	return claim(data, spec, has_uuid, uuid, false);
}

static int read_notes(struct evidence *v, const char *path,
		      int (*read)(const char *text, disk_notes_fn fn, void *data), disk_notes_fn fn)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = engine_read(v->e, path, ENGINE_TEXT_MAX, &text, NULL);

	if (r < 0 || bytes_has_nul(&text))
		return r == -ENOMEM ? r : 0;
	return read(text.data, fn, v);
}

static int read_lvm_notes(struct evidence *v)
{
	static const char dir[] = "/etc/lvm/backup";
	CLEANUP_NAMES struct names groups = { 0 };
	int r = engine_list(v->e, dir, &groups, NULL);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < groups.n && i < 64 && r == 0; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", dir, groups.v[i]);
		r = read_notes(v, path, disk_notes_lvm, on_uuid);
	}
	return r;
}

/* ---- the disk that boots ---- */

/* The first disk that @device lies on. */
static unsigned disk_of(const struct guest *g, size_t device)
{
	const struct device *d = &g->devices[device];

	while (d->n_below > 0 && d->below[0] < (size_t)(d - g->devices))
		d = &g->devices[d->below[0]];
	return d->kind == DEVICE_DISK ? d->disk : SOURCE_DISK_ABSENT;
}

static bool has_boot_code(const struct guest *g, unsigned disk)
{
	for (size_t i = 0; i < g->n_bios_disks; i++)
		if (g->bios_disks[i] == disk)
			return true;
	return false;
}

static unsigned find_boot_disk(const struct guest *g, size_t root)
{
	unsigned disk = disk_of(g, root);

	if (has_boot_code(g, disk) || g->n_disks == 1)
		return disk;
	if (g->n_bios_disks > 0)
		return g->bios_disks[0];
	for (size_t i = 0; i < g->n_devices; i++)
		if (device_is_esp(&g->devices[i]))
			return disk_of(g, i);
	return SOURCE_DISK_ABSENT;
}

/* Disks are given, and were found by the firmware, with the one that boots first. */
static int claim_boot_disk(struct evidence *v)
{
	const struct busname first = { .kind = BUSNAME_ORDERED };
	CLEANUP_FREE bool *disks = calloc(v->order.n_disks + 1, 1);

	if (!disks)
		return -ENOMEM;
	if (v->g->boot_disk >= v->order.n_disks)
		return 0;
	disks[v->g->boot_disk] = true;
	return order_claim(&v->order, &first, disks, true) < 0 ? -ENOMEM : 0;
}

/* ---- all of it ---- */

static int note_order(struct guest *g)
{
	char text[512] = "taken for the source's disks:", name[16];
	size_t n = strlen(text);
	bool is_other = false;

	for (size_t i = 0; i < g->n_source_disks && n < sizeof(text); i++) {
		const struct source_disk *s = &g->source_disks[i];

		if (s->id || s->disk == SOURCE_DISK_ABSENT)
			continue;
		busname_format(s->ordinal, name);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s is disk%u%s",
				      is_other ? "," : "", name, s->disk + 1,
				      s->is_guess ? " (a guess)" : "");
		is_other = true;
	}
	return is_other ? guest_note(g, "disk-order", NULL, text) : 0;
}

static int collect(struct evidence *v, const char *root_spec)
{
	int r = read_lines(v);

	if (r == 0 && root_spec)
		r = claim(v, root_spec, is_device, &v->root, false);
	if (r == 0)
		r = claim_lines(v);
	/* Notes are of the past: a disk less, or a stick with the installer, and the names
	 * were others.  They help to choose, but do not contradict what is possible.
	 */
	if (r < 0 || order_is_settled(&v->order))
		return r;
	r = read_notes(v, "/etc/fstab", disk_notes_fstab, on_comment);
	if (r == 0)
		r = read_notes(v, "/etc/blkid.tab", disk_notes_blkid, on_uuid);
	if (r == 0)
		r = read_lvm_notes(v);
	return r < 0 ? r : claim_boot_disk(v);
}

int inspect_order(struct engine *e, size_t root, const char *root_spec, struct guest *g,
		  struct cvt_error *err)
{
	CLEANUP(evidence_clear) struct evidence v = { e, g, root, { g->n_disks, NULL, 0 },
						      NULL, 0 };
	int r;

	g->boot_disk = find_boot_disk(g, root);
	r = collect(&v, root_spec);
	if (r == 0)
		r = order_solve(&v.order, g);
	if (r == 0)
		r = note_order(g);
	return r < 0 ? error_nomem(err) : 0;
}
