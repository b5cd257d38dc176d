/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which subvolume of a btrfs is meant by mount options. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "guest/guest.h"

int guest_add_subvolume(struct guest *g, size_t device, uint64_t id, const char *path)
{
	struct subvolume *grown =
		realloc(g->subvolumes, (g->n_subvolumes + 1) * sizeof(*grown));
	char *copy = strdup(path);

	if (grown)
		g->subvolumes = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	g->subvolumes[g->n_subvolumes++] =
		(struct subvolume){ .device = device, .id = id, .path = copy };
	return 0;
}

const struct subvolume *guest_subvolume(const struct guest *g, size_t device, uint64_t id)
{
	for (size_t i = 0; i < g->n_subvolumes; i++)
		if (g->subvolumes[i].device == device && g->subvolumes[i].id == id)
			return &g->subvolumes[i];
	return NULL;
}

/* "/@home/" and "@home" are one; @n bytes of @written. */
static bool is_path(const char *path, const char *written, size_t n)
{
	while (n > 0 && *written == '/') {
		written++;
		n--;
	}
	while (n > 0 && written[n - 1] == '/')
		n--;
	return strlen(path) == n && memcmp(path, written, n) == 0;
}

static const struct subvolume *by_path(const struct guest *g, size_t device,
				       const char *written, size_t n)
{
	for (size_t i = 0; i < g->n_subvolumes; i++)
		if (g->subvolumes[i].device == device &&
		    is_path(g->subvolumes[i].path, written, n))
			return &g->subvolumes[i];
	return NULL;
}

static const struct subvolume *default_of(const struct guest *g, size_t device)
{
	for (size_t i = 0; i < g->n_subvolumes; i++)
		if (g->subvolumes[i].device == device && g->subvolumes[i].is_default)
			return &g->subvolumes[i];
	return NULL;
}

/* The value of the last option that starts with @key; NULL: none. */
static const char *find_option(const char *options, const char *key, size_t *len)
{
	const size_t n = strlen(key);
	const char *value = NULL;

	for (const char *p = options; *p; p += *p == ',') {
		size_t end = strcspn(p, ",");

		if (end >= n && memcmp(p, key, n) == 0) {
			value = p + n;
			*len = end - n;
		}
		p += end;
	}
	return value;
}

/* With both options subvol= decides, and the kernel refuses a subvolid= that contradicts it
 * (Linux, fs/btrfs/super.c, mount_subvol()).  0 is the top level by another name.
 */
const struct subvolume *guest_subvolume_by_options(const struct guest *g, size_t device,
						   const char *options)
{
	size_t len = 0;
	const char *path = find_option(options, "subvol=", &len), *id;
	unsigned long long number;
	char *end;

	if (path)
		return by_path(g, device, path, len);
	id = find_option(options, "subvolid=", &len);
	if (!id)
		return default_of(g, device);
	number = strtoull(id, &end, 0);
	if (end != id + len || len == 0)
		return NULL;
	return guest_subvolume(g, device, number ? number : SUBVOL_TOP);
}

size_t guest_first_member(const struct guest *g, size_t device)
{
	const struct device *d = &g->devices[device];

	if (!d->type || strcmp(d->type, "btrfs") != 0 || !d->uuid)
		return device;
	for (size_t i = 0; i < device; i++) {
		const struct device *o = &g->devices[i];

		if (o->type && strcmp(o->type, "btrfs") == 0 && o->uuid &&
		    strcmp(o->uuid, d->uuid) == 0)
			return i;
	}
	return device;
}

/* What is left of @path below the subvolume @top ("@/sub"); NULL: it is not in there. */
static const char *below(const char *top, const char *path)
{
	size_t n = strlen(top);

	if (n == 0)
		return path;
	path += *path == '/';
	return strncmp(path, top, n) == 0 && (path[n] == '/' || !path[n]) ? path + n
									  : NULL;
}

/* Of the subvolumes that are mounted, the innermost one that @path lies in. */
static int locate(const struct guest *g, size_t device, const char *path, char **ret)
{
	const char *where = NULL, *rest = NULL;

	for (size_t i = 0; i < g->n_mounts; i++) {
		const struct mount *m = &g->mounts[i];
		const struct subvolume *s = guest_subvolume(g, device, m->subvol);
		const char *left = m->device == device ? below(s ? s->path : "", path)
						       : NULL;

		if (!left || (rest && strlen(left) >= strlen(rest)))
			continue;
		rest = left;
		where = strcmp(m->where, "/") == 0 ? "" : m->where;
	}
	if (!rest)
		return -ENOENT;
	return asprintf(ret, "%s%s", where, rest) < 0 ? -ENOMEM : 0;
}

/* SUSE's GRUB, with btrfs_relative_path, counts from the default subvolume. */
int guest_locate(const struct guest *g, size_t device, const char *path, char **ret)
{
	const struct subvolume *s = default_of(g, device);
	CLEANUP_FREE char *whole = NULL;
	int r = locate(g, device, path, ret);

	if (r != -ENOENT || !s || !*s->path)
		return r;
	if (asprintf(&whole, "%s%s", s->path, path) < 0) {
		whole = NULL;
		return -ENOMEM;
	}
	return locate(g, device, whole, ret);
}
