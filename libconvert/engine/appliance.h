/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting a libguestfs appliance: with KVM if that works, else emulated. */
#ifndef ENGINE_APPLIANCE_H
#define ENGINE_APPLIANCE_H

#include <guestfs.h>

#include "engine/engine.h"

/* The arrays that libguestfs returns end with NULL. */
static inline void free_list(char ***list)
{
	for (size_t i = 0; *list && (*list)[i]; i++)
		free((*list)[i]);
	free(*list);
}

#define CLEANUP_LIST CLEANUP(free_list)

/* The disks are those of @volumes, in order; without options->writable what is written to
 * them stays in the appliance.  Owned by the caller: guestfs_close().
 */
int appliance_start(struct context *ctx, const struct volumes *volumes,
		    const struct engine_options *options, guestfs_h **ret,
		    struct cvt_error *err);

/* The last error of @g. */
const char *appliance_error(guestfs_h *g);

/* What the kernel of the appliance calls its @n disks, in the order of the volumes: it looks for
 * them in parallel, and libguestfs translates names in its calls, but not for its shell.
 */
int appliance_kernel_names(guestfs_h *g, size_t n, char ***ret, struct cvt_error *err);

#endif
