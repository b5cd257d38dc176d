/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "format/crypttab.h"
#include "format/fstype.h"
#include "step/storage.h"

#define FINDINGS_MAX 8 /* lines told in full; a hostile file has any number of them */

bool storage_is_root(const char *where)
{
	return where[0] == '/' && where[strspn(where, "/")] == '\0';
}

/* ---- crypttab's mappings ---- */

int crypt_names_read(struct crypt_names *c, const struct plan *p, const struct guest *g,
		     struct cvt_error *err)
{
	CLEANUP_CRYPTTAB struct crypttab t = { 0 };
	const struct device *d;
	struct crypttab_entry e;
	size_t len;
	const char *text = storage_text(p, g, CRYPTTAB_PATH, &len);
	int r;

	if (!text)
		return 0;
	r = crypttab_open(&t, text, len, err);
	if (r < 0)
		return error_place(err, r, ERR_FILE_INVALID, CRYPTTAB_PATH);
	while ((r = crypttab_next(&t, &e)) > 0) {
		bool is_absent = guest_resolve(g, e.device, &d) == RESOLVED_ABSENT;

		r = names_add(is_absent ? &c->absent : &c->present, e.name);
		if (r < 0)
			break;
	}
	names_sort(&c->present);
	names_sort(&c->absent);
	return r < 0 ? error_nomem(err) : 0;
}

void crypt_names_clear(struct crypt_names *c)
{
	names_clear(&c->present);
	names_clear(&c->absent);
}

static int compare(const void *key, const void *name)
{
	return strcmp(key, *(char *const *)name);
}

static bool has_sorted(const struct names *l, const char *name)
{
	return l->n > 0 && bsearch(name, l->v, l->n, sizeof(*l->v), compare);
}

/* ---- one device name ---- */

static bool is_same(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

/* Does another device carry the same name?  Members of one btrfs do, and any will do. */
static bool is_ambiguous(const struct guest *g, const struct device *d, const char *name)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *o = &g->devices[i];

		if (o == d || (is_same(d->type, "btrfs") && is_same(o->uuid, d->uuid)))
			continue;
		if ((starts_with(name, "UUID=") && is_same(o->uuid, d->uuid)) ||
		    (starts_with(name, "PARTUUID=") &&
		     is_same(o->partuuid, d->partuuid)) ||
		    (starts_with(name, "LABEL=") && is_same(o->label, d->label)))
			return true;
	}
	return false;
}

int storage_name(const struct guest *g, const struct device *d, char *out, size_t size)
{
	struct device only = *d;
	char name[DEVICE_NAME_SIZE];
	int r = device_stable_name(&only, name, sizeof(name));

	if (r == 0 && d->kind != DEVICE_LV && is_ambiguous(g, d, name)) {
		only.uuid = only.label = NULL;
		r = device_stable_name(&only, name, sizeof(name));
		if (r == 0 && is_ambiguous(g, d, name))
			r = -ENOENT;
	}
	if (r == 0 && strlen(name) >= size)
		r = -ENAMETOOLONG;
	if (r == 0)
		memcpy(out, name, strlen(name) + 1);
	return r;
}

/* "/boot/" is "/boot". */
static bool is_same_path(const char *a, const char *b)
{
	size_t n = strlen(a);

	while (n > 1 && a[n - 1] == '/')
		n--;
	return strncmp(a, b, n) == 0 && b[n + strspn(b + n, "/")] == '\0';
}

/*
 * Is the device known to be mounted elsewhere?  Then the order of the disks
 * is not what the name supposes.  Names that tell no order were only guessed,
 * so any mount contradicts them.
 */
static bool is_taken(const struct guest *g, const struct device *d, const char *spec,
		     const char *where)
{
	const bool is_guess = starts_with(spec, "/dev/disk/");

	if (is_same(d->type, "btrfs"))
		return false;
	for (size_t i = 0; i < g->n_mounts; i++) {
		const struct mount *m = &g->mounts[i];

		if (&g->devices[m->device] == d && !is_same_path(m->where, where) &&
		    (is_guess || storage_is_root(m->where)))
			return true;
	}
	return false;
}

static enum fate absent_or_hidden(const char *spec, enum resolved r)
{
	if (r == RESOLVED_ABSENT)
		return FATE_ABSENT;
	return starts_with(spec, "/dev/mapper/") || !starts_with(spec, "/dev/")
		       ? FATE_HIDDEN
		       : FATE_KEEP;
}

static bool is_tag(const char *spec)
{
	return starts_with(spec, "UUID=") || starts_with(spec, "LABEL=") ||
	       starts_with(spec, "PARTUUID=") || starts_with(spec, "PARTLABEL=");
}

enum fate storage_fate(const struct guest *g, const struct crypt_names *c,
		       const char *spec, const char *where, const char *type, char *name)
{
	const struct device *d = NULL, *root = guest_device_at(g, "/");
	enum resolved r;

	if (!is_tag(spec) && !starts_with(spec, "/dev/"))
		return FATE_KEEP;
	if (starts_with(spec, "/dev/mapper/")) {
		if (has_sorted(&c->present, spec + strlen("/dev/mapper/")))
			return FATE_KEEP;
		if (has_sorted(&c->absent, spec + strlen("/dev/mapper/")))
			return storage_is_root(where) ? FATE_KEEP : FATE_ABSENT;
	}
	if (g->n_disks == 0)
		return guest_spec_is_stable(g, spec) ? FATE_KEEP : FATE_UNKNOWN;
	r = guest_resolve(g, spec, &d);
	if (r == RESOLVED_DEVICE && guest_spec_is_stable(g, spec))
		return FATE_KEEP;
	if (guest_spec_is_guess(g, spec) && !storage_is_root(where))
		return FATE_MISMATCH;
	if (storage_is_root(where)) {
		/* The boot path found the root; if it did not, that is told there. */
		if (r == RESOLVED_OTHER || guest_spec_is_stable(g, spec))
			return FATE_KEEP;
		d = root ? root : d;
		if (!d)
			return FATE_KEEP;
	} else if (r != RESOLVED_DEVICE) {
		return absent_or_hidden(spec, r);
	} else if (!fstype_agrees(type, d->type) || is_taken(g, d, spec, where)) {
		return FATE_MISMATCH;
	}
	return storage_name(g, d, name, DEVICE_NAME_SIZE) == 0 ? FATE_RENAME
							       : FATE_NAMELESS;
}

const char *storage_text(const struct plan *p, const struct guest *g, const char *path,
			 size_t *len)
{
	const char *text = plan_text(p, g, path);
	const struct guest_file *f = guest_file(g, path);

	if (text)
		*len = strlen(text);
	else if (f && !f->link)
		*len = f->data.len;
	return text ? text : f && !f->link ? f->data.data : NULL;
}

/* ---- findings ---- */

int findings_add(struct findings *f, size_t lineno, const char *fmt, ...)
{
	const char *separator = f->text.len > 0 ? "; " : "";
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FREE char *line = NULL;
	va_list ap;
	int n;

	if (f->n++ >= FINDINGS_MAX)
		return 0;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	for (char *s = text; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
	if (lineno > 0)
		n = asprintf(&line, "%sline %zu: %.256s", separator, lineno, text);
	else
		n = asprintf(&line, "%s%.256s", separator, text);
	if (n < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return bytes_append(&f->text, line, (size_t)n);
}

int findings_tell(const struct findings *f, struct plan *p, const char *id,
		  const char *path, const char *remedy)
{
	if (f->n == 0)
		return 0;
	if (f->n > FINDINGS_MAX)
		return plan_warn(p, id, path, remedy, "%s; and %zu more", f->text.data,
				 f->n - FINDINGS_MAX);
	return plan_warn(p, id, path, remedy, "%s", f->text.data);
}

void findings_clear(struct findings *f)
{
	bytes_clear(&f->text);
}
