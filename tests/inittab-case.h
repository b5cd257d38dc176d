/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wish that the corpus of inittab is edited by. */
#ifndef TESTS_INITTAB_CASE_H
#define TESTS_INITTAB_CASE_H

#include "format/inittab.h"

static inline int edit_inittab(const struct bytes *in, struct bytes *out)
{
	static const char *const gone[] = { "hvc0", "xvc0", NULL };
	static const struct inittab_wish w = { "ttyS0", "/sbin/agetty -L 115200", gone };

	return inittab_edit(in->data, &w, out);
}

#endif
