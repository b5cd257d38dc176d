/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The partition table of the disk that boots, sector by sector, to be edited. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "inspect/inspect.h"

#define SWAP_HEAD 4096 /* bytes, a page of the machines whose firmware is changed */

static int read_piece(struct engine *e, struct guest_table *t, uint64_t offset,
		      size_t size, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	int r = engine_read_device(e, &t->disk, offset, size, &b, err);

	if (r < 0)
		return r;
	if (b.len != size)
		return error_raise(err, ERR_DISK_UNREADABLE, t->disk.name,
				   "ends before what its partition table says");
	return pieces_add(&t->pieces, offset, &b) < 0 ? error_nomem(err) : 0;
}

/* Each reading asks for one more piece, until it has all that it needs. */
static int read_table(struct engine *e, struct guest_table *t, struct cvt_error *err)
{
	CLEANUP_FREE struct ptable *table = malloc(sizeof(*table));
	uint64_t offset;
	size_t size;
	int r = table ? 0 : error_nomem(err);

	while (r == 0) {
		int n = ptable_read(&t->pieces, t->disk.size / PTABLE_SECTOR, table,
				    &offset, &size, &t->fault);

		if (n != -EAGAIN)
			break;
		r = read_piece(e, t, offset, size, err);
	}
	return r;
}

/* A plain swap partition may give up some of its room. */
static int read_swap_heads(struct engine *e, struct guest *g, struct cvt_error *err)
{
	struct guest_table *t = &g->table;
	int r = 0;

	for (size_t i = 0; i < g->n_devices && r == 0; i++) {
		const struct device *d = &g->devices[i];

		if (d->kind == DEVICE_DISK && d->disk == t->disk.disk && d->part &&
		    d->type && strcmp(d->type, "swap") == 0 && d->size >= SWAP_HEAD)
			r = read_piece(e, t, d->offset, SWAP_HEAD, err);
	}
	return r;
}

/* The one from which the BIOS starts the guest now. */
static unsigned find_disk(const struct guest *g)
{
	if (g->boot_disk < g->n_disks)
		return g->boot_disk;
	return g->n_bios_disks > 0 ? g->bios_disks[0] : 0;
}

int inspect_table(struct engine *e, const struct request *q, struct guest *g,
		  struct cvt_error *err)
{
	struct device *d = &g->table.disk;
	int r;

	if (!q || !q->firmware || (g->firmware & q->firmware) || !g->disk_sizes)
		return 0;
	d->kind = DEVICE_DISK;
	d->disk = find_disk(g);
	d->size = g->disk_sizes[d->disk];
	if (asprintf(&d->name, "disk%u", d->disk + 1) < 0) {
		d->name = NULL;
		return error_nomem(err);
	}
	r = read_table(e, &g->table, err);
	return r < 0 ? r : read_swap_heads(e, g, err);
}
