/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the entries of the loader would start: is it there, and is it whole? */
#include <config.h>

#include "format/kernel_image.h"
#include "inspect/fetch.h"
#include "inspect/inspect_loader.h"

static int read_head(struct engine *e, struct boot_entry *b, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes head = { 0 };
	struct cvt_error why = { 0 };
	int r = engine_pread(e, b->image, 0, KERNEL_IMAGE_HEAD, &head, &why);

	if (fetch_is_guests_fault(r, &why))
		return 0;
	if (r < 0)
		return error_pass(err, r, &why);
	b->is_kernel = kernel_image_needs(head.data, head.len, &b->image_needs);
	return 0;
}

static int inspect_entry(struct engine *e, struct boot_entry *b, struct cvt_error *err)
{
	int r = 0;

	if (b->kernel)
		r = fetch_follow(e, b->kernel, &b->image, &b->image_size, err);
	if (r == 0 && b->image)
		r = read_head(e, b, err);
	if (r == 0 && b->initrd)
		r = fetch_follow(e, b->initrd, &b->initramfs, &b->initramfs_size, err);
	return r;
}

int inspect_entries(struct engine *e, struct guest *g, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < g->n_entries && r == 0; i++)
		r = inspect_entry(e, &g->entries[i], err);
	return r;
}
