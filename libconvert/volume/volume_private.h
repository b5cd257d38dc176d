/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of volume/ share. */
#ifndef VOLUME_VOLUME_PRIVATE_H
#define VOLUME_VOLUME_PRIVATE_H

#include <jansson.h>

#include "volume/process.h"
#include "volume/redo.h"
#include "volume/volume.h"

/* Nothing but room for @n disks; NULL: no memory. */
struct volumes *volumes_new(struct context *ctx, size_t n);

/* Open @path for the time of the job, locked against other jobs, and make sure that
 * nobody else writes to it; open for writing with @in_place.  Refuses a disk to which the
 * commit of another job than @job (its directory; NULL: any) was interrupted.
 */
int hold_disk(const char *path, bool in_place, const char *job, int *ret,
	      struct cvt_error *err);

/* The directory of a job, held with v->dir so that nobody else takes it for one that was
 * interrupted; NULL: $TMPDIR or /var/tmp.
 */
int make_work_dir(struct volumes *v, const char *dir, struct cvt_error *err);
int hold_work_dir(const char *dir, int *ret, struct cvt_error *err);

/* QEMU takes a path that starts with '/' for nothing but a path. */
char *absolute_path(const char *path);

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

/* Somebody to end the daemon and clear up if we are killed. */
int keeper_start(struct volumes *v, struct cvt_error *err);
/* What is to be removed then, besides the directory of the job. */
int keeper_add(struct volumes *v, const char *path, struct cvt_error *err);
void keeper_keep(struct volumes *v);   /* from now on nothing is removed */
void keeper_forget(struct volumes *v); /* from now on only the directory of the job */
void keeper_stop(struct volumes *v);

/* Fill the extents of @f with where the qcow2 file @f->source, from @start to @limit, differs
 * from it; @ret_end (or NULL): the end of what that holds.
 */
int extents_gather(struct redo_file *f, uint64_t start, uint64_t limit,
		   uint64_t *ret_end, struct cvt_error *err);
/* Where the file has holes it gets blocks, which changes none of its bytes. */
int extents_reserve(const struct redo_file *f, struct cvt_error *err);

/* Add the files of disk @disk, which is not raw, and their extents. */
int shadow_commit(struct redo *r, struct volumes *v, size_t disk, struct cvt_error *err);

/* The files, if there are other ones than @path, that a VMDK is made of; NULL: none. */
json_t *image_further_files(json_t *info, const char *path);

/* A node of QEMU's block graph as the name of an image; NULL: no memory, or no UTF-8. */
char *image_name(json_t *node);

/* Write @r as the job @v; what is written then is either nothing or, after @r has become
 * durable, sooner or later all of it.
 */
int redo_commit(struct volumes *v, struct redo *r, struct cvt_error *err);

/* Save what the commit @r will overwrite to the new file @r->undo, durably. */
int undo_save(struct volumes *v, struct redo *r, struct cvt_error *err);
/* Remove it again if it was made by an undo_save(). */
void undo_discard(const char *path);

/* The message of a QEMU program about the disk @path (NULL: unknown) as an error of the
 * kind it tells of, @kind if it tells of none.
 */
int qemu_fail(struct cvt_error *err, enum error_kind kind, const char *path,
	      const struct said *said);

bool is_block_device(int fd);
uint64_t fd_size(int fd); /* of a file or block device; 0 if it cannot be told */

/* What is wrong with the loader that @boot_sector, of 512 bytes, belongs to, behind "the core
 * image"; NULL: nothing, or it is no loader that is known.
 */
const char *volume_bios_loader_fault(int fd, const void *boot_sector);

#endif
