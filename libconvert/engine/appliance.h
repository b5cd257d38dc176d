/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting a libguestfs appliance: with KVM if that works, else emulated. */
#ifndef ENGINE_APPLIANCE_H
#define ENGINE_APPLIANCE_H

#include <guestfs.h>

#include "engine/engine.h"

/* The disks are those of @volumes, in order; without options->writable what is written to
 * them stays in the appliance.  Owned by the caller: guestfs_close().
 */
int appliance_start(struct context *ctx, const struct volumes *volumes,
		    const struct engine_options *options, guestfs_h **ret,
		    struct cvt_error *err);

/* The last error of @g. */
const char *appliance_error(guestfs_h *g);

#endif
