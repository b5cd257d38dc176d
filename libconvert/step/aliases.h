/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Drivers that old guests name in modprobe.conf(5): kudzu of Red Hat and YaST wrote them at
 * installation, ifup loads that of a card, and mkinitrd of RHEL 4 and 5 puts those of adapters into
 * the next initramfs.
 */
#ifndef STEP_ALIASES_H
#define STEP_ALIASES_H

#include "step/step.h"

int aliases_want(struct wants *w);
int aliases_plan(const struct guest *g, const struct request *q, struct plan *p,
		 struct cvt_error *err);

#endif
