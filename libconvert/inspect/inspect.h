/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Engine in, facts out; reads only.  The boot path decides what the guest is:
 * firmware, loader, its entries, root=, the root's fstab, and so on from
 * there.
 */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include "engine/engine.h"
#include "target/request.h"

/*
 * Fill @g but for its files.  @g->devices and @g->n_disks are there already,
 * as volumes_probe() left them.  The guest's file systems are left mounted
 * read-only.
 *
 * Errors: ERR_NO_OS, ERR_NO_ROOT, ERR_WINDOWS, ERR_HIBERNATED, and what the
 * engine says.
 */
struct inspect_options {
	const char *root_spec;	  /* overrides the boot path; NULL: does not */
	bool discard_hibernation; /* a saved state is no reason to stop */
	const struct request *request; /* whose accounts are looked up; NULL: none */
};

int inspect_guest(struct engine *e, const struct inspect_options *options,
		  struct guest *g, struct cvt_error *err);

/* Mount again what @g->mounts lists, after engine_umount(), to be written to. */
int inspect_mount_writable(struct engine *e, const struct guest *g,
			   struct cvt_error *err);

/* Parts of inspect_guest(). */

/* Which file system is the root, and by which loader's entry; nothing stays mounted.  Fills
 * the device and subvol of @root, and @g->subvolumes.
 */
int inspect_boot(struct engine *e, const char *root_spec, struct guest *g,
		 struct mount *root, struct cvt_error *err);

/* Is the state of a running guest saved in a swap device?  Nothing may be mounted before
 * that is known: the saved state knows what is in the file systems.
 */
int inspect_swap_devices(struct engine *e, struct guest *g, struct cvt_error *err);

/* The swap files that @fstab names. */
int inspect_swap_specs(const struct bytes *fstab, struct names *ret,
		       struct cvt_error *err);

/* The same for swap files, which only shows once the guest is mounted. */
int inspect_swap_files(struct engine *e, struct guest *g, struct cvt_error *err);

/* Which disk was which on the source machine, with the root mounted.  @root_spec: NULL if no
 * boot entry names it.
 */
int inspect_order(struct engine *e, size_t root, const char *root_spec, struct guest *g,
		  struct cvt_error *err);

/* Mount @root and what its fstab needs for a conversion; fills mounts, space and esp. */
int inspect_mounts(struct engine *e, const struct mount *root, struct guest *g,
		   struct cvt_error *err);

/* Distribution, host name, init system. */
int inspect_os(struct engine *e, struct guest *g, struct cvt_error *err);

/* Accounts that @q names. */
int inspect_accounts(struct engine *e, const struct request *q, struct guest *g,
		     struct cvt_error *err);

/* The partition table, if @q asks for firmware that cannot boot the disks. */
int inspect_table(struct engine *e, const struct request *q, struct guest *g,
		  struct cvt_error *err);

/* Which further files ifupdown reads. */
int inspect_network(struct engine *e, struct guest *g, struct cvt_error *err);

/* Add the names that the mounted root gives to arrays and encrypted devices to their links. */
int inspect_links(struct engine *e, struct guest *g, struct cvt_error *err);

#endif
