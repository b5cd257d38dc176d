/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of words in a shell variable: NAME="a b", NAME='a b', NAME=(a b), NAME=a. */
#ifndef FORMAT_WORD_LIST_H
#define FORMAT_WORD_LIST_H

#include "core/bytes.h"
#include "core/names.h"

/*
 * Add to the last list @name of @text, each on a line of its own, those of @words that it has
 * not ('-' and '_' are one); the rest of the text stays.  0; -ENOENT: there is no such list, or
 * it goes on over several lines or is put together by the shell; -ENOMEM.
 */
int word_list_add(const char *text, const char *name, const struct names *words,
		  struct bytes *ret);

#endif
