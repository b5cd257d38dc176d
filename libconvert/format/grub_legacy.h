/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GRUB 0.9x: menu.lst, which Red Hat calls grub.conf.  As GRUB 0.97
 * takes it.  Debian's update-grub keeps the arguments of
 * the entries that it will write in comments, "# kopt=…".
 */
#ifndef FORMAT_GRUB_LEGACY_H
#define FORMAT_GRUB_LEGACY_H

#include "format/menu.h"

/* @saved: what grub/default holds, for `default saved`; NULL: nothing.  0 or -ENOMEM. */
int grub_legacy_entries(const char *text, size_t len, const char *saved,
			struct menu *ret);

/*
 * Apply @e to the arguments of every kernel, and of the first module of a Xen
 * entry, and to Debian's "# kopt=", "# kopt_2_6=" and "# xenkopt=".
 * e->no_initrd is set for entries without initrd.  0, -ENOMEM, or what e->map returned.
 */
int grub_legacy_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			      struct bytes *ret);

/* Let the entry with number @index, from 0, be the one that starts by itself. */
int grub_legacy_set_default(const char *text, size_t len, size_t index,
			    struct bytes *ret);

#endif
