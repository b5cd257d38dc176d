/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of netplan(5). */
#ifndef FORMAT_NETPLAN_H
#define FORMAT_NETPLAN_H

#include "format/nic.h"

/* The interfaces that @text configures; nic.id is the key. */
int netplan_read(const char *text, struct nics *ret, struct cvt_error *err);

/* @text with @c carried out in *@ret (caller frees); every other byte is kept.  -ENOTSUP
 * if an anchor or the layout is in the way.
 */
int netplan_rewrite(const char *text, const struct nic_change *c, char **ret,
		    struct cvt_error *err);

#endif
