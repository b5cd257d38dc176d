/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdarg.h>
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

int context_check(struct context *x, struct cvt_error *err)
{
	if (x && !x->putting_back && atomic_load(&x->cancelled))
		return error_raise(err, ERR_CANCELLED, NULL,
				   "interrupted; the volumes are unchanged");
	return 0;
}
