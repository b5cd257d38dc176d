/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that does nothing until we are gone, and then clears up: it ends
 * the daemon, whose own death signal may be lost (QEMU 7.2 notes SIGTERM in a
 * variable and can go to sleep right after having looked at it), and a
 * conversion instance, whose helpers get no such signal; and removes the
 * directory of the job, and what else it was told of.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "volume/fullio.h"
#include "volume/volume_private.h"

/* What is said on the leash. */
enum word {
	KEEP = 'k',   /* the directory of the job is needed for a recovery */
	FORGET = 'f', /* it no longer is, and what was added stays */
	ADD = 'a',    /* a path follows, with its NUL */
	GROUP = 'g'   /* a process group to be killed, in decimal, with its NUL */
};

#define SAID_MAX ((size_t)1 << 18)

/* Everything that is said until the other end is closed. */
static size_t listen_to(int leash, char *said)
{
	size_t len = 0;
	ssize_t n;

	while (len < SAID_MAX && (n = read(leash, said + len, SAID_MAX - len)) != 0)
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			break;
	return len;
}

/* All that was said, in the end. */
struct orders {
	bool keep;
	pid_t group;  /* 0: none */
	size_t paths; /* bytes at the start of what was said: what is to be removed */
};

static pid_t parse_group(const char *digits)
{
	pid_t n = 0;

	for (; *digits >= '0' && *digits <= '9'; digits++)
		n = 10 * n + (*digits - '0');
	return n;
}

/* Moves the paths to the front of @said. */
static struct orders understand(char *said, size_t len)
{
	struct orders o = { 0 };

	for (size_t i = 0; i < len; i++) {
		const char word = said[i];
		bool has_text = word == ADD || word == GROUP;
		size_t n = has_text ? strnlen(said + i + 1, len - i - 1) + 1 : 0;

		if (word == KEEP || word == FORGET)
			o.keep = word == KEEP;
		if (word == FORGET)
			o.paths = 0;
		if (n == 0 || i + n >= len)
			continue;
		if (word == GROUP)
			o.group = parse_group(said + i + 1);
		if (word == ADD) {
			memmove(said + o.paths, said + i + 1, n);
			o.paths += n;
		}
		i += n;
	}
	return o;
}

static void remove_path(const char *path)
{
	if (unlink(path) < 0 && errno == EISDIR)
		sweep_directory(path);
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
	static char said[SAID_MAX];
	struct orders o;

	(void)prctl(PR_SET_NAME, "convert-keeper");
	(void)setsid();
	/* Out of the way first: a caller may have closed its standard streams. */
	leash = fcntl(leash, F_DUPFD, 2);
	pidfd = pidfd < 0 ? -1 : fcntl(pidfd, F_DUPFD, 2);
	if (dup2(leash, 0) < 0 || (pidfd >= 0 && dup2(pidfd, 1) < 0))
		_exit(1);
	(void)syscall(SYS_close_range, pidfd < 0 ? 1 : 2, ~0U, 0);
	o = understand(said, listen_to(0, said));
	if (o.group > 1)
		(void)kill(-o.group, SIGKILL);
	if (pidfd >= 0)
		end_daemon(1);
	if (o.keep)
		_exit(0);
	for (size_t i = 0; i < o.paths; i += strlen(said + i) + 1)
		remove_path(said + i);
	sweep_directory(v->work);
	_exit(0);
}

static int fail(struct cvt_error *err, int code)
{
	return error_raise(err, ERR_ENGINE, NULL,
			   "cannot watch over qemu-storage-daemon: %s", strerror(code));
}

int keeper_start(struct volumes *v, struct cvt_error *err)
{
	CLEANUP_CLOSE int pidfd = v->qsd ? (int)syscall(SYS_pidfd_open, v->qsd, 0) : -1;
	CLEANUP_CLOSE int theirs = -1;
	sigset_t all, before;
	int pair[2], r;

	if ((v->qsd && pidfd < 0) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
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

/* A keeper that is gone must not end us by SIGPIPE. */
static bool say(struct volumes *v, const char *what, size_t len)
{
	return v->keeper && send(v->leash, what, len, MSG_NOSIGNAL) == (ssize_t)len;
}

void volumes_guard(struct volumes *v, pid_t group)
{
	char what[32];
	int len = snprintf(what, sizeof(what), "%c%d", GROUP, (int)group);

	if (!say(v, what, (size_t)len + 1))
		context_log(v->ctx, CVT_LOG_WARNING,
			    "process group %d would stay if this program were killed",
			    (int)group);
}

int keeper_add(struct volumes *v, const char *path, struct cvt_error *err)
{
	CLEANUP_FREE char *what = NULL;
	int len = asprintf(&what, "%c%s", ADD, path);

	if (len < 0) {
		what = NULL;
		return error_nomem(err);
	}
	if (!say(v, what, (size_t)len + 1))
		context_log(v->ctx, CVT_LOG_WARNING,
			    "%s would not be removed if this program were killed", path);
	return 0;
}

void keeper_keep(struct volumes *v)
{
	const char word = KEEP;

	if (!say(v, &word, 1))
		context_log(v->ctx, CVT_LOG_WARNING,
			    "%s may not be kept if this program is killed", v->work);
}

void keeper_forget(struct volumes *v)
{
	const char word = FORGET;

	(void)say(v, &word, 1);
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
