/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "format/grub_default.h"
#include "format/grub_script.h"
#include "format/splice.h"

struct reader {
	const char *in;
	size_t len;
	size_t pos;
};

/* NAME=VALUE as a command of its own. */
struct assignment {
	struct span name;
	struct span value; /* as written, with quotes */
	bool is_plain;	   /* value is fixed text, and nothing stands behind it */
	bool adds;	   /* +=, or variables in the value: what was there may stay */
};

/* Length of the shell word at @s: quotes, escapes, ${…}, $(…) and `…` are part of it. */
static size_t word_length(const char *s, size_t len)
{
	size_t i = 0, parens = 0;
	char quote = '\0';

	for (; i < len; i++) {
		if (s[i] == '\\' && quote != '\'' && i + 1 < len)
			i++;
		else if (quote)
			quote = s[i] == quote ? '\0' : quote;
		else if (s[i] == '"' || s[i] == '\'' || s[i] == '`')
			quote = s[i];
		else if (s[i] == '(')
			parens++;
		else if (s[i] == ')' && parens > 0)
			parens--;
		else if (parens == 0 && strchr(" \t\r\n;&|<>", s[i]) && s[i])
			break;
	}
	return i;
}

static size_t blank_length(const char *s, size_t len)
{
	size_t i = 0;

	for (;;) {
		if (i < len && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r'))
			i++;
		else if (i + 1 < len && s[i] == '\\' && s[i + 1] == '\n')
			i += 2;
		else
			return i;
	}
}

/* Whether the shell would expand something in @value. */
static bool has_expansion(struct span value)
{
	bool single = false, dbl = false;

	for (size_t i = 0; i < value.len; i++) {
		char c = value.s[i];

		if (c == '\\' && !single && i + 1 < value.len && value.s[i + 1] != '`')
			i++;
		else if (c == '\'' && !dbl)
			single = !single;
		else if (c == '"' && !single)
			dbl = !dbl;
		else if ((c == '$' || c == '`') && !single)
			return true;
	}
	return single || dbl;
}

/* Split "NAME=VALUE" or "NAME+=VALUE". */
static bool split(struct span word, struct assignment *a)
{
	size_t n = 0;

	while (n < word.len && (isalnum((unsigned char)word.s[n]) || word.s[n] == '_'))
		n++;
	a->adds = n > 0 && n + 1 < word.len && word.s[n] == '+' && word.s[n + 1] == '=';
	if (n == 0 || n >= word.len || (word.s[n] != '=' && !a->adds))
		return false;
	a->name = (struct span){ word.s, n };
	n += a->adds ? 2 : 1;
	a->value = (struct span){ word.s + n, word.len - n };
	a->is_plain = !a->adds && !has_expansion(a->value);
	a->adds = !a->is_plain;
	return true;
}

/* Skip the words to the end of the command; true: there was one. */
static bool skip_command(struct reader *r)
{
	bool any = false;

	for (;;) {
		size_t n;

		r->pos += blank_length(r->in + r->pos, r->len - r->pos);
		if (r->pos < r->len && r->in[r->pos] == '#') {
			const char *nl = memchr(r->in + r->pos, '\n', r->len - r->pos);

			r->pos = nl ? (size_t)(nl - r->in) : r->len;
		}
		n = word_length(r->in + r->pos, r->len - r->pos);
		if (n == 0)
			break;
		any = true;
		r->pos += n;
	}
	if (r->pos < r->len)
		r->pos++;
	return any;
}

/* The next assignment, also "export NAME=VALUE"; false at the end. */
static bool next_assignment(struct reader *r, struct assignment *a)
{
	while (r->pos < r->len) {
		struct span word;

		r->pos += blank_length(r->in + r->pos, r->len - r->pos);
		word.s = r->in + r->pos;
		word.len = r->pos < r->len && *word.s == '#'
				   ? 0
				   : word_length(word.s, r->len - r->pos);
		r->pos += word.len;
		if (span_is(word, "export"))
			continue;
		if (word.len > 0 && split(word, a)) {
			/* NAME=VALUE COMMAND sets it for the command only. */
			if (skip_command(r))
				a->is_plain = false;
			return true;
		}
		skip_command(r);
	}
	return false;
}

static bool is_cmdline(const struct assignment *a)
{
	return span_is(a->name, "GRUB_CMDLINE_LINUX") ||
	       span_is(a->name, "GRUB_CMDLINE_LINUX_DEFAULT");
}

int grub_default_get(const char *text, size_t len, const char *name, struct bytes *value)
{
	struct reader r = { text, len, 0 };
	struct assignment a;

	while (next_assignment(&r, &a)) {
		CLEANUP_BYTES struct bytes fresh = { 0 };
		int k;

		if (!span_is(a.name, name) || (!a.is_plain && !a.adds))
			continue;
		k = grub_word_text(a.value, &fresh);
		if (k == 0 && a.adds)
			k = bytes_append(value, " ", 1);
		else if (k == 0)
			k = bytes_set(value, "", 0);
		if (k == 0)
			k = bytes_append(value, fresh.data, fresh.len);
		if (k < 0)
			return k;
	}
	return 0;
}

bool grub_default_has(const char *text, size_t len, const char *name)
{
	struct reader r = { text, len, 0 };
	struct assignment a;

	while (next_assignment(&r, &a))
		if (a.is_plain && span_is(a.name, name))
			return true;
	return false;
}

/* Write @value in the manner of @like: single quotes stay, all else gets double ones. */
static int quote(const struct bytes *value, struct span like, struct bytes *ret)
{
	bool single = like.len >= 2 && like.s[0] == '\'' &&
		      like.s[like.len - 1] == '\'' &&
		      !memchr(value->data, '\'', value->len);
	int r = bytes_append(ret, single ? "'" : "\"", 1);

	for (size_t i = 0; i < value->len && r == 0; i++) {
		if (!single && value->data[i] && strchr("\"\\$`", value->data[i]))
			r = bytes_append(ret, "\\", 1);
		if (r == 0)
			r = bytes_append(ret, value->data + i, 1);
	}
	return r < 0 ? r : bytes_append(ret, single ? "'" : "\"", 1);
}

/* Apply @e to the value of @a. */
static int edit_value(struct splices *s, const char *in, const struct assignment *a,
		      const struct cmdline_edits *e)
{
	CLEANUP_BYTES struct bytes old = { 0 }, fresh = { 0 }, raw = { 0 };
	int r = grub_word_text(a->value, &old);

	if (r == 0)
		r = cmdline_edit(old.data, old.len, CMDLINE_GRUB, e, &fresh);
	if (r < 0 || bytes_equal(&old, &fresh))
		return r;
	r = quote(&fresh, a->value, &raw);
	return r < 0 ? r : splice_bytes(s, (size_t)(a->value.s - in), a->value.len, &raw);
}

static size_t line_of(const char *text, const char *at)
{
	size_t n = 1;

	for (; text < at; text++)
		n += *text == '\n';
	return n;
}

int grub_default_edit(const char *text, size_t len, const struct cmdline_edits *e,
		      size_t *kept_line, struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct reader r = { text, len, 0 };
	struct assignment a;
	const char *kept = NULL;

	while (next_assignment(&r, &a)) {
		int k;

		if (!is_cmdline(&a))
			continue;
		k = a.is_plain ? edit_value(&s, text, &a, e) : 0;
		if (k < 0)
			return k;
		if (!a.is_plain)
			kept = a.name.s;
	}
	if (kept_line)
		*kept_line = kept ? line_of(text, kept) : 0;
	return splices_apply(&s, text, len, ret);
}

enum holds {
	HOLDS_ARGS,
	HOLDS_ROOT,   /* "root=/dev/sda1" */
	HOLDS_DEVICE, /* "/dev/sda1" */
};

static const struct {
	const char *name;
	enum holds holds;
} loader_vars[] = {
	{ "default_kernel_opts", HOLDS_ARGS }, { "root", HOLDS_DEVICE },
	{ "U_BOOT_PARAMETERS", HOLDS_ARGS },   { "U_BOOT_ROOT", HOLDS_ROOT },
	{ "EXTLINUX_PARAMETERS", HOLDS_ARGS }, { "EXTLINUX_ROOT", HOLDS_ROOT },
	{ "DEFAULT_APPEND", HOLDS_ARGS },      { "FAILSAFE_APPEND", HOLDS_ARGS },
	{ "XEN_KERNEL_APPEND", HOLDS_ARGS },
};

/* "/dev/sda1" as root= would have it. */
static int edit_device(struct splices *s, const char *in, const struct assignment *a,
		       const struct cmdline_edits *e)
{
	CLEANUP_BYTES struct bytes old = { 0 }, raw = { 0 };
	CLEANUP_FREE char *word = NULL;
	struct bytes fresh;
	int r = grub_word_text(a->value, &old);

	if (r == 0 && e->map)
		r = e->map(e, "root", old.data, &word);
	if (r < 0 || !word || strncmp(word, "root=", 5) != 0 ||
	    strcmp(word + 5, old.data) == 0)
		return r;
	fresh = (struct bytes){ word + 5, strlen(word + 5), 0 };
	if (*a->value.s != '"' && *a->value.s != '\'' &&
	    !strpbrk(fresh.data, " \t\"'\\$`"))
		r = bytes_set(&raw, fresh.data, fresh.len);
	else
		r = quote(&fresh, a->value, &raw);
	return r < 0 ? r : splice_bytes(s, (size_t)(a->value.s - in), a->value.len, &raw);
}

static int edit_loader_var(struct splices *s, const char *in, const struct assignment *a,
			   enum holds holds, const struct cmdline_edits *e)
{
	struct cmdline_edits here = *e;

	here.only_with = NULL;
	if (holds != HOLDS_ARGS)
		here.consoles = here.args = NULL;
	return holds == HOLDS_DEVICE ? edit_device(s, in, a, &here)
				     : edit_value(s, in, a, &here);
}

int loader_vars_edit(const char *text, size_t len, const struct cmdline_edits *e,
		     struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct reader r = { text, len, 0 };
	struct assignment a;

	while (next_assignment(&r, &a))
		for (size_t i = 0; i < ARRAY_SIZE(loader_vars); i++) {
			int k;

			if (!a.is_plain || a.value.len == 0 ||
			    !span_is(a.name, loader_vars[i].name))
				continue;
			k = edit_loader_var(&s, text, &a, loader_vars[i].holds, e);
			if (k < 0)
				return k;
		}
	return splices_apply(&s, text, len, ret);
}

/* GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX …" behind the last line. */
static int add_line(struct splices *s, const char *in, size_t len,
		    const struct cmdline_edits *e)
{
	CLEANUP_BYTES struct bytes words = { 0 }, raw = { 0 };
	bool is_whole = len == 0 || in[len - 1] == '\n';
	struct span none = { "", 0 };
	int r = cmdline_edit("", 0, CMDLINE_GRUB, e, &words);

	if (r < 0 || words.len == 0)
		return r;
	r = quote(&words, none, &raw);
	return r < 0 ? r
		     : splice_add(s, len, 0,
				  "%sGRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX %s\n",
				  is_whole ? "" : "\n", raw.data + 1);
}

int grub_default_extend(const char *text, size_t len, const struct cmdline_edits *e,
			struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct reader r = { text, len, 0 };
	struct assignment a, last = { 0 };
	int k;

	while (next_assignment(&r, &a))
		if (a.is_plain && span_is(a.name, "GRUB_CMDLINE_LINUX"))
			last = a;
	k = last.name.s ? edit_value(&s, text, &last, e) : add_line(&s, text, len, e);
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}

int grub_default_set(const char *text, size_t len, const char *name, const char *value,
		     struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_BYTES struct bytes raw = { 0 };
	const struct bytes wanted = { (char *)value, strlen(value), 0 };
	struct reader r = { text, len, 0 };
	struct assignment a, last = { 0 };
	int k;

	while (next_assignment(&r, &a))
		if (a.is_plain && span_is(a.name, name))
			last = a;
	k = quote(&wanted, last.value, &raw);
	if (k == 0 && last.name.s)
		k = splice_bytes(&s, (size_t)(last.value.s - text), last.value.len, &raw);
	else if (k == 0)
		k = splice_add(&s, len, 0, "%s%s=%s\n",
			       len > 0 && text[len - 1] != '\n' ? "\n" : "", name,
			       raw.data);
	if (k == 0)
		k = splices_apply(&s, text, len, ret);
	/* Behind a quote without end the line is text. */
	return k < 0 || grub_default_has(ret->data, ret->len, name)
		       ? k
		       : bytes_set(ret, text, len);
}

int grub_default_allow_uuid(const char *text, size_t len, struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_BYTES struct bytes value = { 0 };
	struct reader r = { text, len, 0 };
	struct assignment a;

	while (next_assignment(&r, &a)) {
		if (!a.is_plain || (!span_is(a.name, "GRUB_DISABLE_LINUX_UUID") &&
				    !span_is(a.name, "GRUB_DISABLE_UUID")))
			continue;
		if (grub_word_text(a.value, &value) < 0)
			return -ENOMEM;
		if (strcmp(value.data, "true") == 0) {
			const char *word = memmem(a.value.s, a.value.len, "true", 4);
			size_t at =
				word ? (size_t)(word - text) : (size_t)(a.value.s - text);

			if (splice_add(&s, at, word ? 4 : a.value.len, "false") < 0)
				return -ENOMEM;
		}
	}
	return splices_apply(&s, text, len, ret);
}
