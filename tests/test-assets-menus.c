/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What grubby's own tests expect of loaders other than GRUB 2.  Its commands are
 * rows here, its results are in the archive.
 *
 * Where we differ, on purpose:
 * - Entries are not added or removed by us: of such a result the menu is compared.
 * - An index that no entry has ("g.13.9") is written by grubby; GRUB then starts the
 *   first entry, and so we say.
 * - A default that grubby leaves unsaid ("g3.2", "extlinux3.2") is written by us.
 * - Two root= in one command ("g1.2", "extlinux1.2", "extlinux4.5"): grubby adds a line
 *   "root /dev/hda2" for what it did not replace; we keep each word where it is.
 * - Arguments are removed (g3.4, g3.7, l3.1, …): of a loader that is never asked for here, and
 *   cmdline_remove() has tests of its own.  Cases of titles, of `grubby --info` and of
 *   default arguments (info/, longtitle/, updargs/ of LILO) are of operations that we have not.
 * - Multiboot entries that grubby adds (multiboot/…), and elilo and yaboot menus that differ
 *   by them only, are of an operation that we have not.
 */
#include <config.h>

#include "assets.h"
#include "menus.h"

static struct assets files;
static struct names compared;

static const struct menuformat *format_of(const char *in)
{
	static const struct {
		const char *prefix, *format;
	} map[] = {
		{ "grub.", "grub_legacy" }, { "extlinux.", "extlinux" },
		{ "lilo.", "lilo" },	    { "yaboot.", "lilo" },
		{ "zipl.", "zipl" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++)
		for (size_t k = 0; k < ARRAY_SIZE(menuformats); k++)
			if (strncmp(in, map[i].prefix, strlen(map[i].prefix)) == 0 &&
			    strcmp(menuformats[k].name, map[i].format) == 0)
				return &menuformats[k];
	ck_abort_msg("%s: of no format", in);
	return NULL;
}

static const struct bytes *need(const char *dir, const char *name)
{
	char path[512];
	const struct bytes *b;

	snprintf(path, sizeof(path), "%s%s", dir, name);
	b = asset(&files, path);
	ck_assert_msg(b != NULL, "%s is not in the archive", path);
	return b;
}

static const struct bytes *source(const char *name)
{
	return need("test/", name);
}

static const struct bytes *result(const char *name)
{
	ck_assert_int_eq(names_add_new(&compared, name), 0);
	return need("test/results/", name);
}

static const struct menu_entry *default_of(const struct menu *m)
{
	size_t at = menu_default(m);

	ck_assert_uint_lt(at, m->n);
	return &m->entries[at];
}

/* --- entries that come and go --- */

enum what {
	ADD,	/* one is new, with the arguments of the default one */
	PLAIN,	/* one is new, without arguments */
	REMOVE, /* one or two are gone */
	RENEW, /* another one of the same arguments is in the place of one, and the default */
};

static const struct {
	const char *in, *out;
	enum what what;
	const char *args[4]; /* of the new entry, besides those; "-WORD" is not */
} menus[] = {
	{ "grub.1", "default/g1.1", PLAIN },
	{ "grub.1", "default/g1.2", PLAIN },
	{ "grub.4", "default/g4.1", REMOVE },
	{ "grub.6", "default/g6.1", REMOVE },
	{ "grub.5", "fallback/g5.1", REMOVE },
	{ "grub.5", "fallback/g5.2", REMOVE },
	{ "grub.1", "args/g1.1", ADD, { "1234" } },
	{ "grub.1", "args/g1.2", PLAIN, { "1234" } },
	{ "grub.7", "remove/g7.1", REMOVE },
	{ "grub.3", "remove/g3.1", REMOVE },
	{ "grub.9", "remove/g9.1", REMOVE },
	{ "grub.1", "add/g1.1", PLAIN },
	{ "grub.1", "add/g1.2", PLAIN },
	{ "grub.1", "add/g1.3", ADD },
	{ "grub.1", "add/g1.4", ADD },
	{ "grub.1", "add/g1.5", PLAIN },
	{ "grub.1", "add/g1.6", PLAIN },
	{ "grub.1", "add/g1.17", PLAIN },
	{ "grub.15", "add/g1.8", PLAIN },
	{ "grub.15", "add/g1.9", PLAIN },
	{ "grub.15", "add/g1.10", PLAIN },
	{ "grub.2", "add/g2.1", RENEW },
	{ "grub.8", "add/g8.1", ADD },
	{ "grub.8",
	  "add/g8.2",
	  ADD,
	  { "console=tty0", "console=ttyS1,9600n81", "single" } },
	{ "grub.11",
	  "add/g11.1",
	  ADD,
	  { "-console", "console=tty0", "console=ttyS1,9600n81", "single" } },
	{ "extlinux.1", "default/extlinux1.1", PLAIN },
	{ "extlinux.1", "default/extlinux1.2", PLAIN },
	{ "extlinux.1", "args/extlinux1.1", ADD, { "1234" } },
	{ "extlinux.1", "args/extlinux1.2", PLAIN, { "1234" } },
	{ "extlinux.4", "remove/extlinux4.1", REMOVE },
	{ "extlinux.3", "remove/extlinux3.1", REMOVE },
	{ "extlinux.1", "add/extlinux1.1", PLAIN },
	{ "extlinux.1", "add/extlinux1.2", PLAIN },
	{ "extlinux.1", "add/extlinux1.3", ADD },
	{ "extlinux.1", "add/extlinux1.4", ADD },
	{ "extlinux.2", "add/extlinux2.1", RENEW },
	{ "extlinux.5", "add/extlinux5.1", RENEW },
	{ "extlinux.6", "add/extlinux6.1", RENEW },
	{ "lilo.1", "default/l1.2", REMOVE },
	{ "lilo.1", "default/l1.3", ADD },
	{ "lilo.1", "default/l1.4", ADD },
	{ "lilo.4", "add/l4.1", ADD },
	{ "lilo.5", "add/l5.1", ADD },
	{ "lilo.6", "add/l6.1", ADD },
	{ "yaboot.1", "remove/y1.1", REMOVE },
	{ "yaboot.1", "remove/y1.2", REMOVE },
	{ "yaboot.2", "remove/y2.1", REMOVE },
	{ "zipl.1", "default/z1.1", PLAIN },
	{ "zipl.1", "default/z1.2", PLAIN },
	{ "zipl.1", "remove/z1.1", REMOVE },
	{ "zipl.1", "remove/z1.2", REMOVE },
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_entry(const struct menu_entry *a, const struct menu_entry *b)
{
	return same(a->title, b->title) && same(a->kernel, b->kernel) &&
	       same(a->cmdline, b->cmdline) && a->initrds.n == b->initrds.n &&
	       (a->initrds.n == 0 || same(a->initrds.v[0], b->initrds.v[0]));
}

/* The first entry that only @more has, of @max at most; the others are the same, in order. */
static const struct menu_entry *odd_one(const struct menu *more, const struct menu *less,
					size_t max)
{
	const struct menu_entry *odd = NULL;
	size_t k = 0;

	for (size_t i = 0; i < more->n; i++) {
		if (k < less->n && same_entry(&more->entries[i], &less->entries[k]))
			k++;
		else if (!odd)
			odd = &more->entries[i];
	}
	ck_assert_uint_eq(k, less->n);
	ck_assert_uint_le(more->n - less->n, max);
	return odd;
}

/* The arguments that grubby copies: of the default entry, or of the first that starts Linux. */
static const char *model_of(const struct menu *m)
{
	const struct menu_entry *e = default_of(m);

	for (size_t i = 0; !e->cmdline && i < m->n; i++)
		e = &m->entries[i];
	return e->cmdline ? e->cmdline : "";
}

START_TEST(test_menu)
{
	const struct menuformat *f = format_of(menus[_i].in);
	CLEANUP_MENU struct menu in = { 0 }, out = { 0 };
	CLEANUP_BYTES struct bytes want = { 0 };
	const struct menu_entry *fresh;

	ck_assert_int_eq(f->entries(source(menus[_i].in), &in), 0);
	ck_assert_int_eq(f->entries(result(menus[_i].out), &out), 0);
	if (menus[_i].what == REMOVE) {
		ck_assert_ptr_nonnull(odd_one(&in, &out, 2));
		return;
	}
	if (menus[_i].what == RENEW) {
		ck_assert_uint_eq(in.n, out.n);
		ck_assert_str_eq(default_of(&in)->cmdline, default_of(&out)->cmdline);
		ck_assert(!same_entry(default_of(&in), default_of(&out)));
		return;
	}
	fresh = odd_one(&out, &in, 1);
	ck_assert_ptr_nonnull(fresh);
	if (menus[_i].what == ADD)
		ck_assert_int_eq(bytes_set(&want, model_of(&in), strlen(model_of(&in))),
				 0);
	else
		ck_assert_int_eq(bytes_set(&want, "", 0), 0);
	for (size_t k = 0; k < ARRAY_SIZE(menus[_i].args) && menus[_i].args[k]; k++) {
		const char *word = menus[_i].args[k];

		ck_assert_int_eq((word[0] == '-' ? cmdline_remove : cmdline_add)(
					 want.data, want.len, CMDLINE_KERNEL,
					 word + (word[0] == '-'), &want),
				 0);
	}
	ck_assert_str_eq(fresh->cmdline ? fresh->cmdline : "", want.data);
}
END_TEST

/* --- which entry is the default --- */

enum fact {
	INDEX,
	TITLE,
	KERNEL
};

static const struct {
	const char *in, *out;
	enum fact fact;
} defaults[] = {
	{ "grub.1", "defaultindex/0", INDEX },
	{ "grub.2", "defaultindex/0", INDEX },
	{ "grub.3", "defaultindex/0", INDEX },
	{ "grub.4", "defaultindex/0", INDEX },
	{ "grub.5", "defaultindex/0", INDEX },
	{ "grub.6", "defaultindex/2", INDEX },
	{ "grub.7", "defaultindex/2", INDEX },
	{ "grub.8", "defaultindex/0", INDEX },
	{ "grub.9", "defaultindex/0", INDEX },
	{ "grub.10", "defaultindex/0", INDEX },
	{ "grub.1", "defaulttitle/g.1", TITLE },
	{ "grub.2", "defaulttitle/g.2", TITLE },
	{ "grub.3", "defaulttitle/g.3", TITLE },
	{ "grub.4", "defaulttitle/g.4", TITLE },
	{ "grub.5", "defaulttitle/g.5", TITLE },
	{ "grub.6", "defaulttitle/g.6", TITLE },
	{ "grub.7", "defaulttitle/g.7", TITLE },
	{ "grub.8", "defaulttitle/g.8", TITLE },
	{ "grub.9", "defaulttitle/g.9", TITLE },
	{ "grub.10", "defaulttitle/g.10", TITLE },
	{ "grub.11", "defaulttitle/g.11", TITLE },
	{ "grub.1", "defaultkernel/g.2", KERNEL },
	{ "lilo.1", "defaultkernel/l1.1", KERNEL },
	{ "zipl.1", "defaultindex/0", INDEX },
	{ "zipl.1", "defaulttitle/z.1", TITLE },
	{ "zipl.1", "defaultkernel/z.1", KERNEL },
};

START_TEST(test_default)
{
	CLEANUP_MENU struct menu m = { 0 };
	const struct menu_entry *e;
	char got[512];

	ck_assert_int_eq(format_of(defaults[_i].in)->entries(source(defaults[_i].in), &m),
			 0);
	e = default_of(&m);
	if (defaults[_i].fact == INDEX)
		snprintf(got, sizeof(got), "%zu\n", menu_default(&m));
	else
		snprintf(got, sizeof(got), "%s\n",
			 defaults[_i].fact == TITLE ? e->title : e->kernel);
	ck_assert_str_eq(got, result(defaults[_i].out)->data);
}
END_TEST

/* The whole file, byte for byte; or, where @menu is set, what the result means. */
static const struct {
	const char *in, *out;
	size_t index;
	bool menu;
} choices[] = {
	{ "grub.3", "default/g3.1", 1, true },
	{ "grub.3", "default/g3.2", 0, true },
	{ "grub.13", "setdefaultindex/g.13.0", 0, false },
	{ "grub.13", "setdefaultindex/g.13.1", 1, false },
	{ "lilo.1", "default/l1.1", 0, false },
	{ "zipl.2", "default/z2.1", 0, false },
	{ "extlinux.3", "default/extlinux3.1", 1, true },
	{ "extlinux.3", "default/extlinux3.2", 0, true },
};

START_TEST(test_set_default)
{
	const struct menuformat *f = format_of(choices[_i].in);
	const struct bytes *in = source(choices[_i].in), *want = result(choices[_i].out);
	CLEANUP_MENU struct menu m = { 0 }, theirs = { 0 }, ours = { 0 };
	CLEANUP_BYTES struct bytes got = { 0 };

	ck_assert_int_eq(f->entries(in, &m), 0);
	ck_assert_int_eq(f->entries(want, &theirs), 0);
	ck_assert_int_eq(f->set_default(in, &m, choices[_i].index, &got), 0);
	ck_assert_int_eq(f->entries(&got, &ours), 0);
	ck_assert_uint_eq(menu_default(&theirs), choices[_i].index);
	ck_assert_uint_eq(menu_default(&ours), choices[_i].index);
	ck_assert(choices[_i].menu || bytes_equal(&got, want));
}
END_TEST

/* What no entry is: the first one, as GRUB does. */
START_TEST(test_no_such_default)
{
	CLEANUP_MENU struct menu m = { 0 };

	ck_assert_int_eq(
		format_of("grub.13")->entries(result("setdefaultindex/g.13.9"), &m), 0);
	ck_assert_uint_eq(menu_default(&m), 0);
}
END_TEST

/* --- arguments --- */

static const struct {
	const char *in, *out;
	const char *set[4]; /* KEY=VALUE takes the place of what KEY has */
	const char *add[2]; /* where it is not there */
} updates[] = {
	{ "grub.1", "updargs/g1.1", { "root=/dev/hda1" }, { 0 } },
	{ "grub.3", "updargs/g3.1", { "hdd=notide-scsi" }, { 0 } },
	{ "grub.3", "updargs/g3.2", { "hdd=notide-scsi", "root=/dev/hdd1" }, { 0 } },
	{ "grub.3", "updargs/g3.5", { 0 }, { 0 } },
	{ "grub.7", "updargs/g7.1", { 0 }, { "hde=ide-scsi" } },
	{ "grub.7", "updargs/g7.2", { 0 }, { "hde=ide-scsi" } },
	{ "grub.7", "updargs/g7.3", { 0 }, { "hde=ide-scsi" } },
	{ "grub.7", "updargs/g7.4", { "root=LABEL=/" }, { "single" } },
	{ "grub.7", "updargs/g7.5", { "root=/dev/hda2" }, { 0 } },
	{ "grub.11", "updargs/g11.2", { "root=LABEL=/" }, { "single" } },
	{ "extlinux.1", "updargs/extlinux1.1", { "root=/dev/hda1" }, { 0 } },
	{ "extlinux.3",
	  "updargs/extlinux3.1",
	  { "hdd=notide-scsi" },
	  { "hdd=notide-scsi" } },
	{ "extlinux.3",
	  "updargs/extlinux3.2",
	  { "root=/dev/hdd1" },
	  { "hdd=notide-scsi" } },
	{ "extlinux.4", "updargs/extlinux4.2", { 0 }, { "hde=ide-scsi" } },
	{ "extlinux.4", "updargs/extlinux4.3", { 0 }, { "hde=ide-scsi" } },
	{ "extlinux.4", "updargs/extlinux4.4", { "root=LABEL=/" }, { "single" } },
	{ "lilo.1", "updargs/l1.1", { "root=/dev/md1" }, { 0 } },
};

static int set_words(const struct cmdline_edits *e, const char *key, const char *value,
		     char **word)
{
	const char *const *set = e->data;

	(void)value;
	for (size_t i = 0; i < 4 && set[i]; i++) {
		size_t n = strlen(key);

		if (strncmp(set[i], key, n) == 0 && set[i][n] == '=')
			*word = strdup(set[i]);
	}
	return 0;
}

static size_t line_length(const char *s)
{
	return strcspn(s, "\n");
}

/* Ours changes all entries, grubby those that it was told: a line that grubby has changed is
 * the same here, and all others are as they were or so changed too.
 */
START_TEST(test_update)
{
	const struct bytes *in = source(updates[_i].in);
	const char *old = in->data, *want = result(updates[_i].out)->data, *at;
	const struct cmdline_edits e = {
		.map = set_words,
		.data = (void *)(uintptr_t)updates[_i].set,
		.args = updates[_i].add[0] ? updates[_i].add : NULL,
		.only_with = updates[_i].set[0] ? "root" : NULL,
	};
	CLEANUP_BYTES struct bytes got = { 0 };

	ck_assert_int_eq(format_of(updates[_i].in)->edit(in, &e, &got), 0);
	for (at = got.data; *old && *want && *at;) {
		size_t n = line_length(old), m = line_length(want), k = line_length(at);

		if (n != m || memcmp(old, want, n) != 0)
			ck_assert_msg(k == m && memcmp(at, want, m) == 0,
				      "%.*s\nwanted %.*s", (int)k, at, (int)m, want);
		old += n + (old[n] == '\n');
		want += m + (want[m] == '\n');
		at += k + (at[k] == '\n');
	}
	ck_assert_str_eq(old, "");
	ck_assert_str_eq(want, "");
	ck_assert_str_eq(at, "");
}
END_TEST

/* --- every file, through every format --- */

START_TEST(test_every_file)
{
	const struct menuformat *f = &menuformats[_i];
	const struct cmdline_edits none = { 0 };

	for (size_t i = 0; i < files.n; i++) {
		const struct bytes *in = &files.v[i].data;
		CLEANUP_BYTES struct bytes same = { 0 }, once = { 0 }, twice = { 0 };
		CLEANUP_MENU struct menu m = { 0 };

		ck_assert_int_eq(f->entries(in, &m), 0);
		ck_assert_int_eq(f->edit(in, &none, &same), 0);
		ck_assert(bytes_equal(in, &same));
		ck_assert_int_eq(f->edit(in, &sample_edits, &once), 0);
		ck_assert_int_eq(f->edit(&once, &sample_edits, &twice), 0);
		ck_assert_msg(bytes_equal(&once, &twice), "%s as %s", files.v[i].path,
			      f->name);
	}
}
END_TEST

START_TEST(test_count)
{
	size_t total = 0;

	for (size_t i = 0; i < files.n; i++)
		total += strstr(files.v[i].path, "test/results/") &&
			 !strstr(files.v[i].path, "/g2");
	printf("grubby: %zu of %zu results of other loaders compared\n", compared.n,
	       total);
	ck_assert_uint_ge(compared.n, 90);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;

	if (!assets_open("config/grubby-test.tar.xz", &files)) {
		printf("skipped: config/grubby-test.tar.xz is absent; see "
		       "LIBCONVERT_ASSETS in HACKING\n");
		return 77;
	}
	s = suite_create("assets_menus");
	tc = tcase_create("all");
	/* One process: test_count sums up what the others did. */
	setenv("CK_FORK", "no", 1);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, test_menu, 0, (int)ARRAY_SIZE(menus));
	tcase_add_loop_test(tc, test_default, 0, (int)ARRAY_SIZE(defaults));
	tcase_add_loop_test(tc, test_set_default, 0, (int)ARRAY_SIZE(choices));
	tcase_add_test(tc, test_no_such_default);
	tcase_add_loop_test(tc, test_update, 0, (int)ARRAY_SIZE(updates));
	tcase_add_loop_test(tc, test_every_file, 0, (int)ARRAY_SIZE(menuformats));
	tcase_add_test(tc, test_count);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
