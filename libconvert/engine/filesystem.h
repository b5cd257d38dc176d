/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file systems that we mount, and how: the same for every engine that lets Linux do
 * it. */
#ifndef ENGINE_FILESYSTEM_H
#define ENGINE_FILESYSTEM_H

struct filesystem {
	const char *type;	   /* of blkid(8) and of mount(8) */
	const char *options;	   /* always */
	const char *options_write; /* besides, when mounted for writing */
};

/* NULL: none that we mount. */
const struct filesystem *filesystem_find(const char *type);

#endif
