/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Aliases of modprobe.conf(5) that name the driver of a card or adapter: "alias eth0 pcnet32",
 * "alias scsi_hostadapter1 mptspi".
 */
#ifndef FORMAT_MODPROBE_H
#define FORMAT_MODPROBE_H

#include "core/bytes.h"
#include "core/names.h"

struct modprobe_wish {
	const char *alias;   /* "eth": with any number behind it, or none */
	struct names old;    /* drivers that give way; '_' for '-' in all of these */
	struct names wanted; /* and those that come instead; none: nothing changes */
	bool wants_all;	     /* each of them, and not only the first */
};

/* Old drivers in such aliases are replaced by wanted ones that no alias has yet, or by the first if
 * one is enough; if all are wanted, those old ones that are left become comments, and what is
 * missing is added.  Where there is no such alias nothing is added.  0 or -ENOMEM.
 */
int modprobe_edit_aliases(const char *text, const struct modprobe_wish *w,
			  struct bytes *ret);

#endif
