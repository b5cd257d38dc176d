/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's own generator of its initramfs is told of the drivers, so that the next one, of a
 * new kernel, has them too.
 */
#ifndef STEP_GENERATORS_H
#define STEP_GENERATORS_H

#include "step/step.h"

int generators_want(struct wants *w); /* -ENOMEM */
int generators_plan(const struct guest *g, const struct request *q, struct plan *p,
		    struct cvt_error *err);

#endif
