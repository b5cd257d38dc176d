/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The proof: QEMU with the hardware of the target, as near as it can be had, boots the
 * volumes on throw-away overlays, and what comes of it is read from its serial line,
 * its screen and its network.
 */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include <jansson.h>

#include "job.h"

/* What an inspection has found, and the caller wants. */
struct boot_options {
	bool uefi;
	unsigned first;	      /* index of the disk that the firmware boots */
	const char *disk_bus; /* NULL: that of the target */
	const char *mac;      /* NULL: a fresh one */
	const char *evidence; /* directory for the screenshot and the serial log; NULL: none */
	unsigned timeout;     /* seconds */
};

/*
 * Boot @v, whose daemon is ended and whose overlays are new.  *@ret, set as soon as QEMU has
 * run, is the report's part "boot".  The machine that does not come up is no failure: that
 * is told there.
 */
int boot_run(struct cvt *c, struct volumes *v, const struct boot_options *options,
	     json_t **ret, struct cvt_error *err);

#endif
