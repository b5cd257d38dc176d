/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OVF 0.9 to 2 (DMTF DSP0243), with what VMware, VirtualBox and oVirt add.  A disk is an Item
 * of the hardware; its HostResource names a Disk, and that a File.
 */
#include <config.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "vm/vm.h"
#include "vm/xml.h"

#define MAX_ITEMS 2048

/* CIM_ResourceAllocationSettingData.ResourceType */
enum type {
	TYPE_CPU = 3,
	TYPE_MEMORY = 4,
	TYPE_IDE = 5,
	TYPE_SCSI = 6,
	TYPE_NIC = 10,
	TYPE_DISK = 17,
	TYPE_SATA = 20,
};

struct item {
	const xmlNode *node;
	unsigned type;
	const char *id;
	const char *configurations; /* NULL: it is in all */
};

struct ovf {
	struct xml *x;
	const xmlNode *references, *disks, *system, *hardware;
	const char *configuration; /* the default one; NULL: there are none */
	struct item *items;
	size_t n_items;
	struct vm *vm;
	struct cvt_error *err;
};

static const char *value(const struct ovf *o, const struct item *i, const char *name)
{
	return xml_value(o->x, i->node, name);
}

/* <DiskSection>, or <Section xsi:type="ovf:DiskSection_Type"> of OVF 0.9 and oVirt. */
static const xmlNode *section(const struct ovf *o, const xmlNode *parent,
			      const char *name)
{
	const xmlNode *node = xml_child(parent, name);
	size_t len = strlen(name);

	if (node)
		return node;
	for (node = xml_child(parent, "Section"); node;
	     node = xml_next(node, "Section")) {
		const char *type = xml_attr(o->x, node, "type");
		const char *local = type ? strrchr(type, ':') : NULL;

		local = local ? local + 1 : type;
		if (local && strncmp(local, name, len) == 0 &&
		    strcmp(local + len, "_Type") == 0)
			return node;
	}
	return NULL;
}

static bool is_known_version(const xmlNode *root)
{
	static const char *const known[] = {
		"http://schemas.dmtf.org/ovf/envelope/1",
		"http://schemas.dmtf.org/ovf/envelope/1/", /* oVirt */
		"http://schemas.dmtf.org/ovf/envelope/2",
		"http://www.vmware.com/schema/ovf/1/envelope", /* 0.9 */
	};

	for (size_t i = 0; root->ns && root->ns->href && i < ARRAY_SIZE(known); i++)
		if (strcmp((const char *)root->ns->href, known[i]) == 0)
			return true;
	return false;
}

static int find_system(struct ovf *o, const xmlNode *root)
{
	const xmlNode *all = xml_child(root, "VirtualSystemCollection");

	if (!is_known_version(root))
		return error_set(o->err, -EINVAL,
				 "is an OVF of an unknown version, '%.100s'",
				 root->ns ? (const char *)root->ns->href : "");
	o->system = xml_child(all ? all : root, "VirtualSystem");
	if (!o->system)
		o->system = xml_child(root, "Content");
	if (!o->system)
		return error_set(o->err, -EINVAL, "describes no machine");
	if (xml_next(o->system, "VirtualSystem"))
		return error_set(o->err, -EINVAL, "describes several machines");
	o->references = xml_child(root, "References");
	o->disks = section(o, root, "DiskSection");
	o->hardware = section(o, o->system, "VirtualHardwareSection");
	return o->hardware ? 0
			   : error_set(o->err, -EINVAL,
				       "describes a machine without hardware");
}

/* The one marked as default, or the first. */
static void find_configuration(struct ovf *o, const xmlNode *root)
{
	const xmlNode *options = section(o, root, "DeploymentOptionSection");

	for (const xmlNode *c = xml_child(options, "Configuration"); c;
	     c = xml_next(c, "Configuration")) {
		const char *is_default = xml_attr(o->x, c, "default");

		if (!o->configuration || (is_default && strcmp(is_default, "true") == 0))
			o->configuration = xml_attr(o->x, c, "id");
	}
}

static bool has_word(const char *words, const char *word)
{
	size_t n = word ? strlen(word) : 0;

	for (const char *p = words; n > 0 && *p; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == n && memcmp(p, word, n) == 0)
			return true;
		p += len;
	}
	return false;
}

static int collect_items(struct ovf *o)
{
	for (const xmlNode *n = xml_child(o->hardware, NULL); n; n = xml_next(n, NULL)) {
		struct item item = { .node = n };
		struct item *grown;

		if (!xml_is(n, "Item") && !xml_is(n, "StorageItem") &&
		    !xml_is(n, "EthernetPortItem"))
			continue;
		if (o->n_items == MAX_ITEMS)
			return error_set(o->err, -E2BIG, "more than %d items of hardware",
					 MAX_ITEMS);
		item.type = vm_number(value(o, &item, "ResourceType"), 0xffff);
		item.id = value(o, &item, "InstanceID");
		if (!item.id)
			item.id = value(o, &item, "InstanceId"); /* OVF 0.9 */
		item.configurations = xml_attr(o->x, n, "configuration");
		if (item.configurations &&
		    !has_word(item.configurations, o->configuration))
			continue;
		grown = realloc(o->items, (o->n_items + 1) * sizeof(*grown));
		if (!grown)
			return error_nomem(o->err);
		o->items = grown;
		grown[o->n_items++] = item;
	}
	return 0;
}

/* An Item of the configuration stands for one of the same id that is in all of them. */
static bool is_overridden(const struct ovf *o, const struct item *i)
{
	if (i->configurations || !i->id)
		return false;
	for (size_t k = 0; k < o->n_items; k++)
		if (o->items[k].configurations && o->items[k].id &&
		    strcmp(o->items[k].id, i->id) == 0)
			return true;
	return false;
}

static const struct item *find_item(const struct ovf *o, const char *id)
{
	for (size_t k = 0; id && k < o->n_items; k++)
		if (o->items[k].id && strcmp(o->items[k].id, id) == 0)
			return &o->items[k];
	return NULL;
}

/* "byte * 2^20" (DSP0004), or the words of OVF 0.9.  In MiB; 0: not understood. */
static double mib_of(const char *units)
{
	static const struct {
		const char *name;
		double mib;
	} words[] = {
		{ "bytes", 1.0 / 1048576 },
		{ "kilobytes", 1.0 / 1024 },
		{ "kb", 1.0 / 1024 },
		{ "megabytes", 1 },
		{ "mb", 1 },
		{ "gigabytes", 1024 },
		{ "gb", 1024 },
	};
	unsigned base, exponent;
	double n = 1.0 / 1048576;

	if (!units)
		return 1; /* CIM says bytes, but who leaves it out means MiB */
	if (sscanf(units, "byte * %u ^ %u", &base, &exponent) == 2 && exponent <= 60) {
		for (; exponent > 0; exponent--)
			n *= base;
		return n;
	}
	if (strcmp(units, "byte") == 0)
		return n;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(words[i].name, units) == 0)
			return words[i].mib;
	return 0;
}

static void set_memory(struct ovf *o, const struct item *i)
{
	double mib = vm_number(value(o, i, "VirtualQuantity"), UINT32_MAX) *
		     mib_of(value(o, i, "AllocationUnits"));

	if (mib >= 1 && mib < 1e9)
		o->vm->memory_mib = (unsigned)mib;
}

static void set_cpus(struct ovf *o, const struct item *i)
{
	unsigned n = vm_number(value(o, i, "VirtualQuantity"), 4096);
	/* oVirt */
	unsigned sockets = vm_number(value(o, i, "num_of_sockets"), 4096);
	unsigned cores = vm_number(value(o, i, "cpu_per_socket"), 4096);

	o->vm->cpus = n > 0 ? n : sockets * cores;
}

static const xmlNode *find_by(const struct ovf *o, const xmlNode *parent,
			      const char *name, const char *key, const char *wanted)
{
	const xmlNode *n = wanted ? xml_child(parent, name) : NULL;

	while (n && !xml_attr_is(o->x, n, key, wanted))
		n = xml_next(n, name);
	return n;
}

/* "ovf:/disk/vmdisk1", or a file directly; oVirt names the file. */
static const xmlNode *find_disk(const struct ovf *o, const char *resource,
				const xmlNode **file)
{
	const xmlNode *disk = NULL;
	const char *id = strstr(resource, "disk/");

	if (id)
		disk = find_by(o, o->disks, "Disk", "diskId", id + strlen("disk/"));
	else if ((id = strstr(resource, "file/")))
		*file = find_by(o, o->references, "File", "id", id + strlen("file/"));
	else
		disk = find_by(o, o->disks, "Disk", "fileRef", resource);
	if (disk)
		*file = find_by(o, o->references, "File", "id",
				xml_attr(o->x, disk, "fileRef"));
	if (disk && !*file)
		*file = find_by(o, o->references, "File", "href",
				xml_attr(o->x, disk, "fileRef"));
	return disk;
}

static int hex(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

/* A href is a URI: "my%20disk.vmdk". */
static int set_file(struct ovf *o, struct vm_disk *d, const char *href)
{
	char *to;
	int r = vm_set_text(&d->file, href, o->err);

	if (r < 0 || !d->file)
		return r;
	to = d->file;
	for (const char *p = d->file; *p; p++) {
		int high = *p == '%' ? hex(p[1]) : -1, low = high >= 0 ? hex(p[2]) : -1;
		bool is_escape = low >= 0 && high + low > 0;

		*to++ = is_escape ? (char)(high << 4 | low) : *p;
		p += is_escape ? 2 : 0;
	}
	*to = '\0';
	return 0;
}

static int set_disk_file(struct ovf *o, const xmlNode *disk, const xmlNode *file,
			 struct vm_disk *d)
{
	const char *format, *parent;

	parent = xml_attr(o->x, disk, "parentRef");
	format = xml_attr(o->x, disk, "format");
	if (format && strstr(format, "vmdk") &&
	    vm_set_text(&d->format, "vmdk", o->err) < 0)
		return -ENOMEM;
	if (!disk && !file)
		d->elsewhere = "not among the disks of the description";
	else if (parent)
		d->elsewhere = "what differs from another disk";
	else if (xml_attr(o->x, file, "compression"))
		d->elsewhere = "compressed";
	else if (xml_attr(o->x, file, "chunkSize"))
		d->elsewhere = "in several files";
	else if (xml_attr(o->x, disk, "fileRef") && !file)
		d->elsewhere = "not among the files of the description";
	else if (file)
		return set_file(o, d, xml_attr(o->x, file, "href"));
	return 0;
}

static enum vm_bus bus_of(const struct ovf *o, const struct item *controller)
{
	const char *subtype = value(o, controller, "ResourceSubType");

	if (subtype && strstr(subtype, "nvme"))
		return VM_BUS_NVME; /* VMware: "vmware.nvme.controller" */
	if (subtype && strcasecmp(subtype, "virtio-scsi") == 0)
		return VM_BUS_SCSI;
	return controller->type == TYPE_IDE    ? VM_BUS_IDE
	       : controller->type == TYPE_SCSI ? VM_BUS_SCSI
	       : controller->type == TYPE_SATA ? VM_BUS_SATA
					       : VM_BUS_UNKNOWN;
}

/* oVirt says how the disk is attached, and of which format it is, at the disk. */
static int set_ovirt(const struct ovf *o, const xmlNode *disk, struct vm_disk *d)
{
	const char *bus = xml_attr(o->x, disk, "disk-interface");
	const char *format = xml_attr(o->x, disk, "volume-format");

	if (bus)
		d->bus = strcasecmp(bus, "VirtIO_SCSI") == 0 ? VM_BUS_SCSI
							     : vm_bus_find(bus);
	return format ? vm_set_text(&d->format,
				    strcasecmp(format, "COW") == 0 ? "qcow2" : "raw",
				    o->err)
		      : 0;
}

static int add_disk(struct ovf *o, const struct item *i)
{
	const struct item *controller = find_item(o, value(o, i, "Parent"));
	const char *resource = value(o, i, "HostResource");
	const xmlNode *file = NULL,
		      *disk = resource ? find_disk(o, resource, &file) : NULL;
	struct vm_disk *d;
	int r = vm_add_disk(o->vm, &d, o->err);

	if (r < 0)
		return r;
	r = resource ? set_disk_file(o, disk, file, d) : 0;
	if (r == 0)
		r = set_ovirt(o, disk, d);
	if (controller) {
		d->bus = bus_of(o, controller);
		d->controller = vm_number(value(o, controller, "Address"), 0xffff);
	}
	d->unit = vm_number(value(o, i, "AddressOnParent"), 0xffff);
	d->rank = d->bus;
	return r;
}

/* The first of "VmxNet3 E1000"; oVirt has a number of its own, and a MAC address. */
static int add_nic(struct ovf *o, const struct item *i)
{
	const char *model = value(o, i, "ResourceSubType");
	const char *mac = value(o, i, "MACAddress");
	CLEANUP_FREE char *first = model ? strndup(model, strcspn(model, " ")) : NULL;
	struct vm_nic *nic;
	int r = vm_add_nic(o->vm, &nic, o->err);

	if (r < 0)
		return r;
	if (model && !first)
		return error_nomem(o->err);
	vm_set_mac(nic, mac ? mac : value(o, i, "Address"));
	return vm_set_model(nic, first && !isdigit((unsigned char)*first) ? first : NULL,
			    o->err);
}

static int take_items(struct ovf *o)
{
	int r = 0;

	for (size_t k = 0; k < o->n_items && r == 0; k++) {
		const struct item *i = &o->items[k];

		if (is_overridden(o, i))
			continue;
		if (i->type == TYPE_CPU)
			set_cpus(o, i);
		else if (i->type == TYPE_MEMORY)
			set_memory(o, i);
		else if (i->type == TYPE_DISK)
			r = add_disk(o, i);
		else if (i->type == TYPE_NIC)
			r = add_nic(o, i);
	}
	vm_sort_disks(o->vm);
	return r;
}

/* VirtualBox keeps what OVF has no word for in a <Machine> of its own. */
static void take_virtualbox(struct ovf *o, const xmlNode *hardware)
{
	const xmlNode *network = xml_child(hardware, "Network");
	const char *firmware = xml_attr(o->x, xml_child(hardware, "Firmware"), "type");
	size_t n = 0;

	if (firmware)
		o->vm->firmware = strncmp(firmware, "EFI", 3) == 0 ? "uefi" : "bios";
	for (const xmlNode *a = xml_child(network, "Adapter"); a;
	     a = xml_next(a, "Adapter")) {
		const char *enabled = xml_attr(o->x, a, "enabled");

		if (!enabled || strcmp(enabled, "true") != 0 || n >= o->vm->n_nics)
			continue;
		if (!o->vm->nics[n].mac[0])
			vm_set_mac(&o->vm->nics[n], xml_attr(o->x, a, "MACAddress"));
		n++;
	}
}

static void set_firmware(struct ovf *o)
{
	/* oVirt, BiosType.java: 1 i440fx and 2 Q35 with SeaBIOS, 3 OVMF, 4 secure boot. */
	unsigned ovirt = vm_number(xml_value(o->x, o->system, "BiosType"), 100);

	if (ovirt > 0)
		o->vm->firmware = ovirt >= 3 ? "uefi" : "bios";
	for (const xmlNode *c = xml_child(o->hardware, "Config"); c;
	     c = xml_next(c, "Config")) {
		const char *key = xml_attr(o->x, c, "key");
		const char *is = xml_attr(o->x, c, "value");

		if (key && is && strcmp(key, "firmware") == 0)
			o->vm->firmware = strcmp(is, "efi") == 0 ? "uefi" : "bios";
	}
	take_virtualbox(o, xml_child(xml_child(o->system, "Machine"), "Hardware"));
}

int vm_parse_ovf(struct xml *x, struct vm *ret, struct cvt_error *err)
{
	struct ovf o = { .x = x, .vm = ret, .err = err };
	const char *name;
	int r = find_system(&o, x->root);

	if (r < 0)
		return r;
	ret->format = VM_OVF;
	find_configuration(&o, x->root);
	r = collect_items(&o);
	if (r == 0)
		r = take_items(&o);
	free(o.items);
	if (r < 0)
		return r;
	set_firmware(&o);
	name = xml_value(x, o.system, "Name");
	return vm_set_text(&ret->name, name ? name : xml_attr(x, o.system, "id"), err);
}
