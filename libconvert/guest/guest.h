/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What we know of a guest: facts, and the files the steps asked for.
 * inspect/ fills it once; it is const for everybody after that, and a test
 * fills it with literals.
 *
 * Paths are guest paths as the running guest sees them ("/boot/grub/grub.cfg",
 * whether /boot is a file system of its own or not).
 */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/bytes.h"
#include "core/error.h"
#include "core/names.h"
#include "format/nic.h"
#include "format/ptable.h"
#include "format/superblock.h"
#include "target/target.h"

enum device_kind {
	DEVICE_DISK, /* one of the disks, or a partition of it */
	DEVICE_MD,   /* an array, or a partition of it */
	DEVICE_LUKS, /* what an encrypted device holds */
	DEVICE_LV,   /* a logical volume */
};

/*
 * A block device of the guest that has, or may have, a superblock.  What is
 * opened comes behind what it was found in, so an index in @below is always
 * smaller than the device's own.
 */
struct device {
	char *name; /* ours, in messages, and no two have the same: "disk1", "disk1p2",
		     * "md:root", "md:rootp1", "luks:disk1p3", "rhel/root"
		     */
	enum device_kind kind;
	unsigned disk;	       /* DEVICE_DISK: its index, from 0, in the order given */
	unsigned part;	       /* partition number as Linux counts; 0: not a partition */
	char *vg, *lv;	       /* DEVICE_LV: the guest's names */
	uint64_t offset, size; /* bytes; offset from the start of the disk or array */
	struct names links;    /* what else the guest calls it, below /dev/: "md0",
				* "md/root", "mapper/cryptroot"
				*/
	size_t *below; /* indices of the devices that it lies on; none for disks */
	size_t n_below;
	/* Why nothing that lies in it can be reached; ERR_INTERNAL: nothing is in the way */
	enum error_kind shut;
	char *shut_why; /* as the message of such an error, without the name */
	/* From the partition table (NULL: none) */
	char *partuuid; /* as in PARTUUID= */
	char *partlabel;
	char *parttype; /* GPT type GUID, or "0x83" */
	/* From the superblock (NULL: none) */
	char *type;  /* as blkid(8) TYPE: ext4, vfat, swap, LVM2_member, crypto_LUKS */
	char *uuid;  /* as in UUID= */
	char *label; /* as in LABEL= */
	char *last_mounted; /* ext2 to ext4: where, as the source's kernel noted; NULL: no note */
	uint64_t
		members; /* btrfs: on how many devices its file system lies; 0: unknown */
};

struct mount {
	size_t device;	 /* index into guest.devices */
	char *where;	 /* "/", "/boot" */
	uint64_t subvol; /* id of the btrfs subvolume that is mounted; 0: no btrfs */
};

#define SUBVOL_TOP 5 /* id of the top level of every btrfs (btrfs-subvolume(8)) */

struct subvolume {
	size_t device; /* index into guest.devices */
	uint64_t id;
	char *path; /* from the top level: "@/.snapshots/1/snapshot"; "": the top level */
	bool is_default; /* what a mount without subvol= and subvolid= gets */
};

/* A disk of the source machine, by a name that its buses gave, as busname_parse() reads it. */
struct source_disk {
	char *id;	  /* NULL: it is the @ordinal-th */
	unsigned ordinal; /* from 0: sda */
	unsigned disk;	  /* index of the disk given; SOURCE_DISK_ABSENT: none of them */
	bool is_guess;	  /* it may as well be another one */
};

#define SOURCE_DISK_ABSENT UINT_MAX

/* The state of the running guest, saved in a swap area by a hibernation. */
struct hibernation {
	char *path;	    /* guest path of the swap file, or name of the device */
	uint64_t offset;    /* bytes, of the signature that says so */
	char signature[10]; /* not terminated */
};

enum check_result {
	CHECK_NONE,	/* its checker was not asked */
	CHECK_SOUND,	/* it found nothing wrong */
	CHECK_DAMAGED,	/* it found damage, or mending has not helped */
	CHECK_REPAIRED, /* it mended it, in the overlay */
	CHECK_NOT_DONE, /* it could not be run, or not to its end */
};

/* A file system that was mounted, or was to be: how it was found, and what was done. */
struct check {
	size_t device; /* index into guest.devices */
	struct superblock found; /* before anything mounted it */
	bool was_mounted;
	bool is_settled; /* the checker was asked, or need not be */
	enum check_result result;
	char words[200]; /* of the checker; "": none */
};

/* An account that the request names, as /etc/passwd has it. */
struct account {
	char *name;
	char *home; /* NULL: there is no such account */
	char *why;  /* nothing of its can be written there; NULL: it can */
};

struct guest_file {
	char *path;
	struct bytes data;
	char *link;  /* it is a symbolic link with this target; data is empty */
	mode_t mode; /* permission bits */
};

enum module_state {
	MODULE_MISSING,
	MODULE_BUILTIN,
	MODULE_LOADABLE
};

/* A module of one kernel, one line of its modules.dep. */
struct module {
	char *name; /* '_' for '-', no suffix: "virtio_blk" */
	char *file; /* relative to kernel.modules_dir: "kernel/drivers/…/virtio_blk.ko.xz" */
	struct names needs; /* module names: dependencies and softdeps, not transitive */
};

/* A kernel as one of the entries starts it: several may start the same version, from copies or
 * with another initramfs.
 */
struct kernel {
	char *version; /* directory below /lib/modules */
	char *arch; /* from the ELF header of its image or modules: "x86_64"; NULL: unknown */
	char *image;	      /* "/boot/vmlinuz-6.1.0"; NULL: none found */
	char *initrd;	      /* "/boot/initrd.img-6.1.0"; NULL: none found */
	uint64_t initrd_size; /* bytes */
	uint64_t initrd_offset; /* where it begins in a unified kernel image */
	bool is_uki; /* image and initrd are one file, a PE image with a section for each */
	bool is_signed;	   /* any change of that file makes its signature invalid */
	char *modules_dir; /* "/usr/lib/modules/6.1.0" or "/lib/modules/6.1.0", without links */
	struct module *modules;
	size_t n_modules;
	struct names builtin; /* module names, from modules.builtin */
	struct names indexes; /* base names of the modules.* files in modules_dir */
	/* The initramfs, listed to its end */
	char *generator;    /* "initramfs-tools", "dracut", "mkinitcpio"; NULL: unknown */
	char *initrd_script; /* where it says what is loaded (initrd_script.h); NULL: nowhere */
	bool initrd_listed; /* false: it could not be read; initrd_why says why */
	char *initrd_why;
	struct names initrd_modules; /* module names present in it */
	bool initrd_has_index; /* the full modules.* index files are in it, as we append them */
	bool initrd_text_index; /* its modprobe reads the indexes that are text */
	bool initrd_has_udev; /* something in it loads modules by alias */
	bool initrd_has_init; /* the kernel has a program to start in it */
	/* Files of LVM in it: "etc/lvm/lvm.conf", the devices file */
	struct names initrd_lvm;
	struct names initrd_programs; /* those in it that open storage: "lvm", "mdadm" */
	bool initrd_broken; /* the kernel itself cannot read it to its end: nothing can be added */
	char *initrd_dir; /* where modules go in it: "usr/lib/modules/6.1.0"; NULL: modules_dir */
	bool is_default; /* the default boot entry starts this kernel */
};

/* One way to start the guest, as its loader would offer it. */
struct boot_entry {
	char *title;
	char *config;  /* the file that says so: "/boot/grub/grub.cfg" */
	char *kernel;  /* guest path */
	char *initrd;  /* guest path; NULL: none */
	char *cmdline; /* kernel arguments, without the kernel's own path */
	bool is_default;
	char *id; /* by which the loader can be told to start it; NULL: none */
	/* What is at the end of their links; NULL: no regular file */
	char *image, *initramfs;
	bool is_kernel;	      /* the image begins as a kernel does */
	uint64_t image_size;  /* bytes that it has, */
	uint64_t image_needs; /* and should have; 0: not known */
	uint64_t initramfs_size;
	char *version; /* what the image says that it is, as uname -r; NULL: nothing */
	bool is_uki, is_signed; /* as in struct kernel */
	uint64_t initramfs_offset;
};

/* The partition table of the disk that boots, and the first page of each swap area on it. */
struct guest_table {
	struct device disk; /* all of it, "disk1"; name is NULL: nothing was read */
	struct pieces pieces;
	const char *fault; /* why it cannot be edited; NULL: it can */
};

struct guest {
	/* Operating system */
	char *os_id;	   /* os-release ID: "debian"; "linux" if unknown */
	char *os_version;  /* VERSION_ID; NULL: unknown */
	char *os_name;	   /* PRETTY_NAME */
	char *hostname;	   /* NULL: unknown */
	char *init;	   /* "systemd", "openrc", "sysvinit", "upstart"; NULL: unknown */
	bool has_sbin_init; /* what the kernel starts is there */
	unsigned firmware; /* enum firmware: what its disks can be booted by */
	char *loader;	   /* "grub2", "systemd-boot"; NULL: none known */
	char *esp;	   /* where the EFI system partition is mounted; NULL: none */
	/* Storage */
	unsigned n_disks; /* 0: unknown, the root is a mere directory */
	struct device *devices;
	size_t n_devices;
	unsigned *bios_disks; /* indices of the disks that a BIOS can boot */
	size_t n_bios_disks;
	uint64_t *disk_sizes;	  /* bytes, of each disk; NULL: unknown */
	struct guest_table table; /* read if the request is for other firmware */
	unsigned boot_disk; /* index of the one that does; SOURCE_DISK_ABSENT: unknown */
	struct names
		bios_broken; /* of a loader in a boot sector: what cannot work, "disk1: …" */
	char *root_spec;    /* root= of the default boot entry, as it is; NULL: none */
	/* Where it differs from the order given, and for names that tell no order */
	struct source_disk *source_disks;
	size_t n_source_disks;
	struct mount *mounts; /* root first */
	size_t n_mounts;
	struct subvolume *subvolumes; /* of each btrfs that was looked into, by id */
	size_t n_subvolumes;
	struct hibernation *hibernations;
	size_t n_hibernations;
	struct check *checks; /* in the order of their first mount */
	size_t n_checks;
	/* Patterns, and directories with a slash at the end, that /etc/network/interfaces sources;
	 * the settings of connman's services, and directories of networkd's drop-ins
	 */
	struct names network_sources;
	struct nics
		leases; /* which interface had which MAC address, as DHCP clients keep it */
	/* Boot */
	struct boot_entry *entries;
	size_t n_entries;
	struct kernel *kernels;
	size_t n_kernels;
	struct account *accounts;
	size_t n_accounts;
	/* Files asked for by the steps, sorted by path; absent ones are not listed */
	struct guest_file *files;
	size_t n_files;
	/* Free space of each mount, same order as mounts; bytes */
	uint64_t *space;
	struct names notes; /* what inspect could not do: "id\tpath\ttext" */
};

/* Look-ups; NULL: there is none.  The guest owns what is returned. */
const struct guest_file *guest_file(const struct guest *g, const char *path);
const char *guest_text(const struct guest *g,
		       const char *path); /* NULL too if it has a NUL or is a link */
const struct device *guest_device_at(const struct guest *g, const char *where);
const struct device *guest_device_by_name(const struct guest *g, const char *name);
bool guest_is_below_another(const struct guest *g, const struct device *d);
const struct account *guest_account(const struct guest *g, const char *name);
const struct mount *guest_mount_of(const struct guest *g,
				   const char *path); /* longest prefix */
const struct module *kernel_module(const struct kernel *k, const char *name);
/* False where another init is known: a guest whose init is unknown is taken for one with it. */
bool guest_has_systemd(const struct guest *g);
/* Of its default kernel, else of the first that tells, as uname -m; NULL: unknown. */
const char *guest_arch(const struct guest *g);

/* The kernel that @e starts; NULL: one without modules. */
const struct kernel *guest_entry_kernel(const struct guest *g,
					const struct boot_entry *e);
enum module_state kernel_module_state(const struct kernel *k, const char *name);

/* The subvolume @id of the btrfs on @device; NULL: there is none. */
const struct subvolume *guest_subvolume(const struct guest *g, size_t device,
					uint64_t id);

/* Members of one btrfs are one file system: the index of the first of them, @device itself
 * if it is something else.
 */
size_t guest_first_member(const struct guest *g, size_t device);

/* The guest path of @path, which counts from the top of the file system on @device as GRUB
 * reads it ("/@rootfs/boot/vmlinuz"), to *@ret (malloc'ed).  -ENOENT if it is not mounted.
 */
int guest_locate(const struct guest *g, size_t device, const char *path, char **ret);

/* The one that mount(8) would take for @options ("ro,subvol=/@home", "subvolid=256"), which
 * without either is the default one; NULL: none of that name or number.
 */
const struct subvolume *guest_subvolume_by_options(const struct guest *g, size_t device,
						   const char *options);

/* "virtio-blk" and "virtio_blk" are one module: writes the form with '_' to @out. */
void module_name(const char *file, char *out, size_t size);

/*
 * The device that @spec means on the source machine: UUID=, LABEL=, PARTUUID=,
 * PARTLABEL= (values with or without quotes), /dev/sdXN, hd, vd, xvd, nvme,
 * mmcblk, cciss, /dev/disk/by-*, /dev/mapper/VG-LV, /dev/VG/LV, multipath, and
 * the links of a device.
 */
enum resolved {
	RESOLVED_DEVICE, /* *ret is set */
	RESOLVED_ABSENT, /* a block device that is not among the replicated disks */
	RESOLVED_OTHER,	 /* not a block device: proc, tmpfs, server:/path, /swapfile */
};
enum resolved guest_resolve(const struct guest *g, const char *spec,
			    const struct device **ret);

/* An EFI system partition, by the type in the partition table? */
bool device_is_esp(const struct device *d);

/* Is it only a guess which disk @spec names? */
bool guest_spec_is_guess(const struct guest *g, const char *spec);

/* Does @spec keep its meaning on any hypervisor, as UUID=, by-label and the names of LVs,
 * arrays and opened LUKS volumes do?
 */
bool guest_spec_is_stable(const struct guest *g, const char *spec);

/* A name for @d that does not change with the hypervisor: "UUID=…", else "PARTUUID=…", else
 * "LABEL=…"; /dev/mapper/VG-LV for a logical volume.  -ENOENT if it has none.
 */
int device_stable_name(const struct device *d, char *out, size_t size);

/* Fillers, for inspect/ and the tests; what they take they take also on failure. */
struct device *
guest_add_device(struct guest *g); /* zeroed; NULL: no memory; moves the others */
int device_add_below(struct device *d, size_t below); /* -ENOMEM */
int guest_add_file(struct guest *g, const char *path, struct bytes *data,
		   mode_t mode); /* takes @data */
int guest_add_subvolume(struct guest *g, size_t device, uint64_t id, const char *path);
int guest_note(struct guest *g, const char *id, const char *path, const char *text);

void kernel_clear(struct kernel *k);
void boot_entry_clear(struct boot_entry *e);
void guest_clear(struct guest *g);
#define CLEANUP_GUEST CLEANUP(guest_clear)

#endif
