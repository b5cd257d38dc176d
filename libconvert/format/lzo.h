/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The container of lzop(1), as far as the kernel reads it (Linux, lib/decompress_unlzo.c). */
#ifndef FORMAT_LZO_H
#define FORMAT_LZO_H

#include "format/decoder.h"

struct lzo;

struct lzo *lzo_new(void); /* NULL: no memory */
void lzo_free(struct lzo *z);

/* As decoder_run(), without a message. */
int lzo_run(struct lzo *z, struct decoder_io *io);

#endif
