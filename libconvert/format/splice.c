/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format/splice.h"

/* Takes @text, also on failure. */
static int add(struct splices *s, size_t at, size_t len, struct bytes text)
{
	CLEANUP_BYTES struct bytes owned = text;
	struct splice *grown = s->v;

	/* Capacity is the next power of two, so that it need not be stored. */
	if ((s->n & (s->n - 1)) == 0)
		grown = realloc(s->v, (s->n ? 2 * s->n : 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->v = grown;
	s->v[s->n] = (struct splice){ at, len, bytes_take(&owned), s->n };
	s->n++;
	return 0;
}

int splice_bytes(struct splices *s, size_t at, size_t len, const struct bytes *text)
{
	struct bytes copy = { 0 };

	if (bytes_set(&copy, text->data, text->len) < 0)
		return -ENOMEM;
	return add(s, at, len, copy);
}

int splice_add(struct splices *s, size_t at, size_t len, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return n < 0 ? -ENOMEM : add(s, at, len, (struct bytes){ text, (size_t)n });
}

int splice_drop(struct splices *s, size_t at, size_t len)
{
	return add(s, at, len, (struct bytes){ 0 });
}

static int compare(const void *a, const void *b)
{
	const struct splice *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (!x->len != !y->len)
		return x->len ? 1 : -1; /* what comes in stands before what goes */
	return x->order < y->order ? -1 : 1;
}

static size_t copy(char *to, const char *from, size_t len)
{
	if (len > 0)
		memcpy(to, from, len);
	return len;
}

int splices_apply(struct splices *s, const char *in, size_t len, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	size_t size = len + 1, from = 0;

	for (size_t i = 0; i < s->n; i++)
		size += s->v[i].text.len;
	out.data = malloc(size);
	if (!out.data)
		return -ENOMEM;
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), compare);
	for (size_t i = 0; i < s->n; i++) {
		const struct splice *p = &s->v[i];

		if (p->at < from)
			continue;
		out.len += copy(out.data + out.len, in + from, p->at - from);
		out.len += copy(out.data + out.len, p->text.data, p->text.len);
		from = p->at + p->len;
	}
	out.len += copy(out.data + out.len, in + from, len - from);
	out.data[out.len] = '\0';
	bytes_clear(ret);
	*ret = bytes_take(&out);
	return 0;
}

int splices_text(struct splices *s, const char *in, char **ret, struct cvt_error *err)
{
	struct bytes out = { 0 };

	if (splices_apply(s, in, strlen(in), &out) < 0)
		return error_nomem(err);
	*ret = out.data;
	return 0;
}

void splices_clear(struct splices *s)
{
	for (size_t i = 0; i < s->n; i++)
		bytes_clear(&s->v[i].text);
	free(s->v);
	*s = (struct splices){ 0 };
}
