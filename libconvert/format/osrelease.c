/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/osrelease.h"

/* Remove quotes and backslashes as a shell would; @out holds strlen(@in) + 1 bytes. */
static void unquote(const char *in, size_t len, char *out)
{
	char quote = '\0';

	for (size_t i = 0; i < len; i++) {
		if (in[i] == '\\' && quote != '\'' && i + 1 < len)
			*out++ = in[++i];
		else if (quote ? in[i] == quote : in[i] == '"' || in[i] == '\'')
			quote = quote ? '\0' : in[i];
		else if (!quote && (in[i] == ' ' || in[i] == '\t' || in[i] == '\r'))
			break;
		else
			*out++ = in[i];
	}
	*out = '\0';
}

int osrelease_get(const char *text, const char *key, char **ret)
{
	size_t n = strlen(key), value_len = 0;
	const char *value = NULL;
	char *out;

	for (const char *line = text; *line; line += *line == '\n') {
		const char *end = line + strcspn(line, "\n");

		line += strspn(line, " \t");
		if (line < end && strncmp(line, key, n) == 0 && line[n] == '=') {
			value = line + n + 1;
			value_len = (size_t)(end - value);
		}
		line = end;
	}
	if (!value)
		return -ENOENT;
	out = malloc(value_len + 1);
	if (!out)
		return -ENOMEM;
	unquote(value, value_len, out);
	*ret = out;
	return 0;
}
