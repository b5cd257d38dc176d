/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which entry of a grub.cfg starts by itself. */
#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "format/grub_cfg.h"
#include "format/lines.h"
#include "format/splice.h"

#define NONE SIZE_MAX

/* Compare @spec up to its '>' with @name; ">>" in it stands for '>' (GRUB, normal/menu.c). */
static bool spec_is(const char *spec, size_t len, const char *name)
{
	size_t i = 0;

	if (!name)
		return false;
	for (; i < len && *name; i++, name++) {
		if (spec[i] != *name)
			return false;
		if (spec[i] == '>' && i + 1 < len && spec[i + 1] == '>')
			i++;
	}
	return i == len && *name == '\0';
}

/* Length of the first part of "submenu>entry". */
static size_t part_length(const char *spec)
{
	size_t i = 0;

	while (spec[i] && (spec[i] != '>' || spec[i + 1] == '>'))
		i += spec[i] == '>' ? 2 : 1;
	return i;
}

/* The entry below @parent that the part names, else the first; NONE: it has none. */
static size_t find_child(const struct grub_cfg *cfg, size_t parent, const char *spec,
			 size_t len)
{
	size_t first = NONE, seen = 0, number = 0, digits = 0;

	while (digits < len && isdigit((unsigned char)spec[digits]) &&
	       number < GRUB_ENTRIES_MAX)
		number = 10 * number + (size_t)(spec[digits++] - '0');
	for (size_t i = 0; i < cfg->n; i++) {
		if (cfg->entries[i].parent != parent)
			continue;
		if (first == NONE)
			first = i;
		if (len > 0 && (spec_is(spec, len, cfg->entries[i].id) ||
				spec_is(spec, len, cfg->entries[i].title)))
			return i;
		if (digits == len && len > 0 && seen == number)
			return i;
		seen++;
	}
	return first;
}

void grub_cfg_mark_default(struct grub_cfg *cfg, const char *spec)
{
	size_t at = NONE;

	do {
		size_t len = part_length(spec);

		at = find_child(cfg, at, spec, len);
		spec += len;
		if (*spec == '>')
			spec++;
	} while (at != NONE && cfg->entries[at].is_submenu);
	if (at != NONE)
		cfg->entries[at].is_default = true;
}

/* "default=VALUE" as one word; the boot-once entry stays. */
static bool sets_default(const struct grub_command *cmd, size_t *word)
{
	*word = cmd->n == 2 && span_is(cmd->words[0], "set") ? 1 : 0;
	return cmd->n == *word + 1 && span_starts(cmd->words[*word], "default=") &&
	       !memmem(cmd->words[*word].s, cmd->words[*word].len, "next_entry", 10);
}

int grub_cfg_set_default(const char *text, size_t len, const char *spec,
			 struct bytes *ret)
{
	CLEANUP_GRUB_COMMAND struct grub_command cmd = { 0 };
	CLEANUP_SPLICES struct splices s = { 0 };
	struct grub_reader r = { text, text + len };
	int k;

	while ((k = grub_next_command(&r, &cmd)) == 0) {
		size_t i;

		if (sets_default(&cmd, &i))
			k = splice_add(&s, (size_t)(cmd.words[i].s - text),
				       cmd.words[i].len, "default=\"%s\"", spec);
		if (k < 0 || cmd.end == GRUB_END_TEXT)
			break;
	}
	if (k == 0 && s.n == 0)
		k = splice_add(&s, 0, 0, "set default=\"%s\"\n", spec);
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}
