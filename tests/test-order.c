/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of guest/order.c: claims in, order out; and of names that are parsed and written. */
#include <config.h>

#include "guest/order.h"
#include "suite.h"

/* A claim is "NAME:FITS", FITS one digit per disk given, counted from 1; '~' in front: weak. */
static const struct {
	const char *what;
	unsigned n_disks;
	const char *claims; /* blanks between */
	const char *want;   /* "sda=2 sdb=1?": '?' marks a guess; "": the order given */
} cases[] = {
	{ "nothing is known", 3, "", "" },
	{ "the order given is possible", 3, "sda:123 sdb:23 sdc:123", "" },
	{ "the order given is confirmed", 2, "sda:1 sdb:2", "" },
	{ "two are exchanged", 2, "sda:2", "sda=2 sdb=1" },
	{ "from what is excluded", 2, "sdb:1", "sda=2 sdb=1" },
	{ "three, all known", 3, "sda:3 sdb:1 sdc:2", "sda=3 sdb=1 sdc=2" },
	{ "three, the last by exclusion", 3, "sda:3 sdb:1", "sda=3 sdb=1 sdc=2" },
	{ "two are left: a guess", 3, "sda:2", "sda=2 sdb=1? sdc=3?" },
	{ "two fit both: a guess", 3, "sda:2 sdb:13 sdc:13", "sda=2 sdb=1? sdc=3?" },
	{ "one fits both, one does not", 3, "sda:2 sdb:13 sdc:1", "sda=2 sdb=3 sdc=1" },
	{ "a chain", 4, "sda:12 sdb:23 sdc:34 sdd:1", "sda=2 sdb=3 sdc=4 sdd=1" },
	{ "what contradicts is left out", 2, "sda:2 sda:1", "sda=2 sdb=1" },
	{ "two want the same disk: the first has it", 2, "sda:2 sdb:2", "sda=2 sdb=1" },
	{ "what fits nothing is left out", 2, "sda: sdb:12", "" },
	{ "the middle one is missing", 2, "sda:1 sdc:2", "sda=1 sdc=2" },
	{ "beyond those given, weakly", 2, "sda:1 ~sdc:2", "" },
	{ "weak, but among them", 2, "~sda:2", "sda=2 sdb=1" },
	{ "first is missing, and another unknown", 2, "sdc:1", "sda=2? sdc=1" },
	{ "one is missing for certain", 2, "sda:1 sdb!", "sda=1 sdb=0 sdc=2" },
	{ "missing, but found by another name", 2, "sdb! sdb:2", "" },
	{ "missing, but found before", 2, "sdb:2 sdb!", "" },
	{ "missing, and another contradicts", 2, "sdb! sdb:", "sda=1? sdb=0 sdc=2?" },
	{ "ids", 2, "disk/by-id/ata-A-part1:2 disk/by-id/ata-B:12", "ata-A=2 ata-B=1?" },
	{ "an id that is narrowed down", 2,
	  "disk/by-id/ata-A-part1:12 disk/by-id/ata-A-part2:2", "ata-A=2" },
	{ "one WWID in three forms", 3,
	  "mapper/3600508b400105e210000900000490000p1:123 "
	  "disk/by-id/wwn-0x600508b400105e210000900000490000:23 "
	  "disk/by-id/scsi-3600508b400105e210000900000490000-part2:3",
	  "600508b400105e210000900000490000=3" },
	{ "ids leave the order alone", 2, "disk/by-id/ata-A:2 sda:1", "ata-A=2" },
	{ "no disk", 0, "sda:", "" },
};

static void claim(struct order *o, char *text)
{
	bool fits[64] = { false }, is_weak = *text == '~';
	char *colon = strrchr(text, ':');
	struct busname b;

	if (!colon) { /* "NAME!": it is missing */
		*strchr(text, '!') = '\0';
		b = busname_parse(text);
		ck_assert_int_eq(order_claim_absent(o, &b), 0);
		return;
	}

	for (const char *p = colon + 1; *p; p++)
		fits[*p - '1'] = true;
	*colon = '\0';
	b = busname_parse(text + is_weak);
	ck_assert_int_ge(order_claim(o, &b, fits, is_weak), 0);
}

static void format_order(const struct guest *g, char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < g->n_source_disks; i++) {
		const struct source_disk *s = &g->source_disks[i];
		char name[16];

		busname_format(s->ordinal, name);
		n += (size_t)snprintf(out + n, size - n, "%s%s=%u%s", n ? " " : "",
				      s->id ? s->id : name, s->disk + 1,
				      s->is_guess ? "?" : "");
	}
}

START_TEST(test_table)
{
	CLEANUP_ORDER struct order o = { .n_disks = cases[_i].n_disks };
	CLEANUP_FREE char *claims = strdup(cases[_i].claims);
	CLEANUP_GUEST struct guest g = { 0 };
	char got[512];

	for (char *rest = claims, *word; (word = strsep(&rest, " "));)
		if (*word)
			claim(&o, word);
	ck_assert_int_eq(order_solve(&o, &g), 0);
	format_order(&g, got, sizeof(got));
	ck_assert_msg(strcmp(got, cases[_i].want) == 0, "%s: %s", cases[_i].what, got);
}
END_TEST

/* Sixty disks in reverse, and all of them alike but for the first. */
START_TEST(test_many)
{
	CLEANUP_ORDER struct order o = { .n_disks = 60 };
	CLEANUP_GUEST struct guest g = { 0 };
	bool fits[60];

	for (unsigned k = 0; k < 60; k++) {
		const struct busname b = { .kind = BUSNAME_ORDERED, .disk = k };

		for (unsigned d = 0; d < 60; d++)
			fits[d] = _i ? d == 59 - k : (d == 59) == (k == 0);
		ck_assert_int_eq(order_claim(&o, &b, fits, true), 1);
	}
	ck_assert_int_eq(order_solve(&o, &g), 0);
	ck_assert_uint_eq(g.n_source_disks, 60);
	ck_assert_uint_eq(g.source_disks[0].disk, 59);
	for (unsigned k = 0; k < 60; k++) {
		if (_i)
			ck_assert_uint_eq(g.source_disks[k].disk, 59 - k);
		ck_assert_int_eq(g.source_disks[k].is_guess, !_i && k > 0);
	}
}
END_TEST

START_TEST(test_settled)
{
	static const struct {
		const char *claims;
		bool is_settled;
	} rows[] = { { "", true },
		     { "sda:1", true },
		     { "sda:1 sdb:2", true },
		     { "sda:12", false },
		     { "sdb:1", false },
		     { "sdb!", false },
		     { "sda:1 sdc:2", false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP_ORDER struct order o = { .n_disks = 2 };
		CLEANUP_FREE char *claims = strdup(rows[i].claims);

		for (char *rest = claims, *word; (word = strsep(&rest, " "));)
			if (*word)
				claim(&o, word);
		ck_assert_msg(order_is_settled(&o) == rows[i].is_settled, "%s",
			      rows[i].claims);
	}
}
END_TEST

START_TEST(test_format)
{
	static const struct {
		unsigned disk;
		const char *name;
	} names[] = { { 0, "sda" },    { 25, "sdz" },	{ 26, "sdaa" },
		      { 51, "sdaz" },  { 52, "sdba" },	{ 701, "sdzz" },
		      { 702, "sdaaa" }, { 65536, "sdcrxq" } };
	char name[16];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct busname b;

		busname_format(names[i].disk, name);
		ck_assert_str_eq(name, names[i].name);
		b = busname_parse(name);
		ck_assert_int_eq(b.kind, names[i].disk <= 65535 ? BUSNAME_ORDERED
							       : BUSNAME_VOID);
		ck_assert_uint_eq(b.disk, names[i].disk <= 65535 ? names[i].disk : 0);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("order");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_table, 0, (int)ARRAY_SIZE(cases));
	tcase_add_loop_test(tc, test_many, 0, 2);
	tcase_add_test(tc, test_settled);
	tcase_add_test(tc, test_format);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
