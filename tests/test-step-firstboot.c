/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <sys/stat.h>

#include "step-cases.h"

#define DIR "/etc/libconvert/firstboot"
#define NAME "libconvert-firstboot"
#define FIRST "+" DIR "/run\n+" DIR "/todo/01-a\n+" DIR "/todo/02-b\n"

static const struct request_script scripts[] = {
	{ (char *)"a", (char *)"#!/bin/sh\necho a $PWD\n" },
	{ (char *)"b", (char *)"#!/bin/sh\necho b; exit 3\n" },
};
static const struct request request = { .scripts = scripts, .n_scripts = 2 };

static const struct {
	const char *what;
	struct step_guest guest;
	const char *edits;
	const char *depends; /* what is written to .depend.start */
} cases[] = {
	{ "systemd",
	  { "systemd", "debian", { NULL } },
	  FIRST "+/etc/systemd/system/" NAME ".service\n/etc/systemd/system/"
		"multi-user.target.wants/" NAME ".service>../" NAME ".service\n" },
	{ "an unknown init",
	  { NULL, NULL, { NULL } },
	  FIRST "+/etc/systemd/system/" NAME ".service\n/etc/systemd/system/"
		"multi-user.target.wants/" NAME ".service>../" NAME ".service\n" },
	{ "upstart",
	  { "upstart", "ubuntu", { NULL } },
	  FIRST "+/etc/init.d/" NAME "\n/etc/rc2.d/S99" NAME ">../init.d/" NAME
		"\n/etc/rc3.d/S99" NAME ">../init.d/" NAME "\n/etc/rc5.d/S99" NAME
		">../init.d/" NAME "\n" },
	{ "SysV, started in parallel",
	  { "sysvinit",
	    "devuan",
	    { "/etc/init.d/.depend.start=TARGETS = cron ssh\nINTERACTIVE =\nssh: "
	      "cron" } },
	  FIRST "+/etc/init.d/" NAME "\n/etc/rc2.d/S99" NAME ">../init.d/" NAME
		"\n/etc/rc3.d/S99" NAME ">../init.d/" NAME "\n/etc/rc5.d/S99" NAME
		">../init.d/" NAME "\n+/etc/init.d/.depend.start\n",
	  "TARGETS = cron ssh " NAME "\nINTERACTIVE =\nssh: cron\n" NAME ": cron ssh\n" },
	{ "SUSE, with a file that says nothing",
	  { "sysvinit", "sles", { "/etc/init.d/.depend.start=x\n" } },
	  FIRST "+/etc/init.d/" NAME "\n/etc/init.d/rc3.d/S99" NAME ">../" NAME
		"\n/etc/init.d/rc5.d/S99" NAME ">../" NAME "\n" },
	{ "OpenRC",
	  { "openrc", "alpine", { NULL } },
	  FIRST "+/etc/init.d/" NAME "\n/etc/runlevels/default/" NAME ">/etc/init.d/" NAME
		"\n" },
};

START_TEST(test_case)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_FREE char *words = NULL;

	fill_guest(&g, &cases[_i].guest);
	plan_and_apply(&step_firstboot, &g, &request, &p);
	wants_all(&step_firstboot, &g, &request, &p);
	words = plan_words(&p);
	ck_assert_msg(strcmp(words, cases[_i].edits) == 0, "%s:\n%s", cases[_i].what,
		      words);
	if (cases[_i].depends)
		ck_assert_str_eq(guest_text(&g, "/etc/init.d/.depend.start"),
				 cases[_i].depends);
	for (size_t i = 0; i < p.n_edits; i++)
		if (strncmp(p.edits[i].path, DIR, strlen(DIR)) == 0)
			ck_assert_uint_eq(p.edits[i].mode, 0755);
}
END_TEST

START_TEST(test_nothing_asked)
{
	const struct request none = { 0 };
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_WANTS struct wants w = { 0 };

	ck_assert_int_eq(step_firstboot.want(&g, &none, &w, NULL), 0);
	ck_assert_uint_eq(w.n, 0);
	plan_and_apply(&step_firstboot, &g, &none, &p);
	ck_assert_uint_eq(p.n_edits, 0);
}
END_TEST

START_TEST(test_units_are_made)
{
	static const struct step_guest guest = {
		"systemd", "nixos", { "/etc/systemd/system>/etc/static/systemd/system" }
	};
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };

	fill_guest(&g, &guest);
	plan_and_apply(&step_firstboot, &g, &request, &p);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_uint_eq(p.n_warnings, 1);
	ck_assert_str_eq(p.warnings[0].id, "firstboot-left");
}
END_TEST

/* @text with each path of the guest's below @root, so that this host may run it. */
static void put_below(const char *root, const char *path, const char *text)
{
	CLEANUP_FREE char *full = NULL, *command = NULL;
	CLEANUP_FCLOSE FILE *f = NULL;

	ck_assert(asprintf(&full, "%s%s", root, path) > 0);
	ck_assert(asprintf(&command, "mkdir -p $(dirname '%s')", full) > 0);
	ck_assert_int_eq(system(command), 0);
	f = fopen(full, "we");
	ck_assert_ptr_nonnull(f);
	for (const char *s = text; *s; s++) {
		if ((s == text || s[-1] == ' ') &&
		    (strncmp(s, "/etc", 4) == 0 || strncmp(s, DIR, strlen(DIR)) == 0))
			fputs(root, f);
		fputc(*s, f);
	}
	ck_assert_int_eq(chmod(full, 0755), 0);
}

/* The runner, run by this host's shell: once each, in order, and then it is switched off. */
START_TEST(test_runner)
{
	static const char *const checks =
		"set -e; cd %s; sh ." DIR "/run >log 2>err; "
		"grep -qx \"a $PWD" DIR "\" log; grep -qx b log; [ $(wc -l <log) = 2 ]; "
		"grep -q '02-b has failed with status 3' err; "
		"[ ! -e etc/rc3.d/S99" NAME " ]; [ -e etc/rc3.d/S20x ]; "
		"sh ." DIR "/run >log; [ ! -s log ]";
	CLEANUP_GUEST struct guest g = { .init = strdup("sysvinit"),
					 .os_id = strdup("x") };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_FREE char *command = NULL, *clean = NULL;
	char root[] = "/tmp/test-firstboot-XXXXXX";
	struct cvt_error err = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(step_firstboot.plan(&g, &request, &p, &err), 0);
	for (size_t i = 0; i < p.n_edits; i++)
		put_below(root, p.edits[i].path,
			  p.edits[i].link ? "" : p.edits[i].data.data);
	put_below(root, "/etc/rc3.d/S20x", "");
	ck_assert(asprintf(&command, checks, root) > 0);
	ck_assert(asprintf(&clean, "rm -r '%s'", root) > 0);
	int r = system(command);

	ck_assert_int_eq(system(clean), 0);
	ck_assert_int_eq(r, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-firstboot");
	TCase *tc = tcase_create("step-firstboot");

	tcase_add_loop_test(tc, test_case, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_nothing_asked);
	tcase_add_test(tc, test_units_are_made);
	tcase_add_test(tc, test_runner);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
