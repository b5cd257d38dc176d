/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OVF 1 (DMTF DSP0243 1.1, schema DSP8023) as vSphere and ovftool import it.  They want disks
 * as stream-optimized VMDK: where a result is no VMDK, the file named is the one to be made of it.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "vm/describe.h"
#include "vm/xml_writer.h"

#define RASD                                                 \
	"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/" \
	"CIM_ResourceAllocationSettingData"
#define VSSD \
	"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"
#define FORMAT "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"
#define NETWORK "VM Network"

/* InstanceID of an Item; each disk and card has one from its first on. */
enum instance {
	ID_SYSTEM,
	ID_CPU,
	ID_MEMORY,
	ID_SCSI,
	ID_DISK = 100,
	ID_NIC = 1000,
};

static void put_number(struct xml_writer *w, const char *element, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	xml_put_element(w, element, text);
}

static void put_indexed(struct xml_writer *w, const char *attribute, const char *prefix,
			size_t i)
{
	char text[32];

	snprintf(text, sizeof(text), "%s%zu", prefix, i + 1);
	xml_put(w, attribute, text);
}

/* In a URI; "web.qcow2" becomes "web.vmdk". */
static int put_href(struct xml_writer *w, const char *path)
{
	const char *base = describe_base(path), *dot = strrchr(base, '.');
	size_t stem = dot && dot > base ? (size_t)(dot - base) : strlen(base);
	CLEANUP_FREE char *href = malloc(stem * 3 + sizeof(".vmdk"));
	char *p = href;

	if (!href)
		return -ENOMEM;
	for (size_t i = 0; i < stem; i++) {
		unsigned char c = (unsigned char)base[i];

		if (c > ' ' && c < 0x7f && !strchr("%?#\"<>\\^`{|}:", c))
			*p++ = (char)c;
		else
			p += sprintf(p, "%%%02X", c);
	}
	strcpy(p, ".vmdk");
	xml_put(w, "ovf:href", href);
	return 0;
}

static int put_files(struct xml_writer *w, const struct described *d)
{
	int r = 0;

	xml_begin(w, "References");
	for (size_t i = 0; i < d->n_disks && r == 0; i++) {
		xml_begin(w, "File");
		put_indexed(w, "ovf:id", "file", i);
		r = put_href(w, d->disks[i].path);
		xml_end(w);
	}
	xml_end(w);
	return r;
}

static void put_disks(struct xml_writer *w, const struct described *d)
{
	char size[24];

	xml_begin(w, "DiskSection");
	xml_put_element(w, "Info", "The disks, as stream-optimized VMDK");
	for (size_t i = 0; i < d->n_disks; i++) {
		snprintf(size, sizeof(size), "%" PRIu64, d->disks[i].size);
		xml_begin(w, "Disk");
		put_indexed(w, "ovf:diskId", "disk", i);
		put_indexed(w, "ovf:fileRef", "file", i);
		xml_put(w, "ovf:capacity", size);
		xml_put(w, "ovf:capacityAllocationUnits", "byte");
		xml_put(w, "ovf:format", FORMAT);
		xml_end(w);
	}
	xml_end(w);
}

static void put_networks(struct xml_writer *w)
{
	xml_begin(w, "NetworkSection");
	xml_put_element(w, "Info", "The networks that its cards are in");
	xml_begin(w, "Network");
	xml_put(w, "ovf:name", NETWORK);
	xml_end(w);
	xml_end(w);
}

/* ResourceType as in CIM.  Its children are in the order of their names, as the schema has it;
 * NULL and 0 are left out.
 */
struct item {
	const char *address, *units, *connection, *name, *resource, *subtype;
	bool is_on_parent;
	unsigned on_parent, id, parent, type, quantity;
};

static void put_text(struct xml_writer *w, const char *element, const char *text)
{
	if (text)
		xml_put_element(w, element, text);
}

static void put_item(struct xml_writer *w, const struct item *i)
{
	xml_begin(w, "Item");
	put_text(w, "rasd:Address", i->address);
	if (i->is_on_parent)
		put_number(w, "rasd:AddressOnParent", i->on_parent);
	put_text(w, "rasd:AllocationUnits", i->units);
	if (i->connection)
		xml_put_element(w, "rasd:AutomaticAllocation", "true");
	put_text(w, "rasd:Connection", i->connection);
	xml_put_element(w, "rasd:ElementName", i->name);
	put_text(w, "rasd:HostResource", i->resource);
	put_number(w, "rasd:InstanceID", i->id);
	if (i->parent)
		put_number(w, "rasd:Parent", i->parent);
	put_text(w, "rasd:ResourceSubType", i->subtype);
	put_number(w, "rasd:ResourceType", i->type);
	if (i->quantity)
		put_number(w, "rasd:VirtualQuantity", i->quantity);
	xml_end(w);
}

/* vSphere counts 16 disks for a controller, of which number 7 is the controller itself. */
static void put_disk_items(struct xml_writer *w, const struct described *d)
{
	for (unsigned i = 0; i < d->n_disks; i++) {
		unsigned controller = i / 15, unit = i % 15;
		char name[32], resource[32], bus[8];

		snprintf(bus, sizeof(bus), "%u", controller % 10);
		snprintf(name, sizeof(name), "SCSI controller %u", controller);
		if (unit == 0)
			put_item(w, &(struct item){ .address = bus,
						    .name = name,
						    .id = ID_SCSI + controller,
						    .subtype = "VirtualSCSI",
						    .type = 6 });
		snprintf(name, sizeof(name), "Hard disk %u", i + 1);
		snprintf(resource, sizeof(resource), "ovf:/disk/disk%u", i + 1);
		put_item(w, &(struct item){ .is_on_parent = true,
					    .on_parent = unit < 7 ? unit : unit + 1,
					    .name = name,
					    .resource = resource,
					    .id = ID_DISK + i,
					    .parent = ID_SCSI + controller,
					    .type = 17 });
	}
}

static void put_nic_items(struct xml_writer *w, const struct described *d)
{
	for (unsigned i = 0; i < d->n_nics; i++) {
		char name[32];

		snprintf(name, sizeof(name), "Network adapter %u", i + 1);
		put_item(w, &(struct item){ .address = d->nics[i].mac,
					    .is_on_parent = true,
					    .on_parent = 7 + i,
					    .connection = NETWORK,
					    .name = name,
					    .id = ID_NIC + i,
					    .subtype = "VmxNet3",
					    .type = 10 });
	}
}

static void put_hardware(struct xml_writer *w, const struct described *d)
{
	xml_begin(w, "VirtualHardwareSection");
	xml_put_element(w, "Info", "What it needs");
	xml_begin(w, "System");
	xml_put_element(w, "vssd:ElementName", "Virtual Hardware Family");
	put_number(w, "vssd:InstanceID", ID_SYSTEM);
	xml_put_element(w, "vssd:VirtualSystemIdentifier", d->name);
	xml_put_element(w, "vssd:VirtualSystemType", "vmx-13"); /* vSphere 6.5 */
	xml_end(w);
	put_item(w, &(struct item){ .units = "hertz * 10^6",
				    .name = "CPUs",
				    .id = ID_CPU,
				    .type = 3,
				    .quantity = d->cpus });
	put_item(w, &(struct item){ .units = "byte * 2^20",
				    .name = "Memory",
				    .id = ID_MEMORY,
				    .type = 4,
				    .quantity = d->memory_mib });
	put_disk_items(w, d);
	put_nic_items(w, d);
	xml_begin(w, "vmw:Config");
	xml_put(w, "ovf:required", "false");
	xml_put(w, "vmw:key", "firmware");
	xml_put(w, "vmw:value", d->boots_by_uefi ? "efi" : "bios");
	xml_end(w);
	xml_end(w);
}

static void put_system(struct xml_writer *w, const struct described *d)
{
	xml_begin(w, "VirtualSystem");
	xml_put(w, "ovf:id", d->name);
	xml_put_element(w, "Info", "A virtual machine");
	xml_put_element(w, "Name", d->name);
	xml_begin(w, "OperatingSystemSection");
	xml_put(w, "ovf:id", "101"); /* CIM_OperatingSystem.OSType: Linux 64-Bit */
	xml_put(w, "vmw:osType", "otherLinux64Guest");
	xml_put_element(w, "Info", "The kind of operating system");
	xml_end(w);
	put_hardware(w, d);
	xml_end(w);
}

static int put_envelope(struct xml_writer *w, const struct described *d)
{
	int r;

	xml_begin(w, "Envelope");
	xml_put(w, "xmlns", "http://schemas.dmtf.org/ovf/envelope/1");
	xml_put(w, "xmlns:ovf", "http://schemas.dmtf.org/ovf/envelope/1");
	xml_put(w, "xmlns:rasd", RASD);
	xml_put(w, "xmlns:vssd", VSSD);
	xml_put(w, "xmlns:vmw", "http://www.vmware.com/schema/ovf");
	r = put_files(w, d);
	put_disks(w, d);
	put_networks(w);
	put_system(w, d);
	xml_end(w);
	return r;
}

int describe_ovf(const struct described *d, char **ret, struct cvt_error *err)
{
	struct xml_writer w;
	int r = describe_need_sizes(d, err);

	if (r == 0 && d->n_disks > 60)
		r = error_raise(err, ERR_USAGE, NULL,
				"%zu disks are more than vSphere takes", d->n_disks);
	if (r < 0)
		return r;
	r = xml_writer_open(&w, err);
	if (r == 0 && put_envelope(&w, d) < 0)
		w.failed = true;
	return r < 0 ? r : xml_writer_close(&w, 0, ret, err);
}
