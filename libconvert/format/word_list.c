/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/lines.h"
#include "format/word_list.h"

/* The words, and what stands around them: "", quotes or parentheses. */
struct list {
	struct span words;
	char open, close; /* 0: nothing */
};

/* The list that begins behind "NAME="; false: not one that can be edited. */
static bool parse(struct span s, struct list *ret)
{
	static const char opens[] = "\"'(", closes[] = "\"')";
	const char *kind = s.len > 0 && *s.s ? strchr(opens, *s.s) : NULL;
	const char *end;

	*ret = (struct list){ .words = s };
	if (kind) {
		ret->open = *kind;
		ret->close = closes[kind - opens];
		end = memchr(s.s + 1, ret->close, s.len - 1);
		/* What follows directly would become part of the last word. */
		if (!end || (end + 1 < s.s + s.len && !strchr(" \t#;", end[1])))
			return false;
		ret->words = (struct span){ s.s + 1, (size_t)(end - s.s) - 1 };
	} else {
		size_t n = 0;

		while (n < s.len && !strchr(" \t#;", s.s[n]))
			n++;
		ret->words.len = n;
	}
	for (size_t i = 0; i < ret->words.len; i++)
		if (strchr("$`\\\"'#", ret->words.s[i]))
			return false;
	return true;
}

static bool find(const char *text, const char *name, struct list *ret)
{
	struct lines l = { text, text + strlen(text) };
	struct span line;
	size_t n = strlen(name);
	bool found = false;

	while (lines_next(&l, &line)) {
		line = span_trim(line);
		if (span_starts(line, name) && line.len > n && line.s[n] == '=')
			found = parse((struct span){ line.s + n + 1, line.len - n - 1 },
				      ret);
	}
	return found;
}

static char fold(char c)
{
	return c == '-' ? '_' : c;
}

static bool has(struct span words, const char *word)
{
	struct span w;

	while ((w = span_word(&words)).len > 0) {
		size_t i = 0;

		while (i < w.len && word[i] && fold(w.s[i]) == fold(word[i]))
			i++;
		if (i == w.len && word[i] == '\0')
			return true;
	}
	return false;
}

/* The words of @l, and the missing ones of @words behind them. */
static int join(const struct list *l, const struct names *words, struct bytes *ret)
{
	struct span old = span_trim(l->words);
	int r = bytes_append(ret, l->words.s, (size_t)(old.s - l->words.s) + old.len);

	for (size_t i = 0; i < words->n && r == 0; i++) {
		if (has(l->words, words->v[i]))
			continue;
		if (ret->len > 0 && ret->data[ret->len - 1] != ' ')
			r = bytes_append(ret, " ", 1);
		if (r == 0)
			r = bytes_append(ret, words->v[i], strlen(words->v[i]));
	}
	if (r == 0)
		r = bytes_append(ret, old.s + old.len,
				 (size_t)(l->words.s + l->words.len - old.s) - old.len);
	return r;
}

int word_list_add(const char *text, const char *name, const struct names *words,
		  struct bytes *ret)
{
	CLEANUP_BYTES struct bytes out = { 0 }, joined = { 0 };
	const char *quote, *start, *end;
	struct list l;
	int r;

	if (!find(text, name, &l))
		return -ENOENT;
	r = join(&l, words, &joined);
	start = l.words.s;
	end = l.words.s + l.words.len;
	quote = !l.open && joined.len > 0 && memchr(joined.data, ' ', joined.len) ? "\""
										  : "";
	if (r == 0)
		r = bytes_append(&out, text, (size_t)(start - text));
	if (r == 0)
		r = bytes_append(&out, quote, strlen(quote));
	if (r == 0 && joined.len > 0)
		r = bytes_append(&out, joined.data, joined.len);
	if (r == 0)
		r = bytes_append(&out, quote, strlen(quote));
	if (r == 0)
		r = bytes_append(&out, end, strlen(end));
	if (r < 0)
		return r;
	bytes_clear(ret);
	*ret = bytes_take(&out);
	return 0;
}
