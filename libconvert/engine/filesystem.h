/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file systems that we mount, and how: the same for every engine that lets Linux do
 * it. */
#ifndef ENGINE_FILESYSTEM_H
#define ENGINE_FILESYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum filesystem_role {
	FILESYSTEM_LINUX,   /* a root, a /boot or an ESP may be in it */
	FILESYSTEM_FOREIGN, /* Linux keeps nothing in it that matters; it tells of another system */
};

struct filesystem {
	const char *type;	   /* of blkid(8) and of mount(8) */
	const char *options;	   /* always */
	const char *options_write; /* besides, when mounted for writing */
	enum filesystem_role role;
	const char *driver;	   /* its name to mount(2); NULL: type */
};

/* NULL: none that we mount. */
const struct filesystem *filesystem_find(const char *type);

/* Is the block device @path an XFS from before metadata checksums, which newer kernels may
 * be built without?
 */
bool filesystem_is_xfs_v4(const char *path);

#define FILESYSTEM_OPTIONS_SIZE 192 /* bytes, with NUL; no options are longer */

/* The options that only this type of file system knows, to @out: "" if there are none.
 * @subvol: id of a subvolume; 0: none.
 */
void filesystem_options(const struct filesystem *fs, uint64_t subvol, bool writable,
			char *out, size_t size);

#endif
