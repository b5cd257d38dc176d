/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of loaders other than GRUB 2 and those with entries of BLS. */
#ifndef STEP_LOADER_EDITS_H
#define STEP_LOADER_EDITS_H

#include "step/bootloader.h"

#define UBOOT_SCRIPT "/boot.scr"
#define DEVICE_MAP "/boot/grub/device.map"
#define DEVICE_MAP2 "/boot/grub2/device.map"

/* What is no edit of a text: images of scripts, lists of disks, and what to tell. */
int loader_edits_plan(const struct loader_job *j);

#endif
