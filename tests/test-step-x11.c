/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step-cases.h"
#include "xorg-case.h"

static glob_t corpus;

START_TEST(test_corpus)
{
	corpus_check(corpus.gl_pathv[_i], edit_xorg);
}
END_TEST

#define DEVICE(driver) "Section \"Device\"\n Driver \"" driver "\"\nEndSection\n"
#define CONF "/etc/X11/xorg.conf="
#define DIR "/usr/lib64/xorg/modules/drivers/"

static const struct {
	const char *what, *target;
	struct step_guest guest;
	const char *out; /* what there is then */
	const char *warning;
} cases[] = {
	{ "any card",
	  "kvm",
	  { NULL,
	    NULL,
	    { CONF DEVICE("vmware"), DIR "modesetting_drv.so=x", DIR "vesa_drv.so=x" } },
	  CONF DEVICE("modesetting") "\n" DIR "modesetting_drv.so=x\n" DIR
				     "vesa_drv.so=x\n",
	  NULL },
	{ "an old server",
	  "kvm",
	  { NULL, NULL, { CONF DEVICE("vmware"), DIR "vesa_drv.so=x" } },
	  CONF DEVICE("vesa") "\n" DIR "vesa_drv.so=x\n",
	  NULL },
	{ "one file of many",
	  "hyperv",
	  { NULL,
	    NULL,
	    { "/etc/X11/xorg.conf.d/10-x.conf=" DEVICE("qxl"), DIR "fbdev_drv.so=x" } },
	  "/etc/X11/xorg.conf.d/10-x.conf=" DEVICE("fbdev") "\n" DIR "fbdev_drv.so=x\n",
	  NULL },
	{ "the target's own",
	  "vmware",
	  { NULL, NULL, { CONF DEVICE("vmware") } },
	  CONF DEVICE("vmware") "\n",
	  NULL },
	{ "another one's",
	  "kvm",
	  { NULL, NULL, { CONF DEVICE("nvidia") } },
	  CONF DEVICE("nvidia") "\n",
	  NULL },
	{ "nothing else there",
	  "kvm",
	  { NULL, NULL, { CONF DEVICE("vmware") } },
	  CONF DEVICE("vmware") "\n",
	  "x11-driver-kept" },
};

START_TEST(test_step)
{
	const struct request q = { .target = target_find(cases[_i].target) };
	CLEANUP_GUEST struct guest g = { 0 };

	fill_guest(&g, &cases[_i].guest);
	check_case(cases[_i].what, &step_x11, &g, &g, &q, cases[_i].out,
		   cases[_i].warning);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-x11");
	TCase *t = tcase_create("all");

	if (corpus_open("xorg/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(t, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(t, test_step, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, t);
	return suite_run(s);
}
