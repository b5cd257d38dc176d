/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "format/cmdline.h"
#include "format/grub_script.h"
#include "format/splice.h"

struct reader {
	const char *in;
	size_t len;
	size_t pos; /* behind the last word */
	enum cmdline_syntax syntax;
};

struct word {
	size_t gap;	   /* where the blanks before it begin */
	size_t at, len;	   /* as written */
	struct bytes text; /* without quotes */
};

static void word_clear(struct word *w)
{
	bytes_clear(&w->text);
}
#define CLEANUP_WORD CLEANUP(word_clear)

static size_t kernel_word_length(const char *s, size_t len)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < len && (quoted || !isspace((unsigned char)s[i])); i++)
		if (s[i] == '"')
			quoted = !quoted;
	return i;
}

/* Quotes may stand around the whole word or around its value. */
static int kernel_word_text(const char *s, size_t len, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	const char *eq = memchr(s, '=', len);
	size_t head = 0;

	if (s[0] != '"' && eq)
		head = (size_t)(eq - s) + 1;
	if (bytes_append(&text, s, head) < 0)
		return -ENOMEM;
	s += head;
	len -= head;
	if (len > 0 && s[0] == '"') {
		s++;
		len--;
		if (len > 0 && s[len - 1] == '"')
			len--;
	}
	if (bytes_append(&text, s, len) < 0)
		return -ENOMEM;
	bytes_clear(ret);
	*ret = bytes_take(&text);
	return 0;
}

static bool is_blank(const struct reader *r, char c)
{
	if (r->syntax == CMDLINE_GRUB)
		return c == ' ' || c == '\t' || c == '\r' || c == '\n';
	return isspace((unsigned char)c);
}

static size_t gap_length(const struct reader *r)
{
	size_t i = r->pos, n;

	do {
		n = 0;
		while (i < r->len && is_blank(r, r->in[i]))
			i++;
		if (r->syntax == CMDLINE_GRUB)
			n = grub_gap_length(r->in + i, r->len - i);
		i += n;
	} while (n > 0);
	return i - r->pos;
}

/* Read the next word into @w: 1; 0 at the end or before "--"; -ENOMEM. */
static int next_word(struct reader *r, struct word *w)
{
	struct span raw;
	int e;

	w->gap = r->pos;
	w->at = r->pos + gap_length(r);
	raw.s = r->in + w->at;
	raw.len = r->len - w->at;
	raw.len = r->syntax == CMDLINE_GRUB ? grub_word_length(raw.s, raw.len, false)
					    : kernel_word_length(raw.s, raw.len);
	w->len = raw.len;
	if (raw.len == 0 || span_is(raw, "--"))
		return 0;
	e = r->syntax == CMDLINE_GRUB ? grub_word_text(raw, &w->text)
				      : kernel_word_text(raw.s, raw.len, &w->text);
	if (e < 0)
		return e;
	r->pos = w->at + w->len;
	return 1;
}

/* Whether a quote in @w lacks its end: what is put behind it would become part of it. */
static bool is_open(const struct reader *r, const struct word *w)
{
	struct span raw = { r->in + w->at, w->len };
	size_t quotes = 0;

	if (r->syntax == CMDLINE_GRUB)
		return grub_word_is_open(raw);
	for (size_t i = 0; i < raw.len; i++)
		quotes += raw.s[i] == '"';
	return quotes % 2 == 1;
}

static char fold(char c)
{
	return c == '-' ? '_' : c;
}

/* Whether @text is @key or begins with @key and '='; @key ends at its own '='. */
static bool has_key(const char *text, const char *key)
{
	while (*key && *key != '=' && fold(*text) == fold(*key)) {
		text++;
		key++;
	}
	return (*key == '\0' || *key == '=') && (*text == '\0' || *text == '=');
}

static const char *value_of(const char *text)
{
	const char *eq = strchr(text, '=');

	return eq ? eq + 1 : NULL;
}

/* Write @word with the quotes it needs: key="a b". */
static int quote(const char *word, enum cmdline_syntax syntax, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes raw = { 0 };
	size_t head = strcspn(word, "=");
	size_t safe = strcspn(word, syntax == CMDLINE_GRUB ? " \t\r\n\"'\\$;&|<>{}"
							   : " \t\r\n");
	int r;

	if (word[safe] == '\0')
		return bytes_set(ret, word, safe);
	head = safe > head ? head + 1 : 0;
	r = bytes_append(&raw, word, head);
	if (r == 0)
		r = bytes_append(&raw, "\"", 1);
	for (const char *c = word + head; *c && r == 0; c++) {
		if (syntax == CMDLINE_GRUB && strchr("\"\\$", *c))
			r = bytes_append(&raw, "\\", 1);
		if (r == 0)
			r = bytes_append(&raw, c, 1);
	}
	if (r == 0)
		r = bytes_append(&raw, "\"", 1);
	if (r < 0)
		return r;
	bytes_clear(ret);
	*ret = bytes_take(&raw);
	return 0;
}

/* Words are edited from left to right: where the last edit ends. */
static size_t edited(const struct splices *s)
{
	return s->n > 0 ? s->v[s->n - 1].at + s->v[s->n - 1].len : 0;
}

/* Whether what follows the @len bytes at @text stands apart from them.  What has a
 * backslash before it is part of a word, or is a line that goes on.
 */
static bool ends_apart(const struct reader *r, const char *text, size_t len)
{
	if (len == 0)
		return true;
	return is_blank(r, text[len - 1]) && text[len - 1] != '\n' &&
	       (len == 1 || text[len - 2] != '\\');
}

/* The same for what stands before @at in the new text. */
static bool is_apart(const struct splices *s, const struct reader *r, size_t at)
{
	for (size_t i = s->n; i > 0; i--) {
		const struct splice *last = &s->v[i - 1];

		if (at > last->at + last->len)
			break;
		if (last->text.len > 0)
			return ends_apart(r, last->text.data, last->text.len);
		at = last->at;
	}
	return ends_apart(r, r->in, at);
}

/* Put @raw at @at, with a blank on the side where there is a neighbour. */
static int insert_raw(struct splices *s, const struct reader *r, size_t at,
		      struct span raw)
{
	CLEANUP_BYTES struct bytes text = { 0 };

	if (at < edited(s))
		at = edited(s);
	if (bytes_append(&text, " ", is_apart(s, r, at) ? 0 : 1) < 0 ||
	    bytes_append(&text, raw.s, raw.len) < 0 ||
	    bytes_append(&text, " ", at == r->len || is_blank(r, r->in[at]) ? 0 : 1) < 0)
		return -ENOMEM;
	return splice_bytes(s, at, 0, &text);
}

static int insert(struct splices *s, const struct reader *r, size_t at, const char *word)
{
	CLEANUP_BYTES struct bytes raw = { 0 };

	if (quote(word, r->syntax, &raw) < 0)
		return -ENOMEM;
	return insert_raw(s, r, at, (struct span){ raw.data, raw.len });
}

/* Drop @w with the blanks before it; the first word goes with those behind it. */
static int drop(struct splices *s, const struct word *w, const struct reader *r)
{
	if (w->gap == 0 || w->gap < edited(s))
		return splice_drop(s, w->at, w->len + gap_length(r));
	return splice_drop(s, w->gap, w->at + w->len - w->gap);
}

static int replace(struct splices *s, const struct reader *r, const struct word *w,
		   const char *word)
{
	CLEANUP_BYTES struct bytes raw = { 0 };

	if (quote(word, r->syntax, &raw) < 0)
		return -ENOMEM;
	return splice_bytes(s, w->at, w->len, &raw);
}

int cmdline_get(const char *in, size_t len, enum cmdline_syntax syntax, const char *key,
		struct bytes *ret)
{
	struct reader r = { in, len, 0, syntax };
	CLEANUP_BYTES struct bytes found = { 0 };
	CLEANUP_WORD struct word w = { 0 };
	bool is_there = false;
	int e;

	while ((e = next_word(&r, &w)) > 0) {
		const char *value = value_of(w.text.data);

		if (!has_key(w.text.data, key))
			continue;
		is_there = true;
		if (bytes_set(&found, value ? value : "", value ? strlen(value) : 0) < 0)
			return -ENOMEM;
	}
	if (e < 0 || !is_there)
		return e < 0 ? e : -ENOENT;
	bytes_clear(ret);
	*ret = bytes_take(&found);
	return 0;
}

int cmdline_add(const char *in, size_t len, enum cmdline_syntax syntax, const char *word,
		struct bytes *ret)
{
	struct reader r = { in, len, 0, syntax };
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_WORD struct word w = { 0 };
	int e;

	while ((e = next_word(&r, &w)) > 0)
		;
	if (e == 0)
		e = insert(&s, &r, r.pos, word);
	return e < 0 ? e : splices_apply(&s, in, len, ret);
}

int cmdline_set(const char *in, size_t len, enum cmdline_syntax syntax, const char *word,
		struct bytes *ret)
{
	struct reader r = { in, len, 0, syntax };
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_WORD struct word w = { 0 };
	bool is_done = false;
	int e;

	while ((e = next_word(&r, &w)) > 0) {
		if (!has_key(w.text.data, word))
			continue;
		if (is_done)
			e = drop(&s, &w, &r);
		else if (strcmp(w.text.data, word) != 0)
			e = replace(&s, &r, &w, word);
		is_done = true;
		if (e < 0)
			return e;
	}
	if (e == 0 && !is_done)
		e = insert(&s, &r, r.pos, word);
	return e < 0 ? e : splices_apply(&s, in, len, ret);
}

int cmdline_remove(const char *in, size_t len, enum cmdline_syntax syntax,
		   const char *word, struct bytes *ret)
{
	struct reader r = { in, len, 0, syntax };
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_WORD struct word w = { 0 };
	int e;

	while ((e = next_word(&r, &w)) > 0) {
		if (value_of(word) ? strcmp(w.text.data, word) == 0
				   : has_key(w.text.data, word))
			e = drop(&s, &w, &r);
		if (e < 0)
			return e;
	}
	return e < 0 ? e : splices_apply(&s, in, len, ret);
}

/* --- edits --- */

#define LIST_MAX 32 /* consoles or args of one wish: bits of a mask */

static size_t list_length(const char *const *list)
{
	size_t n = 0;

	while (list && list[n] && n < LIST_MAX)
		n++;
	return n;
}

/* tty0, tty1, …: a virtual terminal is the screen, whichever it is. */
static bool is_screen(const char *tty, size_t len)
{
	if (len < 4 || strncmp(tty, "tty", 3) != 0)
		return false;
	for (size_t i = 3; i < len; i++)
		if (!isdigit((unsigned char)tty[i]))
			return false;
	return true;
}

static bool same_terminal(const char *a, const char *b)
{
	size_t n = strcspn(a, ","), m = strcspn(b, ",");

	return (n == m && strncmp(a, b, n) == 0) || (is_screen(a, n) && is_screen(b, m));
}

/* What is on the line, of what the edits ask for. */
struct survey {
	size_t n_consoles; /* console= words */
	bool is_last_ours; /* the last of them is the terminal that has to be last */
	uint32_t consoles; /* bit i: the terminal of e->consoles[i] is there */
	uint32_t args;	   /* bit i: the key of e->args[i] is there */
	bool is_wanted;	   /* consoles and args may be added here */
	struct span last;  /* the word of the terminal that has to be last, if there */
};

static void survey_word(const struct reader *r, const struct word *w,
			const struct cmdline_edits *e, struct survey *v)
{
	const char *text = w->text.data, *value = value_of(text);
	size_t n = list_length(e->consoles);

	if (e->only_with && has_key(text, e->only_with))
		v->is_wanted = true;
	for (size_t i = 0; i < list_length(e->args); i++)
		if (has_key(text, e->args[i]))
			v->args |= UINT32_C(1) << i;
	if (n == 0 || !value || !has_key(text, "console"))
		return;
	v->n_consoles++;
	for (size_t i = 0; i < n; i++)
		if (same_terminal(value, e->consoles[i]))
			v->consoles |= UINT32_C(1) << i;
	v->is_last_ours = same_terminal(value, e->consoles[n - 1]);
	if (v->is_last_ours)
		v->last = (struct span){ r->in + w->at, w->len };
}

static int survey(struct reader r, const struct cmdline_edits *e, struct survey *v)
{
	CLEANUP_WORD struct word w = { 0 };
	bool is_broken = false;
	int k;

	v->is_wanted = !e->only_with;
	while ((k = next_word(&r, &w)) > 0) {
		is_broken = is_open(&r, &w);
		survey_word(&r, &w, e, v);
	}
	v->is_wanted &= !is_broken;
	return k;
}

static int insert_console(struct splices *s, const struct reader *r, size_t at,
			  const char *value)
{
	CLEANUP_FREE char *word = NULL;

	if (asprintf(&word, "console=%s", value) < 0) {
		word = NULL;
		return -ENOMEM;
	}
	return insert(s, r, at, word);
}

/* The consoles that are missing, and at the end the last one unless it stands already. */
static int insert_consoles(struct splices *s, const struct reader *r, size_t at,
			   const struct cmdline_edits *e, const struct survey *v)
{
	size_t n = list_length(e->consoles);
	int k = 0;

	for (size_t i = 0; i + 1 < n && k == 0; i++)
		if (!(v->consoles >> i & 1))
			k = insert_console(s, r, at, e->consoles[i]);
	if (k < 0 || v->is_last_ours)
		return k;
	return v->last.s ? insert_raw(s, r, at, v->last)
			 : insert_console(s, r, at, e->consoles[n - 1]);
}

/* @nth: how many console= words stood before this one. */
static int edit_console(struct splices *s, const struct word *w, const struct reader *r,
			size_t nth, const struct cmdline_edits *e, const struct survey *v)
{
	const char *last = e->consoles[list_length(e->consoles) - 1];
	bool is_end = nth + 1 == v->n_consoles;

	if (v->is_last_ours)
		return is_end ? insert_consoles(s, r, w->at, e, v) : 0;
	if (same_terminal(value_of(w->text.data), last))
		return drop(s, w, r);
	return is_end ? insert_consoles(s, r, r->pos, e, v) : 0;
}

static int edit_mapped(struct splices *s, const struct reader *r, struct word *w,
		       const struct cmdline_edits *e)
{
	CLEANUP_FREE char *word = NULL;
	char *eq = strchr(w->text.data, '=');
	int k;

	*eq = '\0';
	k = e->map(e, w->text.data, eq + 1, &word);
	*eq = '=';
	if (k < 0 || !word || strcmp(word, w->text.data) == 0)
		return k;
	return *word ? replace(s, r, w, word) : drop(s, w, r);
}

/* Whether @text is one of @list; "console=hvc0" is "console=hvc0,115200" too. */
static bool is_dropped(const char *text, const char *const *list)
{
	const char *value = value_of(text);

	for (size_t i = 0; list && list[i]; i++) {
		const char *unwanted = value_of(list[i]);
		size_t n = unwanted ? strlen(unwanted) : 0;

		if (!has_key(text, list[i]) || !unwanted != !value)
			continue;
		if (!value || (strncmp(value, unwanted, n) == 0 &&
			       (value[n] == '\0' || value[n] == ',')))
			return true;
	}
	return false;
}

static int insert_args(struct splices *s, const struct reader *r,
		       const struct cmdline_edits *e, const struct survey *v)
{
	int k = 0;

	for (size_t i = 0; i < list_length(e->args) && k == 0; i++)
		if (!(v->args >> i & 1))
			k = insert(s, r, r->pos, e->args[i]);
	return k;
}

int cmdline_edit(const char *in, size_t len, enum cmdline_syntax syntax,
		 const struct cmdline_edits *e, struct bytes *ret)
{
	struct reader r = { in, len, 0, syntax };
	CLEANUP_SPLICES struct splices s = { 0 };
	struct survey v = { 0 };
	CLEANUP_WORD struct word w = { 0 };
	size_t nth = 0;
	bool wants_consoles;
	int k = survey(r, e, &v);

	wants_consoles = v.is_wanted && list_length(e->consoles) > 0;
	while (k == 0 && (k = next_word(&r, &w)) > 0) {
		bool has_value = value_of(w.text.data) != NULL;

		k = 0;
		if (is_dropped(w.text.data, e->drop) && !is_open(&r, &w))
			k = drop(&s, &w, &r);
		else if (has_value && wants_consoles && has_key(w.text.data, "console"))
			k = edit_console(&s, &w, &r, nth++, e, &v);
		else if (has_value && e->map && !is_open(&r, &w))
			k = edit_mapped(&s, &r, &w, e);
		if (k < 0)
			return k;
	}
	if (k == 0 && wants_consoles && v.n_consoles == 0)
		k = insert_consoles(&s, &r, r.pos, e, &v);
	if (k == 0 && v.is_wanted)
		k = insert_args(&s, &r, e, &v);
	return k < 0 ? k : splices_apply(&s, in, len, ret);
}
