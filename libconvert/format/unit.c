/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/unit.h"

#define BLANKS " \t\r\n"

static bool is_comment(const char *line)
{
	return *line == '#' || *line == ';';
}

/* The end of the line at @s: its newline, or the NUL. */
static const char *line_end(const char *s)
{
	return strchrnul(s, '\n');
}

static bool is_continued(const char *s, const char *end)
{
	if (end > s && end[-1] == '\r')
		end--;
	return end > s && end[-1] == '\\';
}

/* The end of the assignment at @s, which goes on behind a backslash and over comments. */
static const char *assignment_end(const char *s)
{
	const char *end = line_end(s);

	while (*end && is_continued(s, end)) {
		do {
			s = end + 1;
			end = line_end(s);
		} while (*end && is_comment(s + strspn(s, " \t")));
	}
	return end;
}

static bool is_section(const char *s, const char *end, const char *section)
{
	const size_t n = strlen(section);

	return (size_t)(end - s) >= n + 2 && strncmp(s + 1, section, n) == 0 &&
	       s[n + 1] == ']';
}

/* The value, if the line at @s assigns to @key. */
static const char *find_value(const char *s, const char *key)
{
	const size_t n = strlen(key);

	if (strncmp(s, key, n) != 0)
		return NULL;
	s += n;
	s += strspn(s, " \t");
	return *s == '=' ? s + 1 + strspn(s + 1, " \t") : NULL;
}

/* The last one in force; an empty assignment takes back those before it. */
static const char *find(const char *text, const char *section, const char *key,
			size_t *len)
{
	const char *found = NULL, *end;
	bool inside = false;

	for (const char *s = text; *s; s = *end ? end + 1 : end) {
		const char *value;

		s += strspn(s, " \t");
		end = is_comment(s) ? line_end(s) : assignment_end(s);
		if (*s == '[')
			inside = is_section(s, end, section);
		value = inside ? find_value(s, key) : NULL;
		if (!value)
			continue;
		*len = value < end ? (size_t)(end - value) : 0;
		while (*len > 0 && strchr(BLANKS, value[*len - 1]))
			--*len;
		found = *len > 0 ? value : NULL;
	}
	return found;
}

int unit_get(const char *text, const char *section, const char *key, char **ret)
{
	size_t len;
	const char *value = find(text, section, key, &len);
	char *copy;

	if (!value)
		return 0;
	copy = strndup(value, len);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 1;
}

int unit_set(const char *text, const char *section, const char *key, const char *value,
	     struct bytes *ret)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	size_t len;
	const char *old = find(text, section, key, &len);

	if (strpbrk(value, "\r\n"))
		return -EINVAL;
	if (!old)
		return -ENOENT;
	if (bytes_append(&out, text, (size_t)(old - text)) < 0 ||
	    bytes_append(&out, value, strlen(value)) < 0 ||
	    bytes_append(&out, old + len, strlen(old + len)) < 0)
		return -ENOMEM;
	bytes_clear(ret);
	*ret = bytes_take(&out);
	return 0;
}
