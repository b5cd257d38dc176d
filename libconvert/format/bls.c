/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "format/bls.h"
#include "format/splice.h"
#include "format/version.h"

/* One line "key value": both without the blanks around them. */
struct line {
	const char *start;
	size_t len; /* without its newline */
	const char *key, *value;
	size_t key_len, value_len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* 0 at the end of the text. */
static bool next_line(const char **at, const char *end, struct line *l)
{
	const char *s = *at, *eol, *stop;

	if (s == end)
		return false;
	eol = memchr(s, '\n', (size_t)(end - s));
	stop = eol ? eol : end;
	*at = eol ? eol + 1 : end;
	*l = (struct line){ .start = s, .len = (size_t)(stop - s) };
	while (s < stop && is_blank(*s))
		s++;
	while (stop > s && is_blank(stop[-1]))
		stop--;
	l->key = s;
	while (s < stop && !is_blank(*s))
		s++;
	l->key_len = (size_t)(s - l->key);
	while (s < stop && is_blank(*s))
		s++;
	l->value = s;
	l->value_len = (size_t)(stop - s);
	if (l->key_len > 0 && l->key[0] == '#')
		l->key_len = 0;
	return true;
}

static bool is_key(const struct line *l, const char *key)
{
	return l->key_len == strlen(key) && memcmp(l->key, key, l->key_len) == 0;
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

static int set(char **at, const struct line *l)
{
	char *value = strndup(l->value, l->value_len);

	if (!value)
		return -ENOMEM;
	free(*at);
	*at = value;
	return 0;
}

/* The specification has one on a line, GRUB takes several. */
static int add_initrds(struct bls *b, const struct line *l)
{
	const char *s = l->value, *end = s + l->value_len;

	while (s < end) {
		size_t n = 0;
		CLEANUP_FREE char *path = NULL;

		while (s + n < end && !is_blank(s[n]))
			n++;
		path = strndup(s, n);
		if (!path)
			return -ENOMEM;
		/* $tuned_initrd: of Red Hat's tuned, usually empty. */
		if (n > 0 && *s != '$' && names_add(&b->initrds, path) < 0)
			return -ENOMEM;
		for (s += n; s < end && is_blank(*s);)
			s++;
	}
	return 0;
}

static int add_options(struct bytes *options, const struct line *l)
{
	if (options->len > 0 && bytes_append(options, " ", 1) < 0)
		return -ENOMEM;
	return bytes_append(options, l->value, l->value_len);
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

	if (is_key(l, "initrd"))
		return add_initrds(b, l);
	if (is_key(l, "options"))
		return add_options(&b->options, l);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!is_key(l, keys[i].key))
			continue;
		if (keys[i].at == &b->kernel)
			b->is_program = l->key[0] != 'l';
		return set(keys[i].at, l);
	}
	return 0;
}

int bls_parse(const char *name, const char *text, size_t len, struct bls *ret)
{
	CLEANUP_BLS struct bls b = { 0 };
	const char *at = text;
	struct line l;
	int r = take_name(name, &b);

	while (r == 0 && next_line(&at, text + len, &l))
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

bool bls_matches(const char *pattern, const char *id)
{
	CLEANUP_FREE char *bare = NULL;
	size_t n = strlen(id);

	if (fnmatch(pattern, id, FNM_CASEFOLD) == 0)
		return true;
	if (n < 5 || strcmp(id + n - 5, ".conf") != 0)
		return false;
	bare = strndup(id, n - 5);
	return bare && fnmatch(pattern, bare, FNM_CASEFOLD) == 0;
}

/* --- loader.conf --- */

int loader_conf_get(const char *text, size_t len, const char *key, struct bytes *ret)
{
	const char *at = text;
	struct line l;
	int r = -ENOENT;

	while (r != -ENOMEM && next_line(&at, text + len, &l))
		if (is_key(&l, key))
			r = bytes_set(ret, l.value, l.value_len);
	return r;
}

int loader_conf_set(const char *text, size_t len, const char *key, const char *value,
		    struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	const char *at = text, *end = text + len;
	bool is_set = false;
	struct line l;
	int r = 0;

	while (r == 0 && next_line(&at, end, &l)) {
		size_t offset = (size_t)(l.value - text);

		if (!is_key(&l, key))
			continue;
		if (is_set)
			r = splice_drop(&s, (size_t)(l.start - text),
					(size_t)(at - l.start));
		else if (l.value_len == 0)
			r = splice_add(&s, (size_t)(l.key + l.key_len - text), 0, " %s",
				       value);
		else if (strlen(value) != l.value_len ||
			 memcmp(value, l.value, l.value_len) != 0)
			r = splice_add(&s, offset, l.value_len, "%s", value);
		is_set = true;
	}
	if (r == 0 && !is_set)
		r = splice_add(&s, len, 0, "%s%s %s\n",
			       len > 0 && end[-1] != '\n' ? "\n" : "", key, value);
	return r < 0 ? r : splices_apply(&s, text, len, ret);
}

/* --- edits --- */

/* @words with @before, @after around it, in place of @len bytes at @at. */
static int put(struct splices *s, size_t at, size_t len, const char *before,
	       const struct bytes *words, const char *after)
{
	CLEANUP_BYTES struct bytes text = { 0 };

	if (bytes_append(&text, before, strlen(before)) < 0 ||
	    bytes_append(&text, words->data, words->len) < 0 ||
	    bytes_append(&text, after, strlen(after)) < 0)
		return -ENOMEM;
	return splice_bytes(s, at, len, &text);
}

/* All options stand where the first of them stood. */
static int put_options(const char *text, size_t len, const struct bytes *fresh,
		       struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	const char *at = text, *end = text + len;
	bool is_done = false;
	struct line l;
	int r = 0;

	while (r == 0 && next_line(&at, end, &l)) {
		if (!is_key(&l, "options"))
			continue;
		if (is_done)
			r = splice_drop(&s, (size_t)(l.start - text),
					(size_t)(at - l.start));
		else
			r = put(&s, (size_t)(l.value - text), l.value_len,
				l.value == l.key + l.key_len ? " " : "", fresh, "");
		is_done = true;
	}
	if (r == 0 && !is_done)
		r = put(&s, len, 0,
			len > 0 && end[-1] != '\n' ? "\noptions " : "options ", fresh,
			"\n");
	return r < 0 ? r : splices_apply(&s, text, len, ret);
}

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
	return put_options(text, len, &fresh, ret);
}
