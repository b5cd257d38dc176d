/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/options.h"

/* Length of the first option of @s.  A quote that is never closed is an ordinary byte. */
static size_t option_len(const char *s)
{
	const char *p = s;

	for (; *p && *p != ','; p++) {
		const char *closing = *p == '"' ? strchr(p + 1, '"') : NULL;

		p = closing ? closing : p;
	}
	return (size_t)(p - s);
}

static bool has(const char *options, const char *name, size_t len)
{
	for (const char *p = options; *p;) {
		size_t n = option_len(p);

		if (n >= len && strncmp(p, name, len) == 0 && (n == len || p[len] == '='))
			return true;
		p += n;
		if (*p == ',')
			p++;
	}
	return false;
}

bool options_has(const char *options, const char *name)
{
	return has(options, name, strlen(name));
}

char *options_with(const char *options, const char *option)
{
	char *out;

	if (has(options, option, strcspn(option, "=")))
		return strdup(options);
	if (asprintf(&out, "%s%s%s", options, options[0] ? "," : "", option) < 0)
		return NULL;
	return out;
}
