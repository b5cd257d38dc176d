/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader of a mounted guest and the entries it offers. */
#ifndef INSPECT_INSPECT_LOADER_H
#define INSPECT_INSPECT_LOADER_H

#include "engine/engine.h"

/* What the default entry of a loader tells the kernel of the root. */
struct loader_words {
	char *root;	 /* value of root=; "": none; NULL: there is no loader */
	char *rootflags; /* "" if there is none */
	bool is_old;	 /* of a loader whose files are left behind when another comes */
};

void loader_words_clear(struct loader_words *w);

/* What is mounted at "/" may be a root or a /boot.  If a loader's configuration is there,
 * @ret is filled; a configuration that cannot be read is none.
 */
int loader_default_entry(struct engine *e, struct loader_words *ret,
			 struct cvt_error *err);

/* Fill @g->loader and @g->entries, with the whole guest mounted. */
int inspect_loader(struct engine *e, struct guest *g, struct cvt_error *err);

/* Look at the files that the entries name. */
int inspect_entries(struct engine *e, struct guest *g, struct cvt_error *err);

#endif
