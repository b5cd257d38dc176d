/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Private to report/: the report itself, and its parts as JSON.  A function that returns
 * a new json_t returns NULL if there is no memory.
 */
#ifndef REPORT_REPORT_PARTS_H
#define REPORT_REPORT_PARTS_H

#include <jansson.h>

#include "report/report.h"

struct cvt_report {
	json_t *root;
	const struct target *target; /* NULL: none */
	unsigned memory_mib, cpus;   /* of the new machine; 0: not said */
	char *json;		     /* NULL before report_finish() */
	char *text;
	char *diff; /* NULL before report_plan() */
	char *html; /* NULL before cvt_report_html() */
};

json_t *json_text(const char *s); /* null if @s is NULL; any bytes will do */
json_t *json_names(const struct names *l);
json_t *json_guest(const struct guest *g);
json_t *json_edit(const struct guest *g, const struct edit *e);
json_t *json_check(const struct answers *a);

int report_add_launch(struct cvt_report *r); /* when all else is known */
char *report_to_text(const json_t *root);
char *report_to_html(const json_t *root, const char *diff);
char *plan_to_diff(const struct guest *g, const struct plan *p);

#endif
