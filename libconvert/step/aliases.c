/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "core/text.h"
#include "format/modprobe.h"
#include "step/aliases.h"
#include "step/default_entry.h"
#include "step/drivers.h"

#define DIR "/etc/modprobe.d/"

static const char *const paths[] = { "/etc/modprobe.conf", "/etc/modprobe.conf.local",
				     DIR "*.conf" };

/* The cards and adapters that hypervisors show; a driver of anything else is passed through. */
static const char *const disks[] = {
	"BusLogic",	"hv_storvsc", "hv_vmbus",    "mptbase",	   "mptsas",
	"mptscsih",	"mptspi",     "nvme",	     "storvsc",	   "sym53c8xx",
	"virtio_blk",	"virtio_pci", "virtio_scsi", "vmw_pvscsi", "pvscsi",
	"xen_blkfront", "xen_vbd",    "xenblk",
};
static const char *const cards[] = {
	"8139cp",    "8139too",	     "e1000",	 "e1000e", "ena",	 "gve",
	"hv_netvsc", "netvsc",	     "pcnet32",	 "tulip",  "virtio_net", "vmxnet",
	"vmxnet3",   "xen_netfront", "xen_vnif", "xennet",
};

static const struct {
	const char *alias;
	const char *const *old;
	size_t n_old;
	unsigned flags;
	bool wants_all;
} kinds[] = {
	{ "scsi_hostadapter", disks, ARRAY_SIZE(disks), DRIVER_DISK, true },
	{ "eth", cards, ARRAY_SIZE(cards), DRIVER_NET, false },
};

int aliases_want(struct wants *w)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(paths) && r == 0; i++)
		r = want_add(w, paths[i], i < 2 ? WANT_LINK : 0);
	return r;
}

/* Drivers of the target that are modules of @k, of those that an alias may name. */
static int find_wanted(const struct request *q, const struct kernel *k, size_t kind,
		       struct names *old, struct names *ret)
{
	CLEANUP_NAMES struct names wanted = { 0 };
	int r = drivers_wanted(q, NULL, kinds[kind].flags, &wanted);

	for (size_t i = 0; i < kinds[kind].n_old && r == 0; i++)
		r = names_add(old, kinds[kind].old[i]);
	for (size_t i = 0; i < wanted.n && r == 0; i++)
		if (names_has(old, wanted.v[i]) &&
		    kernel_module_state(k, wanted.v[i]) == MODULE_LOADABLE)
			r = names_add(ret, wanted.v[i]);
	return r;
}

static int plan_kind(const struct guest *g, const struct request *q,
		     const struct kernel *k, const char *path, size_t kind,
		     struct plan *p, struct cvt_error *err)
{
	struct modprobe_wish w = { .alias = kinds[kind].alias,
				   .wants_all = kinds[kind].wants_all };
	CLEANUP_BYTES struct bytes fresh = { 0 };
	int r = find_wanted(q, k, kind, &w.old, &w.wanted);

	if (r == 0)
		r = modprobe_edit_aliases(plan_text(p, g, path), &w, &fresh);
	names_clear(&w.old);
	names_clear(&w.wanted);
	return r < 0 ? error_nomem(err)
		     : plan_write(p, g, path, &fresh,
				  WHY("modprobe-alias",
				      "old tools find the target's drivers under the "
				      "names that they know"),
				  err);
}

int aliases_plan(const struct guest *g, const struct request *q, struct plan *p,
		 struct cvt_error *err)
{
	const struct kernel *k = default_kernel_there(g, q, NULL);
	int r = 0;

	for (size_t i = 0; k && i < g->n_files && r == 0; i++) {
		const char *path = g->files[i].path;

		if (strcmp(path, paths[0]) != 0 && strcmp(path, paths[1]) != 0 &&
		    !starts_with(path, DIR))
			continue;
		for (size_t kind = 0; kind < ARRAY_SIZE(kinds) && r == 0; kind++)
			if (plan_text(p, g, path))
				r = plan_kind(g, q, k, path, kind, p, err);
	}
	return r;
}
