/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "inittab-case.h"
#include "step-cases.h"

static glob_t corpus;

START_TEST(test_corpus)
{
	corpus_check(corpus.gl_pathv[_i], edit_inittab);
}
END_TEST

#define SYSV "/etc/inittab=id:3:initdefault:\n"
#define AGETTY "/sbin/agetty=x"
#define JOB                                                                       \
	"# A login on the serial console.\nstart on stopped rc RUNLEVEL=[2345]\n" \
	"stop on runlevel [!2345]\n\nrespawn\nexec /sbin/getty -L 115200 ttyS0 vt100\n"
#define OVERRIDE "# Switched off by a conversion.\nmanual\n"
#define LINK "/etc/systemd/system/getty.target.wants/serial-getty@"

static const struct {
	const char *what, *target;
	struct step_guest guest;
	const char *out; /* what there is then */
	const char *warning;
} cases[] = {
	{ "sysvinit",
	  "kvm",
	  { "sysvinit", NULL, { SYSV, AGETTY } },
	  SYSV "S0:2345:respawn:/sbin/agetty -L 115200 ttyS0 vt100\n\n" AGETTY "\n",
	  NULL },
	{ "another speed",
	  "gce",
	  { "sysvinit", NULL, { SYSV, AGETTY } },
	  SYSV "S0:2345:respawn:/sbin/agetty -L 38400 ttyS0 vt100\n\n" AGETTY "\n",
	  NULL },
	{ "Xen",
	  "xen",
	  { "sysvinit", NULL, { SYSV "a:3:respawn:/sbin/x xvc0\n", AGETTY } },
	  SYSV "#a:3:respawn:/sbin/x xvc0\nhvc0:2345:respawn:/sbin/agetty -L 38400 hvc0 "
	       "vt100\n\n" AGETTY "\n",
	  NULL },
	{ "no serial console",
	  "vmware",
	  { "sysvinit",
	    NULL,
	    { SYSV "a:3:respawn:/sbin/x hvc0\n", "/etc/securetty=tty1\n" } },
	  SYSV "#a:3:respawn:/sbin/x hvc0\n\n/etc/securetty=tty1\n\n",
	  NULL },
	{ "BusyBox",
	  "kvm",
	  { "openrc",
	    "alpine",
	    { "/etc/inittab=::sysinit:/sbin/openrc\n", "/sbin/getty>/bin/busybox" } },
	  "/etc/inittab=::sysinit:/sbin/openrc\nttyS0::respawn:/sbin/getty -L 115200 "
	  "ttyS0 vt100\n\n"
	  "/sbin/getty>/bin/busybox\n",
	  NULL },
	{ "no getty", "kvm", { "sysvinit", NULL, { SYSV } }, SYSV "\n", "getty-missing" },
	{ "no getty, and none needed",
	  "kvm",
	  { "sysvinit", NULL, { SYSV "a:3:respawn:/x ttyS0\n" } },
	  SYSV "a:3:respawn:/x ttyS0\n\n",
	  NULL },
	{ "a file of another init",
	  "kvm",
	  { "systemd", NULL, { SYSV, AGETTY } },
	  SYSV "\n" AGETTY "\n",
	  NULL },
	{ "upstart",
	  "kvm",
	  { "upstart",
	    NULL,
	    { "/etc/init/tty1.conf=exec getty tty1\n# ttyS0\n", "/sbin/getty=x" } },
	  "/etc/init/tty1.conf=exec getty tty1\n# ttyS0\n\n/etc/init/ttyS0.conf=" JOB
	  "\n/sbin/getty=x\n",
	  NULL },
	{ "upstart has one",
	  "kvm",
	  { "upstart",
	    NULL,
	    { "/etc/init/serial.conf=exec agetty ttyS0 9600\n", AGETTY } },
	  "/etc/init/serial.conf=exec agetty ttyS0 9600\n\n" AGETTY "\n",
	  NULL },
	{ "RHEL 6",
	  "kvm",
	  { "upstart",
	    NULL,
	    { "/etc/init/serial.conf=start on fedora.serial-console-available DEV=* and "
	      "stopped rc\n",
	      AGETTY } },
	  "/etc/init/serial.conf=start on fedora.serial-console-available DEV=* and "
	  "stopped rc\n\n" AGETTY "\n",
	  NULL },
	{ "upstart on Xen before",
	  "kvm",
	  { "upstart", NULL, { "/etc/init/hvc0.conf=x ttyS0" } },
	  "/etc/init/hvc0.conf=x ttyS0\n/etc/init/hvc0.override=" OVERRIDE "\n",
	  NULL },
	{ "and back",
	  "xen",
	  { "upstart",
	    NULL,
	    { "/etc/init/hvc0.conf=x", "/etc/init/hvc0.override=" OVERRIDE } },
	  "/etc/init/hvc0.conf=x\n",
	  NULL },
	{ "an override of the owner",
	  "xen",
	  { "upstart",
	    NULL,
	    { "/etc/init/hvc0.conf=x", "/etc/init/hvc0.override=manual\n" } },
	  "/etc/init/hvc0.conf=x\n/etc/init/hvc0.override=manual\n\n",
	  NULL },
	{ "systemd on Xen before",
	  "kvm",
	  { "systemd", NULL, { LINK "hvc0.service>/x", LINK "ttyS0.service>/x" } },
	  LINK "ttyS0.service>/x\n",
	  NULL },
	{ "systemd stays on Xen",
	  "xen",
	  { "systemd", NULL, { LINK "hvc0.service>/x" } },
	  LINK "hvc0.service>/x\n",
	  NULL },
	{ "units that the distribution makes",
	  "kvm",
	  { "systemd", NULL, { "/etc/systemd/system>/nix", LINK "hvc0.service>/x" } },
	  "/etc/systemd/system>/nix\n" LINK "hvc0.service>/x\n",
	  NULL },
	{ "root may log in",
	  "kvm",
	  { "systemd", NULL, { "/etc/securetty=tty1\ntty2" } },
	  "/etc/securetty=tty1\ntty2\nttyS0\n\n",
	  NULL },
	{ "and did already",
	  "kvm",
	  { "systemd", NULL, { "/etc/securetty=ttyS0\ntty1\n" } },
	  "/etc/securetty=ttyS0\ntty1\n\n",
	  NULL },
	{ "root may log in nowhere",
	  "kvm",
	  { "systemd", NULL, { "/etc/securetty=" } },
	  "/etc/securetty=\n",
	  NULL },
};

START_TEST(test_step)
{
	const struct request q = { .target = target_find(cases[_i].target) };
	CLEANUP_GUEST struct guest g = { 0 }, before = { 0 };

	fill_guest(&g, &cases[_i].guest);
	fill_guest(&before, &cases[_i].guest);
	check_case(cases[_i].what, &step_console, &before, &g, &q, cases[_i].out,
		   cases[_i].warning);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-console");
	TCase *t = tcase_create("all");

	if (corpus_open("inittab/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(t, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(t, test_step, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, t);
	return suite_run(s);
}
