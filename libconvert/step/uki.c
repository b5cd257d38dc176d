/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/lines.h"
#include "format/pe.h"
#include "format/uki.h"
#include "step/uki.h"

#define REBUILD "build the image anew in the guest, and sign it, then replicate"

static const char *words_of(const struct boot_entry *e)
{
	return e->cmdline ? e->cmdline : "";
}

/* Its command line as it has to be; what is only in the loader's variables is none of ours. */
static int edit_cmdline(struct args_job *a, const struct boot_entry *e,
			enum args_rule rule, const char *now, size_t len,
			struct bytes *ret)
{
	struct cmdline_edits edits = kernel_args_edits(a, rule);

	edits.only_with = NULL;
	edits.no_initrd = !e->initramfs;
	return cmdline_edit(now, len, CMDLINE_KERNEL, &edits, ret);
}

static int has_to_change(const struct guest *g, const struct request *q,
			 const struct net_cards *cards, const struct boot_entry *e,
			 enum args_rule rule, bool *ret)
{
	CLEANUP_PLAN struct plan scratch = { 0 };
	CLEANUP_BYTES struct bytes fresh = { 0 };
	struct args_job a = { .g = g, .q = q, .p = &scratch, .path = e->image, .cards = cards };
	const char *now = words_of(e);

	if (edit_cmdline(&a, e, rule, now, strlen(now), &fresh) < 0)
		return -ENOMEM;
	*ret = strcmp(fresh.data, now) != 0;
	return 0;
}

int uki_want_cmdlines(const struct guest *g, const struct request *q, struct wants *w,
		      struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct boot_entry *e = &g->entries[i];
		bool changes = false;

		if (!e->is_uki || e->is_signed || !*words_of(e))
			continue;
		for (enum args_rule r = kernel_args_first(g);
		     r < N_ARGS_RULES && !changes; r++)
			if (has_to_change(g, q, NULL, e, r, &changes) < 0)
				return error_nomem(err);
		if (changes && want_add(w, e->image, WANT_BINARY | WANT_LINK) < 0)
			return error_nomem(err);
	}
	return 0;
}

static int refuse_signed(const struct loader_job *j, const struct boot_entry *e,
			 enum args_rule rule)
{
	const bool is_vital = rule == ARGS_ROOT && e->is_default;
	bool changes = false;

	if (has_to_change(j->g, j->q, j->cards, e, rule, &changes) < 0)
		return error_nomem(j->err);
	if (!changes)
		return 0;
	if (is_vital)
		return error_raise(j->err, ERR_SIGNED, e->image,
				   "its command line names the root by the source's disk "
				   "bus, and it is signed");
	if (plan_warn(j->p, "uki-signed", e->image, REBUILD,
		      "its command line stays as it is, because it is signed") < 0)
		return error_nomem(j->err);
	return 0;
}

/* A section of @image, which is a whole file; false: it has none of that name. */
static bool section_of(const struct bytes *image, const char *name, struct span *ret)
{
	uint64_t offset, size;

	if (!pe_section(image, name, &offset, &size) || offset > image->len ||
	    size > image->len - offset)
		return false;
	*ret = (struct span){ image->data + offset, (size_t)size };
	return true;
}

static int invalid(const char *path, int r, struct cvt_error *err)
{
	return r == -ENOMEM
		       ? error_nomem(err)
		       : error_raise(err, ERR_FILE_INVALID, path,
				     "its sections are not as a unified kernel image has "
				     "them");
}

static int apply_rule(const struct loader_job *j, const struct boot_entry *e,
		      enum args_rule rule)
{
	const struct bytes *image = plan_data(j->p, j->g, e->image);
	struct args_job a = { .g = j->g, .q = j->q, .p = j->p, .path = e->image, .cards = j->cards };
	CLEANUP_BYTES struct bytes cmdline = { 0 }, fresh = { 0 };
	struct span now;
	int r;

	if (!image || !section_of(image, ".cmdline", &now))
		return 0;
	now.len = strnlen(now.s, now.len);
	if (edit_cmdline(&a, e, rule, now.s, now.len, &cmdline) < 0)
		return error_nomem(j->err);
	if (cmdline.len == now.len && memcmp(cmdline.data, now.s, now.len) == 0)
		return 0;
	r = uki_set(image, ".cmdline", &cmdline, &fresh);
	return r < 0 ? invalid(e->image, r, j->err)
		     : plan_write(j->p, j->g, e->image, &fresh, &kernel_args_whys[rule],
				  j->err);
}

int uki_plan_cmdlines(const struct loader_job *j)
{
	int r = 0;

	for (size_t i = 0; i < j->g->n_entries; i++) {
		const struct boot_entry *e = &j->g->entries[i];

		if (!e->is_uki || !*words_of(e))
			continue;
		for (enum args_rule k = kernel_args_first(j->g);
		     k < N_ARGS_RULES && r == 0; k++)
			r = e->is_signed ? refuse_signed(j, e, k) : apply_rule(j, e, k);
	}
	return r;
}

int uki_extend_initrd(const struct guest *g, const struct kernel *k,
		      const struct bytes *archive, const struct why *why, struct plan *p,
		      struct cvt_error *err)
{
	const struct bytes *image = plan_data(p, g, k->initrd);
	CLEANUP_BYTES struct bytes initrd = { 0 }, fresh = { 0 };
	struct span now;
	int r;

	if (!image || !section_of(image, ".initrd", &now))
		return invalid(k->initrd, -EINVAL, err);
	if (bytes_append(&initrd, now.s, now.len) < 0 ||
	    bytes_append(&initrd, archive->data, archive->len) < 0)
		return error_nomem(err);
	r = uki_set(image, ".initrd", &initrd, &fresh);
	return r < 0 ? invalid(k->initrd, r, err)
		     : plan_write(p, g, k->initrd, &fresh, why, err);
}
