/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the caller asked for, as plain data: the second input of every step. */
#ifndef TARGET_REQUEST_H
#define TARGET_REQUEST_H

#include <stdbool.h>

#include "target/target.h"

enum network_mode {
	NETWORK_KEEP, /* addresses stay as the guest has them */
	NETWORK_DHCP, /* every configured interface becomes dynamic */
};

/* --nic MAC[=NAME]: one interface of the new machine, in the order given. */
struct request_nic {
	char mac[18];  /* lower case, colons */
	char name[16]; /* interface name in the guest; "" = by order */
};

/* A script for the first boot, in the order given. */
struct request_script {
	char *name; /* letters, digits, '.', '_', '-' */
	char *text; /* UTF-8 */
};

/* Lines for the authorized_keys of @user. */
struct request_ssh_key {
	char *user;
	char *text;
};

struct request {
	const struct target *target;
	bool portable; /* drivers of every target, not only of @target */
	bool discard_hibernation; /* the saved state of a hibernated guest is given up */
	enum network_mode network;
	const struct request_nic *nics;
	size_t n_nics;
	const struct request_script *scripts;
	size_t n_scripts;
	const struct request_ssh_key *ssh_keys;
	size_t n_ssh_keys;
	const char *hostname; /* NULL: as it is */
	bool remove_machine_id;
	unsigned firmware; /* enum firmware; 0: what the guest is booted by now */
};

#endif
