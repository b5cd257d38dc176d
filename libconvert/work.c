/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <time.h>

#include "apply/apply.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"
#include "inspect/inspect_check.h"
#include "work.h"

static uint64_t elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - since->tv_sec) * 1000 +
			  (now.tv_nsec - since->tv_nsec) / 1000000);
}

void work_start(struct work *w)
{
	clock_gettime(CLOCK_MONOTONIC, &w->started);
}

int work_stage_done(struct work *w, const char *stage, struct cvt_error *err)
{
	if (report_timing(w->report, stage, elapsed_ms(&w->started)) < 0)
		return error_nomem(err);
	work_start(w);
	return 0;
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

struct work work_new(struct cvt *c, enum mode mode, struct cvt_report *report)
{
	struct work w = {
		.c = c, .mode = mode, .report = report, .mtime = modification_time()
	};

	work_start(&w);
	return w;
}

static int open_engine(struct work *w, struct cvt_error *err)
{
	const struct cvt *c = w->c;
	const struct engine_options options = {
		.writable = w->mode == MODE_CONVERT,
		.memory_mib = c->memory,
		.repair = c->repair,
		.keys = c->keys,
		.n_keys = c->n_keys,
	};
	int r = w->volumes ? volumes_probe(w->volumes, &w->guest, err) : 0;

	if (r == 0)
		r = engine_open(&w->c->ctx, c->engine, w->volumes,
				w->volumes ? NULL : c->disks[0].path, &options,
				&w->engine, err);
	if (r == 0)
		w->engine_name = engine_name(w->engine);
	return r < 0 ? r : work_stage_done(w, "open", err);
}

static struct inspect_options inspect_options(const struct cvt *c)
{
	return (struct inspect_options){ c->root, c->request.discard_hibernation,
					 &c->request };
}

/* The files that the steps and the rules of the check look at. */
static int fetch_files(struct work *w, struct guest *g, struct cvt_error *err)
{
	CLEANUP_WANTS struct wants wants = { 0 };
	int r = check_want(g, &w->c->request, &wants, err);

	return r < 0 ? r : fetch_wants(w->engine, &wants, g, err);
}

static int plan_run(struct work *w, struct guest *g, struct plan *p,
		    struct cvt_error *err)
{
	int r = fetch_files(w, g, err);

	return r < 0 ? r : steps_plan(g, &w->c->request, p, err);
}

/* A converted guest is one for which nothing is left to plan: look again, from the start. */
static int verify(struct work *w, struct cvt_error *err)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	const struct inspect_options options = inspect_options(w->c);
	int r;

	context_progress(&w->c->ctx, "verify", 70);
	r = engine_umount(w->engine, err);
	if (r == 0 && w->volumes)
		r = volumes_probe(w->volumes, &g, err);
	if (r == 0)
		r = inspect_guest(w->engine, &options, &g, err);
	if (r == 0)
		r = plan_run(w, &g, &p, err);
	if (r == 0 && p.n_edits > 0)
		r = error_raise(err, ERR_NOT_CONVERGED, p.edits[0].path,
				"still to be changed after the conversion (%s)",
				p.edits[0].rules.v[0]);
	return r < 0 ? r : check_guest(&g, &w->c->request, &w->answers, err);
}

static int apply_and_verify(struct work *w, struct cvt_error *err)
{
	int r;

	context_progress(&w->c->ctx, "apply", 50);
	r = engine_umount(w->engine, err);
	if (r == 0)
		r = inspect_mount_writable(w->engine, &w->guest, err);
	if (r == 0)
		r = apply_plan(w->engine, &w->guest, &w->plan, &w->mtime, err);
	w->applied = r == 0;
	if (r == 0)
		r = work_stage_done(w, "apply", err);
	if (r == 0)
		r = verify(w, err);
	return r < 0 ? r : work_stage_done(w, "verify", err);
}

/* What is damaged may show only when it is written to: Linux then makes it read-only. */
static int apply_run(struct work *w, struct cvt_error *err)
{
	int r = apply_and_verify(w, err);

	return r < 0 && w->volumes ? check_blame(w->engine, &w->guest, r, err) : r;
}

static int inspect_run(struct work *w, struct cvt_error *err)
{
	const struct inspect_options options = inspect_options(w->c);
	int r;

	context_progress(&w->c->ctx, "inspect", 20);
	r = inspect_guest(w->engine, &options, &w->guest, err);
	return r < 0 ? r : work_stage_done(w, "inspect", err);
}

static int make_plan(struct work *w, struct cvt_error *err)
{
	int r;

	context_progress(&w->c->ctx, "plan", 40);
	r = plan_run(w, &w->guest, &w->plan, err);
	return r < 0 ? r : work_stage_done(w, "plan", err);
}

/* Whoever has the volumes knows whether there is room for that. */
static int tell_planned(struct work *w, struct cvt_error *err)
{
	return context_planned(&w->c->ctx, plan_bytes(&w->plan), err);
}

static int check_run(struct work *w, struct cvt_error *err)
{
	int r;

	context_progress(&w->c->ctx, "check", 60);
	r = fetch_files(w, &w->guest, err);
	if (r == 0)
		r = check_guest(&w->guest, &w->c->request, &w->answers, err);
	return r < 0 ? r : work_stage_done(w, "check", err);
}

/* A guest that needs no change is checked as it is. */
static int convert_run(struct work *w, struct cvt_error *err)
{
	int r = tell_planned(w, err);

	if (r < 0)
		return r;
	return w->plan.n_edits > 0
		       ? apply_run(w, err)
		       : check_guest(&w->guest, &w->c->request, &w->answers, err);
}

static int run_stages(struct work *w, struct cvt_error *err)
{
	int r = open_engine(w, err);

	if (r == 0)
		r = inspect_run(w, err);
	if (r == 0 && w->mode == MODE_CHECK)
		r = check_run(w, err);
	if (r == 0 && (w->mode == MODE_PLAN || w->mode == MODE_CONVERT))
		r = make_plan(w, err);
	if (r == 0 && w->mode == MODE_CONVERT)
		r = convert_run(w, err);
	return r < 0 ? r : engine_umount(w->engine, err);
}

int work_run(struct work *w, struct cvt_error *err)
{
	int r = run_stages(w, err) ?: context_check(&w->c->ctx, err);

	/* A directory has no overlay that could be thrown away. */
	if (r < 0 && w->applied && !w->volumes)
		apply_revert(w->engine, &w->guest, &w->plan, &w->mtime);
	engine_close(take_ptr(w->engine));
	return r;
}

int work_report(struct work *w)
{
	int r = w->guest.os_id ? report_guest(w->report, &w->guest) : 0;

	if (r == 0 && (w->mode == MODE_PLAN || w->mode == MODE_CONVERT))
		r = report_plan(w->report, &w->guest, &w->plan);
	if (r == 0 && w->answers.n > 0)
		r = report_check(w->report, &w->answers);
	return r;
}

void work_clear(struct work *w)
{
	answers_clear(&w->answers);
	plan_clear(&w->plan);
	guest_clear(&w->guest);
}
