/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of ifcfg-NAME: shell assignments, of initscripts, NetworkManager and wicked. */
#ifndef FORMAT_IFCFG_H
#define FORMAT_IFCFG_H

#include "format/nic.h"

/* The interface of the file whose name is "ifcfg-@suffix". */
int ifcfg_read(const char *text, const char *suffix, struct nics *ret,
	       struct cvt_error *err);

/* @text with @c carried out in *@ret (caller frees); every other byte is kept. */
int ifcfg_rewrite(const char *text, const struct nic_change *c, char **ret,
		  struct cvt_error *err);

/* The same for what holds for all interfaces, when one becomes dynamic: no router and no
 * name server is given there.
 */
int ifcfg_rewrite_global(const char *text, char **ret, struct cvt_error *err);

#endif
