/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Swap areas that hold the state of a hibernated guest. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/fstab.h"
#include "format/swap.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"

#define FILES_MAX 16

static int add_hibernation(struct guest *g, const char *path, const struct bytes *head,
			   size_t offset)
{
	struct hibernation *grown =
		realloc(g->hibernations, (g->n_hibernations + 1) * sizeof(*grown));
	char *copy = strdup(path);

	if (grown)
		g->hibernations = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	grown[g->n_hibernations] = (struct hibernation){ .path = copy, .offset = offset };
	memcpy(grown[g->n_hibernations].signature, head->data + offset,
	       SWAP_SIGNATURE_LEN);
	g->n_hibernations++;
	return 0;
}

static bool is_swap(const struct device *d)
{
	return d->type &&
	       (strcmp(d->type, "swap") == 0 || strcmp(d->type, "swsuspend") == 0);
}

int inspect_swap_devices(struct engine *e, struct guest *g, struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];
		CLEANUP_BYTES struct bytes head = { 0 };
		size_t offset;
		int r;

		if (!is_swap(d))
			continue;
		r = engine_read_device(e, d, 0, SWAP_PAGE_MAX, &head, err);
		if (r < 0)
			return r;
		if (swap_is_hibernated(head.data, head.len, &offset) &&
		    add_hibernation(g, d->name, &head, offset) < 0)
			return error_nomem(err);
	}
	return 0;
}

static int look_at_file(struct engine *e, struct guest *g, const char *path,
			struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes head = { 0 };
	size_t offset;

	if (engine_pread(e, path, 0, SWAP_PAGE_MAX, &head, NULL) < 0 ||
	    !swap_is_hibernated(head.data, head.len, &offset))
		return 0;
	return add_hibernation(g, path, &head, offset) < 0 ? error_nomem(err) : 0;
}

int inspect_swap_specs(const struct bytes *fstab, struct names *ret,
		       struct cvt_error *err)
{
	CLEANUP_FSTAB struct fstab tab = { 0 };
	struct fstab_entry x;
	int r = fstab_open(&tab, fstab->data, fstab->len, err);

	if (r < 0)
		return error_place(err, r, ERR_FILE_INVALID, "/etc/fstab");
	while (ret->n < FILES_MAX && (r = fstab_next(&tab, &x)) > 0)
		if (strcmp(x.type, "swap") == 0 && x.spec[0] == '/' &&
		    strncmp(x.spec, "/dev/", 5) != 0 && names_add_new(ret, x.spec) < 0)
			return error_nomem(err);
	return r < 0 ? error_nomem(err) : 0;
}

int inspect_swap_files(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	CLEANUP_NAMES struct names files = { 0 };
	int r = fetch_plain(e, "/etc/fstab", &text, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = inspect_swap_specs(&text, &files, err);
	for (size_t i = 0; i < files.n && r == 0; i++)
		r = look_at_file(e, g, files.v[i], err);
	return r;
}
