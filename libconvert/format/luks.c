/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "format/luks.h"

static const char magic[6] = "LUKS\xba\xbe";

static unsigned version(const unsigned char *p)
{
	return memcmp(p, magic, sizeof(magic)) == 0 ? (unsigned)p[6] << 8 | p[7] : 0;
}

size_t luks_size(const void *head)
{
	const unsigned char *p = head;
	uint64_t size;

	if (version(p) == 1)
		return LUKS_HEAD;
	if (version(p) != 2)
		return 0;
	memcpy(&size, p + 8, sizeof(size));
	size = be64toh(size);
	return size > LUKS_HEAD && size <= LUKS_MAX ? (size_t)size : 0;
}

static uint64_t most_memory(const json_t *keyslots)
{
	uint64_t most = 0;
	const char *name;
	json_t *slot;

	json_object_foreach((json_t *)keyslots, name, slot)
	{
		const json_t *kdf = json_object_get(slot, "kdf");
		json_int_t memory = json_integer_value(json_object_get(kdf, "memory"));

		if (memory > 0 && (uint64_t)memory > most)
			most = (uint64_t)memory;
	}
	return most;
}

static void list_tokens(const json_t *tokens, char *out, size_t size)
{
	const char *name, *type;
	size_t used = 0;
	json_t *token;

	json_object_foreach((json_t *)tokens, name, token)
	{
		type = json_string_value(json_object_get(token, "type"));
		if (!type || used + strlen(type) + 3 > size)
			continue;
		used += (size_t)snprintf(out + used, size - used, "%s%s",
					 used ? ", " : "", type);
	}
}

int luks_parse(const void *data, size_t len, struct luks *ret)
{
	const char *text = (const char *)data + LUKS_HEAD;
	struct luks l = { 0 };
	json_t *root;

	if (len < LUKS_HEAD || luks_size(data) != len)
		return -EINVAL;
	l.version = version(data);
	if (l.version == 1) {
		*ret = l;
		return 0;
	}
	root = json_loadb(text, strnlen(text, len - LUKS_HEAD), 0, NULL);
	if (!root)
		return -EINVAL;
	l.memory_kib = most_memory(json_object_get(root, "keyslots"));
	list_tokens(json_object_get(root, "tokens"), l.tokens, sizeof(l.tokens));
	json_decref(root);
	*ret = l;
	return 0;
}
