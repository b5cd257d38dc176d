/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks of the conversion machine, as its kernel shows them. */
#ifndef INSTANCE_MACHINE_DISKS_H
#define INSTANCE_MACHINE_DISKS_H

#include <stdbool.h>
#include <stddef.h>

struct machine_disk {
	char *name;   /* "vda" */
	char *place;  /* its device in sysfs, which names each bus on the way */
	char *serial; /* "": it has none */
};

struct machine_disks {
	struct machine_disk *v;
	size_t n;
};

/* All that could be a volume, in the order of the buses: no CD, no floppy, nothing empty.
 * @sys: "/sys".  0 or -ENOMEM.
 */
int machine_disks_find(const char *sys, struct machine_disks *ret);
void machine_disks_clear(struct machine_disks *d);
#define CLEANUP_MACHINE_DISKS CLEANUP(machine_disks_clear)

/* The device, "/dev/vdb1", of the file system on @d that has the label; NULL: none. */
char *machine_disk_labelled(const char *sys, const struct machine_disk *d,
			    const char *label);

/* As strcmp(3), but a number is more than one with fewer digits; they may be hexadecimal. */
int compare_places(const char *a, const char *b);

#endif
