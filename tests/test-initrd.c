/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <lzo/lzo1x.h>
#include <zstd.h>

#include "format/decoder.h"
#include "format/elf.h"
#include "format/initrd.h"
#include "format/lz4.h"
#include "suite.h"

/* --- what a guest's initramfs is made of --- */

static void room_for(struct bytes *out, size_t n)
{
	out->data = malloc(n);
	out->len = n;
	ck_assert_ptr_nonnull(out->data);
}

/* Append @data @times times. */
static void repeat(struct bytes *out, const void *data, size_t len, size_t times)
{
	CLEANUP_BYTES struct bytes all = { 0 };

	room_for(&all, len * times);
	for (size_t i = 0; i < times; i++)
		memcpy(all.data + i * len, data, len);
	ck_assert_int_eq(bytes_append(out, all.data, all.len), 0);
}

static struct bytes archive(const char *name)
{
	CLEANUP_CPIO struct cpio c = { 0 };
	CLEANUP_BYTES struct bytes big = { 0 };
	struct bytes b = { 0 };

	/* More than one piece of input and of output, and not all the same. */
	room_for(&big, 30000 * sizeof(uint32_t));
	for (uint32_t i = 0; i < 30000; i++)
		memcpy(big.data + i * sizeof(i), &(uint32_t){ i * i * 2654435761u >> 9 },
		       sizeof(i));
	ck_assert_int_eq(cpio_add(&c, name, &big, NULL), 0);
	ck_assert_int_eq(cpio_write(&c, &b, NULL), 0);
	return b;
}

static void plain(const struct bytes *in, struct bytes *out)
{
	ck_assert_int_eq(bytes_set(out, in->data, in->len), 0);
}

static void gzip(const struct bytes *in, struct bytes *out)
{
	z_stream z = { 0 };

	ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY),
			 Z_OK);
	room_for(out, deflateBound(&z, in->len));
	z.next_in = (Bytef *)in->data;
	z.avail_in = in->len;
	z.next_out = (Bytef *)out->data;
	z.avail_out = out->len;
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len = z.total_out;
	deflateEnd(&z);
}

static void bzip2(const struct bytes *in, struct bytes *out)
{
	unsigned n = 2 * in->len + 600;

	room_for(out, n);
	ck_assert_int_eq(BZ2_bzBuffToBuffCompress(out->data, &n, in->data, in->len, 1, 0,
						  0),
			 BZ_OK);
	out->len = n;
}

static void run_lzma(lzma_stream *x, const struct bytes *in, struct bytes *out)
{
	room_for(out, 2 * in->len + 1000);
	x->next_in = (uint8_t *)in->data;
	x->avail_in = in->len;
	x->next_out = (uint8_t *)out->data;
	x->avail_out = out->len;
	ck_assert_int_eq(lzma_code(x, LZMA_FINISH), LZMA_STREAM_END);
	out->len = x->total_out;
	lzma_end(x);
}

static void xz(const struct bytes *in, struct bytes *out)
{
	lzma_stream x = LZMA_STREAM_INIT;

	ck_assert_int_eq(lzma_easy_encoder(&x, 1, LZMA_CHECK_CRC32), LZMA_OK);
	run_lzma(&x, in, out);
}

static void lzma(const struct bytes *in, struct bytes *out)
{
	lzma_stream x = LZMA_STREAM_INIT;
	lzma_options_lzma o;

	ck_assert(!lzma_lzma_preset(&o, 1));
	ck_assert_int_eq(lzma_alone_encoder(&x, &o), LZMA_OK);
	run_lzma(&x, in, out);
}

static void zstd(const struct bytes *in, struct bytes *out)
{
	room_for(out, ZSTD_compressBound(in->len));
	out->len = ZSTD_compress(out->data, out->len, in->data, in->len, 3);
	ck_assert(!ZSTD_isError(out->len));
}

/* Literals only; two frames, as pieces put together by the author of an image. */
static void lz4(const struct bytes *in, struct bytes *out)
{
	for (size_t at = 0; at < in->len; at += 50000) {
		size_t n = in->len - at < 50000 ? in->len - at : 50000, more = n - 15;
		CLEANUP_BYTES struct bytes block = { 0 };
		uint32_t size;

		ck_assert_uint_gt(n, 15);
		ck_assert_int_eq(bytes_append(&block, "\xf0", 1), 0);
		for (; more >= 255; more -= 255)
			ck_assert_int_eq(bytes_append(&block, "\xff", 1), 0);
		ck_assert_int_eq(bytes_append(&block, &(uint8_t){ more }, 1), 0);
		ck_assert_int_eq(bytes_append(&block, in->data + at, n), 0);
		size = block.len;
		if (at % 100000 == 0)
			ck_assert_int_eq(bytes_append(out, "\x02!L\x18", 4), 0);
		ck_assert_int_eq(
			bytes_append(out, &(uint8_t[4]){ size, size >> 8, size >> 16 },
				     4),
			0);
		ck_assert_int_eq(bytes_append(out, block.data, block.len), 0);
	}
}

static void put_be32(struct bytes *out, size_t n)
{
	const uint8_t b[4] = { n >> 24, n >> 16, n >> 8, n };

	ck_assert_int_eq(bytes_append(out, b, 4), 0);
}

/* As lzop 1.04 writes it, with a name in the header. */
static void lzo(const struct bytes *in, struct bytes *out)
{
	static const char head[] = "\x89LZO\0\r\n\x1a\n\x10\x40\x20\xa0\x09\x40\1\5"
				   "\3\0\0\1\0\0\x81\xa4\0\0\0\0\0\0\0\0\4name\0\0\0";
	static uint8_t work[LZO1X_1_MEM_COMPRESS];

	ck_assert_int_eq(bytes_append(out, head, sizeof(head)), 0);
	for (size_t at = 0; at < in->len; at += 100000) {
		size_t n = in->len - at < 100000 ? in->len - at : 100000;
		CLEANUP_BYTES struct bytes block = { 0 };
		const uint8_t *raw = (const uint8_t *)in->data + at;
		lzo_uint packed = 0;

		room_for(&block, n + n / 16 + 67);
		lzo1x_1_compress(raw, n, (uint8_t *)block.data, &packed, work);
		put_be32(out, n);
		put_be32(out, packed < n ? packed : n);
		put_be32(out, 0);
		ck_assert_int_eq(bytes_append(out,
					      packed < n ? block.data : in->data + at,
					      packed < n ? packed : n),
				 0);
	}
	put_be32(out, 0);
}

typedef void (*pack_fn)(const struct bytes *in, struct bytes *out);

static const struct {
	const char *name;
	pack_fn pack;
} packers[] = {
	{ "plain", plain }, { "gzip", gzip }, { "bzip2", bzip2 }, { "xz", xz },
	{ "lzma", lzma },   { "zstd", zstd }, { "lz4", lz4 },	  { "lzo", lzo },
};

/* --- reading it --- */

static int read_bytes(void *data, uint64_t offset, size_t max, struct bytes *ret,
		      struct cvt_error *err)
{
	const struct bytes *b = data;
	size_t n = offset < b->len ? b->len - offset : 0;

	(void)err;
	return bytes_set(ret, n ? b->data + offset : "", n < max ? n : max);
}

static int note(void *data, const struct cpio_entry *e, struct cvt_error *err)
{
	(void)err;
	if (!S_ISREG(e->mode))
		return 0;
	return bytes_append(data, e->name, strlen(e->name)) || bytes_append(data, " ", 1);
}

static int list(struct bytes *image, struct bytes *seen, struct cvt_error *err)
{
	const struct initrd_source src = { read_bytes, image };

	bytes_clear(seen);
	ck_assert_int_eq(bytes_set(seen, "", 0), 0);
	return initrd_list(&src, note, NULL, seen, err);
}

static void add_segment(struct bytes *image, pack_fn pack, const char *name)
{
	CLEANUP_BYTES struct bytes a = archive(name), packed = { 0 };

	pack(&a, &packed);
	ck_assert_int_eq(bytes_append(image, packed.data, packed.len), 0);
}

static void append_ours(struct bytes *image)
{
	static const struct bytes text = { "module", 6 };
	CLEANUP_CPIO struct cpio c = { 0 };
	CLEANUP_BYTES struct bytes b = { 0 }, again = { 0 };

	ck_assert_int_eq(cpio_add(&c, "ours", &text, NULL), 0);
	ck_assert_int_eq(initrd_pack(image->len, &c, &b, NULL), 0);
	ck_assert_int_eq(initrd_pack(image->len, &c, &again, NULL), 0);
	ck_assert(bytes_equal(&b, &again));
	ck_assert_int_eq(bytes_append(image, b.data, b.len), 0);
}

START_TEST(test_segments)
{
	CLEANUP_BYTES struct bytes image = { 0 }, seen = { 0 };
	struct cvt_error err = { 0 };

	add_segment(&image, plain, "microcode");
	ck_assert_int_eq(bytes_append(&image, "\0\0\0\0", 4), 0);
	add_segment(&image, packers[_i].pack, "guest");
	append_ours(&image);
	append_ours(&image);
	ck_assert_msg(list(&image, &seen, &err) == 0, "%s: %s", packers[_i].name,
		      err.msg);
	ck_assert_str_eq(seen.data, "microcode guest ours ours ");
}
END_TEST

/* Every pair back to back, with nothing between: the end of each is exact.  Not behind
 * lz4, whose end only zeros tell, nor a plain one at any offset.
 */
START_TEST(test_pairs)
{
	size_t first = _i / ARRAY_SIZE(packers), second = _i % ARRAY_SIZE(packers);
	CLEANUP_BYTES struct bytes image = { 0 }, seen = { 0 };
	struct cvt_error err = { 0 };

	add_segment(&image, packers[first].pack, "first");
	if (strcmp(packers[first].name, "lz4") == 0)
		ck_assert_int_eq(bytes_append(&image, "\0\0\0\0", 4), 0);
	if (packers[second].pack == plain)
		ck_assert_int_eq(bytes_append(&image, "\0\0\0", -image.len & 3), 0);
	add_segment(&image, packers[second].pack, "second");
	ck_assert_msg(list(&image, &seen, &err) == 0, "%s, %s: %s", packers[first].name,
		      packers[second].name, err.msg);
	ck_assert_str_eq(seen.data, "first second ");
}
END_TEST

START_TEST(test_cut_off)
{
	CLEANUP_BYTES struct bytes image = { 0 }, seen = { 0 };

	add_segment(&image, packers[_i].pack, "guest");
	for (size_t len = 0; len < image.len; len += 1 + len / 16) {
		struct bytes part = { image.data, len };

		ck_assert_msg(list(&part, &seen, NULL) < 0, "%s cut at %zu",
			      packers[_i].name, len);
	}
}
END_TEST

START_TEST(test_mutated)
{
	CLEANUP_BYTES struct bytes image = { 0 }, seen = { 0 };
	uint32_t x = 1;

	add_segment(&image, packers[_i].pack, "guest");
	append_ours(&image);
	for (int i = 0; i < 60; i++) {
		CLEANUP_BYTES struct bytes bad = { 0 };

		ck_assert_int_eq(bytes_set(&bad, image.data, image.len), 0);
		for (int j = 0; j < 3; j++) {
			x = x * 1664525 + 1013904223;
			bad.data[(x >> 8) % (j ? 200 : bad.len)] ^= 1 << (x & 7);
		}
		(void)list(&bad, &seen, NULL);
	}
}
END_TEST

static const struct {
	const char *what;
	struct bytes image;
	int code;
	const char *msg;
} refused[] = {
	{ "nothing", { "", 0 }, -EBADMSG, "there is no archive in it" },
	{ "zeros", { "\0\0\0\0\0\0\0\0", 8 }, -EBADMSG, "there is no archive in it" },
	{ "an old initrd is no archive",
	  { "\1\0\0\0\2\0\0\0", 8 },
	  -EBADMSG,
	  "segment at byte 0:" },
	{ "lzo", { "\x89LZO\0\r\n\x1a\n", 9 }, -EBADMSG, "the lzo stream is cut off" },
	{ "a window of 256 MiB",
	  { "\x28\xb5\x2f\xfd\0\x90\1\0\0", 9 },
	  -EOPNOTSUPP,
	  "memory" },
};

START_TEST(test_refused)
{
	CLEANUP_BYTES struct bytes seen = { 0 };
	struct bytes image = refused[_i].image;
	struct cvt_error err = { 0 };

	ck_assert_msg(list(&image, &seen, &err) == refused[_i].code, "%s: %d %s",
		      refused[_i].what, err.code, err.msg);
	ck_assert_msg(strstr(err.msg, refused[_i].msg) != NULL, "%s", err.msg);
}
END_TEST

/* What the kernel reads and we do not still shows an archive of ours behind it. */
START_TEST(test_ours)
{
	CLEANUP_BYTES struct bytes image = { 0 }, seen = { 0 };
	const struct initrd_source src = { read_bytes, &image };

	ck_assert_int_eq(bytes_set(&seen, "", 0), 0);
	ck_assert_int_eq(bytes_set(&image, "\x28\xb5\x2f\xfd\0\x90\1\0\0", 9), 0);
	repeat(&image, "\x1f\x8b\x08\x08", 4, 300000);
	ck_assert_int_eq(initrd_list_ours(&src, note, &seen, NULL), 0);
	ck_assert_str_eq(seen.data, "");
	append_ours(&image);
	ck_assert_int_eq(list(&image, &seen, NULL), -EOPNOTSUPP);
	ck_assert_int_eq(initrd_list_ours(&src, note, &seen, NULL), 0);
	ck_assert_str_eq(seen.data, "ours ");
}
END_TEST

/* One file of 4 GiB less one byte. */
static const char big_file[] = "070701"
			       "00000001"
			       "00008180"
			       "00000000"
			       "00000000"
			       "00000001"
			       "00000000"
			       "FFFFFFFF"
			       "00000000"
			       "00000000"
			       "00000000"
			       "00000000"
			       "00000002"
			       "00000000"
			       "a";

/* A frame of zstd with run-length blocks: 128 KiB of zeros in four bytes. */
START_TEST(test_bomb)
{
	CLEANUP_BYTES struct bytes image = { 0 }, seen = { 0 };
	size_t n = sizeof(big_file) - 1;
	struct cvt_error err = { 0 };

	ck_assert_int_eq(bytes_set(&image, "\x28\xb5\x2f\xfd\0\x58", 6), 0);
	ck_assert_int_eq(bytes_append(&image, &(uint8_t[3]){ n << 3, n >> 5 }, 3), 0);
	ck_assert_int_eq(bytes_append(&image, big_file, n), 0);
	repeat(&image, "\x02\0\x10\0", 4, 20000);
	ck_assert_msg(list(&image, &seen, &err) == -EFBIG, "%s", err.msg);
}
END_TEST

static int read_hole(void *data, uint64_t offset, size_t max, struct bytes *ret,
		     struct cvt_error *err)
{
	const size_t n = offset == 0 ? sizeof(big_file) - 1 : 0;

	(void)err;
	ck_assert_uint_lt(offset, (uint64_t)2 << 30);
	ck_assert_int_eq(bytes_append(ret, big_file, n), 0);
	ck_assert_int_eq(bytes_append(ret, data, max - n), 0);
	return 0;
}

/* A file that is a hole has any size. */
START_TEST(test_hole)
{
	CLEANUP_FREE char *zeros = calloc(1, (size_t)1 << 20);
	const struct initrd_source src = { read_hole, zeros };
	CLEANUP_BYTES struct bytes seen = { 0 };

	ck_assert_int_eq(initrd_list(&src, note, NULL, &seen, NULL), -EFBIG);
}
END_TEST

static const struct {
	const char *what;
	struct bytes in, out;
	int code;
} blocks[] = {
	{ "nothing", { "", 0 }, { "", 0 }, 0 },
	{ "literals",
	  { "\x30"
	    "abc",
	    4 },
	  { "abc", 3 },
	  0 },
	{ "a match",
	  { "\x30"
	    "abc\3\0",
	    6 },
	  { "abcabca", 7 },
	  0 },
	{ "a match over itself",
	  { "\x11"
	    "a\1\0\x10"
	    "b",
	    6 },
	  { "aaaaaab", 7 },
	  0 },
	{ "a long match",
	  { "\x1f"
	    "a\1\0\1\0",
	    6 },
	  { "aaaaaaaaaaaaaaaaaaaaa", 21 },
	  0 },
	{ "literals cut off",
	  { "\x40"
	    "abc",
	    4 },
	  { "", 0 },
	  -EBADMSG },
	{ "a length cut off", { "\xf0\xff\xff", 3 }, { "", 0 }, -EBADMSG },
	{ "a distance cut off",
	  { "\x30"
	    "abc\3",
	    5 },
	  { "", 0 },
	  -EBADMSG },
	{ "before the start",
	  { "\x30"
	    "abc\4\0",
	    6 },
	  { "", 0 },
	  -EBADMSG },
	{ "no distance",
	  { "\x30"
	    "abc\0\0",
	    6 },
	  { "", 0 },
	  -EBADMSG },
	{ "no room",
	  { "\x1f"
	    "a\1\0\xff\0",
	    6 },
	  { "", 0 },
	  -EBADMSG },
};

START_TEST(test_lz4)
{
	uint8_t out[100];
	size_t n = sizeof(out);

	ck_assert_msg(lz4_decode((const uint8_t *)blocks[_i].in.data, blocks[_i].in.len,
				 out, &n) == blocks[_i].code,
		      "%s", blocks[_i].what);
	if (blocks[_i].code < 0)
		return;
	ck_assert_msg(n == blocks[_i].out.len && memcmp(out, blocks[_i].out.data, n) == 0,
		      "%s: %zu bytes", blocks[_i].what, n);
}
END_TEST

START_TEST(test_arch)
{
	uint8_t h[20] = "\x7f"
			"ELF\2\1\1";

	h[18] = 62;
	ck_assert_str_eq(elf_arch(h, sizeof(h)), "x86_64");
	h[18] = 183;
	ck_assert_str_eq(elf_arch(h, sizeof(h)), "aarch64");
	ck_assert_ptr_null(elf_arch(h, 19));
	h[18] = 21;
	ck_assert_str_eq(elf_arch(h, sizeof(h)), "ppc64le");
	h[5] = 2;
	h[18] = 0;
	h[19] = 22;
	ck_assert_str_eq(elf_arch(h, sizeof(h)), "s390x");
	h[19] = 99;
	ck_assert_ptr_null(elf_arch(h, sizeof(h)));
	h[0] = 'M';
	ck_assert_ptr_null(elf_arch(h, sizeof(h)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("initrd");
	TCase *tc = tcase_create("all");
	int n = ARRAY_SIZE(packers);

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_segments, 0, n);
	tcase_add_loop_test(tc, test_pairs, 0, n * n);
	tcase_add_loop_test(tc, test_cut_off, 0, n);
	tcase_add_loop_test(tc, test_mutated, 0, n);
	tcase_add_loop_test(tc, test_refused, 0, (int)ARRAY_SIZE(refused));
	tcase_add_test(tc, test_ours);
	tcase_add_test(tc, test_bomb);
	tcase_add_test(tc, test_hole);
	tcase_add_loop_test(tc, test_lz4, 0, (int)ARRAY_SIZE(blocks));
	tcase_add_test(tc, test_arch);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
