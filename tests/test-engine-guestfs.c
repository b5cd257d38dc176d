/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contract of engine.h through a libguestfs appliance.  Slow where there is no KVM. */
#include <config.h>

#include "engine-disk.h"

START_TEST(test_contract)
{
	contract_on_disk("guestfs");
	run("! grep -q %s /proc/mounts", dir);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;

	if (!getenv("LIBCONVERT_SLOW")) {
		puts("SKIP: slow; set LIBCONVERT_SLOW=1 to run it");
		return 77;
	}
	if (geteuid() != 0 || access("/dev/fuse", W_OK) < 0) {
		puts("SKIP: needs /dev/fuse, and root to look at what was written");
		return 77;
	}
	s = suite_create("engine-guestfs");
	tc = tcase_create("all");
	tcase_set_timeout(tc, 600);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_contract);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
