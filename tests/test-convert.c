/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public calls on a guest that is a directory. */
#include <config.h>

#include "libconvert.h"
#include "tree.h"

static const char grub_cfg[] =
	"set default=\"0\"\n"
	"menuentry 'Linux' --class os {\n"
	"\tsearch --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 0a1b\n"
	"\tlinux /boot/vmlinuz-6.1 root=UUID=0a1b ro quiet\n"
	"\tinitrd /boot/initrd.img-6.1\n"
	"}\n";

static void make_guest(void)
{
	tree_put("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian 12\"\n");
	tree_put("/etc/hostname", "vm1\n");
	tree_put("/etc/fstab", "UUID=0a1b / ext4 defaults 0 1\n");
	tree_put("/sbin/init", "");
	tree_put("/boot/grub/grub.cfg", grub_cfg);
	tree_put("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"\n");
}

static struct cvt *job(const char *target)
{
	struct cvt_error err = { 0 };
	struct cvt *c = NULL;

	ck_assert_int_eq(cvt_new(&c, &err), 0);
	ck_assert_int_eq(cvt_set_engine(c, "dir", &err), 0);
	ck_assert_int_eq(cvt_add_disk(c, tree, NULL, &err), 0);
	if (target)
		ck_assert_int_eq(cvt_set_target(c, target, &err), 0);
	cvt_set_in_place(c);
	return c;
}

START_TEST(test_arguments)
{
	struct cvt_error err = { 0 };
	struct cvt *c = NULL;

	ck_assert_int_eq(cvt_new(&c, &err), 0);
	ck_assert_int_eq(cvt_set_target(c, "nope", &err), -EINVAL);
	ck_assert_int_eq(err.exit, CVT_EXIT_USAGE);
	ck_assert_str_eq(err.id, "usage");
	ck_assert_int_eq(cvt_set_engine(c, "nope", &err), -EINVAL);
	ck_assert_int_eq(cvt_set_memory(c, 255, &err), -ERANGE);
	ck_assert_str_eq(err.msg, "memory 255 MiB is not in 256..65536");
	ck_assert_int_eq(cvt_set_memory(c, 0, &err), 0);
	ck_assert_int_eq(cvt_add_disk(c, "x", "nope", &err), -EINVAL);
	ck_assert_int_eq(cvt_set_output(c, "x", "nope", &err), -EINVAL);
	ck_assert_int_eq(cvt_set_network(c, (enum cvt_network)7, &err), -EINVAL);
	ck_assert_int_eq(cvt_add_nic(c, "52:54:00:12:34", NULL, &err), -EINVAL);
	ck_assert_int_eq(cvt_add_key(c, "disk1p3:key:secret", &err), -EINVAL);
	ck_assert_ptr_null(strstr(err.msg, "secret"));
	ck_assert_int_eq(cvt_add_key(c, "disk1p3:secret", &err), -EINVAL);
	ck_assert_ptr_null(strstr(err.msg, "secret"));
	ck_assert_int_eq(cvt_add_key(c, ":file:/k", &err), -EINVAL);
	ck_assert_int_eq(cvt_add_key(c, "all:file:", &err), -EINVAL);
	ck_assert_int_eq(cvt_add_key(c, "all:fd:x", &err), -EINVAL);
	ck_assert_int_eq(cvt_add_key(c, "md:root:file:/k:fd:1", &err), 0);
	ck_assert_int_eq(cvt_add_nic(c, "52-54-00-12-34-AB", "ens192", &err), 0);
	ck_assert_int_eq(cvt_add_nic(c, "52:54:00:12:34:ab", NULL, &err), -EINVAL);
	ck_assert_int_eq(cvt_add_nic(c, "52:54:00:12:34:ac", "ens192", &err), -EINVAL);
	ck_assert_int_eq(cvt_add_nic(c, "52:54:00:12:34:ac", "a/b", &err), -EINVAL);
	ck_assert_int_eq(cvt_add_nic(c, "52:54:00:12:34:ac", "sixteen-chars-xx", &err), -EINVAL);
	cvt_free(c);
	cvt_free(NULL);
	cvt_report_free(NULL);
}
END_TEST

START_TEST(test_missing_arguments)
{
	struct cvt_report *r = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = NULL;

	ck_assert_int_eq(cvt_new(&c, &err), 0);
	ck_assert_int_eq(cvt_inspect(c, &r, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "no disk given");
	ck_assert_str_eq(cvt_report_status(r), "failed");
	cvt_report_free(r);
	ck_assert_int_eq(cvt_add_disk(c, "x", NULL, &err), 0);
	ck_assert_int_eq(cvt_plan(c, &r, &err), -EINVAL);
	cvt_report_free(r);
	ck_assert_int_eq(cvt_set_target(c, "kvm", &err), 0);
	ck_assert_int_eq(cvt_convert(c, &r, &err), -EINVAL);
	cvt_report_free(r);
	cvt_free(c);
}
END_TEST

START_TEST(test_convert_twice)
{
	struct cvt_report *plan = NULL, *r = NULL, *again = NULL;
	struct cvt *c = job("kvm");
	struct cvt_error err = { 0 };
	const char *path, *action, *reason;

	make_guest();
	ck_assert_msg(cvt_plan(c, &plan, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(cvt_report_status(plan), "planned");
	ck_assert_uint_eq(cvt_report_n_edits(plan), 2);
	ck_assert_ptr_nonnull(strstr(cvt_report_diff(plan), "console=ttyS0"));
	ck_assert_int_eq(cvt_report_edit(plan, 0, &path, &action, &reason), 0);
	ck_assert_str_eq(action, "write");
	ck_assert_int_eq(cvt_report_edit(plan, 2, NULL, NULL, NULL), -ERANGE);

	ck_assert_msg(cvt_convert(c, &r, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(cvt_report_status(r), "converted");
	ck_assert_str_eq(cvt_report_diff(r), cvt_report_diff(plan));
	CLEANUP_BYTES struct bytes cfg = tree_get("/boot/grub/grub.cfg");
	ck_assert_ptr_nonnull(strstr(cfg.data, "quiet console=tty0 console=ttyS0,115200n8\n"));

	ck_assert_msg(cvt_convert(c, &again, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(cvt_report_status(again), "unchanged");
	ck_assert_uint_eq(cvt_report_n_edits(again), 0);
	cvt_report_free(plan);
	cvt_report_free(r);
	cvt_report_free(again);
	cvt_free(c);
}
END_TEST

/* The kernel that its entry starts is not there, before and after. */
START_TEST(test_check)
{
	struct cvt_report *r = NULL, *converted = NULL;
	struct cvt *c = job("kvm");
	struct cvt_error err = { 0 };

	make_guest();
	ck_assert_int_eq(cvt_check(c, &r, &err), -ENOEXEC);
	ck_assert_int_eq(err.exit, CVT_EXIT_CHECK);
	ck_assert_str_eq(err.id, "check-failed");
	ck_assert_str_eq(err.path, "/boot/vmlinuz-6.1");
	ck_assert_ptr_nonnull(strstr(cvt_report_json(r), "\"boots\": false"));
	ck_assert_ptr_nonnull(strstr(cvt_report_text(r), "\nfail  kernel-image "));
	ck_assert_msg(cvt_convert(c, &converted, &err) == 0, "%s", err.msg);
	ck_assert_ptr_nonnull(strstr(cvt_report_text(converted), "does not boot on kvm"));
	cvt_report_free(r);
	cvt_report_free(converted);
	cvt_free(c);
}
END_TEST

/* What a hostile guest may have in the place of fstab. */
static void make_link(const char *path)
{
	ck_assert_int_eq(symlink("../../../../etc/shadow", path), 0);
}

static void make_fifo(const char *path)
{
	ck_assert_int_eq(mkfifo(path, 0644), 0);
}

static void make_dir(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void make_huge(const char *path)
{
	ck_assert_int_eq(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644) >= 0, 1);
	ck_assert_int_eq(truncate(path, (off_t)2 << 30), 0);
}

static const struct {
	void (*make)(const char *path);
	const char *id;
} hostile[] = {
	{ make_link, "file-not-regular" },
	{ make_fifo, "file-not-regular" },
	{ make_dir, "file-not-regular" },
	{ make_huge, "file-too-large" },
};

START_TEST(test_hostile_fstab)
{
	struct cvt_report *r = NULL;
	struct cvt *c = job("kvm");
	struct cvt_error err = { 0 };
	char path[512];

	make_guest();
	tree_remove("/etc/fstab");
	tree_path(path, sizeof(path), "/etc/fstab");
	hostile[_i].make(path);
	ck_assert_int_lt(cvt_convert(c, &r, &err), 0);
	ck_assert_str_eq(err.id, hostile[_i].id);
	ck_assert_int_eq(err.exit, CVT_EXIT_GUEST);
	ck_assert_str_eq(err.path, "/etc/fstab");
	ck_assert_str_eq(cvt_report_status(r), "failed");
	CLEANUP_BYTES struct bytes cfg = tree_get("/boot/grub/grub.cfg");
	ck_assert_str_eq(cfg.data, grub_cfg);
	cvt_report_free(r);
	cvt_free(c);
}
END_TEST

START_TEST(test_cancel)
{
	struct cvt_report *r = NULL;
	struct cvt *c = job("kvm");
	struct cvt_error err = { 0 };

	make_guest();
	cvt_cancel(c);
	ck_assert_int_eq(cvt_convert(c, &r, &err), -ECANCELED);
	ck_assert_int_eq(err.exit, CVT_EXIT_INTERRUPTED);
	CLEANUP_BYTES struct bytes cfg = tree_get("/boot/grub/grub.cfg");
	ck_assert_str_eq(cfg.data, grub_cfg);
	cvt_report_free(r);
	cvt_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("convert");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, tree_setup, tree_teardown);
	tcase_add_test(tc, test_arguments);
	tcase_add_test(tc, test_missing_arguments);
	tcase_add_test(tc, test_convert_twice);
	tcase_add_test(tc, test_check);
	tcase_add_loop_test(tc, test_hostile_fstab, 0, (int)ARRAY_SIZE(hostile));
	tcase_add_test(tc, test_cancel);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
