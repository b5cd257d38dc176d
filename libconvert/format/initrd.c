/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#include "format/decoder.h"
#include "format/initrd.h"

#define CHUNK ((size_t)1 << 20)
#define PIECE ((size_t)64 << 10)
#define UNPACKED_MAX ((uint64_t)2 << 30)
#define ENTRIES_MAX 1000000

/* The head of an archive of ours: gzip with a file name, which the kernel skips. */
static const char mark[] = "\x1f\x8b\x08\x08\0\0\0\0\0\xff"
			   "libconvert";

struct listing {
	const struct initrd_source *src;
	struct bytes buf;
	size_t at;     /* in buf */
	uint64_t next; /* offset of what comes behind buf */
	bool eof;
	uint64_t unpacked;
	struct cpio_reader reader;
	uint8_t out[PIECE];
};

static void listing_free(struct listing *l)
{
	if (l)
		bytes_clear(&l->buf);
	free(l);
}
DEFINE_CLEANUP(struct listing, listing_free)

static struct listing *listing_new(const struct initrd_source *src, cpio_entry_fn fn,
				   void *data)
{
	struct listing *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->src = src;
	l->reader = (struct cpio_reader){ .fn = fn,
					  .data = data,
					  .max_entries = ENTRIES_MAX };
	return l;
}

static size_t left(const struct listing *l)
{
	return l->buf.len - l->at;
}

static uint64_t offset(const struct listing *l)
{
	return l->next - left(l);
}

/* Have @want bytes at hand, fewer only at the end of the file. */
static int fill(struct listing *l, size_t want, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes more = { 0 };
	CLEANUP_BYTES struct bytes joined = { 0 };
	int r;

	if (l->eof || left(l) >= want)
		return 0;
	/* A hole costs a guest nothing, and us hours. */
	if (l->next >= UNPACKED_MAX)
		return error_set(err, -EFBIG, "more than 2 GiB");
	r = l->src->read(l->src->data, l->next, CHUNK, &more, err);
	if (r < 0)
		return r;
	l->next += more.len;
	l->eof = more.len < CHUNK;
	if (bytes_append(&joined, left(l) ? l->buf.data + l->at : "", left(l)) < 0 ||
	    bytes_append(&joined, more.len ? more.data : "", more.len) < 0)
		return error_nomem(err);
	bytes_clear(&l->buf);
	l->buf = bytes_take(&joined);
	l->at = 0;
	return fill(l, want, err);
}

static int skip_zeros(struct listing *l, struct cvt_error *err)
{
	int r;

	do {
		r = fill(l, 1, err);
		while (r == 0 && left(l) > 0 && l->buf.data[l->at] == '\0')
			l->at++;
	} while (r == 0 && left(l) == 0 && !l->eof);
	return r;
}

/* An archive that is not compressed; others may follow it directly. */
static int list_plain(struct listing *l, struct cvt_error *err)
{
	size_t used = 0;
	int r;

	for (;;) {
		r = fill(l, 1, err);
		if (r < 0 || left(l) == 0)
			break;
		r = cpio_read(&l->reader, l->buf.data + l->at, left(l), &used, err);
		if (r < 0)
			break;
		l->at += used;
		if (left(l) > 0)
			return 0;
	}
	if (r == 0 && !cpio_at_end(&l->reader))
		return error_set(err, -EBADMSG, "the archive is cut off");
	return r;
}

static int unpack(struct listing *l, size_t n, struct cvt_error *err)
{
	size_t used;
	int r;

	l->unpacked += n;
	if (l->unpacked > UNPACKED_MAX)
		return error_set(err, -EFBIG, "more than 2 GiB unpacked");
	r = cpio_read(&l->reader, l->out, n, &used, err);
	if (r == 0 && used < n)
		return error_set(err, -EBADMSG,
				 "something else than an archive is compressed");
	return r;
}

static int list_compressed(struct listing *l, struct cvt_error *err)
{
	CLEANUP_DECODER struct decoder *d = NULL;
	int r = decoder_open(l->buf.data + l->at, left(l), &d, err), end = 0;

	while (r == 0 && !end) {
		struct decoder_io io;
		size_t n;

		r = fill(l, 1, err);
		if (r < 0)
			break;
		io = (struct decoder_io){ (uint8_t *)l->buf.data + l->at, left(l), l->eof,
					  l->out, sizeof(l->out) };
		end = decoder_run(d, &io, err);
		if (end < 0)
			return end;
		n = sizeof(l->out) - io.n_out;
		if (n == 0 && io.n_in == left(l) && !end)
			return error_set(err, -EBADMSG, "the %s stream is cut off",
					 decoder_name(d));
		l->at = l->buf.len - io.n_in;
		r = unpack(l, n, err);
	}
	if (r == 0 && !cpio_at_end(&l->reader))
		return error_set(err, -EBADMSG, "the archive in the %s stream is cut off",
				 decoder_name(d));
	return r;
}

static int list_segments(struct listing *l, struct cvt_error *err)
{
	uint64_t start;
	int r;

	for (;;) {
		r = skip_zeros(l, err);
		if (r == 0)
			r = fill(l, DECODER_MAGIC, err);
		if (r < 0 || left(l) == 0)
			return r;
		start = offset(l);
		l->reader.phase = 0;
		r = l->buf.data[l->at] == '0' && (start & 3) == 0
			    ? list_plain(l, err)
			    : list_compressed(l, err);
		if (r < 0)
			return error_prefix(err, r, "segment at byte %" PRIu64, start);
	}
}

int initrd_list(const struct initrd_source *src, cpio_entry_fn fn, cpio_body_fn body,
		void *data, struct cvt_error *err)
{
	CLEANUP(listing_freep) struct listing *l = listing_new(src, fn, data);
	int r;

	if (!l)
		return error_nomem(err);
	l->reader.body = body;
	r = list_segments(l, err);
	if (r == 0 && l->reader.n_entries == 0)
		return error_set(err, -EBADMSG, "there is no archive in it");
	return r;
}

int initrd_list_ours(const struct initrd_source *src, cpio_entry_fn fn, void *data,
		     struct cvt_error *err)
{
	CLEANUP(listing_freep) struct listing *l = listing_new(src, fn, data);
	const char *found;
	int r;

	if (!l)
		return error_nomem(err);
	for (;;) {
		r = fill(l, sizeof(mark), err);
		if (r < 0 || left(l) < sizeof(mark))
			return r;
		found = memmem(l->buf.data + l->at, left(l), mark, sizeof(mark));
		if (found)
			break;
		l->at = l->buf.len - sizeof(mark) + 1;
	}
	l->at = found - l->buf.data;
	return list_segments(l, err);
}

/*
 * The kernel takes zeros for padding everywhere.  At least four, because its
 * lz4 decoder knows the end of a stream by nothing else; then up to a multiple
 * of four.
 */
static int add_padding(uint64_t size, struct bytes *out)
{
	return bytes_append(out, "\0\0\0\0\0\0\0", 4 + (-size & 3));
}

static int compress_gzip(const struct bytes *in, struct bytes *ret)
{
	gz_header head = { .os = 255, .name = (Bytef *)"libconvert" };
	CLEANUP_BYTES struct bytes out = { 0 };
	z_stream z = { 0 };
	int r;

	if (deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		return -ENOMEM;
	(void)deflateSetHeader(&z, &head);
	out.len = deflateBound(&z, in->len);
	out.data = malloc(out.len + 1);
	z.next_in = (Bytef *)in->data;
	z.avail_in = in->len;
	z.next_out = (Bytef *)out.data;
	z.avail_out = out.len;
	r = out.data ? deflate(&z, Z_FINISH) : Z_MEM_ERROR;
	out.len = z.total_out;
	(void)deflateEnd(&z);
	return r == Z_STREAM_END ? bytes_append(ret, out.data, out.len) : -ENOMEM;
}

int initrd_pack(uint64_t size, struct cpio *c, struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes archive = { 0 };
	CLEANUP_BYTES struct bytes out = { 0 };
	int r = cpio_write(c, &archive, err);

	if (r < 0)
		return r;
	if (archive.len > UINT32_MAX / 2)
		return error_set(err, -EFBIG, "an archive of %zu bytes", archive.len);
	if (add_padding(size, &out) < 0 || compress_gzip(&archive, &out) < 0)
		return error_nomem(err);
	*ret = bytes_take(&out);
	return 0;
}
