/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of strings that owns them. */
#ifndef CORE_NAMES_H
#define CORE_NAMES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/cleanup.h"
#include "core/error.h"

struct names {
	char **v;
	size_t n;
};

int names_add(struct names *l, const char *name);     /* copies; -ENOMEM */
int names_add_new(struct names *l, const char *name); /* the same, unless it is there */
int names_print(struct names *l, const char *fmt, ...) PRINTF(2, 3); /* -ENOMEM */
int names_vprint(struct names *l, const char *fmt, va_list ap) PRINTF(2, 0);
bool names_has(const struct names *l, const char *name);
void names_sort(struct names *l); /* bytewise */
void names_clear(struct names *l);
#define CLEANUP_NAMES CLEANUP(names_clear)

#endif
