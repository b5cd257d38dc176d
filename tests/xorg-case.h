/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the corpus of xorg is edited by. */
#ifndef TESTS_XORG_CASE_H
#define TESTS_XORG_CASE_H

#include "format/xorg.h"

static inline int edit_xorg(const struct bytes *in, struct bytes *out)
{
	static const char *const old[] = { "vmware", "vboxvideo", NULL };

	return xorg_set_driver(in->data, old, "modesetting", out);
}

#endif
