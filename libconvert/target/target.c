/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "core/cleanup.h"
#include "target/target.h"

#define DISK (DRIVER_DISK | DRIVER_REQUIRED)
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define DRIVERS(d) d, ARRAY_SIZE(d)

/* clang-format off */
static const struct driver virtio[] = {
	{ "virtio_pci",   DISK },
	{ "virtio_blk",   DISK },
	{ "virtio_scsi",  DRIVER_DISK },
	{ "virtio_net",   DRIVER_NET },
};

/* EC2: Nitro instances since 2017 show every volume as NVMe and every NIC as ENA. */
static const struct driver aws[] = {
	{ "nvme",         DISK },
	{ "ena",          DRIVER_NET },
};

static const struct driver gce[] = {
	{ "virtio_pci",   DISK },
	{ "virtio_scsi",  DISK },
	{ "nvme",         DRIVER_DISK },
	{ "virtio_net",   DRIVER_NET },
	{ "gve",          DRIVER_NET },
};

static const struct driver hyperv[] = {
	{ "hv_vmbus",     DISK },
	{ "hv_storvsc",   DISK },
	{ "hv_netvsc",    DRIVER_NET },
};

static const struct driver azure[] = {
	{ "hv_vmbus",     DISK },
	{ "hv_storvsc",   DISK },
	{ "nvme",         DRIVER_DISK },	/* v6 sizes and later */
	{ "pci_hyperv",   DRIVER_DISK },	/* the bus of those NVMe disks */
	{ "hv_netvsc",    DRIVER_NET },
};

static const struct driver vmware[] = {
	{ "vmw_pvscsi",   DISK },
	{ "mptspi",       DRIVER_DISK },
	{ "ahci",         DRIVER_DISK },
	{ "ata_piix",     DRIVER_DISK },
	{ "nvme",         DRIVER_DISK },
	{ "vmxnet3",      DRIVER_NET },
	{ "e1000e",       DRIVER_NET },
	{ "e1000",        DRIVER_NET },
};

static const struct driver xen[] = {
	{ "xen_blkfront", DISK },
	{ "xen_netfront", DRIVER_NET },
};

static const struct target targets[] = {
	{ "kvm", "QEMU/KVM, libvirt, Proxmox VE, KubeVirt, oVirt", DRIVERS(virtio),
	  LIST("tty0", "ttyS0,115200n8"), NULL, "virtio-blk", "virtio-net", "q35" },
	{ "openstack", "OpenStack on KVM", DRIVERS(virtio),
	  LIST("tty0", "ttyS0,115200n8"), NULL, "virtio-blk", "virtio-net", "q35" },
	{ "aws", "Amazon EC2, Nitro instances", DRIVERS(aws),
	  LIST("tty0", "ttyS0,115200n8"), LIST("nvme_core.io_timeout=4294967295"),
	  "nvme", "ena", "nitro" },
	{ "gce", "Google Compute Engine", DRIVERS(gce),
	  LIST("tty0", "ttyS0,38400n8"), NULL, "virtio-scsi", "virtio-net", "n2" },
	{ "azure", "Microsoft Azure", DRIVERS(azure),
	  LIST("tty0", "ttyS0,115200n8"), LIST("rootdelay=300"),
	  "storvsc", "netvsc", "gen1-or-gen2" },
	{ "hyperv", "Microsoft Hyper-V", DRIVERS(hyperv),
	  LIST("tty0", "ttyS0,115200n8"), NULL, "storvsc", "netvsc", "gen1-or-gen2" },
	{ "vmware", "VMware vSphere", DRIVERS(vmware),
	  LIST("tty0"), NULL, "pvscsi", "vmxnet3", "vmx" },
	{ "xen", "Xen HVM and PVH guests, XCP-ng", DRIVERS(xen),
	  LIST("tty0", "hvc0"), NULL, "xvd", "xen-netfront", "hvm" },
};
/* clang-format on */

const struct target *target_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (strcmp(targets[i].name, name) == 0)
			return &targets[i];
	return NULL;
}

const struct target *target_at(size_t i)
{
	return i < ARRAY_SIZE(targets) ? &targets[i] : NULL;
}

/*
 * What differs on other machines than PCs.  Serial ports: QEMU's virt and the
 * Arm machines of Google (T2A) and Azure have a PL011, AWS Graviton a 16550
 * (its documentation of serial consoles); pseries has hvc0 only; s390x finds
 * its SCLP console without being told.
 */
static const struct {
	const char *arch, *target; /* NULL: any */
	const char *const *consoles;
	const char *machine; /* NULL: as of a PC */
} others[] = {
	{ "aarch64", "kvm", LIST("tty0", "ttyAMA0,115200n8"), "virt" },
	{ "aarch64", "openstack", LIST("tty0", "ttyAMA0,115200n8"), "virt" },
	{ "aarch64", "gce", LIST("tty0", "ttyAMA0,38400n8"), "t2a" },
	{ "aarch64", "azure", LIST("tty0", "ttyAMA0,115200n8"), NULL },
	{ "aarch64", "hyperv", LIST("tty0", "ttyAMA0,115200n8"), NULL },
	{ "ppc64le", NULL, LIST("hvc0"), "pseries" },
	{ "ppc64", NULL, LIST("hvc0"), "pseries" },
	{ "s390x", NULL, NULL, "s390-ccw-virtio" },
};

/* The row of @t and @arch; ARRAY_SIZE(others): it is as on a PC. */
static size_t find_other(const struct target *t, const char *arch)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(others) &&
	       !(arch && strcmp(others[i].arch, arch) == 0 &&
		 (!others[i].target || strcmp(others[i].target, t->name) == 0)))
		i++;
	return i;
}

const char *const *target_consoles(const struct target *t, const char *arch)
{
	size_t i = find_other(t, arch);

	return i < ARRAY_SIZE(others) ? others[i].consoles : t->consoles;
}

const char *target_machine(const struct target *t, const char *arch)
{
	size_t i = find_other(t, arch);

	return i < ARRAY_SIZE(others) && others[i].machine ? others[i].machine
							   : t->machine;
}
