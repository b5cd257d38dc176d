/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each hypervisor needs, as const data.  No code in this directory but the look-up. */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include <stddef.h>

/* What a machine starts, and what disks can be booted by. */
enum firmware {
	FIRMWARE_BIOS = 1 << 0,
	FIRMWARE_UEFI = 1 << 1,
};

enum driver_flags {
	DRIVER_DISK = 1 << 0, /* the root disk hangs off it: must be in the initramfs */
	DRIVER_NET = 1 << 1,
	DRIVER_REQUIRED = 1 << 2, /* no boot on this target without it */
};

struct driver {
	const char *module; /* Linux module name, '_' for '-' */
	unsigned flags;	    /* enum driver_flags */
};

struct target {
	const char *name;
	const char *summary; /* one line, for `convert-image targets` */
	const struct driver *drivers;
	size_t n_drivers;
	const char *const *consoles; /* as target_consoles(), of a PC */
	const char *const *cmdline; /* further kernel arguments the target wants */
	const char *disk_bus;	    /* launch hints of the report */
	const char *nic_model;
	const char *machine;
};

const struct target *target_find(const char *name); /* NULL: unknown */
const struct target *target_at(size_t i); /* NULL: past the end; for every target */

/* console= values in order, the last is /dev/console, for a guest of @arch (as uname -m; NULL: of
 * a PC).  NULL: what the guest has is as good as any.
 */
const char *const *target_consoles(const struct target *t, const char *arch);

/* The kind of machine there, for @arch. */
const char *target_machine(const struct target *t, const char *arch);

#endif
