/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of interfaces(5): ifupdown, and its relatives ifupdown2 and ifupdown-ng. */
#ifndef FORMAT_INTERFACES_H
#define FORMAT_INTERFACES_H

#include "core/names.h"
#include "format/nic.h"

/* The interfaces that @text configures or puts into a bond or bridge. */
int interfaces_read(const char *text, struct nics *ret, struct cvt_error *err);

/* The patterns and, with a slash at the end, the directories that "source" and
 * "source-directory" of @text name: the first INTERFACES_SOURCES_MAX.  -ENOMEM.
 */
#define INTERFACES_SOURCES_MAX 64
int interfaces_sources(const char *text, struct names *ret);

/* Whether the file @path is among @sources. */
bool interfaces_includes(const struct names *sources, const char *path);

/* @text with @c carried out in *@ret (caller frees); every other byte is kept. */
int interfaces_rewrite(const char *text, const struct nic_change *c, char **ret,
		       struct cvt_error *err);

#endif
