/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Child processes: found by PATH, no shell, no fd but those given, a session of their
 * own, and ended when the thread that started them ends.
 */
#ifndef VOLUME_PROCESS_H
#define VOLUME_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "core/bytes.h"
#include "core/context.h"
#include "volume/confine.h"

/* What a program said on stderr: the beginning, on one line. */
struct said {
	char text[512];
	size_t len;
};

struct process {
	pid_t pid; /* 0: none */
	int out;   /* read end of its stdout, -1: none */
	int err;   /* read end of its stderr */
};

struct process_options {
	int keep;	 /* what becomes its fd 3; 0: nothing */
	const char *dir; /* where it runs; NULL: where we do */
	const char *env; /* "NAME=value", besides what we have; NULL: nothing */
	const struct confinement *confinement; /* NULL: none */
	int death_signal; /* what it gets when our thread ends; 0: SIGTERM */
	uint64_t memory;  /* bytes of address space that it may have; 0: any number */
	bool merge;	  /* its stderr goes where its stdout goes */
};

int process_start(const char *const argv[], const struct process_options *options,
		  struct process *ret, struct cvt_error *err);

/* Kill it and all of its session that it has not left. */
void process_kill(struct process *p);

/* Of a child; one that has ended stays to be waited for. */
bool process_is_running(pid_t pid);

/* Take what is there, without blocking.  False at the end of the stream. */
bool process_hear(int fd, struct said *said);

/* SIGTERM until it ends, and SIGKILL if that takes longer than @ms.  Once is not enough
 * for QEMU 7.2, see keeper.c.  The exit status, or 128 + the signal that ended it.
 */
int process_stop(struct process *p, int ms);

/*
 * Run to the end.  Its stdout, at most 64 MiB, goes to @out; NULL: nowhere.
 * The exit status, or a negative errno with @err filled: it cannot be started,
 * or the job was cancelled.  @ctx NULL: it cannot be cancelled.
 */
int process_run(struct context *ctx, const char *const argv[], struct bytes *out,
		struct said *said, struct cvt_error *err);

/* The first bytes of what a program said, and how long it may take. */
struct process_bounds {
	unsigned seconds;
	size_t output;
};

/*
 * Run to the end, its stdout and stderr in one @out.  As process_run(), and
 * -ETIMEDOUT, with @err not filled, if it was killed for taking too long.
 */
int process_run_within(struct context *ctx, const char *const argv[],
		       const struct process_options *options,
		       const struct process_bounds *bounds, struct bytes *out,
		       struct cvt_error *err);
int process_run_with(struct context *ctx, const char *const argv[],
		     const struct process_options *options, struct bytes *out,
		     struct said *said, struct cvt_error *err);

#endif
