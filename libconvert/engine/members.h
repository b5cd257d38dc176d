/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The devices of btrfs file systems that lie on several: the kernel has to be shown all of
 * them before it mounts one.
 */
#ifndef ENGINE_MEMBERS_H
#define ENGINE_MEMBERS_H

#include "guest/guest.h"

struct members {
	struct device *v; /* what tells where they are, and their UUID */
	size_t n;
};

/* All of @g; replaces what @ret has.  0 or -ENOMEM. */
int members_find(const struct guest *g, struct members *ret);

/* Does @m belong to the file system of @d, and is not @d itself? */
bool members_belong(const struct device *m, const struct device *d);

void members_clear(struct members *m);

#endif
