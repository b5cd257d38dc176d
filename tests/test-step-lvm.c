/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/lvm_conf.h"
#include "step/step.h"
#include "suite.h"

#define OURS " \"a|^/dev/(sd|vd|xvd|nvme)|\","

static const struct {
	const char *in, *out; /* NULL: it stays */
} filters[] = {
	{ "devices {\n\tfilter = [ \"a|/dev/sda.*|\", \"r|.*|\" ]\n}\n",
	  "devices {\n\tfilter = [" OURS " \"a|/dev/sda.*|\", \"r|.*|\" ]\n}\n" },
	{ "global_filter=[\"a/xvd/\",\"a|/dev/xvdb|\",\"r/.*/\"]",
	  "global_filter=[" OURS "\"a/xvd/\",\"a|/dev/xvdb|\",\"r/.*/\"]" },
	{ "# filter = [ \"a|/dev/sda|\", \"r|.*|\" ]\n", NULL },
	{ "filter = [ \"a|.*|\" ]\n", NULL },
	{ "filter = [ \"r|/dev/sdb|\" ]\n", NULL },
	{ "filter = [ \"a|/dev/mapper/x|\", \"r|.*|\" ]\n", NULL },
	{ "filter = [\n\"a|/dev/sda|\", \"r|.*|\" ]\n", NULL },
	{ "filters = [ \"a|/dev/sda|\", \"r|.*|\" ]\n", NULL },
	{ "filter", NULL },
	{ "", NULL },
};

START_TEST(test_filter)
{
	const char *in = filters[_i].in, *want = filters[_i].out ? filters[_i].out : in;
	CLEANUP_BYTES struct bytes out = { 0 }, again = { 0 };

	ck_assert_int_eq(lvm_conf_open_filters(in, strlen(in), &out), 0);
	ck_assert_str_eq(out.data, want);
	ck_assert_int_eq(lvm_conf_open_filters(out.data, out.len, &again), 0);
	ck_assert_str_eq(again.data, want);
}
END_TEST

#define BOUND \
	"VERSION=1.1.2\nIDTYPE=sys_wwid IDNAME=naa.6 DEVNAME=/dev/sda2 PVID=x PART=2\n"

START_TEST(test_bound)
{
	ck_assert(lvm_devices_are_bound(BOUND));
	ck_assert(lvm_devices_are_bound("IDTYPE=devname IDNAME=/dev/sda2\n"));
	ck_assert(!lvm_devices_are_bound("IDTYPE=crypt_uuid IDNAME=CRYPT-x\n"));
	ck_assert(!lvm_devices_are_bound("# IDTYPE=sys_wwid\nVERSION=1\n"));
	ck_assert(!lvm_devices_are_bound(""));
}
END_TEST

#define FILE_ "/etc/lvm/devices/system.devices"

START_TEST(test_step)
{
	struct guest_file files[] = {
		{ (char *)"/etc/blkid.tab", { (char *)"x", 1, 0 }, NULL, 0644 },
		{ (char *)FILE_, { (char *)BOUND, strlen(BOUND), 0 }, NULL, 0600 },
	};
	const struct guest g = { .files = files, .n_files = 2 };
	const struct request q = { .target = target_find("kvm") };
	CLEANUP_PLAN struct plan p = { 0 }, again = { 0 };

	ck_assert_int_eq(step_lvm.plan(&g, &q, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits, 3);
	ck_assert_str_eq(plan_text(&p, &g, FILE_ ".before-conversion"), BOUND);
	ck_assert_int_eq(p.edits[1].action, EDIT_REMOVE);
	ck_assert_str_eq(p.edits[1].path, FILE_);
	ck_assert_str_eq(p.edits[2].path, "/etc/blkid.tab");
	/* As it is then. */
	files[0] = (struct guest_file){ (char *)FILE_ ".before-conversion",
					{ (char *)BOUND, strlen(BOUND), 0 },
					NULL,
					0600 };
	const struct guest then = { .files = files, .n_files = 1 };
	ck_assert_int_eq(step_lvm.plan(&then, &q, &again, NULL), 0);
	ck_assert_uint_eq(again.n_edits, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-lvm");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, test_filter, 0, ARRAY_SIZE(filters));
	tcase_add_test(t, test_bound);
	tcase_add_test(t, test_step);
	suite_add_tcase(s, t);
	return suite_run(s);
}
