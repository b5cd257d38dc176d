/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files as large as they are read at all, each made of what costs most: work stays in
 * proportion to the file, and so does what is kept of it.
 */
#include <config.h>

#include "format/bls.h"
#include "menus.h"

#define SIZE ((size_t)1 << 20)	    /* bytes; four times as many are read */
#define KEPT_MAX ((size_t)96 << 20) /* bytes */

/* @head, then a line of @line, which has a number where '%' is, until the file is full. */
static const struct text {
	const char *format, *head, *line;
	size_t long_word; /* as many 'x' stand for the '@' of @head */
} texts[] = {
	{ "extlinux", "label a\n", "initrd /a%\n", 0 },
	{ "extlinux", "label a\ninitrd a", ",%", 0 },
	{ "extlinux", "", "include /a%\n", 0 },
	{ "extlinux", "label a\n", "default x%.c32\n", 0 },
	{ "extlinux", "append root=@\n", "label %\nkernel k\n", SIZE / 2 },
	{ "extlinux", "append root=a initrd=@\n", "label %\nkernel k\n", SIZE / 2 },
	{ "grub_legacy", "title a\nmodule a\n", "module /a%\n", 0 },
	{ "grub_legacy", "", "title %\nkernel a b\nmodule a\n", 0 },
	{ "lilo", "", "image=% root=b ", 0 },
	{ "lilo", "image=a root=b ", "image=% ", 0 },
	{ "lilo", "root=a\nappend=@\n", "image=%\n", SIZE / 2 },
	{ "lilo", "initrd=@\n", "image=%\n", SIZE / 2 },
	{ "zipl", "[a]\nimage=a\n", "ramdisk=%\n", 0 },
	{ "zipl", "[defaultboot]\ndefaultmenu=m\n:m\ndefault=1\n", "%=a\n", 0 },
	{ "refind", "", "menuentry % {\n", 0 },
	{ "refind", "", "menuentry % {\n}\n", 0 },
	{ "refind", "menuentry a {\n", "initrd %\n", 0 },
	{ "refind_linux", "", "% \"root=a\"\n", 0 },
	{ "uboot", "", "rootdev=/dev/sda%\n", 0 },
};

static struct bytes make_text(const struct text *t)
{
	struct bytes b = { 0 };
	char number[32];
	int r = 0;

	for (const char *s = t->head; *s; s++) {
		size_t n = *s == '@' ? t->long_word : 1;

		for (size_t i = 0; i < n; i++)
			r |= bytes_append(&b, *s == '@' ? "x" : s, 1);
	}
	for (size_t i = 0; b.len < SIZE; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		for (const char *s = t->line; *s; s++)
			r |= *s == '%' ? bytes_append(&b, number, strlen(number))
				       : bytes_append(&b, s, 1);
	}
	ck_assert_int_eq(r, 0);
	return b;
}

static size_t kept(const struct menu *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct menu_entry *e = &m->entries[i];

		n += e->cmdline ? strlen(e->cmdline) : 0;
		for (size_t k = 0; k < e->initrds.n; k++)
			n += strlen(e->initrds.v[k]);
	}
	return n;
}

START_TEST(test_menu)
{
	const struct text *t = &texts[_i];
	const struct menuformat *f = menuformats;
	CLEANUP_BYTES struct bytes in = make_text(t), edited = { 0 }, fresh = { 0 };
	CLEANUP_MENU struct menu m = { 0 };

	while (strcmp(f->name, t->format) != 0)
		f++;
	ck_assert_int_eq(f->entries(&in, &m), 0);
	ck_assert_uint_lt(kept(&m), KEPT_MAX);
	ck_assert_int_eq(f->edit(&in, &sample_edits, &edited), 0);
	ck_assert_uint_lt(edited.len, 32 * SIZE);
	if (f->set_default && m.n > 0)
		ck_assert_int_eq(f->set_default(&in, &m, m.n - 1, &fresh), 0);
}
END_TEST

static const struct text grub_cfgs[] = {
	{ "grub_cfg", "menuentry a {\nlinux a\n", "initrd a%\n", 0 },
	{ "grub_cfg", "menuentry a {\nlinux a\ninitrd", " a%", 0 },
	{ "grub_cfg", "set root=@\n", "menuentry % {\n}\n", SIZE / 2 },
	{ "grub_cfg", "search --set=root @\n", "menuentry % {\n}\n", SIZE / 2 },
};

START_TEST(test_grub_cfg)
{
	CLEANUP_BYTES struct bytes in = make_text(&grub_cfgs[_i]);
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	size_t n = 0;

	ck_assert_int_eq(grub_cfg_entries(in.data, in.len, NULL, &cfg), 0);
	for (size_t i = 0; i < cfg.n; i++)
		n += (cfg.entries[i].root ? strlen(cfg.entries[i].root) : 0) +
		     (cfg.entries[i].search ? strlen(cfg.entries[i].search) : 0);
	ck_assert_uint_lt(n, KEPT_MAX);
}
END_TEST

static const struct text entries[] = {
	{ "bls", "linux a\noptions root=a\n", "initrd a%\n", 0 },
	{ "bls", "linux a\noptions root=a\ninitrd", " a%", 0 },
	{ "bls", "linux a\n", "options root=/dev/sda%\n", 0 },
};

START_TEST(test_bls)
{
	CLEANUP_BYTES struct bytes in = make_text(&entries[_i]), fresh = { 0 };
	CLEANUP_BLS struct bls b = { 0 };

	ck_assert_int_eq(bls_parse("a.conf", in.data, in.len, &b), 0);
	ck_assert_uint_le(b.initrds.n, MENU_INITRDS_MAX);
	ck_assert_int_eq(bls_edit(in.data, in.len, &sample_edits, &fresh), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sizes");
	TCase *tc = tcase_create("menus");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_menu, 0, ARRAY_SIZE(texts));
	tcase_add_loop_test(tc, test_grub_cfg, 0, ARRAY_SIZE(grub_cfgs));
	tcase_add_loop_test(tc, test_bls, 0, ARRAY_SIZE(entries));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
