/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The edits of grub_cfg.h: spans of the text are replaced, the rest is kept. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/grub_cfg.h"
#include "format/lines.h"
#include "format/splice.h"

static bool is_linux(const struct grub_command *cmd)
{
	return cmd->n >= 2 &&
	       (span_is(cmd->words[0], "linux") || span_is(cmd->words[0], "linux16") ||
		span_is(cmd->words[0], "linuxefi"));
}

#define DEPTH_MAX 64 /* blocks in blocks; what is deeper counts as part of the last */

/* The blocks around a command, each by its number: 0 is the text outside, then one for
 * each '{' in order.
 */
struct blocks {
	size_t stack[DEPTH_MAX];
	size_t depth; /* may exceed DEPTH_MAX */
	size_t n;     /* opened so far */
};

static size_t current_block(const struct blocks *b)
{
	size_t depth = b->depth < DEPTH_MAX ? b->depth : DEPTH_MAX;

	return depth > 0 ? b->stack[depth - 1] : 0;
}

static void follow_block(struct blocks *b, enum grub_end end)
{
	if (end == GRUB_END_OPEN) {
		b->n++;
		if (b->depth < DEPTH_MAX)
			b->stack[b->depth] = b->n;
		b->depth++;
	} else if (end == GRUB_END_CLOSE && b->depth > 0) {
		b->depth--;
	}
}

/* A byte for each block: whether it has an initrd. */
static int find_initrds(const char *text, size_t len, char **ret)
{
	CLEANUP_GRUB_COMMAND struct grub_command cmd = { 0 };
	CLEANUP_FREE char *has = NULL;
	struct grub_reader r = { text, text + len };
	struct blocks b = { .n = 0 };
	size_t max = 1;
	int e;

	for (size_t i = 0; i < len; i++)
		max += text[i] == '{';
	has = calloc(max, 1);
	if (!has)
		return -ENOMEM;
	while ((e = grub_next_command(&r, &cmd)) == 0) {
		if (cmd.n >= 2 && span_starts(cmd.words[0], "initrd"))
			has[current_block(&b)] = 1;
		if (cmd.end == GRUB_END_TEXT)
			break;
		follow_block(&b, cmd.end);
	}
	if (e < 0)
		return e;
	*ret = take_ptr(has);
	return 0;
}

/* The arguments behind the kernel's path, to the end of the command. */
static int edit_arguments(struct splices *s, const char *in,
			  const struct grub_command *cmd, const struct cmdline_edits *e)
{
	CLEANUP_BYTES struct bytes fresh = { 0 };
	const char *start = cmd->words[1].s + cmd->words[1].len;
	const char *end = cmd->words[cmd->n - 1].s + cmd->words[cmd->n - 1].len;
	size_t len = (size_t)(end - start);
	int r;

	if (cmd->n < 3 || cmd->n >= GRUB_WORDS_MAX)
		return 0;
	r = cmdline_edit(start, len, CMDLINE_GRUB, e, &fresh);
	if (r < 0 || (fresh.len == len && memcmp(fresh.data, start, len) == 0))
		return r;
	return splice_bytes(s, (size_t)(start - in), len, &fresh);
}

/*
 * set kernelopts="root=… ro": the arguments of entries that 10_linux of RHEL 8
 * and Fedora 30 to 33 makes, where grubenv has none.
 */
static int edit_kernelopts(struct splices *s, const char *in,
			   const struct grub_command *cmd, const struct cmdline_edits *e)
{
	CLEANUP_BYTES struct bytes fresh = { 0 };
	struct span word = cmd->words[cmd->n - 1], value;
	const char *quote = memchr(word.s, '"', word.len);
	int r;

	if (!quote || word.s + word.len - 1 == quote || word.s[word.len - 1] != '"')
		return 0;
	value.s = quote + 1;
	value.len = (size_t)(word.s + word.len - 1 - value.s);
	if (memchr(value.s, '"', value.len) || memchr(value.s, '\\', value.len))
		return 0;
	r = cmdline_edit(value.s, value.len, CMDLINE_KERNEL, e, &fresh);
	if (r < 0 || memchr(fresh.data, '"', fresh.len))
		return r;
	return splice_bytes(s, (size_t)(value.s - in), value.len, &fresh);
}

static bool sets_kernelopts(const struct grub_command *cmd)
{
	return cmd->n == 2 && span_is(cmd->words[0], "set") &&
	       (span_starts(cmd->words[1], "kernelopts=\"") ||
		span_starts(cmd->words[1], "default_kernelopts=\""));
}

int grub_cfg_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			   struct bytes *ret)
{
	CLEANUP_GRUB_COMMAND struct grub_command cmd = { 0 };
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_FREE char *has_initrd = NULL;
	struct grub_reader r = { text, text + len };
	struct cmdline_edits here = *e;
	struct blocks b = { .n = 0 };
	int k = find_initrds(text, len, &has_initrd);

	while (k == 0 && (k = grub_next_command(&r, &cmd)) == 0) {
		here.no_initrd = is_linux(&cmd) && !has_initrd[current_block(&b)];
		if (is_linux(&cmd))
			k = edit_arguments(&s, text, &cmd, &here);
		else if (sets_kernelopts(&cmd))
			k = edit_kernelopts(&s, text, &cmd, &here);
		if (cmd.end == GRUB_END_TEXT)
			break;
		follow_block(&b, cmd.end);
	}
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}

/* Whether GRUB's name of a disk, or a list of them, says on which bus it is. */
static bool names_bus(const char *hint)
{
	static const char *const lasting[] = { "lvm/", "lvmid/", "md/", "mduuid/",
					       "cryptouuid/" };

	hint += strspn(hint, "(");
	for (size_t i = 0; i < ARRAY_SIZE(lasting); i++)
		if (strncmp(hint, lasting[i], strlen(lasting[i])) == 0)
			return false;
	return true;
}

static int drop_words(struct splices *s, const char *in, const struct grub_command *cmd,
		      size_t first, size_t n)
{
	const char *start = cmd->words[first - 1].s + cmd->words[first - 1].len;
	const char *end = cmd->words[first + n - 1].s + cmd->words[first + n - 1].len;

	return splice_drop(s, (size_t)(start - in), (size_t)(end - start));
}

/* --hint=X, --hint-bios=X, or the two words --hint X. */
static int drop_options(struct splices *s, const char *in, const struct grub_command *cmd)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	const char *value;

	for (size_t i = 1; i < cmd->n; i++) {
		size_t n = 1;

		if (!span_starts(cmd->words[i], "--hint"))
			continue;
		if (grub_word_text(cmd->words[i], &text) < 0)
			return -ENOMEM;
		value = strchr(text.data, '=');
		if (!value && i + 1 < cmd->n) {
			n = 2;
			if (grub_word_text(cmd->words[i + 1], &text) < 0)
				return -ENOMEM;
		}
		if (names_bus(value ? value + 1 : text.data) &&
		    drop_words(s, in, cmd, i, n) < 0)
			return -ENOMEM;
		i += n - 1;
	}
	return 0;
}

/* search.fs_uuid UUID root HINT…: as grub-install writes it to the EFI system partition. */
static int drop_arguments(struct splices *s, const char *in,
			  const struct grub_command *cmd)
{
	CLEANUP_BYTES struct bytes text = { 0 };

	for (size_t i = 3; i < cmd->n; i++) {
		if (grub_word_text(cmd->words[i], &text) < 0)
			return -ENOMEM;
		if (names_bus(text.data) && drop_words(s, in, cmd, i, 1) < 0)
			return -ENOMEM;
	}
	return 0;
}

int grub_cfg_drop_hints(const char *text, size_t len, struct bytes *ret)
{
	CLEANUP_GRUB_COMMAND struct grub_command cmd = { 0 };
	CLEANUP_SPLICES struct splices s = { 0 };
	struct grub_reader r = { text, text + len };
	int k;

	while ((k = grub_next_command(&r, &cmd)) == 0) {
		if (cmd.n > 0 && cmd.n < GRUB_WORDS_MAX &&
		    span_is(cmd.words[0], "search"))
			k = drop_options(&s, text, &cmd);
		else if (cmd.n > 0 && cmd.n < GRUB_WORDS_MAX &&
			 span_starts(cmd.words[0], "search."))
			k = drop_arguments(&s, text, &cmd);
		if (k < 0 || cmd.end == GRUB_END_TEXT)
			break;
	}
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}
