/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An OVA: a tar of an OVF, which is its first member, and the files it names (DSP0243, 5.3). */
#ifndef OVA_H
#define OVA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

#define OVA_HEAD 512 /* bytes that ova_is_one() looks at */

bool ova_is_one(const char *head, size_t len);

/* Unpack @file into a new directory in @work (NULL: $TMPDIR or /var/tmp): *@ret_dir, and the
 * OVF in it, *@ret_ovf.  The rest of the library takes a disk for a whole file, and locks, measures
 * and names it as one.  The caller removes the directory.
 */
int ova_unpack(const char *file, const char *work, char **ret_dir, char **ret_ovf,
	       struct cvt_error *err);

#endif
