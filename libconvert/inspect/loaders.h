/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loaders that inspect/ can read: to add one, a function here and a row in loaders[] of
 * inspect_loader.c.
 */
#ifndef INSPECT_LOADERS_H
#define INSPECT_LOADERS_H

#include "engine/engine.h"
#include "format/bls.h"
#include "format/menu.h"

/* Directories that hold what /boot or the EFI system partition holds; "" is the top. */
#define LOADER_BASES_MAX 3

struct loader_bases {
	const char *v[LOADER_BASES_MAX];
	size_t n;
};

/* Adds to @m the entries of one kind of loader, and marks one of them as the default if it can
 * be told.  A configuration that cannot be read adds nothing.
 */
typedef int (*loader_read_fn)(struct engine *e, const struct loader_bases *bases,
			      struct menu *m, struct cvt_error *err);

int loader_read_grub2(struct engine *e, const struct loader_bases *bases, struct menu *m,
		      struct cvt_error *err);
int loader_read_systemd(struct engine *e, const struct loader_bases *bases,
			struct menu *m, struct cvt_error *err);

int loader_read_legacy(struct engine *e, const struct loader_bases *bases, struct menu *m,
		       struct cvt_error *err);
int loader_read_extlinux(struct engine *e, const struct loader_bases *bases,
			 struct menu *m, struct cvt_error *err);
int loader_read_lilo(struct engine *e, const struct loader_bases *bases, struct menu *m,
		     struct cvt_error *err);
int loader_read_elilo(struct engine *e, const struct loader_bases *bases, struct menu *m,
		      struct cvt_error *err);
int loader_read_yaboot(struct engine *e, const struct loader_bases *bases, struct menu *m,
		       struct cvt_error *err);
int loader_read_zipl(struct engine *e, const struct loader_bases *bases, struct menu *m,
		     struct cvt_error *err);
int loader_read_refind(struct engine *e, const struct loader_bases *bases, struct menu *m,
		       struct cvt_error *err);
int loader_read_uboot(struct engine *e, const struct loader_bases *bases, struct menu *m,
		      struct cvt_error *err);

/* --- what they share --- */

/* "@dir/@name" in place of *@ret. */
int loader_path(const char *dir, const char *name, char **ret, struct cvt_error *err);

/* The entries of @from, which @config says, to the end of @to. */
int loader_move(struct menu *from, const char *config, struct menu *to,
		struct cvt_error *err);

/* Add the directories in @base/EFI. */
int loader_vendors(struct engine *e, const char *base, struct names *ret,
		   struct cvt_error *err);

/* An entry at the end of @m; *@ret is NULL if there are too many. */
int loader_add(struct menu *m, const char *config, const char *title,
	       struct menu_entry **ret, struct cvt_error *err);

/* The text of a file, links followed; *@ret stays empty if it cannot be read as such. */
int loader_text(struct engine *e, const char *path, struct bytes *ret,
		struct cvt_error *err);

/* Entries of type 1 with the files they are from. */
struct bls_list {
	struct bls_file {
		char *path;
		struct bls bls;
	} * v;
	size_t n;
};

/* Add what is in @base/loader/entries. */
int bls_list_read(struct engine *e, const char *base, struct bls_list *l,
		  struct cvt_error *err);

/* The same for unified kernel images in @base/EFI/Linux. */
int bls_list_read_ukis(struct engine *e, const char *base, struct bls_list *l,
		       struct cvt_error *err);

/* Sort as @compare says, and put the entries that start Linux into @m.  @kernelopts: what
 * stands for $kernelopts.
 */
int bls_list_add(struct bls_list *l,
		 int (*compare)(const struct bls *, const struct bls *),
		 const char *kernelopts, struct menu *m, struct cvt_error *err);

void bls_list_clear(struct bls_list *l);
#define CLEANUP_BLS_LIST CLEANUP(bls_list_clear)

#endif
