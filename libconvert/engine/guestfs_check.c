/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Checkers of file systems in the appliance.  The calls that libguestfs has for
 * them either mend or hide what was said, so its shell starts them, in the
 * background: a call cannot be interrupted, and a check may take minutes.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "engine/guestfs_private.h"

#define POLL_MS 200
#define SAID "/tmp/libconvert-said"
#define STATUS "/tmp/libconvert-status"

/* What the shell of the appliance answers; malloc'ed.  NULL: it failed. */
static char *shell(struct engine *e, const char *command)
{
	const char *const argv[] = { command, NULL };

	return guestfs_debug(handle(e), "sh", (char *const *)argv);
}

/* A word in single quotes; a device is named by the guest. */
static int add_word(struct bytes *line, const char *word)
{
	int r = bytes_append(line, " '", 2);

	for (; *word && r == 0; word++)
		r = *word == '\'' ? bytes_append(line, "'\\''", 4)
				  : bytes_append(line, word, 1);
	return r < 0 ? r : bytes_append(line, "'", 1);
}

static int make_command(const char *const argv[], const char *device, struct bytes *line)
{
	char head[128], tail[256];
	int r;

	snprintf(head, sizeof(head),
		 "rm -f " STATUS " " SAID "; ( { timeout -k 5 %d", ENGINE_CHECK_SECONDS);
	snprintf(tail, sizeof(tail),
		 " 2>&1; echo $? > " STATUS ".new; } | { head -c %zu > " SAID
		 "; cat > /dev/null; }; mv " STATUS ".new " STATUS
		 " ) < /dev/null > /dev/null 2>&1 &",
		 ENGINE_SAID_MAX);
	r = bytes_set(line, head, strlen(head));
	for (size_t i = 0; argv[i] && r == 0; i++)
		r = add_word(line, *argv[i] ? argv[i] : device);
	return r < 0 ? r : bytes_append(line, tail, strlen(tail));
}

/* Wait until it has ended: its exit status. */
static int wait_for_status(struct engine *e, const struct device *d,
			   struct cvt_error *err)
{
	for (;;) {
		CLEANUP_FREE char *status = shell(e, "cat " STATUS " 2>/dev/null || true");
		int r = context_check(e->ctx, err);

		if (r < 0)
			return r;
		if (!status)
			return error_raise(err, ERR_ENGINE, d->name, "cannot be checked: %s",
					   guestfs_last_error(handle(e)));
		if (*status)
			return (int)strtol(status, NULL, 10) & 0xff;
		(void)poll(NULL, 0, POLL_MS);
	}
}

int guestfs_engine_checker(struct engine *e, const struct device *d,
			   const char *const argv[], bool bounded, struct bytes *said,
			   struct cvt_error *err)
{
	CLEANUP_FREE char *device = guestfs_device_path((struct engine_guestfs *)e, d);
	CLEANUP_FREE char *in_shell = guestfs_shell_path((struct engine_guestfs *)e, d);
	CLEANUP_FREE char *started = NULL, *text = NULL;
	CLEANUP_BYTES struct bytes line = { 0 };
	int status;

	/* The memory of the appliance is the bound. */
	(void)bounded;
	if (!device || !in_shell || make_command(argv, in_shell, &line) < 0)
		return error_nomem(err);
	/* XFS and btrfs write past the cache that a program reads from. */
	(void)guestfs_blockdev_flushbufs(handle(e), device);
	started = shell(e, line.data);
	if (!started)
		return error_raise(err, ERR_ENGINE, d->name, "cannot be checked: %s",
				   guestfs_last_error(handle(e)));
	status = wait_for_status(e, d, err);
	if (status < 0)
		return status;
	if (status == 124)
		return -ETIMEDOUT;
	if (status == 127)
		return error_raise(err, ERR_NO_PROGRAM, NULL, "the appliance has no %s",
				   argv[0]);
	text = shell(e, "cat " SAID);
	return bytes_set(said, text ? text : "", text ? strlen(text) : 0) < 0
		       ? error_nomem(err)
		       : status;
}
