/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A replica is as after a power cut.  Before a file system is mounted its
 * superblock tells how it was left; the mount replays its journal; then, if it
 * was in use, its own checker has to find it sound before it is used.
 */
#ifndef INSPECT_INSPECT_CHECK_H
#define INSPECT_INSPECT_CHECK_H

#include "engine/engine.h"

/*
 * engine_mount() read-only at "/", to find out what is there.  What cannot be mounted is
 * shown to its checker: ERR_FS_DAMAGED with its words, or it is mended where that
 * is allowed.
 */
int check_mount_to_look(struct engine *e, struct guest *g, size_t device, uint64_t subvol,
			struct cvt_error *err);

/*
 * engine_mount() read-only of what is converted, which was looked at and is not mounted
 * now.  Unless it was unmounted in the guest, its checker is asked before.
 */
int check_mount_to_use(struct engine *e, struct guest *g, const struct mount *m,
		       const char *where, struct cvt_error *err);

/*
 * A file system could be mounted and not be read: @reading says why.  Its checker is asked;
 * it is not mounted now.  0: it was mended, and can be looked at again.
 */
int check_unreadable(struct engine *e, struct guest *g, size_t device,
		     const struct cvt_error *reading, struct cvt_error *err);

/* Reading or writing the guest failed with @code and @err: if that may be damage, ask the
 * checkers of all that is mounted, and let the one that finds some say it.  Returns the errno
 * of @err.
 */
int check_blame(struct engine *e, struct guest *g, int code, struct cvt_error *err);

#endif
