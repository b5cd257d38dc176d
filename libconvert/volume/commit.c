/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the overlays into the originals: everything that can fail comes before the redo log
 * is durable, and what comes after it can be done again.
 */
#include <config.h>

#include <fcntl.h>
#include <string.h>

#include "volume/fullio.h"
#include "volume/state.h"
#include "volume/volume_private.h"

/* The daemon and qemu-img have left it to us to make it durable. */
static int sync_source(const struct redo_file *f, struct cvt_error *err)
{
	if (fsync(f->source_fd) < 0)
		return error_raise(err, ERR_OUTPUT, f->source, "cannot be written: %s",
				   strerror(errno));
	return 0;
}

/* Of a raw disk the overlay itself is what is to be written. */
static int add_raw(struct redo *r, struct volumes *v, size_t i, struct cvt_error *err)
{
	const struct volume *d = &v->v[i];
	struct redo_file *f = redo_add_file(r, i, d->path, d->format);

	if (!f)
		return error_nomem(err);
	f->source = strdup(d->overlay);
	f->fd = fcntl(d->lock, F_DUPFD_CLOEXEC, 3);
	f->size_before = f->size_after = fd_size(d->lock);
	if (!f->source || f->fd < 0)
		return error_nomem(err);
	return extents_gather(f, 0, f->size_after, NULL, err);
}

static int add_disk(struct redo *r, struct volumes *v, size_t i, struct cvt_error *err)
{
	return strcmp(v->v[i].format, "raw") == 0 ? add_raw(r, v, i, err)
						  : shadow_commit(r, v, i, err);
}

static int make_ready(struct redo *r, struct cvt_error *err)
{
	int code = 0;

	for (size_t i = 0; i < r->n && code == 0; i++) {
		code = redo_identify(&r->files[i], err);
		if (code == 0)
			code = extents_reserve(&r->files[i], err);
		if (code == 0)
			code = sync_source(&r->files[i], err);
	}
	return code;
}

/* Up to the point of no return, which is the last thing done here. */
static int decide(struct volumes *v, struct redo *r, struct cvt_error *err)
{
	int code = make_ready(r, err);

	/* Whoever finds the job may remove the undo file: it must not be another's. */
	if (code == 0 && r->undo && access(r->undo, F_OK) == 0)
		return error_raise(err, ERR_OUTPUT_EXISTS, r->undo, "exists already");
	if (code == 0)
		code = state_write(v->work, r, REDO_READY, err);
	if (code == 0 && r->undo)
		code = undo_save(v, r, err);
	/* The last chance to change one's mind. */
	if (code == 0)
		code = context_check(v->ctx, err);
	if (code < 0)
		return code;
	keeper_keep(v);
	code = markers_place(v->ctx, r, v->work, err);
	return code < 0 ? code : state_write(v->work, r, REDO_COMMIT, err);
}

static void take_back(struct volumes *v, const struct redo *r)
{
	markers_remove(r, v->work);
	if (r->undo_made)
		undo_discard(r->undo);
	keeper_forget(v);
}

static bool is_commit_error(const struct cvt_error *err)
{
	return err->exit == CVT_EXIT_COMMIT;
}

int redo_commit(struct volumes *v, struct redo *r, struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	int code = decide(v, r, &why);

	if (code < 0 && !is_commit_error(&why)) {
		take_back(v, r);
		return error_pass(err, code, &why);
	}
	v->keep = true;
	if (code == 0)
		code = redo_write(r, &why);
	if (code == 0)
		code = state_write(v->work, r, REDO_DONE, &why);
	if (code < 0) {
		why.exit = CVT_EXIT_COMMIT;
		return error_pass(err, state_advise(&why, code, v->work), &why);
	}
	markers_remove(r, v->work);
	v->keep = false;
	keeper_forget(v);
	return 0;
}

static int commit_all(struct volumes *v, struct redo *r, struct cvt_error *err)
{
	int code = 0;

	for (size_t i = 0; i < v->n && code == 0; i++)
		code = add_disk(r, v, i, err);
	return code < 0 ? code : redo_commit(v, r, err);
}

int volumes_commit(struct volumes *v, const char *undo, struct cvt_error *err)
{
	CLEANUP_REDO struct redo r = { 0 };
	int code = qsd_stop(v, err);

	if (code < 0)
		return code;
	if (undo) {
		r.undo = absolute_path(undo);
		if (!r.undo)
			return error_nomem(err);
	}
	return commit_all(v, &r, err);
}
