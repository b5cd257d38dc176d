/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * zipl.conf of s390x: "[section]" for each image, ":menu" for lists of them.  The
 * loader does not read it, but the map that `zipl` made of it.  See zipl.conf(5).
 */
#ifndef FORMAT_ZIPL_H
#define FORMAT_ZIPL_H

#include "format/menu.h"

int zipl_entries(const char *text, size_t len, struct menu *ret); /* 0 or -ENOMEM */

/* Apply @e to every parameters=; e->no_initrd is set for sections without ramdisk=. */
int zipl_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
		       struct bytes *ret);

/* Let the section @name be the default, in the default menu if there is one. */
int zipl_set_default(const char *text, size_t len, const char *name, struct bytes *ret);

#endif
