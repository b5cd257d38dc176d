/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A step knows one subsystem of a guest and turns (guest, request) into edits.
 * It does no I/O: tests/check-layers.sh fails if a step can see engine/engine.h.
 *
 * It is asked twice.  want() names the files it has to see, knowing all facts
 * of the guest but its files; plan() then decides.
 */
#ifndef STEP_STEP_H
#define STEP_STEP_H

#include "guest/guest.h"
#include "plan/plan.h"
#include "target/request.h"

enum want_flags {
	WANT_FOLLOW =
		1 << 0, /* read through a final symbolic link; never for a file to edit */
	WANT_BINARY =
		1 << 1,	    /* may have NULs and be up to 64 MiB; else text up to 4 MiB */
	WANT_LINK = 1 << 2, /* a symbolic link is an answer: guest_file.link */
	WANT_RARE = 1 << 3, /* one of many names in one directory, few of which are there:
			     * it is listed once, if they are wanted one after the other
			     */
};

/* A file, or all that match: the last component may have *, ? and [] (fnmatch(3)).
 * What a pattern finds that is no regular file is noted and left out; a plain path that
 * is no regular file is an error, because the guest could not do without it.
 */
struct want {
	char *path;
	unsigned flags;
};

struct wants {
	struct want *v;
	size_t n;
};

int want_add(struct wants *w, const char *path, unsigned flags);
void wants_clear(struct wants *w);
#define CLEANUP_WANTS CLEANUP(wants_clear)

struct step {
	const char *name;
	int (*want)(const struct guest *g, const struct request *q, struct wants *w,
		    struct cvt_error *err);
	int (*plan)(const struct guest *g, const struct request *q, struct plan *p,
		    struct cvt_error *err);
};

extern const struct step step_hibernation;
extern const struct step step_crypttab;
extern const struct step step_fstab;
extern const struct step step_units;
extern const struct step step_lvm;
extern const struct step step_bootloader;
extern const struct step step_firmware;
extern const struct step step_uefi;
extern const struct step step_console;
extern const struct step step_kdump;
extern const struct step step_x11;
extern const struct step step_drivers;
extern const struct step step_initramfs;
extern const struct step step_network;
extern const struct step step_tools;
extern const struct step step_cloud_init;
extern const struct step step_identity;
extern const struct step step_firstboot;
extern const struct step step_labels; /* the last: it sees all edits */

/* Where the administrator's units are.  A link where the distribution makes all of them itself
 * (NixOS): then what it leads to must not be written to.  The pattern is for want_add(), with
 * WANT_LINK; that a directory is there is no error then.
 */
#define STEP_UNITS "/etc/systemd/system"
#define STEP_UNITS_LINK "/etc/systemd/syste[m]"
bool step_units_are_made(const struct guest *g);

extern const struct step *const steps[]; /* in order, NULL-terminated */

int steps_want(const struct guest *g, const struct request *q, struct wants *w,
	       struct cvt_error *err);
int steps_plan(const struct guest *g, const struct request *q, struct plan *p,
	       struct cvt_error *err);

#endif
