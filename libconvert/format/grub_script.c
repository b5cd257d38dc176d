/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/grub_script.h"

bool span_is(struct span raw, const char *text)
{
	return raw.len == strlen(text) && memcmp(raw.s, text, raw.len) == 0;
}

/* A backslash before the end of a line continues the line. */
static size_t continuation_length(const char *s, size_t len)
{
	if (len >= 2 && s[0] == '\\' && s[1] == '\n')
		return 2;
	if (len >= 3 && s[0] == '\\' && s[1] == '\r' && s[2] == '\n')
		return 3;
	return 0;
}

size_t grub_gap_length(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t n = continuation_length(s + i, len - i);

		if (n == 0 && (s[i] == ' ' || s[i] == '\t' || s[i] == '\r'))
			n = 1;
		if (n == 0)
			break;
		i += n;
	}
	return i;
}

/* Length of the quoted text at @s, with both quotes; unterminated, it goes to the end. */
static size_t quoted_length(const char *s, size_t len)
{
	size_t i = 1;

	while (i < len && s[i] != s[0])
		i += s[0] == '"' && s[i] == '\\' && i + 1 < len ? 2 : 1;
	return i < len ? i + 1 : len;
}

/* Whether the quote that ends the quoted text at @s is an escaped one. */
static bool ends_escaped(const char *s, size_t len)
{
	size_t n = 0;

	while (s[0] == '"' && n + 2 < len && s[len - 2 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* Length of "${name}" at @s; 0: it is none. */
static size_t braced_length(const char *s, size_t len)
{
	size_t i = 2;

	if (len < 3 || s[0] != '$' || s[1] != '{')
		return 0;
	while (i < len && strchr("}\n \t{;\"'", s[i]) == NULL)
		i++;
	return i < len && s[i] == '}' ? i + 1 : 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_special(char c)
{
	return c != '\0' && strchr("{};&|<>", c) != NULL;
}

size_t grub_word_length(const char *s, size_t len, bool in_script)
{
	size_t i = 0;

	while (i < len && !is_blank(s[i])) {
		size_t n = braced_length(s + i, len - i);

		if (n == 0 && (s[i] == '"' || s[i] == '\''))
			n = quoted_length(s + i, len - i);
		if (n == 0 && s[i] == '\\' && i + 1 < len)
			n = continuation_length(s + i, len - i)
				    ? continuation_length(s + i, len - i)
				    : 2;
		if (n == 0 && in_script && is_special(s[i]))
			break;
		i += n ? n : 1;
	}
	return i;
}

bool grub_word_is_open(struct span raw)
{
	size_t i = 0;

	while (i < raw.len) {
		size_t n = 1;

		if (raw.s[i] == '"' || raw.s[i] == '\'') {
			n = quoted_length(raw.s + i, raw.len - i);
			if (n == 1 || raw.s[i + n - 1] != raw.s[i] ||
			    ends_escaped(raw.s + i, n))
				return true;
		} else if (raw.s[i] == '\\') {
			n = 2;
		}
		i += n;
	}
	return i > raw.len;
}

/* The text between double quotes: a backslash escapes only what would mean something. */
static char *copy_double_quoted(char *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t n = continuation_length(s + i, len - i);

		if (n > 0) {
			i += n - 1;
			continue;
		}
		if (s[i] == '\\' && i + 1 < len &&
		    (s[i + 1] == '$' || s[i + 1] == '"' || s[i + 1] == '\\'))
			i++;
		*out++ = s[i];
	}
	return out;
}

/* Copies one piece of a word, quoted text or a character; returns its length as written. */
static size_t copy_piece(char **out, const char *s, size_t len)
{
	size_t n = continuation_length(s, len);
	size_t inner;

	if (n > 0)
		return n;
	if (s[0] != '"' && s[0] != '\'') {
		n = s[0] == '\\' && len > 1 ? 2 : 1;
		*(*out)++ = s[n - 1];
		return n;
	}
	n = quoted_length(s, len);
	inner = n >= 2 && s[n - 1] == s[0] && !ends_escaped(s, n) ? n - 2 : n - 1;
	if (s[0] == '"') {
		*out = copy_double_quoted(*out, s + 1, inner);
	} else {
		memcpy(*out, s + 1, inner);
		*out += inner;
	}
	return n;
}

int grub_word_text(struct span raw, struct bytes *ret)
{
	char *text = malloc(raw.len + 1);
	char *out = text;

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < raw.len;)
		i += copy_piece(&out, raw.s + i, raw.len - i);
	*out = '\0';
	bytes_clear(ret);
	*ret = (struct bytes){ .data = text, .len = (size_t)(out - text) };
	return 0;
}

static bool is_reserved(struct span word)
{
	static const char *const reserved[] = {
		"!", "do", "elif", "else", "if", "then", "time", "until", "while",
	};

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++)
		if (span_is(word, reserved[i]))
			return true;
	return false;
}

static int add_word(struct grub_command *cmd, struct span word)
{
	struct span *grown = cmd->words;

	if (cmd->n >= GRUB_WORDS_MAX || (cmd->n == 0 && is_reserved(word)))
		return 0;
	/* Capacity is the next power of two, so that it need not be stored. */
	if ((cmd->n & (cmd->n - 1)) == 0)
		grown = realloc(cmd->words, (cmd->n ? 2 * cmd->n : 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	cmd->words = grown;
	cmd->words[cmd->n++] = word;
	return 0;
}

/* What ends the command at r->pos, which is no word. */
static enum grub_end take_end(struct grub_reader *r)
{
	char c;

	if (r->pos == r->end)
		return GRUB_END_TEXT;
	c = *r->pos++;
	return c == '{' ? GRUB_END_OPEN : c == '}' ? GRUB_END_CLOSE : GRUB_END_COMMAND;
}

int grub_next_command(struct grub_reader *r, struct grub_command *cmd)
{
	cmd->n = 0;
	for (;;) {
		struct span word;
		int e;

		r->pos += grub_gap_length(r->pos, (size_t)(r->end - r->pos));
		if (r->pos < r->end && *r->pos == '#') {
			const char *nl = memchr(r->pos, '\n', (size_t)(r->end - r->pos));

			r->pos = nl ? nl : r->end;
		}
		word.s = r->pos;
		word.len = grub_word_length(r->pos, (size_t)(r->end - r->pos), true);
		if (word.len == 0)
			break;
		r->pos += word.len;
		e = add_word(cmd, word);
		if (e < 0)
			return e;
	}
	cmd->end = take_end(r);
	return 0;
}

void grub_command_clear(struct grub_command *cmd)
{
	free(cmd->words);
	*cmd = (struct grub_command){ 0 };
}
