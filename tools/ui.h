/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What convert-image shows: messages, progress, events and the report file. */
#ifndef TOOLS_UI_H
#define TOOLS_UI_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "libconvert.h"
#include "term.h"

#define PROGRAM "convert-image"

struct ui {
	bool quiet;
	int verbose;	   /* 1: log lines, 2: debug lines too */
	struct bar bar;
	enum color color;
	FILE *events;	   /* JSON lines, or NULL */
	char *report_path; /* where the report goes, or NULL */
	char *report_temp; /* its temporary name; NULL: written in place */
	FILE *report;
	/* Of a job: what stands in every event; NULL: none */
	char *job;
	void *labels; /* json_t * */
	unsigned heartbeat; /* seconds between events of its own; 0: none */
	pthread_t beat;
	bool beats;
};

/* These fill @err and return CVT_EXIT_OK or CVT_EXIT_USAGE. */
int ui_open_events(struct ui *ui, const char *where, struct cvt_error *err);
int ui_open_report(struct ui *ui, const char *path, struct cvt_error *err);
void ui_close(struct ui *ui); /* a report that was not written leaves no trace */

/* Name the job, from its document, in every event from now on. */
void ui_name_job(struct ui *ui, const char *document);

void ui_attach(struct ui *ui, struct cvt *c); /* log lines and progress come here */

/* The one line of a failure. */
void ui_error(struct ui *ui, const struct cvt_error *err);

/* Text that may hold anything, to standard output; on a terminal without its controls.  With
 * @color_of each line gets the colour that it says.
 */
void ui_print(const struct ui *ui, const char *text,
	      const char *(*color_of)(const char *line));

/* The last event and the report file; 0, or -1 with @err filled. */
int ui_result(struct ui *ui, struct cvt_report *report, const struct cvt_error *failure,
	      struct cvt_error *err);

/* All of standard output is written: 0, or -1 with @err filled. */
int ui_flush(struct cvt_error *err);

#endif
