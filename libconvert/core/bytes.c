/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <string.h>

#include "core/bytes.h"

int bytes_append(struct bytes *b, const void *data, size_t len)
{
	if (len >= SIZE_MAX / 2 - b->len)
		return -ENOMEM;
	if (!b->data || b->len + len > b->room) {
		/* The first time to the byte, then twice as much: most texts are set once. */
		size_t room = b->data && 2 * b->len > b->len + len ? 2 * b->len : b->len + len;
		char *grown = realloc(b->data, room + 1);

		if (!grown)
			return -ENOMEM;
		b->data = grown;
		b->room = room;
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return 0;
}

int bytes_append_zeros(struct bytes *b, size_t len)
{
	static const char zeros[512];
	int r = 0;

	for (; len > 0 && r == 0; len -= len < sizeof(zeros) ? len : sizeof(zeros))
		r = bytes_append(b, zeros, len < sizeof(zeros) ? len : sizeof(zeros));
	return r;
}

int bytes_set(struct bytes *b, const void *data, size_t len)
{
	struct bytes fresh = { 0 };
	int r = bytes_append(&fresh, data, len);

	if (r < 0)
		return r;
	bytes_clear(b);
	*b = fresh;
	return 0;
}

bool bytes_equal(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

bool bytes_are_zero(const void *data, size_t len)
{
	const char *s = data;

	return len == 0 || (s[0] == 0 && memcmp(s, s + 1, len - 1) == 0);
}

bool bytes_has_nul(const struct bytes *b)
{
	return b->len > 0 && memchr(b->data, '\0', b->len) != NULL;
}

void bytes_clear(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

struct bytes bytes_take(struct bytes *b)
{
	struct bytes out = *b;

	*b = (struct bytes){ 0 };
	return out;
}

void bytes_sha256(const void *data, size_t len, char hex[SHA256_HEX])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, len, data);
	sha256_digest(&ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
