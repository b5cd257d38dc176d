/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images of the Linux kernel, as loaders start them. */
#ifndef FORMAT_KERNEL_IMAGE_H
#define FORMAT_KERNEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERNEL_IMAGE_HEAD 4096 /* bytes that kernel_image_needs() wants, fewer if there are no more */

/*
 * Is it a kernel, and how long does its header say that the file is at least?  0 in *@needs
 * where it does not say.  bzImage (Linux, Documentation/arch/x86/boot.rst), the Image of arm64
 * (Documentation/arch/arm64/booting.rst), EFI zboot, ELF, and a compressed Image.
 */
bool kernel_image_needs(const void *head, size_t len, uint64_t *needs);

#endif
