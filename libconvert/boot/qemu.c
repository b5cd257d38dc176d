/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "boot/qemu.h"

#define PROGRAM "qemu-system-x86_64"
#define ANSWER_MS 60000	       /* an emulated machine may hold up its monitor */
#define ANSWER_MAX ((size_t)1 << 20) /* bytes of one answer */

/* --- its command line --- */

struct words {
	struct names list;
	int code;
};

static void words_clear(struct words *w)
{
	names_clear(&w->list);
}

static PRINTF(2, 3) void add(struct words *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (w->code == 0)
		w->code = names_vprint(&w->list, fmt, ap);
	va_end(ap);
}

static void add_option(struct words *w, const char *option, const char *value)
{
	add(w, "%s", option);
	add(w, "%s", value);
}

static void add_machine(struct words *w, const struct qemu_options *o)
{
	add(w, PROGRAM);
	add(w, "-nodefaults");
	add(w, "-no-user-config");
	add(w, "-no-reboot");
	add_option(w, "-sandbox",
		   "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
	add_option(w, "-display", "none");
	add_option(w, "-machine", o->uefi ? "q35" : "pc");
	add_option(w, "-accel", o->kvm ? "kvm" : "tcg,thread=multi");
	add_option(w, "-cpu", o->kvm ? "host" : "max");
	add_option(w, "-vga", "std");
	add(w, "-smp");
	add(w, "%u", o->cpus);
	add(w, "-m");
	add(w, "%u", o->memory_mib);
	add_option(w, "-chardev", "socket,id=qmp,fd=3");
	add_option(w, "-mon", "chardev=qmp,mode=control");
	add_option(w, "-chardev", "socket,id=serial,path=serial,server=on,wait=on");
	add_option(w, "-serial", "chardev:serial");
}

/* A comma in a value is written twice (qemu(1)). */
static char *double_commas(const char *path)
{
	char *out = malloc(2 * strlen(path) + 1), *o = out;

	for (; out && *path; path++) {
		*o++ = *path;
		if (*path == ',')
			*o++ = ',';
	}
	if (out)
		*o = '\0';
	return out;
}

static void add_disks(struct words *w, const struct qemu_options *o)
{
	const struct bus *bus = o->hardware->bus;

	if (bus->adapter)
		add_option(w, "-device", bus->adapter);
	for (unsigned i = 0; i < o->n_disks; i++) {
		CLEANUP_FREE char *path = double_commas(o->disks[i]);
		const char *gap = strstr(bus->disk, "%u");

		/* The number stands once or twice in the word. */
		add(w, "-drive");
		add(w, "if=none,id=disk%u,format=qcow2,cache=unsafe,discard=unmap,file=%s",
		    i, path ? path : "");
		add(w, "-device");
		if (strstr(gap + 2, "%u"))
			add(w, "%.*s%u%.*s%u%s", (int)(gap - bus->disk), bus->disk, i,
			    (int)(strstr(gap + 2, "%u") - gap - 2), gap + 2, i,
			    i == o->first ? ",bootindex=0" : "");
		else
			add(w, "%.*s%u%s", (int)(gap - bus->disk), bus->disk, i,
			    i == o->first ? ",bootindex=0" : "");
	}
}

static void add_network(struct words *w, const struct qemu_options *o)
{
	add_option(w, "-netdev",
		   "user,id=net0,restrict=on,hostfwd=tcp:127.0.0.1:0-:22");
	add(w, "-device");
	add(w, "%s,netdev=net0,mac=%s,romfile=", o->hardware->nic, o->mac);
	if (!o->hardware->has_agent_port)
		return;
	add_option(w, "-device", "virtio-serial-pci");
	add_option(w, "-chardev", "socket,id=agent,path=agent,server=on,wait=off");
	add_option(w, "-device",
		   "virtserialport,chardev=agent,name=org.qemu.guest_agent.0");
}

/* --- UEFI --- */

static const struct {
	const char *code, *variables;
} firmwares[] = {
	{ "/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd" },
	{ "/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd" },
	{ "/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
	{ "/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin" },
	{ "/usr/share/qemu/edk2-x86_64-code.fd", "/usr/share/qemu/edk2-i386-vars.fd" },
};

/* A variable store of its own, without boot entries, as a new machine has it. */
static int copy_variables(const struct qemu_options *o, const char *from,
			  struct cvt_error *err)
{
	CLEANUP_CLOSE int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEANUP_CLOSE int out = openat(o->dir_fd, "variables",
				       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char buf[65536];
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, buf, sizeof(buf))) > 0)
		if (write(out, buf, (size_t)n) != n)
			n = -1;
	return n == 0 ? 0
		      : error_raise(err, ERR_ENGINE, NULL, "cannot copy %s: %s", from,
				    strerror(errno));
}

static int add_firmware(struct words *w, const struct qemu_options *o,
			struct cvt_error *err)
{
	int r;

	for (size_t i = 0; o->uefi && i < ARRAY_SIZE(firmwares); i++) {
		if (access(firmwares[i].code, R_OK) < 0 ||
		    access(firmwares[i].variables, R_OK) < 0)
			continue;
		r = copy_variables(o, firmwares[i].variables, err);
		add(w, "-drive");
		add(w, "if=pflash,format=raw,readonly=on,file=%s", firmwares[i].code);
		add_option(w, "-drive", "if=pflash,format=raw,file=variables");
		return r;
	}
	return o->uefi ? error_raise(err, ERR_NO_PROGRAM, NULL,
				     "OVMF, the UEFI firmware for QEMU, is not installed")
		       : 0;
}

/* --- talking --- */

/* The socket @name of the directory; -1: it is not there, or nobody listens. */
static int connect_to(int dir_fd, const char *name)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d/%s", dir_fd, name);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd >= 0)
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static int fail_ended(struct qemu *q, struct cvt_error *err)
{
	(void)process_hear(q->process.err, &q->said);
	return error_raise(err, ERR_ENGINE, NULL, PROGRAM " ended%s%s",
			   q->said.len ? ": " : "", q->said.text);
}

/* The next line of QMP, as JSON; NULL: not yet. */
static json_t *next_line(struct qemu *q)
{
	char *end = q->qmp_line.data ? memchr(q->qmp_line.data, '\n', q->qmp_line.len)
				     : NULL;
	json_t *line;
	size_t n;

	if (!end)
		return NULL;
	n = (size_t)(end - q->qmp_line.data) + 1;
	line = json_loadb(q->qmp_line.data, n, 0, NULL);
	q->qmp_line.len -= n;
	memmove(q->qmp_line.data, q->qmp_line.data + n, q->qmp_line.len);
	return line ? line : json_object();
}

static bool hear_qmp(struct qemu *q)
{
	char buf[16384];
	ssize_t n;

	while ((n = recv(q->qmp, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		if (q->qmp_line.len > ANSWER_MAX ||
		    bytes_append(&q->qmp_line, buf, (size_t)n) < 0)
			return false;
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* What QEMU tells unasked. */
static void take_event(struct qemu *q, const json_t *line)
{
	const char *event = json_string_value(json_object_get(line, "event"));

	if (event && (strcmp(event, "SHUTDOWN") == 0 || strcmp(event, "RESET") == 0 ||
		      strcmp(event, "GUEST_PANICKED") == 0))
		q->stopped = true;
}

static int await_answer(struct qemu *q, const char *command, json_t **ret,
			struct cvt_error *err)
{
	for (int waited = 0; waited < ANSWER_MS; waited += 50) {
		bool open = hear_qmp(q);
		json_t *line;
		int r = context_check(q->ctx, err);

		while (r == 0 && (line = next_line(q))) {
			json_t *error = json_object_get(line, "error");
			json_t *answer = json_object_get(line, "return");
			const char *why =
				json_string_value(json_object_get(error, "desc"));

			take_event(q, line);
			if (answer && ret)
				*ret = json_incref(answer);
			if (error)
				r = error_raise(err, ERR_ENGINE, NULL, PROGRAM ": %s: %s",
						command, why ? why : "failed");
			json_decref(line);
			if (answer || error)
				return r;
		}
		if (r < 0)
			return r;
		if (!open)
			return fail_ended(q, err);
		(void)poll(&(struct pollfd){ .fd = q->qmp, .events = POLLIN }, 1, 50);
	}
	return error_raise(err, ERR_ENGINE, NULL, PROGRAM " does not answer %s", command);
}

int qemu_ask(struct qemu *q, const char *command, json_t *arguments, json_t **ret,
	     struct cvt_error *err)
{
	json_t *line = json_pack("{ss so*}", "execute", command, "arguments", arguments);
	CLEANUP_FREE char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

	json_decref(line);
	if (!text)
		return error_nomem(err);
	/* A command is short: it fits into the buffer of the socket. */
	if (send(q->qmp, text, strlen(text), MSG_NOSIGNAL) < 0)
		return fail_ended(q, err);
	return await_answer(q, command, ret, err);
}

/* --- the serial line --- */

static void keep_serial(struct qemu *q, const char *buf, size_t n)
{
	struct bytes *b = &q->serial_text;

	if (bytes_append(b, buf, n) < 0 || b->len <= 2 * SERIAL_KEPT)
		return;
	n = b->len - 2 * SERIAL_KEPT;
	memmove(b->data + SERIAL_KEPT, b->data + SERIAL_KEPT + n, SERIAL_KEPT);
	b->len = 2 * SERIAL_KEPT;
	b->data[b->len] = '\0';
	q->serial_cut += n;
}

bool qemu_hear(struct qemu *q)
{
	char buf[65536];
	ssize_t n = -1;
	json_t *line;

	/* As much as it likes to say may take no longer than this. */
	for (int i = 0; i < 64 && (n = recv(q->serial, buf, sizeof(buf), 0)) > 0; i++)
		keep_serial(q, buf, (size_t)n);
	(void)process_hear(q->process.err, &q->said);
	(void)hear_qmp(q);
	while ((line = next_line(q))) {
		take_event(q, line);
		json_decref(line);
	}
	return process_is_running(q->process.pid);
}

void qemu_type(struct qemu *q, const char *text, size_t len)
{
	(void)send(q->serial, text, len, MSG_NOSIGNAL);
}

bool qemu_has_agent(struct qemu *q)
{
	static const char ping[] = "\xff{\"execute\":\"guest-ping\"}\n";
	char buf[256];
	ssize_t n;

	if (q->agent < 0)
		q->agent = connect_to(q->dir_fd, "agent");
	if (q->agent < 0)
		return false;
	n = recv(q->agent, buf, sizeof(buf), 0);
	if (n > 0 && memmem(buf, (size_t)n, "\"return\"", 8))
		return true;
	/* One question at a time: what nobody reads is kept by QEMU. */
	if (n < 0 && errno == EAGAIN && !q->agent_asked)
		q->agent_asked = send(q->agent, ping, sizeof(ping) - 1, MSG_NOSIGNAL) > 0;
	return false;
}

/* --- start and end --- */

/* The port that 127.0.0.1 has for the guest's SSH: "TCP[HOST_FORWARD] 12 127.0.0.1 40001 …". */
static int find_ssh_port(struct qemu *q, struct cvt_error *err)
{
	json_t *answer = NULL;
	const char *text, *at;
	int r = qemu_ask(q, "human-monitor-command",
			 json_pack("{ss}", "command-line", "info usernet"), &answer, err);

	text = json_string_value(answer);
	at = text ? strstr(text, "HOST_FORWARD]") : NULL;
	if (!at || sscanf(at, "HOST_FORWARD] %*d %*s %u", &q->ssh_port) != 1)
		q->ssh_port = 0;
	json_decref(answer);
	return r;
}

static int open_serial(struct qemu *q, struct cvt_error *err)
{
	for (int i = 0; i < ANSWER_MS / 20; i++) {
		int r = context_check(q->ctx, err);

		if (r < 0)
			return r;
		q->serial = connect_to(q->dir_fd, "serial");
		if (q->serial >= 0)
			return 0;
		if (!process_is_running(q->process.pid))
			return fail_ended(q, err);
		(void)poll(NULL, 0, 20);
	}
	return error_raise(err, ERR_ENGINE, NULL, PROGRAM " does not start");
}

static int spawn(struct qemu *q, const struct words *w, const char *dir,
		 struct cvt_error *err)
{
	CLEANUP_FREE const char **argv = calloc(w->list.n + 1, sizeof(*argv));
	CLEANUP_CLOSE int theirs = -1;
	struct process_options options = { .dir = dir, .death_signal = SIGKILL };
	int pair[2];

	if (!argv)
		return error_nomem(err);
	memcpy(argv, w->list.v, w->list.n * sizeof(*argv));
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_raise(err, ERR_ENGINE, NULL, "socketpair: %s",
				   strerror(errno));
	q->qmp = pair[0];
	theirs = pair[1];
	options.keep = theirs;
	return process_start(argv, &options, &q->process, err);
}

int qemu_start(struct context *ctx, const struct qemu_options *o, struct qemu *q,
	       struct cvt_error *err)
{
	CLEANUP(words_clear) struct words w = { 0 };
	int r;

	*q = (struct qemu){ .ctx = ctx, .qmp = -1, .serial = -1, .agent = -1,
			    .dir_fd = o->dir_fd };
	add_machine(&w, o);
	r = add_firmware(&w, o, err);
	add_disks(&w, o);
	add_network(&w, o);
	if (r == 0 && w.code < 0)
		r = error_nomem(err);
	if (r == 0)
		r = spawn(q, &w, o->dir, err);
	if (r == 0)
		r = open_serial(q, err);
	if (r == 0)
		r = qemu_ask(q, "qmp_capabilities", NULL, NULL, err);
	return r < 0 ? r : find_ssh_port(q, err);
}

void qemu_stop(struct qemu *q)
{
	process_kill(&q->process);
	closep(&q->qmp);
	closep(&q->serial);
	closep(&q->agent);
	bytes_clear(&q->qmp_line);
	bytes_clear(&q->serial_text);
}

/* --- KVM --- */

#define KVM_SECONDS 5

/* A boot sector that leaves by isa-debug-exit: out 0xf4, 0x10; hlt. */
static const unsigned char leaver[] = { 0xb0, 0x10, 0xe6, 0xf4, 0xf4, 0xeb, 0xfd };
#define LEFT (0x10 << 1 | 1) /* what QEMU then exits with */

static bool write_leaver(int dir_fd)
{
	CLEANUP_CLOSE int fd = openat(dir_fd, "kvm.img",
				      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unsigned char sector[512] = { 0 };

	memcpy(sector, leaver, sizeof(leaver));
	sector[510] = 0x55;
	sector[511] = 0xaa;
	/* SeaBIOS reads no disk that is smaller than a cylinder. */
	return fd >= 0 && write(fd, sector, sizeof(sector)) == sizeof(sector) &&
	       ftruncate(fd, 1 << 20) == 0;
}

bool qemu_kvm_works(struct context *ctx, const char *dir, int dir_fd)
{
	/* clang-format off */
	static const char *const argv[] = {
		PROGRAM, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		"-machine", "pc", "-accel", "kvm", "-cpu", "host", "-m", "64",
		"-device", "isa-debug-exit,iobase=0xf4,iosize=4",
		"-drive", "if=ide,format=raw,file=kvm.img", NULL
	};
	/* clang-format on */
	const struct process_options options = { .dir = dir, .death_signal = SIGKILL };
	const struct process_bounds bounds = { KVM_SECONDS, 4096 };
	CLEANUP_BYTES struct bytes out = { 0 };
	int r;

	if (access("/dev/kvm", R_OK | W_OK) < 0 || !write_leaver(dir_fd))
		return false;
	r = process_run_within(ctx, argv, &options, &bounds, &out, NULL);
	context_log(ctx, CVT_LOG_DEBUG, "KVM: %s",
		    r == LEFT ? "it starts a guest" : "it does not start a guest here");
	(void)unlinkat(dir_fd, "kvm.img", 0);
	return r == LEFT;
}
