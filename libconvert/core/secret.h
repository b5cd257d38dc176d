/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of encrypted devices: read late, kept out of swap and core dumps, wiped. */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <stddef.h>

#include "core/error.h"

#define SECRET_MAX ((size_t)32 << 10) /* bytes; fits into a pipe */

/* Where a key comes from, and what for; plain data, without the key. */
struct key_source {
	char *id;   /* name or UUID of a device, or "all" */
	char *file; /* NULL: it is read from @fd */
	int fd;
};

struct secret {
	char *data; /* NULL: none */
	size_t len;
};

/* "ID:file:PATH" or "ID:fd:N"; ERR_USAGE.  The caller clears @ret also on failure. */
int key_source_parse(const char *selector, struct key_source *ret, struct cvt_error *err);
void key_source_clear(struct key_source *s);

/* The bytes of the file or fd, all of them; ERR_KEY. */
int secret_read(const struct key_source *s, struct secret *ret, struct cvt_error *err);

/* The read end of a pipe that holds the first @len bytes and ends; or a negative errno. */
int secret_pipe(const struct secret *s, size_t len);

void secret_clear(struct secret *s);

#endif
