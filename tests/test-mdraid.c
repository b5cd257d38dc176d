/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Superblocks that mdadm(8) 4.2 has written, and what is made of damaged ones. */
#include <config.h>

#include "format/mdraid.h"
#include "suite.h"

static struct bytes load(const char *name)
{
	CLEANUP(globfree) glob_t corpus = { 0 };
	char pattern[64];

	snprintf(pattern, sizeof(pattern), "mdraid/%s", name);
	ck_assert_int_eq(corpus_open(pattern, &corpus), 0);
	return slurp(corpus.gl_pathv[0]);
}

START_TEST(test_v1)
{
	CLEANUP_BYTES struct bytes b = load("1.2");
	struct mdraid m;

	ck_assert(mdraid_parse(3, b.data, &m));
	ck_assert_str_eq(m.uuid, "49490198:c9329017:78426073:497816d7");
	ck_assert_str_eq(m.name, "0");
	ck_assert_int_eq(m.number, 0);
	ck_assert_str_eq(mdraid_level(&m), "RAID 10");
	ck_assert_uint_eq(m.members, 4);
	ck_assert_int_eq(m.role, 2);
	ck_assert_uint_eq(m.events, 2);
	ck_assert(!m.is_v0 && !m.is_reshaping);
	ck_assert_uint_eq(mdraid_needs(&m), 2);
	ck_assert(!mdraid_parse(0, b.data, &m));
}
END_TEST

START_TEST(test_v0)
{
	CLEANUP_BYTES struct bytes b = load("0.90");
	struct mdraid m;

	ck_assert(mdraid_parse(0, b.data, &m));
	ck_assert_str_eq(m.uuid, "d21a2f47:5581a206:34d184ca:a8ba963b");
	ck_assert_str_eq(m.name, "0");
	ck_assert_int_eq(m.number, 0);
	ck_assert_str_eq(mdraid_level(&m), "RAID 1");
	ck_assert_uint_eq(m.members, 2);
	ck_assert_int_eq(m.role, 1);
	ck_assert_uint_eq(m.events, 1);
	ck_assert(m.is_v0);
	ck_assert(!mdraid_parse(3, b.data, &m));
}
END_TEST

/* Bytes at @offset of the 1.2 superblock, and what is made of it. */
static const struct {
	const char *what;
	size_t offset;
	const char *bytes;
	size_t len;
	bool is_one;
	int role, number;
	const char *name;
	bool is_reshaping;
} cases[] = {
	/* clang-format off */
	{ "no magic", 0, "\0", 1, false, 0, 0, NULL, false },
	{ "version 2", 4, "\2", 1, false, 0, 0, NULL, false },
	{ "level 7", 72, "\7", 1, false, 0, 0, NULL, false },
	{ "linear", 72, "\xff\xff\xff\xff", 4, true, 2, 0, "0", false },
	{ "no members", 92, "\0", 1, false, 0, 0, NULL, false },
	{ "too many members", 92, "\0\0\1", 3, false, 0, 0, NULL, false },
	{ "a place beyond the last", 92, "\2", 1, false, 0, 0, NULL, false },
	{ "a number of a device beyond its table", 160, "\xff\xff\xff\xff", 4, true,
	  MDRAID_SPARE, 0, "0", false },
	{ "a table beyond the superblock", 220, "\xff\xff\xff\xff", 4, true, 2, 0, "0", false },
	{ "spare", 260, "\xff\xff", 2, true, MDRAID_SPARE, 0, "0", false },
	{ "faulty", 260, "\xfe\xff", 2, true, MDRAID_FAULTY, 0, "0", false },
	{ "journal", 260, "\xfd\xff", 2, true, MDRAID_JOURNAL, 0, "0", false },
	{ "a name", 32, "web:root", 9, true, 2, -1, "root", false },
	{ "no host", 32, "127", 4, true, 2, 127, "127", false },
	{ "a number that is none", 32, "web:12345678901", 16, true, 2, -1, "12345678901", false },
	{ "a name without an end", 32, "0123456789012345678901234567890123456789", 32, true, 2,
	  -1, "01234567890123456789012345678901", false },
	{ "reshape", 8, "\4", 1, true, 2, 0, "0", true },
	/* clang-format on */
};

START_TEST(test_table)
{
	CLEANUP_BYTES struct bytes b = load("1.2");
	const size_t roles = cases[_i].offset == 260 ? 256 + 2 * 2 : cases[_i].offset;
	struct mdraid m = { 0 };

	memcpy(b.data + roles, cases[_i].bytes, cases[_i].len);
	ck_assert_msg(mdraid_parse(3, b.data, &m) == cases[_i].is_one, "%s", cases[_i].what);
	if (!cases[_i].is_one)
		return;
	ck_assert_int_eq(m.role, cases[_i].role);
	ck_assert_int_eq(m.number, cases[_i].number);
	ck_assert_str_eq(m.name, cases[_i].name);
	ck_assert_int_eq(m.is_reshaping, cases[_i].is_reshaping);
}
END_TEST

static const struct {
	int level;
	unsigned layout, members, needs;
} needs[] = {
	{ 0, 0, 3, 3 },	    { -1, 0, 2, 2 },	   { 1, 0, 3, 1 },
	{ 4, 0, 3, 2 },	    { 5, 0, 5, 4 },	   { 6, 0, 6, 4 },
	{ 6, 0, 2, 1 },	    { 10, 0x102, 4, 2 },   { 10, 0x102, 5, 3 },
	{ 10, 0x201, 4, 2 }, { 10, 0x101, 4, 4 }, { 10, 0, 4, 4 },
};

START_TEST(test_needs)
{
	const struct mdraid m = { .level = needs[_i].level,
				  .layout = needs[_i].layout,
				  .members = needs[_i].members };

	ck_assert_uint_eq(mdraid_needs(&m), needs[_i].needs);
}
END_TEST

START_TEST(test_stale)
{
	ck_assert(!mdraid_is_stale(&(struct mdraid){ .events = 10 }, 10));
	ck_assert(!mdraid_is_stale(&(struct mdraid){ .events = 9 }, 10));
	ck_assert(mdraid_is_stale(&(struct mdraid){ .events = 8 }, 10));
	ck_assert(!mdraid_is_stale(&(struct mdraid){ .events = UINT64_MAX }, 10));
}
END_TEST

/* Sizes: of a device, and where the superblock is to be; -1: nowhere. */
static const struct {
	size_t i;
	uint64_t size;
	int64_t offset;
} places[] = {
	{ 0, 1 << 20, (1 << 20) - 65536 },
	{ 0, (1 << 20) + 65535, (1 << 20) - 65536 },
	{ 0, 65536, 0 },
	{ 0, 65535, -1 },
	{ 1, 1 << 20, (1 << 20) - 8192 },
	{ 1, (1 << 20) + 4095, (1 << 20) - 8192 },
	{ 1, 8192, -1 },
	{ 2, 1 << 20, 0 },
	{ 3, 1 << 20, 4096 },
	{ 3, 512, -1 },
};

START_TEST(test_places)
{
	uint64_t offset = 0;
	bool is_place = mdraid_place(places[_i].i, places[_i].size, &offset);

	ck_assert_int_eq(is_place, places[_i].offset >= 0);
	if (is_place)
		ck_assert_int_eq((int64_t)offset, places[_i].offset);
}
END_TEST

/* Whatever stands there: what is reported is in bounds. */
START_TEST(test_damage)
{
	CLEANUP_BYTES struct bytes b = load(_i ? "1.2" : "0.90");
	unsigned seed = 1;

	for (int n = 0; n < 20000; n++) {
		unsigned at = (seed = seed * 1103515245 + 12345) >> 8;
		char *byte = &b.data[at % (n % 2 ? 300 : MDRAID_SIZE)], old = *byte;
		struct mdraid m;

		*byte = (char)(seed >> 20);
		if (mdraid_parse(_i ? 3 : 0, b.data, &m)) {
			ck_assert_uint_le(m.members, MDRAID_MEMBERS);
			ck_assert_int_lt(m.role, (int)m.members);
			ck_assert_uint_le(mdraid_needs(&m), m.members);
		}
		if (n % 7)
			*byte = old;
		else
			memcpy(b.data, _i ? "\xfc\x4e\x2b\xa9\1" : "\xfc\x4e\x2b\xa9", 5);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mdraid");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, test_v1);
	tcase_add_test(tc, test_v0);
	tcase_add_loop_test(tc, test_table, 0, (int)ARRAY_SIZE(cases));
	tcase_add_loop_test(tc, test_needs, 0, (int)ARRAY_SIZE(needs));
	tcase_add_test(tc, test_stale);
	tcase_add_loop_test(tc, test_places, 0, (int)ARRAY_SIZE(places));
	tcase_add_loop_test(tc, test_damage, 0, 2);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
