/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The image of GRUB 2 that UEFI firmware starts, as grub-mkimage(1) makes it. */
#ifndef FORMAT_GRUB_IMAGE_H
#define FORMAT_GRUB_IMAGE_H

#include "core/bytes.h"

#define GRUB_PREFIX_SIZE 64 /* bytes, with NUL; longer ones are not known */

/* The directory on the ESP in which @image looks for its grub.cfg ("/EFI/debian"), to
 * @prefix; "" where it looks beside itself, is told by a configuration of its own,
 * or names what no directory of an ESP can be.
 * -EINVAL: it is no such image.
 */
int grub_image_prefix(const struct bytes *image, char prefix[GRUB_PREFIX_SIZE]);

#endif
