/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images of the Linux kernel, as loaders start them. */
#ifndef FORMAT_KERNEL_IMAGE_H
#define FORMAT_KERNEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that these functions want, fewer if there are no more. */
#define KERNEL_IMAGE_HEAD 65552

/*
 * Is it a kernel, and how long does its header say that the file is at least?  0 in *@needs
 * where it does not say.  bzImage (Linux, Documentation/arch/x86/boot.rst), the Image of arm64
 * (Documentation/arch/arm64/booting.rst) and of riscv (arch/riscv/boot-image-header.rst), EFI
 * zboot, ELF, the zImage of 32-bit Arm, U-Boot's uImage, the image of s390x (arch/s390/boot), and
 * a compressed Image.
 */
bool kernel_image_needs(const void *head, size_t len, uint64_t *needs);

/* What uname -r will say, to *@ret (malloc'ed), which is NULL where the head does not say: only
 * that of a bzImage does.  0 or -ENOMEM.
 */
int kernel_image_release(const void *head, size_t len, char **ret);

#endif
