/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fstab(5), read line by line and edited on the way:
 *
 *	CLEANUP_FSTAB struct fstab f = { 0 };
 *	r = fstab_open(&f, text, len, err);
 *	while (r == 0 && (r = fstab_next(&f, &e)) > 0)
 *		r = fstab_set(&f, FSTAB_SPEC, "UUID=…");
 *	fstab_finish(&f, &bytes);
 *
 * What is not set keeps every byte.
 */
#ifndef FORMAT_FSTAB_H
#define FORMAT_FSTAB_H

#include "format/fields.h"

enum fstab_field {
	FSTAB_SPEC,
	FSTAB_WHERE,
	FSTAB_TYPE,
	FSTAB_OPTIONS,
	FSTAB_FREQ,
	FSTAB_PASSNO,
};

/* Strings are decoded (\040 is a blank), never NULL, and valid until the next entry. */
struct fstab_entry {
	size_t lineno;	   /* from 1 */
	const char *spec;  /* "UUID=…", "/dev/sda1", "server:/path", "tmpfs" */
	const char *where; /* "/", "/boot"; "none" or "swap" for swap */
	const char *type;
	const char *options; /* "" if the line has none */
	unsigned passno;
};

struct fstab {
	/* Lines with fewer than three fields, which mount(8) ignores too: how many went
	 * by, and the first one's number.
	 */
	size_t n_malformed, malformed;
	/* private */
	struct fields lines;
	struct bytes strings;
};

/* @text is borrowed.  -EINVAL if it has a NUL. */
int fstab_open(struct fstab *f, const char *text, size_t len, struct cvt_error *err);

/* 1: @ret is the next entry; 0: there is none; -ENOMEM. */
int fstab_next(struct fstab *f, struct fstab_entry *ret);

/* Replace a field of the current entry with @value, which is not encoded yet.  Left to
 * right within a line; options may be added where they are missing.  -EINVAL, -ENOMEM.
 */
int fstab_set(struct fstab *f, enum fstab_field field, const char *value);

/* The whole text as edited; -ENOMEM. */
int fstab_finish(struct fstab *f, struct bytes *ret);

/* A shared folder of a hypervisor; what lies on a network; a drive that may be empty; what
 * no boot waits for.
 */
bool fstab_is_hypervisor(const struct fstab_entry *e);
bool fstab_is_network(const struct fstab_entry *e);
bool fstab_is_removable(const struct fstab_entry *e);
bool fstab_is_optional(const struct fstab_entry *e);

void fstab_clear(struct fstab *f);
#define CLEANUP_FSTAB CLEANUP(fstab_clear)

#endif
