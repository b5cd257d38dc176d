/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Partition tables and superblocks, read with libblkid from the views. */
#include <config.h>

#include <blkid/blkid.h>
#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "volume/volume_private.h"

#define SECTOR 512
#define AMBIVALENT (-2) /* of blkid_do_safeprobe(3) */
#define BOOT_CODE 440	/* bytes of the boot sector before the disk signature */
#define BIOS_BOOT "21686148-6449-6e6f-744e-656564454649"	/* GPT type, GRUB manual 3.4 */

static void free_probe(blkid_probe *p)
{
	blkid_free_probe(*p);
}

#define CLEANUP_PROBE CLEANUP(free_probe)

static int copy(char **to, const char *from)
{
	free(*to);
	*to = from && *from ? strdup(from) : NULL;
	return from && *from && !*to ? -ENOMEM : 0;
}

static int copy_value(char **to, blkid_probe p, const char *name)
{
	const char *value = NULL;

	(void)blkid_probe_lookup_value(p, name, &value, NULL);
	return copy(to, value);
}

/* How many devices a btrfs has: num_devices of its first superblock, at 64 KiB (Linux,
 * include/uapi/linux/btrfs_tree.h, struct btrfs_super_block).
 */
static uint64_t count_members(int fd, uint64_t offset)
{
	uint64_t n = 0;

	if (pread(fd, &n, sizeof(n), (off_t)(offset + 65536 + 0x88)) != sizeof(n))
		return 0;
	return le64toh(n);
}

/* s_last_mounted of an ext2, 3 or 4 (Linux, fs/ext4/ext4.h, struct ext4_super_block). */
static int read_last_mounted(int fd, uint64_t offset, struct device *d)
{
	char path[64 + 1] = "";

	if (pread(fd, path, 64, (off_t)(offset + 1024 + 0x88)) != 64 || path[0] != '/')
		return 0;
	return copy(&d->last_mounted, path);
}

/* 1 if several superblocks contradict each other: then nothing is known. */
static int probe_superblock(int fd, uint64_t offset, uint64_t size, struct device *d,
			    struct cvt_error *err)
{
	CLEANUP_PROBE blkid_probe p = blkid_new_probe();
	int r;

	/* libblkid takes size 0 for "to the end". */
	if (size == 0)
		return 0;
	if (!p)
		return error_nomem(err);
	if (blkid_probe_set_device(p, fd, (blkid_loff_t)offset, (blkid_loff_t)size) < 0)
		return error_raise(err, ERR_DISK_UNREADABLE, d->name, "cannot be probed");
	(void)blkid_probe_enable_superblocks(p, 1);
	(void)blkid_probe_set_superblocks_flags(p, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID |
							   BLKID_SUBLKS_LABEL);
	r = blkid_do_safeprobe(p);
	/* Or any errno, whatever its documentation says (libblkid 2.38). */
	if (r < 0 && r != AMBIVALENT)
		return error_raise(err, ERR_DISK_UNREADABLE, d->name, "cannot be read");
	if (r != 0)
		return r == AMBIVALENT;
	if (copy_value(&d->type, p, "TYPE") < 0 || copy_value(&d->uuid, p, "UUID") < 0 ||
	    copy_value(&d->label, p, "LABEL") < 0)
		return error_nomem(err);
	if (d->type && strncmp(d->type, "ext", 3) == 0 &&
	    read_last_mounted(fd, offset, d) < 0)
		return error_nomem(err);
	if (d->type && strcmp(d->type, "btrfs") == 0)
		d->members = count_members(fd, offset);
	return 0;
}

int volume_probe_superblock(int fd, uint64_t offset, uint64_t size, struct device *d,
			    struct cvt_error *err)
{
	int r = probe_superblock(fd, offset, size, d, err);

	return r < 0 ? r : 0;
}

/* A disk or an array, and what is found in it. */
struct probing {
	struct context *ctx;
	struct guest *g;
	enum device_kind kind;
	unsigned disk;	  /* DEVICE_DISK */
	size_t array;	  /* DEVICE_MD: index of the array in @g */
	const char *name; /* of the disk or array */
	int fd;
	uint64_t size; /* bytes */
	struct cvt_error *err;
};

/* The next device of @g, with its name and place. */
static struct device *add_device(struct probing *p, unsigned part, uint64_t offset,
				 uint64_t size)
{
	struct device *d = guest_add_device(p->g);
	int r;

	if (!d)
		return NULL;
	d->kind = p->kind;
	d->disk = p->disk;
	d->part = part;
	d->offset = offset;
	d->size = size;
	if (p->kind == DEVICE_MD && device_add_below(d, p->array) < 0)
		return NULL;
	r = part ? asprintf(&d->name, "%sp%u", p->name, part)
		 : asprintf(&d->name, "%s", p->name);
	if (r < 0)
		d->name = NULL;
	return r < 0 ? NULL : d;
}

static int probe_device(struct probing *p, struct device *d)
{
	int r = probe_superblock(p->fd, d->offset, d->size, d, p->err);

	if (r == 1)
		context_log(p->ctx, CVT_LOG_WARNING,
			    "%s: superblocks of several kinds, so its kind is unknown",
			    d->name);
	return r < 0 ? r : 0;
}

/* GPT types are GUIDs; MBR types numbers, written as blkid(8) does. */
static int copy_parttype(struct device *d, blkid_partition part)
{
	const char *type = blkid_partition_get_type_string(part);

	if (type)
		return copy(&d->parttype, type);
	if (asprintf(&d->parttype, "0x%x", (unsigned)blkid_partition_get_type(part)) <
	    0) {
		d->parttype = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int probe_partition(struct probing *p, blkid_partition part)
{
	uint64_t start = (uint64_t)blkid_partition_get_start(part);
	uint64_t count = (uint64_t)blkid_partition_get_size(part);
	int number = blkid_partition_get_partno(part);
	struct device *d;

	if (number <= 0 || blkid_partition_is_extended(part) || count == 0)
		return 0;
	if (start >= p->size / SECTOR) {
		context_log(p->ctx, CVT_LOG_WARNING,
			    "%s: partition %d begins beyond the end", p->name, number);
		return 0;
	}
	if (count > p->size / SECTOR - start) {
		context_log(p->ctx, CVT_LOG_WARNING,
			    "%s: partition %d ends beyond the end", p->name, number);
		count = p->size / SECTOR - start;
	}
	d = add_device(p, (unsigned)number, start * SECTOR, count * SECTOR);
	if (!d || copy(&d->partuuid, blkid_partition_get_uuid(part)) < 0 ||
	    copy(&d->partlabel, blkid_partition_get_name(part)) < 0 ||
	    copy_parttype(d, part) < 0)
		return error_nomem(p->err);
	return probe_device(p, d);
}

/*
 * Has the firmware of a PC something to run?  The code area of the boot sector is not empty
 * and, where the table is a GPT, there is a BIOS boot partition to hold the rest of a loader:
 * partitioning tools leave a stub in the boot sector of a GPT disk too.
 */
static bool boots_by_bios(const struct probing *p, size_t first,
			  unsigned char sector[SECTOR])
{
	static const unsigned char signature[2] = { 0x55, 0xaa };
	bool has_code = false, is_gpt = false, has_place = false;

	if (pread(p->fd, sector, SECTOR, 0) != SECTOR ||
	    memcmp(sector + SECTOR - 2, signature, sizeof(signature)) != 0)
		return false;
	for (size_t i = 0; i < BOOT_CODE; i++)
		has_code |= sector[i] != 0;
	for (size_t i = first; i < p->g->n_devices; i++) {
		const char *type = p->g->devices[i].parttype;

		is_gpt |= type && strchr(type, '-');
		has_place |= type && strcasecmp(type, BIOS_BOOT) == 0;
	}
	return has_code && (!is_gpt || has_place);
}

static int add_bios_disk(const struct probing *p, const unsigned char sector[SECTOR])
{
	struct guest *g = p->g;
	const char *fault = volume_bios_loader_fault(p->fd, sector);
	char text[128];
	unsigned *grown = realloc(g->bios_disks, (g->n_bios_disks + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	g->bios_disks = grown;
	g->bios_disks[g->n_bios_disks++] = p->disk;
	g->firmware |= FIRMWARE_BIOS;
	if (!fault)
		return 0;
	snprintf(text, sizeof(text), "%s: the core image of its GRUB %s", p->name, fault);
	return names_add(&g->bios_broken, text);
}

/* The number of partitions; 0: there is no table, or none in it. */
static int probe_table(struct probing *p)
{
	CLEANUP_PROBE blkid_probe probe = blkid_new_probe();
	blkid_partlist list;
	int n, r = 0;

	if (!probe)
		return error_nomem(p->err);
	if (blkid_probe_set_device(probe, p->fd, 0, (blkid_loff_t)p->size) < 0)
		return error_raise(p->err, ERR_DISK_UNREADABLE, NULL, "cannot be probed");
	list = blkid_probe_get_partitions(probe);
	n = list ? blkid_partlist_numof_partitions(list) : 0;
	for (int i = 0; i < n && r == 0; i++)
		r = probe_partition(p, blkid_partlist_get_partition(list, i));
	return r < 0 ? r : n;
}

/* Where an array has its superblock at the end, what looks like the partition table of a
 * member is that of the array (md(4), metadata 0.90 and 1.0).
 */
static int is_raid_member(const struct probing *p)
{
	CLEANUP_GUEST struct guest scratch = { 0 };
	struct device *d = guest_add_device(&scratch);
	int r;

	if (!d || !(d->name = strdup(p->name)))
		return error_nomem(p->err);
	r = probe_superblock(p->fd, 0, p->size, d, p->err);
	return r < 0 ? r : d->type && ends_with(d->type, "_raid_member");
}

static int probe_disk(struct probing *p)
{
	size_t first = p->g->n_devices;
	unsigned char sector[SECTOR];
	struct device *d;
	int r = is_raid_member(p);

	if (r == 0)
		r = probe_table(p);
	else if (r == 1)
		r = 0;
	if (boots_by_bios(p, first, sector) && add_bios_disk(p, sector) < 0)
		return error_nomem(p->err);
	if (r != 0)
		return r < 0 ? r : 0;
	d = add_device(p, 0, 0, p->size);
	return d ? probe_device(p, d) : error_nomem(p->err);
}

int volumes_probe(struct volumes *v, struct guest *g, struct cvt_error *err)
{
	g->n_disks = (unsigned)v->n;
	g->disk_sizes = calloc(v->n + 1, sizeof(*g->disk_sizes));
	if (!g->disk_sizes)
		return error_nomem(err);
	for (size_t i = 0; i < v->n; i++) {
		CLEANUP_CLOSE int fd = open(v->v[i].view, O_RDONLY | O_CLOEXEC);
		char name[32];
		struct probing p = { .ctx = v->ctx,
				     .g = g,
				     .disk = (unsigned)i,
				     .name = name,
				     .fd = fd,
				     .size = v->v[i].size,
				     .err = err };
		int r;

		g->disk_sizes[i] = v->v[i].size;
		snprintf(name, sizeof(name), "disk%zu", i + 1);
		r = fd < 0 ? error_raise(err, ERR_DISK_UNREADABLE, v->v[i].path,
					 "its view cannot be opened: %s", strerror(errno))
			   : probe_disk(&p);

		if (r < 0)
			return r;
	}
	return 0;
}

int volume_probe_partitions(struct context *ctx, int fd, struct guest *g, size_t array,
			    struct cvt_error *err)
{
	CLEANUP_FREE char *name = strdup(g->devices[array].name);
	struct probing p = { .ctx = ctx,
			     .g = g,
			     .kind = DEVICE_MD,
			     .array = array,
			     .name = name,
			     .fd = fd,
			     .size = g->devices[array].size,
			     .err = err };
	int r = name ? probe_table(&p) : error_nomem(err);

	return r < 0 ? r : 0;
}
