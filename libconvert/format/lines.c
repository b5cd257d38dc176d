/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "format/lines.h"

bool lines_next(struct lines *l, struct span *ret)
{
	const char *nl;

	if (l->pos >= l->end)
		return false;
	nl = memchr(l->pos, '\n', (size_t)(l->end - l->pos));
	*ret = (struct span){ l->pos, (size_t)((nl ? nl : l->end) - l->pos) };
	l->pos = nl ? nl + 1 : l->end;
	if (ret->len > 0 && ret->s[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

static bool is_of(char c, const char *blanks)
{
	return c != '\0' && strchr(blanks, c);
}

struct span span_trim_of(struct span s, const char *blanks)
{
	while (s.len > 0 && is_of(*s.s, blanks)) {
		s.s++;
		s.len--;
	}
	while (s.len > 0 && is_of(s.s[s.len - 1], blanks))
		s.len--;
	return s;
}

struct span span_word_of(struct span *rest, const char *blanks)
{
	struct span word;

	*rest = span_trim_of(*rest, blanks);
	word = (struct span){ rest->s, 0 };
	while (word.len < rest->len && !is_of(word.s[word.len], blanks))
		word.len++;
	rest->s += word.len;
	rest->len -= word.len;
	*rest = span_trim_of(*rest, blanks);
	return word;
}

struct span span_trim(struct span s)
{
	return span_trim_of(s, " \t");
}

struct span span_word(struct span *rest)
{
	return span_word_of(rest, " \t");
}

bool span_is_nocase(struct span s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.s, text, s.len) == 0;
}

bool span_starts(struct span s, const char *prefix)
{
	return s.len >= strlen(prefix) && memcmp(s.s, prefix, strlen(prefix)) == 0;
}

bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

int span_copy(struct span s, char **at)
{
	char *fresh = strndup(s.s, s.len);

	if (!fresh)
		return -ENOMEM;
	free(*at);
	*at = fresh;
	return 0;
}
