/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any other engine, watched: each operation is logged at debug level, and fails or is
 * interrupted where a rule says so.
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "engine/rootfs.h"
#include "engine/trace_rules.h"

struct engine_trace {
	struct engine engine;
	struct engine_ops ops; /* ours, under the name of the engine that is watched */
	struct engine *inner;
	struct trace_rules rules;
	unsigned long n; /* operations so far */
};

/* One operation, from enter() to leave(). */
struct call {
	struct engine_trace *trace;
	enum trace_op op;
	const char *about; /* path or device; NULL: nothing */
	struct timespec started;
};

/* Does a rule keep it from being done? */
static int enter(struct call *c, struct cvt_error *err)
{
	struct engine_trace *t = c->trace;
	int code = trace_rules_match(&t->rules, c->op, c->about);

	t->n++;
	clock_gettime(CLOCK_MONOTONIC, &c->started);
	if (code == 0)
		return 0;
	context_log(t->engine.ctx, CVT_LOG_WARNING, "trace: %lu %s: %s, as asked for", t->n,
		    trace_op_name(c->op), strerror(code));
	if (code == ECANCELED) {
		if (t->engine.ctx)
			atomic_store(&t->engine.ctx->cancelled, 1);
		return context_check(t->engine.ctx, err);
	}
	return rootfs_fail(err, code, c->about, trace_op_name(c->op));
}

/* Log how it ended, with its other arguments; returns @r. */
static int leave(const struct call *c, int r, const char *fmt, ...) PRINTF(3, 4);
static int leave(const struct call *c, int r, const char *fmt, ...)
{
	struct timespec now;
	char rest[256];
	va_list ap;
	long us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	us = (now.tv_sec - c->started.tv_sec) * 1000000 +
	     (now.tv_nsec - c->started.tv_nsec) / 1000;
	va_start(ap, fmt);
	vsnprintf(rest, sizeof(rest), fmt, ap);
	va_end(ap);
	context_log(c->trace->engine.ctx, CVT_LOG_DEBUG, "trace: %lu %s%s%s%s: %s, %ld us",
		    c->trace->n, trace_op_name(c->op), c->about ? " " : "",
		    c->about ? c->about : "", rest, r < 0 ? strerror(-r) : "done", us);
	return r;
}

static struct call call(struct engine *e, enum trace_op op, const char *about)
{
	return (struct call){ (struct engine_trace *)e, op, about, { 0 } };
}

static int trace_activate(struct engine *e, struct guest *g, struct cvt_error *err)
{
	struct call c = call(e, TRACE_ACTIVATE, NULL);
	struct engine *inner = c.trace->inner;
	size_t before = g->n_devices;
	int r = enter(&c, err) ?: inner->ops->activate(inner, g, err);

	return leave(&c, r, " %zu devices", g->n_devices - before);
}

static int trace_mount(struct engine *e, const struct device *d, uint64_t subvol,
		       const char *where, bool writable, struct cvt_error *err)
{
	struct call c = call(e, TRACE_MOUNT, where);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->mount(inner, d, subvol, where, writable, err);

	return leave(&c, r, " %s subvolume %llu %s", d ? d->name : "",
		     (unsigned long long)subvol, writable ? "rw" : "ro");
}

static int trace_subvolumes(struct engine *e, size_t device, struct guest *g,
			    struct cvt_error *err)
{
	struct call c = call(e, TRACE_SUBVOLUMES, g->devices[device].name);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->subvolumes(inner, device, g, err);

	return leave(&c, r, " %zu known", g->n_subvolumes);
}

static int trace_umount(struct engine *e, struct cvt_error *err)
{
	struct call c = call(e, TRACE_UMOUNT, NULL);
	struct engine *inner = c.trace->inner;

	return leave(&c, enter(&c, err) ?: inner->ops->umount(inner, err), " all");
}

static int trace_list(struct engine *e, const char *dir, struct names *ret,
		      struct cvt_error *err)
{
	struct call c = call(e, TRACE_LIST, dir);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->list(inner, dir, ret, err);

	return leave(&c, r, " %zu entries", r < 0 ? 0 : ret->n);
}

static int trace_stat(struct engine *e, const char *path, struct file_stat *ret,
		      struct cvt_error *err)
{
	struct call c = call(e, TRACE_STAT, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->stat(inner, path, ret, err);

	return leave(&c, r, "%s", "");
}

static int trace_read(struct engine *e, const char *path, uint64_t offset, size_t max,
		      struct bytes *ret, struct cvt_error *err)
{
	struct call c = call(e, TRACE_READ, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->read(inner, path, offset, max, ret, err);

	return leave(&c, r, " %zu bytes from %llu", r < 0 ? 0 : ret->len,
		     (unsigned long long)offset);
}

static int trace_readlink(struct engine *e, const char *path, char **ret,
			  struct cvt_error *err)
{
	struct call c = call(e, TRACE_READLINK, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->readlink(inner, path, ret, err);

	return leave(&c, r, " -> %s", r < 0 ? "" : *ret);
}

static int trace_write(struct engine *e, const char *path, const struct bytes *data,
		       mode_t mode, const struct timespec *mtime, struct cvt_error *err)
{
	struct call c = call(e, TRACE_WRITE, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->write(inner, path, data, mode, mtime, err);

	return leave(&c, r, " %zu bytes, mode %o", data->len, (unsigned)mode);
}

static int trace_append(struct engine *e, const char *path, uint64_t size,
			const struct bytes *data, const struct timespec *mtime,
			struct cvt_error *err)
{
	struct call c = call(e, TRACE_APPEND, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->append(inner, path, size, data, mtime, err);

	return leave(&c, r, " %zu bytes at %llu", data->len, (unsigned long long)size);
}

static int trace_patch(struct engine *e, const struct device *d, const char *path,
		       uint64_t offset, const struct bytes *data, struct cvt_error *err)
{
	struct call c = call(e, TRACE_PATCH, path ? path : d->name);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->patch(inner, d, path, offset, data, err);

	return leave(&c, r, " %zu bytes at %llu", data->len, (unsigned long long)offset);
}

static int trace_read_device(struct engine *e, const struct device *d, uint64_t offset,
			     size_t max, struct bytes *ret, struct cvt_error *err)
{
	struct call c = call(e, TRACE_READ_DEVICE, d->name);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->read_device(inner, d, offset, max, ret, err);

	return leave(&c, r, " %zu bytes from %llu", r < 0 ? 0 : ret->len,
		     (unsigned long long)offset);
}

static int trace_remove(struct engine *e, const char *path, struct cvt_error *err)
{
	struct call c = call(e, TRACE_REMOVE, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->remove(inner, path, err);

	return leave(&c, r, "%s", "");
}

static int trace_symlink(struct engine *e, const char *path, const char *to,
			 struct cvt_error *err)
{
	struct call c = call(e, TRACE_SYMLINK, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->symlink(inner, path, to, err);

	return leave(&c, r, " -> %s", to);
}

static int trace_mkdir(struct engine *e, const char *path, mode_t mode,
		       struct cvt_error *err)
{
	struct call c = call(e, TRACE_MKDIR, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->mkdir(inner, path, mode, err);

	return leave(&c, r, " mode %o", (unsigned)mode);
}

static int trace_label(struct engine *e, const char *path, const char *label,
		       struct cvt_error *err)
{
	struct call c = call(e, TRACE_LABEL, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->label(inner, path, label, err);

	return leave(&c, r, " %s", label);
}

static int trace_space(struct engine *e, const char *path, uint64_t *ret,
		       struct cvt_error *err)
{
	struct call c = call(e, TRACE_SPACE, path);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->space(inner, path, ret, err);

	return leave(&c, r, " %llu bytes", r < 0 ? 0ULL : (unsigned long long)*ret);
}

static int trace_checker(struct engine *e, const struct device *d,
			 const char *const argv[], bool bounded, struct bytes *said,
			 struct cvt_error *err)
{
	struct call c = call(e, TRACE_CHECKER, d->name);
	struct engine *inner = c.trace->inner;
	int r = enter(&c, err) ?: inner->ops->checker(inner, d, argv, bounded, said, err);

	return leave(&c, r, " %s: status %d", argv[0], r);
}

static void trace_close(struct engine *e)
{
	struct engine_trace *t = (struct engine_trace *)e;

	engine_close(t->inner);
	trace_rules_clear(&t->rules);
	free(t);
}

static const struct engine_ops trace_ops = {
	.activate = trace_activate,
	.mount = trace_mount,
	.subvolumes = trace_subvolumes,
	.umount = trace_umount,
	.list = trace_list,
	.stat = trace_stat,
	.read = trace_read,
	.readlink = trace_readlink,
	.write = trace_write,
	.append = trace_append,
	.patch = trace_patch,
	.read_device = trace_read_device,
	.remove = trace_remove,
	.symlink = trace_symlink,
	.mkdir = trace_mkdir,
	.label = trace_label,
	.space = trace_space,
	.checker = trace_checker,
	.close = trace_close,
};

int engine_trace_wrap(struct engine **e, const char *rules, struct cvt_error *err)
{
	struct engine_trace *t = calloc(1, sizeof(*t));
	int r = t ? trace_rules_parse(rules, &t->rules, err) : error_nomem(err);

	if (r < 0) {
		free(t);
		return r;
	}
	t->inner = *e;
	t->ops = trace_ops;
	t->ops.name = t->inner->ops->name;
	if (!t->inner->ops->activate)
		t->ops.activate = NULL;
	if (!t->inner->ops->read_device)
		t->ops.read_device = NULL;
	if (!t->inner->ops->subvolumes)
		t->ops.subvolumes = NULL;
	if (!engine_has_devices(t->inner))
		t->ops.checker = NULL;
	t->engine = (struct engine){ .ops = &t->ops, .ctx = t->inner->ctx };
	*e = &t->engine;
	return 0;
}
