/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of lines and words, by position: spans of it, so that what is not changed stays. */
#ifndef FORMAT_LINES_H
#define FORMAT_LINES_H

#include "format/grub_script.h"

struct lines {
	const char *pos, *end;
};

/* The next line, without its end (LF or CRLF); false: there is none. */
bool lines_next(struct lines *l, struct span *ret);

/* Without blanks before and behind. */
struct span span_trim(struct span s);

/* Take the first word off @rest, and the blanks around it; empty: there is none. */
struct span span_word(struct span *rest);

/* The same where other characters are @blanks. */
struct span span_trim_of(struct span s, const char *blanks);
struct span span_word_of(struct span *rest, const char *blanks);

bool span_is_nocase(struct span s, const char *text); /* ASCII */
bool span_starts(struct span s, const char *prefix);
bool span_equal(struct span a, struct span b);

/* Copy @s in place of *@at; 0 or -ENOMEM. */
int span_copy(struct span s, char **at);

#endif
