/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From opened volumes to an edited guest: inspect, plan, apply, verify.  The same here and
 * inside the conversion instance.
 */
#ifndef WORK_H
#define WORK_H

#include "check/check.h"
#include "engine/engine.h"
#include "job.h"
#include "plan/plan.h"
#include "report/report.h"

enum mode {
	MODE_INSPECT,
	MODE_PLAN,
	MODE_CHECK,
	MODE_BOOT, /* inspects; the boot is the host's */
	MODE_CONVERT
};

/* One run of a job; everything a stage hands to the next. */
struct work {
	struct cvt *c;
	enum mode mode;
	struct volumes *volumes;   /* NULL: the job is a directory; not owned */
	struct cvt_report *report; /* not owned; timings go there */
	const char *engine_name;   /* static; NULL: none was opened */
	struct guest guest;
	struct plan plan;
	struct answers answers; /* of MODE_CHECK, and after a conversion */
	struct timespec mtime; /* of the files that are written */
	struct timespec started;
	struct engine *engine;
	bool applied;
};

/* A new run of @c whose first stage starts now. */
struct work work_new(struct cvt *c, enum mode mode, struct cvt_report *report);

/* A stage starts now, whatever was before. */
void work_start(struct work *w);

/* A stage ends: note its time in the report. */
int work_stage_done(struct work *w, const char *stage, struct cvt_error *err);

/* All stages up to the commit; no engine is open afterwards. */
int work_run(struct work *w, struct cvt_error *err);

/* What was found and planned, as far as it came, into the report: 0 or -ENOMEM. */
int work_report(struct work *w);

void work_clear(struct work *w);
#define CLEANUP_WORK CLEANUP(work_clear)

#endif
