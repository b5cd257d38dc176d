/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Entries of the Boot Loader Specification, type 1 (UAPI.1): a file below
 * /loader/entries for each.  Read by systemd-boot, by GRUB's blscfg (Red Hat,
 * and upstream since 2.14), zipl and Petitboot.
 */
#ifndef FORMAT_BLS_H
#define FORMAT_BLS_H

#include "core/names.h"
#include "format/cmdline.h"

/* Values as written, NULL: none. */
struct bls {
	char *id; /* name of the file without the counter of systemd-boot: "6.1.conf" */
	char *title, *version, *machine_id, *sort_key, *architecture;
	char *kernel;	 /* or the value of "efi" or "uki" */
	bool is_program; /* it is: no kernel of ours */
	bool is_spent;	 /* its counter says that it has failed to boot too often */
	struct names initrds;
	struct bytes options; /* of all lines, joined */
};

/* @name: of the file.  What has no kernel and no program has kernel NULL.  0 or -ENOMEM. */
int bls_parse(const char *name, const char *text, size_t len, struct bls *ret);

/* As systemd-boot shows them (version 256, src/boot/efi/boot.c): <0 if @a comes before @b. */
int bls_compare(const struct bls *a, const struct bls *b);

/* As GRUB shows them: the newest name first. */
int bls_compare_names(const struct bls *a, const struct bls *b);

/* Does @pattern of loader.conf ("6.1*", "debian-6.1.conf") mean @id? */
bool bls_matches(const char *pattern, const char *id);

/* The value of @key in loader.conf, the last one; 0, -ENOENT, -ENOMEM. */
int loader_conf_get(const char *text, size_t len, const char *key, struct bytes *ret);

/* loader.conf with @key set to @value in place of all its lines. */
int loader_conf_set(const char *text, size_t len, const char *key, const char *value,
		    struct bytes *ret);

/* Apply @e to the options.  Several lines of options that have to change become one.
 * 0, -ENOMEM, or what @e->map returned.
 */
int bls_edit(const char *text, size_t len, const struct cmdline_edits *e,
	     struct bytes *ret);

void bls_clear(struct bls *b);
#define CLEANUP_BLS CLEANUP(bls_clear)

#endif
