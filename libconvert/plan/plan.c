/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan.h"

static struct edit *find_edit(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n_edits; i++)
		if (strcmp(p->edits[i].path, path) == 0)
			return &p->edits[i];
	return NULL;
}

static void edit_clear(struct edit *e)
{
	free(e->path);
	free(e->link);
	bytes_clear(&e->data);
	bytes_clear(&e->before);
	names_clear(&e->rules);
	names_clear(&e->reasons);
	for (size_t i = 0; i < e->n_labels; i++) {
		free(e->labels[i].path);
		free(e->labels[i].label);
	}
	free(e->labels);
}

static int add_why(struct edit *e, const struct why *why)
{
	int r = names_add_new(&e->rules, why->rule);

	return r < 0 ? r : names_add_new(&e->reasons, why->reason);
}

/* A new edit at the end of the plan; NULL: no memory. */
static struct edit *add_edit(struct plan *p, enum edit_action action, const char *path,
			     const struct why *why)
{
	struct edit *grown = realloc(p->edits, (p->n_edits + 1) * sizeof(*grown));
	struct edit e = { .action = action, .mode = 0644 };

	if (!grown)
		return NULL;
	p->edits = grown;
	e.path = strdup(path);
	if (!e.path || add_why(&e, why) < 0) {
		edit_clear(&e);
		return NULL;
	}
	p->edits[p->n_edits] = e;
	return &p->edits[p->n_edits++];
}

const char *plan_text(const struct plan *p, const struct guest *g, const char *path)
{
	const struct edit *e = find_edit(p, path);

	if (!e)
		return guest_text(g, path);
	if (e->action != EDIT_WRITE || bytes_has_nul(&e->data))
		return NULL;
	return e->data.data ? e->data.data : "";
}

const struct bytes *plan_data(const struct plan *p, const struct guest *g,
			      const char *path)
{
	const struct edit *e = find_edit(p, path);
	const struct guest_file *f = guest_file(g, path);

	if (e)
		return e->action == EDIT_WRITE ? &e->data : NULL;
	return f && !f->link ? &f->data : NULL;
}

static int write_edit(struct plan *p, const struct guest *g, const char *path,
		      struct bytes *data, const struct why *why)
{
	CLEANUP_BYTES struct bytes owned = bytes_take(data);
	const struct guest_file *now = guest_file(g, path);
	struct edit *e = find_edit(p, path);

	if (e ? e->action == EDIT_WRITE && bytes_equal(&e->data, &owned)
	      : now && !now->link && bytes_equal(&now->data, &owned))
		return 0;
	if (e && add_why(e, why) < 0)
		return -ENOMEM;
	if (!e)
		e = add_edit(p, EDIT_WRITE, path, why);
	if (!e)
		return -ENOMEM;
	e->action = EDIT_WRITE;
	e->is_new = !now;
	bytes_clear(&e->data);
	e->data = bytes_take(&owned);
	return 0;
}

int plan_write(struct plan *p, const struct guest *g, const char *path,
	       struct bytes *data, const struct why *why, struct cvt_error *err)
{
	return write_edit(p, g, path, data, why) < 0 ? error_nomem(err) : 0;
}

int plan_write_text(struct plan *p, const struct guest *g, const char *path, char *text,
		    const struct why *why, struct cvt_error *err)
{
	struct bytes data = { .data = text, .len = strlen(text) };

	return plan_write(p, g, path, &data, why, err);
}

void plan_set_mode(struct plan *p, const char *path, mode_t mode)
{
	struct edit *e = find_edit(p, path);

	if (e && e->is_new)
		e->mode = mode;
}

int plan_append(struct plan *p, const char *path, uint64_t size, struct bytes *data,
		const struct why *why, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes owned = bytes_take(data);
	struct edit *e = find_edit(p, path);

	if (e)
		return error_set(err, -EEXIST, "%s: planned twice", path);
	e = add_edit(p, EDIT_APPEND, path, why);
	if (!e)
		return error_nomem(err);
	e->before_size = size;
	e->data = bytes_take(&owned);
	return 0;
}

/* Of a device in several places, none of them over another; of a file nothing else. */
static bool can_patch(const struct plan *p, const char *path, uint64_t offset, size_t len)
{
	for (size_t i = 0; i < p->n_edits; i++) {
		const struct edit *e = &p->edits[i];

		if (strcmp(e->path, path) == 0 &&
		    (e->action != EDIT_PATCH ||
		     (e->offset < offset + len && offset < e->offset + e->data.len)))
			return false;
	}
	return true;
}

int plan_patch(struct plan *p, const char *path, uint64_t offset,
	       const struct bytes *before, const struct bytes *after,
	       const struct why *why, struct cvt_error *err)
{
	struct edit *e;

	if (bytes_equal(before, after))
		return 0;
	if (!can_patch(p, path, offset, before->len) || before->len != after->len)
		return error_set(err, -EINVAL, "%s: cannot be patched", path);
	e = add_edit(p, EDIT_PATCH, path, why);
	if (!e || bytes_set(&e->before, before->data, before->len) < 0 ||
	    bytes_set(&e->data, after->data, after->len) < 0)
		return error_nomem(err);
	e->offset = offset;
	return 0;
}

int plan_fill(struct plan *p, const char *path, uint64_t offset, struct bytes *data,
	      const struct why *why, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes owned = bytes_take(data);
	struct edit *e;

	if (!can_patch(p, path, offset, owned.len))
		return error_set(err, -EINVAL, "%s: cannot be filled", path);
	e = add_edit(p, EDIT_PATCH, path, why);
	if (!e)
		return error_nomem(err);
	e->data = bytes_take(&owned);
	e->offset = offset;
	return 0;
}

int plan_directory(struct plan *p, const char *path, const struct why *why,
		   struct cvt_error *err)
{
	struct edit *e;

	if (find_edit(p, path))
		return 0;
	e = add_edit(p, EDIT_DIRECTORY, path, why);
	if (!e)
		return error_nomem(err);
	e->is_new = true;
	e->mode = 0755;
	return 0;
}

int plan_remove(struct plan *p, const struct guest *g, const char *path,
		const struct why *why, struct cvt_error *err)
{
	struct edit *e = find_edit(p, path);

	if (!guest_file(g, path))
		return 0;
	if (e && add_why(e, why) < 0)
		return error_nomem(err);
	if (!e)
		e = add_edit(p, EDIT_REMOVE, path, why);
	if (!e)
		return error_nomem(err);
	e->action = EDIT_REMOVE;
	bytes_clear(&e->data);
	return 0;
}

int plan_symlink(struct plan *p, const struct guest *g, const char *path, const char *to,
		 const struct why *why, struct cvt_error *err)
{
	struct edit *e;

	if (guest_file(g, path) || find_edit(p, path))
		return 0;
	e = add_edit(p, EDIT_SYMLINK, path, why);
	if (!e)
		return error_nomem(err);
	e->is_new = true;
	e->link = strdup(to);
	return e->link ? 0 : error_nomem(err);
}

static int dup_to(char **ret, const char *s)
{
	*ret = s ? strdup(s) : NULL;
	return s && !*ret ? -ENOMEM : 0;
}

static void warning_clear(struct warning *w)
{
	free(w->id);
	free(w->path);
	free(w->text);
	free(w->remedy);
}

static bool is_told(const struct plan *p, const char *id, const char *path)
{
	for (size_t i = 0; i < p->n_warnings; i++) {
		const struct warning *w = &p->warnings[i];

		if (strcmp(w->id, id) == 0 &&
		    strcmp(w->path ? w->path : "", path ? path : "") == 0)
			return true;
	}
	return false;
}

int plan_warn(struct plan *p, const char *id, const char *path, const char *remedy,
	      const char *fmt, ...)
{
	struct warning *grown, w = { 0 };
	va_list ap;
	int n;

	if (is_told(p, id, path))
		return 0;
	grown = realloc(p->warnings, (p->n_warnings + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->warnings = grown;
	va_start(ap, fmt);
	n = vasprintf(&w.text, fmt, ap);
	va_end(ap);
	if (n < 0)
		w.text = NULL;
	if (n < 0 || dup_to(&w.id, id) < 0 || dup_to(&w.path, path) < 0 ||
	    dup_to(&w.remedy, remedy) < 0) {
		warning_clear(&w);
		return -ENOMEM;
	}
	p->warnings[p->n_warnings++] = w;
	return 0;
}

int edit_add_label(struct edit *e, const char *path, const char *label)
{
	struct edit_label *grown = realloc(e->labels, (e->n_labels + 1) * sizeof(*grown));
	struct edit_label l = { NULL, NULL };

	if (!grown)
		return -ENOMEM;
	e->labels = grown;
	if (dup_to(&l.path, path) < 0 || dup_to(&l.label, label) < 0) {
		free(l.path);
		return -ENOMEM;
	}
	e->labels[e->n_labels++] = l;
	return 0;
}

const char *edit_label(const struct edit *e)
{
	const struct edit_label *last =
		e->n_labels > 0 ? &e->labels[e->n_labels - 1] : NULL;

	return last && strcmp(last->path, e->path) == 0 ? last->label : NULL;
}

uint64_t plan_bytes(const struct plan *p)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < p->n_edits; i++)
		bytes += p->edits[i].data.len;
	return bytes;
}

void plan_clear(struct plan *p)
{
	for (size_t i = 0; i < p->n_edits; i++)
		edit_clear(&p->edits[i]);
	for (size_t i = 0; i < p->n_warnings; i++)
		warning_clear(&p->warnings[i]);
	free(p->edits);
	free(p->warnings);
	*p = (struct plan){ 0 };
}
