/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Option lists of fstab(5) and crypttab(5): words and word=value, separated by commas; a
 * comma within "…" separates nothing.
 */
#ifndef FORMAT_OPTIONS_H
#define FORMAT_OPTIONS_H

#include <stdbool.h>

/* Is @name there, with a value or without? */
bool options_has(const char *options, const char *name);

/* malloc'ed @options with "@option" ("name" or "name=value") at its end; a copy if the
 * name is there already.  NULL: no memory.
 */
char *options_with(const char *options, const char *option);

#endif
