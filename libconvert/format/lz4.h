/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The LZ4 block format (lz4 doc/lz4_Block_format.md), as the chunks of the legacy frame
 * hold it that the kernel reads.
 */
#ifndef FORMAT_LZ4_H
#define FORMAT_LZ4_H

#include <stddef.h>
#include <stdint.h>

#define LZ4_CHUNK ((size_t)8 << 20)		     /* of a legacy frame, decoded */
#define LZ4_BOUND (LZ4_CHUNK + LZ4_CHUNK / 255 + 16) /* the same, encoded */

/* Decode one block; *n_out is the room at first, then what was decoded.  -EBADMSG. */
int lz4_decode(const uint8_t *in, size_t n_in, uint8_t *out, size_t *n_out);

#endif
