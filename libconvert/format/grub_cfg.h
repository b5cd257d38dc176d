/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * grub.cfg: its menu as GRUB would show it, and edits of the kernel command
 * lines in it.  Conditions are not evaluated: of two branches both count.
 */
#ifndef FORMAT_GRUB_CFG_H
#define FORMAT_GRUB_CFG_H

#include "core/names.h"
#include "format/cmdline.h"

#define GRUB_ENTRIES_MAX 4096 /* lines of a menu; no person would read more */

/* One line of the menu.  Values are without quotes; variables stay as written. */
struct grub_entry {
	char *title;
	char *id; /* --id, $menuentry_id_option; NULL: none */
	bool is_submenu;
	size_t parent;	 /* index of its submenu; SIZE_MAX: top level */
	char *linux_cmd; /* "linux", "linux16", "linuxefi"; NULL: it starts no Linux */
	char *kernel; /* as written: "/vmlinuz-6.1", "($root)/boot/vmlinuz", "/@/boot/…" */
	struct names initrds; /* as written */
	char *cmdline;	      /* as the kernel gets it, one blank between words */
	char *root;	      /* "set root=" in effect: "hd0,msdos1"; NULL: none */
	char *search;	      /* what `search --set=root` looks for; NULL: none */
	char search_by;	      /* 'u' file system UUID, 'l' label, 'f' file; 0: none */
	bool is_default;
};

struct grub_cfg {
	struct grub_entry *entries; /* in menu order, a submenu before what is in it */
	size_t n;
	bool has_blscfg;  /* entries come from /boot/loader/entries too */
	char *chosen; /* what says which is the default: "1>2", an id or title; NULL: none */
	char *kernelopts; /* what $kernelopts is set to; NULL: not set */
	char *configfile; /* first `configfile` outside entries, as written; NULL: none */
};

/*
 * @saved_entry: from grubenv, NULL: none.  One entry at most is_default, and it
 * is no submenu; none if the menu is empty.  0 or -ENOMEM.
 */
int grub_cfg_entries(const char *text, size_t len, const char *saved_entry,
		     struct grub_cfg *ret);
void grub_cfg_clear(struct grub_cfg *cfg);
#define CLEANUP_GRUB_CFG CLEANUP(grub_cfg_clear)

/*
 * Apply @e to the arguments of every Linux kernel: linux, linux16, linuxefi,
 * and the kernelopts that Red Hat's entries use.  e->no_initrd is set for
 * entries without initrd.  0, -ENOMEM, or what e->map returned.
 */
int grub_cfg_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			   struct bytes *ret);

/* The entry that @spec ("1>2", an id, a title) means is the default; the first if it means none. */
void grub_cfg_mark_default(struct grub_cfg *cfg, const char *spec);

/* Let `default` be @spec ("1>2", an id) where it is not what grubenv has for one boot;
 * a line at the top does where it is set nowhere.  0 or -ENOMEM.
 */
int grub_cfg_set_default(const char *text, size_t len, const char *spec,
			 struct bytes *ret);

/* Remove search hints that name a disk by its bus ("--hint-baremetal=ahci0,gpt2"); the
 * search itself, and hints by UUID, stay.  0 or -ENOMEM.
 */
int grub_cfg_drop_hints(const char *text, size_t len, struct bytes *ret);

#endif
