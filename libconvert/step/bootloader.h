/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the step bootloader. */
#ifndef STEP_BOOTLOADER_H
#define STEP_BOOTLOADER_H

#include "step/kernel_args.h"
#include "step/step.h"

struct loader_job {
	const struct guest *g;
	const struct request *q;
	struct plan *p;
	struct cvt_error *err;
	const struct net_cards *cards;
};

/* @text with @e applied to every kernel command line in it: 0, -ENOMEM; -ENOSPC: there is no room
 * for it in the file.
 */
typedef int (*loader_edit_fn)(const char *text, size_t len, const struct cmdline_edits *e,
			      struct bytes *ret);

/* All rules of kernel_args.h for one file, which need not be text. */
int loader_apply_rules(const struct loader_job *j, const char *path, loader_edit_fn edit);

#define GRUB_DEFAULT_FILE "/etc/default/grub"
#define GRUB_DEFAULT_FILES "/etc/default/grub.d/*.cfg"

/* What grub-mkconfig reads. */
int grub_mkconfig_plan(const struct loader_job *j);

#endif
