/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "format/decoder.h"
#include "format/lz4.h"
#include "format/lzo.h"

/* What one stream may ask for; initramfs-tools and dracut write windows up to 8 MiB. */
#define XZ_MEMORY ((uint64_t)80 << 20) /* xz -9 needs 65 MiB */
#define ZSTD_WINDOW_LOG 27	       /* zstd --ultra -22 */

struct lz4 {
	uint8_t *in, *out;
	size_t n_in, want; /* of the chunk in hand; 0: its size comes next */
	size_t out_at, n_out;
	uint8_t word[4];
	size_t n_word;
};

struct decoder {
	const struct compression *compression;
	union {
		z_stream gzip;
		bz_stream bzip2;
		lzma_stream xz;
		ZSTD_DStream *zstd;
		struct lz4 lz4;
		struct lzo *lzo;
	};
};

struct compression {
	const char *name;
	const char *magic; /* as lib/decompress.c of the kernel has it */
	size_t n_magic;
	int (*open)(struct decoder *d);
	int (*run)(struct decoder *d, struct decoder_io *io);
	void (*close)(struct decoder *d);
};

/* --- gzip --- */

static int gzip_open(struct decoder *d)
{
	return inflateInit2(&d->gzip, 16 + MAX_WBITS) == Z_OK ? 0 : -ENOMEM;
}

static int gzip_run(struct decoder *d, struct decoder_io *io)
{
	z_stream *z = &d->gzip;
	int r;

	z->next_in = (Bytef *)io->in;
	z->avail_in = io->n_in;
	z->next_out = io->out;
	z->avail_out = io->n_out;
	r = inflate(z, Z_NO_FLUSH);
	*io = (struct decoder_io){ z->next_in, z->avail_in, io->is_last, z->next_out,
				   z->avail_out };
	if (r == Z_MEM_ERROR)
		return -ENOMEM;
	return r == Z_STREAM_END ? 1 : r == Z_OK || r == Z_BUF_ERROR ? 0 : -EBADMSG;
}

static void gzip_close(struct decoder *d)
{
	(void)inflateEnd(&d->gzip);
}

/* --- bzip2 --- */

static int bzip2_open(struct decoder *d)
{
	return BZ2_bzDecompressInit(&d->bzip2, 0, 0) == BZ_OK ? 0 : -ENOMEM;
}

static int bzip2_run(struct decoder *d, struct decoder_io *io)
{
	bz_stream *b = &d->bzip2;
	int r;

	b->next_in = (char *)io->in;
	b->avail_in = io->n_in;
	b->next_out = (char *)io->out;
	b->avail_out = io->n_out;
	r = BZ2_bzDecompress(b);
	*io = (struct decoder_io){ (uint8_t *)b->next_in, b->avail_in, io->is_last,
				   (uint8_t *)b->next_out, b->avail_out };
	if (r == BZ_MEM_ERROR)
		return -ENOMEM;
	return r == BZ_STREAM_END ? 1 : r == BZ_OK ? 0 : -EBADMSG;
}

static void bzip2_close(struct decoder *d)
{
	(void)BZ2_bzDecompressEnd(&d->bzip2);
}

/* --- xz, and lzma as lzma(1) writes it --- */

static int xz_open(struct decoder *d)
{
	return lzma_stream_decoder(&d->xz, XZ_MEMORY, 0) == LZMA_OK ? 0 : -ENOMEM;
}

static int lzma_open(struct decoder *d)
{
	return lzma_alone_decoder(&d->xz, XZ_MEMORY) == LZMA_OK ? 0 : -ENOMEM;
}

static int xz_run(struct decoder *d, struct decoder_io *io)
{
	lzma_stream *x = &d->xz;
	lzma_ret r;

	x->next_in = io->in;
	x->avail_in = io->n_in;
	x->next_out = io->out;
	x->avail_out = io->n_out;
	r = lzma_code(x, LZMA_RUN);
	*io = (struct decoder_io){ x->next_in, x->avail_in, io->is_last, x->next_out,
				   x->avail_out };
	switch (r) {
	case LZMA_STREAM_END:
		return 1;
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return 0;
	case LZMA_MEM_ERROR:
		return -ENOMEM;
	case LZMA_MEMLIMIT_ERROR:
		return -EOPNOTSUPP;
	default:
		return -EBADMSG;
	}
}

static void xz_close(struct decoder *d)
{
	lzma_end(&d->xz);
}

/* --- zstd --- */

static int zstd_open(struct decoder *d)
{
	d->zstd = ZSTD_createDStream();
	if (!d->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax,
							    ZSTD_WINDOW_LOG)))
		return -ENOMEM;
	return 0;
}

static int zstd_run(struct decoder *d, struct decoder_io *io)
{
	ZSTD_inBuffer in = { io->in, io->n_in, 0 };
	ZSTD_outBuffer out = { io->out, io->n_out, 0 };
	size_t r = ZSTD_decompressStream(d->zstd, &out, &in);

	io->in += in.pos;
	io->n_in -= in.pos;
	io->out += out.pos;
	io->n_out -= out.pos;
	if (!ZSTD_isError(r))
		return r == 0 ? 1 : 0;
	switch (ZSTD_getErrorCode(r)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return -EOPNOTSUPP;
	case ZSTD_error_memory_allocation:
		return -ENOMEM;
	default:
		return -EBADMSG;
	}
}

static void zstd_close(struct decoder *d)
{
	(void)ZSTD_freeDStream(d->zstd);
}

/* --- lz4, the legacy frame of `lz4 -l`: magic, then chunks behind their sizes --- */

#define LZ4_MAGIC 0x184c2102u

static int lz4_open(struct decoder *d)
{
	d->lz4.in = malloc(LZ4_BOUND);
	d->lz4.out = malloc(LZ4_CHUNK);
	return d->lz4.in && d->lz4.out ? 0 : -ENOMEM;
}

/* The size of the next chunk.  Nothing in the frame says that it ends: the end of the
 * file does, or zeros (Linux commit 2c484419efc0, July 2021, and the stable series down to
 * 4.4).  The magic of a further frame may stand in between.
 */
static int lz4_word(struct lz4 *z, struct decoder_io *io)
{
	uint32_t word;

	while (z->n_word < 4 && io->n_in > 0) {
		z->word[z->n_word++] = *io->in++;
		io->n_in--;
	}
	if (z->n_word < 4)
		return io->is_last ? 1 : 0;
	z->n_word = 0;
	word = z->word[0] | (uint32_t)z->word[1] << 8 | (uint32_t)z->word[2] << 16 |
	       (uint32_t)z->word[3] << 24;
	if (word == 0)
		return 1;
	if (word == LZ4_MAGIC)
		return 0;
	if (word > LZ4_BOUND)
		return -EBADMSG;
	z->want = word;
	z->n_in = 0;
	return 0;
}

/* The body of a chunk; decoded once it is complete. */
static int lz4_chunk(struct lz4 *z, struct decoder_io *io)
{
	size_t n = z->want - z->n_in < io->n_in ? z->want - z->n_in : io->n_in;

	memcpy(z->in + z->n_in, io->in, n);
	z->n_in += n;
	io->in += n;
	io->n_in -= n;
	if (z->n_in < z->want)
		return 0;
	z->want = 0;
	z->out_at = 0;
	z->n_out = LZ4_CHUNK;
	return lz4_decode(z->in, z->n_in, z->out, &z->n_out);
}

static int lz4_run(struct decoder *d, struct decoder_io *io)
{
	struct lz4 *z = &d->lz4;
	int r = 0;

	for (;;) {
		size_t n = z->n_out - z->out_at < io->n_out ? z->n_out - z->out_at
							    : io->n_out;

		if (n > 0)
			memcpy(io->out, z->out + z->out_at, n);
		z->out_at += n;
		io->out += n;
		io->n_out -= n;
		if (z->out_at < z->n_out)
			return 0;
		if (io->n_in == 0 && !(io->is_last && z->want == 0))
			return 0;
		r = z->want > 0 ? lz4_chunk(z, io) : lz4_word(z, io);
		if (r != 0)
			return r;
	}
}

static void lz4_close(struct decoder *d)
{
	free(d->lz4.in);
	free(d->lz4.out);
}

/* --- lzo --- */

static int lzop_open(struct decoder *d)
{
	d->lzo = lzo_new();
	return d->lzo ? 0 : -ENOMEM;
}

static int lzop_run(struct decoder *d, struct decoder_io *io)
{
	return lzo_run(d->lzo, io);
}

static void lzop_close(struct decoder *d)
{
	lzo_free(d->lzo);
}

static const struct compression compressions[] = {
	/* clang-format off */
	{ "gzip",  "\x1f\x8b", 2, gzip_open, gzip_run, gzip_close },
	{ "bzip2", "BZ",       2, bzip2_open, bzip2_run, bzip2_close },
	{ "lzma",  "\x5d\x00", 2, lzma_open, xz_run, xz_close },
	{ "xz",    "\xfd" "7", 2, xz_open, xz_run, xz_close },
	{ "lzo",   "\x89L",    2, lzop_open, lzop_run, lzop_close },
	{ "lz4",   "\x02!",    2, lz4_open, lz4_run, lz4_close },
	{ "zstd",  "\x28\xb5", 2, zstd_open, zstd_run, zstd_close },
	/* clang-format on */
};

int decoder_open(const void *head, size_t len, struct decoder **ret,
		 struct cvt_error *err)
{
	CLEANUP_DECODER struct decoder *d = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		const struct compression *c = &compressions[i];

		if (len < c->n_magic || memcmp(head, c->magic, c->n_magic) != 0)
			continue;
		d = calloc(1, sizeof(*d));
		if (!d)
			return error_nomem(err);
		d->compression = c;
		if (c->open(d) < 0)
			return error_nomem(err);
		*ret = take_ptr(d);
		return 0;
	}
	return error_set(err, -EBADMSG,
			 "neither an archive nor a compression the kernel knows");
}

int decoder_run(struct decoder *d, struct decoder_io *io, struct cvt_error *err)
{
	int r = d->compression->run(d, io);

	if (r == -ENOMEM)
		return error_nomem(err);
	if (r == -EOPNOTSUPP)
		return error_set(err, r, "the %s stream needs too much memory",
				 d->compression->name);
	return r < 0 ? error_set(err, r, "the %s stream is damaged", d->compression->name)
		     : r;
}

const char *decoder_name(const struct decoder *d)
{
	return d->compression->name;
}

void decoder_close(struct decoder *d)
{
	if (!d)
		return;
	d->compression->close(d);
	free(d);
}
