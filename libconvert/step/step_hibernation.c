/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The saved state of a hibernated guest is given up, as the kernel and
 * swapon(8) give up one that they cannot use: the swap area gets back the
 * signature of one in ordinary use (Linux, kernel/power/swap.c,
 * swsusp_check(); util-linux, sys-utils/swapon.c, swap_rewrite_signature()).
 */
#include <config.h>

#include "format/swap.h"
#include "step/step.h"

static int discard(const struct hibernation *h, struct plan *p, struct cvt_error *err)
{
	const struct bytes before = { (char *)h->signature, SWAP_SIGNATURE_LEN };
	const struct bytes after = { (char *)swap_signature, SWAP_SIGNATURE_LEN };

	if (plan_warn(p, "hibernation-discarded", h->path, NULL,
		      "the guest was hibernated; what was running then is lost") < 0)
		return error_nomem(err);
	return plan_patch(p, h->path, h->offset, &before, &after,
			  WHY("hibernation-discard",
			      "the saved state does not fit the new machine"),
			  err);
}

static int plan_hibernation(const struct guest *g, const struct request *q,
			    struct plan *p, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < g->n_hibernations && q->discard_hibernation && r == 0; i++)
		r = discard(&g->hibernations[i], p, err);
	return r;
}

const struct step step_hibernation = {
	.name = "hibernation",
	.plan = plan_hibernation,
};
