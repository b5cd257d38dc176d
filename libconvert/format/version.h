/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Order of versions (UAPI.10, "Version Format Specification"); that of RPM but for details. */
#ifndef FORMAT_VERSION_H
#define FORMAT_VERSION_H

/* <0, 0, >0 as @a is older than @b, the same, or newer. */
int version_compare(const char *a, const char *b);

#endif
