/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "report/printable.h"

/* The Unicode scalar value at @s and its length in bytes, by RFC 3629; 0: not UTF-8. */
static size_t decode(const unsigned char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc0 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf8 ? 4
				 : 0;
	uint32_t c = n == 1 ? s[0] : s[0] & (0x7fU >> n);

	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return n;
}

char *utf8_copy(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	char *out = calloc(strlen(s) + 1, strlen("\\xNN"));
	char *q = out;
	uint32_t c;

	while (out && *p) {
		size_t n = decode(p, &c);

		if (n > 0)
			q = mempcpy(q, p, n);
		else
			q += sprintf(q, "\\x%02x", *p);
		p += n > 0 ? n : 1;
	}
	return out;
}

/* C0 and C1 controls; line and paragraph separators; UAX #9 embeddings, overrides,
 * isolates and marks.
 */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x61c;
}

void put_printable(FILE *out, const char *utf8)
{
	const unsigned char *p = (const unsigned char *)utf8;

	while (*p) {
		uint32_t c = 0;
		size_t n = decode(p, &c);

		if (n == 0 || is_control(c))
			putc('?', out);
		else
			fwrite(p, 1, n, out);
		p += n > 0 ? n : 1;
	}
}
