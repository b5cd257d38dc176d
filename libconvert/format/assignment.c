/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>

#include "format/assignment.h"
#include "format/nic.h"

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The end of the shell word at @at: quotes may span lines, a backslash takes any byte. */
static size_t word_end(const char *text, size_t at)
{
	char quote = '\0';

	for (; text[at]; at++) {
		char c = text[at];

		if (c == '\\' && quote != '\'' && text[at + 1])
			at++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (isspace((unsigned char)c) || c == ';')
			break;
	}
	return at;
}

static void parse_value(const char *text, size_t at, struct assignment *a)
{
	size_t end = word_end(text, at), rest;
	char quote = text[at];

	a->raw = a->value = at;
	a->raw_len = a->value_len = end - at;
	if (a->raw_len >= 2 && (quote == '"' || quote == '\'') &&
	    text[end - 1] == quote) {
		a->value++;
		a->value_len -= 2;
	}
	rest = line_end(text, end, &a->next);
	while (end < rest && (text[end] == ' ' || text[end] == '\t'))
		end++;
	a->alone = end == rest || text[end] == '#';
	if (text[end] == ';')
		a->next = end + 1;
}

bool assignment_next(const char *text, size_t at, struct assignment *a)
{
	while (text[at]) {
		size_t n, next, end = line_end(text, at, &next);

		a->at = at;
		a->key = word_next(text, at, end, &n);
		if (word_is(text + a->key, n, "export"))
			a->key = word_next(text, a->key + n, end, &n);
		for (n = 0; is_name_char(text[a->key + n]);)
			n++;
		a->key_len = n;
		if (n > 0 && text[a->key + n] == '=') {
			parse_value(text, a->key + n + 1, a);
			a->alone = a->alone && (at == 0 || text[at - 1] == '\n');
			return true;
		}
		at = next;
	}
	return false;
}
