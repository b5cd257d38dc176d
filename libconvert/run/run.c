/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stages of a job: convert, check, boot, describe.  What is finished is not done again. */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "report/report_parts.h"
#include "run/run.h"

struct runner {
	struct cvt *c;
	struct run_job job;
	struct run_state state;
	struct cvt_report *report;
	json_t *described; /* files that were written */
	time_t started;
	bool resumed; /* something of an earlier run was made use of */
};

static bool is_final(int exit)
{
	return exit == CVT_EXIT_OK || exit == CVT_EXIT_CHECK;
}

/* ---- the report ---- */

static json_t *time_json(time_t t)
{
	char text[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static json_t *job_json(const struct runner *x)
{
	/* clang-format off */
	return json_pack("{ss sO? ss ss so sO? sb so so}",
			 "name", x->job.name,
			 "labels", x->job.labels,
			 "mode", x->job.cutover ? "cutover" : "test",
			 "identity", x->state.identity,
			 "sources", run_sources_json(&x->job),
			 "descriptions", x->described,
			 "resumed", x->resumed,
			 "started", time_json(x->started),
			 "finished", time_json(time(NULL)));
	/* clang-format on */
}

/* Take over what another call has found out about the result. */
static int adopt(struct runner *x, struct cvt_report *from, const char *part)
{
	json_t *value = from ? json_object_get(from->root, part) : NULL;

	return value && json_object_set(x->report->root, part, value) < 0 ? -ENOMEM : 0;
}

static int finish_report(struct runner *x, int r, const struct cvt_error *why,
			 struct cvt_error *err)
{
	int told = x->report ? 0 : report_new(&x->report);

	if (told == 0)
		told = report_job(x->report, job_json(x));
	if (told == 0 && r < 0)
		told = report_error(x->report, why);
	if (told == 0)
		told = report_finish(x->report);
	if (told < 0)
		return error_nomem(err);
	return x->state.report && x->state.root
		       ? run_write(x->state.report, cvt_report_json(x->report), err)
		       : 0;
}

/* ---- what an earlier run has left ---- */

/* The exit code that the finished report of this very job tells; -1: there is none. */
static int find_finished(struct runner *x)
{
	json_t *root = json_load_file(x->state.report, 0, NULL);
	json_t *job = json_object_get(root, "job");
	const char *of = json_string_value(json_object_get(job, "identity"));
	json_t *error = json_object_get(root, "error");
	int exit = (int)json_integer_value(json_object_get(error, "exit"));

	if (!of || strcmp(of, x->state.identity) != 0 || !is_final(exit) ||
	    report_load(root, &x->report) < 0) {
		json_decref(root);
		return -1;
	}
	return exit;
}

static int repeat(struct runner *x, int exit, struct cvt_error *err)
{
	const json_t *e = json_object_get(x->report->root, "error");
	const char *text = json_string_value(json_object_get(e, "text"));
	const char *remedy = json_string_value(json_object_get(e, "remedy"));
	int r;

	context_log(&x->c->ctx, CVT_LOG_INFO, "%s: finished before; nothing is done again",
		    x->job.name);
	if (report_finish(x->report) < 0)
		return error_nomem(err);
	if (exit == CVT_EXIT_OK)
		return 0;
	r = error_raise(err, ERR_CHECK, NULL, "%s", text ? text : "does not boot");
	return remedy ? error_remedy(err, r, "%s", remedy) : r;
}

/* A commit that was interrupted is finished; what else lies there is nobody's any more. */
static int resume_commits(struct runner *x, struct cvt_error *err)
{
	DIR *dir = opendir(x->state.work);
	struct dirent *e;
	int r = 0;

	while (dir && r == 0 && (e = readdir(dir))) {
		char path[4096];
		enum cvt_resumed resumed;
		struct cvt_error why = { 0 };

		if (strncmp(e->d_name, "libconvert.", strlen("libconvert.")) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", x->state.work, e->d_name);
		r = cvt_resume(x->c, path, &resumed, &why);
		if (r < 0 && strcmp(why.id, "job-unusable") == 0) {
			job_sweep(path); /* it had not come so far */
			r = 0;
		} else if (r < 0)
			r = error_pass(err, r, &why);
		else
			x->resumed = true;
	}
	if (dir)
		closedir(dir);
	return r;
}

/* Results that it was writing: each is complete under its name, or not there. */
static void remove_leftovers(struct runner *x)
{
	size_t i;
	json_t *path;

	json_array_foreach(json_object_get(x->state.root, "writing"), i, path)
		if (json_is_string(path))
			(void)unlink(json_string_value(path));
	(void)json_object_del(x->state.root, "writing");
}

static bool are_there(const json_t *paths)
{
	size_t i;
	json_t *path;

	json_array_foreach((json_t *)paths, i, path)
		if (!json_is_string(path) || access(json_string_value(path), R_OK) < 0)
			return false;
	return json_array_size(paths) > 0;
}

/* The conversion of an earlier run, if its results are there; true: it need not be done. */
static bool take_converted(struct runner *x)
{
	json_t *converted = json_object_get(x->state.root, "converted");

	if (x->job.in_place || !are_there(json_object_get(converted, "outputs")) ||
	    report_load(json_deep_copy(converted), &x->report) < 0)
		return false;
	context_log(&x->c->ctx, CVT_LOG_INFO, "%s: was converted before", x->job.name);
	x->resumed = true;
	return true;
}

/* ---- stages ---- */

static int add_disks(struct runner *x, struct cvt_error *err)
{
	int r = x->job.machine ? cvt_add_machine(x->c, x->job.machine, err) : 0;

	for (size_t i = 0; i < x->job.n_sources && r == 0; i++) {
		const struct run_source *s = &x->job.sources[i];
		/* What was taken out of an image is a qcow2. */
		const char *format = s->internal ? "qcow2" : s->format;

		r = cvt_add_disk(x->c, s->file, format, err);
	}
	return r;
}

/* Names that volumes_output() is going to write: known from the disks. */
static int announce_results(struct runner *x, struct cvt_error *err)
{
	const char *format = x->job.output_format ? x->job.output_format : "overlay";
	const char *suffix = strcmp(format, "raw") == 0 ? "raw" : "qcow2";
	json_t *list = json_array();

	for (size_t i = 0; i < x->c->n_disks && list; i++) {
		const char *path = x->c->disks[i].path, *slash = strrchr(path, '/');
		const char *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
		int len = dot && dot > base ? (int)(dot - base) : (int)strlen(base);

		(void)json_array_append_new(list, json_sprintf("%s/%.*s.%s",
							       x->job.output_dir, len,
							       base, suffix));
	}
	if (!list || json_object_set_new(x->state.root, "writing", list) < 0)
		return error_nomem(err);
	return 0;
}

static int set_outcome(struct runner *x, struct cvt_error *err)
{
	int r;

	if (!x->job.in_place) {
		r = cvt_set_output(x->c, x->job.output_dir, x->job.output_format, err);
		if (r == 0)
			r = announce_results(x, err);
		return r;
	}
	cvt_set_in_place(x->c);
	return cvt_set_undo(x->c, x->job.undo, err);
}

static int convert(struct runner *x, struct cvt_error *err)
{
	int r = run_sources_extract(&x->job, &x->c->ctx, x->state.work, err);

	if (r == 0)
		r = add_disks(x, err);
	if (r == 0)
		r = set_outcome(x, err);
	if (r == 0)
		r = cvt_set_work_dir(x->c, x->job.work_dir ? x->job.work_dir : x->state.work,
				     err);
	if (r == 0)
		r = run_state_save(&x->state, err);
	if (r == 0)
		r = cvt_convert(x->c, &x->report, err);
	if (r < 0)
		return r;
	(void)json_object_del(x->state.root, "writing");
	if (json_object_set(x->state.root, "converted", x->report->root) < 0)
		return error_nomem(err);
	return run_state_save(&x->state, err);
}

static int judge(const struct runner *x, struct cvt_error *err)
{
	const char *path, *evidence, *remedy;
	int r;

	if (!x->job.check || !report_check_failure(x->report, &path, &evidence, &remedy))
		return 0;
	r = error_raise(err, ERR_CHECK, path, "%s", evidence ? evidence : "");
	return remedy ? error_remedy(err, r, "%s", remedy) : r;
}

/* The results are the disks from now on. */
static int take_results(struct runner *x, struct cvt_error *err)
{
	const json_t *outputs = json_object_get(x->report->root, "outputs");
	const char *raw = x->job.output_format &&
					  strcmp(x->job.output_format, "raw") == 0
				  ? "raw"
				  : "qcow2";
	size_t i;
	json_t *path;
	int r = 0;

	if (x->job.in_place)
		return x->c->n_disks > 0 ? 0 : add_disks(x, err);
	job_clear_disks(x->c);
	json_array_foreach((json_t *)outputs, i, path)
		if (r == 0)
			r = cvt_add_disk(x->c, json_string_value(path), raw, err);
	return r;
}

static int boot(struct runner *x, struct cvt_error *err)
{
	CLEANUP_REPORT struct cvt_report *booted = NULL;
	int r = take_results(x, err);

	if (r == 0 && !x->c->boot.evidence)
		r = cvt_set_evidence(x->c, x->job.state_dir, err);
	if (r < 0)
		return r;
	r = cvt_boot(x->c, &booted, err);
	return adopt(x, booted, "boot") < 0 ? error_nomem(err) : r;
}

static int describe(struct runner *x, struct cvt_error *err)
{
	size_t i;
	json_t *format;
	int r = 0;

	x->described = json_array();
	json_array_foreach(x->job.describe, i, format) {
		CLEANUP_FREE char *text = NULL, *path = NULL;
		const char *name = json_string_value(format);

		if (r == 0 && !name)
			r = error_raise(err, ERR_JOB_DOCUMENT, NULL,
					"the job has a description that is no name");
		if (r == 0)
			r = cvt_describe(cvt_report_json(x->report), name, &text, err);
		if (r < 0)
			return r;
		if (asprintf(&path, "%s/%s.%s", x->job.state_dir, x->job.name, name) < 0) {
			path = NULL;
			return error_nomem(err);
		}
		r = run_write(path, text, err);
		if (r == 0)
			(void)json_array_append_new(x->described, json_string(path));
	}
	return r;
}

static int run_stages(struct runner *x, struct cvt_error *err)
{
	int r = run_job_configure(&x->job, x->c, err);

	if (r == 0)
		r = resume_commits(x, err);
	remove_leftovers(x);
	if (r == 0 && !take_converted(x))
		r = convert(x, err);
	if (r == 0)
		r = judge(x, err);
	if (r == 0 && x->job.boot)
		r = boot(x, err);
	if (r == 0 && x->job.describe) {
		r = report_finish(x->report) < 0 ? error_nomem(err) : describe(x, err);
	}
	return r;
}

static void remove_extracts(const struct runner *x)
{
	for (size_t i = 0; i < x->job.n_sources; i++)
		if (x->job.sources[i].internal && x->job.sources[i].file &&
		    strcmp(x->job.sources[i].file, x->job.sources[i].path) != 0)
			(void)unlink(x->job.sources[i].file);
}

/* An overlay needs what it lies on, which would be gone with the job. */
static int refuse_overlay(const struct runner *x, struct cvt_error *err)
{
	bool is_overlay = !x->job.output_format ||
			  strcmp(x->job.output_format, "overlay") == 0;

	for (size_t i = 0; i < x->job.n_sources && !x->job.in_place && is_overlay; i++)
		if (x->job.sources[i].internal)
			return error_raise(err, ERR_JOB_DOCUMENT, x->job.sources[i].path,
					   "of a snapshot inside of a file the output is "
					   "qcow2 or raw");
	return 0;
}

static int run(struct runner *x, struct cvt_error *err)
{
	struct cvt_error why = { 0 }, unwritten = { 0 };
	int r = run_sources_find(&x->job, &x->c->ctx, err), finished;

	if (r == 0)
		r = refuse_overlay(x, err);
	if (r == 0)
		r = run_state_open(&x->job, &x->state, err);
	if (r < 0)
		return r;
	finished = find_finished(x);
	if (finished >= 0)
		return repeat(x, finished, err);
	r = run_stages(x, &why);
	remove_extracts(x);
	if (finish_report(x, r, &why, &unwritten) < 0 && r == 0)
		return error_pass(err, unwritten.code, &unwritten);
	return r < 0 ? error_pass(err, r, &why) : 0;
}

int cvt_run(struct cvt *c, const char *job, struct cvt_report **ret, struct cvt_error *err)
{
	struct runner x = { .c = c, .state.lock = -1, .started = time(NULL) };
	struct cvt_error why = { 0 }, ignored;
	int r = run_job_parse(job, &x.job, &why);

	if (r == 0)
		r = run(&x, &why);
	/* One that ended before it had a state has a report all the same. */
	if (r < 0 && !x.report && x.job.name)
		(void)finish_report(&x, r, &why, &ignored);
	*ret = x.report;
	json_decref(x.described);
	run_state_close(&x.state);
	run_job_clear(&x.job);
	return r < 0 ? error_pass(err, r, &why) : 0;
}
