/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel of this host that can run a machine: its image and its modules. */
#ifndef INSTANCE_KERNEL_H
#define INSTANCE_KERNEL_H

#include "core/cleanup.h"
#include "core/error.h"

/* The newest in /boot that has modules.  *@image and *@modules may be given, and are then not
 * looked for; both are malloc'ed.
 */
int kernel_find(char **image, char **modules, struct cvt_error *err);

/* The version that the image for x86 says it is: 0, or a negative errno. */
int kernel_image_version(const char *path, char **ret);

#endif
