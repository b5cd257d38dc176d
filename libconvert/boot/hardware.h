/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The hardware of the targets, as QEMU has it or the nearest to it. */
#ifndef BOOT_HARDWARE_H
#define BOOT_HARDWARE_H

#include "core/names.h"
#include "target/target.h"

struct bus {
	const char *name;    /* as in struct target and --disk-bus */
	const char *adapter; /* -device of it; NULL: none */
	const char *disk;    /* -device of disk %u on it, whose drive is disk%u */
	bool ovmf;	     /* OVMF (2022.11) reads it */
};

struct hardware {
	const struct bus *bus;
	const char *nic;     /* model of QEMU */
	bool has_agent_port; /* a virtio-serial port for the guest agent */
	struct names stand_ins; /* "e1000e for ena": what is not the target's */
};

const struct bus *bus_find(const char *name); /* NULL: unknown */

/* @bus overrides the target's; NULL: does not.  0 or -ENOMEM. */
int hardware_of(const struct target *t, const char *bus, bool uefi, struct hardware *ret);
void hardware_clear(struct hardware *h);

#endif
