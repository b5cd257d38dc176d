/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unified kernel images: what is done to files elsewhere is done to sections of one file here. */
#ifndef STEP_UKI_H
#define STEP_UKI_H

#include "step/bootloader.h"

/* The images whose command lines have to change. */
int uki_want_cmdlines(const struct guest *g, const struct request *q, struct wants *w,
		      struct cvt_error *err);

/* Change them.  Nothing is done to what is signed: that is an error if the machine would not find
 * its root without the change, and else a warning.
 */
int uki_plan_cmdlines(const struct loader_job *j);

/* Put @archive behind the initramfs of @k, which is in such an image. */
int uki_extend_initrd(const struct guest *g, const struct kernel *k,
		      const struct bytes *archive, const struct why *why, struct plan *p,
		      struct cvt_error *err);

#endif
