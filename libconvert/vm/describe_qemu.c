/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A shell script that starts QEMU; options as in qemu(1) 7.2. */
#include <config.h>

#include <string.h>

#include "vm/describe.h"

/* One word of a shell, whatever is in it. */
static void put_quoted(FILE *out, const char *s)
{
	putc('\'', out);
	for (; *s; s++)
		if (*s == '\'')
			fputs("'\\''", out);
		else
			putc(*s, out);
	putc('\'', out);
}

/* As JSON: in the other syntax a comma in a name begins an option. */
static int put_disk(FILE *out, const struct described *d, size_t i)
{
	const struct described_disk *disk = &d->disks[i];
	const char *driver =
		strncmp(disk->path, "/dev/", 5) == 0 ? "host_device" : "file";
	CLEANUP_FREE char *json = NULL;
	char name[32];
	json_t *node;

	snprintf(name, sizeof(name), "disk%zu", i + 1);
	node = json_pack("{ss ss s{ss ss}}", "driver", disk->format, "node-name", name,
			 "file", "driver", driver, "filename", disk->path);
	json = node ? json_dumps(node, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
	json_decref(node);
	if (!json)
		return -ENOMEM;
	fputs(" \\\n  -blockdev ", out);
	put_quoted(out, json);
	fprintf(out, " \\\n  -device %s,drive=disk%zu",
		strcmp(d->disk_bus, "virtio-scsi") == 0 ? "scsi-hd" : "virtio-blk-pci",
		i + 1);
	if (i == d->boot_disk)
		fputs(",bootindex=1", out);
	return 0;
}

static void put_nic(FILE *out, const struct described *d, size_t i)
{
	fprintf(out, " \\\n  -netdev \"user,id=net%zu", i + 1);
	if (i == 0)
		fputs("${HOSTFWD:+,hostfwd=$HOSTFWD}", out);
	fprintf(out, "\" \\\n  -device virtio-net-pci,netdev=net%zu", i + 1);
	if (d->nics[i].mac)
		fprintf(out, ",mac=%s", d->nics[i].mac);
}

static int put_script(FILE *out, const struct described *d)
{
	int r = 0;

	fprintf(out,
		"#!/bin/sh\n"
		"# %s.  ACCEL=tcg where there is no KVM; HOSTFWD=tcp:127.0.0.1:2222-:22 "
		"leads to\n"
		"# its SSH server; further options of QEMU as arguments.\n",
		d->name);
	if (d->boots_by_uefi)
		fputs("# OVMF=FILE: UEFI firmware, where it is not as in Debian.\n", out);
	fprintf(out,
		"exec qemu-system-x86_64 \\\n"
		"  -name %s -machine \"q35,accel=${ACCEL:-kvm:tcg}\" -cpu max -m %u -smp "
		"%u",
		d->name, d->memory_mib, d->cpus);
	if (d->boots_by_uefi)
		fputs(" \\\n  -bios \"${OVMF:-/usr/share/ovmf/OVMF.fd}\"", out);
	if (strcmp(d->disk_bus, "virtio-scsi") == 0)
		fputs(" \\\n  -device virtio-scsi-pci,id=scsi", out);
	for (size_t i = 0; i < d->n_disks && r == 0; i++)
		r = put_disk(out, d, i);
	for (size_t i = 0; i < d->n_nics; i++)
		put_nic(out, d, i);
	if (d->n_nics == 0)
		fputs(" \\\n  -nic none", out);
	fputs(" \\\n  -nodefaults -vga std -display none -serial mon:stdio \"$@\"\n",
	      out);
	return r;
}

int describe_qemu(const struct described *d, char **ret, struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int r = out ? put_script(out, d) : -ENOMEM;

	if (out && fclose(out) != 0)
		r = -ENOMEM;
	if (r < 0)
		return error_nomem(err);
	*ret = take_ptr(text);
	return 0;
}
