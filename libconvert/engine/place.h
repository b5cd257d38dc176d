/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the guest's disks are block devices and the programs for them run:
 * under this kernel, or in an appliance.  What is stacked on the disks is
 * opened by the same code in both, stack.c and what it calls.
 */
#ifndef ENGINE_PLACE_H
#define ENGINE_PLACE_H

#include "core/context.h"
#include "core/secret.h"
#include "guest/guest.h"
#include "volume/process.h"
#include "volume/volume.h"

struct place {
	const struct place_ops *ops;
	struct context *ctx;
};

struct place_ops {
	/* The block device (malloc'ed) of @d, a disk or a partition; of an array if
	 * @array is given, which is the array's own.
	 */
	int (*show)(struct place *p, const struct device *d, const char *array,
		    char **ret, struct cvt_error *err);

	/* No more: what it is shown of can be closed. */
	void (*hide)(struct place *p, const char *path);

	/* As process_run(), without udev, in English, and without the settings of the
	 * place for LVM.  It can be cancelled where @clean_up is false.
	 */
	int (*run)(struct place *p, bool clean_up, const char *const argv[],
		   struct bytes *out, struct said *said, struct cvt_error *err);

	/* cryptsetup(8) open @path as /dev/mapper/@name with the first @len bytes of
	 * @key: 0, 1 if it is not the key, or a negative errno.
	 */
	int (*unlock)(struct place *p, const char *path, const char *name,
		      const struct secret *key, size_t len, struct cvt_error *err);

	/* Up to @size bytes of a block device; fewer at its end. */
	int (*read)(struct place *p, const char *path, uint64_t offset, size_t size,
		    struct bytes *ret, struct cvt_error *err);

	/* Is @driver in /proc/devices, perhaps after @module was loaded? */
	bool (*has_driver)(struct place *p, const char *driver, const char *module);

	/* A setting of the kernel, as "/sys/block/md127/md/sync_action"; a negative errno
	 * if it is not there.
	 */
	int (*set)(struct place *p, const char *file, const char *value);

	/* Size, superblock and, of an array, partitions of @g's device @index. */
	int (*probe)(struct place *p, const char *path, struct guest *g, size_t index,
		     struct cvt_error *err);
	int (*probe_partitions)(struct place *p, const char *path, struct guest *g,
				size_t index, struct cvt_error *err);

	/*
	 * What survives us must go by itself.  Keep @path open until let_go(), and
	 * have the kernel remove the mapping @name once nobody has it open any
	 * more.  All NULL: nothing outlives the place.
	 */
	int (*hold)(struct place *p, const char *path);
	int (*remove_later)(struct place *p, const char *name);
	void (*let_go)(struct place *p);

	uint64_t (*memory_mib)(struct place *p); /* that a program can have; 0: unknown */
	void (*close)(struct place *p);
};

/* What this kernel is asked to do, over the views of @v. */
int place_kernel(struct context *ctx, struct volumes *v, struct place **ret,
		 struct cvt_error *err);

#endif
