/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GRUB's environment block: a file of fixed size that GRUB itself writes sector by sector,
 * so its size never changes (GRUB 2.06, grub-core/lib/envblk.c).
 */
#ifndef FORMAT_GRUBENV_H
#define FORMAT_GRUBENV_H

#include "core/bytes.h"

/* The value of @name.  0; -ENOENT: not set; -EINVAL: no environment block; -ENOMEM. */
int grubenv_get(const struct bytes *block, const char *name, struct bytes *ret);

/* @block with @name set to @value.  0; -EINVAL: no environment block, or @value has a
 * newline; -ENOSPC: it does not fit; -ENOMEM.
 */
int grubenv_set(const struct bytes *block, const char *name, const char *value,
		struct bytes *ret);

#endif
