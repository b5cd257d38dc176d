/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors are values: a negative errno, and one message said where the reason
 * is known.  The kind gives the stable id, the exit code and the remedy; the
 * table of kinds in error.c is part of the interface and listed in the manual.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include "libconvert.h"

#define PRINTF(f, a) __attribute__((format(printf, f, a)))

enum error_kind {
	ERR_INTERNAL,
	ERR_USAGE,
	ERR_DISK_MISSING,
	ERR_DISK_UNREADABLE,
	ERR_DISK_DAMAGED,
	ERR_DISK_EMPTY,
	ERR_DISK_IN_USE,
	ERR_DISK_READ_ONLY,
	ERR_DISK_CHANGED,
	ERR_JOB,
	ERR_JOB_DOCUMENT,
	ERR_MACHINE,
	ERR_NO_OS,
	ERR_NO_ROOT,
	ERR_WINDOWS,
	ERR_HIBERNATED,
	ERR_FS_DAMAGED,
	ERR_FS_UNSUPPORTED,
	ERR_ARRAY,
	ERR_VOLUME_GROUP,
	ERR_ENCRYPTED,
	ERR_KEY,
	ERR_KEY_WRONG,
	ERR_STORAGE,
	ERR_FILE_NOT_REGULAR,
	ERR_FILE_TOO_LARGE,
	ERR_FILE_INVALID,
	ERR_LINK_LOOP,
	ERR_ACCOUNT,
	ERR_NO_DRIVER,
	ERR_SIGNED,
	ERR_FIRMWARE,
	ERR_NO_SPACE,
	ERR_CHECK,
	ERR_BOOT,
	ERR_BOOT_TIMEOUT,
	ERR_BOOT_SILENT,
	ERR_ENGINE,
	ERR_ENGINE_LACKS,
	ERR_NO_PROGRAM,
	ERR_MEMORY,
	ERR_APPLY,
	ERR_NOT_CONVERGED,
	ERR_SPACE,
	ERR_OUTPUT,
	ERR_OUTPUT_EXISTS,
	ERR_CANCELLED,
	ERR_TIME_LIMIT,
	ERR_COMMIT,
	N_ERROR_KINDS
};

/*
 * Record a failure of @kind at @path (guest path or disk; NULL if none).  The
 * message becomes "@path: ..."; do not repeat the path in @fmt.
 * Returns the kind's errno: return error_raise(err, ERR_NO_SPACE, "/boot", ...);
 */
int error_raise(struct cvt_error *err, enum error_kind kind, const char *path,
		const char *fmt, ...) PRINTF(4, 5);

/* Record @code (negative errno) and a message without kind, for pure code that does not
 * know the path; the caller that does gives both with error_place().
 */
int error_set(struct cvt_error *err, int code, const char *fmt, ...) PRINTF(3, 4);

/* Give an error already set a kind and a path: "@path: message".  -ENOMEM stays internal.
 * Does nothing to an error that has a kind.  Returns @code.
 */
int error_place(struct cvt_error *err, int code, enum error_kind kind, const char *path);

/* Put context in front of an error already set; returns @code.  An interruption is told as it
 * is: where it came upon the work says nothing.
 */
int error_prefix(struct cvt_error *err, int code, const char *fmt, ...) PRINTF(3, 4);

/* Give the caller the error @why that was kept until it was known to matter; returns @code. */
int error_pass(struct cvt_error *err, int code, const struct cvt_error *why);

/* Replace the remedy of its kind by a better one for this case; returns @code. */
int error_remedy(struct cvt_error *err, int code, const char *fmt, ...) PRINTF(3, 4);

int error_nomem(struct cvt_error *err);

/* The stable id of a kind. */
const char *error_id(enum error_kind kind);

#endif
