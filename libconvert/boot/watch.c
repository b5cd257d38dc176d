/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Watches a boot to its end, whichever that is. */
#include <config.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "boot/boot.h"
#include "boot/console.h"
#include "boot/packets.h"
#include "boot/qemu.h"
#include "boot/screen.h"
#include "instance/wire.h"
#include "report/report_parts.h"

#define LOOK_MS 500	/* between two looks */
#define SCREEN_MS 2000	/* between two pictures: each costs the emulated machine some time */
#define REST_MS 60000	/* a picture that stays as it is for so long has come to rest */
#define NETWORK_MS 60000 /* after the login prompt, for a sign of the network */
#define SSH_MS 15000	/* after such a sign, for the banner */
#define SYSTEM_MS 60000 /* then it is no longer the firmware that sends, whatever is seen */
#define BANNER_MS 5000	/* one connection waits no longer */
#define PICTURE_MAX ((size_t)64 << 20)
#define PACKETS_MAX ((size_t)1 << 20)
#define DEFAULT_MEMORY 1024 /* MiB */
#define DEFAULT_CPUS 2

enum success { BY_NOTHING, BY_LOGIN, BY_SSH, BY_AGENT, BY_REST };

static const char *const successes[] = { NULL, "login", "ssh", "agent", "rest" };

struct watch {
	struct cvt *c;
	const struct boot_options *options;
	struct volumes *v;
	struct hardware hardware;
	struct qemu q;
	char mac[18];
	bool kvm;
	uint64_t started;	     /* ms */
	uint64_t times[N_MILESTONES]; /* ms since then, +1; 0: not seen */
	struct screen_font font;
	bool has_font;
	struct screen screen;
	uint64_t next_screen, screen_since; /* ms */
	unsigned n_pictures;		    /* different ones */
	int ssh;
	uint64_t ssh_until;
	bool unlocked;
	bool listens; /* packets are written down */
	uint64_t agent_since; /* ms; 0: none has answered */
	enum success by;
	char failure[32];  /* id; "": none */
	char reason[256];
	char *screenshot, *serial_log; /* files that were written */
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t elapsed(const struct watch *w)
{
	return now_ms() - w->started;
}

static void reach(struct watch *w, enum milestone m)
{
	if (w->times[m])
		return;
	w->times[m] = elapsed(w) + 1;
	context_log(&w->c->ctx, CVT_LOG_INFO, "%s after %.1f s", milestone_name(m),
		    (double)elapsed(w) / 1000);
}

static bool has_reached(const struct watch *w, enum milestone m)
{
	return w->times[m] != 0;
}

/* --- what can be seen --- */

/* The file @name of QEMU's directory, at most @max bytes; false: it is not there. */
static bool slurp(const struct watch *w, const char *name, size_t max, struct bytes *ret)
{
	CLEANUP_CLOSE int fd = openat(w->q.dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char buf[65536];
	ssize_t n = 0;

	ret->len = 0;
	while (fd >= 0 && ret->len < max && (n = read(fd, buf, sizeof(buf))) > 0)
		if (bytes_append(ret, buf, (size_t)n) < 0)
			return false;
	return fd >= 0 && n >= 0;
}

static void find_font(struct watch *w)
{
	static const char *const places[] = {
		"/usr/share/seabios/vgabios-stdvga.bin",
		"/usr/share/qemu/vgabios-stdvga.bin",
		"/usr/share/seavgabios/vgabios-stdvga.bin",
		"/usr/share/qemu-kvm/vgabios-stdvga.bin",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places) && !w->has_font; i++) {
		CLEANUP_FCLOSE FILE *f = fopen(places[i], "re");
		CLEANUP_BYTES struct bytes rom = { 0 };
		char buf[65536];
		size_t n;

		while (f && rom.len < sizeof(buf) * 4 &&
		       (n = fread(buf, 1, sizeof(buf), f)) > 0)
			if (bytes_append(&rom, buf, n) < 0)
				return;
		w->has_font = screen_find_font(&rom, &w->font);
	}
}

static int look_at_screen(struct watch *w, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes ppm = { 0 };
	uint64_t before = w->screen.hash;
	int r;

	if (now_ms() < w->next_screen)
		return 0;
	w->next_screen = now_ms() + SCREEN_MS;
	r = qemu_ask(&w->q, "screendump", json_pack("{ss}", "filename", "screen.ppm"), NULL,
		     err);
	if (r < 0)
		return r;
	if (!slurp(w, "screen.ppm", PICTURE_MAX, &ppm))
		return 0;
	r = screen_read(&ppm, w->has_font ? &w->font : NULL, &w->screen);
	if (r == -ENOMEM)
		return error_nomem(err);
	if (w->screen.hash != before) {
		w->screen_since = now_ms();
		w->n_pictures++;
	}
	return 0;
}

/* All that can be read: the serial line, then the screen. */
static int read_console(const struct watch *w, struct bytes *ret)
{
	const struct bytes *serial = &w->q.serial_text;
	int r = bytes_set(ret, serial->data ? serial->data : "", serial->len);

	if (r < 0)
		return r;
	console_clean(ret->data, ret->len);
	ret->len = strlen(ret->data);
	r = bytes_append(ret, "\n", 1);
	if (r == 0 && w->screen.text.data)
		r = bytes_append(ret, w->screen.text.data, w->screen.text.len);
	/* Once more without its line ends: a long line goes on in the next. */
	for (const char *s = w->screen.text.data; r == 0 && s && *s;
	     s += strcspn(s, "\n"), s += *s == '\n')
		r = bytes_append(ret, s, strcspn(s, "\n"));
	return r;
}

/* Of the system: UEFI firmware asks for a network boot on its own. */
static void look_for_packets(struct watch *w)
{
	CLEANUP_BYTES struct bytes pcap = { 0 };
	bool is_up = has_reached(w, MILESTONE_KERNEL) || has_reached(w, MILESTONE_INIT) ||
		     has_reached(w, MILESTONE_LOGIN) || elapsed(w) > SYSTEM_MS;

	if (!w->listens && is_up)
		w->listens = qemu_ask(&w->q, "object-add",
				      json_pack("{ss ss ss ss si}", "qom-type",
						"filter-dump", "id", "dump0", "netdev",
						"net0", "file", "packets", "maxlen", 64),
				      NULL, NULL) == 0;
	if (has_reached(w, MILESTONE_NETWORK) || !slurp(w, "packets", PACKETS_MAX, &pcap) ||
	    !packets_from(&pcap, w->mac))
		return;
	reach(w, MILESTONE_NETWORK);
	/* One is enough, and a guest can send for ever. */
	(void)qemu_ask(&w->q, "object-del", json_pack("{ss}", "id", "dump0"), NULL, NULL);
}

/* The user network takes the connection at once, and hands it on when the guest listens. */
static void look_for_ssh(struct watch *w)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)w->q.ssh_port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char banner[64];
	ssize_t n;

	if (has_reached(w, MILESTONE_SSH) || !w->q.ssh_port)
		return;
	if (w->ssh < 0) {
		w->ssh = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		w->ssh_until = now_ms() + BANNER_MS;
		if (w->ssh >= 0)
			(void)connect(w->ssh, (struct sockaddr *)&at, sizeof(at));
		return;
	}
	n = recv(w->ssh, banner, sizeof(banner), 0);
	if (n >= 4 && memcmp(banner, "SSH-", 4) == 0) {
		reach(w, MILESTONE_NETWORK);
		reach(w, MILESTONE_SSH);
	} else if (n < 0 && (errno == EAGAIN || errno == EINPROGRESS) &&
		   now_ms() < w->ssh_until) {
		return;
	}
	closep(&w->ssh);
	w->ssh = -1;
}

/* The passphrase of the first key, once, when the guest asks. */
static void unlock(struct watch *w, const char *text)
{
	CLEANUP_KEYRING struct keyring keys = { 0 };

	if (w->unlocked || w->c->n_keys == 0 || !console_asks(text))
		return;
	w->unlocked = true;
	if (keyring_read(w->c, &keys, NULL) < 0 || keys.n == 0)
		return;
	qemu_type(&w->q, keys.v[0].data, keys.v[0].len);
	qemu_type(&w->q, "\r", 1);
}

/* --- the verdict --- */

static void fail(struct watch *w, const char *id, const char *fmt, ...) PRINTF(3, 4);

static void fail(struct watch *w, const char *id, const char *fmt, ...)
{
	va_list ap;

	snprintf(w->failure, sizeof(w->failure), "%s", id);
	va_start(ap, fmt);
	vsnprintf(w->reason, sizeof(w->reason), fmt, ap);
	va_end(ap);
}

static const char *last_milestone(const struct watch *w)
{
	for (int m = N_MILESTONES - 1; m >= 0; m--)
		if (w->times[m])
			return milestone_name((enum milestone)m);
	return "nothing";
}

/* Up, and reachable as far as it will be. */
static bool is_complete(const struct watch *w)
{
	uint64_t t = elapsed(w);

	if (has_reached(w, MILESTONE_SSH))
		return true;
	if (!has_reached(w, MILESTONE_LOGIN))
		return false;
	if (has_reached(w, MILESTONE_NETWORK))
		return t > w->times[MILESTONE_LOGIN] + SSH_MS &&
		       t > w->times[MILESTONE_NETWORK] + SSH_MS;
	return t > w->times[MILESTONE_LOGIN] + NETWORK_MS;
}

static bool is_at_rest(const struct watch *w)
{
	return w->screen.is_graphics && !w->screen.is_blue && w->n_pictures > 2 &&
	       now_ms() > w->screen_since + REST_MS;
}

/* The word behind "Stop code" or "STOP:"; "": it cannot be read. */
static void find_stop_code(const char *text, char *out, size_t size)
{
	static const char *const before[] = { "top code: ", "*** STOP: ", "top code " };

	*out = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(before) && !*out; i++) {
		const char *at = strstr(text, before[i]);

		if (at)
			snprintf(out, size, "%.*s",
				 (int)strcspn(at + strlen(before[i]), " \n"),
				 at + strlen(before[i]));
	}
}

static bool is_over(struct watch *w, const char *text)
{
	const struct boot_failure *f = console_failure(text);
	char code[64];

	if (is_complete(w)) {
		w->by = has_reached(w, MILESTONE_LOGIN) ? BY_LOGIN : BY_SSH;
	} else if (f && !has_reached(w, MILESTONE_SSH)) {
		fail(w, f->id, "%s: “%s”", f->meaning, f->text);
	} else if (w->screen.is_blue && now_ms() > w->screen_since + SCREEN_MS) {
		find_stop_code(text, code, sizeof(code));
		fail(w, "windows-stop", "Windows shows a stop screen%s%s",
		     *code ? ": " : "", code);
	} else if (w->q.stopped) {
		fail(w, "machine-stopped", "the machine stopped or reset itself after: %s",
		     last_milestone(w));
	} else if (w->agent_since && now_ms() > w->agent_since + NETWORK_MS) {
		w->by = BY_AGENT;
	} else if (is_at_rest(w)) {
		w->by = BY_REST;
	} else if (elapsed(w) > (uint64_t)w->options->timeout * 1000) {
		fail(w, "boot-timeout", "no login within %u s; it came as far as: %s",
		     w->options->timeout, last_milestone(w));
	}
	return w->by != BY_NOTHING || w->failure[0];
}

static int look(struct watch *w, bool *over, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	bool runs = qemu_hear(&w->q);
	int r = context_check(&w->c->ctx, err);
	unsigned seen;

	if (r == 0 && runs)
		r = look_at_screen(w, err);
	if (r < 0 && r != -ECANCELED && r != -ETIME && w->q.stopped)
		r = 0; /* it went while it was asked */
	if (r == 0 && read_console(w, &text) < 0)
		r = error_nomem(err);
	if (r < 0)
		return r;
	seen = console_milestones(text.data);
	for (int m = 0; m < N_MILESTONES; m++)
		if (seen & 1U << m)
			reach(w, (enum milestone)m);
	unlock(w, text.data);
	look_for_packets(w);
	look_for_ssh(w);
	if (!w->agent_since && w->hardware.has_agent_port && qemu_has_agent(&w->q))
		w->agent_since = now_ms();
	*over = is_over(w, text.data);
	if (!*over && !runs) {
		fail(w, "machine-stopped", "QEMU ended after: %s%s%s", last_milestone(w),
		     w->q.said.len ? ": " : "", w->q.said.text);
		*over = true;
	}
	context_progress(&w->c->ctx, "boot",
			 (unsigned)(20 + elapsed(w) * 70 /
						 ((uint64_t)w->options->timeout * 1000 + 1)));
	return 0;
}

static int watch_to_the_end(struct watch *w, struct cvt_error *err)
{
	bool over = false;
	int r = 0;

	while (r == 0 && !over) {
		(void)poll(&(struct pollfd){ .fd = w->q.serial, .events = POLLIN }, 1,
			   LOOK_MS);
		(void)poll(NULL, 0, LOOK_MS / 5);
		r = look(w, &over, err);
	}
	return r;
}

/* --- evidence --- */

static int write_file(const char *dir, const char *name, const struct bytes *data,
		      char **ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = -1;
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return error_nomem(err);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, data->data ? data->data : "", data->len) != (ssize_t)data->len) {
		int r = error_raise(err, ERR_OUTPUT, path, "%s", strerror(errno));

		free(path);
		return r;
	}
	*ret = path;
	return 0;
}

static int keep_evidence(struct watch *w, struct cvt_error *err)
{
	const char *dir = w->options->evidence;
	CLEANUP_BYTES struct bytes png = { 0 };
	int r = 0;

	if (!dir)
		return 0;
	if (process_is_running(w->q.process.pid) &&
	    qemu_ask(&w->q, "screendump",
		     json_pack("{ss ss}", "filename", "screen.png", "format", "png"), NULL,
		     NULL) == 0 &&
	    slurp(w, "screen.png", PICTURE_MAX, &png))
		r = write_file(dir, "screen.png", &png, &w->screenshot, err);
	if (r == 0)
		r = write_file(dir, "serial.log", &w->q.serial_text, &w->serial_log, err);
	return r;
}

static json_t *json_or_null(const char *s)
{
	return json_text(s && *s ? s : NULL);
}

static json_t *describe(const struct watch *w)
{
	json_t *times = json_object(), *stand_ins = json_array();
	const char *network = has_reached(w, MILESTONE_SSH)	    ? "ssh"
			      : has_reached(w, MILESTONE_NETWORK) ? "packets"
								    : "silent";

	for (int m = 0; m < N_MILESTONES; m++)
		if (w->times[m])
			(void)json_object_set_new(times, milestone_name((enum milestone)m),
						  json_integer((json_int_t)w->times[m] - 1));
	for (size_t i = 0; i < w->hardware.stand_ins.n; i++)
		(void)json_array_append_new(stand_ins,
					    json_string(w->hardware.stand_ins.v[i]));
	/* clang-format off */
	return json_pack("{sb so so so ss ss ss ss ss so so so so so}",
			 "booted", w->by != BY_NOTHING,
			 "by", json_or_null(successes[w->by]),
			 "failure", json_or_null(w->failure),
			 "reason", json_or_null(w->reason),
			 "network", network,
			 "accelerator", w->kvm ? "kvm" : "tcg",
			 "firmware", w->options->uefi ? "uefi" : "bios",
			 "disk", w->hardware.bus->name,
			 "nic", w->hardware.nic,
			 "stand_ins", stand_ins,
			 "milestones_ms", times,
			 "screenshot", json_or_null(w->screenshot),
			 "serial", json_or_null(w->serial_log),
			 "overlays", json_null());
	/* clang-format on */
}

/* --- all of it --- */

static void watch_clear(struct watch *w)
{
	qemu_stop(&w->q);
	closep(&w->ssh);
	screen_clear(&w->screen);
	hardware_clear(&w->hardware);
	free(w->screenshot);
	free(w->serial_log);
}

/* An address that nobody had: QEMU's prefix. */
static void choose_mac(struct watch *w)
{
	unsigned char b[3] = { 1, 2, 3 };

	(void)getrandom(b, sizeof(b), 0);
	snprintf(w->mac, sizeof(w->mac), "52:54:00:%02x:%02x:%02x", b[0], b[1], b[2]);
	if (w->options->mac)
		snprintf(w->mac, sizeof(w->mac), "%s", w->options->mac);
}

static int start(struct watch *w, struct cvt_error *err)
{
	CLEANUP_FREE char **disks = calloc(w->v->n + 1, sizeof(*disks));
	const struct launch *l = &w->c->launch;
	struct qemu_options o = {
		.dir = w->v->work, .dir_fd = w->v->dir, .disks = disks,
		.n_disks = w->v->n, .first = w->options->first, .hardware = &w->hardware,
		.uefi = w->options->uefi, .mac = w->mac,
		.memory_mib = l->memory_mib ? l->memory_mib : DEFAULT_MEMORY,
		.cpus = l->cpus ? l->cpus : DEFAULT_CPUS,
	};
	int r;

	if (!disks)
		return error_nomem(err);
	for (size_t i = 0; i < w->v->n; i++)
		disks[i] = w->v->v[i].overlay;
	w->kvm = o.kvm = qemu_kvm_works(&w->c->ctx, o.dir, o.dir_fd);
	w->started = now_ms();
	r = qemu_start(&w->c->ctx, &o, &w->q, err);
	if (w->q.process.pid)
		volumes_guard(w->v, w->q.process.pid);
	return r;
}

int boot_run(struct cvt *c, struct volumes *v, const struct boot_options *options,
	     json_t **ret, struct cvt_error *err)
{
	CLEANUP(watch_clear)
	struct watch w = { .c = c, .options = options, .v = v, .ssh = -1,
			   .q = { .qmp = -1, .serial = -1, .agent = -1 } };
	int r = hardware_of(c->request.target, options->disk_bus, options->uefi,
			    &w.hardware);

	if (r < 0)
		return error_nomem(err);
	choose_mac(&w);
	find_font(&w);
	r = start(&w, err);
	if (r == 0)
		r = watch_to_the_end(&w, err);
	if (r == 0)
		r = keep_evidence(&w, err);
	if (r == 0 && !(*ret = describe(&w)))
		r = error_nomem(err);
	volumes_guard(v, 0);
	return r;
}
