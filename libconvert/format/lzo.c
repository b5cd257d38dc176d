/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <lzo/lzo1x.h>
#include <string.h>

#include "format/lzo.h"

#define BLOCK_MAX ((size_t)256 << 10) /* the kernel takes no larger ones */
#define BLOCK_HEAD 12 /* its two sizes, and a checksum that nobody checks */
#define HEADER_MAX 512
#define HAS_FILTER 0x800u
#define VERSION_0940 0x0940u /* since then the header has more in it */

enum part {
	IN_VERSION,
	IN_FLAGS,
	IN_TIME,
	IN_NAME,
	IN_BLOCK_HEAD,
	IN_BLOCK
};

struct lzo {
	enum part part;
	uint8_t head[HEADER_MAX];
	size_t have, want; /* of head, or of in */
	bool is_new;	   /* the header has what version 0.940 added */
	uint8_t in[BLOCK_MAX], out[BLOCK_MAX];
	size_t n_in, n_out, out_at;
};

struct lzo *lzo_new(void)
{
	struct lzo *z = calloc(1, sizeof(*z));

	if (z)
		z->want = 13; /* magic, version, that of the library */
	return z;
}

void lzo_free(struct lzo *z)
{
	free(z);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* 1 at the end of the stream. */
static int take_block_head(struct lzo *z)
{
	if (be32(z->head) == 0)
		return 1;
	if (z->have < BLOCK_HEAD) {
		z->want = BLOCK_HEAD;
		return 0;
	}
	z->n_out = be32(z->head);
	z->n_in = be32(z->head + 4);
	if (z->n_out > BLOCK_MAX || z->n_in == 0 || z->n_in > z->n_out)
		return -EBADMSG;
	z->part = IN_BLOCK;
	z->have = 0;
	z->want = z->n_in;
	return 0;
}

static int take_block(struct lzo *z)
{
	lzo_uint n = z->n_out;

	if (z->n_in == z->n_out)
		memcpy(z->out, z->in, z->n_in);
	else if (lzo1x_decompress_safe(z->in, z->n_in, z->out, &n, NULL) != LZO_E_OK ||
		 n != z->n_out)
		return -EBADMSG;
	z->out_at = 0;
	z->part = IN_BLOCK_HEAD;
	z->have = 0;
	z->want = 4;
	return 0;
}

/* What was wanted is there: go on to the next part. */
static int take(struct lzo *z)
{
	uint32_t flags;

	switch (z->part) {
	case IN_VERSION:
		z->is_new = ((unsigned)z->head[9] << 8 | z->head[10]) >= VERSION_0940;
		z->want += z->is_new ? 2 + 1 + 1 + 4 : 1 + 4;
		z->part = IN_FLAGS;
		return 0;
	case IN_FLAGS:
		flags = be32(z->head + z->have - 4);
		z->want += (flags & HAS_FILTER ? 4 : 0) + 4 + (z->is_new ? 8 : 4) + 1;
		z->part = IN_TIME;
		return 0;
	case IN_TIME:
		z->want += z->head[z->have - 1] + 4u;
		z->part = IN_NAME;
		return 0;
	case IN_NAME:
		z->part = IN_BLOCK_HEAD;
		z->have = 0;
		z->want = 4;
		return 0;
	case IN_BLOCK_HEAD:
		return take_block_head(z);
	default:
		return take_block(z);
	}
}

static void put_out(struct lzo *z, struct decoder_io *io)
{
	size_t n = z->n_out - z->out_at < io->n_out ? z->n_out - z->out_at : io->n_out;

	memcpy(io->out, z->out + z->out_at, n);
	z->out_at += n;
	io->out += n;
	io->n_out -= n;
}

int lzo_run(struct lzo *z, struct decoder_io *io)
{
	for (;;) {
		uint8_t *to = z->part == IN_BLOCK ? z->in : z->head;
		size_t n;
		int r;

		if (z->part == IN_BLOCK_HEAD && z->out_at < z->n_out)
			put_out(z, io);
		if (z->part == IN_BLOCK_HEAD && z->out_at < z->n_out)
			return 0;
		n = z->want - z->have < io->n_in ? z->want - z->have : io->n_in;
		memcpy(to + z->have, io->in, n);
		z->have += n;
		io->in += n;
		io->n_in -= n;
		if (z->have < z->want)
			return 0;
		r = take(z);
		if (r != 0)
			return r;
	}
}
