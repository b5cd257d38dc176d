/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

static const struct {
	const char *id;
	int code;
	enum cvt_exit exit;
	const char *remedy;
} kinds[N_ERROR_KINDS] = {
	/* clang-format off */
	[ERR_INTERNAL] = { "internal", -EIO, CVT_EXIT_INTERNAL,
		"report this with the log of a run with -v" },
	[ERR_USAGE] = { "usage", -EINVAL, CVT_EXIT_USAGE,
		"see convert-image --help" },
	[ERR_DISK_MISSING] = { "disk-missing", -ENOENT, CVT_EXIT_INPUT,
		"check the path of the disk" },
	[ERR_DISK_UNREADABLE] = { "disk-unreadable", -EIO, CVT_EXIT_INPUT,
		"check permissions and the storage below" },
	[ERR_DISK_DAMAGED] = { "disk-damaged", -EBADMSG, CVT_EXIT_INPUT,
		"check --input-format if it is given, else replicate the disk again" },
	[ERR_DISK_EMPTY] = { "disk-empty", -ENODATA, CVT_EXIT_INPUT,
		"give the replicated disk, after its first full synchronization" },
	[ERR_DISK_IN_USE] = { "disk-in-use", -EBUSY, CVT_EXIT_INPUT,
		"stop what uses the disk, or convert a snapshot of it" },
	[ERR_DISK_READ_ONLY] = { "disk-read-only", -EROFS, CVT_EXIT_INPUT,
		"make the disk writable, or use --output" },
	[ERR_DISK_CHANGED] = { "disk-changed", -ESTALE, CVT_EXIT_INPUT,
		"give the disk in the state that the commit left it in" },
	[ERR_JOB] = { "job-unusable", -EBADMSG, CVT_EXIT_INPUT,
		"give what convert-image has named or written, complete" },
	[ERR_MACHINE] = { "machine-unusable", -EBADMSG, CVT_EXIT_INPUT,
		"give a complete description, or name the disks themselves" },
	[ERR_JOB_DOCUMENT] = { "job-invalid", -EINVAL, CVT_EXIT_USAGE,
		"correct the job; its schema is run-1.schema.json" },
	[ERR_NO_OS] = { "no-operating-system", -ENXIO, CVT_EXIT_GUEST,
		"give all disks of the machine, the boot disk first" },
	[ERR_NO_ROOT] = { "root-not-found", -ENXIO, CVT_EXIT_GUEST,
		"give all disks of the machine, or name the root with --root" },
	[ERR_WINDOWS] = { "windows-guest", -EOPNOTSUPP, CVT_EXIT_GUEST,
		"Windows guests are not converted yet" },
	[ERR_HIBERNATED] = { "hibernated", -EUCLEAN, CVT_EXIT_GUEST,
		"resume the guest and shut it down, or give --discard-hibernation" },
	[ERR_FS_DAMAGED] = { "filesystem-damaged", -EUCLEAN, CVT_EXIT_GUEST,
		"use --repair, or mend the file system in the guest and replicate again" },
	[ERR_FS_UNSUPPORTED] = { "filesystem-unsupported", -EOPNOTSUPP, CVT_EXIT_GUEST,
		"change the file system in the guest, then replicate again" },
	[ERR_ARRAY] = { "array-incomplete", -ENODEV, CVT_EXIT_INPUT,
		"give all disks of the machine" },
	[ERR_VOLUME_GROUP] = { "volume-group-incomplete", -ENODEV, CVT_EXIT_INPUT,
		"give all disks of the machine" },
	[ERR_ENCRYPTED] = { "encrypted", -ENOKEY, CVT_EXIT_GUEST,
		"give its key with --key ID:file:PATH; ID is the name or UUID of the device" },
	[ERR_KEY] = { "key-unreadable", -EINVAL, CVT_EXIT_INPUT,
		"give a file that holds the passphrase or key" },
	[ERR_KEY_WRONG] = { "key-wrong", -EKEYREJECTED, CVT_EXIT_GUEST,
		"give the right key for this device with --key ID:file:PATH" },
	[ERR_STORAGE] = { "storage-unsupported", -ENOTSUP, CVT_EXIT_GUEST,
		"move the system in the guest to storage that is supported, then replicate again" },
	[ERR_FILE_NOT_REGULAR] = { "file-not-regular", -EINVAL, CVT_EXIT_GUEST,
		"make it a regular file in the guest, then replicate again" },
	[ERR_FILE_TOO_LARGE] = { "file-too-large", -EFBIG, CVT_EXIT_GUEST,
		"shorten the file in the guest, then replicate again" },
	[ERR_FILE_INVALID] = { "file-invalid", -EINVAL, CVT_EXIT_GUEST,
		"correct the file in the guest, then replicate again" },
	[ERR_LINK_LOOP] = { "link-loop", -ELOOP, CVT_EXIT_GUEST,
		"remove the loop of links in the guest, then replicate again" },
	[ERR_ACCOUNT] = { "account-unusable", -EINVAL, CVT_EXIT_GUEST,
		"name another account, or let a first-boot script do it" },
	[ERR_NO_DRIVER] = { "no-driver", -ENODEV, CVT_EXIT_TARGET,
		"install a kernel with the driver in the guest, or choose another target" },
	[ERR_SIGNED] = { "file-signed", -EPERM, CVT_EXIT_TARGET,
		"build it anew in the guest and sign it, with what is missing, then replicate" },
	[ERR_FIRMWARE] = { "firmware-impossible", -EOPNOTSUPP, CVT_EXIT_TARGET,
		"launch it with the firmware that it has, or choose another target" },
	[ERR_NO_SPACE] = { "no-space", -ENOSPC, CVT_EXIT_TARGET,
		"free space in the guest, for example by removing old kernels" },
	[ERR_CHECK] = { "check-failed", -ENOEXEC, CVT_EXIT_CHECK,
		"convert the guest for this target" },
	[ERR_BOOT] = { "boot-failed", -ENOEXEC, CVT_EXIT_CHECK,
		"ask convert-image check, and look at the screen with --evidence" },
	[ERR_BOOT_TIMEOUT] = { "boot-timeout", -ENOEXEC, CVT_EXIT_CHECK,
		"look at the screen with --evidence, or give it a longer --timeout" },
	[ERR_BOOT_SILENT] = { "boot-silent", -ENOEXEC, CVT_EXIT_CHECK,
		"ask convert-image check what its network waits for" },
	[ERR_ENGINE] = { "engine-failed", -EIO, CVT_EXIT_ENGINE,
		"run again with -v, or with another --engine" },
	[ERR_ENGINE_LACKS] = { "engine-lacks", -EOPNOTSUPP, CVT_EXIT_ENGINE,
		"use --engine guestfs" },
	[ERR_NO_PROGRAM] = { "program-missing", -ENOPKG, CVT_EXIT_ENGINE,
		"install the program, or set PATH so that it is found" },
	[ERR_MEMORY] = { "memory-short", -ENOBUFS, CVT_EXIT_ENGINE,
		"give the engine more memory with --memory" },
	[ERR_APPLY] = { "apply-failed", -EIO, CVT_EXIT_CONVERSION,
		"run again with -v; the volumes are unchanged" },
	[ERR_NOT_CONVERGED] = { "not-converged", -EIO, CVT_EXIT_CONVERSION,
		"report this with the log of a run with -v; the volumes are unchanged" },
	[ERR_SPACE] = { "space-short", -ENOSPC, CVT_EXIT_CONVERSION,
		"free space there, or name another --work-dir, --output or --undo" },
	[ERR_OUTPUT] = { "output-failed", -EIO, CVT_EXIT_CONVERSION,
		"check that the directory exists, that it may be written to and has room" },
	[ERR_OUTPUT_EXISTS] = { "output-exists", -EEXIST, CVT_EXIT_CONVERSION,
		"remove it, or name another directory" },
	[ERR_TIME_LIMIT] = { "time-limit", -ETIME, CVT_EXIT_INTERRUPTED,
		"run it again with a longer --time-limit, or with -v to see what takes long" },
	[ERR_CANCELLED] = { "interrupted", -ECANCELED, CVT_EXIT_INTERRUPTED,
		"run it again" },
	[ERR_COMMIT] = { "commit-interrupted", -EIO, CVT_EXIT_COMMIT,
		"run: convert-image resume, with the directory of the job" },
	/* clang-format on */
};

static void fill(struct cvt_error *err, enum error_kind kind, int code, const char *path)
{
	err->code = code;
	err->exit = kinds[kind].exit;
	snprintf(err->id, sizeof(err->id), "%s", kinds[kind].id);
	snprintf(err->path, sizeof(err->path), "%s", path ? path : "");
	snprintf(err->remedy, sizeof(err->remedy), "%s", kinds[kind].remedy);
}

/* A message is one line of text, whatever the guest put into it. */
static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static void prefix(struct cvt_error *err, const char *head)
{
	size_t n = strlen(head);
	size_t keep = strnlen(err->msg, sizeof(err->msg) - n - sizeof(": "));

	memmove(err->msg + n + 2, err->msg, keep);
	memcpy(err->msg, head, n);
	memcpy(err->msg + n, ": ", 2);
	err->msg[n + 2 + keep] = '\0';
	one_line(err->msg);
}

int error_raise(struct cvt_error *err, enum error_kind kind, const char *path,
		const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return kinds[kind].code;
	fill(err, kind, kinds[kind].code, path);
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	one_line(err->msg);
	if (err->path[0])
		prefix(err, err->path);
	return err->code;
}

int error_set(struct cvt_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	fill(err, ERR_INTERNAL, code, NULL);
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	one_line(err->msg);
	return code;
}

int error_place(struct cvt_error *err, int code, enum error_kind kind, const char *path)
{
	if (!err || code == -ENOMEM || strcmp(err->id, kinds[ERR_INTERNAL].id) != 0)
		return code;
	fill(err, kind, code, path);
	if (err->path[0])
		prefix(err, err->path);
	return code;
}

int error_pass(struct cvt_error *err, int code, const struct cvt_error *why)
{
	if (err)
		*err = *why;
	return code;
}

int error_prefix(struct cvt_error *err, int code, const char *fmt, ...)
{
	char head[128] = "";
	va_list ap;

	if (!err || code == -ECANCELED)
		return code;
	va_start(ap, fmt);
	vsnprintf(head, sizeof(head), fmt, ap);
	va_end(ap);
	prefix(err, head);
	return code;
}

int error_remedy(struct cvt_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	va_start(ap, fmt);
	vsnprintf(err->remedy, sizeof(err->remedy), fmt, ap);
	va_end(ap);
	one_line(err->remedy);
	return code;
}

int error_nomem(struct cvt_error *err)
{
	return error_set(err, -ENOMEM, "out of memory");
}

const char *error_id(enum error_kind kind)
{
	return kinds[kind].id;
}
