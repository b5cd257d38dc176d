/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "instance/beside.h"
#include "instance/initramfs.h"
#include "instance/instance.h"
#include "instance/uml.h"
#include "instance/wire.h"
#include "report/report_parts.h"

#define POLL_MS 100
#define CONSOLE_MAX 2048 /* bytes of the last that its kernel said */
#define ARGON2_MIB \
	1536 /* cryptsetup(8) lets a key take 1 GiB at the most to be derived */
#define PROGRAM "convert-instance"

/* What engine_mount.c needs of a kernel, beside what is built in; what these need comes along.
 * The kernel asks for the others of them by itself (modprobe(8)).
 */
const char *const instance_modules[] = {
	/* clang-format off */
	"virtio_blk", "loop",
	"dm_mod", "dm_snapshot", "dm_mirror", "dm_raid", "dm_thin_pool", "dm_cache",
	"dm_cache_smq", "dm_writecache", "dm_crypt", "dm_integrity", "dm_zero",
	"raid0", "raid1", "raid10", "raid456", "linear",
	"vfat", "exfat", "f2fs", "fuse", "ntfs3", "isofs", "udf",
	"nls_cp437", "nls_ascii", "nls_utf8", "nls_iso8859_1",
	"algif_skcipher", "algif_hash", "xts", "cbc", "ecb", "ctr", "essiv", "lrw",
	"hmac", "sha512_generic", "wp512", "rmd160", "aes_ti", "serpent_generic",
	"twofish_generic", "camellia_generic", "cast6_generic", "cast5_generic",
	"blowfish_generic", "adiantum", "nhpoly1305", "chacha20poly1305", "authenc",
	"crc32_generic", "crc64_rocksoft_generic", "xor", "async_raid6_recov",
	NULL
	/* clang-format on */
};

bool instance_is_available(struct cvt_error *err)
{
	CLEANUP_FREE char *kernel = NULL, *dir = NULL;

	return uml_find(&kernel, &dir, err) == 0;
}

/* The program for inside: $LIBCONVERT_INSTANCE, or ours. */
static int find_init(char **ret, struct cvt_error *err)
{
	const char *told = getenv("LIBCONVERT_INSTANCE");

	if (told && *told) {
		*ret = realpath(told, NULL);
		return *ret ? 0
			    : error_raise(err, ERR_NO_PROGRAM, NULL, "%s: %s", told,
					  strerror(errno));
	}
	return find_beside(PROGRAM, ret, err);
}

/* What is tried. */
struct attempt {
	struct cvt *c;
	enum mode mode;
	struct volumes *volumes;
	const struct timespec *mtime;
	const struct keyring *keys;
	struct cvt_report *report;
	unsigned memory_mib;
	bool complete; /* its kernel starts with nothing left out */
};

/* One that runs. */
struct instance {
	struct context *ctx;
	struct volumes *volumes;
	struct process process;
	int channel;
	char *initramfs;
	struct bytes line; /* what has come of the next event */
	char console[CONSOLE_MAX];
	size_t console_len;
	unsigned percent;
	bool planned;	/* it has said what it is going to write */
	json_t *result; /* NULL: not yet */
};

static void instance_clear(struct instance *i)
{
	const char *work = i->volumes->work;

	if (i->process.pid) {
		process_kill(&i->process);
		volumes_guard(i->volumes, 0);
	}
	closep(&i->channel);
	bytes_clear(&i->line);
	json_decref(i->result);
	/* One that was made for this job alone goes with it. */
	if (i->initramfs && strncmp(i->initramfs, work, strlen(work)) == 0)
		(void)unlink(i->initramfs);
	free(i->initramfs);
}

static int start(struct instance *i, const struct attempt *a, struct cvt_error *err)
{
	CLEANUP_FREE char *kernel = NULL, *dir = NULL, *init = NULL;
	CLEANUP_CLOSE int theirs = -1;
	struct contents_options contents = { .modules = instance_modules };
	struct uml_options options = {
		.volumes = a->volumes,
		.memory_mib = a->memory_mib,
		.complete = a->complete,
	};
	int pair[2];
	int r = uml_find(&kernel, &dir, err);

	if (r == 0)
		r = find_init(&init, err);
	contents.init = init;
	contents.modules_dir = dir;
	if (r == 0)
		r = initramfs_get(i->ctx, "instance.cpio", &contents, a->volumes->work,
				  &i->initramfs, err);
	if (r < 0)
		return r;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_raise(err, ERR_ENGINE, NULL, "socketpair: %s",
				   strerror(errno));
	i->channel = pair[0], theirs = pair[1];
	options.initramfs = i->initramfs;
	options.channel = theirs;
	r = uml_start(i->ctx, kernel, &options, &i->process, err);
	if (r == 0)
		volumes_guard(i->volumes, i->process.pid);
	return r;
}

/* The end of what its kernel says, which is why it ends. */
static void hear_console(struct instance *i)
{
	char buf[1024];
	ssize_t n;

	while ((n = read(i->process.out, buf, sizeof(buf))) > 0) {
		size_t len = (size_t)n;

		if (i->console_len + len > sizeof(i->console)) {
			size_t drop = i->console_len + len - sizeof(i->console);

			memmove(i->console, i->console + drop, i->console_len - drop);
			i->console_len -= drop;
		}
		memcpy(i->console + i->console_len, buf, len);
		i->console_len += len;
	}
}

static int take_event(struct instance *i, json_t *event, struct cvt_error *err)
{
	const char *kind = json_string_value(json_object_get(event, "event"));
	const char *text = json_string_value(json_object_get(event, "text"));
	const char *stage = json_string_value(json_object_get(event, "stage"));
	json_int_t number;

	if (kind && strcmp(kind, "stage") == 0 && stage) {
		number = json_integer_value(json_object_get(event, "percent"));
		if (number > i->percent && number < 80)
			i->percent = (unsigned)number;
		context_progress(i->ctx, stage, i->percent);
	} else if (kind && strcmp(kind, "log") == 0 && text) {
		number = json_integer_value(json_object_get(event, "level"));
		context_log(i->ctx,
			    number >= 0 && number <= CVT_LOG_DEBUG
				    ? (enum cvt_log_level)number
				    : CVT_LOG_DEBUG,
			    "%s", text);
	} else if (kind && strcmp(kind, "planned") == 0 && !i->planned) {
		i->planned = true;
		number = json_integer_value(json_object_get(event, "bytes"));
		return context_planned(i->ctx, number > 0 ? (uint64_t)number : 0, err);
	} else if (kind && strcmp(kind, "result") == 0 && !i->result) {
		i->result = json_incref(event);
	}
	return 0;
}

static int take_lines(struct instance *i, struct cvt_error *err)
{
	char *from = i->line.data, *end;
	int r = 0;

	while (r == 0 &&
	       (end = memchr(from, '\n', i->line.len - (size_t)(from - i->line.data)))) {
		json_t *event = json_loadb(from, (size_t)(end - from), 0, NULL);

		r = take_event(i, event, err);
		json_decref(event);
		from = end + 1;
	}
	i->line.len -= (size_t)(from - i->line.data);
	memmove(i->line.data, from, i->line.len);
	return r;
}

/* 1: more may come; 0: no more can. */
static int hear_channel(struct instance *i, bool runs, struct cvt_error *err)
{
	char buf[65536];
	ssize_t n = recv(i->channel, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && errno == EINTR)
		return 1;
	if (n < 0 && errno == EAGAIN)
		return runs;
	if (n <= 0)
		return 0;
	if (i->line.len + (size_t)n > WIRE_LINE_MAX)
		return error_raise(err, ERR_ENGINE, NULL,
				   "the conversion instance says too much");
	if (bytes_append(&i->line, buf, (size_t)n) < 0)
		return error_nomem(err);
	return (memchr(buf, '\n', (size_t)n) ? take_lines(i, err) : 0) ?: 1;
}

/* The last line that says something. */
static const char *last_words(struct instance *i)
{
	char *text = i->console, *end = text + i->console_len, *line;
	static const char panic[] = "Kernel panic";

	if (i->console_len == sizeof(i->console))
		end--;
	*end = '\0';
	for (char *p = text; p < end; p++)
		if (*p == '\0')
			*p = ' ';
	line = strstr(text, panic);
	if (line) {
		line[strcspn(line, "\r\n")] = '\0';
		return line;
	}
	while (end > text && strchr("\r\n ", end[-1]))
		*--end = '\0';
	line = strrchr(text, '\n');
	return line ? line + 1 : text;
}

static int tell_daemon_ended(struct cvt_error *err)
{
	return error_raise(err, ERR_ENGINE, NULL, "qemu-storage-daemon has ended");
}

static int listen_to(struct instance *i, struct cvt_error *err)
{
	struct pollfd fds[] = {
		{ .fd = i->channel, .events = POLLIN },
		{ .fd = i->process.out, .events = POLLIN },
		{ .fd = i->process.err, .events = POLLIN },
	};
	struct said said = { 0 };
	int r = 1;

	while (!i->result && r > 0) {
		/* Its helpers may hold the line open when it has ended itself. */
		bool runs = process_is_running(i->process.pid);

		(void)poll(fds, ARRAY_SIZE(fds), runs ? POLL_MS : 0);
		r = context_check(i->ctx, err);
		if (r < 0)
			return r;
		if (!volumes_are_served(i->volumes))
			return tell_daemon_ended(err);
		hear_console(i);
		if (fds[2].fd >= 0 && !process_hear(i->process.err, &said))
			fds[2].fd = -1;
		if (fds[1].revents & POLLHUP)
			fds[1].fd = -1;
		r = hear_channel(i, runs, err);
	}
	if (i->result || r < 0)
		return i->result ? 0 : r;
	return error_raise(err, ERR_ENGINE, NULL, "the conversion instance ended: %s",
			   i->console_len ? last_words(i) : said.text);
}

static int find_error(const json_t *result, struct cvt_error *err)
{
	return wire_take_error(json_object_get(result, "error"), err) ? err->code : 0;
}

/* What it found and planned, as far as it came. */
static int take_report(const json_t *result, struct cvt_report *report)
{
	return report_adopt(report, json_object_get(result, "report"),
			    json_string_value(json_object_get(result, "diff")));
}

/* Can more of a kernel, or more memory, do better?  Not once the guest was written to. */
static bool is_worth_another_try(const struct attempt *a, const struct instance *i,
				 const struct cvt_error *why)
{
	bool lacks = strcmp(why->id, "engine-lacks") == 0;
	bool is_short = strcmp(why->id, "memory-short") == 0 && a->c->memory == 0;
	bool died = i->process.pid && !i->result;

	return !a->complete && !i->planned && (lacks || is_short || died) &&
	       volumes_are_served(i->volumes) && context_check(i->ctx, NULL) == 0;
}

static int send_job(const struct attempt *a, const struct instance *i,
		    struct cvt_error *err)
{
	int r = wire_put(i->channel, wire_job(a->c, a->mode, a->mtime, a->keys));

	if (r == 0)
		r = wire_put_keys(i->channel, a->keys);
	return r < 0 ? error_raise(err, ERR_ENGINE, NULL,
				   "the conversion instance takes no job: %s",
				   strerror(-r))
		     : 0;
}

/* @again is set if it failed in a way that the next attempt may cure. */
static int attempt(const struct attempt *a, bool *again, struct cvt_error *err)
{
	CLEANUP(instance_clear)
	struct instance i = { .ctx = &a->c->ctx, .volumes = a->volumes, .channel = -1 };
	struct cvt_error why = { 0 };
	int r = start(&i, a, &why);

	if (r == 0)
		r = send_job(a, &i, &why);
	if (r == 0)
		r = listen_to(&i, &why);
	if (r == 0)
		r = find_error(i.result, &why);
	if (r == 0)
		r = context_check(i.ctx, &why);
	else if (i.result && !volumes_are_served(a->volumes))
		r = tell_daemon_ended(&why); /* which is why it could not read or write */
	*again = r < 0 && is_worth_another_try(a, &i, &why);
	if (!*again && i.result && take_report(i.result, a->report) < 0)
		return error_nomem(err);
	return r < 0 ? error_pass(err, r, &why) : 0;
}

int instance_run(struct cvt *c, enum mode mode, struct volumes *volumes,
		 const struct timespec *mtime, struct cvt_report *report,
		 struct cvt_error *err)
{
	CLEANUP_KEYRING struct keyring keys = { 0 };
	struct attempt a = { c,
			     mode,
			     volumes,
			     mtime,
			     &keys,
			     report,
			     c->memory ? c->memory : UML_MIB,
			     false };
	struct cvt_error why = { 0 };
	bool again = false;
	int r = keyring_read(c, &keys, err);

	if (r < 0)
		return r;
	r = attempt(&a, &again, &why);
	if (!again)
		return r < 0 ? error_pass(err, r, &why) : 0;
	context_log(&c->ctx, CVT_LOG_INFO, "%s: once more, with all that its kernel has",
		    why.msg);
	if (strcmp(why.id, "memory-short") == 0)
		a.memory_mib = ARGON2_MIB;
	a.complete = true;
	return attempt(&a, &again, err);
}
