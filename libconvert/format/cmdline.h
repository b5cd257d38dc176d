/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel command line: words, some in quotes.  What is not changed stays
 * byte for byte.  Words after "--" are for init and are not looked at.  In
 * names '-' and '_' are one (Linux, kernel/params.c, parameq()).
 */
#ifndef FORMAT_CMDLINE_H
#define FORMAT_CMDLINE_H

#include <stdbool.h>

#include "core/bytes.h"

/* How words are quoted where the command line stands. */
enum cmdline_syntax {
	CMDLINE_KERNEL, /* "a b", key="a b"; nothing escapes (Linux, lib/cmdline.c, next_arg()) */
	CMDLINE_GRUB, /* as arguments in GRUB's script language */
};

struct cmdline_edits {
	/*
	 * Asked for each word key=value but console=.  Sets *@word (malloc'ed) to
	 * the whole word that takes its place, "" if none does, or leaves it alone.  0 or a negative errno.
	 */
	int (*map)(const struct cmdline_edits *e, const char *key, const char *value,
		   char **word);
	void *data;	/* for @map */
	bool no_initrd; /* for @map: only the kernel itself reads this line */

	/*
	 * console= values; each must be there, the last of them behind all others
	 * (Linux makes the last /dev/console).  One that names the same terminal
	 * stays as it is, with its speed.  NULL: no wish.
	 */
	const char *const *consoles;
	const char *const
		*args; /* words that must be there unless their key is; NULL: none */
	/* Words that go: "key=value", also with ",more" behind it, or "key" without a value.
	 * NULL: none.
	 */
	const char *const *drop;
	const char
		*only_with; /* consoles and args only where this key is; NULL: anywhere */
};

/* Apply @e to @in; *@ret is replaced.  A line whose last quote lacks its end gets no further
 * words: they would become part of it.  0, -ENOMEM, or what @e->map returned.
 */
int cmdline_edit(const char *in, size_t len, enum cmdline_syntax syntax,
		 const struct cmdline_edits *e, struct bytes *ret);

/* The value of @key, without quotes; the last one wins.  "" for a key without '='.
 * 0, -ENOENT, -ENOMEM.
 */
int cmdline_get(const char *in, size_t len, enum cmdline_syntax syntax, const char *key,
		struct bytes *ret);

/* Let @word ("key=value" or "key") stand where the first word of its key stands, and remove
 * the others of that key; without one it is added.  Not for console= and other lists.
 */
int cmdline_set(const char *in, size_t len, enum cmdline_syntax syntax, const char *word,
		struct bytes *ret);

/* Add @word at the end, whatever is there. */
int cmdline_add(const char *in, size_t len, enum cmdline_syntax syntax, const char *word,
		struct bytes *ret);

/* Remove every word that is @word, or, if @word has no '=', whose key it is. */
int cmdline_remove(const char *in, size_t len, enum cmdline_syntax syntax,
		   const char *word, struct bytes *ret);

#endif
