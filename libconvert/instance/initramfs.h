/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The initramfs of the conversion instance, made of programs, libraries and
 * modules of this host.  One is kept in the user's cache directory; its first
 * entry, "manifest", says what it was made of, so that it is made anew when one
 * of these files is another, or one that was missing is there.
 */
#ifndef INSTANCE_INITRAMFS_H
#define INSTANCE_INITRAMFS_H

#include "instance/contents.h"

/*
 * @ret: the archive's path, malloc'ed.  It is @name in the cache or, where that cannot be
 * used, in @work, whose owner removes it.
 */
int initramfs_get(struct context *ctx, const char *name,
		  const struct contents_options *options, const char *work, char **ret,
		  struct cvt_error *err);

/* Write the archive to the file @path, which does not exist. */
int initramfs_write(struct context *ctx, const struct contents_options *options,
		    const char *path, struct cvt_error *err);

#endif
