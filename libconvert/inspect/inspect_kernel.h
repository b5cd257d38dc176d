/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernels of a guest, their modules and their initramfs. */
#ifndef INSPECT_INSPECT_KERNEL_H
#define INSPECT_INSPECT_KERNEL_H

#include "engine/engine.h"

#define KERNELS_MAX 64

/*
 * Fill @g->kernels: every directory in /lib/modules with a modules.dep whose
 * kernel lies in /boot or is in a boot entry.  The guest's file systems are
 * mounted and @g->entries is filled.  What cannot be used is noted in
 * @g->notes (kernel-leftover, kernel-unreadable, no-kernel); only an engine
 * that fails is an error.
 */
int inspect_kernels(struct engine *e, struct guest *g, struct cvt_error *err);

#endif
