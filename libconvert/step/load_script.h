/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An initramfs without udev loads what a script of it says. */
#ifndef STEP_LOAD_SCRIPT_H
#define STEP_LOAD_SCRIPT_H

#include "format/cpio.h"
#include "plan/plan.h"

/* Add the script of @k to @c, so that it loads the modules @added too, or warn that it has none
 * that could.  Nothing is done where udev loads them.  @script keeps what @c borrows.
 */
int load_script_add(const struct kernel *k, const struct names *added, struct cpio *c,
		    struct bytes *script, struct plan *p, struct cvt_error *err);

#endif
