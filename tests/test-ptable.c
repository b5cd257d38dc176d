/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <blkid/blkid.h>
#include <endian.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "format/ptable.h"
#include "suite.h"

#define MIB 2048 /* sectors */
#define DISK (1024 * MIB)

static struct bytes disk; /* its head and its tail, without what is between */
#define HEAD (512 * MIB + 64)

static void put(uint64_t at, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		disk.data[at + (uint64_t)i] = (char)(v >> 8 * i & 0xff);
}

static void mbr(uint64_t sector, int i, unsigned type, uint64_t start, uint64_t size)
{
	uint64_t e = sector * 512 + 446 + 16 * (uint64_t)i;

	put(e + 4, type, 1);
	put(e + 8, start, 4);
	put(e + 12, size, 4);
	put(sector * 512 + 510, 0xaa55, 2);
}

static void seal(uint64_t sector)
{
	uint64_t h = sector * 512,
		 entries = le64toh(*(uint64_t *)(void *)(disk.data + h + 72));

	put(h + 88, crc32(0, (void *)(disk.data + entries * 512), 128 * 128), 4);
	put(h + 16, 0, 4);
	put(h + 16, crc32(0, (void *)(disk.data + h), 92), 4);
}

static void gpt_header(uint64_t sector, uint64_t other, uint64_t entries)
{
	uint64_t h = sector * 512;

	memcpy(disk.data + h, "EFI PART\0\0\1\0\x5c\0\0\0", 16);
	put(h + 24, sector, 8);
	put(h + 32, other, 8);
	put(h + 40, 34, 8);
	put(h + 48, HEAD - 34, 8);
	memcpy(disk.data + h + 56, "0123456789abcdef", 16);
	put(h + 72, entries, 8);
	put(h + 80, 128, 4);
	put(h + 84, 128, 4);
}

static void gpt(int i, uint64_t first, uint64_t last)
{
	for (uint64_t e = 2; e; e = e == 2 ? HEAD - 33 : 0) {
		uint64_t at = e * 512 + 128 * (uint64_t)i;

		memcpy(disk.data + at,
		       "\xaf\x3d\xc6\x0f\x83\x84\x72\x47\x8e\x79\x3d\x69\xd8\x47\x7d\xe4",
		       16);
		put(at + 16, 0x1111 + (uint64_t)i, 8);
		put(at + 32, first, 8);
		put(at + 40, last, 8);
	}
	seal(1);
	seal(HEAD - 1);
}

static void empty_disk(bool is_gpt)
{
	bytes_clear(&disk);
	disk.data = calloc(1, (size_t)HEAD * 512 + 1);
	ck_assert_ptr_nonnull(disk.data);
	disk.len = (size_t)HEAD * 512;
	if (!is_gpt)
		return;
	mbr(0, 0, 0xee, 1, HEAD - 1);
	gpt_header(1, HEAD - 1, 2);
	gpt_header(HEAD - 1, 1, HEAD - 33);
	seal(1);
	seal(HEAD - 1);
}

/* Brings what the reader asks for. */
static int read_table(struct pieces *p, struct ptable *t, const char **why)
{
	uint64_t missing;
	size_t size;
	int r;

	for (int i = 0; i < 100; i++) {
		struct bytes b = { 0 };

		r = ptable_read(p, HEAD, t, &missing, &size, why);
		if (r != -EAGAIN)
			return r;
		ck_assert_uint_le(missing + size, disk.len);
		ck_assert_int_eq(bytes_set(&b, disk.data + missing, size), 0);
		ck_assert_int_eq(pieces_add(p, missing, &b), 0);
	}
	ck_abort_msg("it never has enough");
}

static void write_back(const struct pieces *p)
{
	for (size_t i = 0; i < p->n; i++)
		memcpy(disk.data + p->v[i].offset, p->v[i].data.data, p->v[i].data.len);
}

/* "1:2048+4096 5:…" as blkid(8) sees it, types left out. */
static char *as_blkid_sees(void)
{
	CLEANUP_CLOSE int fd = memfd_create("disk", 0);
	blkid_probe p = blkid_new_probe();
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	blkid_partlist list;

	ck_assert_int_eq(ftruncate(fd, (off_t)disk.len), 0);
	for (size_t at = 0; at < disk.len; at += 4096)
		if (!bytes_are_zero(disk.data + at, 4096))
			ck_assert_int_eq(pwrite(fd, disk.data + at, 4096, (off_t)at),
					 4096);
	ck_assert_int_eq(blkid_probe_set_device(p, fd, 0, 0), 0);
	list = blkid_probe_get_partitions(p);
	ck_assert_ptr_nonnull(list);
	for (int i = 0; i < blkid_partlist_numof_partitions(list); i++) {
		blkid_partition x = blkid_partlist_get_partition(list, i);

		fprintf(out, "%s%d:%lld+%lld", i ? " " : "",
			blkid_partition_get_partno(x),
			(long long)blkid_partition_get_start(x),
			(long long)blkid_partition_get_size(x));
		if (blkid_partition_get_type(x) == 0xef ||
		    (blkid_partition_get_type_string(x) &&
		     strcmp(blkid_partition_get_type_string(x),
			    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b") == 0))
			fputs("=esp", out);
	}
	fclose(out);
	blkid_free_probe(p);
	return text;
}

static void check_seen(const char *want)
{
	CLEANUP_FREE char *seen = as_blkid_sees();

	ck_assert_str_eq(seen, want);
}

START_TEST(test_gap_of_mbr)
{
	CLEANUP_PIECES struct pieces p = { 0 };
	struct ptable t;
	const char *why = NULL;
	uint64_t first, last;

	empty_disk(false);
	mbr(0, 0, 0x83, 2048, 100 * MIB);
	mbr(0, 2, 0x83, 301 * MIB, 211 * MIB);
	ck_assert_int_eq(read_table(&p, &t, &why), 0);
	ck_assert(ptable_room(&t, &first, &last));
	ck_assert_uint_eq(first, 101 * MIB);
	ck_assert_uint_eq(last, 301 * MIB - 1);
	ptable_add_esp(&t, first, last, &p);
	ptable_finish(&t, &p);
	write_back(&p);
	check_seen("1:2048+204800 2:206848+409600=esp 3:616448+432128");
}
END_TEST

/* The layout of Debian's installer: a root, and swap alone in an extended partition. */
static void debian_mbr(void)
{
	empty_disk(false);
	mbr(0, 0, 0x83, 2048, 400 * MIB);
	mbr(0, 1, 0x05, 402 * MIB - 2, 110 * MIB + 2);
	mbr(402 * MIB - 2, 0, 0x82, 2, 110 * MIB);
}

START_TEST(test_logical_swap_shrinks)
{
	CLEANUP_PIECES struct pieces p = { 0 };
	struct ptable t;
	const char *why = NULL;
	uint64_t first, last;

	debian_mbr();
	ck_assert_int_eq(read_table(&p, &t, &why), 0);
	ck_assert_uint_eq(t.n, 3);
	ck_assert(ptable_can_shrink(&t, &t.parts[0]));
	ck_assert(!ptable_can_shrink(&t, &t.parts[1]));
	ck_assert_uint_eq(t.parts[2].first, 402 * MIB);
	ck_assert(ptable_can_shrink(&t, &t.parts[2]));
	ptable_shrink(&t, &t.parts[2], 448 * MIB - 1, &p);
	ck_assert_int_eq(read_table(&p, &t, &why), 0);
	ck_assert(ptable_room(&t, &first, &last));
	ck_assert_uint_eq(first, 448 * MIB);
	ck_assert_uint_eq(last, 512 * MIB - 1);
	ptable_add_esp(&t, first, last, &p);
	write_back(&p);
	check_seen("1:2048+819200 2:823294+94210 3:917504+131072=esp 5:823296+94208");
}
END_TEST

START_TEST(test_gpt)
{
	CLEANUP_PIECES struct pieces p = { 0 };
	struct ptable t;
	const char *why = NULL;
	uint64_t first, last;

	empty_disk(true);
	gpt(0, 2048, 200 * MIB - 1);
	gpt(1, 200 * MIB, 500 * MIB - 1);
	ck_assert_int_eq(read_table(&p, &t, &why), 0);
	ck_assert(t.is_gpt);
	ck_assert(ptable_can_shrink(&t, &t.parts[1]));
	ptable_shrink(&t, &t.parts[1], 400 * MIB - 1, &p);
	ptable_finish(&t, &p);
	ck_assert_int_eq(read_table(&p, &t, &why), 0);
	ck_assert(ptable_room(&t, &first, &last));
	ck_assert_uint_eq(first, 400 * MIB);
	ck_assert_uint_eq(last, 512 * MIB - 1);
	ptable_add_esp(&t, first, last, &p);
	ptable_finish(&t, &p);
	write_back(&p);
	check_seen("1:2048+407552 2:409600+409600 3:819200+229376=esp");
	pieces_clear(&p);
	ck_assert_int_eq(read_table(&p, &t, &why), 0); /* the backup too */
	/* The backup alone tells the same. */
	memset(disk.data + 512, 0, 512);
	check_seen("1:2048+407552 2:409600+409600 3:819200+229376=esp");
}
END_TEST

START_TEST(test_no_free_entry)
{
	CLEANUP_PIECES struct pieces p = { 0 };
	struct ptable t;
	const char *why = NULL;

	empty_disk(false);
	for (int i = 0; i < 4; i++)
		mbr(0, i, 0x83, (uint64_t)(1 + i) * MIB, MIB);
	ck_assert_int_eq(read_table(&p, &t, &why), 0);
	ck_assert_uint_eq(t.free_entry, 0);
}
END_TEST

START_TEST(test_others_are_in_the_way)
{
	CLEANUP_PIECES struct pieces p = { 0 };
	struct ptable t;
	const char *why = NULL;

	empty_disk(false);
	mbr(0, 0, 0x05, 2048, 500 * MIB);
	mbr(2048, 0, 0x82, 2048, 100 * MIB);
	mbr(2048, 1, 0x05, 200 * MIB, 100 * MIB);
	mbr(201 * MIB, 0, 0x83, 2048, 50 * MIB);
	ck_assert_int_eq(read_table(&p, &t, &why), 0);
	ck_assert_uint_eq(t.n, 3);
	for (size_t i = 0; i < t.n; i++)
		ck_assert(ptable_can_shrink(&t, &t.parts[i]) ==
			  (t.parts[i].first == 202 * MIB));
}
END_TEST

static void endless(void)
{
	empty_disk(false);
	mbr(0, 0, 0x05, 2048, 100 * MIB);
	mbr(2048, 0, 0x83, 2048, MIB);
	mbr(2048, 1, 0x05, 0, 100 * MIB);
}

static void beyond(void)
{
	empty_disk(false);
	mbr(0, 0, 0x83, 2048, HEAD);
}

static void no_record(void)
{
	empty_disk(false);
	mbr(0, 0, 0x05, 2048, 100 * MIB);
}

static void bad_header(void)
{
	empty_disk(true);
	put(512 + 40, 35, 8);
}

static void bad_entries(void)
{
	empty_disk(true);
	put(2 * 512, 1, 1);
}

static void no_backup(void)
{
	empty_disk(true);
	memset(disk.data + (size_t)(HEAD - 1) * 512, 0, 512);
}

static void among_partitions(void)
{
	empty_disk(true);
	gpt_header(1, HEAD - 1, 40);
	seal(1);
}

static void over_the_header(void)
{
	empty_disk(true);
	gpt_header(1, HEAD - 1, 1);
	seal(1);
}

static void no_end(void)
{
	empty_disk(true);
	put(512 + 48, UINT64_MAX, 8);
	put((uint64_t)(HEAD - 1) * 512 + 48, UINT64_MAX, 8);
	seal(1);
	seal(HEAD - 1);
}

static void no_beginning(void)
{
	empty_disk(true);
	put(512 + 40, UINT64_MAX, 8);
	put((uint64_t)(HEAD - 1) * 512 + 40, UINT64_MAX, 8);
	seal(1);
	seal(HEAD - 1);
}

static void over_entries(void)
{
	empty_disk(true);
	gpt(0, 3, 100 * MIB);
}

static void over_backup(void)
{
	empty_disk(true);
	gpt(0, 2048, HEAD - 1);
}

/* As gdisk(8) and gptsync(8) make it for systems that know no GPT. */
static void hybrid(void)
{
	empty_disk(true);
	gpt(0, 2048, 100 * MIB);
	mbr(0, 1, 0x83, 200 * MIB, 100 * MIB);
}

static void over_mbr(void)
{
	empty_disk(false);
	mbr(0, 0, 0x82, 0, 500 * MIB);
}

static void over_record(void)
{
	empty_disk(false);
	mbr(0, 0, 0x05, 2048, 100 * MIB);
	mbr(2048, 0, 0x83, 0, MIB);
}

static void longer(void)
{
	empty_disk(false);
	mbr(0, 0, 0x05, 2048, 100 * MIB);
	mbr(2048, 0, 0x83, 2048, 200 * MIB);
}

static void record_outside(void)
{
	empty_disk(false);
	mbr(0, 0, 0x05, 2048, 100 * MIB);
	mbr(2048, 1, 0x05, 200 * MIB, 100 * MIB);
	mbr(201 * MIB, 0, 0x83, 2048, 50 * MIB);
}

static const struct {
	void (*make)(void);
	const char *why;
} broken[] = {
	{ endless, "its logical partitions have no end" },
	{ beyond, "a partition ends beyond the end of the disk" },
	{ no_record, "a record of its partition table is damaged" },
	{ bad_header, "its GPT is damaged" },
	{ bad_entries, "an entry of its GPT is damaged" },
	{ no_backup, "the backup of its GPT is damaged" },
	{ among_partitions, "its GPT lies among the partitions" },
	{ over_the_header, "its GPT lies among the partitions" },
	{ no_end, "its GPT lies among the partitions" },
	{ no_beginning, "its GPT lies among the partitions" },
	{ over_entries, "its GPT lies among the partitions" },
	{ over_backup, "its GPT lies among the partitions" },
	{ hybrid, "its MBR has partitions beside its GPT" },
	{ over_mbr, "a partition lies over its partition table" },
	{ over_record, "a partition lies over its partition table" },
	{ longer, "a logical partition lies outside of the extended one" },
	{ record_outside, "a logical partition lies outside of the extended one" },
};

START_TEST(test_broken)
{
	CLEANUP_PIECES struct pieces p = { 0 };
	struct ptable t;
	const char *why = NULL;

	broken[_i].make();
	ck_assert_int_eq(read_table(&p, &t, &why), -EINVAL);
	ck_assert_str_eq(why, broken[_i].why);
}
END_TEST

static void drop_disk(void)
{
	bytes_clear(&disk);
}

int main(void)
{
	Suite *s = suite_create("ptable");
	TCase *t = tcase_create("ptable");

	tcase_add_checked_fixture(t, NULL, drop_disk);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, test_gap_of_mbr);
	tcase_add_test(t, test_logical_swap_shrinks);
	tcase_add_test(t, test_gpt);
	tcase_add_test(t, test_no_free_entry);
	tcase_add_test(t, test_others_are_in_the_way);
	tcase_add_loop_test(t, test_broken, 0, ARRAY_SIZE(broken));
	suite_add_tcase(s, t);
	return suite_run(s);
}
