/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of volume/ share. */
#ifndef VOLUME_VOLUME_PRIVATE_H
#define VOLUME_VOLUME_PRIVATE_H

#include "volume/process.h"
#include "volume/volume.h"

/* Nothing but room for @n disks; NULL: no memory. */
struct volumes *volumes_new(struct context *ctx, size_t n);

/* Open @path for the time of the job, locked against other jobs, and make sure that
 * nobody else writes to it; open for writing with @in_place.
 */
int hold_disk(const char *path, bool in_place, int *ret, struct cvt_error *err);

/* Fill format (unless set) and size of @v, whose lock is held, and refuse what is
 * damaged. */
int image_examine(struct context *ctx, struct volume *v, bool in_place,
		  struct cvt_error *err);

/* One qemu-storage-daemon for all disks: serves each overlay as its view. */
int qsd_start(struct volumes *v, struct cvt_error *err);
/* End it; all that was written to the views is in the overlays then. */
int qsd_stop(struct volumes *v, struct cvt_error *err);
/* The daemon of an unprivileged user may be gone a moment before fusermount3(1), which it
 * started to unmount the view.  Makes only system calls.
 */
void qsd_remove_view(const char *view);

/* Somebody to end the daemon and remove the overlays if we are killed. */
int keeper_start(struct volumes *v, struct cvt_error *err);
void keeper_keep_overlays(struct volumes *v); /* from now on, if we are killed */
void keeper_stop(struct volumes *v);

/* The message of a QEMU program about the disk @path (NULL: unknown) as an error of the
 * kind it tells of, @kind if it tells of none.
 */
int qemu_fail(struct cvt_error *err, enum error_kind kind, const char *path,
	      const struct said *said);

bool is_block_device(int fd);
uint64_t fd_size(int fd); /* of a file or block device; 0 if it cannot be told */

#endif
