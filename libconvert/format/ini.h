/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of sections and keys: systemd.syntax(7) and GKeyFile, by position. */
#ifndef FORMAT_INI_H
#define FORMAT_INI_H

#include <stdbool.h>

#include "format/splice.h"

/* Where one "key=value" stands in a text, or one "[section]" (key_len is 0). */
struct ini {
	const char *text;
	bool joins;	 /* systemd: a backslash at the end joins lines */
	size_t at, next; /* the whole line, continuations and line end included */
	size_t section,
		section_len; /* name of the section it is in; 0: before the first */
	size_t section_at;   /* the line of that section */
	size_t key, key_len;
	size_t value, value_len; /* without blanks around; continuations as they stand */
};

/* Start before the first line of @text. */
struct ini ini_start(const char *text, bool joins);

/* Go to the next section or key; comments and lines that are neither are passed over. */
bool ini_next(struct ini *i);

/* It is a key of @section that is called @key; NULL: any. */
bool ini_is(const struct ini *i, const char *section, const char *key);
bool ini_value_is(const struct ini *i, const char *value);

/* Splices: drop the line, give the key another value, put a line in the place of it. */
int ini_remove(const struct ini *i, struct splices *out);
int ini_set(const struct ini *i, const char *value, struct splices *out);
struct nic_change;
/* Give it the new address, if its value is the old one of a card that gets another. */
int ini_follow(const struct ini *i, const struct nic_change *c, struct splices *out);
int ini_replace(const struct ini *i, const char *line, struct splices *out);

#endif
