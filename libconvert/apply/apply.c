/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>

#include "apply/apply.h"

static int patch(struct engine *e, const struct guest *g, const struct edit *x,
		 const struct bytes *data, struct cvt_error *err)
{
	const struct device *d = NULL;

	if (x->path[0] == '/')
		return engine_patch(e, NULL, x->path, x->offset, data, err);
	d = guest_device_by_name(g, x->path);
	if (!d)
		return error_raise(err, ERR_INTERNAL, x->path, "no such device");
	return engine_patch(e, d, NULL, x->offset, data, err);
}

static int make_edit(struct engine *e, const struct guest *g, const struct edit *x,
		     const struct timespec *mtime, struct cvt_error *err)
{
	switch (x->action) {
	case EDIT_WRITE:
		return engine_write(e, x->path, &x->data, x->mode, mtime, err);
	case EDIT_APPEND:
		return engine_append(e, x->path, x->before_size, &x->data, mtime, err);
	case EDIT_PATCH:
		return patch(e, g, x, &x->data, err);
	case EDIT_REMOVE:
		return engine_remove(e, x->path, err);
	case EDIT_SYMLINK:
		return engine_symlink(e, x->path, x->link, err);
	case EDIT_DIRECTORY:
		return engine_mkdir(e, x->path, x->mode, err);
	}
	return error_set(err, -EINVAL, "%s: unknown edit", x->path);
}

/* Which of the paths that have labels are not there yet. */
static int find_new(struct engine *e, const struct edit *x, bool *is_new,
		    struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < x->n_labels && r >= 0; i++) {
		struct file_stat st;

		r = engine_stat(e, x->labels[i].path, &st, err);
		is_new[i] = r == -ENOENT;
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

static int label_new(struct engine *e, const struct edit *x, const bool *is_new,
		     struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < x->n_labels && r == 0; i++)
		if (is_new[i])
			r = engine_label(e, x->labels[i].path, x->labels[i].label, err);
	if (r != -EPERM)
		return r;
	context_log(
		e->ctx, CVT_LOG_WARNING,
		"%s: its SELinux label cannot be set without privileges; restorecon(8) "
		"does it in the guest",
		x->path);
	return 0;
}

/* *@made: @x is done, but for the labels of what it made. */
static int apply_edit(struct engine *e, const struct guest *g, const struct edit *x,
		      const struct timespec *mtime, bool *made, struct cvt_error *err)
{
	CLEANUP_FREE bool *is_new = calloc(x->n_labels + 1, sizeof(*is_new));
	int r = is_new ? find_new(e, x, is_new, err) : error_nomem(err);

	if (r == 0)
		r = make_edit(e, g, x, mtime, err);
	*made = r == 0;
	return r == 0 ? label_new(e, x, is_new, err) : r;
}

/* Put back what was there before @x. */
static int revert_edit(struct engine *e, const struct guest *g, const struct edit *x,
		       const struct timespec *mtime)
{
	const struct guest_file *was = guest_file(g, x->path);
	const struct bytes nothing = { (char *)"", 0 };

	if (x->action == EDIT_APPEND)
		return engine_append(e, x->path, x->before_size, &nothing, mtime, NULL);
	if (x->action == EDIT_PATCH)
		return patch(e, g, x, &x->before, NULL);
	if (x->action == EDIT_DIRECTORY)
		return 0;
	if (!was)
		return engine_remove(e, x->path, NULL);
	if (was->link)
		return engine_symlink(e, x->path, was->link, NULL);
	return engine_write(e, x->path, &was->data, was->mode, mtime, NULL);
}

/* What failed to come into being is not there; something else may be in its place. */
static bool may_be_half_done(const struct guest *g, const struct edit *x)
{
	return x->action == EDIT_APPEND || x->action == EDIT_PATCH ||
	       (x->action == EDIT_WRITE && guest_file(g, x->path));
}

/* The first @n edits, the last first; of an edit that was not finished it is no failure. */
static void revert(struct engine *e, const struct guest *g, const struct plan *p, size_t n,
		   size_t done, const struct timespec *mtime)
{
	if (e->ctx)
		e->ctx->putting_back = true;
	for (size_t i = n; i-- > 0;)
		if (revert_edit(e, g, &p->edits[i], mtime) < 0 && i < done)
			context_log(e->ctx, CVT_LOG_WARNING, "%s: could not be put back",
				    p->edits[i].path);
	if (e->ctx)
		e->ctx->putting_back = false;
}

int apply_plan(struct engine *e, const struct guest *g, const struct plan *p,
	       const struct timespec *mtime, struct cvt_error *err)
{
	size_t done = 0, n = 0;
	int r = 0;

	while (n < p->n_edits && r == 0) {
		const struct edit *x = &p->edits[n];
		bool made = false;

		r = context_check(e->ctx, err);
		if (r < 0)
			break;
		r = apply_edit(e, g, x, mtime, &made, err);
		done += made;
		n += made || may_be_half_done(g, x);
		if (r == -ENOENT)
			error_raise(err, ERR_APPLY, x->path, "vanished while converting");
	}
	if (r < 0)
		revert(e, g, p, n, done, mtime);
	return r;
}

void apply_revert(struct engine *e, const struct guest *g, const struct plan *p,
		  const struct timespec *mtime)
{
	revert(e, g, p, p->n_edits, p->n_edits, mtime);
}
