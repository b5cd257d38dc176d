/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which entry of the loader starts by itself on the target. */
#ifndef STEP_DEFAULT_ENTRY_H
#define STEP_DEFAULT_ENTRY_H

#include "step/bootloader.h"

/* The kernel that boots on the target; NULL: not known.  It is the guest's default unless that
 * cannot find its disk there: then the newest that can, by an entry of the loader, which is
 * set in *@entry (NULL: the default stays; @entry may be NULL).
 */
const struct kernel *default_kernel_there(const struct guest *g, const struct request *q,
					  const struct boot_entry **entry);

int default_entry_plan(const struct loader_job *j);

#endif
