/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/luks.h"
#include "suite.h"

#define SIZE 16384

static const struct {
	const char *what;
	char head[17]; /* the first 16 bytes */
	size_t size; /* that is asked for; 0: no header */
	const char *json;
	int code;
	uint64_t memory;
	const char *tokens;
} cases[] = {
	/* clang-format off */
	{ "LUKS 1", "LUKS\xba\xbe\0\1", LUKS_HEAD, "", 0, 0, "" },
	{ "LUKS 2", "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", SIZE,
	  "{\"keyslots\":{\"0\":{\"kdf\":{\"type\":\"argon2id\",\"memory\":65536}},"
	  "\"1\":{\"kdf\":{\"type\":\"argon2id\",\"memory\":1048576}},"
	  "\"2\":{\"kdf\":{\"type\":\"pbkdf2\"}}},\"tokens\":{\"0\":{\"type\":\"clevis\"},"
	  "\"1\":{\"type\":\"systemd-tpm2\"}}}", 0, 1048576, "clevis, systemd-tpm2" },
	{ "LUKS 2 without anything", "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", SIZE, "{}", 0, 0, "" },
	{ "LUKS 2 of other types", "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", SIZE,
	  "{\"keyslots\":[1],\"tokens\":{\"0\":7,\"1\":{\"type\":[]}}}", 0, 0, "" },
	{ "memory below zero", "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", SIZE,
	  "{\"keyslots\":{\"0\":{\"kdf\":{\"memory\":-1}}}}", 0, 0, "" },
	{ "no JSON", "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", SIZE, "{", -EINVAL, 0, "" },
	{ "a token of endless type", "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", SIZE,
	  "{\"tokens\":{\"0\":{\"type\":\"0123456789012345678901234567890123456789012345678901234"
	  "567890123456789\"},\"1\":{\"type\":\"clevis\"}}}", 0, 0, "clevis" },
	{ "LUKS 3", "LUKS\xba\xbe\0\3\0\0\0\0\0\0\x40\0", 0, "", 0, 0, "" },
	{ "no LUKS", "LUKS\xba\xbf\0\2\0\0\0\0\0\0\x40\0", 0, "", 0, 0, "" },
	{ "a header of 16 EiB", "LUKS\xba\xbe\0\2\xff\xff\xff\xff\xff\xff\xff\xff", 0, "", 0, 0, "" },
	{ "a header of nothing", "LUKS\xba\xbe\0\2\0\0\0\0\0\0\0\0", 0, "", 0, 0, "" },
	/* clang-format on */
};

START_TEST(test_table)
{
	CLEANUP_FREE char *data = calloc(1, SIZE);
	struct luks l = { 0 };

	ck_assert_ptr_nonnull(data);
	memcpy(data, cases[_i].head, 16);
	memcpy(data + LUKS_HEAD, cases[_i].json, strlen(cases[_i].json));
	ck_assert_msg(luks_size(data) == cases[_i].size, "%s", cases[_i].what);
	if (cases[_i].size == 0)
		return;
	ck_assert_msg(luks_parse(data, cases[_i].size, &l) == cases[_i].code, "%s",
		      cases[_i].what);
	ck_assert_uint_eq(l.memory_kib, cases[_i].memory);
	ck_assert_str_eq(l.tokens, cases[_i].tokens);
	ck_assert_int_eq(luks_parse(data, cases[_i].size - 1, &l), -EINVAL);
}
END_TEST

/* The JSON fills its place to the last byte. */
START_TEST(test_no_end)
{
	CLEANUP_FREE char *data = malloc(SIZE);
	struct luks l;

	ck_assert_ptr_nonnull(data);
	memset(data, '[', SIZE);
	memcpy(data, "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0", 16);
	ck_assert_int_eq(luks_parse(data, SIZE, &l), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("luks");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_table, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_no_end);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
