/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The only code that changes a guest. */
#ifndef APPLY_APPLY_H
#define APPLY_APPLY_H

#include "engine/engine.h"
#include "plan/plan.h"

/*
 * Carry out the edits in order, with the file systems mounted writable.  Stops
 * at the first that fails, or when the context is cancelled; the edits made so
 * far are then taken back, which matters to an engine without overlay only.
 * @mtime is the modification time of what is written.
 */
int apply_plan(struct engine *e, const struct guest *g, const struct plan *p,
	       const struct timespec *mtime, struct cvt_error *err);

/* Take back all of @p, because of a failure that came later. */
void apply_revert(struct engine *e, const struct guest *g, const struct plan *p,
		  const struct timespec *mtime);

#endif
