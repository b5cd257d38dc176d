/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layers are opened in rounds, until a round finds nothing more: what is
 * complete first, so that an array or a volume group whose last member lies in
 * something still closed is not taken for one that lacks it.
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/text.h"
#include "engine/stack_private.h"

#define ROUNDS 32
#define DEVICES_MAX 4096

int stack_new(struct place *place, const struct key_source *keys, size_t n_keys,
	      struct stack **ret, struct cvt_error *err)
{
	struct stack *s = calloc(1, sizeof(*s));

	if (s)
		s->keys = calloc(n_keys + 1, sizeof(*s->keys));
	if (!s || !s->keys) {
		free(s);
		place->ops->close(place);
		return error_nomem(err);
	}
	s->place = place;
	s->sources = keys;
	s->n_keys = n_keys;
	*ret = s;
	return 0;
}

static int grow_paths(struct stack *s, size_t n)
{
	char **grown;

	if (n <= s->n_paths)
		return 0;
	grown = realloc(s->paths, n * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->paths = grown;
	while (s->n_paths < n)
		s->paths[s->n_paths++] = NULL;
	return 0;
}

int stack_show(struct stack *s, size_t index, const char **ret, struct cvt_error *err)
{
	const struct device *d = &s->g->devices[index];
	const char *array = NULL;
	int r = 0;

	if (grow_paths(s, s->g->n_devices) < 0)
		return error_nomem(err);
	if (d->kind == DEVICE_MD && d->n_below == 1 && d->part > 0)
		array = s->paths[d->below[0]];
	if (!s->paths[index])
		r = s->place->ops->show(s->place, d, array, &s->paths[index], err);
	if (r == 0 && array && !stack_has_opened(s, LAYER_PART, s->paths[index]))
		r = stack_opened(s, LAYER_PART, s->paths[index], err);
	if (r == 0)
		*ret = s->paths[index];
	return r;
}

int stack_add(struct stack *s, enum device_kind kind, char *path, size_t *ret,
	      struct cvt_error *err)
{
	struct device *d = s->g->n_devices < DEVICES_MAX ? guest_add_device(s->g) : NULL;

	if (!d || grow_paths(s, s->g->n_devices) < 0) {
		free(path);
		return d || s->g->n_devices < DEVICES_MAX
			       ? error_nomem(err)
			       : error_raise(err, ERR_STORAGE, NULL,
					     "more than %d block devices", DEVICES_MAX);
	}
	d->kind = kind;
	*ret = s->g->n_devices - 1;
	s->paths[*ret] = path;
	return 0;
}

int stack_opened(struct stack *s, enum layer_kind kind, const char *name,
		 struct cvt_error *err)
{
	struct layer *grown = realloc(s->layers, (s->n_layers + 1) * sizeof(*grown));
	char *copy = strdup(name);

	if (grown)
		s->layers = grown;
	if (!grown || !copy) {
		free(copy);
		return error_nomem(err);
	}
	s->layers[s->n_layers++] = (struct layer){ kind, copy };
	return 0;
}

bool stack_has_opened(const struct stack *s, enum layer_kind kind, const char *name)
{
	for (size_t i = 0; i < s->n_layers; i++)
		if (s->layers[i].kind == kind && strcmp(s->layers[i].name, name) == 0)
			return true;
	return false;
}

int stack_shut(struct stack *s, size_t index, enum error_kind kind, struct cvt_error *err,
	       const char *fmt, ...)
{
	struct device *d = &s->g->devices[index];
	va_list ap;
	int n;

	if (d->shut != ERR_INTERNAL)
		return 0;
	va_start(ap, fmt);
	n = vasprintf(&d->shut_why, fmt, ap);
	va_end(ap);
	if (n < 0) {
		d->shut_why = NULL;
		return error_nomem(err);
	}
	d->shut = kind;
	return 0;
}

bool stack_is_closed(const struct stack *s, size_t index, const char *type)
{
	const struct device *d = &s->g->devices[index];

	return d->type && strcmp(d->type, type) == 0 && d->shut == ERR_INTERNAL &&
	       !guest_is_below_another(s->g, d);
}

static bool is_taken(const struct stack *s, const char *name)
{
	for (size_t i = 0; i < s->g->n_devices; i++)
		if (s->g->devices[i].name && strcmp(s->g->devices[i].name, name) == 0)
			return true;
	return false;
}

int stack_name(struct stack *s, const char *base, const char *uuid, char **ret,
	       struct cvt_error *err)
{
	char *name = NULL;
	int r = is_taken(s, base) ? asprintf(&name, "%s@%.6s", base, uuid)
				  : asprintf(&name, "%s", base);

	if (r < 0)
		return error_nomem(err);
	*ret = name;
	return 0;
}

int stack_need(struct stack *s, const char *driver, const char *module, const char *whose,
	       struct cvt_error *err)
{
	if (s->place->ops->has_driver(s->place, driver, module))
		return 0;
	return error_raise(err, ERR_ENGINE_LACKS, NULL,
			   "this kernel has no %s, which %s needs", driver, whose);
}

/* ---- what is not opened, and never will be ---- */

static const struct {
	const char *type; /* of blkid(8) */
	const char *what;
} refused[] = {
	{ "isw_raid_member", "Intel Matrix RAID (IMSM)" },
	{ "ddf_raid_member", "RAID with DDF metadata" },
	{ "BitLocker", "BitLocker" },
	{ "bcache", "bcache" },
	{ "drbd", "DRBD" },
	{ "zfs_member", "ZFS" },
	{ "VMFS_volume_member", "VMFS" },
};

static const char *what_is_refused(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (strcmp(refused[i].type, type) == 0)
			return refused[i].what;
	if (ends_with(type, "_raid_member") && strcmp(type, "linux_raid_member") != 0)
		return "RAID of a controller's firmware";
	return NULL;
}

static int refuse_others(struct stack *s, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < s->g->n_devices && r == 0; i++) {
		const char *type = s->g->devices[i].type;
		const char *what = type ? what_is_refused(type) : NULL;

		if (what)
			r = stack_shut(s, i, ERR_STORAGE, err,
				       "holds a part of %s (%s), which is not supported",
				       what, type);
	}
	return r;
}

/* ---- a second look ---- */

static int copy_text(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

/* What opening found out; not what stands in a superblock. */
static int copy_device(struct device *to, const struct device *from)
{
	int r = 0;

	to->kind = from->kind;
	to->part = from->part;
	to->offset = from->offset;
	to->size = from->size;
	to->shut = from->shut;
	if ((!to->name && copy_text(&to->name, from->name) < 0) ||
	    copy_text(&to->vg, from->vg) < 0 || copy_text(&to->lv, from->lv) < 0 ||
	    copy_text(&to->shut_why, from->shut_why) < 0)
		return -ENOMEM;
	if (from->part > 0 && from->kind != DEVICE_DISK &&
	    (copy_text(&to->partuuid, from->partuuid) < 0 ||
	     copy_text(&to->partlabel, from->partlabel) < 0 ||
	     copy_text(&to->parttype, from->parttype) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < from->links.n && r == 0; i++)
		r = names_add(&to->links, from->links.v[i]);
	for (size_t i = 0; i < from->n_below && r == 0; i++)
		r = device_add_below(to, from->below[i]);
	return r;
}

static void forget(struct stack *s)
{
	struct guest known = { .devices = s->known, .n_devices = s->n_known };

	guest_clear(&known);
	s->known = NULL;
	s->n_known = 0;
}

static int remember(struct stack *s, struct cvt_error *err)
{
	struct guest copy = { 0 };

	for (size_t i = 0; i < s->g->n_devices; i++) {
		struct device *d = guest_add_device(&copy);
		int r = d ? copy_device(d, &s->g->devices[i]) : -ENOMEM;

		if (r < 0) {
			guest_clear(&copy);
			return error_nomem(err);
		}
	}
	s->known = copy.devices;
	s->n_known = copy.n_devices;
	return 0;
}

static int recall_one(struct stack *s, struct guest *g, size_t i, struct cvt_error *err)
{
	bool is_base = i < g->n_devices;
	struct device *d = is_base ? &g->devices[i] : guest_add_device(g);
	uint64_t offset = d ? d->offset : 0, size = d ? d->size : 0;

	if (!d)
		return error_nomem(err);
	if (is_base &&
	    (d->kind != s->known[i].kind || strcmp(d->name, s->known[i].name) != 0))
		return error_raise(err, ERR_INTERNAL, d->name,
				   "is another device than before");
	if (copy_device(d, &s->known[i]) < 0)
		return error_nomem(err);
	if (is_base) {
		d->offset = offset;
		d->size = size;
		return 0;
	}
	if (!s->paths[i])
		return 0;
	size = d->size;
	if (s->place->ops->probe(s->place, s->paths[i], g, i, err) < 0)
		return -EIO;
	g->devices[i].size = size;
	return 0;
}

static bool is_known(const struct stack *s, const struct device *d)
{
	for (size_t i = 0; i < s->n_known; i++)
		if (strcmp(s->known[i].name, d->name) == 0)
			return true;
	return false;
}

/* Moves the partitions of @g to @to that a conversion has made: nothing is opened in them. */
static int take_new(const struct stack *s, struct guest *g, struct guest *to)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_devices; i++)
		if (!is_known(s, &g->devices[i]) && !guest_add_device(to))
			return -ENOMEM;
	to->n_devices = 0;
	for (size_t i = 0; i < g->n_devices; i++) {
		struct device *d = &g->devices[i];

		if (is_known(s, d))
			g->devices[n++] = *d;
		else
			to->devices[to->n_devices++] = *d;
	}
	g->n_devices = n;
	return 0;
}

static int put_last(struct guest *g, struct guest *from)
{
	for (; from->n_devices > 0; from->n_devices--) {
		struct device *d = guest_add_device(g);

		if (!d)
			return -ENOMEM;
		*d = from->devices[from->n_devices - 1];
	}
	return 0;
}

/* What is known keeps its places, by which devices know what they lie on. */
static int recall(struct stack *s, struct guest *g, struct cvt_error *err)
{
	CLEANUP_GUEST struct guest made = { 0 };
	int r = take_new(s, g, &made) < 0 ? error_nomem(err) : 0;

	for (size_t i = 0; i < s->n_known && r == 0; i++)
		r = recall_one(s, g, i, err);
	if (r == 0 && put_last(g, &made) < 0)
		r = error_nomem(err);
	return r;
}

/* ---- the rounds ---- */

static int open_patiently(struct stack *s, struct cvt_error *err)
{
	size_t before = s->g->n_devices;
	int r = md_open(s, PATIENCE_COMPLETE, err);

	if (r == 0)
		r = luks_open(s, err);
	if (r == 0)
		r = lvm_open(s, PATIENCE_COMPLETE, err);
	if (r == 0 && s->g->n_devices == before)
		r = md_open(s, PATIENCE_DEGRADED, err);
	if (r == 0 && s->g->n_devices == before)
		r = lvm_open(s, PATIENCE_DEGRADED, err);
	return r < 0 ? r : s->g->n_devices > before;
}

static int open_all(struct stack *s, struct cvt_error *err)
{
	int r = 1;

	for (int round = 0; round < ROUNDS && r == 1; round++) {
		r = context_check(s->place->ctx, err);
		if (r == 0)
			r = open_patiently(s, err);
	}
	if (r == 1)
		return error_raise(err, ERR_STORAGE, NULL,
				   "more than %d layers of arrays, encryption and volume "
				   "groups lie above each other",
				   ROUNDS);
	if (r == 0)
		r = md_open(s, PATIENCE_NONE, err);
	if (r == 0)
		r = lvm_open(s, PATIENCE_NONE, err);
	return r < 0 ? r : refuse_others(s, err);
}

int stack_activate(struct stack *s, struct guest *g, struct cvt_error *err)
{
	int r;

	if (s->known)
		return recall(s, g, err);
	s->g = g;
	r = grow_paths(s, g->n_devices) < 0 ? error_nomem(err) : open_all(s, err);
	if (r == 0)
		r = remember(s, err);
	s->g = NULL;
	return r;
}

const char *stack_path(const struct stack *s, const struct device *d)
{
	for (size_t i = 0; s && i < s->n_known && i < s->n_paths; i++)
		if (s->known[i].kind != DEVICE_DISK &&
		    strcmp(s->known[i].name, d->name) == 0)
			return s->paths[i];
	return NULL;
}

static void close_layer(struct stack *s, struct layer *l)
{
	switch (l->kind) {
	case LAYER_ARRAY:
		md_close(s, l->name);
		break;
	case LAYER_LUKS:
		luks_close(s, l->name);
		break;
	case LAYER_VG:
		lvm_close(s, l->name);
		break;
	case LAYER_PART:
		s->place->ops->hide(s->place, l->name);
		break;
	}
	free(l->name);
}

void stack_close(struct stack *s)
{
	if (!s)
		return;
	if (s->place->ops->let_go)
		s->place->ops->let_go(s->place);
	while (s->n_layers > 0)
		close_layer(s, &s->layers[--s->n_layers]);
	for (size_t i = 0; i < s->n_keys; i++)
		secret_clear(&s->keys[i]);
	for (size_t i = 0; i < s->n_paths; i++)
		free(s->paths[i]);
	forget(s);
	s->place->ops->close(s->place);
	free(s->paths);
	free(s->layers);
	free(s->lvm_config);
	free(s->keys);
	free(s);
}
