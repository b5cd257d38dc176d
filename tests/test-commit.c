/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commit, what finishes it, and what takes it back; on disks of every format.  What is
 * committed is written into the overlays by qemu-io(1).
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

#include "suite.h"
#include "volume/volume_private.h"

static char dir[] = "/var/tmp/test-commit.XXXXXX";

/* Run a shell script in the directory of the test. */
static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void run(const char *fmt, ...)
{
	CLEANUP_FREE char *script = NULL;
	CLEANUP_FREE char *all = NULL;
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_gt(vasprintf(&script, fmt, ap), 0);
	va_end(ap);
	ck_assert_int_gt(asprintf(&all, "set -e; cd %s; %s", dir, script), 0);
	ck_assert_msg(system(all) == 0, "%s", script);
}

static void setup(void)
{
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	/* Two disks: noise with holes, the second of an odd size. */
	run("truncate -s 48M a.raw; truncate -s 5000000 b.raw; for f in a b; do "
	    "head -c 3000000 /dev/urandom | dd of=$f.raw conv=notrunc status=none; "
	    "cp --sparse=always $f.raw $f.old; done");
}

static void teardown(void)
{
	run("rm -rf %s", dir);
}

static char *at(const char *name)
{
	char *path = NULL;

	ck_assert(asprintf(&path, "%s/%s", dir, name) > 0);
	return path;
}

/* Open disks and write into their overlays: the first gets @patches, the second another. */
static struct volumes *open_written(const char *const names[], size_t n,
				    const char *patches)
{
	struct volumes_options options = { dir, true, EXPORT_SOCKETS };
	struct disk disks[2] = { { 0 } };
	struct volumes *v = NULL;
	struct cvt_error err = { 0 };

	for (size_t i = 0; i < n; i++)
		disks[i].path = at(names[i]);
	ck_assert_msg(volumes_open(NULL, disks, n, &options, &v, &err) == 0, "%s",
		      err.msg);
	for (size_t i = 0; i < n; i++)
		free((char *)disks[i].path);
	ck_assert_int_eq(qsd_stop(v, &err), 0);
	run("qemu-io -f qcow2 %s '%s' > out", patches, v->v[0].overlay);
	if (n > 1)
		run("qemu-io -f qcow2 -c 'write -P 5 4990000 10000' '%s' > out",
		    v->v[1].overlay);
	return v;
}

static const char *const both[] = { "a.raw", "b.raw" };
static const char patches[] = "-c 'write -P 1 1M 100k' -c 'write -P 2 40M 3000' "
			      "-c 'write -z 2M 64k' -c 'write -P 3 20M 1'";

static void expect_new(void)
{
	run("cp --sparse=always a.old a.new; cp b.old b.new; "
	    "qemu-io -f raw %s a.new > out; "
	    "qemu-io -f raw -c 'write -P 5 4990000 10000' b.new > out; "
	    "cmp a.raw a.new; cmp b.raw b.new",
	    patches);
}

static void expect_old(void)
{
	run("cmp a.raw a.old; cmp b.raw b.old");
}

static void expect_tidy(void)
{
	run("test -z \"$(find . -name 'libconvert*' -o -name '*.convert-job')\"; "
	    "test -z \"$(ls /var/tmp/libconvert!* 2> /dev/null)\"");
}

static void undo(const char *const names[], size_t n, bool is_done, const char *id)
{
	CLEANUP_FREE char *file = at("undo");
	struct disk disks[2] = { { 0 } };
	struct cvt_error err = { 0 };
	bool done = false;
	int r;

	for (size_t i = 0; i < n; i++)
		disks[i].path = at(names[i]);
	r = job_undo(NULL, file, disks, n, dir, &done, &err);
	for (size_t i = 0; i < n; i++)
		free((char *)disks[i].path);
	ck_assert_msg(strcmp(err.id, id) == 0, "'%s': %s", err.id, err.msg);
	ck_assert_int_eq(r == 0, *id == '\0');
	ck_assert_int_eq(done, is_done);
}

static void commit(struct volumes *v, bool with_undo)
{
	CLEANUP_FREE char *file = at("undo");
	struct cvt_error err = { 0 };

	ck_assert_msg(volumes_commit(v, with_undo ? file : NULL, &err) == 0, "%s",
		      err.msg);
	volumes_close(v);
}

START_TEST(test_commit_and_undo)
{
	commit(open_written(both, 2, patches), true);
	expect_new();
	expect_tidy();
	undo(both, 2, true, "");
	expect_old();
	expect_tidy();
	undo(both, 2, false, "");
	expect_old();
}
END_TEST

/* Made from a.raw; @files: all that it consists of. */
static const struct {
	const char *name, *make, *files;
} images[] = {
	{ "i.qcow2", "qemu-img convert -O qcow2 a.raw i.qcow2", "i.qcow2" },
	{ "c.qcow2", "qemu-img convert -c -O qcow2 a.raw c.qcow2", "c.qcow2" },
	{ "top.qcow2",
	  "qemu-img create -q -f qcow2 -b a.raw -F raw mid.qcow2;"
	  "qemu-img create -q -f qcow2 -b mid.qcow2 -F qcow2 top.qcow2",
	  "top.qcow2 mid.qcow2 a.raw" },
	{ "i.vmdk", "qemu-img convert -O vmdk a.raw i.vmdk", "i.vmdk" },
	{ "flat.vmdk",
	  "qemu-img convert -O vmdk -o subformat=monolithicFlat a.raw flat.vmdk",
	  "flat.vmdk flat-flat.vmdk" },
	{ "parts.vmdk",
	  "qemu-img convert -O vmdk -o subformat=twoGbMaxExtentFlat a.raw parts.vmdk",
	  "parts.vmdk parts-f001.vmdk" },
	{ "i.vdi", "qemu-img convert -O vdi a.raw i.vdi", "i.vdi" },
	{ "i.vhdx", "qemu-img convert -O vhdx a.raw i.vhdx", "i.vhdx" },
	{ "i.vhd", "qemu-img convert -O vpc -o force_size=on a.raw i.vhd", "i.vhd" },
	{ "fixed.vhd",
	  "qemu-img convert -O vpc -o subformat=fixed,force_size=on a.raw fixed.vhd",
	  "fixed.vhd" },
	{ "i.qed", "qemu-img convert -O qed a.raw i.qed", "i.qed" },
};

START_TEST(test_formats)
{
	const char *const name[] = { images[_i].name };

	run("%s; sha256sum %s > sums", images[_i].make, images[_i].files);
	commit(open_written(name, 1, patches), true);
	run("! sha256sum --quiet -c sums > out 2>&1; cp --sparse=always a.old a.new; "
	    "qemu-io -f raw %s a.new > out",
	    patches);
	run("case %s in *.vhd) f=vpc; tail -c 512 %s | grep -qa ^conectix ;; "
	    "*) f=$(echo %s | sed 's/.*[.]//') ;; esac; "
	    "qemu-img compare -q -f $f -F raw %s a.new; "
	    "qemu-img check -q -f $f %s || test $? = 63",
	    name[0], name[0], name[0], name[0], name[0]);
	expect_tidy();
	undo(name, 1, true, "");
	run("sha256sum --quiet -c sums");
}
END_TEST

/* The second write of the first disk fails, as it would on a broken device. */
static struct cvt_error commit_broken(bool with_undo)
{
	CLEANUP_FREE char *file = at("undo");
	struct volumes *v = open_written(both, 2, patches);
	struct rlimit old, low;
	struct cvt_error err = { 0 };
	int r;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	low = (struct rlimit){ 30 << 20, old.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &low), 0);
	r = volumes_commit(v, with_undo ? file : NULL, &err);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert_int_lt(r, 0);
	ck_assert_int_eq(err.exit, CVT_EXIT_COMMIT);
	ck_assert_str_eq(err.id, "commit-interrupted");
	ck_assert_ptr_nonnull(strstr(err.msg, "a.raw: cannot be written"));
	volumes_close(v);
	run("test -h a.raw.convert-job; test -h b.raw.convert-job; ! cmp -s a.raw a.old");
	return err;
}

static const char *job_of(const struct cvt_error *err)
{
	static const char head[] = "run: convert-image resume ";

	ck_assert_msg(strncmp(err->remedy, head, strlen(head)) == 0, "%s", err->remedy);
	return err->remedy + strlen(head);
}

static void resume(const char *job, const char *id)
{
	struct cvt_error err = { 0 };
	enum resumed resumed;
	int r = job_resume(NULL, job, &resumed, &err);

	ck_assert_msg(strcmp(err.id, id) == 0, "'%s': %s", err.id, err.msg);
	ck_assert_int_eq(r == 0, *id == '\0');
	if (r == 0)
		ck_assert_int_eq(resumed, RESUMED_FINISHED);
}

START_TEST(test_resume)
{
	struct cvt_error err = commit_broken(true), again = { 0 };
	CLEANUP_FREE char *path = at("b.raw");
	struct disk disk = { path, NULL };
	struct volumes_options options = { dir, false, EXPORT_SOCKETS };
	struct volumes *v = NULL;

	ck_assert_int_lt(volumes_open(NULL, &disk, 1, &options, &v, &again), 0);
	ck_assert_int_eq(again.exit, CVT_EXIT_COMMIT);
	ck_assert_str_eq(again.remedy, err.remedy);
	undo(both, 2, false, "commit-interrupted");
	resume(job_of(&err), "");
	expect_new();
	expect_tidy();
	resume(job_of(&err), "job-unusable");
	undo(both, 2, true, "");
	expect_old();
}
END_TEST

/* What the disk of an interrupted job may have become meanwhile; @cure: what helps. */
static const struct {
	const char *damage, *id, *cure;
} changes[] = {
	{ "mv b.raw keep", "disk-missing", "mv keep b.raw" },
	{ "mv b.raw keep; cp keep b.raw", "disk-changed", "mv keep b.raw" },
	{ "truncate -s 6000000 b.raw", "disk-changed", "truncate -s 5000000 b.raw" },
	{ "cp a.raw keep; printf changed | dd of=a.raw bs=1 seek=100 conv=notrunc status=none",
	  "disk-changed", "cat keep > a.raw" },
	{ "mv libconvert.*/disk2.qcow2 keep", "job-unusable",
	  "mv keep $(echo libconvert.*)/disk2.qcow2" },
	{ "cp libconvert.*/disk2.qcow2 keep; truncate -s 200k libconvert.*/disk2.qcow2",
	  "job-unusable", "cp keep libconvert.*/disk2.qcow2" },
	{ "cp libconvert.*/state.json keep; truncate -s 200 libconvert.*/state.json",
	  "job-unusable", "cp keep libconvert.*/state.json" },
};

START_TEST(test_resume_refuses)
{
	struct cvt_error err = commit_broken(false);

	run("cp --sparse=always a.raw a.torn; %s", changes[_i].damage);
	resume(job_of(&err), changes[_i].id);
	run("%s; cmp a.raw a.torn", changes[_i].cure);
	resume(job_of(&err), "");
	expect_new();
	expect_tidy();
}
END_TEST

START_TEST(test_resume_planted)
{
	struct cvt_error err = commit_broken(false);

	run("chmod 1777 .; chown 65534 libconvert.*");
	resume(job_of(&err), "job-unusable");
	run("chmod 700 .");
	resume(job_of(&err), "");
	expect_new();
}
END_TEST

static const struct {
	const char *damage, *id;
} undo_changes[] = {
	{ "printf changed | dd of=b.raw bs=1 seek=4995000 conv=notrunc status=none",
	  "disk-changed" },
	{ "printf changed | dd of=a.raw bs=1 seek=100 conv=notrunc status=none",
	  "disk-changed" },
	{ "truncate -s 6000000 b.raw", "disk-changed" },
	{ "cp a.old a.raw", "disk-changed" },
	{ "cp b.old b.raw", "disk-changed" },
	{ "rm undo", "job-unusable" },
	{ "truncate -s -1 undo", "job-unusable" },
	{ "printf changed | dd of=undo bs=1 seek=5000 conv=notrunc status=none",
	  "job-unusable" },
	{ "printf changed | dd of=undo bs=1 seek=90 conv=notrunc status=none", "job-unusable" },
	{ "cp a.raw undo", "job-unusable" },
};

START_TEST(test_undo_refuses)
{
	commit(open_written(both, 2, patches), true);
	run("%s; sha256sum ?.raw > sums", undo_changes[_i].damage);
	undo(both, 2, false, undo_changes[_i].id);
	run("sha256sum --quiet -c sums");
	expect_tidy();
}
END_TEST

START_TEST(test_undo_needs_all_disks)
{
	const char *const swapped[] = { "b.raw", "a.raw" };

	commit(open_written(both, 2, patches), true);
	undo(both, 1, false, "usage");
	undo(swapped, 2, false, "disk-changed");
	undo(both, 2, true, "");
	expect_old();
}
END_TEST

START_TEST(test_undo_file_exists)
{
	CLEANUP_FREE char *file = at("undo");
	struct volumes *v = open_written(both, 2, patches);
	struct cvt_error err = { 0 };

	run("echo mine > undo");
	ck_assert_int_lt(volumes_commit(v, file, &err), 0);
	ck_assert_str_eq(err.id, "output-exists");
	volumes_close(v);
	run("test \"$(cat undo)\" = mine");
	expect_old();
	expect_tidy();
}
END_TEST

static int check_space(const struct volumes *v, const char *output, const char *undo,
		       uint64_t bytes, struct cvt_error *err)
{
	const struct volumes_outcome outcome = { output, OUTPUT_RAW, undo };

	*err = (struct cvt_error){ 0 };
	return volumes_check_space(v, &outcome, bytes, err);
}

START_TEST(test_space)
{
	const char *const names[] = { "a.raw", "i.qcow2" };
	CLEANUP_FREE char *undo = at("undo"), *nowhere = at("none/undo");
	struct cvt_error err;
	struct volumes *v;

	run("qemu-img convert -O qcow2 a.raw i.qcow2");
	v = open_written(names, 2, patches);
	ck_assert_int_eq(check_space(v, NULL, undo, 0, &err), 0);
	ck_assert_int_eq(check_space(v, NULL, undo, 100000, &err), 0);
	ck_assert_int_eq(check_space(v, dir, NULL, 100000, &err), 0);
	ck_assert_int_lt(check_space(v, NULL, undo, 1ULL << 50, &err), 0);
	ck_assert_str_eq(err.id, "space-short");
	ck_assert_str_eq(err.path, dir);
	/* All is on one file system: 1 PiB each, two for the qcow2. */
	ck_assert_ptr_nonnull(strstr(err.msg, "4294967328 MiB are needed (overlays "
					      "2147483664, disks 1073741832, undo file "
					      "1073741832)"));
	ck_assert_int_lt(check_space(v, dir, NULL, 1ULL << 50, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "results"));
	ck_assert_int_lt(check_space(v, NULL, nowhere, 100000, &err), 0);
	ck_assert_str_eq(err.id, "output-failed");
	volumes_close(v);
}
END_TEST

/* Interrupted between "ready" and "commit": nothing has happened. */
START_TEST(test_forget)
{
	struct cvt_error err = commit_broken(true);
	enum resumed resumed;

	run("cp a.old a.raw; cp b.old b.raw; "
	    "sed -i 's/\"phase\":\"commit\"/\"phase\":\"ready\"/' "
	    "libconvert.*/state.json");
	ck_assert_int_eq(job_resume(NULL, job_of(&err), &resumed, &err), 0);
	ck_assert_int_eq(resumed, RESUMED_FORGOTTEN);
	expect_old();
	expect_tidy();
	run("test ! -e undo");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("commit");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_commit_and_undo);
	tcase_add_loop_test(tc, test_formats, 0, (int)ARRAY_SIZE(images));
	tcase_add_test(tc, test_resume);
	tcase_add_loop_test(tc, test_resume_refuses, 0, (int)ARRAY_SIZE(changes));
	if (geteuid() == 0)
		tcase_add_test(tc, test_resume_planted);
	else
		puts("SKIP: a job of another user: only root can make one");
	tcase_add_loop_test(tc, test_undo_refuses, 0, (int)ARRAY_SIZE(undo_changes));
	tcase_add_test(tc, test_undo_needs_all_disks);
	tcase_add_test(tc, test_undo_file_exists);
	tcase_add_test(tc, test_space);
	tcase_add_test(tc, test_forget);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
