/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that do the work.  run_stages() is the table of contents of the library. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "apply/apply.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"
#include "job.h"
#include "report/report.h"

enum mode {
	MODE_INSPECT,
	MODE_PLAN,
	MODE_CONVERT
};

/* One run of a job; everything a stage hands to the next. */
struct run {
	struct cvt *c;
	enum mode mode;
	struct cvt_report *report;
	struct volumes *volumes;
	struct engine *engine;
	const char *engine_name; /* static */
	struct guest guest;
	struct plan plan;
	struct timespec mtime;
	struct timespec started;
};

static uint64_t elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - since->tv_sec) * 1000 +
			  (now.tv_nsec - since->tv_nsec) / 1000000);
}

/* A stage ends: note its time. */
static int stage_done(struct run *x, const char *stage, struct cvt_error *err)
{
	if (report_timing(x->report, stage, elapsed_ms(&x->started)) < 0)
		return error_nomem(err);
	clock_gettime(CLOCK_MONOTONIC, &x->started);
	return 0;
}

static bool is_directory_job(const struct cvt *c)
{
	return strcmp(c->engine, "dir") == 0;
}

static int check_request(const struct run *x, struct cvt_error *err)
{
	const struct cvt *c = x->c;

	if (c->n_disks == 0)
		return error_raise(err, ERR_USAGE, NULL, "no disk given");
	if (x->mode != MODE_INSPECT && !c->request.target)
		return error_raise(err, ERR_USAGE, NULL, "no target given");
	if (x->mode == MODE_CONVERT && !c->in_place && !c->output_dir)
		return error_raise(err, ERR_USAGE, NULL,
				   "neither in place nor an output given");
	if (is_directory_job(c) && (c->n_disks > 1 || c->output_dir))
		return error_raise(err, ERR_USAGE, NULL,
				   "the engine 'dir' converts one directory, in place");
	return 0;
}

static int open_guest(struct run *x, struct cvt_error *err)
{
	const struct cvt *c = x->c;
	const struct engine_options options = {
		.writable = x->mode == MODE_CONVERT,
		.memory_mib = c->memory,
	};
	const struct volumes_options volumes = {
		.work_dir = c->work_dir,
		.in_place = x->mode == MODE_CONVERT && c->in_place,
	};
	int r;

	context_progress(&x->c->ctx, "open", 0);
	if (is_directory_job(c)) {
		x->engine_name = c->engine;
		return engine_open(&x->c->ctx, c->engine, NULL, c->disks[0].path,
				   &options, &x->engine, err);
	}
	r = volumes_open(&x->c->ctx, c->disks, c->n_disks, &volumes, &x->volumes, err);
	if (r == 0 && x->mode == MODE_CONVERT && c->output_dir)
		r = volumes_check_output(x->volumes, c->output_dir, c->output, err);
	if (r == 0)
		r = volumes_probe(x->volumes, &x->guest, err);
	if (r == 0)
		r = engine_open(&x->c->ctx, c->engine, x->volumes, NULL, &options,
				&x->engine, err);
	if (r == 0)
		x->engine_name = engine_name(x->engine);
	return r;
}

static int plan_run(struct run *x, struct guest *g, struct plan *p, struct cvt_error *err)
{
	CLEANUP_WANTS struct wants wants = { 0 };
	int r = steps_want(g, &x->c->request, &wants, err);

	if (r == 0)
		r = fetch_wants(x->engine, &wants, g, err);
	return r < 0 ? r : steps_plan(g, &x->c->request, p, err);
}

/* A converted guest is one for which nothing is left to plan: look again, from the start. */
static int verify(struct run *x, struct cvt_error *err)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	int r = 0;

	context_progress(&x->c->ctx, "verify", 70);
	if (x->volumes)
		r = volumes_probe(x->volumes, &g, err);
	if (r == 0)
		r = engine_umount(x->engine, err);
	if (r == 0)
		r = inspect_guest(x->engine, x->c->root, &g, err);
	if (r == 0)
		r = plan_run(x, &g, &p, err);
	if (r == 0 && p.n_edits > 0)
		r = error_raise(err, ERR_NOT_CONVERGED, p.edits[0].path,
				"still to be changed after the conversion (%s)",
				p.edits[0].rules.v[0]);
	return r;
}

static int apply_run(struct run *x, struct cvt_error *err)
{
	int r;

	context_progress(&x->c->ctx, "apply", 50);
	r = engine_umount(x->engine, err);
	if (r == 0)
		r = inspect_mount_writable(x->engine, &x->guest, err);
	if (r == 0)
		r = apply_plan(x->engine, &x->guest, &x->plan, &x->mtime, err);
	if (r == 0)
		r = stage_done(x, "apply", err);
	if (r == 0)
		r = verify(x, err);
	return r < 0 ? r : stage_done(x, "verify", err);
}

/* The engine has let go of the volumes; from here on the originals may change. */
static int finish_volumes(struct run *x, struct cvt_error *err)
{
	CLEANUP_NAMES struct names results = { 0 };
	int r;

	if (x->c->output_dir) {
		context_progress(&x->c->ctx, "output", 80);
		r = volumes_output(x->volumes, x->c->output_dir, x->c->output, &results,
				   err);
		if (r == 0 && report_outputs(x->report, &results) < 0)
			r = error_nomem(err);
		return r < 0 ? r : stage_done(x, "output", err);
	}
	if (x->plan.n_edits == 0)
		return 0;
	context_progress(&x->c->ctx, "commit", 80);
	r = volumes_commit(x->volumes, err);
	return r < 0 ? r : stage_done(x, "commit", err);
}

static int convert_run(struct run *x, struct cvt_error *err)
{
	int r = x->plan.n_edits > 0 ? apply_run(x, err) : 0;

	if (r == 0)
		r = engine_umount(x->engine, err);
	engine_close(take_ptr(x->engine));
	if (r == 0)
		r = context_check(&x->c->ctx, err);
	return r == 0 && x->volumes ? finish_volumes(x, err) : r;
}

static const char *status_of(const struct run *x)
{
	if (x->mode == MODE_INSPECT)
		return "inspected";
	if (x->mode == MODE_PLAN)
		return "planned";
	return x->plan.n_edits > 0 ? "converted" : "unchanged";
}

static int run_stages(struct run *x, struct cvt_error *err)
{
	int r = check_request(x, err);

	if (r == 0)
		r = open_guest(x, err);
	if (r == 0)
		r = stage_done(x, "open", err);
	if (r == 0) {
		context_progress(&x->c->ctx, "inspect", 20);
		r = inspect_guest(x->engine, x->c->root, &x->guest, err);
	}
	if (r == 0)
		r = stage_done(x, "inspect", err);
	if (r == 0 && x->mode != MODE_INSPECT) {
		context_progress(&x->c->ctx, "plan", 40);
		r = plan_run(x, &x->guest, &x->plan, err);
		if (r == 0)
			r = stage_done(x, "plan", err);
	}
	if (r == 0 && x->mode == MODE_CONVERT)
		r = convert_run(x, err);
	if (r == 0)
		context_progress(&x->c->ctx, "done", 100);
	return r;
}

/* What the run found and did, as far as it came. */
static int fill_report(struct run *x, int result, const struct cvt_error *why)
{
	struct cvt_report *rep = x->report;
	int r = report_request(rep, &x->c->request,
			       x->engine_name ? x->engine_name : x->c->engine);

	for (size_t i = 0; i < x->c->n_disks && r == 0; i++)
		r = report_disk(rep, x->c->disks[i].path);
	if (r == 0 && x->guest.os_id)
		r = report_guest(rep, &x->guest);
	if (r == 0 && x->mode != MODE_INSPECT)
		r = report_plan(rep, &x->guest, &x->plan);
	if (r == 0)
		r = report_status(rep, result < 0 ? "failed" : status_of(x));
	if (r == 0 && result < 0)
		r = report_error(rep, why);
	return r < 0 ? r : report_finish(rep);
}

/* SOURCE_DATE_EPOCH (reproducible-builds.org) makes the result the same on every run. */
static struct timespec modification_time(void)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	struct timespec t = { 0 };
	char *end;

	if (epoch && *epoch) {
		t.tv_sec = (time_t)strtoll(epoch, &end, 10);
		if (*end == '\0')
			return t;
	}
	clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

/* An error about the job as a whole names the first of its disks. */
static void name_disk(const struct cvt *c, int r, struct cvt_error *err)
{
	if (err->path[0] || err->exit == CVT_EXIT_USAGE || err->exit == CVT_EXIT_INTERNAL)
		return;
	snprintf(err->path, sizeof(err->path), "%s", c->disks[0].path);
	if (r == -ECANCELED)
		(void)error_raise(err, ERR_CANCELLED, c->disks[0].path,
				  "interrupted; the volumes are unchanged");
	else
		(void)error_prefix(err, r, "%s", c->disks[0].path);
}

static int run(struct cvt *c, enum mode mode, struct cvt_report **ret,
	       struct cvt_error *err)
{
	struct run x = { .c = c, .mode = mode, .mtime = modification_time() };
	struct cvt_error why = { 0 };
	int r;

	if (report_new(&x.report) < 0)
		return error_nomem(err);
	clock_gettime(CLOCK_MONOTONIC, &x.started);
	r = run_stages(&x, &why);
	if (r < 0 && x.volumes)
		r = volumes_explain(x.volumes, r, &why);
	if (r < 0)
		name_disk(c, r, &why);
	if (fill_report(&x, r, &why) < 0) {
		cvt_report_free(take_ptr(x.report));
		if (r == 0)
			r = error_nomem(&why);
	}
	engine_close(x.engine);
	volumes_close(x.volumes);
	plan_clear(&x.plan);
	guest_clear(&x.guest);
	atomic_store(&c->ctx.cancelled, 0);
	*ret = x.report;
	return r < 0 ? error_pass(err, r, &why) : r;
}

int cvt_inspect(struct cvt *c, struct cvt_report **ret, struct cvt_error *err)
{
	return run(c, MODE_INSPECT, ret, err);
}

int cvt_plan(struct cvt *c, struct cvt_report **ret, struct cvt_error *err)
{
	return run(c, MODE_PLAN, ret, err);
}

int cvt_convert(struct cvt *c, struct cvt_report **ret, struct cvt_error *err)
{
	return run(c, MODE_CONVERT, ret, err);
}
