/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an initramfs without udev is told to load: a file in it, which an
 * archive behind it can replace.
 */
#ifndef FORMAT_INITRD_SCRIPT_H
#define FORMAT_INITRD_SCRIPT_H

#include <stdbool.h>

#include "core/names.h"
#include "core/bytes.h"

/* The member of the archive that says it; NULL: @generator is not known to have one. */
const char *initrd_script_member(const char *generator);

/* Is it a program, to be started? */
bool initrd_script_is_program(const char *generator);

/*
 * @text so that the modules @files ("/lib/modules/6.1/kernel/nvme.ko") are loaded too, in this
 * order, behind those that it loads already.  0; -ENOENT: no place for them was found; -ENOMEM.
 */
int initrd_script_add(const char *generator, const char *text, const struct names *files,
		      struct bytes *ret);

#endif
