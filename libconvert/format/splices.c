/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format/splices.h"

int splice_add(struct splices *s, size_t at, size_t len, const char *fmt, ...)
{
	struct splices_part *grown = s->v;
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -ENOMEM;
	/* Capacity is the next power of two, so that it need not be stored. */
	if ((s->n & (s->n - 1)) == 0)
		grown = realloc(s->v, (s->n ? 2 * s->n : 1) * sizeof(*grown));
	if (!grown) {
		free(text);
		return -ENOMEM;
	}
	s->v = grown;
	s->v[s->n] = (struct splices_part){ at, len, s->n, text };
	s->n++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct splices_part *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (!x->len != !y->len)
		return x->len ? 1 : -1; /* what comes in stands before what goes */
	return x->order < y->order ? -1 : 1;
}

int splice_apply(struct splices *s, const char *text, size_t len, char **ret,
		 struct cvt_error *err)
{
	CLEANUP_FREE char *out = NULL;
	size_t size = len + 1, from = 0, n = 0;

	for (size_t i = 0; i < s->n; i++)
		size += strlen(s->v[i].text);
	out = malloc(size);
	if (!out)
		return error_nomem(err);
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), compare);
	for (size_t i = 0; i < s->n; i++) {
		const struct splices_part *p = &s->v[i];
		size_t add = strlen(p->text);

		if (p->at < from)
			continue;
		memcpy(out + n, text + from, p->at - from);
		n += p->at - from;
		memcpy(out + n, p->text, add);
		n += add;
		from = p->at + p->len;
	}
	memcpy(out + n, text + from, len - from);
	out[n + len - from] = '\0';
	*ret = take_ptr(out);
	return 0;
}

void splices_clear(struct splices *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].text);
	free(s->v);
	*s = (struct splices){ 0 };
}
