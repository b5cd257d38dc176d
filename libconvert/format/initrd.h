/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The initramfs of a kernel: archives behind one another, each plain or
 * compressed by itself, zeros between them; a later file replaces an earlier
 * one (Documentation/driver-api/early-userspace/buffer-format.rst).  So drivers
 * are added by one more archive at the end.
 */
#ifndef FORMAT_INITRD_H
#define FORMAT_INITRD_H

#include "format/cpio.h"

struct initrd_source {
	/* Up to @max bytes from @offset; fewer only at the end.  -errno with @err. */
	int (*read)(void *data, uint64_t offset, size_t max, struct bytes *ret,
		    struct cvt_error *err);
	void *data;
};

/*
 * Call @fn for every entry of every archive, in order, to the end, and @body, unless it is
 * NULL, for what is in them.  A few MiB
 * of memory for any size.  What @fn returns below 0 ends it and is returned.
 *
 * -EBADMSG: neither we nor the kernel can read it to its end; -EFBIG: more
 * than 2 GiB or a million entries; -EOPNOTSUPP: the kernel reads it, we do not
 * (an xz or zstd window above 64 or 128 MiB); or the errno of the source.
 */
int initrd_list(const struct initrd_source *src, cpio_entry_fn fn, cpio_body_fn body,
		void *data, struct cvt_error *err);

/* The same for nothing but an archive of ours, found by its mark: what can still be told
 * when initrd_list() gives -EOPNOTSUPP.  0 also if there is none.
 */
int initrd_list_ours(const struct initrd_source *src, cpio_entry_fn fn, void *data,
		     struct cvt_error *err);

/* What to append to an initramfs of @size bytes so that it holds @c too: the same bytes
 * for the same input.
 */
int initrd_pack(uint64_t size, struct cpio *c, struct bytes *ret, struct cvt_error *err);

#endif
