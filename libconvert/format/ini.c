/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "format/ini.h"
#include "format/nic.h"

struct ini ini_start(const char *text, bool joins)
{
	return (struct ini){ .text = text, .joins = joins };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(const char *text, size_t *at, size_t *end)
{
	while (*at < *end && is_blank(text[*at]))
		++*at;
	while (*end > *at && is_blank(text[*end - 1]))
		--*end;
}

/* [@at, @end) is a line without blanks around. */
static bool parse(struct ini *i, size_t at, size_t end)
{
	const char *equals;
	size_t key_end;

	if (i->text[at] == '[' && i->text[end - 1] == ']') {
		i->section = at + 1;
		i->section_len = end - at - 2;
		i->section_at = i->at;
		i->key_len = 0;
		return true;
	}
	equals = memchr(i->text + at, '=', end - at);
	if (!equals || i->text + at == equals)
		return false;
	i->key = at;
	key_end = (size_t)(equals - i->text);
	i->value = key_end + 1;
	trim(i->text, &i->key, &key_end);
	trim(i->text, &i->value, &end);
	i->key_len = key_end - i->key;
	i->value_len = end - i->value;
	return true;
}

bool ini_next(struct ini *i)
{
	while (i->text[i->next]) {
		size_t at = i->at = i->next, end = line_end(i->text, at, &i->next),
		       last = at;

		trim(i->text, &at, &end);
		if (at == end || i->text[at] == '#' || i->text[at] == ';')
			continue;
		/* A comment between joined lines is not part of the value, but goes with
		 * it. */
		while (i->joins && i->text[end - 1] == '\\' && i->text[i->next] &&
		       end > last) {
			last = i->next;
			end = line_end(i->text, last, &i->next);
			while (end > last && is_blank(i->text[end - 1]))
				end--;
		}
		while (end > at && is_blank(i->text[end - 1]))
			end--;
		if (parse(i, at, end))
			return true;
	}
	return false;
}

bool ini_is(const struct ini *i, const char *section, const char *key)
{
	return i->key_len > 0 && word_is(i->text + i->section, i->section_len, section) &&
	       (!key || word_is(i->text + i->key, i->key_len, key));
}

bool ini_value_is(const struct ini *i, const char *value)
{
	return word_is(i->text + i->value, i->value_len, value);
}

int ini_remove(const struct ini *i, struct splices *out)
{
	return splice_drop(out, i->at, i->next - i->at);
}

int ini_set(const struct ini *i, const char *value, struct splices *out)
{
	return splice_add(out, i->value, i->value_len, "%s", value);
}

int ini_follow(const struct ini *i, const struct nic_change *c, struct splices *out)
{
	char mac[NIC_MAC_SIZE];
	const struct nic_move *move = NULL;

	if (nic_set_mac(mac, i->text + i->value, i->value_len))
		move = nic_find_move(c, "", mac);
	return move ? ini_set(i, move->to, out) : 0;
}

int ini_replace(const struct ini *i, const char *line, struct splices *out)
{
	return splice_add(out, i->key, i->value + i->value_len - i->key, "%s", line);
}
