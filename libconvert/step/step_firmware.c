/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest that boots by a BIOS gets what UEFI firmware starts: an EFI system partition, in
 * room that no partition has or that a swap partition can spare, with a GRUB that one of
 * the guest's packages has brought along, and that reads the grub.cfg which is there.  What
 * the BIOS starts stays, so the guest then boots both ways.
 *
 * The partition table stays of its kind: firmware takes an MBR with a partition of type 0xEF
 * (UEFI specification 2.10, 5.2 and 13.3.3).
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "format/fstab.h"
#include "format/swap.h"
#include "step/efi_loader.h"

#define ESP_MIN FAT_MIN_SECTORS
#define ESP_OF_SWAP 131072 /* sectors: 64 MiB */
#define ESP_MAX 524288	   /* sectors: 256 MiB */
#define MOUNT_POINT "/boot/efi"
#define RULE "firmware-uefi"

static bool is_asked(const struct guest *g, const struct request *q)
{
	return q->firmware && !(g->firmware & q->firmware);
}

static int want_firmware(const struct guest *g, const struct request *q, struct wants *w,
			 struct cvt_error *err)
{
	if (is_asked(g, q) && efi_loader_want(w) < 0)
		return error_nomem(err);
	return 0;
}

/* --- an ESP that is there --- */

static int fill_esp(const struct guest *g, const struct efi_files *list, struct plan *p,
		    const struct why *why, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < list->n && r == 0; i++) {
		CLEANUP_BYTES struct bytes copy = { 0 };
		CLEANUP_FREE char *path = NULL;

		if (asprintf(&path, "%s/%s", strcmp(g->esp, "/") == 0 ? "" : g->esp,
			     list->v[i].path) < 0) {
			path = NULL;
			return error_nomem(err);
		}
		if (bytes_set(&copy, list->v[i].data->data, list->v[i].data->len) < 0)
			return error_nomem(err);
		r = plan_write(p, g, path, &copy, why, err);
	}
	return r;
}

/* --- a new one --- */

struct layout {
	const struct guest_table *now;
	struct pieces pieces; /* as they are to be */
	struct ptable table;  /* of those */
	uint64_t first, last; /* of the ESP, sectors */
};

static void layout_clear(struct layout *l)
{
	pieces_clear(&l->pieces);
}

static int read_table(struct layout *l, const struct guest *g, struct cvt_error *err)
{
	const char *why = "its partition table is not known as a whole";
	uint64_t offset;
	size_t size;

	if (ptable_read(&l->pieces, l->now->disk.size / PTABLE_SECTOR, &l->table, &offset,
			&size, &why) == 0)
		return 0;
	return efi_impossible(g, err, why);
}

static bool find_room(struct layout *l)
{
	if (!ptable_room(&l->table, &l->first, &l->last) ||
	    l->last - l->first + 1 < ESP_MIN)
		return false;
	if (l->last - l->first + 1 > ESP_MAX)
		l->last = l->first + ESP_MAX - 1;
	return true;
}

static bool is_hibernated(const struct guest *g, const struct device *d)
{
	for (size_t i = 0; i < g->n_hibernations; i++)
		if (strcmp(g->hibernations[i].path, d->name) == 0)
			return true;
	return false;
}

/* The partition @d, if it is swap that can be cut off: at least as much of it stays. */
static const struct ptable_part *spare_swap(const struct guest *g, const struct layout *l,
					    const struct device *d)
{
	if (d->kind != DEVICE_DISK || d->disk != l->now->disk.disk || !d->part ||
	    !d->type || strcmp(d->type, "swap") != 0 || is_hibernated(g, d))
		return NULL;
	for (size_t i = 0; i < l->table.n; i++) {
		const struct ptable_part *x = &l->table.parts[i];

		if (x->kind != PTABLE_EXTENDED && x->first * PTABLE_SECTOR == d->offset &&
		    x->last - x->first + 1 >=
			    (uint64_t)2 * (ESP_OF_SWAP + PTABLE_ALIGN) &&
		    ptable_can_shrink(&l->table, x))
			return x;
	}
	return NULL;
}

static int shrink_swap(struct layout *l, const struct guest *g, struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];
		const struct ptable_part *x = spare_swap(g, l, d);
		char *page = x ? pieces_at(&l->pieces, d->offset, 4096) : NULL;
		uint64_t end;

		if (!page)
			continue;
		end = (x->last + 1 - ESP_OF_SWAP) / PTABLE_ALIGN * PTABLE_ALIGN;
		if (!swap_resize(page, (end - x->first) * PTABLE_SECTOR))
			continue;
		ptable_shrink(&l->table, x, end - 1, &l->pieces);
		ptable_finish(&l->table, &l->pieces);
		return read_table(l, g, err);
	}
	return efi_impossible(
		g, err,
		"its disk has no 34 MiB that no partition has, and no swap partition "
		"of 130 MiB or more");
}

/* Of a member of an array the table is that of the array, or none. */
static bool is_partitioned(const struct guest *g, unsigned disk)
{
	bool has_part = false;

	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];

		if (d->kind != DEVICE_DISK || d->disk != disk)
			continue;
		if (d->part == 0)
			return false;
		has_part = true;
	}
	return has_part;
}

/* Is @d in a partition that the table has? */
static bool is_in_table(const struct layout *l, const struct device *d)
{
	for (size_t i = 0; i < l->table.n; i++) {
		const struct ptable_part *x = &l->table.parts[i];
		const uint64_t first = x->first * PTABLE_SECTOR;
		const uint64_t size = (x->last - x->first + 1) * PTABLE_SECTOR;

		if (x->kind != PTABLE_EXTENDED && first <= d->offset && d->size <= size &&
		    d->offset - first <= size - d->size)
			return true;
	}
	return false;
}

/* Where somebody finds partitions that we do not, what looks free has data. */
static int check_devices(const struct layout *l, const struct guest *g,
			 struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];

		if (d->kind == DEVICE_DISK && d->disk == l->now->disk.disk &&
		    !is_in_table(l, d))
			return efi_impossible(g, err,
					      "its disk has more partitions than its "
					      "partition table tells");
	}
	return 0;
}

static int make_room(struct layout *l, const struct guest *g, struct cvt_error *err)
{
	int r = 0;

	if (!l->now->disk.name)
		return efi_impossible(g, err, "nothing is known of its disks");
	if (!is_partitioned(g, l->now->disk.disk))
		return efi_impossible(
			g, err, "its disk has no partitions, or is part of an array");
	if (l->now->fault)
		return efi_impossible(g, err, l->now->fault);
	if (pieces_copy(&l->now->pieces, &l->pieces) < 0)
		return error_nomem(err);
	r = read_table(l, g, err);
	if (r == 0)
		r = check_devices(l, g, err);
	if (r == 0 && !l->table.free_entry)
		return efi_impossible(g, err, "its partition table has no free entry");
	if (r == 0 && !find_room(l)) {
		r = shrink_swap(l, g, err);
		if (r == 0 && !find_room(l))
			r = efi_impossible(g, err,
					   "its swap partition is in the wrong place");
	}
	if (r < 0)
		return r;
	ptable_add_esp(&l->table, l->first, l->last, &l->pieces);
	ptable_finish(&l->table, &l->pieces);
	return 0;
}

static int plan_table(const struct layout *l, struct plan *p, const struct why *why,
		      struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < l->pieces.n && r == 0; i++)
		r = plan_patch(p, l->now->disk.name, l->pieces.v[i].offset,
			       &l->now->pieces.v[i].data, &l->pieces.v[i].data, why, err);
	return r;
}

/* Another for each guest, and the same on every run. */
static uint32_t serial_of(const struct layout *l, const struct efi_loader *x)
{
	uLong crc = crc32(0, (const Bytef *)x->wrapper.data, (uInt)x->wrapper.len);

	return (uint32_t)crc32(crc, (const Bytef *)&l->first, sizeof(l->first));
}

static bool is_mounted_by(const char *fstab)
{
	CLEANUP_FSTAB struct fstab tab = { 0 };
	struct fstab_entry x;
	int r = fstab_open(&tab, fstab, strlen(fstab), NULL);

	while (r >= 0 && (r = fstab_next(&tab, &x)) > 0)
		if (strcmp(x.where, MOUNT_POINT) == 0)
			return true;
	return false;
}

/* It is not needed to boot, only to renew the loader. */
static int add_to_fstab(const struct guest *g, uint32_t serial, struct plan *p,
			const struct why *why, struct cvt_error *err)
{
	const char *now = plan_text(p, g, "/etc/fstab");
	char *text;

	if (!now || is_mounted_by(now))
		return 0;
	if (asprintf(&text,
		     "%s%sUUID=%04X-%04X " MOUNT_POINT " vfat umask=0077,nofail 0 0\n",
		     now, *now && now[strlen(now) - 1] != '\n' ? "\n" : "", serial >> 16,
		     serial & 0xffff) < 0)
		return error_nomem(err);
	return plan_write_text(p, g, "/etc/fstab", text, why, err);
}

static int make_esp(const struct guest *g, const struct efi_loader *x,
		    const struct efi_files *list, struct plan *p, const struct why *why,
		    struct cvt_error *err)
{
	CLEANUP(layout_clear) struct layout l = { .now = &g->table };
	CLEANUP_BYTES struct bytes fat = { 0 };
	uint32_t serial;
	int r = make_room(&l, g, err);

	if (r < 0)
		return r;
	serial = serial_of(&l, x);
	r = fat_make(l.last - l.first + 1, (uint32_t)l.first, serial, list->v, list->n,
		     &fat);
	if (r == -ENOSPC)
		return efi_impossible(g, err,
				      "its boot loader does not fit into what is free");
	if (r < 0)
		return error_set(err, r, "no file system can be made: %s", strerror(-r));
	r = plan_table(&l, p, why, err);
	if (r == 0)
		r = plan_fill(p, l.now->disk.name, l.first * PTABLE_SECTOR, &fat, why,
			      err);
	if (r == 0)
		r = plan_directory(p, MOUNT_POINT, why, err);
	return r < 0 ? r : add_to_fstab(g, serial, p, why, err);
}

static int plan_firmware(const struct guest *g, const struct request *q, struct plan *p,
			 struct cvt_error *err)
{
	const struct why *why =
		WHY(RULE, "UEFI firmware needs a loader on a partition of its own");
	CLEANUP_EFI_LOADER struct efi_loader l = { 0 };
	struct efi_files list;
	int r;

	if (!is_asked(g, q))
		return 0;
	if (q->firmware == FIRMWARE_BIOS)
		return error_raise(
			err, ERR_FIRMWARE, NULL,
			"a guest that boots by UEFI only is not made to boot by a BIOS");
	r = efi_loader_choose(g, &l, err);
	if (r < 0)
		return r;
	efi_loader_files(&l, &list);
	r = g->esp ? fill_esp(g, &list, p, why, err)
		   : make_esp(g, &l, &list, p, why, err);
	if (r == 0 &&
	    plan_warn(
		    p, "loader-unmanaged", l.grub->path,
		    "install the guest's package of GRUB for UEFI when it runs",
		    "this GRUB was copied; updates of its package do not renew it yet") <
		    0)
		r = error_nomem(err);
	return r;
}

const struct step step_firmware = {
	.name = "firmware",
	.want = want_firmware,
	.plan = plan_firmware,
};
