/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "volume/process.h"

#define OUTPUT_MAX ((size_t)64 << 20)
#define CANCEL_MS 100
#define STOP_MS 200

static void closefd(int *fd)
{
	closep(fd);
	*fd = -1;
}

/*
 * What programs are told besides what we are told: messages in English.  Programs that
 * make block devices do so themselves, as nothing waits for a udev that may not be
 * there; and the machine's settings of LVM are not for the guest's volume groups (lvm(8),
 * LVM_SYSTEM_DIR: empty, no file is read).
 */
static char settings[][32] = { "LC_ALL=C", "DM_DISABLE_UDEV=1", "MDADM_NO_UDEV=1",
			       "LVM_SYSTEM_DIR=", "LVM_SUPPRESS_FD_WARNINGS=1" };

static bool is_same_variable(const char *a, const char *b)
{
	return strncmp(a, b, strcspn(b, "=") + 1) == 0;
}

static bool is_set(const char *variable, const char *more)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (is_same_variable(variable, settings[i]))
			return true;
	return more && is_same_variable(variable, more);
}

/* With @more, if any.  The strings stay ours, the caller's and environ's. */
static char **environment(const char *more)
{
	size_t n = 0, kept = 0;
	char **env;

	while (environ && environ[n])
		n++;
	env = calloc(n + ARRAY_SIZE(settings) + 2, sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (!is_set(environ[i], more))
			env[kept++] = environ[i];
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		env[kept++] = settings[i];
	env[kept] = (char *)more;
	return env;
}

/* Ends of the pipes, by who holds them; -1: none. */
struct ends {
	int out, err, failed; /* failed: where errno of a failed exec goes */
};

static void close_ends(struct ends *e)
{
	closep(&e->out);
	closep(&e->err);
	closep(&e->failed);
}

static int make_pipes(struct ends *r, struct ends *w)
{
	int fd[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } };
	int code = 0;

	for (int i = 0; i < 3 && code == 0; i++)
		if (pipe2(fd[i], O_CLOEXEC) < 0)
			code = errno;
	*r = (struct ends){ fd[0][0], fd[1][0], fd[2][0] };
	*w = (struct ends){ fd[0][1], fd[1][1], fd[2][1] };
	return code;
}

struct child {
	const char *const *argv;
	char **env;
	const struct process_options *options;
	int null;
	struct ends ends;
	pid_t parent;
};

/* Between fork and exec of a process with threads: system calls only. */
static _Noreturn void become(const struct child *c)
{
	const struct process_options *o = c->options;
	int ruleset = o->confinement ? o->confinement->ruleset : -1;
	int fds[] = { c->null,	      c->ends.out, c->ends.err, o->keep ? o->keep : -1,
		      c->ends.failed, ruleset };
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;
	int code;

	for (int i = 1; i < NSIG; i++)
		(void)sigaction(i, &standard, NULL);
	(void)setsid();
	(void)prctl(PR_SET_PDEATHSIG, o->death_signal ? o->death_signal : SIGTERM);
	if (getppid() != c->parent)
		_exit(127);
	/* First out of the way of each other, then to their places. */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 16);
	for (int i = 0; i < (int)ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0 ? dup2(fds[i], i) < 0 : close(i) < 0 && errno != EBADF)
			_exit(127);
	if (o->merge && dup2(1, 2) < 0)
		_exit(127);
	(void)fcntl(4, F_SETFD, FD_CLOEXEC);
	(void)fcntl(5, F_SETFD, FD_CLOEXEC);
	(void)syscall(SYS_close_range, ARRAY_SIZE(fds), ~0U, 0);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (o->memory)
		(void)setrlimit(RLIMIT_AS, &(struct rlimit){ o->memory, o->memory });
	if ((!o->dir || chdir(o->dir) == 0) &&
	    (!o->confinement || confine_self(o->confinement, ruleset < 0 ? -1 : 5) == 0))
		execvpe(c->argv[0], (char *const *)c->argv, c->env);
	code = errno;
	_exit(write(4, &code, sizeof(code)) == sizeof(code) ? 127 : 126);
}

static pid_t spawn(const struct child *c)
{
	sigset_t all, before;
	pid_t pid;

	/* A handler of the caller must not run in the child. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(c);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* The errno of the exec that failed; 0: it did not. */
static int exec_failed(int fd)
{
	int code = 0;
	ssize_t n;

	do
		n = read(fd, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	return n == sizeof(code) ? code : 0;
}

static int fail_start(struct cvt_error *err, const char *program, int code)
{
	if (code == ENOENT)
		return error_raise(err, ERR_NO_PROGRAM, NULL, "%s is not installed",
				   program);
	return error_raise(err, ERR_ENGINE, NULL, "cannot start %s: %s", program,
			   strerror(code));
}

int process_start(const char *const argv[], const struct process_options *options,
		  struct process *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CLEANUP(close_ends) struct ends ours = { -1, -1, -1 };
	CLEANUP(close_ends) struct ends theirs = { -1, -1, -1 };
	CLEANUP_FREE char **env = environment(options->env);
	struct child child;
	pid_t pid;
	int code;

	if (null < 0 || !env)
		return fail_start(err, argv[0], errno);
	code = make_pipes(&ours, &theirs);
	if (code)
		return fail_start(err, argv[0], code);
	child = (struct child){ argv, env, options, null, theirs, getpid() };
	pid = spawn(&child);
	if (pid < 0)
		return fail_start(err, argv[0], errno);
	closefd(&theirs.failed);
	code = exec_failed(ours.failed);
	if (code) {
		(void)waitpid(pid, NULL, 0);
		return fail_start(err, argv[0], code);
	}
	(void)fcntl(ours.out, F_SETFL, O_NONBLOCK);
	(void)fcntl(ours.err, F_SETFL, O_NONBLOCK);
	*ret = (struct process){ pid, ours.out, ours.err };
	ours.out = ours.err = -1;
	return 0;
}

/* Bytes read into @buf; 0: nothing now; -1: the end. */
static ssize_t take(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return n;
	return n < 0 && errno == EAGAIN ? 0 : -1;
}

bool process_hear(int fd, struct said *said)
{
	char buf[4096];
	ssize_t n;

	while ((n = take(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n && said->len < sizeof(said->text) - 1; i++)
			said->text[said->len++] = buf[i] == '\n' ? ' ' : buf[i];
	while (n < 0 && said->len > 0 && said->text[said->len - 1] == ' ')
		said->len--;
	said->text[said->len] = '\0';
	return n == 0;
}

static bool hear_output(int fd, struct bytes *out)
{
	char buf[16384];
	ssize_t n;

	while ((n = take(fd, buf, sizeof(buf))) > 0)
		if (out &&
		    (out->len > OUTPUT_MAX || bytes_append(out, buf, (size_t)n) < 0))
			return false;
	return n == 0;
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Wait up to @ms (-1: for ever).  The exit status; 128 + the signal that ended it;
 * -ETIMEDOUT.
 */
static int wait_for(struct process *p, int ms)
{
	CLEANUP_CLOSE int fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int status = 0;
	int r;

	if (fd >= 0 && ms >= 0) {
		do
			r = poll(&poll_fd, 1, ms);
		while (r < 0 && errno == EINTR);
		if (r == 0)
			return -ETIMEDOUT;
	}
	do
		r = waitpid(p->pid, &status, 0);
	while (r < 0 && errno == EINTR);
	/* Somebody else in this program reaped it: nothing is known. */
	status = r < 0 ? 127 : exit_status(status);
	closefd(&p->out);
	closefd(&p->err);
	p->pid = 0;
	return status;
}

bool process_is_running(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == 0;
}

int process_stop(struct process *p, int ms)
{
	int r;

	for (int waited = 0; waited < ms; waited += STOP_MS) {
		(void)kill(p->pid, SIGTERM);
		r = wait_for(p, STOP_MS);
		if (r != -ETIMEDOUT)
			return r;
	}
	(void)kill(p->pid, SIGKILL);
	return wait_for(p, -1);
}

void process_kill(struct process *p)
{
	pid_t group;

	if (p->pid <= 0)
		return;
	group = p->pid;
	(void)kill(-group, SIGKILL);
	(void)wait_for(p, -1);
	/* Its children are not ours to wait for. */
	for (int i = 0; i < STOP_MS && kill(-group, 0) == 0; i++)
		(void)poll(NULL, 0, 1);
}

int process_run_with(struct context *ctx, const char *const argv[],
		     const struct process_options *options, struct bytes *out,
		     struct said *said, struct cvt_error *err)
{
	struct process p = { 0 };
	struct pollfd fds[2];
	int r = process_start(argv, options, &p, err);

	if (r < 0)
		return r;
	fds[0] = (struct pollfd){ .fd = p.out, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = p.err, .events = POLLIN };
	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		(void)poll(fds, 2, ctx ? CANCEL_MS : -1);
		r = context_check(ctx, err);
		if (r < 0) {
			(void)process_stop(&p, 1000);
			return r;
		}
		if (fds[0].fd >= 0 && !hear_output(p.out, out)) {
			fds[0].fd = -1;
			closefd(&p.out);
		}
		if (fds[1].fd >= 0 && !process_hear(p.err, said))
			fds[1].fd = -1;
	}
	return wait_for(&p, -1);
}

/* What is there, without blocking; only the first @max bytes are kept. */
static bool hear_beginning(int fd, struct bytes *out, size_t max)
{
	char buf[16384];
	ssize_t n;

	while ((n = take(fd, buf, sizeof(buf))) > 0) {
		size_t room = out->len < max ? max - out->len : 0;

		if (bytes_append(out, buf, (size_t)n < room ? (size_t)n : room) < 0)
			return false;
	}
	return n == 0;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int process_run_within(struct context *ctx, const char *const argv[],
		       const struct process_options *options,
		       const struct process_bounds *bounds, struct bytes *out,
		       struct cvt_error *err)
{
	struct process_options merged = *options;
	struct process p = { 0 };
	struct pollfd fd = { .events = POLLIN };
	long end = now_ms() + (long)bounds->seconds * 1000;
	int r;

	merged.merge = true;
	r = process_start(argv, &merged, &p, err);
	if (r < 0)
		return r;
	fd.fd = p.out;
	do {
		(void)poll(&fd, 1, CANCEL_MS);
		r = context_check(ctx, err);
		if (r == 0 && now_ms() > end)
			r = -ETIMEDOUT;
	} while (r == 0 && hear_beginning(p.out, out, bounds->output));
	if (r == 0)
		return wait_for(&p, -1);
	(void)process_stop(&p, 1000);
	return r;
}

int process_run(struct context *ctx, const char *const argv[], struct bytes *out,
		struct said *said, struct cvt_error *err)
{
	return process_run_with(ctx, argv, &(struct process_options){ 0 }, out, said,
				err);
}
