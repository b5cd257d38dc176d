/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "engine/members.h"

void members_clear(struct members *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->v[i].name);
		free(m->v[i].uuid);
		free(m->v[i].type);
	}
	free(m->v);
	*m = (struct members){ 0 };
}

static bool is_btrfs(const struct device *d)
{
	return d->type && d->uuid && strcmp(d->type, "btrfs") == 0;
}

bool members_belong(const struct device *m, const struct device *d)
{
	return is_btrfs(d) && is_btrfs(m) && strcmp(m->uuid, d->uuid) == 0 &&
	       strcmp(m->name, d->name) != 0;
}

static bool has_others(const struct guest *g, const struct device *d)
{
	for (size_t i = 0; i < g->n_devices; i++)
		if (members_belong(&g->devices[i], d))
			return true;
	return false;
}

static int add(struct members *l, const struct device *d)
{
	struct device *grown = realloc(l->v, (l->n + 1) * sizeof(*grown)), *copy;

	if (!grown)
		return -ENOMEM;
	l->v = grown;
	copy = &l->v[l->n++];
	*copy = (struct device){ .kind = d->kind,
				 .disk = d->disk,
				 .part = d->part,
				 .offset = d->offset,
				 .size = d->size };
	copy->name = strdup(d->name);
	copy->uuid = strdup(d->uuid);
	copy->type = strdup(d->type);
	return copy->name && copy->uuid && copy->type ? 0 : -ENOMEM;
}

int members_find(const struct guest *g, struct members *ret)
{
	int r = 0;

	members_clear(ret);
	for (size_t i = 0; i < g->n_devices && r == 0; i++)
		if (has_others(g, &g->devices[i]))
			r = add(ret, &g->devices[i]);
	return r;
}
