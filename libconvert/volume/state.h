/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The state file of a job, and how others find it.  The file is replaced as a
 * whole and durably.  From before the first write to after the last one a marker,
 * a symbolic link to the directory of the job, stands beside each disk
 * (DISK.convert-job), or, where that cannot be and for block devices, in
 * /var/tmp under the name of the disk: who opens such a disk is told.
 */
#ifndef VOLUME_STATE_H
#define VOLUME_STATE_H

#include "volume/redo.h"

/* Write @r with @phase, which it then has. */
int state_write(const char *dir, struct redo *r, enum redo_phase phase,
		struct cvt_error *err);

/* -ENOENT with ERR_JOB if there is none. */
int state_read(const char *dir, struct redo *ret, struct cvt_error *err);

/* Where nothing can be written there is none: the user is warned. */
int markers_place(struct context *ctx, const struct redo *r, const char *dir,
		  struct cvt_error *err);
void markers_remove(const struct redo *r, const char *dir);

/* ERR_COMMIT if the disk @path has the marker of another job than @dir (NULL: any). */
int markers_check(const char *path, const char *dir, struct cvt_error *err);

/* Make "run: convert-image resume DIR" the remedy of an error; returns @code. */
int state_advise(struct cvt_error *err, int code, const char *dir);

/* Is there a state, readable or not? */
bool state_exists(const char *dir);

#endif
