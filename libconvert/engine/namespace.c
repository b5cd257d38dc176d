/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mount.h>

#include "engine/namespace.h"

struct call {
	int ns;
	int (*fn)(void *arg);
	void *arg;
	int result;
};

/* The thread blocks all signals: a handler of the caller must not see our mounts. */
static int run_thread(void *(*start)(void *), struct call *c)
{
	sigset_t all, before;
	pthread_t thread;
	int r;

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, NULL, start, c);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return -r;
	(void)pthread_join(thread, NULL);
	return c->result;
}

/* What the host unmounts is unmounted here as well, and nothing of ours goes there. */
static void *create(void *data)
{
	struct call *c = data;

	if (unshare(CLONE_FS | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0) {
		c->result = -errno;
		return NULL;
	}
	c->result = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (c->result < 0)
		c->result = -errno;
	return NULL;
}

static void *enter(void *data)
{
	struct call *c = data;

	if (unshare(CLONE_FS) < 0 || setns(c->ns, CLONE_NEWNS) < 0)
		c->result = -errno;
	else
		c->result = c->fn(c->arg);
	return NULL;
}

int namespace_new(void)
{
	return run_thread(create, &(struct call){ 0 });
}

int namespace_run(int ns, int (*fn)(void *arg), void *arg)
{
	return run_thread(enter, &(struct call){ .ns = ns, .fn = fn, .arg = arg });
}
