/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The engines of the library; the conversion instance, which needs one only, has its own
 * table in instance/init.c.
 */
#include <config.h>

#include "engine/engine.h"

const struct engine_ops *const engines[] = {
	&engine_dir,
	&engine_guestfs,
	&engine_mount_ops,
	NULL,
};
