/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inittab(5) of SysV init and of BusyBox: "id:runlevels:action:process".  To BusyBox the id is
 * the terminal, and runlevels mean nothing; it has no line for "initdefault".
 */
#ifndef FORMAT_INITTAB_H
#define FORMAT_INITTAB_H

#include "core/bytes.h"

struct inittab_wish {
	const char *terminal; /* there is to be a login on it: "ttyS0"; NULL: on none */
	const char *getty;    /* that asks for it: "/sbin/agetty -L 115200" */
	const char *const *gone; /* terminals that are not there; ends with NULL */
};

/* Comment out what is started on a terminal of @w->gone, and add a line for @w->terminal if
 * nothing is started on it, or on the console, which it is.  0 or -ENOMEM.
 */
int inittab_edit(const char *text, const struct inittab_wish *w, struct bytes *ret);

#endif
