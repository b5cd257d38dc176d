/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine that a converted guest is started in, as its report has it, and writers that
 * describe it to a hypervisor.  Text comes from the guest and may be anything: each writer
 * escapes it, or takes a name made of letters, digits and dashes.
 */
#ifndef VM_DESCRIBE_H
#define VM_DESCRIBE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/cleanup.h"
#include "core/error.h"

struct described_disk {
	const char *path; /* of the result, or of the disk that was converted in place */
	const char *format; /* of qemu-img(1) */
	uint64_t size;	    /* bytes; 0: not known */
};

struct described_nic {
	const char *mac; /* NULL: any */
};

struct described {
	char name[64]; /* a label of RFC 1123: lower case, digits, dashes */
	const char *target;
	bool is_bios, is_uefi; /* what the disks can be booted by: one of them, or both */
	bool boots_by_uefi;    /* what is to be taken */
	const char *disk_bus;  /* as in target/target.c */
	const char *os_id, *os_version; /* NULL: not known */
	unsigned memory_mib, cpus;	/* never 0 */
	bool has_size;			/* these two are not just a guess */
	size_t boot_disk;
	struct described_disk *disks;
	size_t n_disks;
	struct described_nic *nics;
	size_t n_nics;
	const json_t *guest;
};

/* A writer: text that ends in a newline; the caller frees it. */
typedef int (*describe_fn)(const struct described *d, char **ret, struct cvt_error *err);

int describe_libvirt(const struct described *d, char **ret, struct cvt_error *err);
int describe_qemu(const struct described *d, char **ret, struct cvt_error *err);
int describe_kubevirt(const struct described *d, char **ret, struct cvt_error *err);
int describe_openstack(const struct described *d, char **ret, struct cvt_error *err);
int describe_ec2(const struct described *d, char **ret, struct cvt_error *err);
int describe_ec2_import(const struct described *d, char **ret, struct cvt_error *err);
int describe_gce(const struct described *d, char **ret, struct cvt_error *err);
int describe_ovf(const struct described *d, char **ret, struct cvt_error *err);

/* For writers of JSON: takes @value over. */
int describe_json(json_t *value, char **ret, struct cvt_error *err);

/* What is to be done with a disk of unknown size: refuse. */
int describe_need_sizes(const struct described *d, struct cvt_error *err);

/* The name of the file at @path. */
const char *describe_base(const char *path);

/* Is the driver in the kernel that boots by default, or in all of them? */
bool describe_has_driver(const struct described *d, const char *target,
			 const char *driver);

#endif
