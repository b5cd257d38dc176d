/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lilo.conf, and those that took its grammar over: elilo.conf, yaboot.conf.
 * LILO itself does not read it when it starts, but the map that `lilo` made of it.
 * See lilo.conf(5).
 */
#ifndef FORMAT_LILO_H
#define FORMAT_LILO_H

#include "format/menu.h"

/* The images; root=, read-only and append= of each, or of all, are its cmdline.  0 or
 * -ENOMEM.
 */
int lilo_entries(const char *text, size_t len, struct menu *ret);

/*
 * Apply @e to every append= and root=; an image that has root= and no append= gets
 * one if arguments are to be added.  root= stays without initrd: LILO takes no PARTUUID.
 * 0, -ENOMEM, or what e->map returned.
 */
int lilo_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
		       struct bytes *ret);

/* Let the image called @label be what starts by itself. */
int lilo_set_default(const char *text, size_t len, const char *label, struct bytes *ret);

#endif
