/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that links the library: it runs the whole job of the document JOB, and counts
 * what it is told; with "cancel" it stops it as soon as the guest is inspected.
 *
 * usage: run-program JOB [cancel]
 */
#include <libconvert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told {
	struct cvt *c;
	int cancel;
	unsigned stages, percent, lines;
	char last[16];
};

static void on_log(enum cvt_log_level level, const char *line, void *data)
{
	struct told *t = data;

	(void)level, (void)line;
	t->lines++;
}

static void on_progress(const char *stage, unsigned percent, void *data)
{
	struct told *t = data;

	if (percent < t->percent)
		abort();
	t->percent = percent;
	t->stages++;
	snprintf(t->last, sizeof(t->last), "%s", stage);
	if (t->cancel && strcmp(stage, "inspect") == 0)
		cvt_cancel(t->c);
}

static char *slurp(const char *path)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return n > 0 ? text : NULL;
}

int main(int argc, char **argv)
{
	struct told t = { .cancel = argc > 2 };
	struct cvt_report *report = NULL;
	struct cvt_error err = { 0 };
	char *job = argc > 1 ? slurp(argv[1]) : NULL;

	if (!job || cvt_new(&t.c, &err) < 0)
		return CVT_EXIT_USAGE;
	cvt_set_log(t.c, on_log, &t);
	cvt_set_progress(t.c, on_progress, &t);
	if (cvt_run(t.c, job, &report, &err) < 0)
		printf("%s: %s; %s\n", err.id, err.msg, err.remedy);
	printf("status %s, %u stages, last %s, %s\n",
	       report ? cvt_report_status(report) : "none", t.stages, t.last,
	       report && strstr(cvt_report_json(report), "\"sources\"") ? "sources" : "no sources");
	cvt_report_free(report);
	cvt_free(t.c);
	return err.exit;
}
