/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crypttab(5), read line by line and edited on the way, as format/fstab.h does it. */
#ifndef FORMAT_CRYPTTAB_H
#define FORMAT_CRYPTTAB_H

#include "format/fields.h"

enum crypttab_field {
	CRYPTTAB_NAME,
	CRYPTTAB_DEVICE,
	CRYPTTAB_KEY,
	CRYPTTAB_OPTIONS,
};

/* Strings as they stand in the file, never NULL, valid until the next entry. */
struct crypttab_entry {
	size_t lineno;	  /* from 1 */
	const char *name; /* below /dev/mapper/ */
	const char *device;
	const char *key;     /* "none" if the line has none */
	const char *options; /* "" if the line has none */
};

struct crypttab {
	/* Lines with one field only: how many went by, and the first one's number */
	size_t n_malformed, malformed;
	/* private */
	struct fields lines;
	struct bytes strings;
};

/* @text is borrowed.  -EINVAL if it has a NUL. */
int crypttab_open(struct crypttab *c, const char *text, size_t len,
		  struct cvt_error *err);

/* 1: @ret is the next entry; 0: there is none; -ENOMEM. */
int crypttab_next(struct crypttab *c, struct crypttab_entry *ret);

/* Replace a field of the current entry, left to right; what is missing before it is
 * added.  -EINVAL if @value is empty or has blanks, -ENOMEM.
 */
int crypttab_set(struct crypttab *c, enum crypttab_field field, const char *value);

/* The whole text as edited; -ENOMEM. */
int crypttab_finish(struct crypttab *c, struct bytes *ret);

void crypttab_clear(struct crypttab *c);
#define CLEANUP_CRYPTTAB CLEANUP(crypttab_clear)

#endif
