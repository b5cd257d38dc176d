/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What others' tools expect of GRUB's files: grubby, perl-Bootloader, leapp.
 * Their commands are rows here, their results are in the archives.  A menu is
 * compared where the tool adds or removes whole entries, which we never do.
 */
#include <config.h>

#include "assets.h"
#include "format/grub_default.h"
#include "format/grubenv.h"
#include "grub-cases.h"

static const char *const archives[] = {
	"config/grubby-test.tar.xz",
	"config/perl-bootloader-tests.tar.xz",
	"config/leapp-testfiles.tar.xz",
	"config/augeas-root.tar.xz",
};
static struct assets files;
static struct names compared; /* grubby's results that a test has compared */

#define GRUBBY "grubby-test/test/"
#define PBL "perl-bootloader-tests/tests/"

static const struct bytes *need(const char *dir, const char *name)
{
	char path[512];
	const struct bytes *b;

	snprintf(path, sizeof(path), "%s%s", dir, name);
	b = asset(&files, strchr(path, '/') + 1);
	ck_assert_msg(b != NULL, "%s is not in the archives", path);
	return b;
}

static const struct bytes *grubby_result(const char *name)
{
	char path[512];

	ck_assert_int_eq(names_add_new(&compared, name), 0);
	snprintf(path, sizeof(path), "results/%s", name);
	return need(GRUBBY, path);
}

/* --- grubby: the menu --- */

enum what {
	ADD,
	REMOVE,
	SAME_ARGS
};

static const struct {
	const char *in, *env, *out;
	enum what what;
	const char *args[4]; /* of the new entry, besides those of the default one */
} menus[] = {
	{ "grub2.1", NULL, "add/g2-1.1", ADD },
	{ "grub2.1", NULL, "add/g2-1.2", ADD },
	{ "grub2.1", NULL, "add/g2-1.3", ADD },
	{ "grub2.2", NULL, "add/g2-1.4", SAME_ARGS },
	{ "grub2.5", NULL, "add/g2-1.5", ADD },
	{ "grub2.1", NULL, "add/g2-1.6", ADD },
	{ "grub2.6", NULL, "add/g2-1.7", ADD },
	{ "grub2.7", "grubenv.1", "add/g2-1.8", ADD },
	{ "grub2.8", "grubenv.1", "add/g2-1.8", SAME_ARGS },
	{ "grub2.7", "grubenv.1", "add/g2-1.9", ADD },
	{ "grub2.9", "grubenv.1", "add/g2-1.9", SAME_ARGS },
	{ "grub2.10", NULL, "add/g2-1.10", ADD },
	{ "grub2.11", NULL, "add/g2-1.11", SAME_ARGS },
	{ "grub2.12", NULL, "add/g2-1.12", ADD },
	{ "grub2.13", NULL, "add/g2-1.13", ADD },
	{ "grub2.14", NULL, "add/g2-1.14", ADD, { "root=/fooooo" } },
	{ "grub2.15", NULL, "add/g2-1.15", ADD, { "root=/fooooo" } },
	{ "grub2.16", NULL, "add/g2-1.16", ADD, { "root=/dev/mapper/foo--" } },
	{ "grub2.18",
	  "grubenv.3",
	  "add/g2-1.18",
	  ADD,
	  { "root=/dev/mapper/rhel_team--area--222-root", "systemd.log_level=debug",
	    "systemd.log_target=kmsg" } },
	{ "grub2.20", NULL, "add/g2-1.20", ADD },
	{ "grub2.21", NULL, "add/g2-1.21", SAME_ARGS },
	{ "grub2.22", NULL, "add/g2-1.22", ADD },
	{ "grub2.23", NULL, "add/g2-1.23", SAME_ARGS },
	{ "grub2.24", NULL, "add/g2-1.24", ADD },
	{ "grub2.25", NULL, "add/g2-1.25", ADD },
	{ "grub2.3", NULL, "remove/g2-1.1", REMOVE },
	{ "grub2.4", NULL, "remove/g2-1.2", REMOVE },
	{ "grub2.1", NULL, "remove/g2-1.4", REMOVE },
	{ "grub2.19", "grubenv.4", "remove/g2.19", REMOVE },
};

static void read_menu(const struct bytes *text, const char *env, struct grub_cfg *ret)
{
	CLEANUP_BYTES struct bytes saved = { 0 };
	char name[64];

	if (env) {
		snprintf(name, sizeof(name), "grub2-support_files/%s", env);
		(void)grubenv_get(need(GRUBBY, name), "saved_entry", &saved);
	}
	ck_assert_int_eq(grub_cfg_entries(text->data, text->len, saved.data, ret), 0);
}

static const struct grub_entry *default_of(const struct grub_cfg *cfg)
{
	for (size_t i = 0; i < cfg->n; i++)
		if (cfg->entries[i].is_default)
			return &cfg->entries[i];
	ck_abort_msg("no default entry");
	return NULL;
}

static bool same_entry(const struct grub_entry *a, const struct grub_entry *b)
{
	if (a->is_submenu || b->is_submenu)
		return a->is_submenu && b->is_submenu && strcmp(a->title, b->title) == 0;
	return strcmp(a->title, b->title) == 0 && a->kernel && b->kernel &&
	       strcmp(a->kernel, b->kernel) == 0 && strcmp(a->cmdline, b->cmdline) == 0;
}

/* The first entry of @more that @less has not, of @max at most; the others are the same, in
 * order.
 */
static const struct grub_entry *odd_one(const struct grub_cfg *more,
					const struct grub_cfg *less, size_t max)
{
	size_t found = 0;
	const struct grub_entry *odd = NULL;
	size_t k = 0;

	for (size_t i = 0; i < more->n; i++) {
		if (k < less->n && same_entry(&more->entries[i], &less->entries[k]))
			k++;
		else if (!more->entries[i].is_submenu) {
			ck_assert_uint_le(++found, max);
			odd = odd ? odd : &more->entries[i];
		}
	}
	ck_assert_uint_eq(k, less->n);
	return odd;
}

static void check_added(int i, const struct grub_entry *fresh,
			const struct grub_entry *from)
{
	CLEANUP_BYTES struct bytes want = { 0 };

	ck_assert_ptr_nonnull(fresh);
	ck_assert_int_eq(bytes_set(&want, from->cmdline, strlen(from->cmdline)), 0);
	for (size_t k = 0; menus[i].args[k]; k++)
		ck_assert_int_eq(cmdline_set(want.data, want.len, CMDLINE_KERNEL,
					     menus[i].args[k], &want),
				 0);
	ck_assert_str_eq(fresh->cmdline, want.data);
}

START_TEST(test_menu)
{
	CLEANUP_GRUB_CFG struct grub_cfg in = { 0 }, out = { 0 };

	read_menu(need(GRUBBY, menus[_i].in), menus[_i].env, &in);
	read_menu(grubby_result(menus[_i].out), menus[_i].env, &out);
	if (menus[_i].what == ADD)
		check_added(_i, odd_one(&out, &in, 1), default_of(&in));
	else if (menus[_i].what == REMOVE)
		ck_assert_ptr_nonnull(odd_one(&in, &out, 2));
	else
		ck_assert_ptr_null(odd_one(&in, &out, 0));
}
END_TEST

/* --- grubby: which entry is the default --- */

static const struct {
	const char *in, *env, *out;
	bool is_index;
} defaults[] = {
	{ "grub2.1", NULL, "defaultindex/0", true },
	{ "grub2.2", NULL, "defaultindex/0", true },
	{ "grub2.8", "grubenv.1", "defaultindex/1", true },
	{ "grub2.8", "grubenv.2", "defaultindex/0", true },
	{ "grub2.8", "grubenv.0", "defaultindex/0", true },
	{ "grub2.1", NULL, "defaulttitle/g2.1" },
	{ "grub2.2", NULL, "defaulttitle/g2.2" },
	{ "grub2.8", "grubenv.1", "defaulttitle/g2.1" },
};

START_TEST(test_default)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	const struct bytes *want = grubby_result(defaults[_i].out);
	const struct grub_entry *e;
	char got[512];

	read_menu(need(GRUBBY, defaults[_i].in), defaults[_i].env, &cfg);
	e = default_of(&cfg);
	if (defaults[_i].is_index)
		snprintf(got, sizeof(got), "%zu\n", (size_t)(e - cfg.entries));
	else
		snprintf(got, sizeof(got), "%s\n", e->title);
	ck_assert_str_eq(got, want->data);
}
END_TEST

/* "9" of two entries is the first, as GRUB does; grubby only writes the number. */
START_TEST(test_default_set)
{
	static const char *const results[] = {
		"setdefaultindex/g2.1.0",
		"setdefaultindex/g2.1.1",
		"setdefaultindex/g2.1.9",
	};
	static const size_t index[] = { 0, 1, 0 };
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };

	read_menu(grubby_result(results[_i]), NULL, &cfg);
	ck_assert_uint_eq((size_t)(default_of(&cfg) - cfg.entries), index[_i]);
}
END_TEST

START_TEST(test_default_kernel)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	char got[512];

	read_menu(need(GRUBBY, "grub2.1"), NULL, &cfg);
	snprintf(got, sizeof(got), "/boot%s\n", default_of(&cfg)->kernel);
	ck_assert_str_eq(got, grubby_result("debug/g2.1.2")->data);
}
END_TEST

/* --- grubby: arguments --- */

/* The files are of GRUB Legacy and extlinux; the command lines in them are the kernel's.
 * Not here: two root= in one command, of which grubby keeps both or the first, and lines that
 * come or go as a whole.
 */
static const struct {
	const char *in, *out;
	const char *change[6]; /* "-WORD" is to go */
} updates[] = {
	{ "grub.1", "updargs/g1.1", { "root=/dev/hda1" } },
	{ "grub.3", "updargs/g3.1", { "hdd=notide-scsi" } },
	{ "grub.3", "updargs/g3.2", { "hdd=notide-scsi", "root=/dev/hdd1" } },
	{ "grub.3", "updargs/g3.2", { "root=/dev/hdd1", "hdd=notide-scsi" } },
	{ "grub.3", "updargs/g3.4", { "-hdd" } },
	{ "grub.3", "updargs/g3.4", { "-hdd=ide-scsi" } },
	{ "grub.3", "updargs/g3.7", { "-hdd", "-root", "-ro" } },
	{ "grub.7", "updargs/g7.2", { "hde=ide-scsi" } },
	{ "grub.7", "updargs/g7.3", { "hde=ide-scsi" } },
	{ "grub.7", "updargs/g7.5", { "root=/dev/hda2" } },
	{ "grub.7", "updargs/g7.4", { "ro", "root=LABEL=/", "single" } },
	{ "grub.11", "updargs/g11.2", { "ro", "root=LABEL=/", "single" } },
	{ "grub.11",
	  "updargs/g11.1",
	  { "-console", "ro", "root=LABEL=/", "console=tty0", "console=ttyS1,9600n81",
	    "single" } },
	{ "extlinux.1", "updargs/extlinux1.1", { "root=/dev/hda1" } },
	{ "extlinux.3", "updargs/extlinux3.1", { "hdd=notide-scsi" } },
	{ "extlinux.3", "updargs/extlinux3.2", { "hdd=notide-scsi", "root=/dev/hdd1" } },
	{ "extlinux.3", "updargs/extlinux3.4", { "-hdd" } },
	{ "extlinux.4", "updargs/extlinux4.2", { "hde=ide-scsi" } },
	{ "extlinux.4", "updargs/extlinux4.3", { "hde=ide-scsi" } },
	{ "extlinux.4",
	  "updargs/extlinux4.4",
	  { "-console", "ro", "root=LABEL=/", "console=tty0", "console=ttyS1,9600n81",
	    "single" } },
};

static size_t line_length(const char *s)
{
	return strcspn(s, "\n");
}

/* @line with the changes of row @i, if it has kernel arguments. */
static void update(int i, const char *line, size_t len, struct bytes *ret)
{
	size_t head = strspn(line, " \t");

	ck_assert_int_eq(bytes_set(ret, line, len), 0);
	if (strncmp(line + head, "kernel", 6) != 0 &&
	    strncmp(line + head, "append", 6) != 0)
		return;
	for (size_t k = 0; k < ARRAY_SIZE(updates[i].change) && updates[i].change[k];
	     k++) {
		const char *word = updates[i].change[k];
		int r;

		if (word[0] == '-')
			r = cmdline_remove(ret->data, ret->len, CMDLINE_KERNEL, word + 1,
					   ret);
		else if (strncmp(word, "console=", 8) == 0)
			r = cmdline_add(ret->data, ret->len, CMDLINE_KERNEL, word, ret);
		else
			r = cmdline_set(ret->data, ret->len, CMDLINE_KERNEL, word, ret);
		ck_assert_int_eq(r, 0);
	}
}

/* Each line is as before, because it is of another kernel, or has the changes. */
START_TEST(test_update)
{
	const char *in = need(GRUBBY, updates[_i].in)->data;
	const char *want = grubby_result(updates[_i].out)->data;
	size_t changed = 0, differ = 0;

	while (*in || *want) {
		CLEANUP_BYTES struct bytes got = { 0 };
		size_t n = line_length(in), m = line_length(want);

		update(_i, in, n, &got);
		differ += got.len != n || memcmp(got.data, in, n) != 0;
		if (n != m || memcmp(in, want, n) != 0) {
			ck_assert_msg(got.len == m && memcmp(got.data, want, m) == 0,
				      "%s\nwanted %.*s", got.data, (int)m, want);
			changed++;
		}
		in += n + (in[n] == '\n');
		want += m + (want[m] == '\n');
	}
	ck_assert(changed > 0 || differ == 0);
}
END_TEST

/* --- perl-Bootloader: its log tells each option, the line before and after --- */

static size_t compare_option(const char *log, bool is_add)
{
	CLEANUP_BYTES struct bytes got = { 0 };
	char word[128], before[512], after[512];
	const char *arg = strchr(log, ' ') + 1;
	const char *old = strstr(log, "cmdline (old): ") + strlen("cmdline (old): ");
	const char *fresh = strchr(old, '\n') + 1;
	size_t n = 0;

	snprintf(before, sizeof(before), "%.*s", (int)line_length(old), old);
	if (strncmp(fresh, "cmdline (new): ", 15) == 0)
		snprintf(after, sizeof(after), "%.*s", (int)line_length(fresh) - 15,
			 fresh + 15);
	else
		snprintf(after, sizeof(after), "%s", before);
	for (; *arg != '\''; arg++)
		if (*arg != '"')
			word[n++] = *arg;
	word[n] = '\0';
	ck_assert_int_eq((is_add ? cmdline_set : cmdline_remove)(
				 before, strlen(before), CMDLINE_KERNEL, word, &got),
			 0);
	ck_assert_str_eq(got.data, after);
	return 1;
}

static size_t compare_log(const char *log)
{
	size_t n = 0;

	while ((log = strstr(log, "-option ")) != NULL) {
		bool is_add = strncmp(log - 3, "add", 3) == 0,
		     is_del = strncmp(log - 3, "del", 3) == 0;

		if (is_add || is_del)
			n += compare_option(log, is_add);
		log++;
	}
	return n;
}

START_TEST(test_pbl)
{
	size_t n = 0;

	for (size_t i = 0; i < files.n; i++) {
		const char *path = files.v[i].path;

		if (strstr(path, "pbl.log.bash.ref"))
			n += compare_log(files.v[i].data.data);
	}
	printf("perl-Bootloader: %zu option changes compared\n", n);
	ck_assert_uint_ge(n, 20);
}
END_TEST

START_TEST(test_pbl_get)
{
	static const struct {
		const char *key, *value;
	} gets[] = { { "quiet", "" }, { "mitigations", "off" }, { "foo", "foo  bar" } };
	const struct bytes *text =
		need(PBL, "1600_grub2_x86_64_get-option/data/etc/default/grub");
	CLEANUP_BYTES struct bytes line = { 0 }, got = { 0 };

	ck_assert_int_eq(grub_default_get(text->data, text->len,
					  "GRUB_CMDLINE_LINUX_DEFAULT", &line),
			 0);
	ck_assert_int_eq(
		cmdline_get(line.data, line.len, CMDLINE_GRUB, gets[_i].key, &got), 0);
	ck_assert_str_eq(got.data, gets[_i].value);
}
END_TEST

/* --- leapp: files it calls right and wrong --- */

#define LEAPP \
	"leapp-testfiles/repos/system_upgrade/common/actors/scangrubconfig/tests/files/"

static const struct {
	const char *name;
	size_t kept_line;
} leapp[] = {
	{ "error_detection/grub.correct", 0 },
	{ "error_detection/grub.correct_comment", 0 },
	{ "error_detection/grub.correct_puppet", 0 },
	{ "error_detection/grub.correct_trailing_space", 0 },
	{ "error_detection/grub.wrong", 6 },
};

START_TEST(test_leapp)
{
	const struct bytes *in = need(LEAPP, leapp[_i].name);
	CLEANUP_BYTES struct bytes out = { 0 };
	const struct cmdline_edits none = { 0 };
	size_t line = 99;

	ck_assert_int_eq(grub_default_edit(in->data, in->len, &none, &line, &out), 0);
	ck_assert_uint_eq(line, leapp[_i].kept_line);
	ck_assert(bytes_equal(in, &out));
}
END_TEST

START_TEST(test_leapp_grubenv)
{
	CLEANUP_BYTES struct bytes out = { 0 };

	ck_assert_int_eq(grubenv_get(need(LEAPP, "corrupted_grubenv/grubenv.correct"),
				     "saved_entry", &out),
			 0);
	ck_assert_str_eq(out.data, "Red Hat Enterprise Linux Server "
				   "(3.10.0-1160.80.1.el7.x86_64) 7.9 (Maipo)");
	ck_assert_int_eq(grubenv_get(need(LEAPP, "corrupted_grubenv/grubenv.wrong2"),
				     "saved_entry", &out),
			 -EINVAL);
}
END_TEST

/* --- every file, through every format --- */

static void same_again(int (*fn)(const struct bytes *in, struct bytes *ret),
		       const struct bytes *in)
{
	CLEANUP_BYTES struct bytes once = { 0 }, twice = { 0 };

	ck_assert_int_eq(fn(in, &once), 0);
	ck_assert_int_eq(fn(&once, &twice), 0);
	ck_assert_msg(bytes_equal(&once, &twice), "twice is not once: %.200s", in->data);
}

static int do_default(const struct bytes *in, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes half = { 0 };
	int r = grub_default_edit(in->data, in->len, &sample_edits, NULL, &half);

	return r < 0 ? r : grub_default_allow_uuid(half.data, half.len, ret);
}

static int do_cmdline(const struct bytes *in, struct bytes *ret)
{
	return cmdline_edit(in->data, in->len, CMDLINE_KERNEL, &sample_edits, ret);
}

static void run_all(const struct bytes *in)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	CLEANUP_BYTES struct bytes out = { 0 };
	const struct cmdline_edits none = { 0 };

	same_again(sample_grub_cfg, in);
	same_again(do_default, in);
	same_again(do_cmdline, in);
	ck_assert_int_eq(grub_cfg_entries(in->data, in->len, "x>y", &cfg), 0);
	ck_assert_int_eq(grub_cfg_edit_cmdlines(in->data, in->len, &none, &out), 0);
	ck_assert(bytes_equal(in, &out));
	ck_assert_int_eq(grub_default_edit(in->data, in->len, &none, NULL, &out), 0);
	ck_assert(bytes_equal(in, &out));
	if (grubenv_set(in, "kernelopts", "root=/dev/sda1 \\ x", &out) == 0) {
		ck_assert_uint_eq(in->len, out.len);
		ck_assert_int_eq(grubenv_get(&out, "kernelopts", &out), 0);
		ck_assert_str_eq(out.data, "root=/dev/sda1 \\ x");
	}
}

START_TEST(test_every_file)
{
	for (size_t i = 0; i < files.n; i++)
		run_all(&files.v[i].data);
	printf("%zu files through every format\n", files.n);
}
END_TEST

static bool is_grub_file(const char *path)
{
	return strstr(path, "test/grub2.") || strstr(path, "grub.cfg") ||
	       strstr(path, "default/grub") || strstr(path, "grubenv") ||
	       strstr(path, "files/grub_test");
}

/* Cut at 200 offsets, each with one byte changed on the way there; always the same ones. */
START_TEST(test_damaged)
{
	static const char odd[] = "'\"\\{}$;#\n= \0\377";
	uint32_t seed = 1;
	size_t n = 0;

	for (size_t i = 0; i < files.n; i++) {
		const struct bytes *in = &files.v[i].data;

		if (!is_grub_file(files.v[i].path))
			continue;
		for (size_t k = 0; k < 200; k++) {
			CLEANUP_BYTES struct bytes cut = { 0 };

			ck_assert_int_eq(
				bytes_set(&cut, in->data, in->len * (k + 1) / 200), 0);
			seed = seed * 1664525 + 1013904223;
			if (cut.len > 0)
				cut.data[(seed >> 8) % cut.len] =
					odd[seed % (sizeof(odd) - 1)];
			run_all(&cut);
		}
		n++;
	}
	printf("%zu files cut and changed at 200 places each\n", n);
	ck_assert_uint_gt(n, 20);
}
END_TEST

/* What is of loaders or operations that we do not have is counted, for all to see. */
START_TEST(test_count)
{
	size_t total = 0, others = 0;

	for (size_t i = 0; i < files.n; i++) {
		const char *name = strstr(files.v[i].path, "test/results/");

		if (!name)
			continue;
		total++;
		if (!names_has(&compared, name + strlen("test/results/")))
			others++;
	}
	printf("grubby: %zu of %zu results compared; not compared: %zu, of lilo, elilo, "
	       "yaboot, "
	       "zipl, and menu changes of GRUB Legacy and extlinux\n",
	       total - others, total, others);
	ck_assert_uint_ge(total - others, 50);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;

	for (size_t i = 0; i < ARRAY_SIZE(archives); i++) {
		if (assets_open(archives[i], &files))
			continue;
		printf("skipped: %s is absent; see LIBCONVERT_ASSETS in HACKING\n",
		       archives[i]);
		return 77;
	}
	s = suite_create("assets_grub");
	tc = tcase_create("all");
	/* One process: test_count sums up what the others did. */
	setenv("CK_FORK", "no", 1);
	tcase_set_timeout(tc, 0);
	tcase_add_loop_test(tc, test_menu, 0, (int)ARRAY_SIZE(menus));
	tcase_add_loop_test(tc, test_default, 0, (int)ARRAY_SIZE(defaults));
	tcase_add_loop_test(tc, test_default_set, 0, 3);
	tcase_add_test(tc, test_default_kernel);
	tcase_add_loop_test(tc, test_update, 0, (int)ARRAY_SIZE(updates));
	tcase_add_test(tc, test_pbl);
	tcase_add_loop_test(tc, test_pbl_get, 0, 3);
	tcase_add_loop_test(tc, test_leapp, 0, (int)ARRAY_SIZE(leapp));
	tcase_add_test(tc, test_leapp_grubenv);
	tcase_add_test(tc, test_every_file);
	tcase_add_test(tc, test_damaged);
	tcase_add_test(tc, test_count);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
