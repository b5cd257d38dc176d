/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that does nothing until we are gone, and then clears up: it ends
 * the daemon, whose own death signal may be lost (QEMU 7.2 notes SIGTERM in a
 * variable and can go to sleep right after having looked at it), and removes
 * the overlays.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "volume/volume_private.h"

#define KEEP 'k' /* on the leash: the overlays are needed for a recovery */

/* True once the other end is closed without a word. */
static bool await_end(int leash)
{
	char word = 0;

	while (read(leash, &word, 1) > 0)
		;
	return word != KEEP;
}

static void end_daemon(int pidfd)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };

	for (int i = 0; i < 100; i++) {
		int signal = i < 90 ? SIGTERM : SIGKILL;

		if (syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ||
		    poll(&fd, 1, 100) > 0)
			return;
	}
}

/* After fork in a process with threads: system calls only. */
static _Noreturn void keep(const struct volumes *v, int leash, int pidfd)
{
	bool forget;

	(void)prctl(PR_SET_NAME, "convert-keeper");
	(void)setsid();
	/* Out of the way first: a caller may have closed its standard streams. */
	leash = fcntl(leash, F_DUPFD, 2);
	pidfd = fcntl(pidfd, F_DUPFD, 2);
	if (dup2(leash, 0) < 0 || dup2(pidfd, 1) < 0)
		_exit(1);
	(void)syscall(SYS_close_range, 2, ~0U, 0);
	forget = await_end(0);
	end_daemon(1);
	for (size_t i = 0; i < v->n && forget; i++) {
		qsd_remove_view(v->v[i].view);
		(void)unlink(v->v[i].overlay);
	}
	if (forget)
		(void)rmdir(v->work);
	_exit(0);
}

static int fail(struct cvt_error *err, int code)
{
	return error_raise(err, ERR_ENGINE, NULL,
			   "cannot watch over qemu-storage-daemon: %s", strerror(code));
}

int keeper_start(struct volumes *v, struct cvt_error *err)
{
	CLEANUP_CLOSE int pidfd = (int)syscall(SYS_pidfd_open, v->qsd, 0);
	CLEANUP_CLOSE int theirs = -1;
	sigset_t all, before;
	int pair[2], r;

	if (pidfd < 0 || pipe2(pair, O_CLOEXEC) < 0)
		return fail(err, errno);
	theirs = pair[0];
	v->leash = pair[1];
	/* Signals stay blocked in it: it ends when we do. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	v->keeper = fork();
	if (v->keeper == 0)
		keep(v, theirs, pidfd);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (v->keeper > 0)
		return 0;
	r = fail(err, errno);
	v->keeper = 0;
	closep(&v->leash);
	return r;
}

void keeper_keep_overlays(struct volumes *v)
{
	const char word = KEEP;

	if (write(v->leash, &word, 1) != 1)
		context_log(v->ctx, CVT_LOG_WARNING, "the overlays may not be kept");
}

void keeper_stop(struct volumes *v)
{
	if (!v->keeper)
		return;
	closep(&v->leash);
	while (waitpid(v->keeper, NULL, 0) < 0 && errno == EINTR)
		;
	v->keeper = 0;
}
