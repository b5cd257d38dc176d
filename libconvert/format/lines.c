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

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
	while (s.len > 0 && is_blank(*s.s)) {
		s.s++;
		s.len--;
	}
	while (s.len > 0 && is_blank(s.s[s.len - 1]))
		s.len--;
	return s;
}

struct span span_word(struct span *rest)
{
	struct span word;

	*rest = span_trim(*rest);
	word = (struct span){ rest->s, 0 };
	while (word.len < rest->len && !is_blank(word.s[word.len]))
		word.len++;
	rest->s += word.len;
	rest->len -= word.len;
	*rest = span_trim(*rest);
	return word;
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
