/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libconvert.h is all that a program needs: C99, and linked with the shared library only.
 */
#include <libconvert.h>

#include <stdio.h>
#include <string.h>

/* Before any call a job has no disk; that is a usage error with a report. */
static int run_empty(struct cvt *c)
{
	struct cvt_report *report = NULL;
	struct cvt_error err;
	int r = cvt_inspect(c, &report, &err);

	if (r >= 0 || err.exit != CVT_EXIT_USAGE || err.msg[0] == '\0' || err.code != r)
		return 1;
	if (!report || strcmp(cvt_report_status(report), "failed") != 0)
		return 1;
	cvt_report_free(report);
	return 0;
}

int main(void)
{
	struct cvt_error err;
	struct cvt *c = NULL;
	const char *summary = NULL;
	int bad = 0;

	if (cvt_new(&c, &err) < 0 || !c)
		return 1;
	bad |= strcmp(cvt_version(), PACKAGE_VERSION) != 0;
	bad |= cvt_target_name(0, &summary) == NULL || summary == NULL;
	bad |= cvt_target_name(10000, NULL) != NULL;
	bad |= cvt_set_target(c, "nowhere", &err) >= 0 || err.exit != CVT_EXIT_USAGE;
	bad |= cvt_set_target(c, "aws", NULL) != 0;
	bad |= cvt_set_memory(c, 1, NULL) >= 0 || cvt_set_memory(c, 0, &err) != 0;
	bad |= cvt_set_launch(c, 1, 1, &err) >= 0 || cvt_set_launch(c, 1024, 0, NULL) != 0;
	bad |= cvt_set_engine(c, "nothing", NULL) >= 0;
	bad |= cvt_add_nic(c, "52:54:00:12:34", NULL, &err) >= 0;
	bad |= cvt_set_output(c, ".", "vmdk", &err) >= 0;
	bad |= run_empty(c);
	cvt_free(c);
	cvt_free(NULL);
	cvt_report_free(NULL);
	if (bad)
		puts("libconvert.h is not kept");
	return bad;
}
