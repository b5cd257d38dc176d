/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of /etc/wicked/ifconfig/NAME.xml, wicked's own configuration. */
#ifndef FORMAT_WICKED_H
#define FORMAT_WICKED_H

#include "format/nic.h"

/* -EINVAL: it does not end as XML does; -ENOTSUP: it has a document type. */
int wicked_read(const char *text, struct nics *ret, struct cvt_error *err);

/* @text with the pins and moves of @c carried out in *@ret (caller frees); every other byte
 * is kept.  -ENOTSUP: a pin cannot be released, because nothing tells a name.
 */
int wicked_rewrite(const char *text, const struct nic_change *c, char **ret,
		   struct cvt_error *err);

#endif
