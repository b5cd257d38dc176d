/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Unified kernel images (UAPI.5): a PE image in which the kernel, its
 * initramfs and its command line are sections.
 */
#ifndef FORMAT_UKI_H
#define FORMAT_UKI_H

#include "core/bytes.h"

/*
 * @image with @content in its section @name.  A section that outgrows its place in memory goes
 * behind all others; none overlaps another, and everything else stays as it is.
 * 0; -ENOENT: there is no such section; -EINVAL: its headers are not those of an image that
 * firmware loads; -EFBIG: it would be larger than 2 GiB; -EPERM: it is signed; -ENOMEM.
 */
int uki_set(const struct bytes *image, const char *name, const struct bytes *content,
	    struct bytes *ret);

#endif
