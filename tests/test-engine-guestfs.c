/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The contract of engine.h through a libguestfs appliance.  Slow where there is no KVM.
 */
#include <config.h>

#include <pthread.h>

#include "engine-disk.h"

START_TEST(test_contract)
{
	contract_on_disk("guestfs");
	run("! grep -q %s /proc/mounts", dir);
}
END_TEST

START_TEST(test_subvolumes)
{
	contract_subvolumes("guestfs");
}
END_TEST

#define DISKS 8

/* The kernel of the appliance numbers disks as it finds them: programs of its shell have to get
 * the disk that is meant.
 */
START_TEST(test_order_of_disks)
{
	static const char *const blkid[] = { "blkid", "-o", "value", "-s",
					     "LABEL", "",   NULL };
	CLEANUP_GUEST struct guest g = { 0 };
	struct volumes_options options = { dir, true };
	struct disk disks[DISKS];
	char paths[DISKS][64];
	struct volumes *v = NULL;
	struct cvt_error err;
	struct engine *e;

	run("cd %s; for i in 0 1 2 3 4 5 6 7; do truncate -s 8M $i; mkfs.ext4 -qF -L "
	    "label$i $i; "
	    "done",
	    dir);
	for (size_t i = 0; i < DISKS; i++) {
		snprintf(paths[i], sizeof(paths[i]), "%s/%zu", dir, i);
		disks[i] = (struct disk){ paths[i], "raw" };
	}
	ck_assert_int_eq(volumes_open(NULL, disks, DISKS, &options, &v, &err), 0);
	ck_assert_int_eq(volumes_probe(v, &g, &err), 0);
	ck_assert_int_eq((int)g.n_devices, DISKS);
	e = open_engine("guestfs", v);
	for (size_t i = 0; i < DISKS; i++) {
		CLEANUP_BYTES struct bytes said = { 0 }, label = { 0 };
		char wanted[32];

		ck_assert_int_eq(
			engine_checker(e, &g.devices[i], blkid, false, &said, &err), 0);
		snprintf(wanted, sizeof(wanted), "label%zu\n", i);
		ck_assert_int_eq(strncmp(said.data, wanted, strlen(wanted) - 1), 0);
		/* s_volume_name */
		ck_assert_int_eq(engine_read_device(e, &g.devices[i], 1024 + 0x78, 6,
						    &label, &err),
				 0);
		ck_assert_int_eq(strncmp(label.data, wanted, 6), 0);
	}
	engine_close(e);
	volumes_close(v);
}
END_TEST

static struct context ctx;

static void *cancel_soon(void *data)
{
	(void)data;
	sleep(3);
	atomic_store(&ctx.cancelled, 1);
	return NULL;
}

START_TEST(test_cancelled_at_start)
{
	CLEANUP_GUEST struct guest g = { 0 };
	struct engine_options options = { 0 };
	struct engine *e = NULL;
	struct cvt_error err;
	struct volumes *v;
	pthread_t thread;
	time_t begin;

	run("truncate -s 64M %s/empty", dir);
	v = open_disk("empty", &g);
	begin = time(NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
	ck_assert_int_lt(engine_open(&ctx, "auto", v, NULL, &options, &e, &err), 0);
	ck_assert_str_eq(err.id, "interrupted");
	ck_assert_int_le(time(NULL) - begin, 6);
	pthread_join(thread, NULL);
	volumes_close(v);
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
	tcase_add_test(tc, test_subvolumes);
	tcase_add_test(tc, test_order_of_disks);
	tcase_add_test(tc, test_cancelled_at_start);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
