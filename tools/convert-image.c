/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options in, messages and exit code out.  The work is done by libconvert. */
#include <config.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static int print_targets(void)
{
	const char *name, *summary = "";

	for (size_t i = 0; (name = cvt_target_name(i, &summary)); i++)
		printf("%-10s %s\n", name, summary);
	return CVT_EXIT_OK;
}

/* Hand the disks to the job, and open what it will write to besides. */
static int prepare(struct run *x, char **disks, struct cvt_error *err)
{
	int r = CVT_EXIT_OK;

	for (; *disks; disks++)
		if (cvt_add_disk(x->c, *disks, x->input_format, err) < 0)
			return exit_code(err);
	if (x->machine && cvt_add_machine(x->c, x->machine, err) < 0)
		return exit_code(err);
	if (x->in_place)
		cvt_set_in_place(x->c);
	if (x->undo && cvt_set_undo(x->c, x->undo, err) < 0)
		return exit_code(err);
	if (x->output && cvt_set_output(x->c, x->output, x->format, err) < 0)
		return exit_code(err);
	if (x->events)
		r = ui_open_events(&x->ui, x->events, err);
	if (r == CVT_EXIT_OK && x->report)
		r = ui_open_report(&x->ui, x->report, err);
	ui_attach(&x->ui, x->c);
	return r;
}

static struct cvt *volatile running;

static void on_signal(int signo)
{
	(void)signo;
	if (running)
		cvt_cancel(running);
}

/* Without SA_RESTART, so that what the library waits for ends.  What nohup(1) made
 * ignored stays so.
 */
static void catch_signals(struct cvt *c)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old, act = { .sa_handler = on_signal };

	running = c;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, NULL);
}

static void print_report(const struct run *x, const struct cvt_report *report,
			 bool failed)
{
	if (!report)
		return;
	if (x->wants_json)
		ui_print(&x->ui, cvt_report_json(report), NULL);
	else if (x->wants_diff && !failed)
		ui_print(&x->ui, cvt_report_diff(report), color_of_diff);
	else if ((!failed || (x->command & (CHECK | BOOT | RUN))) && !x->ui.quiet)
		ui_print(&x->ui, cvt_report_text(report), color_of_text);
}

static int call(const struct run *x, struct cvt_report **ret, struct cvt_error *err)
{
	if (x->command == INSPECT)
		return cvt_inspect(x->c, ret, err);
	if (x->command == CHECK)
		return cvt_check(x->c, ret, err);
	if (x->command == RUN)
		return cvt_run(x->c, x->job, ret, err);
	if (x->command == BOOT)
		return cvt_boot(x->c, ret, err);
	if (x->command == PLAN)
		return cvt_plan(x->c, ret, err);
	return cvt_convert(x->c, ret, err);
}

static int run_command(struct run *x, struct cvt_error *err)
{
	struct cvt_report *report = NULL;
	struct cvt_error unwritten = { 0 };
	bool failed = call(x, &report, err) < 0;

	/* What went wrong first is what the one line of the failure says. */
	if (ui_result(&x->ui, report, failed ? err : NULL, &unwritten) < 0 && !failed)
		*err = unwritten;
	print_report(x, report, failed);
	cvt_report_free(report);
	return failed ? exit_code(err) : err->exit;
}

static int resume(struct run *x, const char *dir, struct cvt_error *err)
{
	enum cvt_resumed resumed;

	ui_attach(&x->ui, x->c);
	if (cvt_resume(x->c, dir, &resumed, err) < 0)
		return exit_code(err);
	if (!x->ui.quiet)
		ui_print(&x->ui,
			 resumed == CVT_RESUMED_FINISHED
				 ? "finished: all is written to the disks\n"
				 : "forgotten: the disks are unchanged\n",
			 NULL);
	return CVT_EXIT_OK;
}

static int undo(struct run *x, char **words, struct cvt_error *err)
{
	int done;
	int r = prepare(x, words + 1, err);

	if (r != CVT_EXIT_OK)
		return r;
	if (cvt_undo(x->c, words[0], &done, err) < 0)
		return exit_code(err);
	if (!x->ui.quiet)
		ui_print(&x->ui,
			 done ? "undone: the disks are as before the conversion\n"
			      : "unchanged: the disks are as before the conversion\n",
			 NULL);
	return CVT_EXIT_OK;
}

static int make_instance(struct run *x, struct cvt_error *err)
{
	ui_attach(&x->ui, x->c);
	return cvt_make_instance(x->c, x->output, x->kernel, x->modules, err) < 0
		       ? exit_code(err)
		       : CVT_EXIT_OK;
}

#define JOB_MAX ((size_t)4 << 20)

/* The document: a file, or standard input for "-". */
static int read_job(const char *path, char **ret, struct cvt_error *err)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	char *text = malloc(JOB_MAX + 1);
	size_t n = f && text ? fread(text, 1, JOB_MAX + 1, f) : 0;

	if (f && f != stdin)
		fclose(f);
	if (!f || !text || n > JOB_MAX) {
		free(text);
		return usage(err, "%s: %s", path, !f ? "the job cannot be read"
						     : "no job has more than 4 MiB");
	}
	text[n] = '\0';
	*ret = text;
	return CVT_EXIT_OK;
}

static int run_job(struct run *x, struct cvt_error *err)
{
	char *job = NULL;
	int r = read_job(x->words[0], &job, err);

	if (r != CVT_EXIT_OK)
		return r;
	ui_name_job(&x->ui, job);
	x->job = job;
	x->ui.heartbeat = x->heartbeat;
	x->words++;
	r = prepare(x, x->words, err);
	if (r == CVT_EXIT_OK)
		r = run_command(x, err);
	free(job);
	return r;
}

static int perform(struct run *x, struct cvt_error *err)
{
	int r;

	switch (x->command) {
	case TARGETS:
		return print_targets();
	case COMPLETION:
		return options_print_completion(x->words[0], err);
	case MAKE:
		return make_instance(x, err);
	case DESCRIBE:
		return describe(x, x->words[0], err);
	case RESUME:
		return resume(x, x->words[0], err);
	case RUN:
		return run_job(x, err);
	case UNDO:
		return undo(x, x->words, err);
	default:
		r = prepare(x, x->words, err);
		return r == CVT_EXIT_OK ? run_command(x, err) : r;
	}
}

static int run(struct run *x, int argc, char **argv, struct cvt_error *err)
{
	int r = options_parse(x, argc, argv, err);

	if (r == CVT_EXIT_OK && x->wants_help)
		options_print_help(x);
	else if (r == CVT_EXIT_OK && x->wants_version)
		printf(PROGRAM " %s\n", cvt_version());
	else if (r == CVT_EXIT_OK)
		r = perform(x, err);
	return r;
}

int main(int argc, char **argv)
{
	struct run x = { 0 };
	struct cvt_error unwritten, err = { 0 };
	int r = cvt_new(&x.c, &err) < 0 ? exit_code(&err) : CVT_EXIT_OK;

	if (r == CVT_EXIT_OK) {
		catch_signals(x.c);
		r = run(&x, argc, argv, &err);
	}
	if (ui_flush(&unwritten) < 0 && r == CVT_EXIT_OK) {
		err = unwritten;
		r = exit_code(&err);
	}
	if (r != CVT_EXIT_OK)
		ui_error(&x.ui, &err);
	running = NULL;
	ui_close(&x.ui);
	cvt_free(x.c);
	return r;
}
