/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The storage daemon that serves the views.  It is ready when it greets on its control
 * socket, the last of its options; SIGTERM makes it write back and leave.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>

#include "volume/volume_private.h"

#define READY_MS 30000
#define STOP_MS 30000

/* An option value: QEMU takes a doubled comma for one. */
static char *escape(const char *path)
{
	char *out = malloc(2 * strlen(path) + 1), *p = out;

	if (!out)
		return NULL;
	for (; *path; path++) {
		*p++ = *path;
		if (*path == ',')
			*p++ = ',';
	}
	*p = '\0';
	return out;
}

/* The name of a socket has at most 107 bytes, so it is relative to where the daemon runs. */
static int add_export(struct names *argv, enum volume_export export, const char *view,
		      size_t i)
{
	if (export == EXPORT_SOCKETS)
		return names_print(
			argv,
			"--export=type=vhost-user-blk,id=view%zu,node-name=disk%zu,"
			"writable=on,addr.type=unix,addr.path=%s",
			i, i, strrchr(view, '/') + 1);
	return names_print(argv,
			   "--export=type=fuse,id=view%zu,node-name=disk%zu,writable=on,"
			   "allow-other=off,mountpoint=%s",
			   i, i, view);
}

/* The original, read-only and with its format named, below the overlay, below the view. */
static int add_disk(struct names *argv, const struct volume *v, enum volume_export export,
		    size_t i)
{
	CLEANUP_FREE char *path = escape(v->path);
	CLEANUP_FREE char *overlay = escape(v->overlay);
	CLEANUP_FREE char *view = escape(v->view);
	int r;

	if (!path || !overlay || !view)
		return -ENOMEM;
	r = names_print(
		argv,
		"--blockdev=driver=%s,node-name=base%zu,read-only=on,file.driver=%s,"
		"file.filename=%s",
		v->format, i, is_block_device(v->lock) ? "host_device" : "file", path);
	/* The overlay does not outlive a crash: what it is for is lost then anyway. */
	if (r == 0)
		r = names_print(
			argv,
			"--blockdev=driver=qcow2,node-name=disk%zu,backing=base%zu,"
			"file.driver=file,cache.no-flush=on,file.cache.no-flush=on,"
			"file.filename=%s",
			i, i, overlay);
	return r < 0 ? r : add_export(argv, export, view, i);
}

static int command_line(struct volumes *v, struct names *argv)
{
	int r = names_add(argv, "qemu-storage-daemon");

	for (size_t i = 0; i < v->n && r == 0; i++)
		r = add_disk(argv, &v->v[i], v->export, i);
	if (r == 0)
		r = names_add(argv, "--chardev=socket,id=control,fd=3");
	if (r == 0)
		r = names_add(argv, "--monitor=chardev=control");
	/* A terminator for exec: names_add() keeps room for powers of two only. */
	return r == 0 ? names_add(argv, "") : r;
}

/* The disk that a message of the daemon is about, if it can be told. */
static const char *blame(const struct volumes *v, const struct said *said)
{
	for (size_t i = 0; i < v->n; i++) {
		CLEANUP_FREE char *path = escape(v->v[i].path);

		if (v->n == 1 || (path && strstr(said->text, path)))
			return v->v[i].path;
	}
	return NULL;
}

static int fail_start(struct volumes *v, struct process *p, struct cvt_error *err)
{
	struct said said = { 0 };
	int r;

	while (process_hear(p->err, &said))
		if (poll(&(struct pollfd){ .fd = p->err, .events = POLLIN }, 1, 1000) <=
		    0)
			break;
	(void)process_stop(p, 1000);
	r = qemu_fail(err, ERR_ENGINE, blame(v, &said), &said);
	return r;
}

/* 1: it has greeted; 0: it has ended, or says nothing. */
static int await_greeting(struct context *ctx, int control, struct cvt_error *err)
{
	struct pollfd fd = { .fd = control, .events = POLLIN };
	char greeting[16];

	for (int waited = 0; waited < READY_MS; waited += 100) {
		int r = context_check(ctx, err);

		if (r < 0)
			return r;
		if (poll(&fd, 1, 100) > 0)
			return read(control, greeting, sizeof(greeting)) > 0;
	}
	return 0;
}

/* It may read images and what they are based on, wherever that is, and write overlays.
 * A FUSE export needs more: fusermount3(1) has to gain privileges.
 */
static int confine(struct volumes *v, struct confinement *ret, struct cvt_error *err)
{
	const struct confine_path paths[] = {
		{ "/", CONFINE_READ | CONFINE_EXECUTE },
		{ "/dev/null", CONFINE_READ | CONFINE_WRITE },
		{ v->work, CONFINE_READ | CONFINE_WRITE | CONFINE_CREATE },
		{ NULL, 0 },
	};

	return confine_new(v->ctx, paths, NULL, ret, err);
}

int qsd_start(struct volumes *v, struct cvt_error *err)
{
	CLEANUP_CONFINEMENT struct confinement confinement = { .ruleset = -1 };
	struct process_options options = { .dir = v->work };
	CLEANUP_NAMES struct names argv = { 0 };
	CLEANUP_CLOSE int control = -1;
	CLEANUP_CLOSE int theirs = -1;
	struct process p = { 0 };
	int pair[2], r;

	if (command_line(v, &argv) < 0)
		return error_nomem(err);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_raise(err, ERR_ENGINE, NULL, "socketpair: %s",
				   strerror(errno));
	control = pair[0], theirs = pair[1];
	free(argv.v[argv.n - 1]);
	argv.v[--argv.n] = NULL;
	options.keep = theirs;
	if (v->export == EXPORT_SOCKETS) {
		r = confine(v, &confinement, err);
		if (r < 0)
			return r;
		options.confinement = &confinement;
	}
	r = process_start((const char *const *)argv.v, &options, &p, err);
	if (r < 0)
		return r;
	closep(&theirs);
	theirs = -1;
	r = await_greeting(v->ctx, control, err);
	if (r < 0)
		(void)process_stop(&p, 1000);
	if (r == 0)
		return fail_start(v, &p, err);
	v->qsd = p.pid;
	closep(&p.out);
	closep(&p.err);
	return r < 0 ? r : 0;
}

bool volumes_are_served(const struct volumes *v)
{
	return v->qsd && process_is_running(v->qsd);
}

/* A daemon that was killed leaves mounts behind that answer ENOTCONN. */
static void sweep(const struct volume *v)
{
	const char *argv[] = { "fusermount3", "-u", "-z", "--", v->view, NULL };
	struct said said = { 0 };

	if (!v->view || access(v->view, F_OK) == 0 || errno != ENOTCONN)
		return;
	if (umount2(v->view, MNT_DETACH) < 0)
		(void)process_run(NULL, argv, NULL, &said, NULL);
}

void qsd_remove_view(const char *view)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	for (int i = 0; i < 100 && unlink(view) < 0 && errno == EBUSY; i++)
		(void)nanosleep(&pause, NULL);
}

int qsd_stop(struct volumes *v, struct cvt_error *err)
{
	struct process p = { v->qsd, -1, -1 };
	int r;

	if (!v->qsd)
		return 0;
	v->qsd = 0;
	r = process_stop(&p, STOP_MS);
	for (size_t i = 0; i < v->n; i++)
		sweep(&v->v[i]);
	if (r != 0)
		return error_raise(err, ERR_ENGINE, NULL,
				   "qemu-storage-daemon did not end well (%d)", r);
	return 0;
}
