/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "core/context.h"

void context_log(struct context *x, enum cvt_log_level level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	if (!x || !x->log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	x->log(level, line, x->log_data);
}

void context_progress(struct context *x, const char *stage, unsigned percent)
{
	if (x && x->progress)
		x->progress(stage, percent, x->progress_data);
}

int context_planned(struct context *x, uint64_t bytes, struct cvt_error *err)
{
	return x->planned ? x->planned(bytes, x->planned_data, err) : 0;
}

void context_set_time_limit(struct context *x, unsigned seconds)
{
	x->deadline = (struct timespec){ 0 };
	if (seconds == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &x->deadline);
	x->deadline.tv_sec += (time_t)seconds;
}

static bool is_late(const struct context *x)
{
	struct timespec now;

	if (x->deadline.tv_sec == 0)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > x->deadline.tv_sec ||
	       (now.tv_sec == x->deadline.tv_sec && now.tv_nsec >= x->deadline.tv_nsec);
}

int context_check(struct context *x, struct cvt_error *err)
{
	if (!x || x->putting_back)
		return 0;
	if (atomic_load(&x->cancelled))
		return error_raise(err, ERR_CANCELLED, NULL,
				   "interrupted; the volumes are unchanged");
	if (is_late(x))
		return error_raise(err, ERR_TIME_LIMIT, NULL,
				   "out of time; the volumes are unchanged");
	return 0;
}
