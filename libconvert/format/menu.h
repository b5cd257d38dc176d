/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The menu that a loader offers, as its configuration says: its entries, and
 * which of them starts by itself.
 */
#ifndef FORMAT_MENU_H
#define FORMAT_MENU_H

#include "core/names.h"
#include "format/cmdline.h"
#include "format/lines.h"
#include "format/splice.h"

struct menu_entry {
	char *title;	      /* as it is shown */
	char *name;	      /* how the file calls it; NULL: by its number */
	char *kernel;	      /* as written; NULL: it starts no Linux */
	struct names initrds; /* as written */
	char *cmdline;	      /* as the kernel gets it; NULL: none */
	char *place; /* where paths begin: "(hd0,0)", a UUID; NULL: where the menu is */
	char *config; /* the file that says so; NULL: not told by what read it */
	bool is_relative; /* what has no '/' before it is in the directory of @config */
	bool is_default;
};

struct menu {
	struct menu_entry *entries;
	size_t n;
};

#define MENU_MAX 4096 /* entries; no person would read more */

/* What is kept of an entry.  Entries inherit what is said once, so it has to be less than a
 * file may be long; no kernel reads more arguments.
 */
#define MENU_WORDS_MAX ((size_t)16384) /* bytes */
#define MENU_PATH_MAX 4096	       /* bytes */
#define MENU_INITRDS_MAX 64

/* Add an entry, @title its title; *@ret is NULL if the menu is full.  0 or -ENOMEM. */
int menu_add(struct menu *m, struct span title, struct menu_entry **ret);
/* One more archive, unless it is named already, there are too many, or it is no path. */
int menu_add_initrd(struct names *initrds, struct span file); /* -ENOMEM */

/* What is kept of @words. */
struct span menu_cut(struct span words);

void menu_entry_clear(struct menu_entry *e);
void menu_clear(struct menu *m);
void menu_give(struct menu *m, struct menu *ret); /* in place of what @ret holds */
#define CLEANUP_MENU CLEANUP(menu_clear)

/* Apply @e to the kernel's arguments at @args in @in; 0, -ENOMEM, or what e->map returned. */
int menu_edit_args(struct splices *s, const char *in, struct span args,
		   const struct cmdline_edits *e);

#endif
