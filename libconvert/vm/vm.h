/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine as its hypervisor describes it.  Reading is pure: bytes in, a struct or an error
 * out; what kind of description it is, its content says.  The description comes from the
 * source and is not trusted: sizes, counts and where its files lie are checked.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include <stdbool.h>

#include "core/cleanup.h"
#include "core/error.h"

#define VM_MAX_SIZE (4 << 20) /* bytes of a description */
#define VM_MAX_DISKS 256
#define VM_MAX_NICS 64

enum vm_format {
	VM_OVF,
	VM_LIBVIRT,
	VM_VMX,
	VM_JSON,
};

/* As the kernel of a PC finds them, where nothing else says so: VMware has IDE at PCI slot 7, the
 * SCSI controllers from slot 16 on, SATA and NVMe behind a bridge.
 */
enum vm_bus {
	VM_BUS_UNKNOWN,
	VM_BUS_IDE,
	VM_BUS_SCSI,
	VM_BUS_SATA,
	VM_BUS_NVME,
	VM_BUS_VIRTIO,
	VM_BUS_XEN,
	VM_BUS_USB,
};

struct vm_disk {
	char *file; /* as the description names it; NULL: there is none */
	const char *elsewhere; /* static: why it is no file; NULL: an empty disk */
	char *format; /* as the description names it, like qemu-img(1); NULL: the header tells */
	enum vm_bus bus;
	unsigned rank; /* of the bus: lower ones come first */
	unsigned controller;
	unsigned unit;
};

struct vm_nic {
	char mac[18]; /* lower case, colons; "": not said */
	char *model;  /* lower case; NULL: not said */
};

struct vm {
	enum vm_format format;
	char *name;
	const char *firmware;  /* "bios", "uefi", or NULL: not said */
	unsigned memory_mib;   /* 0: not said */
	unsigned cpus;	       /* 0: not said */
	struct vm_disk *disks; /* in the order of the source machine */
	size_t n_disks;
	struct vm_nic *nics;
	size_t n_nics;
};

/* Read a description of @len bytes; data[len] is NUL. */
int vm_parse(const char *data, size_t len, struct vm *ret, struct cvt_error *err);
void vm_clear(struct vm *vm);
#define CLEANUP_VM CLEANUP(vm_clear)

/*
 * Where the file of @disk lies, if the description lies in @dir.  An OVF or VMX names files
 * beside it; what leads out of @dir is refused, as is what is no file.
 */
int vm_disk_path(const struct vm *vm, const struct vm_disk *disk, const char *dir,
		 char **ret, struct cvt_error *err);

const char *vm_format_name(enum vm_format f);
const char *vm_bus_name(enum vm_bus bus); /* NULL: unknown */

/* For the readers. */
int vm_add_disk(struct vm *vm, struct vm_disk **ret, struct cvt_error *err);
int vm_add_nic(struct vm *vm, struct vm_nic **ret, struct cvt_error *err);
int vm_set_text(char **field, const char *text, struct cvt_error *err); /* "" is NULL */
int vm_set_model(struct vm_nic *nic, const char *model, struct cvt_error *err);
void vm_set_mac(struct vm_nic *nic, const char *text); /* nothing, if it is none */
void vm_sort_disks(struct vm *vm);	   /* by rank, controller, unit; stable */
enum vm_bus vm_bus_find(const char *name); /* of vm_bus_name(), any case */
unsigned vm_number(const char *text, unsigned max); /* @max at most; 0: no number */

struct xml;
int vm_parse_ovf(struct xml *x, struct vm *ret, struct cvt_error *err);
int vm_parse_libvirt(struct xml *x, struct vm *ret, struct cvt_error *err);
int vm_parse_vmx(const char *data, size_t len, struct vm *ret, struct cvt_error *err);
int vm_parse_json(const char *data, size_t len, struct vm *ret, struct cvt_error *err);

#endif
