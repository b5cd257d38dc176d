/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * extlinux.conf and syslinux.cfg, which U-Boot reads too.  As Syslinux
 * takes it (com32/menu/readconfig.c).
 */
#ifndef FORMAT_EXTLINUX_H
#define FORMAT_EXTLINUX_H

#include "format/menu.h"

#define EXTLINUX_INCLUDES_MAX 16

/* A configuration, which may be in several files. */
struct extlinux {
	struct menu menu;
	size_t *files; /* the file of each entry, counted in the order of reading */
	struct names includes; /* INCLUDE and MENU INCLUDE: paths as written, in order */
	/* private */
	size_t n_files;
	char *append;	 /* of all labels without one */
	char *def;	 /* DEFAULT: a label, the menu's own program, or a command */
	char *ontimeout; /* starts by itself, if there is a time-out */
	bool has_timeout;
	size_t menu_default; /* the entry with MENU DEFAULT; SIZE_MAX: none */
};

/* Add what one file says, the first one first; 0 or -ENOMEM. */
int extlinux_read(struct extlinux *x, const char *text, size_t len);

/* When all is read: what is inherited, and the default.  0 or -ENOMEM. */
int extlinux_finish(struct extlinux *x);

void extlinux_clear(struct extlinux *x);
#define CLEANUP_EXTLINUX CLEANUP(extlinux_clear)

/* Apply @e to every APPEND, and to what DEFAULT has behind a name.  e->no_initrd is set for
 * labels without initrd.  0, -ENOMEM, or what e->map returned.
 */
int extlinux_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			   struct bytes *ret);

/* Let the label @name be what starts by itself; nothing, if this file has none of that name and
 * includes no other.
 */
int extlinux_set_default(const char *text, size_t len, const char *name,
			 struct bytes *ret);

#endif
