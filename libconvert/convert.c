/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public entry points.  The three calls at the end are the table of contents. */
#include <config.h>

#include "libconvert.h"

const char *cvt_version(void)
{
	return PACKAGE_VERSION;
}
