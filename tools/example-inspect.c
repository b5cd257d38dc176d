/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a program uses libconvert: what is on these disks?
 *
 *	cc example-inspect.c $(pkg-config --cflags --libs libconvert)
 *	./a.out server-disk1.qcow2 server-disk2.qcow2
 */
#include <libconvert.h>
#include <stdio.h>

static int fail(const struct cvt_error *err)
{
	fprintf(stderr, "example-inspect: %s (%s); %s\n", err->msg, err->id, err->remedy);
	return err->exit;
}

static void show(const struct cvt_report *report)
{
	const char *id, *path, *text;

	fputs(cvt_report_text(report), stdout);
	for (size_t i = 0; cvt_report_warning(report, i, &id, &path, &text) == 0; i++)
		printf("to be read by a person: %s %s: %s\n", id, path, text);
	fputs(cvt_report_json(report), stdout);
}

int main(int argc, char **argv)
{
	struct cvt_report *report = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c;
	int r;

	if (cvt_new(&c, &err) < 0)
		return fail(&err);
	for (int i = 1; i < argc; i++)
		if (cvt_add_disk(c, argv[i], NULL, &err) < 0)
			break;
	r = err.exit == CVT_EXIT_OK ? cvt_inspect(c, &report, &err) : -1;
	if (r == 0)
		show(report);
	cvt_report_free(report);
	cvt_free(c);
	return r < 0 ? fail(&err) : CVT_EXIT_OK;
}
