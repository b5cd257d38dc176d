/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "core/names.h"

int names_add(struct names *l, const char *name)
{
	char **grown = l->v;
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	/* Capacity is the next power of two, so that it need not be stored. */
	if ((l->n & (l->n - 1)) == 0)
		grown = realloc(l->v, (l->n ? 2 * l->n : 1) * sizeof(*grown));
	if (!grown) {
		free(copy);
		return -ENOMEM;
	}
	l->v = grown;
	l->v[l->n++] = copy;
	return 0;
}

int names_add_new(struct names *l, const char *name)
{
	return names_has(l, name) ? 0 : names_add(l, name);
}

int names_vprint(struct names *l, const char *fmt, va_list ap)
{
	CLEANUP_FREE char *name = NULL;

	if (vasprintf(&name, fmt, ap) < 0)
		name = NULL;
	return name ? names_add(l, name) : -ENOMEM;
}

int names_print(struct names *l, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = names_vprint(l, fmt, ap);
	va_end(ap);
	return r;
}

bool names_has(const struct names *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i], name) == 0)
			return true;
	return false;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *l)
{
	if (l->n > 1)
		qsort(l->v, l->n, sizeof(*l->v), compare);
}

void names_clear(struct names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct names){ 0 };
}
