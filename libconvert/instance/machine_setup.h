/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an ordinary system does before it starts programs, as far as a conversion needs it. */
#ifndef INSTANCE_MACHINE_SETUP_H
#define INSTANCE_MACHINE_SETUP_H

#include <time.h>

/* File systems, standard streams, environment. */
void machine_prepare(void);

/* Load the drivers of all devices, and of those that come with them, until nothing new has come
 * for a while, or @end.
 */
void machine_settle(const char *sys, time_t end);

#endif
