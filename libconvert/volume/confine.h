/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a child process may do at the most: Landlock says which files it can
 * open, seccomp which system calls it can make, no_new_privs that no program
 * it starts gives it more.  It is made before fork(2), and put on after it.
 */
#ifndef VOLUME_CONFINE_H
#define VOLUME_CONFINE_H

#include <linux/filter.h>

#include "core/context.h"

enum confine_access {
	CONFINE_READ = 1 << 0,
	CONFINE_EXECUTE = 1 << 1, /* execve(2); mapping code needs CONFINE_READ only */
	CONFINE_WRITE = 1 << 2,	  /* existing files */
	CONFINE_CREATE = 1 << 3,  /* and remove; regular files and sockets */
};

/* A file, or a directory with all that is below it. */
struct confine_path {
	const char *path; /* NULL ends a list; one that does not exist is left out */
	unsigned access;
};

struct confinement {
	int ruleset;		   /* Landlock; -1: this kernel has none */
	struct sock_fprog program; /* seccomp; no filter: every call is allowed */
};

/*
 * @calls: names of the system calls that work, the others fail with EPERM; NULL: all of
 * them do.  socket(2) makes only Unix sockets in any case.  Where this kernel lacks a
 * part of it that is logged, and the rest is used.
 */
int confine_new(struct context *ctx, const struct confine_path *paths,
		const char *const *calls, struct confinement *ret, struct cvt_error *err);

/* On the calling process, for good: 0, or -1 with errno.  Makes only system calls.
 * @ruleset: the fd of c->ruleset in this process.
 */
int confine_self(const struct confinement *c, int ruleset);

void confine_clear(struct confinement *c);
#define CLEANUP_CONFINEMENT CLEANUP(confine_clear)

#endif
