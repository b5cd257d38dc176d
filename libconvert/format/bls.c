/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "format/bls.h"
#include "format/lines.h"
#include "format/menu.h"
#include "format/splice.h"
#include "format/version.h"

#define BLANKS " \t\r"

/* One line "key value". */
struct line {
	const char *start;
	struct span key, value; /* the key of a comment is empty */
};

static bool next_line(struct lines *lines, struct line *ret)
{
	ret->start = lines->pos;
	if (!lines_next(lines, &ret->value))
		return false;
	ret->key = span_word_of(&ret->value, BLANKS);
	if (span_starts(ret->key, "#"))
		ret->key.len = 0;
	return true;
}

void bls_clear(struct bls *b)
{
	free(b->id);
	free(b->title);
	free(b->version);
	free(b->machine_id);
	free(b->sort_key);
	free(b->architecture);
	free(b->kernel);
	bytes_clear(&b->options);
	names_clear(&b->initrds);
	*b = (struct bls){ 0 };
}

/* "6.1+3-1.conf" has the name "6.1.conf", 3 tries left of 4. */
static int take_name(const char *name, struct bls *b)
{
	const char *plus = strrchr(name, '+'), *end = plus ? plus + 1 : NULL;
	size_t left;

	b->id = strdup(name);
	if (!b->id)
		return -ENOMEM;
	left = end ? strspn(end, "0123456789") : 0;
	if (left == 0)
		return 0;
	end += left;
	if (*end == '-')
		end += 1 + strspn(end + 1, "0123456789");
	if (strcmp(end, ".conf") != 0 && strcmp(end, ".efi") != 0)
		return 0;
	b->is_spent = strspn(plus + 1, "0") == left;
	memmove(b->id + (plus - name), end, strlen(end) + 1);
	return 0;
}

/* The specification has one on a line, GRUB takes several. */
static int add_initrds(struct bls *b, struct span paths)
{
	while (paths.len > 0) {
		struct span word = span_word_of(&paths, BLANKS);

		/* $tuned_initrd: of Red Hat's tuned, usually empty. */
		if (*word.s != '$' && menu_add_initrd(&b->initrds, word) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_options(struct bytes *options, struct span words)
{
	if (options->len > 0 && bytes_append(options, " ", 1) < 0)
		return -ENOMEM;
	return bytes_append(options, words.s, words.len);
}

static int take_line(struct bls *b, const struct line *l)
{
	const struct {
		const char *key;
		char **at;
	} keys[] = {
		{ "title", &b->title },
		{ "version", &b->version },
		{ "machine-id", &b->machine_id },
		{ "sort-key", &b->sort_key },
		{ "architecture", &b->architecture },
		{ "linux", &b->kernel },
		{ "efi", &b->kernel },
		{ "uki", &b->kernel },
	};

	if (span_is(l->key, "initrd"))
		return add_initrds(b, l->value);
	if (span_is(l->key, "options"))
		return add_options(&b->options, l->value);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!span_is(l->key, keys[i].key))
			continue;
		if (keys[i].at == &b->kernel)
			b->is_program = *l->key.s != 'l';
		return span_copy(l->value, keys[i].at);
	}
	return 0;
}

int bls_parse(const char *name, const char *text, size_t len, struct bls *ret)
{
	CLEANUP_BLS struct bls b = { 0 };
	struct lines lines = { text, text + len };
	struct line l;
	int r = take_name(name, &b);

	while (r == 0 && next_line(&lines, &l))
		r = take_line(&b, &l);
	if (r < 0)
		return r;
	bls_clear(ret);
	*ret = b;
	b = (struct bls){ 0 };
	return 0;
}

/* --- order --- */

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

int bls_compare_names(const struct bls *a, const struct bls *b)
{
	return -version_compare(a->id, b->id);
}

int bls_compare(const struct bls *a, const struct bls *b)
{
	int r = a->is_spent - b->is_spent;

	if (r == 0)
		r = !a->sort_key - !b->sort_key;
	if (r == 0 && a->sort_key) {
		r = strcmp(a->sort_key, b->sort_key);
		if (r == 0)
			r = strcmp(or_empty(a->machine_id), or_empty(b->machine_id));
		if (r == 0)
			r = -version_compare(or_empty(a->version), or_empty(b->version));
	}
	return r ? r : bls_compare_names(a, b);
}

#define PATTERN_MAX 1024 /* bytes; no name is longer, and each entry is compared */

bool bls_matches(const char *pattern, const char *id)
{
	CLEANUP_FREE char *bare = NULL;

	if (strlen(pattern) > PATTERN_MAX)
		return false;
	if (fnmatch(pattern, id, FNM_CASEFOLD) == 0)
		return true;
	if (!ends_with(id, ".conf"))
		return false;
	bare = strndup(id, strlen(id) - strlen(".conf"));
	return bare && fnmatch(pattern, bare, FNM_CASEFOLD) == 0;
}

/* --- changing a value --- */

/* @value with @before, @after around it, in place of @len bytes at @at. */
static int put(struct splices *s, size_t at, size_t len, const char *before,
	       struct span value, const char *after)
{
	CLEANUP_BYTES struct bytes text = { 0 };

	if (bytes_append(&text, before, strlen(before)) < 0 ||
	    bytes_append(&text, value.s, value.len) < 0 ||
	    bytes_append(&text, after, strlen(after)) < 0)
		return -ENOMEM;
	return splice_bytes(s, at, len, &text);
}

/* Let @value stand where the first of @key does, in place of all of them. */
static int set_key(const char *text, size_t len, const char *key, struct span value,
		   struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct lines lines = { text, text + len };
	bool is_set = false;
	struct line l;
	int r = 0;

	while (r == 0 && next_line(&lines, &l)) {
		if (!span_is(l.key, key))
			continue;
		if (is_set)
			r = splice_drop(&s, (size_t)(l.start - text),
					(size_t)(lines.pos - l.start));
		else
			r = put(&s, (size_t)(l.value.s - text), l.value.len,
				l.value.len == 0 ? " " : "", value, "");
		is_set = true;
	}
	if (r == 0 && !is_set)
		r = splice_add(&s, len, 0, "%s%s ",
			       len > 0 && text[len - 1] != '\n' ? "\n" : "", key);
	if (r == 0 && !is_set)
		r = put(&s, len, 0, "", value, "\n");
	return r < 0 ? r : splices_apply(&s, text, len, ret);
}

/* --- loader.conf --- */

int loader_conf_get(const char *text, size_t len, const char *key, struct bytes *ret)
{
	struct lines lines = { text, text + len };
	struct line l;
	int r = -ENOENT;

	while (r != -ENOMEM && next_line(&lines, &l))
		if (span_is(l.key, key))
			r = bytes_set(ret, l.value.s, l.value.len);
	return r;
}

int loader_conf_set(const char *text, size_t len, const char *key, const char *value,
		    struct bytes *ret)
{
	return set_key(text, len, key, (struct span){ value, strlen(value) }, ret);
}

/* --- edits --- */

int bls_edit(const char *text, size_t len, const struct cmdline_edits *e,
	     struct bytes *ret)
{
	CLEANUP_BLS struct bls b = { 0 };
	CLEANUP_BYTES struct bytes fresh = { 0 };
	struct cmdline_edits here = *e;
	int r = bls_parse("", text, len, &b);

	if (r == 0 && !b.options.data)
		r = bytes_set(&b.options, "", 0);
	if (r < 0)
		return r;
	if (!b.kernel || b.is_program)
		return bytes_set(ret, text, len);
	here.no_initrd = b.initrds.n == 0;
	/* With an initramfs it is Linux, which may find its root by the partition table.  What
	 * a variable stands for is edited where that is set.
	 */
	if (b.initrds.n > 0 && !memchr(b.options.data, '$', b.options.len))
		here.only_with = NULL;
	r = cmdline_edit(b.options.data, b.options.len, CMDLINE_KERNEL, &here, &fresh);
	if (r < 0)
		return r;
	if (bytes_equal(&fresh, &b.options))
		return bytes_set(ret, text, len);
	return set_key(text, len, "options", (struct span){ fresh.data, fresh.len }, ret);
}
