/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stage of the I/O half may call back: log, progress, and whether to stop. */
#ifndef CORE_CONTEXT_H
#define CORE_CONTEXT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/error.h"

struct context {
	cvt_log_fn log;
	void *log_data;
	cvt_progress_fn progress;
	void *progress_data;
	/* NULL: nobody asks; what is planned writes @bytes, may it? */
	int (*planned)(uint64_t bytes, void *data, struct cvt_error *err);
	void *planned_data;
	atomic_int
		cancelled; /* set by cvt_cancel(), from any thread or a signal handler */
	struct timespec deadline; /* CLOCK_MONOTONIC; zero: none */
	bool putting_back; /* what takes back the work is not itself interrupted */
};

void context_log(struct context *x, enum cvt_log_level level, const char *fmt, ...)
	PRINTF(3, 4);
void context_progress(struct context *x, const char *stage, unsigned percent);

/* The work is about to write @bytes to the volumes: 0 if it may. */
int context_planned(struct context *x, uint64_t bytes, struct cvt_error *err);

/* The job has @seconds from now; 0: no limit. */
void context_set_time_limit(struct context *x, unsigned seconds);

/* -ECANCELED once cvt_cancel() was called, -ETIME past the time limit; ask between pieces of
 * work.  0 while the job puts back what it has done.
 */
int context_check(struct context *x, struct cvt_error *err);

#endif
