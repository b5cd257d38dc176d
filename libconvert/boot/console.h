/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a machine says while it boots: how far it is, and whether it has given up. */
#ifndef BOOT_CONSOLE_H
#define BOOT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum milestone {
	MILESTONE_FIRMWARE,
	MILESTONE_LOADER,
	MILESTONE_KERNEL,
	MILESTONE_INIT,
	MILESTONE_LOGIN,
	MILESTONE_NETWORK, /* a packet of the guest; not read from text */
	MILESTONE_SSH,
	N_MILESTONES
};

/* Stable names, as in the report. */
const char *milestone_name(enum milestone m);

/* The milestones that @text speaks of, as bits. */
unsigned console_milestones(const char *text);

struct boot_failure {
	const char *id;	  /* stable: "initramfs-shell" */
	const char *text; /* what was read */
	const char *meaning;
};

/* The first failure that is final of which @text speaks; NULL: none. */
const struct boot_failure *console_failure(const char *text);

/* Does it ask for the passphrase of a disk? */
bool console_asks(const char *text);

/* Take colours and cursor movements out of @text, in place, and NULs. */
void console_clean(char *text, size_t len);

#endif
