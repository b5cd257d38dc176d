/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of /etc/mactab for nameif(8), "eth0 MAC", and of iftab(5) for ifrename, "eth0 mac MAC". */
#ifndef FORMAT_MACTAB_H
#define FORMAT_MACTAB_H

#include "format/nic.h"

int mactab_read(const char *text, struct nics *ret, struct cvt_error *err);

/* @text with the pins of @c carried out in *@ret (caller frees): a line that is released goes,
 * every other byte is kept.
 */
int mactab_rewrite(const char *text, const struct nic_change *c, char **ret,
		   struct cvt_error *err);

#endif
