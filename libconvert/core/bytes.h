/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A block of bytes that owns its memory.  data[len] is always NUL, so text can be read as
 * a string where has_nul is known to be false.
 */
#ifndef CORE_BYTES_H
#define CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/cleanup.h"

struct bytes {
	char *data; /* NULL only while empty and never set */
	size_t len;
	size_t room; /* bytes that data can hold before its NUL; 0: len */
};

int bytes_set(struct bytes *b, const void *data, size_t len);	 /* copies; -ENOMEM */
int bytes_append(struct bytes *b, const void *data, size_t len); /* copies; -ENOMEM */
int bytes_append_zeros(struct bytes *b, size_t len);		 /* -ENOMEM */
bool bytes_equal(const struct bytes *a, const struct bytes *b);
bool bytes_are_zero(const void *data, size_t len);
bool bytes_has_nul(const struct bytes *b);
void bytes_clear(struct bytes *b);
#define CLEANUP_BYTES CLEANUP(bytes_clear)

/* Move out of @b, leaving it empty. */
struct bytes bytes_take(struct bytes *b);

#define SHA256_HEX 65 /* with NUL */
void bytes_sha256(const void *data, size_t len, char hex[SHA256_HEX]);

#endif
