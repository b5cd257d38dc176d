/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xorg.conf(5), as far as it says which driver has the screen: sections, and a line for each
 * keyword, which may be written in any case, with '_' where one likes.
 */
#ifndef FORMAT_XORG_H
#define FORMAT_XORG_H

#include "core/bytes.h"

/* In sections "Device" whose Driver is one of @old (ends with NULL) let it be @driver, and
 * comment out the BusID, which is the old card's.  0 or -ENOMEM.
 */
int xorg_set_driver(const char *text, const char *const *old, const char *driver,
		    struct bytes *ret);

#endif
