/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which drivers a request asks for; shared by the steps that provide them. */
#ifndef STEP_DRIVERS_H
#define STEP_DRIVERS_H

#include "guest/guest.h"
#include "target/request.h"

/* The modules with any of @flags (enum driver_flags) of the target, and of all others if
 * the request is portable, with what has no alias but must be loaded beside them, on
 * machines of @arch, or NULL: on any.
 */
int drivers_wanted(const struct request *q, const char *arch, unsigned flags,
		   struct names *ret);

/* The kernel that boots by default; NULL: not known. */
const struct kernel *drivers_default_kernel(const struct guest *g);

/* The first driver that @t cannot do without and @k has not; NULL: none. */
const char *drivers_lacking(const struct kernel *k, const struct target *t);

/* The first driver that @t cannot do without and that only an initramfs can bring to @k. */
const char *drivers_needing_initramfs(const struct kernel *k, const struct target *t);

/* The driver of the network card that @t shows, the first one of its list; NULL: none. */
const char *drivers_of_card(const struct target *t);

#endif
