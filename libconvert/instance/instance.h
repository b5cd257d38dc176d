/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The transient conversion instance: a User Mode Linux kernel in a process of
 * its own, whose init converts the guest on the disks that it is given and
 * tells us over a serial line what it did.  Only what is written to the
 * overlays comes out of it.
 */
#ifndef INSTANCE_INSTANCE_H
#define INSTANCE_INSTANCE_H

#include "work.h"

/* What its kernel has to load, or to have built in; NULL ends. */
extern const char *const instance_modules[];

/* Is there what one is made of on this host?  @err says what is not. */
bool instance_is_available(struct cvt_error *err);

/*
 * As work_run() and work_report(), but in an instance: @volumes are exported as
 * sockets, and what was found and planned is in @report.
 */
int instance_run(struct cvt *c, enum mode mode, struct volumes *volumes,
		 const struct timespec *mtime, struct cvt_report *report,
		 struct cvt_error *err);

#endif
