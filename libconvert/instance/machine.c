/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * convert-machine: process 1 of the initramfs where it boots as a machine.  It
 * makes this kernel fit for the work, finds its job and its disks, lets
 * convert-image do the job, tells the result and ends the machine, whatever
 * happens.
 */
#include <config.h>

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "instance/machine_job.h"
#include "instance/machine_setup.h"
#include "volume/fullio.h"
#include "volume/process.h"

#define LABEL "LIBCONVERT"
#define BOOT_LABEL "LIBCONVERT_BOOT"
#define CONFIG "/run/config"
#define RUN "/run/libconvert"
#define JOB_MAX ((off_t)1 << 20)
#define PATIENCE 30 /* seconds for disks to come */
#define START_LIMIT 300
#define GRACE 300 /* a commit that is late is given this time, and else resumed */

/* The engine is convert-image's matter. */
const struct engine_ops *const engines[] = { NULL };

/* What the worker tells its parent. */
static struct {
	volatile unsigned limit; /* seconds for all */
	volatile char then;
} * shared;

static int n_consoles;
static int consoles[8];

/* ---- what is said ---- */

static void open_consoles(void)
{
	char list[256] = "";
	CLEANUP_FCLOSE FILE *f = fopen("/sys/class/tty/console/active", "re");
	char *rest = list, *name;

	if (f && fgets(list, sizeof(list), f))
		list[strcspn(list, "\n")] = '\0';
	while ((name = strsep(&rest, " ")) && n_consoles < (int)ARRAY_SIZE(consoles)) {
		char path[300];
		int fd;

		snprintf(path, sizeof(path), "/dev/%s", name);
		fd = *name ? open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC) : -1;
		if (fd >= 0)
			consoles[n_consoles++] = fd;
	}
}

static void show(const char *data, size_t len)
{
	for (int i = 0; i < n_consoles; i++)
		for (size_t done = 0; done < len;) {
			ssize_t n = write(consoles[i], data + done, len - done);

			if (n <= 0 && errno != EINTR)
				break;
			done += n > 0 ? (size_t)n : 0;
		}
}

static void show_all_of(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		show(buf, (size_t)n);
}

/* ---- the worker ---- */

static int fail(const struct cvt_error *err)
{
	printf("libconvert: %s%s%s\n", err->msg, err->remedy[0] ? "; " : "", err->remedy);
	return err->exit ? (int)err->exit : (int)CVT_EXIT_INTERNAL;
}

/* What the machine has; the disk that it booted from and that of its job are no volumes. */
struct found {
	struct machine_disks disks;
	json_t *job;
	bool has_config;
};

static void remove_disk(struct machine_disks *l, size_t i)
{
	struct machine_disks one = { calloc(1, sizeof(*one.v)), 1 };

	if (!one.v)
		return;
	one.v[0] = l->v[i];
	machine_disks_clear(&one);
	memmove(l->v + i, l->v + i + 1, (l->n - i - 1) * sizeof(*l->v));
	l->n--;
}

/* Whose disk it is nobody knows: no link to elsewhere, nothing that blocks. */
static int read_job(json_t **ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd =
		open(CONFIG "/job.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FREE char *text = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > JOB_MAX)
		return error_raise(err, ERR_USAGE, NULL,
				   "the disk " LABEL " has no job.json");
	text = calloc(1, (size_t)st.st_size + 1);
	if (!text)
		return error_nomem(err);
	if (pread_full(fd, text, (size_t)st.st_size, 0) < 0)
		return error_raise(err, ERR_DISK_UNREADABLE, NULL,
				   "job.json on the disk " LABEL);
	return machine_job_parse(text, (size_t)st.st_size, ret, err);
}

/* FAT gives a renamed file its place in the directory when its inode is written, and not when
 * the directory is (Linux 6.1, vfat_rename() in fs/fat/namei_vfat.c), unless that is to happen
 * at once.  The state of a commit is renamed.
 */
static int mount_config(const char *device, struct cvt_error *err)
{
	static const char *const types[] = { "vfat", "ext4", "exfat", "xfs", "btrfs" };
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_DIRSYNC;

	(void)mkdir(CONFIG, 0700);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const char *data = strcmp(types[i], "vfat") == 0 ? "umask=077" : NULL;

		if (mount(device, CONFIG, types[i], flags, data) == 0)
			return 0;
	}
	return error_raise(err, ERR_FS_UNSUPPORTED, device,
			   "the disk " LABEL " cannot be mounted writable: %s",
			   strerror(errno));
}

/* Takes out what is no volume; the device of the job's disk goes to @config. */
static int sort_out(struct machine_disks *l, bool wants_config, char **config,
		    struct cvt_error *err)
{
	for (size_t i = l->n; i-- > 0;) {
		CLEANUP_FREE char *boot =
			machine_disk_labelled("/sys", &l->v[i], BOOT_LABEL);
		CLEANUP_FREE char *here = NULL;

		if (!boot && wants_config)
			here = machine_disk_labelled("/sys", &l->v[i], LABEL);
		if (here && *config)
			return error_raise(err, ERR_USAGE, NULL,
					   "%s and %s both have the label " LABEL,
					   *config, here);
		if (boot || here)
			remove_disk(l, i);
		if (here)
			*config = take_ptr(here);
	}
	return 0;
}

/* -ENODEV: something is missing that may come yet. */
static int look(struct found *f, struct names *disks, struct cvt_error *err)
{
	CLEANUP_FREE char *config = NULL;
	int r;

	machine_disks_clear(&f->disks);
	r = machine_disks_find("/sys", &f->disks) < 0 ? error_nomem(err) : 0;
	if (r == 0)
		r = sort_out(&f->disks, f->has_config || !f->job, &config, err);
	if (r == 0 && !f->job && !config) {
		(void)error_raise(
			err, ERR_USAGE, NULL,
			"no job: no disk has the label " LABEL
			", and the kernel command line has no libconvert.target=");
		return -ENODEV;
	}
	if (r == 0 && !f->job) {
		r = mount_config(config, err);
		f->has_config = r == 0;
		if (r == 0)
			r = read_job(&f->job, err);
		if (r == 0)
			r = machine_job_check(f->job, err);
	}
	return r < 0 ? r : machine_job_disks(f->job, &f->disks, disks, err);
}

static int find_all(struct found *f, struct names *disks, struct cvt_error *err)
{
	time_t end = time(NULL) + PATIENCE;
	int r;

	do {
		machine_settle("/sys", end);
		names_clear(disks);
		r = look(f, disks, err);
	} while (r == -ENODEV && time(NULL) < end);
	return r;
}

/* Runs convert-image, which says what it does where we do; its exit code. */
static int run(const struct names *words)
{
	char **argv = calloc(words->n + 2, sizeof(*argv));
	pid_t pid;
	int status;

	if (!argv)
		return CVT_EXIT_INTERNAL;
	argv[0] = (char *)"convert-image";
	memcpy(argv + 1, words->v, words->n * sizeof(*argv));
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execv("/usr/sbin/convert-image", argv);
		_exit(CVT_EXIT_INTERNAL);
	}
	free(argv);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return CVT_EXIT_INTERNAL;
	if (pid > 0 && WIFEXITED(status))
		return WEXITSTATUS(status);
	puts("libconvert: convert-image has died");
	return CVT_EXIT_INTERNAL;
}

/* What an interrupted machine has left in the middle of writing the disks comes first. */
static int resume_jobs(void)
{
	glob_t g = { 0 };
	int r = 0;

	if (glob(CONFIG "/libconvert.*", GLOB_ONLYDIR, NULL, &g) != 0)
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc && r == 0; i++) {
		char *words[] = { (char *)"resume", g.gl_pathv[i] };
		CLEANUP_FREE char *state = NULL;

		if (asprintf(&state, "%s/state.json", g.gl_pathv[i]) < 0)
			state = NULL;
		/* It had not come to the commit. */
		if (state && access(state, F_OK) < 0) {
			sweep_directory(g.gl_pathv[i]);
			continue;
		}
		printf("libconvert: resuming %s\n", g.gl_pathv[i]);
		r = run(&(struct names){ words, ARRAY_SIZE(words) });
	}
	globfree(&g);
	return r;
}

static int do_job(const struct found *f, const struct names *disks, struct cvt_error *err)
{
	const char *dir = f->has_config ? CONFIG : RUN;
	CLEANUP_NAMES struct names words = { 0 }, all = { 0 };
	CLEANUP_FREE char *report = NULL, *events = NULL, *work = NULL;
	int r = machine_job_words(f->job, f->has_config ? CONFIG : NULL, disks, &words,
				  err);

	if (r < 0)
		return fail(err);
	if (asprintf(&report, "--report=%s/report.json", dir) < 0)
		report = NULL;
	if (asprintf(&events, "--events=%s/events.jsonl", dir) < 0)
		events = NULL;
	if (asprintf(&work, "--work-dir=%s", dir) < 0)
		work = NULL;
	if (!report || !events || !work || names_add(&all, words.v[0]) < 0 ||
	    names_add(&all, report) < 0 || names_add(&all, events) < 0 ||
	    names_add(&all, work) < 0)
		return fail((error_nomem(err), err));
	for (size_t i = 1; i < words.n; i++)
		if (names_add(&all, words.v[i]) < 0)
			return fail((error_nomem(err), err));
	return run(&all);
}

static void print_report(const char *dir)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FCLOSE FILE *f = NULL;
	char buf[4096];
	size_t n;

	if (asprintf(&path, "%s/report.json", dir) < 0)
		path = NULL;
	f = path ? fopen(path, "re") : NULL;
	if (!f)
		return;
	puts("-----BEGIN LIBCONVERT REPORT-----");
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		(void)fwrite(buf, 1, n, stdout);
	puts("-----END LIBCONVERT REPORT-----");
}

static int read_cmdline(json_t **ret, struct cvt_error *err)
{
	CLEANUP_FCLOSE FILE *f = fopen("/proc/cmdline", "re");
	char line[4096] = "";
	int r;

	if (f)
		(void)!fgets(line, sizeof(line), f);
	r = machine_job_of_cmdline(line, ret, err);
	return r < 0 || !*ret ? r : machine_job_check(*ret, err);
}

/* One that is left from an earlier job would be taken for ours. */
static void forget_results(void)
{
	glob_t g = { 0 };

	if (glob(CONFIG "/report.json*", 0, NULL, &g) != 0)
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc; i++)
		(void)unlink(g.gl_pathv[i]);
	globfree(&g);
	(void)unlink(CONFIG "/events.jsonl");
}

static int work(void)
{
	struct found f = { 0 };
	CLEANUP_NAMES struct names disks = { 0 };
	struct cvt_error err = { 0 };
	int r = read_cmdline(&f.job, &err);

	if (r == 0)
		r = find_all(&f, &disks, &err);
	if (f.job) {
		shared->limit = machine_job_time_limit(f.job) + GRACE;
		shared->then = machine_job_then(f.job);
	}
	if (f.has_config)
		forget_results();
	if (r == 0)
		r = f.has_config ? resume_jobs() : 0;
	else
		r = fail(&err);
	if (r == 0)
		r = do_job(&f, &disks, &err);
	print_report(f.has_config ? CONFIG : RUN);
	(void)fflush(stdout);
	sync();
	if (f.has_config && umount(CONFIG) < 0)
		puts("libconvert: the disk " LABEL " cannot be unmounted");
	(void)fflush(stdout);
	machine_disks_clear(&f.disks);
	json_decref(f.job);
	return r;
}

/* ---- process 1 ---- */

/* Orphans are ours; -1: the worker still runs. */
static int reap(pid_t worker)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == worker)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : CVT_EXIT_INTERNAL;
	return -1;
}

static time_t seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* The exit code of the worker, whose words come over @fd. */
static int supervise(pid_t worker, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	time_t start = seconds();
	int r;

	while ((r = reap(worker)) < 0) {
		(void)poll(&p, 1, 100);
		show_all_of(fd);
		if (seconds() - start > (time_t)shared->limit) {
			static const char late[] =
				"libconvert: the time limit has passed\n";

			show(late, strlen(late));
			r = CVT_EXIT_ENGINE;
			break;
		}
	}
	show_all_of(fd);
	return r;
}

static int start_worker(pid_t *ret)
{
	int pipe_fds[2];
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)dup2(pipe_fds[1], STDOUT_FILENO);
		(void)dup2(pipe_fds[1], STDERR_FILENO);
		exit(work());
	}
	(void)close(pipe_fds[1]);
	(void)fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	*ret = pid;
	return pipe_fds[0];
}

static void end(char then)
{
	sync();
	(void)reboot(then == 'r'   ? RB_AUTOBOOT
		     : then == 'h' ? RB_HALT_SYSTEM
				   : RB_POWER_OFF);
}

int main(void)
{
	char line[64];
	pid_t worker = -1;
	int fd, r = CVT_EXIT_INTERNAL;

	machine_prepare();
	open_consoles();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared != MAP_FAILED) {
		shared->limit = START_LIMIT;
		fd = start_worker(&worker);
		if (fd >= 0 && worker > 0)
			r = supervise(worker, fd);
	}
	snprintf(line, sizeof(line), "libconvert: exit %d\n", r);
	show(line, strlen(line));
	end(shared != MAP_FAILED ? shared->then : 'p');
	for (;;)
		(void)pause();
}
