/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/grubenv.h"

static const char signature[] = "# GRUB Environment Block\n";

static bool is_block(const struct bytes *b)
{
	return b->len >= sizeof(signature) - 1 &&
	       memcmp(b->data, signature, sizeof(signature) - 1) == 0;
}

/* Where the padding begins: behind the last byte that is no '#'. */
static size_t padding_start(const struct bytes *b)
{
	size_t at = b->len;

	while (at > sizeof(signature) - 1 && b->data[at - 1] == '#')
		at--;
	return at;
}

/* End of the line at @at: behind its newline, one that no backslash escapes; 0: it has none. */
static size_t line_end(const struct bytes *b, size_t at)
{
	while (at < b->len && b->data[at] != '\n')
		at += b->data[at] == '\\' ? 2 : 1;
	return at < b->len ? at + 1 : 0;
}

/* Find the line of @name: its start and end.  -ENOENT: there is none, and the lines end at
 * *@start; -EINVAL: the lines do not end where the padding begins.
 */
static int find_line(const struct bytes *b, const char *name, size_t *start, size_t *end)
{
	size_t n = strlen(name), used = padding_start(b);

	for (*start = sizeof(signature) - 1; *start < used; *start = *end) {
		*end = line_end(b, *start);
		if (*end == 0 || *end > used)
			return -EINVAL;
		if (*end - *start > n && memcmp(b->data + *start, name, n) == 0 &&
		    b->data[*start + n] == '=')
			return 0;
	}
	return -ENOENT;
}

int grubenv_get(const struct bytes *block, const char *name, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes value = { 0 };
	size_t start, end;
	int r = is_block(block) ? find_line(block, name, &start, &end) : -EINVAL;

	if (r < 0)
		return r;
	if (bytes_set(&value, block->data + start, end - start) < 0)
		return -ENOMEM;
	value.len = 0;
	for (size_t i = start + strlen(name) + 1; i < end && block->data[i] != '\n';
	     i++) {
		if (block->data[i] == '\\' && i + 1 < end)
			i++;
		value.data[value.len++] = block->data[i];
	}
	value.data[value.len] = '\0';
	bytes_clear(ret);
	*ret = bytes_take(&value);
	return 0;
}

/* "name=value\n", escaped. */
static int format_line(const char *name, const char *value, struct bytes *ret)
{
	int r = bytes_set(ret, name, strlen(name));

	if (r == 0)
		r = bytes_append(ret, "=", 1);
	for (const char *c = value; *c && r == 0; c++) {
		if (*c == '\\')
			r = bytes_append(ret, "\\", 1);
		if (r == 0)
			r = bytes_append(ret, c, 1);
	}
	return r < 0 ? r : bytes_append(ret, "\n", 1);
}

int grubenv_set(const struct bytes *block, const char *name, const char *value,
		struct bytes *ret)
{
	CLEANUP_BYTES struct bytes line = { 0 }, fresh = { 0 };
	size_t start, end, used;
	int r;

	if (!is_block(block) || strchr(value, '\n'))
		return -EINVAL;
	used = padding_start(block);
	r = find_line(block, name, &start, &end);
	if (r == -ENOENT)
		end = start;
	else if (r < 0)
		return r;
	if (format_line(name, value, &line) < 0 ||
	    bytes_set(&fresh, block->data, start) < 0 ||
	    bytes_append(&fresh, line.data, line.len) < 0 ||
	    (end < used && bytes_append(&fresh, block->data + end, used - end) < 0))
		return -ENOMEM;
	if (fresh.len > block->len)
		return -ENOSPC;
	used = fresh.len;
	if (bytes_append(&fresh, block->data, block->len - used) < 0)
		return -ENOMEM;
	memset(fresh.data + used, '#', fresh.len - used);
	bytes_clear(ret);
	*ret = bytes_take(&fresh);
	return 0;
}
