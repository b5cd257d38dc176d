/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <string.h>

#include "format/hostname.h"
#include "format/lines.h"

#define NAME_SIZE_MAX 64 /* HOST_NAME_MAX */

bool hostname_is_valid(const char *name)
{
	const size_t n = strlen(name);

	if (n == 0 || n > NAME_SIZE_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		const bool is_edge =
			i == 0 || i == n - 1 || name[i - 1] == '.' || name[i + 1] == '.';
		const unsigned char c = (unsigned char)name[i];

		if (!(c < 0x80 && isalnum(c)) && (is_edge || (c != '-' && c != '.')))
			return false;
	}
	return true;
}

static int put(struct bytes *out, const char *from, const char *to)
{
	return bytes_append(out, from, (size_t)(to - from));
}

static int put_text(struct bytes *out, const char *text)
{
	return bytes_append(out, text, strlen(text));
}

static int finish(struct bytes *out, const char *from, const char *end, struct bytes *ret)
{
	if (put(out, from, end) < 0)
		return -ENOMEM;
	bytes_clear(ret);
	*ret = bytes_take(out);
	return 0;
}

int hostname_in_file(const char *text, size_t len, const char *name, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	struct lines l = { text, text + len };
	struct span line;

	while (lines_next(&l, &line)) {
		line = span_trim(line);
		if (line.len == 0 || *line.s == '#')
			continue;
		if (put(&out, text, line.s) < 0 || put_text(&out, name) < 0)
			return -ENOMEM;
		return finish(&out, line.s + line.len, text + len, ret);
	}
	if (put(&out, text, text + len) < 0 ||
	    (len > 0 && text[len - 1] != '\n' && put_text(&out, "\n") < 0) ||
	    put_text(&out, name) < 0 || put_text(&out, "\n") < 0)
		return -ENOMEM;
	return finish(&out, text, text, ret);
}

/* Where the value at @s ends: at its quote, or at a blank. */
static const char *value_end(const char *s, const char *end)
{
	const char *close;

	if (s < end && (*s == '"' || *s == '\'')) {
		close = memchr(s + 1, *s, (size_t)(end - s - 1));
		return close ? close + 1 : end;
	}
	while (s < end && *s != ' ' && *s != '\t' && *s != ';')
		s++;
	return s;
}

int hostname_in_shell(const char *text, size_t len, const char *key, const char *name,
		      struct bytes *ret)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	struct lines l = { text, text + len };
	const size_t n = strlen(key);
	const char *from = text;
	struct span line;

	while (lines_next(&l, &line)) {
		struct span s = span_trim(line);
		const char *value = s.s + n + 1, *end = s.s + s.len;
		char quote[2] = "";

		if (!span_starts(s, key) || s.len <= n || s.s[n] != '=')
			continue;
		if (value < end && (*value == '"' || *value == '\''))
			quote[0] = *value;
		if (put(&out, from, value) < 0 || put_text(&out, quote) < 0 ||
		    put_text(&out, name) < 0 || put_text(&out, quote) < 0)
			return -ENOMEM;
		from = value_end(value, end);
	}
	return finish(&out, from, text + len, ret);
}

/* ---- hosts ---- */

static bool is_own_address(struct span s)
{
	return span_starts(s, "127.") || (s.len == 3 && span_starts(s, "::1"));
}

/* The first label of a name. */
static struct span label(const char *name)
{
	return (struct span){ name, strcspn(name, ".") };
}

/* The new name for the old one at @word, into @out; 0 bytes: it is another name. */
static int put_renamed(struct bytes *out, struct span word, const char *old,
		       const char *name)
{
	const struct span was = label(old), is = label(name);
	const bool has_domain = word.len > was.len;

	if (span_equal(word, (struct span){ old, strlen(old) }))
		return put_text(out, name);
	if (word.len < was.len || memcmp(word.s, was.s, was.len) != 0 ||
	    (has_domain && word.s[was.len] != '.'))
		return 0;
	if (has_domain && name[is.len])
		return put_text(out, name);
	if (bytes_append(out, is.s, is.len) < 0)
		return -ENOMEM;
	return bytes_append(out, word.s + was.len, word.len - was.len);
}

/* The names of one line; *@from is what is not copied yet. */
static int rename_line(struct bytes *out, struct span rest, const char *old,
		       const char *name, const char **from)
{
	struct span word;

	for (word = span_word(&rest); word.len > 0 && *word.s != '#';
	     word = span_word(&rest)) {
		CLEANUP_BYTES struct bytes now = { 0 };

		if (put_renamed(&now, word, old, name) < 0)
			return -ENOMEM;
		if (now.len == 0)
			continue;
		if (put(out, *from, word.s) < 0 ||
		    bytes_append(out, now.data, now.len) < 0)
			return -ENOMEM;
		*from = word.s + word.len;
	}
	return 0;
}

int hostname_in_hosts(const char *text, size_t len, const char *old, const char *name,
		      struct bytes *ret)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	struct lines l = { text, text + len };
	const char *from = text;
	struct span line;

	/* That name is every machine's. */
	if (!*old || span_equal(label(old), label("localhost")))
		return finish(&out, text, text + len, ret);
	while (lines_next(&l, &line)) {
		struct span rest = span_trim(line);
		struct span address = span_word(&rest);

		if (is_own_address(address) &&
		    rename_line(&out, rest, old, name, &from) < 0)
			return -ENOMEM;
	}
	return finish(&out, from, text + len, ret);
}
