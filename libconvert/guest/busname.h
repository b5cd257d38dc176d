/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names that the source machine's buses gave to its disks.  The kernel's are an
 * order: sda, hda, vda, xvda, mmcblk0, nvme0n1, c0d0 and mpatha are the first
 * disk, and so on.  Serial numbers, WWNs and most PCI paths tell no order, but
 * whoever has the same is the same disk.
 */
#ifndef GUEST_BUSNAME_H
#define GUEST_BUSNAME_H

#include <stdbool.h>
#include <stddef.h>

enum busname_kind {
	BUSNAME_NONE,	   /* it is a name of something else */
	BUSNAME_VOID,	   /* of a disk that cannot be among those given */
	BUSNAME_ORDERED,   /* of the @disk-th disk */
	BUSNAME_UNORDERED, /* of the disk with this @id */
};

struct busname {
	enum busname_kind kind;
	unsigned disk;	/* from 0 */
	unsigned part;	/* 0: the whole disk */
	const char *id; /* into the name; not terminated */
	size_t id_len;
};

/* @name is what follows /dev/: "sda1", "disk/by-id/scsi-3600…-part1", "mapper/mpathap1". */
struct busname busname_parse(const char *name);

/* The kernel's name of the @disk-th disk of a SCSI bus, "sdaa", to @out of 16 bytes. */
void busname_format(unsigned disk, char out[16]);

#endif
