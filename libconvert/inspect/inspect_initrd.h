/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is in the initramfs of a kernel. */
#ifndef INSPECT_INSPECT_INITRD_H
#define INSPECT_INSPECT_INITRD_H

#include "engine/engine.h"

/* List @k->initrd and fill the facts of @k about it.  One that cannot be listed is no
 * error: initrd_why says why.  The rest of @k is known.
 */
int inspect_initrd(struct engine *e, struct kernel *k, struct cvt_error *err);

#endif
