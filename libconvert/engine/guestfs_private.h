/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two files of the engine guestfs share. */
#ifndef ENGINE_GUESTFS_PRIVATE_H
#define ENGINE_GUESTFS_PRIVATE_H

#include <guestfs.h>

#include "core/names.h"
#include "engine/appliance.h"
#include "engine/engine.h"
#include "engine/stack.h"

#define MESSAGE_MAX \
	((size_t)2 << 20) /* bytes; libguestfs itself takes 4 MiB, with a header */

struct engine_guestfs {
	struct engine engine;
	guestfs_h *g;
	char **disks;  /* libguestfs's names, in the order given */
	char **kernel; /* what its kernel calls them, which may be in another order */
	size_t n_disks;
	struct stack *stack;
	struct names mounted;  /* where */
	struct names writable; /* the ones of them that can be written */
	struct names patched;  /* disks whose partition table may have changed */
};

static inline guestfs_h *handle(struct engine *e)
{
	return ((struct engine_guestfs *)e)->g;
}

/* Where the stack of an engine whose appliance runs is opened. */
int place_guestfs(struct engine_guestfs *e, struct place **ret, struct cvt_error *err);

/* The name of @d for calls of libguestfs, and for programs that its shell runs; NULL: no memory,
 * or it was not opened.
 */
char *guestfs_device_path(const struct engine_guestfs *s, const struct device *d);
char *guestfs_shell_path(const struct engine_guestfs *s, const struct device *d);

/* The name for calls of libguestfs of what the shell calls @path; NULL: no memory. */
char *guestfs_call_path(const struct engine_guestfs *s, const char *path);

/* The answer for the last error of the appliance, as rootfs_fail(). */
int guestfs_fail(struct engine *e, struct cvt_error *err, const char *path,
		 const char *what);

int guestfs_engine_write(struct engine *e, const char *path, const struct bytes *data,
			 mode_t mode, const struct timespec *mtime,
			 struct cvt_error *err);
int guestfs_engine_append(struct engine *e, const char *path, uint64_t size,
			  const struct bytes *data, const struct timespec *mtime,
			  struct cvt_error *err);
int guestfs_engine_patch(struct engine *e, const struct device *d, const char *path,
			 uint64_t offset, const struct bytes *data,
			 struct cvt_error *err);
int guestfs_engine_remove(struct engine *e, const char *path, struct cvt_error *err);
int guestfs_engine_label(struct engine *e, const char *path, const char *label,
			 struct cvt_error *err);
int guestfs_engine_mkdir(struct engine *e, const char *path, mode_t mode,
			 struct cvt_error *err);
int guestfs_engine_symlink(struct engine *e, const char *path, const char *to,
			   struct cvt_error *err);

int guestfs_engine_checker(struct engine *e, const struct device *d,
			   const char *const argv[], bool bounded, struct bytes *said,
			   struct cvt_error *err);

#endif
