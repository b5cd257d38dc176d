/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/engine.h"
#include "engine/trace_rules.h"

#define TRACE "trace:"

/* A directory is a directory; disks go where isolation is strongest and least is asked.
 */
static const char *automatic(const char *dir)
{
	return dir ? "dir" : "guestfs";
}

static bool is_traced(const char *name)
{
	return strncmp(name, TRACE, strlen(TRACE)) == 0;
}

/* The name of the engine that does the work, without the tracing; NULL: no memory. */
static char *worker(const char *name)
{
	if (is_traced(name))
		name += strlen(TRACE);
	return strndup(name, strcspn(name, ","));
}

/* What follows the first comma of "trace:NAME,RULE,RULE". */
static const char *rules_of(const char *name)
{
	const char *comma = strchr(name, ',');

	return comma ? comma + 1 : "";
}

static const struct engine_ops *find(const char *name)
{
	for (size_t i = 0; engines[i]; i++)
		if (strcmp(engines[i]->name, name) == 0)
			return engines[i];
	return NULL;
}

int engine_open(struct context *ctx, const char *name, struct volumes *volumes,
		const char *dir, const struct engine_options *options,
		struct engine **ret, struct cvt_error *err)
{
	CLEANUP_FREE char *base = worker(name);
	CLEANUP_ENGINE struct engine *e = NULL;
	const struct engine_ops *ops;
	int r = engine_check_name(name, err);

	if (r < 0)
		return r;
	if (!base)
		return error_nomem(err);
	ops = find(strcmp(base, "auto") == 0 ? automatic(dir) : base);
	r = ops->open(ctx, volumes, dir, options, &e, err);
	if (r == 0 && is_traced(name))
		r = engine_trace_wrap(&e, rules_of(name), err);
	if (r < 0)
		return r;
	e->repair = options->repair;
	*ret = take_ptr(e);
	return r;
}

enum file_kind file_kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return FILE_REGULAR;
	case S_IFDIR:
		return FILE_DIRECTORY;
	case S_IFLNK:
		return FILE_SYMLINK;
	default:
		return FILE_OTHER;
	}
}

/* Between any two pieces of work a job can be cancelled, but unmounting is never left
 * out.
 */
static int check(const struct engine *e, struct cvt_error *err)
{
	return context_check(e->ctx, err);
}

int engine_check_name(const char *name, struct cvt_error *err)
{
	CLEANUP_FREE char *base = worker(name);
	struct trace_rules rules = { 0 };
	int r = 0;

	if (!base)
		return error_nomem(err);
	if ((!is_traced(name) && strchr(name, ',')) ||
	    (strcmp(base, "auto") != 0 && strcmp(base, ENGINE_INSTANCE) != 0 && !find(base)))
		return error_raise(err, ERR_USAGE, NULL, "unknown engine '%s'", name);
	if (is_traced(name))
		r = trace_rules_parse(rules_of(name), &rules, err);
	trace_rules_clear(&rules);
	return r;
}

bool engine_is(const char *name, const char *base)
{
	CLEANUP_FREE char *has = worker(name);

	return has && strcmp(has, base) == 0;
}

char *engine_on(const char *name, const char *base)
{
	const char *comma = strchr(name, ',');
	char *out = NULL;

	if (asprintf(&out, "%s%s%s", is_traced(name) ? TRACE : "", base,
		     comma ? comma : "") < 0)
		return NULL;
	return out;
}

const char *engine_name(const struct engine *e)
{
	return e->ops->name;
}

static int tell(struct engine *e, int r, const struct cvt_error *why, struct cvt_error *err)
{
	if (r >= 0 || r == -ENOENT)
		return r;
	if (err)
		*err = *why;
	else if ((r == -EIO || r == -EUCLEAN) && !e->missed.code)
		e->missed = *why;
	return r;
}

int engine_missed(struct engine *e, struct cvt_error *err)
{
	struct cvt_error why = e->missed;

	e->missed = (struct cvt_error){ 0 };
	return why.code ? error_pass(err, why.code, &why) : 0;
}

int engine_activate(struct engine *e, struct guest *g, struct cvt_error *err)
{
	if (!e->ops->activate)
		return 0;
	return check(e, err) ?: e->ops->activate(e, g, err);
}

int engine_mount(struct engine *e, const struct device *d, uint64_t subvol,
		 const char *where, bool writable, struct cvt_error *err)
{
	return check(e, err) ?: e->ops->mount(e, d, subvol, where, writable, err);
}

int engine_subvolumes(struct engine *e, size_t device, struct guest *g,
		      struct cvt_error *err)
{
	if (!e->ops->subvolumes)
		return 0;
	return check(e, err) ?: e->ops->subvolumes(e, device, g, err);
}

int engine_umount(struct engine *e, struct cvt_error *err)
{
	return e->ops->umount(e, err);
}

int engine_list(struct engine *e, const char *dir, struct names *ret,
		struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	int r = check(e, &why) ?: e->ops->list(e, dir, ret, &why);

	return tell(e, r, &why, err);
}

int engine_stat(struct engine *e, const char *path, struct file_stat *ret,
		struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	int r = check(e, &why) ?: e->ops->stat(e, path, ret, &why);

	return tell(e, r, &why, err);
}

int engine_pread(struct engine *e, const char *path, uint64_t offset, size_t max,
		 struct bytes *ret, struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	int r = check(e, &why) ?: e->ops->read(e, path, offset, max, ret, &why);

	return tell(e, r, &why, err);
}

int engine_read(struct engine *e, const char *path, size_t max, struct bytes *ret,
		struct cvt_error *err)
{
	int r = engine_pread(e, path, 0, max + 1, ret, err);

	if (r == 0 && ret->len > max) {
		bytes_clear(ret);
		return error_raise(err, ERR_FILE_TOO_LARGE, path, "larger than %zu bytes",
				   max);
	}
	return r;
}

int engine_readlink(struct engine *e, const char *path, char **ret, struct cvt_error *err)
{
	return check(e, err) ?: e->ops->readlink(e, path, ret, err);
}

int engine_write(struct engine *e, const char *path, const struct bytes *data,
		 mode_t mode, const struct timespec *mtime, struct cvt_error *err)
{
	return check(e, err) ?: e->ops->write(e, path, data, mode, mtime, err);
}

int engine_append(struct engine *e, const char *path, uint64_t size,
		  const struct bytes *data, const struct timespec *mtime,
		  struct cvt_error *err)
{
	return check(e, err) ?: e->ops->append(e, path, size, data, mtime, err);
}

int engine_patch(struct engine *e, const struct device *d, const char *path,
		 uint64_t offset, const struct bytes *data, struct cvt_error *err)
{
	return check(e, err) ?: e->ops->patch(e, d, path, offset, data, err);
}

int engine_read_device(struct engine *e, const struct device *d, uint64_t offset,
		       size_t max, struct bytes *ret, struct cvt_error *err)
{
	if (!e->ops->read_device)
		return error_raise(err, ERR_INTERNAL, d->name, "no device can be read");
	return check(e, err) ?: e->ops->read_device(e, d, offset, max, ret, err);
}

int engine_remove(struct engine *e, const char *path, struct cvt_error *err)
{
	return check(e, err) ?: e->ops->remove(e, path, err);
}

int engine_mkdir(struct engine *e, const char *path, mode_t mode, struct cvt_error *err)
{
	return check(e, err) ?: e->ops->mkdir(e, path, mode, err);
}

int engine_label(struct engine *e, const char *path, const char *label,
		 struct cvt_error *err)
{
	return check(e, err) ?: e->ops->label(e, path, label, err);
}

int engine_symlink(struct engine *e, const char *path, const char *to,
		   struct cvt_error *err)
{
	return check(e, err) ?: e->ops->symlink(e, path, to, err);
}

int engine_space(struct engine *e, const char *path, uint64_t *ret, struct cvt_error *err)
{
	return check(e, err) ?: e->ops->space(e, path, ret, err);
}

int engine_checker(struct engine *e, const struct device *d, const char *const argv[],
		   bool bounded, struct bytes *said, struct cvt_error *err)
{
	return check(e, err) ?: e->ops->checker(e, d, argv, bounded, said, err);
}

bool engine_has_devices(const struct engine *e)
{
	return e->ops->checker != NULL;
}

void engine_close(struct engine *e)
{
	if (e)
		e->ops->close(e);
}
