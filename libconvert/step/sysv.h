/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Init scripts of SysV: where the links are that start one, and what insserv knows of it. */
#ifndef STEP_SYSV_H
#define STEP_SYSV_H

#include "step/step.h"

#define SYSV_DEPENDENCIES "/etc/init.d/.depend.start" /* to be asked for */

/* SUSE up to 11 has the links below /etc/init.d, and its insserv keeps no others. */
bool sysv_is_suse(const struct guest *g);

/*
 * Where scripts start in parallel, startpar runs only what this file of insserv's knows, whatever
 * links there are: add @name behind all others.  The next insserv finds it by its links.
 */
int sysv_add_dependency(const struct guest *g, struct plan *p, const char *name,
			const struct why *why, struct cvt_error *err);

#endif
