/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The redo log as JSON: the state file of a job, and the table of an undo file. */
#ifndef VOLUME_REDO_JSON_H
#define VOLUME_REDO_JSON_H

#include "volume/redo.h"

#define JOB_SCHEMA "libconvert/job-1"
#define UNDO_SCHEMA "libconvert/undo-1"

/* Text that the caller frees; NULL: no memory. */
char *redo_dump(const struct redo *r, const char *schema);

/* False if @text is not such a document, or makes no sense. */
bool redo_parse(const char *text, size_t len, const char *schema, struct redo *ret);

#endif
