/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>

#include "inspect/inspect.h"
#include "inspect/inspect_check.h"
#include "inspect/inspect_kernel.h"
#include "inspect/inspect_loader.h"

static int refuse_hibernated(const struct guest *g, const struct inspect_options *options,
			     struct cvt_error *err)
{
	if (g->n_hibernations == 0 || options->discard_hibernation)
		return 0;
	return error_raise(err, ERR_HIBERNATED, g->hibernations[0].path,
			   "holds the state of the hibernated guest, which would be lost");
}

static int inspect_all(struct engine *e, const struct inspect_options *options,
		       struct guest *g, struct cvt_error *err)
{
	struct mount root = { 0 };
	int r = engine_activate(e, g, err);

	if (r == 0)
		r = inspect_swap_devices(e, g, err);
	if (r == 0)
		r = refuse_hibernated(g, options, err);
	if (r == 0 && g->n_disks > 0)
		r = inspect_boot(e, options->root_spec, g, &root, err);
	if (r == 0)
		r = inspect_mounts(e, &root, g, err);
	if (r == 0)
		r = inspect_table(e, options->request, g, err);
	if (r == 0)
		r = inspect_swap_files(e, g, err);
	if (r == 0)
		r = refuse_hibernated(g, options, err);
	if (r == 0)
		r = inspect_os(e, g, err);
	if (r == 0)
		r = inspect_network(e, g, err);
	if (r == 0)
		r = inspect_accounts(e, options->request, g, err);
	if (r == 0)
		r = inspect_loader(e, g, err);
	if (r == 0)
		r = inspect_entries(e, g, err);
	if (r == 0)
		r = inspect_kernels(e, g, err);
	return r < 0 ? r : engine_missed(e, err);
}

int inspect_guest(struct engine *e, const struct inspect_options *options,
		  struct guest *g, struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	int r = inspect_all(e, options, g, &why);

	return r < 0 ? error_pass(err, check_blame(e, g, r, &why), &why) : r;
}
