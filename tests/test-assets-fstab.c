/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fstab, crypttab and unit files in the archives of LIBCONVERT_ASSETS, which are of
 * other projects: setting what is there changes nothing, and twice is once.
 */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>

#include "format/crypttab.h"
#include "format/fstab.h"
#include "step/step.h"
#include "suite.h"

static struct guest_file *files; /* path is the one in the archive */
static size_t n_files;

static bool is_ours(const char *path)
{
	static const char *const patterns[] = { "*fstab", "*crypttab", "*.mount",
						"*.swap" };

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (fnmatch(patterns[i], path, 0) == 0)
			return true;
	return false;
}

static bool collect_entry(struct archive *a, struct archive_entry *entry)
{
	struct guest g = { .files = files, .n_files = n_files };
	struct bytes data = { 0 };
	char buf[4096];
	la_ssize_t n;

	if (archive_entry_filetype(entry) != AE_IFREG ||
	    !is_ours(archive_entry_pathname(entry)))
		return true;
	while ((n = archive_read_data(a, buf, sizeof(buf))) > 0)
		if (bytes_append(&data, buf, (size_t)n) < 0)
			return false;
	if (n < 0 || guest_add_file(&g, archive_entry_pathname(entry), &data, 0644) < 0)
		return false;
	files = g.files;
	n_files = g.n_files;
	return true;
}

static bool collect(const char *path)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;
	bool ok = a && archive_read_support_filter_all(a) == ARCHIVE_OK &&
		  archive_read_support_format_all(a) == ARCHIVE_OK &&
		  archive_read_open_filename(a, path, 65536) == ARCHIVE_OK;

	while (ok && archive_read_next_header(a, &entry) == ARCHIVE_OK)
		ok = collect_entry(a, entry);
	archive_read_free(a);
	return ok;
}

/* 0, or what main() returns. */
static int collect_all(void)
{
	const char *assets = getenv("LIBCONVERT_ASSETS"), *srcdir = getenv("srcdir");
	char pattern[4096];
	glob_t g;
	int r = 0;

	if (assets)
		snprintf(pattern, sizeof(pattern), "%s/config/*.tar.xz", assets);
	else
		snprintf(pattern, sizeof(pattern), "%s/../shared/assets/config/*.tar.xz",
			 srcdir ? srcdir : ".");
	if (glob(pattern, 0, NULL, &g) != 0) {
		printf("SKIP: no third-party files at %s; set LIBCONVERT_ASSETS\n",
		       pattern);
		return 77;
	}
	for (size_t i = 0; i < g.gl_pathc && r == 0; i++)
		r = collect(g.gl_pathv[i]) ? 0 : 99;
	globfree(&g);
	return r == 0 && n_files == 0 ? 99 : r;
}

/* The guest path that @path stands for. */
static const char *guest_path(const char *path)
{
	if (fnmatch("*.mount", path, 0) == 0)
		return "/etc/systemd/system/x.mount";
	if (fnmatch("*.swap", path, 0) == 0)
		return "/etc/systemd/system/x.swap";
	return strstr(path, "crypttab") ? "/etc/crypttab" : "/etc/fstab";
}

static void run(const struct guest *g, struct plan *p)
{
	static const struct step *const all[] = { &step_crypttab, &step_fstab,
						  &step_units };
	struct cvt_error err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		ck_assert_msg(all[i]->plan(g, NULL, p, &err) == 0, "%s", err.msg);
}

/* Every field set to what it is gives the text back. */
static void check_lossless(const struct bytes *in)
{
	CLEANUP_FSTAB struct fstab f = { 0 };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct fstab_entry e;

	ck_assert_int_eq(fstab_open(&f, in->data, in->len, NULL), 0);
	while (fstab_next(&f, &e) > 0) {
		ck_assert_int_eq(fstab_set(&f, FSTAB_SPEC, e.spec), 0);
		ck_assert_int_eq(fstab_set(&f, FSTAB_WHERE, e.where), 0);
		ck_assert_int_eq(fstab_set(&f, FSTAB_TYPE, e.type), 0);
		if (e.options[0])
			ck_assert_int_eq(fstab_set(&f, FSTAB_OPTIONS, e.options), 0);
	}
	ck_assert_int_eq(fstab_finish(&f, &out), 0);
	ck_assert(bytes_equal(&out, in));
}

START_TEST(test_file)
{
	CLEANUP_BYTES struct bytes again = { 0 };
	CLEANUP_PLAN struct plan first = { 0 }, second = { 0 };
	const char *path = guest_path(files[_i].path);
	struct guest_file f = { (char *)path, files[_i].data, NULL, 0644 };
	struct guest g = { .files = &f, .n_files = 1, .n_disks = 1 };

	ck_assert_msg(!bytes_has_nul(&f.data), "%s", files[_i].path);
	check_lossless(&f.data);
	run(&g, &first);
	ck_assert_msg(strcmp(path, "/etc/fstab") != 0 || first.n_edits == 1,
		      "%s: nothing in it is absent from an empty disk", files[_i].path);
	ck_assert_int_eq(bytes_set(&again, plan_text(&first, &g, path),
				   strlen(plan_text(&first, &g, path))),
			 0);
	f.data = again;
	run(&g, &second);
	ck_assert_msg(second.n_edits == 0, "%s, twice", files[_i].path);
}
END_TEST

/* A guest of which nothing is known keeps its device names, byte for byte. */
START_TEST(test_nothing_known)
{
	CLEANUP_PLAN struct plan p = { 0 };
	struct guest_file f = { (char *)guest_path(files[_i].path), files[_i].data, NULL,
				0644 };
	struct guest g = { .files = &f, .n_files = 1 };

	run(&g, &p);
	ck_assert_msg(p.n_edits == 0, "%s", files[_i].path);
}
END_TEST

int main(void)
{
	struct guest g;
	Suite *s;
	TCase *tc;
	int r = collect_all();

	if (r != 0)
		return r;
	s = suite_create("assets-fstab");
	tc = tcase_create("all");
	tcase_add_loop_test(tc, test_file, 0, (int)n_files);
	tcase_add_loop_test(tc, test_nothing_known, 0, (int)n_files);
	suite_add_tcase(s, tc);
	r = suite_run(s);
	g = (struct guest){ .files = files, .n_files = n_files };
	guest_clear(&g);
	return r;
}
