/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GRUB's script language, as far as it takes to find its commands: words with
 * quotes, escapes and variables, comments, line continuation, blocks.  Every
 * token is a span of the text, so what is not changed stays byte for byte.
 * Grammar: GRUB 2.06, grub-core/script/yylex.l.
 */
#ifndef FORMAT_GRUB_SCRIPT_H
#define FORMAT_GRUB_SCRIPT_H

#include <stdbool.h>

#include "core/bytes.h"

struct span {
	const char *s;
	size_t len;
};

enum grub_end {
	GRUB_END_TEXT,	  /* nothing follows */
	GRUB_END_COMMAND, /* newline, ; & | and so on */
	GRUB_END_OPEN,	  /* { */
	GRUB_END_CLOSE,	  /* } */
};

/* One simple command; leading "if", "then" and the like are skipped. */
struct grub_command {
	struct span *words;
	size_t n;
	enum grub_end end;
};

/* A kernel takes 4096 bytes of arguments at most; what has more words is no command of ours. */
#define GRUB_WORDS_MAX 4096

struct grub_reader {
	const char *pos, *end;
};

/* Read the next command into @cmd, whose memory is reused; 0 or -ENOMEM.  The last one has
 * GRUB_END_TEXT.  Words past GRUB_WORDS_MAX are skipped.
 */
int grub_next_command(struct grub_reader *r, struct grub_command *cmd);
void grub_command_clear(struct grub_command *cmd);
#define CLEANUP_GRUB_COMMAND CLEANUP(grub_command_clear)

/* Length of the blanks and continued lines at @s. */
size_t grub_gap_length(const char *s, size_t len);

/* Length of the word at @s.  With @in_script, { } ; & | < > end it too. */
size_t grub_word_length(const char *s, size_t len, bool in_script);

/* Whether a quote or an escape in the word lacks its end; nothing can be put behind it. */
bool grub_word_is_open(struct span raw);

/* The word without quotes and escapes; a variable stays as written.  0 or -ENOMEM. */
int grub_word_text(struct span raw, struct bytes *ret);

bool span_is(struct span raw, const char *text); /* bytewise */

#endif
