/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/default/grub and the files of /etc/default/grub.d: shell assignments
 * that grub-mkconfig reads.  Plain values are edited in their own quoting;
 * values with variables or commands, and NAME+=…, are kept and told.
 */
#ifndef FORMAT_GRUB_DEFAULT_H
#define FORMAT_GRUB_DEFAULT_H

#include "format/cmdline.h"

/* What the shell would have in @name after this text; *@value holds what the files before
 * it gave.  In a value that is not plain the variables stay as written.  0 or -ENOMEM.
 */
int grub_default_get(const char *text, size_t len, const char *name, struct bytes *value);

/* Whether there is a plain assignment to @name. */
bool grub_default_has(const char *text, size_t len, const char *name);

/*
 * Apply @e to the plain values of GRUB_CMDLINE_LINUX and GRUB_CMDLINE_LINUX_DEFAULT.
 * *@kept_line, unless NULL, is set to the line of the last assignment to them that is
 * not plain, 0: none.  0, -ENOMEM, or what e->map returned.
 */
int grub_default_edit(const char *text, size_t len, const struct cmdline_edits *e,
		      size_t *kept_line, struct bytes *ret);

/*
 * The same for variables of other loaders' tools: update-extlinux (Alpine), u-boot-update
 * and extlinux-update (Debian), YaST (/etc/sysconfig/bootloader).  What they hold of the root
 * gets only e->map; the arguments need no root= beside them.
 */
int loader_vars_edit(const char *text, size_t len, const struct cmdline_edits *e,
		     struct bytes *ret);

/* Apply @e to the last plain GRUB_CMDLINE_LINUX only; without one, a line is added that
 * extends what is there.
 */
int grub_default_extend(const char *text, size_t len, const struct cmdline_edits *e,
			struct bytes *ret);

/* The last plain assignment to @name gets @value; without one a line is added. */
int grub_default_set(const char *text, size_t len, const char *name, const char *value,
		     struct bytes *ret);

/* Let the next grub-mkconfig write UUIDs: GRUB_DISABLE_LINUX_UUID=true, and GRUB_DISABLE_UUID
 * (Red Hat, SUSE), which implies it, become false.  0 or -ENOMEM.
 */
int grub_default_allow_uuid(const char *text, size_t len, struct bytes *ret);

#endif
