/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the entries of the loader would start: is it there, and is it whole? */
#include <config.h>

#include <string.h>

#include "format/kernel_image.h"
#include "format/pe.h"
#include "inspect/fetch.h"
#include "inspect/inspect_loader.h"

#define UNAME_MAX 256 /* bytes */

static int take_head(struct boot_entry *b, const struct bytes *head,
		     struct cvt_error *err)
{
	b->is_kernel = kernel_image_needs(head->data, head->len, &b->image_needs);
	if (!b->version && kernel_image_release(head->data, head->len, &b->version) < 0)
		return error_nomem(err);
	return 0;
}

/* The release that systemd's tools noted beside the kernel. */
static int take_uname(struct boot_entry *b, const struct bytes *text,
		      struct cvt_error *err)
{
	size_t n = text->data ? strcspn(text->data, " \n") : 0;

	if (n > 0 && !(b->version = strndup(text->data, n)))
		return error_nomem(err);
	return 0;
}

/* A unified kernel image: what are files elsewhere are sections of it. */
static int take_uki(struct engine *e, struct boot_entry *b, const struct bytes *head,
		    struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes uname = { 0 }, kernel = { 0 };
	uint64_t offset, size;
	int r = 0;

	b->is_uki = true;
	b->is_signed = pe_is_signed(head);
	if (pe_section(head, ".uname", &offset, &size) && size <= UNAME_MAX) {
		r = fetch_part(e, b->image, offset, (size_t)size, &uname, err);
		if (r == 0)
			r = take_uname(b, &uname, err);
	}
	if (r == 0 && pe_section(head, ".initrd", &offset, &size)) {
		b->initramfs_offset = offset;
		b->initramfs_size = size;
		b->initrd = b->initrd ? b->initrd : strdup(b->kernel);
		b->initramfs = strdup(b->image);
		if (!b->initrd || !b->initramfs)
			r = error_nomem(err);
	}
	if (r < 0 || !pe_section(head, ".linux", &offset, &size))
		return r;
	b->image_size = size;
	r = fetch_part(e, b->image, offset, KERNEL_IMAGE_HEAD, &kernel, err);
	return r == 0 ? take_head(b, &kernel, err) : r;
}

static int inspect_image(struct engine *e, struct boot_entry *b, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes head = { 0 };
	int r = fetch_part(e, b->image, 0, KERNEL_IMAGE_HEAD, &head, err);

	if (r < 0)
		return r;
	if (pe_section(&head, ".linux", &(uint64_t){ 0 }, &(uint64_t){ 0 }))
		return take_uki(e, b, &head, err);
	return take_head(b, &head, err);
}

static int inspect_entry(struct engine *e, struct boot_entry *b, struct cvt_error *err)
{
	int r = 0;

	if (b->kernel)
		r = fetch_follow(e, b->kernel, &b->image, &b->image_size, err);
	if (r == 0 && b->image)
		r = inspect_image(e, b, err);
	if (r == 0 && b->initrd && !b->initramfs)
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
