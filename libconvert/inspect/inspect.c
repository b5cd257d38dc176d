/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>

#include "inspect/inspect.h"
#include "inspect/inspect_kernel.h"
#include "inspect/inspect_loader.h"

int inspect_guest(struct engine *e, const char *root_spec, struct guest *g,
		  struct cvt_error *err)
{
	struct mount root = { 0 };
	int r = engine_activate(e, g, err);

	if (r == 0 && g->n_disks > 0)
		r = inspect_boot(e, root_spec, g, &root, err);
	if (r == 0)
		r = inspect_mounts(e, &root, g, err);
	if (r == 0)
		r = inspect_os(e, g, err);
	if (r == 0)
		r = inspect_loader(e, g, err);
	if (r == 0)
		r = inspect_kernels(e, g, err);
	return r < 0 ? r : engine_missed(e, err);
}
