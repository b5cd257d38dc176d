/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of /etc/conf.d/net, for netifrc of Gentoo. */
#ifndef FORMAT_NETIFRC_H
#define FORMAT_NETIFRC_H

#include "format/nic.h"

int netifrc_read(const char *text, struct nics *ret, struct cvt_error *err);

/* @text with the pins and moves of @c carried out in *@ret (caller frees); every other byte is
 * kept.  A pin is in the name of a variable; -ENOTSUP: there is no name to release it to.
 */
int netifrc_rewrite(const char *text, const struct nic_change *c, char **ret,
		    struct cvt_error *err);

#endif
