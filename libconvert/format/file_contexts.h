/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which SELinux label a path has by the policy: file_contexts(5).  As
 * libselinux (3.4, label_file.c) looks it up: paths without a regular
 * expression before others, later lines before earlier ones.
 */
#ifndef FORMAT_FILE_CONTEXTS_H
#define FORMAT_FILE_CONTEXTS_H

#include <sys/stat.h>

#include "core/cleanup.h"

struct file_contexts;

struct file_contexts *file_contexts_new(void); /* NULL: no memory */

/* Add a file of specifications, in the order file_contexts, .homedirs, .local; or one of
 * substitutions, "/run /var/run", .subs before .subs_dist: later lines come before earlier ones,
 * and what the first file makes of a path goes through the second.  0 or -ENOMEM; lines that are none are
 * passed over.
 */
int file_contexts_add(struct file_contexts *f, const char *text);
int file_contexts_add_subs(struct file_contexts *f, const char *text);

/*
 * The label of @path, of which @mode says the type, to *@ret, which @f owns; NULL: it has none.
 * 0; -ENOMEM; -ELOOP: expressions that take too long, and no label is known any more.
 */
int file_contexts_lookup(struct file_contexts *f, const char *path, mode_t mode,
			 const char **ret);

void file_contexts_free(struct file_contexts *f);
DEFINE_CLEANUP(struct file_contexts, file_contexts_free)
#define CLEANUP_FILE_CONTEXTS CLEANUP(file_contexts_freep)

#endif
