/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * convert-instance: process 1 of the conversion instance.  It makes this
 * kernel fit for the work, takes the job from the channel, does it with the
 * engine that mounts, and tells the result.  When it is done the machine ends.
 */
#include <config.h>

#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "instance/wire.h"
#include "report/report_parts.h"
#include "volume/process.h"

#define WORK "/run/libconvert"
#define JOB_MAX ((size_t)1 << 20)

/* engine_mount_ops, with our activate. */
static struct engine_ops instance_ops;
const struct engine_ops *const engines[] = { &instance_ops, NULL };

/* ---- the engine ---- */

/* An algorithm for RAID 6 was not chosen when this kernel started, see uml.c: what needs one
 * could be read, but the first write would be a panic.
 */
static bool is_without_raid6(void)
{
	CLEANUP_FCLOSE FILE *f = fopen("/proc/cmdline", "re");
	char line[4096] = "";

	return f && fgets(line, sizeof(line), f) && strstr(line, "raid6_select_algo");
}

/* RAID 4, 5 and 6, of md and of LVM. */
static bool uses_parity(void)
{
	CLEANUP_FCLOSE FILE *f = fopen("/proc/modules", "re");
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "raid456 ", strlen("raid456 ")) == 0)
			return true;
	return false;
}

/* The flag RAID56 of a superblock (Linux, include/uapi/linux/btrfs_tree.h). */
static bool is_btrfs_with_parity(struct engine *e, const struct device *d)
{
	CLEANUP_BYTES struct bytes flags = { 0 };

	return d->type && strcmp(d->type, "btrfs") == 0 &&
	       engine_read_device(e, d, 0x10000 + 0xbc, 1, &flags, NULL) == 0 &&
	       flags.len == 1 && (flags.data[0] & 1 << 7);
}

static int activate(struct engine *e, struct guest *g, struct cvt_error *err)
{
	int r = engine_mount_ops.activate(e, g, err);
	bool needed = uses_parity();

	if (r < 0 || !is_without_raid6())
		return r;
	for (size_t i = 0; i < g->n_devices && !needed; i++)
		needed = is_btrfs_with_parity(e, &g->devices[i]);
	return needed ? error_raise(err, ERR_ENGINE_LACKS, NULL,
				    "this kernel was started without RAID 6")
		      : 0;
}

static int open_engine(struct context *ctx, struct volumes *volumes, const char *dir,
		       const struct engine_options *options, struct engine **ret,
		       struct cvt_error *err)
{
	int r = engine_mount_ops.open(ctx, volumes, dir, options, ret, err);

	if (r == 0)
		(*ret)->ops = &instance_ops;
	return r;
}

static void make_engine(void)
{
	instance_ops = engine_mount_ops;
	instance_ops.open = open_engine;
	instance_ops.activate = activate;
}

/* ---- the channel ---- */

static int channel = -1;

static void say(json_t *event)
{
	(void)wire_put(channel, event);
}

static void on_log(enum cvt_log_level level, const char *line, void *data)
{
	(void)data;
	say(json_pack("{ss si so}", "event", "log", "level", (int)level, "text",
		      json_text(line)));
}

static void on_progress(const char *stage, unsigned percent, void *data)
{
	(void)data;
	say(json_pack("{ss ss si}", "event", "stage", "stage", stage, "percent",
		      (int)percent));
}

/* The host, which has the disks, ends us if there is no room. */
static int on_planned(uint64_t bytes, void *data, struct cvt_error *err)
{
	(void)data;
	(void)err;
	say(json_pack("{ss sI}", "event", "planned", "bytes", (json_int_t)bytes));
	return 0;
}

/* ---- the machine ---- */

/* A page that is touched for the first time costs much here, so memory is kept. */
static void keep_memory(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
	(void)mallopt(M_TOP_PAD, 4 << 20);
}

static void make_file_systems(void)
{
	static const struct {
		const char *type, *where;
	} mounts[] = {
		{ "devtmpfs", "/dev" }, { "proc", "/proc" }, { "sysfs", "/sys" },
		{ "tmpfs", "/run" },	{ "tmpfs", "/tmp" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		(void)mount(mounts[i].type, mounts[i].where, mounts[i].type,
			    MS_NOSUID | MS_NOATIME, NULL);
	(void)mkdir(WORK, 0700);
	(void)mkdir("/run/lock", 0700);
	(void)mkdir("/run/lvm", 0700);
}

/* The kernel gives process 1 no standard streams where there is no console. */
static void open_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	if (fd >= 3)
		(void)close(fd);
}

/* There is no udev here, so that libdevmapper makes its nodes by itself. */
static void make_environment(void)
{
	(void)setenv("PATH", "/usr/sbin", 1);
	(void)setenv("TMPDIR", "/tmp", 1);
	(void)setenv("LVM_SUPPRESS_FD_WARNINGS", "1", 1);
}

static void load_modules(void)
{
	const char *argv[] = { "modprobe", "-qab", "virtio_blk", "loop", "dm_mod", NULL };
	struct said said = { 0 };

	(void)process_run(NULL, argv, NULL, &said, NULL);
}

static int open_channel(void)
{
	const char *path = getenv("LIBCONVERT_CHANNEL");
	struct termios raw;

	channel = open(path ? path : "/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (channel < 0 || tcgetattr(channel, &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	return tcsetattr(channel, TCSANOW, &raw) < 0 ? -errno : 0;
}

/* ---- the job ---- */

/* What has come over the channel and was not taken yet. */
static char input[4096];
static size_t input_len;

static bool fill_input(void)
{
	ssize_t n;

	do
		n = read(channel, input + input_len, sizeof(input) - input_len);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		input_len += (size_t)n;
	return n > 0;
}

static void take_input(size_t n)
{
	input_len -= n;
	memmove(input, input + n, input_len);
	explicit_bzero(input + input_len, n);
}

/* One line; NULL: there is none. */
static json_t *read_job(void)
{
	CLEANUP_BYTES struct bytes line = { 0 };

	while (line.len <= JOB_MAX && (input_len > 0 || fill_input())) {
		char *end = memchr(input, '\n', input_len);
		size_t n = end ? (size_t)(end - input) + 1 : input_len;

		if (bytes_append(&line, input, n) < 0)
			return NULL;
		take_input(n);
		if (end)
			return json_loadb(line.data, line.len, 0, NULL);
	}
	return NULL;
}

/* A key becomes a file in memory, as the engine looks at it more than once. */
static int read_key(const char *path, size_t size)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	while (fd >= 0 && size > 0 && (input_len > 0 || fill_input())) {
		size_t n = input_len < size ? input_len : size;

		if (write(fd, input, n) != (ssize_t)n)
			return -errno;
		take_input(n);
		size -= n;
	}
	return fd >= 0 && size == 0 ? 0 : -EIO;
}

static int read_keys(const json_t *list, struct cvt *c, struct cvt_error *err)
{
	size_t i;
	json_t *key;
	int r = 0;

	json_array_foreach(list, i, key)
	{
		const char *id = json_string_value(json_object_get(key, "id"));
		json_int_t size = json_integer_value(json_object_get(key, "size"));
		CLEANUP_FREE char *path = NULL, *selector = NULL;

		if (asprintf(&path, WORK ".key%zu", i) < 0 ||
		    asprintf(&selector, "%s:file:%s", id ? id : "", path) < 0)
			return error_nomem(err);
		if (read_key(path, (size_t)size) < 0)
			return error_raise(err, ERR_INTERNAL, NULL, "a key is cut off");
		r = r < 0 ? r : cvt_add_key(c, selector, err);
	}
	return r;
}

static int do_job(const json_t *job, struct cvt *c, struct cvt_report *report,
		  struct cvt_error *err)
{
	CLEANUP_VOLUMES struct volumes *volumes = NULL;
	CLEANUP_WORK struct work w = { 0 };
	struct timespec mtime;
	enum mode mode;
	int r = wire_take_job(job, c, &mode, &mtime, err);

	if (r == 0)
		r = read_keys(json_object_get(job, "keys"), c, err);
	if (r < 0)
		return r;
	w = work_new(c, mode, report);
	w.mtime = mtime;
	r = volumes_of_instance(&c->ctx, c->n_disks, WORK, &volumes, err);
	w.volumes = volumes;
	if (r == 0)
		r = work_run(&w, err);
	return work_report(&w) < 0 ? error_nomem(err) : r;
}

static void tell_result(struct cvt_report *report, int r, const struct cvt_error *err)
{
	say(json_pack("{ss so sO? ss}", "event", "result", "error",
		      r < 0 ? wire_error(err) : json_null(), "report",
		      report ? report->root : NULL, "diff",
		      report ? cvt_report_diff(report) : ""));
	(void)tcdrain(channel);
}

static void serve(void)
{
	CLEANUP_REPORT struct cvt_report *report = NULL;
	struct cvt_error err = { 0 };
	json_t *job = read_job();
	struct cvt *c = NULL;
	int r = report_new(&report) < 0 ? error_nomem(&err) : cvt_new(&c, &err);

	if (r == 0) {
		cvt_set_log(c, on_log, NULL);
		cvt_set_progress(c, on_progress, NULL);
		c->ctx.planned = on_planned;
		r = do_job(job, c, report, &err);
	}
	tell_result(report, r, &err);
	json_decref(job);
	cvt_free(c);
}

int main(void)
{
	keep_memory();
	make_engine();
	make_file_systems();
	open_standard_streams();
	make_environment();
	load_modules();
	if (open_channel() == 0)
		serve();
	sync();
	(void)reboot(RB_POWER_OFF);
	return 1;
}
