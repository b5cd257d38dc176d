/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "guest/modules.h"

#define NAME_SIZE 64 /* MODULE_NAME_LEN of the kernel, and more */
#define FILE_SIZE 1024
#define MODULES_MAX 65536
#define NEEDS_MAX 512 /* of one module; what is beyond is left out */
#define ALL_NEEDS_MAX 262144

/* A piece of a text. */
struct slice {
	const char *s;
	size_t n;
};

/* Cut the next piece that ends at one of @seps, not empty, off @rest. */
static bool cut(struct slice *rest, const char *seps, struct slice *ret)
{
	size_t n = 0;

	*ret = (struct slice){ 0 };
	if (rest->n == 0)
		return false;
	while (rest->n > 0 && (*rest->s == '\0' || strchr(seps, *rest->s))) {
		rest->s++;
		rest->n--;
	}
	while (n < rest->n && rest->s[n] != '\0' && !strchr(seps, rest->s[n]))
		n++;
	*ret = (struct slice){ rest->s, n };
	rest->s += n;
	rest->n -= n;
	return n > 0;
}

static bool next_line(struct slice *rest, struct slice *ret)
{
	return cut(rest, "\r\n", ret);
}

static bool next_word(struct slice *rest, struct slice *ret)
{
	return cut(rest, " \t", ret);
}

static bool is_word(const struct slice *w, const char *text)
{
	return w->n == strlen(text) && memcmp(w->s, text, w->n) == 0;
}

static bool copy(const struct slice *s, char *out, size_t size)
{
	if (s->n == 0 || s->n >= size)
		return false;
	memcpy(out, s->s, s->n);
	out[s->n] = '\0';
	return true;
}

/* The name of the module in the file, or with the name or alias, @s. */
static bool get_name(const struct slice *s, char name[NAME_SIZE])
{
	char file[FILE_SIZE], whole[FILE_SIZE];

	if (!copy(s, file, sizeof(file)))
		return false;
	module_name(file, whole, sizeof(whole));
	if (whole[0] == '\0' || strlen(whole) >= NAME_SIZE)
		return false;
	memcpy(name, whole, strlen(whole) + 1);
	return true;
}

/* No empty, "." or ".." component: what follows a directory and stays in it. */
static bool is_plain(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n <= 2 && strspn(path, ".") == n))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}

/* The file relative to the directory of the index.  module-init-tools before 3.7 wrote
 * absolute names: /lib/modules/VERSION/kernel/….
 */
static const char *relative(const struct kernel *k, const char *file)
{
	static const char dir[] = "/lib/modules/";
	size_t n = strlen(k->version);

	if (file[0] == '/') {
		if (strncmp(file, dir, strlen(dir)) != 0)
			return NULL;
		file += strlen(dir);
		if (strncmp(file, k->version, n) != 0 || file[n] != '/')
			return NULL;
		file += n + 1;
	}
	return is_plain(file) ? file : NULL;
}

static int add_need(struct module *m, const char *name, size_t *total,
		    struct cvt_error *err)
{
	if (m->needs.n >= NEEDS_MAX || strcmp(name, m->name) == 0)
		return 0;
	if (++*total > ALL_NEEDS_MAX)
		return error_set(err, -EFBIG, "more than %d dependencies", ALL_NEEDS_MAX);
	return names_add_new(&m->needs, name) < 0 ? error_nomem(err) : 0;
}

static int add_module(struct kernel *k, const char *name, const char *file,
		      struct cvt_error *err)
{
	struct module *grown = k->modules;
	struct module m = { 0 };

	if (k->n_modules >= MODULES_MAX)
		return error_set(err, -EFBIG, "more than %d modules", MODULES_MAX);
	/* Capacity is the next power of two, so that it need not be stored. */
	if ((k->n_modules & (k->n_modules - 1)) == 0)
		grown = realloc(grown,
				(k->n_modules ? 2 * k->n_modules : 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	k->modules = grown;
	m.name = strdup(name);
	m.file = strdup(file);
	k->modules[k->n_modules++] = m;
	return m.name && m.file ? 0 : error_nomem(err);
}

static int compare_modules(const void *a, const void *b)
{
	return strcmp(((const struct module *)a)->name, ((const struct module *)b)->name);
}

static struct module *find(const struct kernel *k, const char *name)
{
	const struct module key = { .name = (char *)name };

	if (k->n_modules == 0)
		return NULL;
	return bsearch(&key, k->modules, k->n_modules, sizeof(*k->modules),
		       compare_modules);
}

/* One line: "kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko …". */
static int parse_dep_line(struct kernel *k, struct slice line, size_t *total,
			  struct cvt_error *err)
{
	char file[FILE_SIZE], name[NAME_SIZE];
	const char *colon = memchr(line.s, ':', line.n), *rel;
	struct slice left = { line.s, colon ? (size_t)(colon - line.s) : 0 }, word;
	int r;

	if (!get_name(&left, name) || !copy(&left, file, sizeof(file)))
		return 0;
	rel = relative(k, file);
	if (!rel)
		return 0;
	r = add_module(k, name, rel, err);
	line = (struct slice){ colon + 1, line.n - left.n - 1 };
	while (r == 0 && next_word(&line, &word))
		if (get_name(&word, name))
			r = add_need(&k->modules[k->n_modules - 1], name, total, err);
	return r;
}

int modules_parse_dep(struct kernel *k, const struct bytes *text, struct cvt_error *err)
{
	struct slice rest = { text->data, text->len }, line;
	size_t total = 0;
	int r = 0;

	while (r == 0 && next_line(&rest, &line))
		r = parse_dep_line(k, line, &total, err);
	if (k->n_modules > 1)
		qsort(k->modules, k->n_modules, sizeof(*k->modules), compare_modules);
	return r;
}

int modules_parse_builtin(struct kernel *k, const struct bytes *text,
			  struct cvt_error *err)
{
	struct slice rest = { text->data, text->len }, line;
	char name[NAME_SIZE];

	while (next_line(&rest, &line)) {
		if (!get_name(&line, name))
			continue;
		if (k->builtin.n >= MODULES_MAX)
			return error_set(err, -EFBIG, "more than %d modules",
					 MODULES_MAX);
		if (names_add(&k->builtin, name) < 0)
			return error_nomem(err);
	}
	return 0;
}

/* One line: "softdep NAME pre: A B post: C"; words before a colon word mean nothing. */
static int parse_softdep_line(struct kernel *k, struct slice line, size_t *total,
			      struct cvt_error *err)
{
	char name[NAME_SIZE];
	bool in_list = false;
	struct slice word;
	struct module *m;
	int r = 0;

	if (!next_word(&line, &word) || !is_word(&word, "softdep") ||
	    !next_word(&line, &word) || !get_name(&word, name))
		return 0;
	m = find(k, name);
	while (m && r == 0 && next_word(&line, &word)) {
		if (is_word(&word, "pre:") || is_word(&word, "post:"))
			in_list = true;
		else if (in_list && get_name(&word, name))
			r = add_need(m, name, total, err);
	}
	return r;
}

int modules_parse_softdep(struct kernel *k, const struct bytes *text,
			  struct cvt_error *err)
{
	struct slice rest = { text->data, text->len }, line;
	size_t total = 0;
	int r = 0;

	while (r == 0 && next_line(&rest, &line))
		r = parse_softdep_line(k, line, &total, err);
	return r;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What modules need that is no module: perhaps an alias. */
static int collect_unknown(const struct kernel *k, struct names *ret)
{
	for (size_t i = 0; i < k->n_modules; i++)
		for (size_t j = 0; j < k->modules[i].needs.n; j++)
			if (!find(k, k->modules[i].needs.v[j]) &&
			    names_add(ret, k->modules[i].needs.v[j]) < 0)
				return -ENOMEM;
	names_sort(ret);
	return 0;
}

/* The lines "alias PATTERN MODULE" whose pattern is one of @unknown, as "PATTERN MODULE",
 * sorted.
 */
static int collect_aliases(const struct bytes *text, const struct names *unknown,
			   struct names *ret)
{
	struct slice rest = { text->data, text->len }, line, word, to;
	char alias[NAME_SIZE], name[NAME_SIZE], *key = alias;
	char pair[2 * NAME_SIZE];

	while (unknown->n > 0 && ret->n < MODULES_MAX && next_line(&rest, &line)) {
		if (!next_word(&line, &word) || !is_word(&word, "alias") ||
		    !next_word(&line, &word) || !next_word(&line, &to) ||
		    !get_name(&word, alias) || !get_name(&to, name))
			continue;
		if (!bsearch(&key, unknown->v, unknown->n, sizeof(*unknown->v),
			     compare_names))
			continue;
		snprintf(pair, sizeof(pair), "%s %s", alias, name);
		if (names_add(ret, pair) < 0)
			return -ENOMEM;
	}
	names_sort(ret);
	return 0;
}

/* The first of the sorted @pairs that begins with "@alias ", or what would follow it. */
static size_t first_pair(const struct names *pairs, const char *alias)
{
	size_t low = 0, high = pairs->n;
	char key[NAME_SIZE + 1];

	snprintf(key, sizeof(key), "%s ", alias);
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(pairs->v[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int add_aliased(struct module *m, const struct names *pairs, size_t *total,
		       struct cvt_error *err)
{
	size_t n_needs = m->needs.n;
	int r = 0;

	for (size_t i = 0; i < n_needs; i++) {
		const char *alias = m->needs.v[i];
		size_t n = strlen(alias);

		for (size_t j = first_pair(pairs, alias); r == 0 && j < pairs->n; j++) {
			if (strncmp(pairs->v[j], alias, n) != 0 || pairs->v[j][n] != ' ')
				break;
			r = add_need(m, pairs->v[j] + n + 1, total, err);
		}
	}
	return r;
}

int modules_parse_alias(struct kernel *k, const struct bytes *text, struct cvt_error *err)
{
	CLEANUP_NAMES struct names unknown = { 0 };
	CLEANUP_NAMES struct names pairs = { 0 };
	size_t total = 0;
	int r = 0;

	if (collect_unknown(k, &unknown) < 0 ||
	    collect_aliases(text, &unknown, &pairs) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < k->n_modules && r == 0 && pairs.n > 0; i++)
		r = add_aliased(&k->modules[i], &pairs, &total, err);
	return r;
}

/* --- closure --- */

static int compare_pointers(const void *a, const void *b)
{
	return compare_modules(*(const struct module *const *)a,
			       *(const struct module *const *)b);
}

/* The modules by name, whatever their order in the kernel, and those already reached. */
struct closure {
	const struct module **sorted;
	size_t n;
	bool *reached;
	size_t *todo; /* a stack of indexes; each goes on it once */
	size_t n_todo;
};

static void closure_clear(struct closure *c)
{
	free(c->sorted);
	free(c->reached);
	free(c->todo);
}

static int closure_init(struct closure *c, const struct kernel *k)
{
	c->n = k->n_modules;
	c->sorted = calloc(c->n + 1, sizeof(*c->sorted));
	c->reached = calloc(c->n + 1, sizeof(*c->reached));
	c->todo = calloc(c->n + 1, sizeof(*c->todo));
	if (!c->sorted || !c->reached || !c->todo)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++)
		c->sorted[i] = &k->modules[i];
	qsort(c->sorted, c->n, sizeof(*c->sorted), compare_pointers);
	return 0;
}

static void reach(struct closure *c, const struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct module key = { .name = names->v[i] }, *p = &key;
		const struct module **found = bsearch(
			&p, c->sorted, c->n, sizeof(*c->sorted), compare_pointers);
		size_t at = found ? (size_t)(found - c->sorted) : 0;

		if (!found || c->reached[at])
			continue;
		c->reached[at] = true;
		c->todo[c->n_todo++] = at;
	}
}

int modules_closure(const struct kernel *k, const struct names *wanted, struct names *ret,
		    struct cvt_error *err)
{
	CLEANUP(closure_clear) struct closure c = { 0 };
	CLEANUP_NAMES struct names out = { 0 };

	if (closure_init(&c, k) < 0)
		return error_nomem(err);
	reach(&c, wanted);
	while (c.n_todo > 0)
		reach(&c, &c.sorted[c.todo[--c.n_todo]]->needs);
	for (size_t i = 0; i < c.n; i++)
		if (c.reached[i] && names_add(&out, c.sorted[i]->name) < 0)
			return error_nomem(err);
	names_clear(ret);
	*ret = out;
	out = (struct names){ 0 };
	return 0;
}

/* --- index files --- */

/* Not here: symbols, which nothing asks for before the root is mounted; order, for depmod;
 * modinfo.
 */
static const char *const binary_indexes[] = {
	"modules.alias.bin", "modules.builtin.alias.bin", "modules.builtin.bin",
	"modules.dep.bin",   "modules.devname",		  "modules.softdep",
	"modules.weakdep",
};
static const char *const text_indexes[] = { "modules.dep", "modules.alias" };

static bool is_in(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

bool modules_may_want_index(const char *name)
{
	return is_in(binary_indexes, ARRAY_SIZE(binary_indexes), name) ||
	       is_in(text_indexes, ARRAY_SIZE(text_indexes), name);
}

/* kmod 30 reads the binary form and takes the text only where that is missing; busybox knows
 * nothing but the text.
 */
bool modules_wants_index(const struct kernel *k, const char *name)
{
	char bin[NAME_SIZE];

	if (is_in(binary_indexes, ARRAY_SIZE(binary_indexes), name))
		return true;
	if (!is_in(text_indexes, ARRAY_SIZE(text_indexes), name))
		return false;
	snprintf(bin, sizeof(bin), "%s.bin", name);
	return k->initrd_text_index || !names_has(&k->indexes, bin);
}
