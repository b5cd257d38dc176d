/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader of a mounted guest and the entries it offers. */
#ifndef INSPECT_INSPECT_LOADER_H
#define INSPECT_INSPECT_LOADER_H

#include "engine/engine.h"

/*
 * What is mounted at "/" may be a root or a /boot.  If a loader's configuration
 * is there, *@ret is the root= of its default entry (caller frees), "" if that
 * has none; else *@ret stays NULL.  A configuration that cannot be read is
 * none.
 */
int loader_default_root(struct engine *e, char **ret, struct cvt_error *err);

/* Fill @g->loader and @g->entries, with the whole guest mounted. */
int inspect_loader(struct engine *e, struct guest *g, struct cvt_error *err);

#endif
