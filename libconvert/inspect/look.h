/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One look into each file system, before it is known which is the root.  With btrfs it is one
 * into each subvolume that may be a root or a /boot: each is a place of its own.
 */
#ifndef INSPECT_LOOK_H
#define INSPECT_LOOK_H

#include "engine/engine.h"
#include "inspect/inspect_loader.h"

struct look {
	size_t device;		  /* index into guest.devices */
	uint64_t subvol;	  /* 0: no btrfs */
	bool is_root;		  /* it has the directories of a root file system */
	bool has_efi;		  /* it has loaders for UEFI */
	bool is_windows;	  /* it has Windows, or what starts it */
	struct loader_words boot; /* the default entry of its boot loader */
	char *wrapper;		  /* a grub.cfg on an ESP, which names another device */
	int code;		  /* why it could not be mounted, 0: it could */
	struct cvt_error err;
};

struct looks {
	struct look *v;
	size_t n;
};

/* Fills @g->subvolumes too.  Nothing stays mounted. */
int look_around(struct engine *e, struct guest *g, struct looks *ret,
		struct cvt_error *err);

/* Look into one more place, unless it was: its index in @looks, or a negative errno. */
int look_into(struct engine *e, struct guest *g, size_t device, uint64_t subvol,
	      struct looks *looks, struct cvt_error *err);

void looks_clear(struct looks *l);
#define CLEANUP_LOOKS CLEANUP(looks_clear)

#endif
