/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a guest writes down its name.  Every other byte is kept; all return 0 or -ENOMEM. */
#ifndef FORMAT_HOSTNAME_H
#define FORMAT_HOSTNAME_H

#include <stdbool.h>

#include "core/bytes.h"

/* At most 64 bytes, as the kernel has it: letters, digits and '-' between dots. */
bool hostname_is_valid(const char *name);

/* hostname(5): the first line that is neither empty nor a comment; one is added if none is. */
int hostname_in_file(const char *text, size_t len, const char *name, struct bytes *ret);

/* Shell assignments, as of /etc/sysconfig/network: each to @key, in its own quotes. */
int hostname_in_shell(const char *text, size_t len, const char *key, const char *name,
		      struct bytes *ret);

/* hosts(5): @old, and @old with or without a domain, of the addresses of this machine itself
 * (127.x.x.x, ::1).  A domain stays unless @name has one.
 */
int hostname_in_hosts(const char *text, size_t len, const char *old, const char *name,
		      struct bytes *ret);

#endif
