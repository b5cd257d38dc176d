/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types of file systems, as fstab(5) and blkid(8) name them. */
#ifndef FORMAT_FSTYPE_H
#define FORMAT_FSTYPE_H

#include <stdbool.h>

/* Can the file system whose superblock says @have (NULL: nothing) be mounted as @wanted, which
 * may be a list, "ext4,ext3", or "auto"?
 */
bool fstype_agrees(const char *wanted, const char *have);

#endif
