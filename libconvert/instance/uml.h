/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A User Mode Linux kernel as a confined process. */
#ifndef INSTANCE_UML_H
#define INSTANCE_UML_H

#include "volume/process.h"
#include "volume/volume.h"

#define UML_MIB 256 /* of memory, unless the job says otherwise */

struct uml_options {
	const struct volumes *volumes; /* its disks, exported as sockets */
	const char *initramfs;
	unsigned memory_mib;
	int channel;   /* its end of the serial line that carries job and events */
	bool complete; /* leave nothing out of its start: for RAID 6 */
};

/* The kernel and the directory of its modules, malloc'ed; ERR_NO_PROGRAM: there is none. */
int uml_find(char **kernel, char **modules, struct cvt_error *err);

/* What it prints comes from ret->out. */
int uml_start(struct context *ctx, const char *kernel, const struct uml_options *options,
	      struct process *ret, struct cvt_error *err);

#endif
