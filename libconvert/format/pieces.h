/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef FORMAT_PIECES_H
#define FORMAT_PIECES_H

#include <stdint.h>

#include "core/bytes.h"

/* Parts of a disk, as they are on it, or are to be. */
struct piece {
	uint64_t offset; /* bytes */
	struct bytes data;
};

struct pieces {
	struct piece *v;
	size_t n;
};

int pieces_add(struct pieces *p, uint64_t offset,
	       struct bytes *data); /* takes @data; -ENOMEM */
char *pieces_at(const struct pieces *p, uint64_t offset,
		size_t size);				     /* NULL: not known */
int pieces_copy(const struct pieces *p, struct pieces *ret); /* -ENOMEM */
void pieces_clear(struct pieces *p);
#define CLEANUP_PIECES CLEANUP(pieces_clear)

#endif
