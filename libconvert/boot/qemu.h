/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QEMU that runs: its process, what it is asked (QMP), its serial line. */
#ifndef BOOT_QEMU_H
#define BOOT_QEMU_H

#include <jansson.h>

#include "boot/hardware.h"
#include "volume/process.h"

#define SERIAL_KEPT ((size_t)1 << 20) /* bytes of the beginning, and as many of the end */

struct qemu_options {
	const char *dir; /* where it runs, and its files are */
	int dir_fd;
	char *const *disks; /* qcow2 overlays */
	size_t n_disks;
	unsigned first; /* index of the one that the firmware boots */
	const struct hardware *hardware;
	bool uefi, kvm;
	unsigned memory_mib, cpus;
	const char *mac;
};

struct qemu {
	struct context *ctx;
	struct process process;
	int qmp, serial, agent; /* sockets; -1: none */
	int dir_fd;
	struct said said; /* on its stderr */
	struct bytes qmp_line, serial_text;
	size_t serial_cut; /* bytes that were left out behind the first SERIAL_KEPT */
	unsigned ssh_port; /* of this host, on 127.0.0.1; 0: none */
	bool stopped;	   /* it said that the machine did, or was reset */
	bool agent_asked;
};

/* Start the machine; it runs when this returns.  ERR_NO_PROGRAM, ERR_ENGINE. */
int qemu_start(struct context *ctx, const struct qemu_options *o, struct qemu *q,
	       struct cvt_error *err);

/* Ask QMP @command with @arguments (taken; NULL: none); its answer to @ret unless NULL. */
int qemu_ask(struct qemu *q, const char *command, json_t *arguments, json_t **ret,
	     struct cvt_error *err);

/* Take what it has said meanwhile; false once it has ended. */
bool qemu_hear(struct qemu *q);

/* Type @text on the serial line. */
void qemu_type(struct qemu *q, const char *text, size_t len);

/* Does a guest agent answer? */
bool qemu_has_agent(struct qemu *q);

void qemu_stop(struct qemu *q);

/* Does /dev/kvm start guests here?  It may be there and not. */
bool qemu_kvm_works(struct context *ctx, const char *dir, int dir_fd);

#endif
