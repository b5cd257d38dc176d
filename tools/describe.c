/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* convert-image describe: a report in, the description of the new machine out. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define MAX_REPORT (64 << 20)

static int unreadable(const char *path, const char *why, struct cvt_error *err)
{
	*err = (struct cvt_error){ .exit = CVT_EXIT_INPUT,
				   .id = "job-unusable",
				   .remedy = "give what --report has written" };
	snprintf(err->path, sizeof(err->path), "%s", path);
	snprintf(err->msg, sizeof(err->msg), "%.200s: %s", path, why);
	return -1;
}

/* Appends what is left of @in; NULL: there is no memory. */
static char *read_rest(FILE *in, size_t *len)
{
	char *text = NULL, *grown;
	size_t n = 1;

	for (*len = 0; n > 0 && *len <= MAX_REPORT; *len += n) {
		grown = realloc(text, *len + 65536 + 1);
		if (!grown) {
			free(text);
			return NULL;
		}
		text = grown;
		n = fread(text + *len, 1, 65536, in);
	}
	text[*len] = '\0';
	return text;
}

static int read_report(const char *path, char **ret, struct cvt_error *err)
{
	FILE *in = fopen(path, "re");
	char *text;
	size_t len;
	int r = 0;

	if (!in)
		return unreadable(path, strerror(errno), err);
	text = read_rest(in, &len);
	if (!text || ferror(in))
		r = unreadable(path, strerror(errno), err);
	else if (len > MAX_REPORT || strlen(text) != len)
		r = unreadable(path, "is no report", err);
	fclose(in);
	if (r < 0)
		free(text);
	else
		*ret = text;
	return r;
}

int describe(const struct run *x, const char *path, struct cvt_error *err)
{
	char *report, *text;
	int r = read_report(path, &report, err);

	if (r < 0)
		return exit_code(err);
	r = cvt_describe(report, x->as, &text, err);
	free(report);
	if (r < 0)
		return exit_code(err);
	ui_print(&x->ui, text, NULL);
	free(text);
	return CVT_EXIT_OK;
}
