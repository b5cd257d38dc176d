/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/initrd_script.h"
#include "step/load_script.h"

#define MODULES_MAX 128 /* drivers of disks need less; each is compared with each */

/* Modules in the order of loading. */
struct order {
	const struct kernel *k;
	const struct names *modules;
	bool *is_done; /* as modules */
};

static bool is_waiting(const struct order *o, size_t i)
{
	const struct module *m = kernel_module(o->k, o->modules->v[i]);

	for (size_t j = 0; j < o->modules->n; j++)
		if (j != i && !o->is_done[j] && names_has(&m->needs, o->modules->v[j]))
			return true;
	return false;
}

static bool is_awaited(const struct order *o, size_t i)
{
	for (size_t j = 0; j < o->modules->n; j++)
		if (j != i && !o->is_done[j] &&
		    names_has(&kernel_module(o->k, o->modules->v[j])->needs,
			      o->modules->v[i]))
			return true;
	return false;
}

/* One that waits for nothing; in a circle, which depmod never writes, one that is waited for. */
static size_t next_module(const struct order *o)
{
	for (size_t i = 0; i < o->modules->n; i++)
		if (!o->is_done[i] && !is_waiting(o, i))
			return i;
	for (size_t i = 0; i < o->modules->n; i++)
		if (!o->is_done[i] && is_awaited(o, i))
			return i;
	return 0;
}

/* The files of @added in the initramfs, each behind what it needs. */
static int load_order(const struct kernel *k, const struct names *added,
		      struct names *ret)
{
	const char *dir = k->initrd_dir ? k->initrd_dir : k->modules_dir + 1;
	CLEANUP_FREE bool *is_done = calloc(added->n + 1, sizeof(*is_done));
	const struct order o = { k, added, is_done };

	if (!is_done)
		return -ENOMEM;
	while (ret->n < added->n) {
		size_t i = next_module(&o);
		CLEANUP_FREE char *file = NULL;

		if (asprintf(&file, "/%s/%s", dir, kernel_module(k, added->v[i])->file) <
		    0) {
			file = NULL;
			return -ENOMEM;
		}
		if (names_add(ret, file) < 0)
			return -ENOMEM;
		is_done[i] = true;
	}
	return 0;
}

int load_script_add(const struct kernel *k, const struct names *added, struct cpio *c,
		    struct bytes *script, struct plan *p, struct cvt_error *err)
{
	const char *member = initrd_script_member(k->generator);
	CLEANUP_NAMES struct names files = { 0 };
	int r;

	if (k->initrd_has_udev || !k->initrd_script || !member || added->n == 0)
		return 0;
	if (added->n <= MODULES_MAX && load_order(k, added, &files) < 0)
		return error_nomem(err);
	r = added->n > MODULES_MAX
		    ? -ENOENT
		    : initrd_script_add(k->generator, k->initrd_script, &files, script);
	if (r == -ENOENT)
		return plan_warn(p, "initramfs-no-udev", k->initrd,
				 "see that its init loads the driver of the root disk",
				 "its /%s has no place for modules to load", member) < 0
			       ? error_nomem(err)
			       : 0;
	if (r < 0)
		return error_nomem(err);
	return initrd_script_is_program(k->generator)
		       ? cpio_add_program(c, member, script, err)
		       : cpio_add(c, member, script, err);
}
