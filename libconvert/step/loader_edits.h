/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of loaders other than GRUB 2 and those with entries of BLS. */
#ifndef STEP_LOADER_EDITS_H
#define STEP_LOADER_EDITS_H

#include "step/bootloader.h"

int edit_grub_legacy(const struct loader_job *j, const char *path, const char *text,
		     const struct cmdline_edits *e, struct bytes *ret);
int edit_extlinux(const struct loader_job *j, const char *path, const char *text,
		  const struct cmdline_edits *e, struct bytes *ret);
int edit_lilo(const struct loader_job *j, const char *path, const char *text,
	      const struct cmdline_edits *e, struct bytes *ret);
int edit_zipl(const struct loader_job *j, const char *path, const char *text,
	      const struct cmdline_edits *e, struct bytes *ret);
int edit_refind(const struct loader_job *j, const char *path, const char *text,
		const struct cmdline_edits *e, struct bytes *ret);
int edit_refind_linux(const struct loader_job *j, const char *path, const char *text,
		      const struct cmdline_edits *e, struct bytes *ret);
int edit_uboot(const struct loader_job *j, const char *path, const char *text,
	       const struct cmdline_edits *e, struct bytes *ret);

/* Shell variables from which update-extlinux, u-boot-update and YaST make menus. */
int edit_loader_vars(const struct loader_job *j, const char *path, const char *text,
		     const struct cmdline_edits *e, struct bytes *ret);

#define UBOOT_SCRIPT "/boot.scr"
#define DEVICE_MAP "/boot/grub/device.map"
#define DEVICE_MAP2 "/boot/grub2/device.map"

/* What is no edit of a text: images of scripts, lists of disks, and what to tell. */
int loader_edits_plan(const struct loader_job *j);

#endif
