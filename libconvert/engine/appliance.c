/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * guestfs_launch() cannot be interrupted, so a second thread watches it and
 * kills the appliance when the job is cancelled, or when a start under KVM takes
 * so long that it hangs.
 */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "engine/appliance.h"

#define KVM_SECONDS 60 /* a start takes 2 to 5 */
#define POLL_MS 100
#define LABEL "convert" /* of each disk, with two letters */
#define LABEL_SIZE sizeof(LABEL "aa")

#define CHILDREN_MAX 64

struct children {
	pid_t pid[CHILDREN_MAX];
	size_t n;
};

struct watch {
	struct context *ctx;
	unsigned seconds;	/* 0: no limit */
	pid_t launcher;		/* thread id of who starts the appliance */
	struct children before; /* those it had already */
	char why[256];		/* the first error, which is the cause of the others */
	pthread_mutex_t lock;
	pthread_cond_t done_cond;
	bool done;
};

/* One line says what happened; the others advise developers of libguestfs. */
static void keep_first(guestfs_h *g, void *data, const char *text)
{
	struct watch *w = data;

	(void)g;
	if (w->why[0] == '\0')
		snprintf(w->why, sizeof(w->why), "%.*s", (int)strcspn(text, "\n"), text);
}

const char *appliance_error(guestfs_h *g)
{
	const char *text = guestfs_last_error(g);

	return text ? text : "libguestfs gave no reason";
}

/* The handle is locked while it launches, so it cannot be asked for the process. */
static void list_children(pid_t thread, struct children *c)
{
	CLEANUP_FCLOSE FILE *f = NULL;
	char path[64];
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)thread);
	f = fopen(path, "re");
	for (c->n = 0; f && c->n < CHILDREN_MAX && fscanf(f, "%d", &pid) == 1; c->n++)
		c->pid[c->n] = pid;
}

static bool has_child(const struct children *c, pid_t pid)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->pid[i] == pid)
			return true;
	return false;
}

static void kill_appliance(const struct watch *w)
{
	struct children now;

	list_children(w->launcher, &now);
	for (size_t i = 0; i < now.n; i++)
		if (!has_child(&w->before, now.pid[i]))
			(void)kill(now.pid[i], SIGKILL);
}

static void next_poll(struct timespec *t)
{
	clock_gettime(CLOCK_REALTIME, t);
	t->tv_nsec += POLL_MS * 1000000L;
	if (t->tv_nsec >= 1000000000L) {
		t->tv_nsec -= 1000000000L;
		t->tv_sec++;
	}
}

static void *watch(void *data)
{
	struct watch *w = data;
	unsigned polls = 0;
	struct timespec t;

	pthread_mutex_lock(&w->lock);
	while (!w->done) {
		bool late = w->seconds && polls > w->seconds * 1000 / POLL_MS;

		if (late || context_check(w->ctx, NULL) < 0)
			kill_appliance(w);
		next_poll(&t);
		(void)pthread_cond_timedwait(&w->done_cond, &w->lock, &t);
		polls++;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int launch(guestfs_h *g, struct watch *w)
{
	sigset_t all, before;
	pthread_t thread;
	bool watched;
	int r;

	w->launcher = gettid();
	list_children(w->launcher, &w->before);
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	watched = pthread_create(&thread, NULL, watch, w) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	guestfs_set_error_handler(g, keep_first, w);
	r = guestfs_launch(g);
	guestfs_set_error_handler(g, NULL, NULL);
	pthread_mutex_lock(&w->lock);
	w->done = true;
	pthread_cond_signal(&w->done_cond);
	pthread_mutex_unlock(&w->lock);
	if (watched)
		(void)pthread_join(thread, NULL);
	return r;
}

/* What libguestfs would print; several lines at once may come. */
static void log_event(guestfs_h *g, void *data, uint64_t event, int handle, int flags,
		      const char *text, size_t len, const uint64_t *array, size_t n)
{
	struct context *ctx = data;

	(void)g;
	(void)event;
	(void)handle;
	(void)flags;
	(void)array;
	(void)n;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	context_log(ctx, CVT_LOG_DEBUG, "libguestfs: %.*s", (int)(len < 512 ? len : 512), text);
}

/* Letters, which is all that libguestfs takes: "convertaa" and so on. */
static void label_of(size_t i, char label[LABEL_SIZE])
{
	snprintf(label, LABEL_SIZE, LABEL "%c%c", (char)('a' + i / 26 % 26),
		 (char)('a' + i % 26));
}

/* A read-only drive would get an overlay whose backing format QEMU guesses (libguestfs 1.48),
 * and so take a disk that begins with a LUKS header for an encrypted image; what is written
 * to a view goes to our own overlay anyway.
 * The views are ours alone, so the appliance has to be a child of this process: "direct".
 * Flushing is pointless, as nothing survives of a job that does not end well.
 */
static int configure(struct context *ctx, guestfs_h *g, const struct volumes *volumes,
		     const struct engine_options *options, bool emulated)
{
	const uint64_t events = GUESTFS_EVENT_WARNING | GUESTFS_EVENT_LIBRARY |
				GUESTFS_EVENT_APPLIANCE | GUESTFS_EVENT_TRACE;

	guestfs_set_error_handler(g, NULL, NULL);
	if (guestfs_set_event_callback(g, log_event, events, 0, ctx) < 0 ||
	    guestfs_set_backend(g, "direct") < 0 || guestfs_set_network(g, 0) < 0 ||
	    guestfs_set_pgroup(g, 1) < 0)
		return -1;
	/* It puts arrays together by itself, but must not copy whole disks (md(4), start_ro). */
	if (guestfs_set_append(g, "md_mod.start_ro=1") < 0)
		return -1;
	if (emulated && guestfs_set_backend_setting(g, "force_tcg", "1") < 0)
		return -1;
	if (options->memory_mib && guestfs_set_memsize(g, (int)options->memory_mib) < 0)
		return -1;
	for (size_t i = 0; i < volumes->n; i++) {
		char label[LABEL_SIZE];

		label_of(i, label);
		if (guestfs_add_drive_opts(g, volumes->v[i].view,
					   GUESTFS_ADD_DRIVE_OPTS_FORMAT, "raw",
					   GUESTFS_ADD_DRIVE_OPTS_CACHEMODE, "unsafe",
					   GUESTFS_ADD_DRIVE_OPTS_LABEL, label, -1) < 0)
			return -1;
	}
	return 0;
}

/* From lines such as "sdb convertaa". */
static int take_names(char *lines, char **names, size_t n)
{
	char device[32], serial[32], label[LABEL_SIZE], *save = NULL;

	for (char *line = strtok_r(lines, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%31s %31s", device, serial) != 2)
			continue;
		for (size_t i = 0; i < n; i++) {
			label_of(i, label);
			if (names[i] || strcmp(label, serial) != 0)
				continue;
			if (asprintf(&names[i], "/dev/%s", device) < 0) {
				names[i] = NULL;
				return -ENOMEM;
			}
		}
	}
	return 0;
}

/* The label is the serial number of the disk: page 0x80 of its vital product data (SPC-3,
 * 7.6.10), behind a head of 4 bytes.
 */
int appliance_kernel_names(guestfs_h *g, size_t n, char ***ret, struct cvt_error *err)
{
	static const char *const list[] = {
		"for f in /sys/block/*/device/vpd_pg80; do d=${f#/sys/block/}; "
		"echo \"${d%%/*} $(tail -c +5 $f)\"; done",
		NULL
	};
	CLEANUP_LIST char **names = calloc(n + 1, sizeof(*names));
	CLEANUP_FREE char *lines = guestfs_debug(g, "sh", (char *const *)list);

	if (!names || (lines && take_names(lines, names, n) < 0))
		return error_nomem(err);
	for (size_t i = 0; i < n; i++)
		if (!names[i])
			return error_raise(err, ERR_ENGINE, NULL,
					   "the appliance does not show disk %zu", i + 1);
	*ret = take_ptr(names);
	return 0;
}

static int start(struct context *ctx, const struct volumes *volumes,
		 const struct engine_options *options, bool emulated, unsigned seconds,
		 guestfs_h **ret, struct cvt_error *err)
{
	struct watch w = { .ctx = ctx,
			   .seconds = seconds,
			   .lock = PTHREAD_MUTEX_INITIALIZER,
			   .done_cond = PTHREAD_COND_INITIALIZER };
	guestfs_h *g = guestfs_create_flags(GUESTFS_CREATE_NO_CLOSE_ON_EXIT);
	int r;

	if (!g)
		return error_nomem(err);
	r = configure(ctx, g, volumes, options, emulated) < 0 ? -1 : launch(g, &w);
	if (r == 0 || context_check(ctx, NULL) < 0)
		r = context_check(ctx, err);
	else
		r = error_raise(err, ERR_ENGINE, NULL, "the appliance does not start: %s",
				w.why[0] ? w.why : appliance_error(g));
	if (r < 0)
		guestfs_close(g);
	else
		*ret = g;
	return r;
}

/* That /dev/kvm can be opened does not mean that a guest runs on it: it has to be tried.
 */
int appliance_start(struct context *ctx, const struct volumes *volumes,
		    const struct engine_options *options, guestfs_h **ret,
		    struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	int r;

	if (access("/dev/kvm", R_OK | W_OK) < 0) {
		context_log(ctx, CVT_LOG_WARNING,
			    "no access to KVM: the appliance runs emulated, which is slow");
		return start(ctx, volumes, options, true, 0, ret, err);
	}
	r = start(ctx, volumes, options, false, KVM_SECONDS, ret, &why);
	if (r == 0)
		return 0;
	if (r == -ECANCELED || r == -ENOMEM)
		return error_pass(err, r, &why);
	context_log(ctx, CVT_LOG_DEBUG, "%s", why.msg);
	context_log(ctx, CVT_LOG_WARNING,
		    "KVM does not work here: the appliance runs emulated, which is slow");
	return start(ctx, volumes, options, true, 0, ret, err);
}
