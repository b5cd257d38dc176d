/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* os-release(5): shell-like assignments, one to a line. */
#ifndef FORMAT_OSRELEASE_H
#define FORMAT_OSRELEASE_H

#include "core/error.h"

/* The value of @key, unquoted, into *@ret (caller frees); the last assignment wins, as in a
 * shell.  -ENOENT if it is not set.  Reads /etc/lsb-release and sysconfig files as well.
 */
int osrelease_get(const char *text, const char *key, char **ret);

#endif
