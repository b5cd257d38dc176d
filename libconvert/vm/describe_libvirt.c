/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A domain of libvirt 8 or later, https://libvirt.org/formatdomain.html.  Its CPU is all that the
 * host can give ("maximum"), which QEMU has both with KVM and without.
 */
#include <config.h>

#include <string.h>

#include "vm/describe.h"
#include "vm/xml_writer.h"

static void put_os(struct xml_writer *w, const struct described *d)
{
	xml_begin(w, "os");
	if (d->boots_by_uefi) {
		xml_put(w, "firmware", "efi");
		xml_begin(w, "firmware");
		xml_begin(w, "feature");
		xml_put(w, "enabled", "no");
		xml_put(w, "name", "secure-boot");
		xml_end(w);
		xml_end(w);
	}
	xml_begin(w, "type");
	xml_put(w, "arch", "x86_64");
	xml_put(w, "machine", "q35");
	xml_put_text(w, "hvm");
	xml_end(w);
	xml_end(w);
}

/* sda, or vda; sdaa behind sdz. */
static void put_target(struct xml_writer *w, const struct described *d, size_t i)
{
	bool is_scsi = strcmp(d->disk_bus, "virtio-scsi") == 0;
	char dev[8];

	if (i < 26)
		snprintf(dev, sizeof(dev), "%cd%c", is_scsi ? 's' : 'v', (char)('a' + i));
	else
		snprintf(dev, sizeof(dev), "%cd%c%c", is_scsi ? 's' : 'v',
			 (char)('a' + (i / 26 - 1) % 26), (char)('a' + i % 26));
	xml_begin(w, "target");
	xml_put(w, "dev", dev);
	xml_put(w, "bus", is_scsi ? "scsi" : "virtio");
	xml_end(w);
}

static void put_disk(struct xml_writer *w, const struct described *d, size_t i)
{
	const struct described_disk *disk = &d->disks[i];
	bool is_device = strncmp(disk->path, "/dev/", 5) == 0;

	xml_begin(w, "disk");
	xml_put(w, "type", is_device ? "block" : "file");
	xml_put(w, "device", "disk");
	xml_begin(w, "driver");
	xml_put(w, "name", "qemu");
	xml_put(w, "type", disk->format);
	xml_end(w);
	xml_begin(w, "source");
	xml_put(w, is_device ? "dev" : "file", disk->path);
	xml_end(w);
	put_target(w, d, i);
	if (i == d->boot_disk) {
		xml_begin(w, "boot");
		xml_put(w, "order", "1");
		xml_end(w);
	}
	xml_end(w);
}

static void put_nic(struct xml_writer *w, const struct described_nic *nic)
{
	xml_begin(w, "interface");
	xml_put(w, "type", "network");
	if (nic->mac) {
		xml_begin(w, "mac");
		xml_put(w, "address", nic->mac);
		xml_end(w);
	}
	xml_begin(w, "source");
	xml_put(w, "network", "default");
	xml_end(w);
	xml_begin(w, "model");
	xml_put(w, "type", "virtio");
	xml_end(w);
	xml_end(w);
}

/* An element with one or two attributes. */
static void put_element(struct xml_writer *w, const char *name, const char *key,
			const char *value, const char *second, const char *second_value)
{
	xml_begin(w, name);
	xml_put(w, key, value);
	if (second)
		xml_put(w, second, second_value);
	xml_end(w);
}

static void put_devices(struct xml_writer *w, const struct described *d)
{
	xml_begin(w, "devices");
	for (size_t i = 0; i < d->n_disks; i++)
		put_disk(w, d, i);
	if (strcmp(d->disk_bus, "virtio-scsi") == 0)
		put_element(w, "controller", "type", "scsi", "model", "virtio-scsi");
	for (size_t i = 0; i < d->n_nics; i++)
		put_nic(w, &d->nics[i]);
	put_element(w, "serial", "type", "pty", NULL, NULL);
	put_element(w, "console", "type", "pty", NULL, NULL);
	xml_begin(w, "video");
	put_element(w, "model", "type", "vga", NULL, NULL);
	xml_end(w);
	put_element(w, "graphics", "type", "vnc", "autoport", "yes");
	xml_end(w);
}

static void put_number(struct xml_writer *w, const char *name, const char *unit,
		       unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	xml_begin(w, name);
	if (unit)
		xml_put(w, "unit", unit);
	xml_put_text(w, text);
	xml_end(w);
}

static void put_domain(struct xml_writer *w, const struct described *d)
{
	xml_begin(w, "domain");
	xml_put(w, "type", "kvm");
	xml_begin(w, "name");
	xml_put_text(w, d->name);
	xml_end(w);
	put_number(w, "memory", "MiB", d->memory_mib);
	put_number(w, "vcpu", NULL, d->cpus);
	put_os(w, d);
	xml_begin(w, "features");
	xml_begin(w, "acpi");
	xml_end(w);
	xml_begin(w, "apic");
	xml_end(w);
	xml_end(w);
	put_element(w, "cpu", "mode", "maximum", NULL, NULL);
	put_devices(w, d);
	xml_end(w);
}

int describe_libvirt(const struct described *d, char **ret, struct cvt_error *err)
{
	struct xml_writer w;
	int r = xml_writer_open(&w, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < d->n_disks && r == 0; i++)
		r = xml_check_text(d->disks[i].path, err);
	if (r == 0)
		put_domain(&w, d);
	return xml_writer_close(&w, r, ret, err);
}
