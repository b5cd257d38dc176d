/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of interfaces(5): ifupdown, and its relatives ifupdown2 and ifupdown-ng. */
#ifndef FORMAT_INTERFACES_H
#define FORMAT_INTERFACES_H

#include "core/names.h"
#include "format/nic.h"

/* The interfaces that @text configures or puts into a bond or bridge. */
int interfaces_read(const char *text, struct nics *ret, struct cvt_error *err);

/* Whether "source" and "source-directory" of @text include the file @path. */
bool interfaces_includes(const char *text, const char *path);

/* @text with @c carried out in *@ret (caller frees); every other byte is kept. */
int interfaces_rewrite(const char *text, const struct nic_change *c, char **ret,
		       struct cvt_error *err);

#endif
