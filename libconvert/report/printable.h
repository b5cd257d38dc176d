/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text from a guest, made fit to be shown: it is bytes of any kind. */
#ifndef REPORT_PRINTABLE_H
#define REPORT_PRINTABLE_H

#include <stdio.h>

/* A copy of @s with each byte that is not part of valid UTF-8 as "\xNN"; NULL: no memory.
 */
char *utf8_copy(const char *s);

/* Write valid UTF-8 with '?' for all that could move a terminal's cursor or turn the
 * direction of writing.
 */
void put_printable(FILE *out, const char *utf8);

#endif
