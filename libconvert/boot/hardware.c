/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "boot/hardware.h"

/* clang-format off */
static const struct bus buses[] = {
	{ "virtio-blk",  NULL, "virtio-blk-pci,drive=disk%u", true },
	{ "virtio-scsi", "virtio-scsi-pci,id=bus0", "scsi-hd,bus=bus0.0,scsi-id=%u,drive=disk%u", true },
	{ "nvme",        NULL, "nvme,serial=vol%u,drive=disk%u", true },
	{ "pvscsi",      "pvscsi,id=bus0", "scsi-hd,bus=bus0.0,scsi-id=%u,drive=disk%u", false },
	{ "ahci",        "ahci,id=bus0", "ide-hd,bus=bus0.%u,drive=disk%u", true },
};

/* What QEMU has for what the targets show. */
static const struct {
	const char *model, *qemu;
	bool is_same;
} nics[] = {
	{ "virtio-net",   "virtio-net-pci", true },
	{ "vmxnet3",      "vmxnet3",        true },
	{ "ena",          "e1000e",         false },
	{ "netvsc",       "e1000e",         false },
	{ "xen-netfront", "e1000e",         false },
};
/* clang-format on */

#define NEAREST "ahci" /* of buses that QEMU has not: every guest has its driver */

const struct bus *bus_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(buses); i++)
		if (strcmp(buses[i].name, name) == 0)
			return &buses[i];
	return NULL;
}

static int add_stand_in(struct hardware *h, const char *ours, const char *theirs)
{
	char text[64];

	snprintf(text, sizeof(text), "%s for %s", ours, theirs);
	return names_add(&h->stand_ins, text);
}

static int choose_bus(const struct target *t, const char *bus, bool uefi,
		      struct hardware *h)
{
	const char *wanted = bus ? bus : t->disk_bus;

	h->bus = bus_find(wanted);
	if (h->bus && (h->bus->ovmf || !uefi))
		return 0;
	h->bus = bus_find(NEAREST);
	return add_stand_in(h, NEAREST, wanted);
}

int hardware_of(const struct target *t, const char *bus, bool uefi, struct hardware *ret)
{
	int r = choose_bus(t, bus, uefi, ret);

	for (size_t i = 0; i < ARRAY_SIZE(nics) && r == 0; i++) {
		if (strcmp(nics[i].model, t->nic_model) != 0)
			continue;
		ret->nic = nics[i].qemu;
		if (!nics[i].is_same)
			r = add_stand_in(ret, nics[i].qemu, t->nic_model);
	}
	if (r == 0 && !ret->nic) {
		ret->nic = "e1000e";
		r = add_stand_in(ret, ret->nic, t->nic_model);
	}
	ret->has_agent_port = strcmp(t->nic_model, "virtio-net") == 0;
	return r;
}

void hardware_clear(struct hardware *h)
{
	names_clear(&h->stand_ins);
}
