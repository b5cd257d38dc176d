/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "step/drivers.h"

/* A disk behind one of the first is found only with the second. */
static const struct {
	const char *driver, *companion, *arch; /* NULL: any */
} companions[] = {
	{ "ahci", "sd_mod" },
	{ "ata_piix", "sd_mod" },
	{ "hv_storvsc", "sd_mod" },
	{ "mptspi", "sd_mod" },
	{ "virtio_blk", "virtio_pci" },
	{ "virtio_net", "virtio_pci" },
	{ "virtio_scsi", "sd_mod" },
	{ "virtio_scsi", "virtio_pci" },
	/* s390x has no PCI there. */
	{ "virtio_blk", "virtio_ccw", "s390x" },
	{ "virtio_net", "virtio_ccw", "s390x" },
	{ "virtio_scsi", "virtio_ccw", "s390x" },
	{ "vmw_pvscsi", "sd_mod" },
};

static int add_driver(struct names *l, const char *module, const char *arch)
{
	int r = names_add_new(l, module);

	for (size_t i = 0; i < ARRAY_SIZE(companions) && r == 0; i++)
		if (strcmp(companions[i].driver, module) == 0 &&
		    (!arch || !companions[i].arch ||
		     strcmp(companions[i].arch, arch) == 0))
			r = names_add_new(l, companions[i].companion);
	return r;
}

static int add_target(const struct target *t, const char *arch, unsigned flags,
		      struct names *ret)
{
	int r = 0;

	for (size_t i = 0; i < t->n_drivers && r == 0; i++)
		if (t->drivers[i].flags & flags)
			r = add_driver(ret, t->drivers[i].module, arch);
	return r;
}

int drivers_wanted(const struct request *q, const char *arch, unsigned flags,
		   struct names *ret)
{
	int r = add_target(q->target, arch, flags, ret);

	for (size_t i = 0; q->portable && r == 0 && target_at(i); i++)
		r = add_target(target_at(i), arch, flags, ret);
	return r;
}

const struct kernel *drivers_default_kernel(const struct guest *g)
{
	for (size_t i = 0; i < g->n_kernels; i++)
		if (g->kernels[i].is_default)
			return &g->kernels[i];
	return NULL;
}

const char *drivers_lacking(const struct kernel *k, const struct target *t)
{
	for (size_t i = 0; i < t->n_drivers; i++)
		if ((t->drivers[i].flags & DRIVER_REQUIRED) &&
		    kernel_module_state(k, t->drivers[i].module) == MODULE_MISSING)
			return t->drivers[i].module;
	return NULL;
}

const char *drivers_needing_initramfs(const struct kernel *k, const struct target *t)
{
	for (size_t i = 0; i < t->n_drivers; i++)
		if ((t->drivers[i].flags & DRIVER_REQUIRED) &&
		    kernel_module_state(k, t->drivers[i].module) == MODULE_LOADABLE)
			return t->drivers[i].module;
	return NULL;
}

const char *drivers_of_card(const struct target *t)
{
	for (size_t i = 0; i < t->n_drivers; i++)
		if (t->drivers[i].flags & DRIVER_NET)
			return t->drivers[i].module;
	return NULL;
}
