/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loaders with a plain menu.  In tests/corpus/FORMAT, NAME.in becomes NAME.out by
 * the edits of grub-cases.h, and its menu is NAME.menu.
 */
#include <config.h>

#include "menus.h"

static glob_t corpus;

/* The format whose directory @path is in. */
static const struct menuformat *format_of(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(menuformats); i++) {
		char dir[64];

		snprintf(dir, sizeof(dir), "/%s/", menuformats[i].name);
		if (strstr(path, dir))
			return &menuformats[i];
	}
	ck_abort_msg("%s: of no format", path);
	return NULL;
}

START_TEST(test_edit)
{
	const char *path = corpus.gl_pathv[_i];
	const struct menuformat *f = format_of(path);
	CLEANUP_BYTES struct bytes in = slurp(path), want = slurp_beside(path, ".out");
	CLEANUP_BYTES struct bytes once = { 0 }, twice = { 0 };

	ck_assert_int_eq(f->edit(&in, &sample_edits, &once), 0);
	ck_assert_msg(bytes_equal(&once, &want), "%s:\n%s", path, once.data);
	ck_assert_int_eq(f->edit(&once, &sample_edits, &twice), 0);
	ck_assert_msg(bytes_equal(&twice, &once), "%s, twice:\n%s", path, twice.data);
}
END_TEST

START_TEST(test_menu)
{
	const char *path = corpus.gl_pathv[_i];
	CLEANUP_BYTES struct bytes in = slurp(path), want = slurp_beside(path, ".menu");
	CLEANUP_MENU struct menu m = { 0 };
	CLEANUP_FREE char *text = NULL;

	ck_assert_int_eq(format_of(path)->entries(&in, &m), 0);
	text = menu_lines(&m);
	ck_assert_msg(strcmp(text, want.data) == 0, "%s:\n%s", path, text);
}
END_TEST

/* Each entry can be made the default, nothing else of the menu changes, twice is once. */
START_TEST(test_set_default)
{
	const char *path = corpus.gl_pathv[_i];
	const struct menuformat *f = format_of(path);
	CLEANUP_BYTES struct bytes in = slurp(path);
	CLEANUP_MENU struct menu m = { 0 };

	ck_assert_int_eq(f->entries(&in, &m), 0);
	for (size_t i = 0; f->set_default && i < m.n; i++) {
		CLEANUP_BYTES struct bytes once = { 0 }, twice = { 0 };
		CLEANUP_MENU struct menu after = { 0 };

		/* DEFAULT with a command of its own is no label. */
		if (m.entries[i].is_default && m.n == 1)
			continue;
		ck_assert_int_eq(f->set_default(&in, &m, i, &once), 0);
		ck_assert_int_eq(f->entries(&once, &after), 0);
		ck_assert_uint_eq(after.n, m.n);
		ck_assert_msg(menu_default(&after) == i, "%s, entry %zu:\n%s", path, i,
			      once.data);
		ck_assert_int_eq(f->set_default(&once, &m, i, &twice), 0);
		ck_assert(bytes_equal(&once, &twice));
	}
}
END_TEST

/* --- GRUB legacy --- */

#define TITLES "title a\nkernel /a root=x\ntitle b\nkernel /b\ntitle c\nkernel /c\n"

static const struct {
	const char *head, *saved;
	size_t want;
} legacy[] = {
	{ "", NULL, 0 },
	{ "default 1\n", NULL, 1 },
	{ "default=2\n", NULL, 2 },
	{ "default\t=\t2\n", NULL, 2 },
	{ "  default \\\n 2\n", NULL, 0 },
	{ "#default 2\n", NULL, 0 },
	{ "# x \\\ndefault 2\n", NULL, 0 },
	{ "default 3\n", NULL, 0 },
	{ "default 3\nfallback 1 2\n", NULL, 1 },
	{ "fallback 9\ndefault 18446744073709551617\n", NULL, 0 },
	{ "default saved\n", NULL, 0 },
	{ "default saved\n", "2\n#\n#\n", 2 },
	{ "default saved\n", "x", 0 },
	{ "default 0\ndefault 2\n", NULL, 2 },
	{ "default x\n", NULL, 0 },
};

START_TEST(test_legacy_default)
{
	CLEANUP_MENU struct menu m = { 0 };
	CLEANUP_FREE char *text = NULL;

	ck_assert(asprintf(&text, "%s" TITLES "default 2\n", legacy[_i].head) > 0);
	ck_assert_int_eq(grub_legacy_entries(text, strlen(text), legacy[_i].saved, &m),
			 0);
	ck_assert_uint_eq(m.n, 3);
	ck_assert_uint_eq(menu_default(&m), legacy[_i].want);
}
END_TEST

/* --- extlinux --- */

#define LABELS                                              \
	"label a\nlinux /a\nlabel b c\nlinux /b\nlabel d\n" \
	"menu label D d\nlinux /d\nmenu default\n"

static const struct {
	const char *head;
	size_t want;
} syslinux[] = {
	{ "", 2 },
	{ "default a\n", 0 },
	{ "DEFAULT b c\n", 1 },
	{ "default b root=/dev/sda1\n", 1 },
	{ "default=a\n", 0 },
	{ "default menu.c32\n", 2 },
	{ "ui menu.c32\ndefault gone.c32\n", 2 },
	{ "default a\nontimeout b c\n", 0 },
	{ "default a\nontimeout b c\ntimeout 0\n", 0 },
	{ "default a\nontimeout b c\ntimeout 50\n", 1 },
	{ "default vmlinuz root=/dev/sda1\n", 3 },
	{ "text help\ndefault a\nendtext\n", 2 },
	{ "# default a\n", 2 },
};

START_TEST(test_extlinux_default)
{
	CLEANUP_MENU struct menu m = { 0 };
	CLEANUP_FREE char *text = NULL;
	struct bytes in;

	ck_assert(asprintf(&text, "%s" LABELS, syslinux[_i].head) > 0);
	in = (struct bytes){ text, strlen(text) };
	ck_assert_int_eq(extlinux_entries(&in, &m), 0);
	ck_assert_uint_eq(menu_default(&m), syslinux[_i].want);
}
END_TEST

/* Two files are one menu: what is before the first label counts in both. */
START_TEST(test_extlinux_files)
{
	static const char first[] =
		"default b\nappend root=x\ninclude l.cfg\nmenu include theme.cfg Theme\n"
		"label a\nkernel /a\n";
	static const char second[] = "label b\nlinux /b\n";
	CLEANUP_EXTLINUX struct extlinux x = { 0 };

	ck_assert_int_eq(extlinux_read(&x, first, strlen(first)), 0);
	ck_assert_int_eq(extlinux_read(&x, second, strlen(second)), 0);
	ck_assert_int_eq(extlinux_finish(&x), 0);
	ck_assert_uint_eq(x.includes.n, 2);
	ck_assert_str_eq(x.includes.v[0], "l.cfg");
	ck_assert_str_eq(x.includes.v[1], "theme.cfg");
	ck_assert_uint_eq(x.menu.n, 2);
	ck_assert_uint_eq(x.files[0], 0);
	ck_assert_uint_eq(x.files[1], 1);
	ck_assert_uint_eq(menu_default(&x.menu), 1);
	ck_assert_str_eq(x.menu.entries[1].cmdline, "root=x");
}
END_TEST

/* --- all --- */

/* Nothing in it is worth a change, and nothing must be: no end, NULs, many of everything. */
START_TEST(test_hostile)
{
	static const char *const parts[] = {
		"title x\n",   "label x\n",    "\\\n",	    "kernel\n",
		"append \"\n", "text help\n",  "\0",	    "default=\n",
		"kernel a b ", "menu default", "[x]\n= \n", "image=x\nappend=\"\n",
	};

	for (size_t k = 0; k < ARRAY_SIZE(menuformats); k++) {
		CLEANUP_BYTES struct bytes in = { 0 }, out = { 0 };
		CLEANUP_MENU struct menu m = { 0 };

		for (int i = 0; i < 6000; i++)
			ck_assert_int_eq(
				bytes_append(&in, parts[_i],
					     strlen(parts[_i]) ? strlen(parts[_i]) : 1),
				0);
		ck_assert_int_eq(menuformats[k].edit(&in, &sample_edits, &out), 0);
		ck_assert(bytes_equal(&in, &out));
		ck_assert_int_eq(menuformats[k].entries(&in, &m), 0);
		ck_assert_uint_le(m.n, MENU_MAX);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("menus");
	TCase *tc = tcase_create("all");

	for (size_t i = 0; i < ARRAY_SIZE(menuformats); i++) {
		const char *srcdir = getenv("srcdir");
		char pattern[4096];

		snprintf(pattern, sizeof(pattern), "%s/tests/corpus/%s/*.in",
			 srcdir ? srcdir : ".", menuformats[i].name);
		if (glob(pattern, i ? GLOB_APPEND : 0, NULL, &corpus) != 0)
			return 99;
	}
	tcase_add_loop_test(tc, test_edit, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_menu, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_set_default, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_legacy_default, 0, (int)ARRAY_SIZE(legacy));
	tcase_add_loop_test(tc, test_extlinux_default, 0, (int)ARRAY_SIZE(syslinux));
	tcase_add_test(tc, test_extlinux_files);
	tcase_add_loop_test(tc, test_hostile, 0, 12);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
