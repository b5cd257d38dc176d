/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* systemd unit files (systemd.syntax(7)): the value of one key, found and replaced. */
#ifndef FORMAT_UNIT_H
#define FORMAT_UNIT_H

#include "core/bytes.h"

/*
 * The last value of @key in @section ("Mount"), malloc'ed, blanks around it removed.
 * A value that goes on in the next line is given with its backslashes and line breaks.
 * 1: found; 0: not there, or empty; -ENOMEM.
 */
int unit_get(const char *text, const char *section, const char *key, char **ret);

/* @text with that value replaced, all else unchanged.  -ENOENT if it is not there,
 * -EINVAL if @value has a line break, -ENOMEM.
 */
int unit_set(const char *text, const char *section, const char *key, const char *value,
	     struct bytes *ret);

#endif
