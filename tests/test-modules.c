/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "guest/modules.h"
#include "suite.h"

static glob_t corpus;

/* The sections of a corpus file: lines "== NAME", then text; "" if there is none. */
static struct bytes section(const struct bytes *file, const char *name)
{
	struct bytes b = { 0 };
	char head[64];
	const char *s, *end;

	ck_assert_int_eq(bytes_set(&b, "", 0), 0);
	snprintf(head, sizeof(head), "== %s\n", name);
	s = memmem(file->data, file->len, head, strlen(head));
	if (!s)
		return b;
	s += strlen(head);
	end = memmem(s, file->data + file->len - s, "== ", 3);
	if (!end)
		end = file->data + file->len;
	ck_assert_int_eq(bytes_set(&b, s, end - s), 0);
	return b;
}

static void say(struct bytes *out, const char *s)
{
	ck_assert_int_eq(bytes_append(out, s, strlen(s)), 0);
}

static void say_names(struct bytes *out, const char *head, const struct names *l)
{
	say(out, head);
	for (size_t i = 0; i < l->n; i++) {
		say(out, " ");
		say(out, l->v[i]);
	}
	say(out, "\n");
}

static struct bytes print(const struct kernel *k, const struct names *closure)
{
	struct bytes out = { 0 };

	for (size_t i = 0; i < k->n_modules; i++) {
		say(&out, k->modules[i].name);
		say(&out, " ");
		say(&out, k->modules[i].file);
		say_names(&out, ":", &k->modules[i].needs);
	}
	say_names(&out, "builtin", &k->builtin);
	say_names(&out, "closure", closure);
	return out;
}

static void want_words(const struct bytes *text, struct names *ret)
{
	CLEANUP_FREE char *copy = strdup(text->data);

	for (char *p = NULL, *w = strtok_r(copy, " \n", &p); w;
	     w = strtok_r(NULL, " \n", &p))
		ck_assert_int_eq(names_add(ret, w), 0);
}

/* NAME.in: index files as sections, NAME.out: the kernel and the closure of "wanted". */
START_TEST(test_corpus)
{
	const char *path = corpus.gl_pathv[_i];
	CLEANUP_BYTES struct bytes in = slurp(path), want = slurp_beside(path, ".out");
	CLEANUP_BYTES struct bytes dep = section(&in, "dep"),
				   softdep = section(&in, "softdep");
	CLEANUP_BYTES struct bytes builtin = section(&in, "builtin");
	CLEANUP_BYTES struct bytes alias = section(&in, "alias"),
				   words = section(&in, "wanted");
	CLEANUP_NAMES struct names wanted = { 0 }, closure = { 0 };
	CLEANUP(kernel_clear) struct kernel k = { .version = strdup("6.1.0") };

	ck_assert_int_eq(modules_parse_dep(&k, &dep, NULL), 0);
	ck_assert_int_eq(modules_parse_builtin(&k, &builtin, NULL), 0);
	ck_assert_int_eq(modules_parse_softdep(&k, &softdep, NULL), 0);
	ck_assert_int_eq(modules_parse_alias(&k, &alias, NULL), 0);
	want_words(&words, &wanted);
	ck_assert_int_eq(modules_closure(&k, &wanted, &closure, NULL), 0);
	CLEANUP_BYTES struct bytes got = print(&k, &closure);
	ck_assert_msg(bytes_equal(&got, &want), "%s:\n%s", path, got.data);
}
END_TEST

static const struct {
	const char *what;
	struct bytes text;
	size_t n_modules;
} hostile[] = {
	{ "nothing", { "", 0 }, 0 },
	{ "no colon", { "kernel/a.ko\n", 12 }, 0 },
	{ "no last newline", { "kernel/a.ko:", 12 }, 1 },
	{ "CRLF", { "kernel/a.ko:\r\nkernel/b.ko:\r\n", 28 }, 2 },
	{ "a NUL", { "kernel/a.ko:\0kernel/b.ko:\n", 26 }, 2 },
	{ "out of the directory",
	  { "../../etc/shadow.ko:\nkernel/../../x.ko:\n", 40 },
	  0 },
	{ "another kernel", { "/lib/modules/9/a.ko:\n/etc/a.ko:\n", 32 }, 0 },
	{ "no name", { ":\n.ko:\nkernel/.ko:\nkernel//a.ko:\n", 32 }, 0 },
	{ "itself", { "kernel/a.ko: kernel/a.ko\n", 25 }, 1 },
};

START_TEST(test_hostile)
{
	CLEANUP(kernel_clear) struct kernel k = { .version = strdup("6.1.0") };

	ck_assert_int_eq(modules_parse_dep(&k, &hostile[_i].text, NULL), 0);
	ck_assert_msg(k.n_modules == hostile[_i].n_modules, "%s: %zu", hostile[_i].what,
		      k.n_modules);
	for (size_t i = 0; i < k.n_modules; i++)
		ck_assert_uint_eq(k.modules[i].needs.n, 0);
}
END_TEST

START_TEST(test_too_many)
{
	CLEANUP(kernel_clear) struct kernel k = { .version = strdup("6.1.0") };
	CLEANUP_BYTES struct bytes text = { 0 };
	struct cvt_error err = { 0 };

	text.len = 65536 * strlen("a.ko:\n");
	text.data = malloc(text.len + 1);
	ck_assert_ptr_nonnull(text.data);
	for (size_t i = 0; i < text.len; i += strlen("a.ko:\n"))
		memcpy(text.data + i, "a.ko:\n", strlen("a.ko:\n"));
	ck_assert_int_eq(modules_parse_dep(&k, &text, &err), 0);
	ck_assert_int_eq(modules_parse_dep(&k, &text, &err), -EFBIG);
	ck_assert_str_ne(err.msg, "");
}
END_TEST

/* A test or a step may hold the modules in any order. */
START_TEST(test_closure_unsorted)
{
	char *needs_c[] = { "c" }, *needs_a[] = { "a" };
	struct module m[] = {
		{ "c", "c.ko", { needs_a, 1 } },
		{ "b", "b.ko", { NULL, 0 } },
		{ "a", "a.ko", { needs_c, 1 } },
	};
	const struct kernel k = { .modules = m, .n_modules = 3 };
	char *words[] = { "a", "nothing", "a" };
	const struct names wanted = { words, 3 };
	CLEANUP_NAMES struct names got = { 0 };

	ck_assert_int_eq(modules_closure(&k, &wanted, &got, NULL), 0);
	ck_assert_uint_eq(got.n, 2);
	ck_assert_str_eq(got.v[0], "a");
	ck_assert_str_eq(got.v[1], "c");
}
END_TEST

START_TEST(test_indexes)
{
	char *both[] = { "modules.dep", "modules.dep.bin", "modules.alias" };
	const struct kernel k = { .indexes = { both, 3 } };

	ck_assert(modules_wants_index(&k, "modules.dep.bin"));
	ck_assert(!modules_wants_index(&k, "modules.dep"));
	ck_assert(modules_wants_index(&k, "modules.alias"));
	ck_assert(!modules_wants_index(&k, "modules.order"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("modules");
	TCase *tc = tcase_create("all");

	if (corpus_open("modules/*.in", &corpus) != 0)
		return 99;
	tcase_add_loop_test(tc, test_corpus, 0, (int)corpus.gl_pathc);
	tcase_add_loop_test(tc, test_hostile, 0, (int)ARRAY_SIZE(hostile));
	tcase_add_test(tc, test_too_many);
	tcase_add_test(tc, test_closure_unsorted);
	tcase_add_test(tc, test_indexes);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
