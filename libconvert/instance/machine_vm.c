/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The convert-image of a machine of its own takes the disks that are attached to it: it reads no
 * descriptions, and does without libxml2, whose libraries are larger than all that it has else.
 */
#include <config.h>

#include "core/error.h"

#define TEXT "the convert-image of a conversion machine knows no descriptions of machines"

int cvt_add_machine(struct cvt *c, const char *file, struct cvt_error *err)
{
	(void)c;
	(void)file;
	return error_raise(err, ERR_USAGE, NULL, TEXT);
}

int cvt_describe(const char *report_json, const char *format, char **ret,
		 struct cvt_error *err)
{
	(void)report_json;
	(void)format;
	(void)ret;
	return error_raise(err, ERR_USAGE, NULL, TEXT);
}
