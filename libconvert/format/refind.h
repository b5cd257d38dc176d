/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * rEFInd: refind.conf on the EFI system partition, whose entries name a kernel, and
 * refind_linux.conf beside kernels that it finds by itself: a line for each choice of
 * arguments, the first one the default.
 */
#ifndef FORMAT_REFIND_H
#define FORMAT_REFIND_H

#include "format/menu.h"

/* menuentry "TITLE" { loader …; initrd …; options "…" }; submenus are not read. */
int refind_entries(const char *text, size_t len, struct menu *ret);
int refind_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			 struct bytes *ret);

/* "TITLE" "ARGUMENTS"; no entry has a kernel. */
int refind_linux_entries(const char *text, size_t len, struct menu *ret);
int refind_linux_edit_cmdlines(const char *text, size_t len,
			       const struct cmdline_edits *e, struct bytes *ret);

#endif
