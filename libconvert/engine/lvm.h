/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's volume groups, activated by this kernel's device-mapper. */
#ifndef ENGINE_LVM_H
#define ENGINE_LVM_H

#include "core/context.h"
#include "guest/guest.h"
#include "volume/volume.h"

struct lvm;

/* Activate what is on the LVM2_member devices of @g and add its logical volumes to @g.
 * *@ret stays NULL if there are none; ERR_ENGINE_LACKS if this kernel or host cannot.
 */
int lvm_activate(struct context *ctx, struct volumes *volumes, struct guest *g,
		 struct lvm **ret, struct cvt_error *err);

/* The host's block device (malloc'ed) of the logical volume @d. */
int lvm_path(const struct lvm *l, const struct device *d, char **ret,
	     struct cvt_error *err);

void lvm_deactivate(struct lvm *l); /* NULL: no-op */

#endif
