/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The conversion instance: a small guest is converted in it, and whatever dies on the way, the
 * disk stays as it was and nothing is left running.
 */
#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "instance/initramfs.h"
#include "instance/instance.h"
#include "instance/wire.h"
#include "suite.h"

static char dir[] = "/var/tmp/test-instance.XXXXXX";

static void run(const char *fmt, ...) PRINTF(1, 2);
static void run(const char *fmt, ...)
{
	CLEANUP_FREE char *command = NULL;
	va_list ap;

	va_start(ap, fmt);
	ck_assert_int_gt(vasprintf(&command, fmt, ap), 0);
	va_end(ap);
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* The cache is one for all tests: it takes a second to fill. */
static void make_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	run("set -e; cd %s; mkdir -p cache root/etc root/sbin root/boot/grub; "
	    "printf 'ID=debian\\nVERSION_ID=\"12\"\\n' > root/etc/os-release; "
	    "echo '/dev/sda / ext4 defaults 0 1' > root/etc/fstab; : > root/sbin/init; "
	    "printf \"menuentry 'Linux' {\\n\\tlinux /boot/vmlinuz root=/dev/sda "
	    "ro\\n}\\n\" "
	    "> root/boot/grub/grub.cfg; : > root/boot/vmlinuz; "
	    "truncate -s 16M disk.orig; mkfs.ext4 -qF -d root disk.orig",
	    dir);
	ck_assert_int_eq(setenv("TMPDIR", dir, 1), 0);
}

static void remove_directory(void)
{
	run("rm -rf %s", dir);
}

static void setup(void)
{
	CLEANUP_FREE char *cache = NULL;

	ck_assert(asprintf(&cache, "%s/cache", dir) > 0);
	ck_assert_int_eq(setenv("XDG_CACHE_HOME", cache, 1), 0);
	ck_assert_int_eq(unsetenv("LIBCONVERT_INSTANCE"), 0);
	run("cp %s/disk.orig %s/disk", dir, dir);
}

static struct cvt *job(void)
{
	CLEANUP_FREE char *disk = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = NULL;

	ck_assert(asprintf(&disk, "%s/disk", dir) > 0);
	ck_assert_int_eq(cvt_new(&c, &err), 0);
	ck_assert_int_eq(cvt_set_engine(c, "instance", &err), 0);
	ck_assert_int_eq(cvt_set_target(c, "kvm", &err), 0);
	ck_assert_int_eq(cvt_add_disk(c, disk, "raw", &err), 0);
	cvt_set_in_place(c);
	return c;
}

/* Nothing runs for us, nothing of the job lies about. */
static void expect_nothing_left(void)
{
	ck_assert_int_lt(waitpid(-1, NULL, WNOHANG), 0);
	ck_assert_int_eq(errno, ECHILD);
	run("! ls -d %s/libconvert.* 2> /dev/null", dir);
	run("! pgrep -f '[i]nitrd=%s' > /dev/null", dir);
}

static void expect_unchanged(void)
{
	run("cmp %s/disk %s/disk.orig", dir, dir);
}

START_TEST(test_convert)
{
	struct cvt_report *r = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = job();
	const char *path = NULL;

	ck_assert_msg(cvt_plan(c, &r, &err) == 0, "%s", err.msg);
	ck_assert_uint_ge(cvt_report_n_edits(r), 1);
	ck_assert_int_eq(cvt_report_edit(r, 0, &path, NULL, NULL), 0);
	ck_assert_str_eq(path, "/etc/fstab");
	ck_assert_ptr_nonnull(strstr(cvt_report_diff(r), "\n-/dev/sda / ext4"));
	ck_assert_ptr_nonnull(strstr(cvt_report_json(r), "\"engine\": \"instance\""));
	cvt_report_free(r);
	expect_unchanged();
	ck_assert_msg(cvt_convert(c, &r, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(cvt_report_status(r), "converted");
	cvt_report_free(r);
	run("! cmp -s %s/disk %s/disk.orig", dir, dir);
	run("e2fsck -fn %s/disk > /dev/null 2>&1", dir);
	ck_assert_msg(cvt_convert(c, &r, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(cvt_report_status(r), "unchanged");
	cvt_report_free(r);
	cvt_free(c);
	expect_nothing_left();
}
END_TEST

/* Send @signal (0: nothing) to the children of ours whose command begins with @name, a kernel
 * with its helpers; the first of them, 0: there is none.
 */
static pid_t signal_children(const char *name, int signal)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	pid_t first = 0;

	while (proc && (e = readdir(proc))) {
		CLEANUP_FREE char *path = NULL;
		CLEANUP_FCLOSE FILE *f = NULL;
		char comm[32], state;
		int pid, parent;

		ck_assert(asprintf(&path, "/proc/%s/stat", e->d_name) > 0);
		f = fopen(path, "re");
		/* One that was killed before may still be there, until it is waited for. */
		if (f &&
		    fscanf(f, "%d (%31[^)]) %c %d", &pid, comm, &state, &parent) == 4 &&
		    state != 'Z' && parent == getpid() &&
		    strncmp(comm, name, strlen(name)) == 0 && kill(pid, signal) == 0 &&
		    !first)
			first = pid;
	}
	if (proc)
		closedir(proc);
	return first;
}

/* What happens at the stage @stage. */
struct accident {
	const char *stage;
	const char *victim; /* program that is killed; NULL: the job is cancelled */
	const char *says;
	int exit;
	struct cvt *c;
};

static struct accident accidents[] = {
	{ "inspect", "linux.uml", "the conversion instance ended", CVT_EXIT_ENGINE,
	  NULL },
	{ "apply", "linux.uml", "the conversion instance ended", CVT_EXIT_ENGINE, NULL },
	{ "verify", "linux.uml", "the conversion instance ended", CVT_EXIT_ENGINE, NULL },
	{ "inspect", "qemu-storage", "qemu-storage-daemon has ended", CVT_EXIT_ENGINE,
	  NULL },
	{ "apply", "qemu-storage", "qemu-storage-daemon", CVT_EXIT_ENGINE, NULL },
	{ "inspect", NULL, "interrupted", CVT_EXIT_INTERRUPTED, NULL },
	{ "verify", NULL, "interrupted", CVT_EXIT_INTERRUPTED, NULL },
};

static void on_progress(const char *stage, unsigned percent, void *data)
{
	struct accident *a = data;

	(void)percent;
	if (strcmp(stage, a->stage) != 0)
		return;
	if (!a->victim) {
		cvt_cancel(a->c);
		return;
	}
	ck_assert_int_gt(signal_children(a->victim, SIGKILL), 0);
}

/* What is killed late may have done its work by then: the disk is converted, or it is not, and
 * only at the stage inspect is it certain which.
 */
START_TEST(test_accident)
{
	struct accident a = accidents[_i];
	bool is_certain = !a.victim || strcmp(a.stage, "inspect") == 0;
	struct cvt_report *r = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = job();
	int code;

	a.c = c;
	cvt_set_progress(c, on_progress, &a);
	code = cvt_convert(c, &r, &err);
	ck_assert_msg(code < 0 || !is_certain, "%s at %s: converted",
		      a.victim ? a.victim : "cancelled", a.stage);
	if (code < 0) {
		/* Found may be a helper of that kernel, which then says in its own words what
		 * it cannot do any more.
		 */
		if (!a.victim || strcmp(a.victim, "linux.uml") != 0 ||
		    strstr(err.msg, a.says)) {
			ck_assert_msg(strstr(err.msg, a.says) != NULL, "%s", err.msg);
			ck_assert_int_eq(err.exit, a.exit);
		}
		expect_unchanged();
	} else {
		ck_assert_str_eq(cvt_report_status(r), "converted");
		run("! cmp -s %s/disk %s/disk.orig", dir, dir);
	}
	cvt_report_free(r);
	cvt_free(c);
	expect_nothing_left();
}
END_TEST

/* At the first stage inside: which process the kernel is; then wait for the end. */
static void tell_child(const char *stage, unsigned percent, void *data)
{
	int pid;

	(void)percent;
	if (strcmp(stage, "inspect") != 0)
		return;
	pid = signal_children("linux.uml", 0);
	if (write(*(int *)data, &pid, sizeof(pid)) == sizeof(pid))
		pause();
}

/* Killed with SIGKILL, a job leaves no kernel, none of its helpers, and no directory. */
START_TEST(test_killed)
{
	int ready[2], uml = 0;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct cvt *c = job();

		cvt_set_progress(c, tell_child, &ready[1]);
		(void)cvt_plan(c, &(struct cvt_report *){ NULL }, NULL);
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &uml, sizeof(uml)), sizeof(uml));
	ck_assert_int_gt(uml, 1);
	ck_assert_int_eq(kill(-uml, 0), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 100 && kill(-uml, 0) == 0; i++)
		usleep(50000);
	ck_assert_int_lt(kill(-uml, 0), 0);
	run("for i in 1 2 3 4 5 6 7 8 9; do ls -d %s/libconvert.* 2> /dev/null || exit "
	    "0; "
	    "sleep 0.2; done; exit 1",
	    dir);
	expect_unchanged();
}
END_TEST

START_TEST(test_time_limit)
{
	struct cvt_report *r = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = job();

	/* Nobody there answers. */
	ck_assert_int_eq(setenv("LIBCONVERT_INSTANCE", "/bin/sleep", 1), 0);
	cvt_set_time_limit(c, 1);
	ck_assert_int_lt(cvt_convert(c, &r, &err), 0);
	ck_assert_int_eq(err.exit, strcmp(err.id, "time-limit") == 0
					   ? CVT_EXIT_INTERRUPTED
					   : CVT_EXIT_ENGINE);
	cvt_report_free(r);
	cvt_free(c);
	expect_unchanged();
	expect_nothing_left();
}
END_TEST

/* A kernel that cannot go on says why. */
START_TEST(test_panic)
{
	struct cvt_report *r = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = job();

	ck_assert_int_eq(setenv("LIBCONVERT_INSTANCE", "/bin/true", 1), 0);
	ck_assert_int_lt(cvt_inspect(c, &r, &err), 0);
	ck_assert_msg(strstr(err.msg, "Kernel panic") != NULL, "%s", err.msg);
	ck_assert_str_eq(err.id, "engine-failed");
	cvt_report_free(r);
	cvt_free(c);
	expect_nothing_left();
}
END_TEST

START_TEST(test_missing_program)
{
	struct cvt_report *r = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = job();

	ck_assert_int_eq(setenv("LIBCONVERT_INSTANCE", "/nonexistent", 1), 0);
	ck_assert_int_lt(cvt_inspect(c, &r, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent"));
	cvt_report_free(r);
	cvt_free(c);
	expect_nothing_left();
}
END_TEST

/* The inode of the cached initramfs, which is new when it was made anew; 0: there is none. */
static ino_t cached(void)
{
	CLEANUP_FREE char *path = NULL;
	struct stat st;

	ck_assert(asprintf(&path, "%s/cache/libconvert/instance.cpio", dir) > 0);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static void inspect_once(void)
{
	struct cvt_report *r = NULL;
	struct cvt_error err = { 0 };
	struct cvt *c = job();

	ck_assert_msg(cvt_inspect(c, &r, &err) == 0, "%s", err.msg);
	cvt_report_free(r);
	cvt_free(c);
}

START_TEST(test_cache)
{
	ino_t first;

	inspect_once();
	first = cached();
	ck_assert_uint_ne(first, 0);
	inspect_once();
	ck_assert_uint_eq(cached(), first);
	/* Cut off, it is not taken for good. */
	run("truncate -s 1000 %s/cache/libconvert/instance.cpio", dir);
	inspect_once();
	ck_assert_uint_ne(cached(), 0);
	run("test $(stat -c %%s %s/cache/libconvert/instance.cpio) -gt 1000000", dir);
	/* Somebody else could have written it. */
	run("chmod g+w %s/cache/libconvert/instance.cpio", dir);
	first = cached();
	inspect_once();
	ck_assert_uint_ne(cached(), first);
	/* No place to keep it: it is made for this job alone. */
	ck_assert_int_eq(setenv("XDG_CACHE_HOME", "/proc/1", 1), 0);
	inspect_once();
	expect_nothing_left();
}
END_TEST

/* ---- what comes over the line is text, whatever it is ---- */

START_TEST(test_job_over_the_wire)
{
	const struct timespec mtime = { 1700000000, 7 };
	struct cvt_error err = { 0 };
	struct cvt *c = job(), *copy = NULL;
	struct timespec t;
	enum mode mode;
	json_t *line;

	ck_assert_int_eq(cvt_set_root(c, "UUID=0a", &err), 0);
	ck_assert_int_eq(cvt_add_nic(c, "52:54:00:12:34:56", "eth0", &err), 0);
	ck_assert_int_eq(cvt_add_nic(c, "52:54:00:12:34:57", NULL, &err), 0);
	ck_assert_int_eq(cvt_set_network(c, CVT_NETWORK_DHCP, &err), 0);
	cvt_set_portable(c, 0);
	cvt_set_discard_hibernation(c, 1);
	line = wire_job(c, MODE_PLAN, &mtime, &(struct keyring){ 0 });
	ck_assert_int_eq(cvt_new(&copy, &err), 0);
	ck_assert_msg(wire_take_job(line, copy, &mode, &t, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(mode, MODE_PLAN);
	ck_assert_int_eq(t.tv_nsec, 7);
	ck_assert_str_eq(copy->root, "UUID=0a");
	ck_assert_str_eq(copy->engine, "mount");
	ck_assert_uint_eq(copy->n_disks, 1);
	ck_assert_uint_eq(copy->request.n_nics, 2);
	ck_assert_str_eq(copy->nics[0].name, "eth0");
	ck_assert_str_eq(copy->nics[1].name, "");
	ck_assert(!copy->request.portable && copy->request.discard_hibernation);
	ck_assert_int_eq(copy->request.network, NETWORK_DHCP);
	ck_assert_ptr_eq(copy->request.target, c->request.target);
	json_decref(line);
	cvt_free(copy);
	cvt_free(c);
}
END_TEST

static const struct {
	const char *json;
	int code, exit;
	const char *msg;
} errors[] = {
	{ "{\"code\":-5,\"exit\":4,\"id\":\"x\",\"text\":\"a\\nb\\u001b[m\"}", -5, 4,
	  "a?b?[m" },
	{ "{\"code\":5,\"exit\":0}", -EIO, CVT_EXIT_ENGINE, "" },
	{ "{\"code\":\"x\",\"exit\":10,\"text\":7}", -EIO, CVT_EXIT_ENGINE, "" },
	{ "{\"code\":-999999999999,\"exit\":-1}", -EIO, CVT_EXIT_ENGINE, "" },
};

START_TEST(test_error_over_the_wire)
{
	json_t *o = json_loads(errors[_i].json, 0, NULL);
	struct cvt_error err = { 0 };

	ck_assert(wire_take_error(o, &err));
	ck_assert_int_eq(err.code, errors[_i].code);
	ck_assert_int_eq(err.exit, errors[_i].exit);
	ck_assert_str_eq(err.msg, errors[_i].msg);
	ck_assert(!wire_take_error(NULL, &err));
	ck_assert(!wire_take_error(json_null(), &err));
	json_decref(o);
}
END_TEST

/* A report that is not what it should be is no reason to fall over. */
START_TEST(test_strange_report)
{
	static const char *const reports[] = {
		"7",
		"{\"guest\":[],\"edits\":{},\"warnings\":\"x\",\"timing_ms\":[1]}",
		"{\"guest\":{\"os\":7,\"kernels\":{},\"mounts\":[7,null]},\"edits\":[7,{}"
		"],"
		"\"warnings\":[null,{\"id\":7}],\"timing_ms\":{\"open\":-1,\"x\":1e300}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
		CLEANUP_REPORT struct cvt_report *r = NULL;
		json_t *o = json_loads(reports[i], JSON_DECODE_ANY, NULL);
		const char *path;

		ck_assert_ptr_nonnull(o);
		ck_assert_int_eq(report_new(&r), 0);
		ck_assert_int_eq(report_adopt(r, o, NULL), 0);
		ck_assert_int_eq(report_finish(r), 0);
		for (size_t k = 0; k < cvt_report_n_edits(r); k++)
			ck_assert_int_eq(cvt_report_edit(r, k, &path, NULL, NULL), 0);
		ck_assert_ptr_nonnull(cvt_report_text(r));
		json_decref(o);
	}
}
END_TEST

static TCase *wire_case(void)
{
	TCase *tc = tcase_create("wire");

	tcase_add_test(tc, test_job_over_the_wire);
	tcase_add_loop_test(tc, test_error_over_the_wire, 0, (int)ARRAY_SIZE(errors));
	tcase_add_test(tc, test_strange_report);
	return tc;
}

static TCase *instance_case(void)
{
	TCase *tc = tcase_create("instance");

	tcase_set_timeout(tc, 120);
	tcase_add_unchecked_fixture(tc, make_directory, remove_directory);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_convert);
	tcase_add_loop_test(tc, test_accident, 0, (int)ARRAY_SIZE(accidents));
	tcase_add_test(tc, test_killed);
	tcase_add_test(tc, test_time_limit);
	tcase_add_test(tc, test_panic);
	tcase_add_test(tc, test_missing_program);
	tcase_add_test(tc, test_cache);
	return tc;
}

int main(void)
{
	Suite *s = suite_create("instance");
	struct cvt_error why = { 0 };

	suite_add_tcase(s, wire_case());
	if (instance_is_available(&why))
		suite_add_tcase(s, instance_case());
	else
		printf("SKIP in part: no instance is started: %s\n", why.msg);
	return suite_run(s);
}
