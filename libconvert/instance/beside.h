/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs of libconvert's own that nobody calls by name. */
#ifndef INSTANCE_BESIDE_H
#define INSTANCE_BESIDE_H

#include "core/error.h"

/* Where @name is installed beside the library that we are in, or where it is built beside it. */
int find_beside(const char *name, char **ret, struct cvt_error *err);

#endif
