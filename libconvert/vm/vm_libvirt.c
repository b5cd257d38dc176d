/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain of libvirt, https://libvirt.org/formatdomain.html */
#include <config.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "vm/vm.h"
#include "vm/xml.h"

/* What <target dev> begins with where no bus is named, and libvirt's own names of buses. */
static const struct {
	const char *name;
	enum vm_bus bus;
} prefixes[] = {
	{ "hd", VM_BUS_IDE },  { "sd", VM_BUS_SCSI },	{ "vd", VM_BUS_VIRTIO },
	{ "xvd", VM_BUS_XEN }, { "nvme", VM_BUS_NVME },
};

/* The letters at the end of "sdab", as a number from 0. */
static unsigned unit_of(const char *dev)
{
	const char *p = dev + (strncmp(dev, "xvd", 3) == 0 ? 3 : 2);
	unsigned n = 0;

	for (; islower((unsigned char)*p) && n < 10000; p++)
		n = n * 26 + (unsigned)(*p - 'a') + 1;
	return n > 0 ? n - 1 : 0;
}

static void set_bus(struct xml *x, const xmlNode *node, struct vm_disk *d)
{
	const xmlNode *target = xml_child(node, "target");
	const char *bus = xml_attr(x, target, "bus"), *dev = xml_attr(x, target, "dev");

	d->bus = vm_bus_find(bus);
	for (size_t i = 0; dev && !bus && i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(dev, prefixes[i].name, strlen(prefixes[i].name)) == 0)
			d->bus = prefixes[i].bus;
	d->unit = dev && strlen(dev) > 2 ? unit_of(dev) : 0;
}

/* libvirt keeps disks in the order of their description, but those of a bus by name
 * (virDomainDiskInsert(), src/conf/domain_conf.c).
 */
static void set_rank(struct vm *vm, struct vm_disk *d)
{
	for (const struct vm_disk *other = vm->disks; other <= d; other++)
		if (other->bus == d->bus) {
			d->rank = (unsigned)(other - vm->disks);
			return;
		}
}

static int add_disk(struct xml *x, const xmlNode *node, struct vm *vm,
		    struct cvt_error *err)
{
	const xmlNode *source = xml_child(node, "source");
	const char *device = xml_attr(x, node, "device"),
		   *type = xml_attr(x, node, "type");
	const char *format = xml_attr(x, xml_child(node, "driver"), "type");
	const char *file = xml_attr(x, source, "file"), *dev = xml_attr(x, source, "dev");
	struct vm_disk *d;
	int r;

	if (device && strcmp(device, "disk") != 0 && strcmp(device, "lun") != 0)
		return 0;
	r = vm_add_disk(vm, &d, err);
	if (r < 0)
		return r;
	set_bus(x, node, d);
	set_rank(vm, d);
	if (type && strcmp(type, "file") != 0 && strcmp(type, "block") != 0)
		d->elsewhere = strcmp(type, "network") == 0 ? "on the network"
			       : strcmp(type, "volume") == 0
				       ? "a volume of a storage pool"
				       : "no file and no block device";
	r = vm_set_text(&d->format, format, err);
	return r < 0 || d->elsewhere ? r : vm_set_text(&d->file, file ? file : dev, err);
}

static int add_nic(struct xml *x, const xmlNode *node, struct vm *vm,
		   struct cvt_error *err)
{
	struct vm_nic *nic;
	int r = vm_add_nic(vm, &nic, err);

	if (r < 0)
		return r;
	vm_set_mac(nic, xml_attr(x, xml_child(node, "mac"), "address"));
	return vm_set_model(nic, xml_attr(x, xml_child(node, "model"), "type"), err);
}

static unsigned memory_mib(struct xml *x, const xmlNode *domain)
{
	static const struct {
		const char *name;
		double bytes;
	} units[] = {
		{ "b", 1 },
		{ "bytes", 1 },
		{ "KB", 1e3 },
		{ "k", 1024 },
		{ "KiB", 1024 },
		{ "MB", 1e6 },
		{ "M", 1048576 },
		{ "MiB", 1048576 },
		{ "GB", 1e9 },
		{ "G", 1073741824 },
		{ "GiB", 1073741824 },
		{ "TB", 1e12 },
		{ "T", 1099511627776 },
		{ "TiB", 1099511627776 },
	};
	const xmlNode *node = xml_child(domain, "memory");
	const char *unit = xml_attr(x, node, "unit"), *text = xml_text(x, node);
	double bytes = text && isdigit((unsigned char)*text) ? strtod(text, NULL) : 0;
	double scale = unit ? 0 : 1024;

	for (size_t i = 0; unit && i < ARRAY_SIZE(units); i++)
		if (strcasecmp(units[i].name, unit) == 0)
			scale = units[i].bytes;
	bytes = bytes * scale / 1048576;
	return bytes >= 1 && bytes < 1e9 ? (unsigned)bytes : 0;
}

static bool is_uefi(struct xml *x, const xmlNode *os)
{
	const char *firmware = xml_attr(x, os, "firmware");
	const char *type = xml_attr(x, xml_child(os, "loader"), "type");

	return (firmware && strcmp(firmware, "efi") == 0) ||
	       (type && strcmp(type, "pflash") == 0);
}

int vm_parse_libvirt(struct xml *x, struct vm *ret, struct cvt_error *err)
{
	const xmlNode *os = xml_child(x->root, "os");
	const xmlNode *devices = xml_child(x->root, "devices");
	const xmlNode *vcpu = xml_child(x->root, "vcpu");
	int r = vm_set_text(&ret->name, xml_value(x, x->root, "name"), err);

	ret->format = VM_LIBVIRT;
	ret->firmware = is_uefi(x, os) ? "uefi" : "bios";
	ret->memory_mib = memory_mib(x, x->root);
	ret->cpus = vcpu ? vm_number(xml_text(x, vcpu), 4096) : 1;
	for (const xmlNode *n = xml_child(devices, "disk"); n && r == 0;
	     n = xml_next(n, "disk"))
		r = add_disk(x, n, ret, err);
	for (const xmlNode *n = xml_child(devices, "interface"); n && r == 0;
	     n = xml_next(n, "interface"))
		r = add_nic(x, n, ret, err);
	if (r == 0)
		vm_sort_disks(ret);
	return r;
}
