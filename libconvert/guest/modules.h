/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The modules of one kernel, from the text files that depmod(8) writes.
 *
 * libkmod would read the binary indexes beside them; it follows the offsets in
 * them without a bound (kmod 30: one changed root offset in modules.dep.bin is
 * a segmentation fault), and they are the guest's.
 */
#ifndef GUEST_MODULES_H
#define GUEST_MODULES_H

#include "core/error.h"
#include "guest/guest.h"

#define MODULES_INDEX_MAX \
	((size_t)16 << 20) /* bytes; a distribution's largest has 2 MiB */

/*
 * Fill @k from modules.dep, modules.builtin; @k->version is set.  Lines that
 * make no sense are left out.  -EFBIG: more modules or dependencies than any
 * kernel has.  The modules come out sorted by name.
 */
int modules_parse_dep(struct kernel *k, const struct bytes *text, struct cvt_error *err);
int modules_parse_builtin(struct kernel *k, const struct bytes *text,
			  struct cvt_error *err);

/* Add the softdep lines of modules.softdep or a file of modprobe.d(5), pre and post. */
int modules_parse_softdep(struct kernel *k, const struct bytes *text,
			  struct cvt_error *err);

/* A softdep may name an alias ("crypto-crc32c"): add the modules that have it as a whole,
 * from modules.alias.  After the others.
 */
int modules_parse_alias(struct kernel *k, const struct bytes *text,
			struct cvt_error *err);

/* The loadable modules among @wanted, and whatever they need, sorted, to @ret. */
int modules_closure(const struct kernel *k, const struct names *wanted, struct names *ret,
		    struct cvt_error *err);

/* Is the index file @name of @k what udev and modprobe in an initramfs read? */
bool modules_wants_index(const struct kernel *k, const char *name);
bool modules_may_want_index(const char *name); /* of some kernel */

#endif
