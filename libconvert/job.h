/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the caller has set; shared by the setters and the run, by nobody else. */
#ifndef JOB_H
#define JOB_H

#include "core/secret.h"
#include "target/request.h"
#include "vm/vm.h"
#include "volume/volume.h"

/* The new machine's size; 0: not said. */
struct launch {
	unsigned memory_mib;
	unsigned cpus;
};

/* How a boot is watched. */
struct boot_request {
	char *disk_bus;	  /* NULL: the target's */
	char *evidence;	  /* directory for screen and serial log; NULL: none */
	unsigned timeout; /* seconds; 0: default */
	bool keep;	  /* the overlays */
};

struct cvt {
	struct context ctx;
	struct disk *disks; /* owns their strings */
	size_t n_disks;
	struct request request;
	struct request_nic *nics; /* what request.nics points to */
	struct request_script *scripts; /* likewise */
	struct request_ssh_key *ssh_keys; /* likewise */
	char *hostname;			  /* likewise */
	char *engine;
	char *root;
	char *work_dir;
	char *output_dir; /* NULL: none */
	enum volume_output output;
	bool in_place;
	bool repair;
	char *since; /* report of an earlier conversion; NULL: none */
	char *undo; /* file for what the commit overwrites; NULL: none */
	unsigned memory; /* MiB; 0: default */
	unsigned time_limit; /* seconds; 0: none */
	struct launch launch;
	struct vm *vm;	 /* the source machine; NULL: not described */
	char *vm_source; /* its file */
	char *unpacked;	 /* directory of ours with what was in an OVA; NULL: none */
	struct boot_request boot;
	struct key_source *keys;
	size_t n_keys;
};

/* Add a first-boot script that is read already. */
int job_add_script(struct cvt *c, const char *name, const char *text,
		   struct cvt_error *err);

/* Add SSH keys that are read already. */
int job_add_ssh_key(struct cvt *c, const char *user, const char *text,
		    struct cvt_error *err);
void job_clear_identity(struct cvt *c);

/* Forget the disks that were added. */
void job_clear_disks(struct cvt *c);

#endif
