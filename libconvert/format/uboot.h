/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What U-Boot runs or reads besides extlinux.conf: boot scripts, as text
 * (boot.cmd) or in an image with checksums (boot.scr, made by mkimage(1)), and
 * files of variables (uEnv.txt, armbianEnv.txt).
 */
#ifndef FORMAT_UBOOT_H
#define FORMAT_UBOOT_H

#include "format/menu.h"

/* The arguments that a script or a file of variables gives the kernel, as one entry without
 * kernel; no entry if it gives none.  0 or -ENOMEM.
 */
int uboot_entries(const char *text, size_t len, struct menu *ret);

/*
 * Apply @e to the values of bootargs and the like, and to root devices in variables of
 * their own (rootdev, mmcroot).  A script in an image gets new checksums; one that is
 * damaged or of several parts stays.  0, -ENOMEM, or what e->map returned.
 */
int uboot_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			struct bytes *ret);

/* Is it such an image, sound and of one part, so that it can be edited? */
bool uboot_is_image(const char *text, size_t len);

#endif
