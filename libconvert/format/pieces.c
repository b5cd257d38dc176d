/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "format/pieces.h"

int pieces_add(struct pieces *p, uint64_t offset, struct bytes *data)
{
	struct piece *grown = realloc(p->v, (p->n + 1) * sizeof(*grown));

	if (!grown) {
		bytes_clear(data);
		return -ENOMEM;
	}
	p->v = grown;
	p->v[p->n++] = (struct piece){ offset, bytes_take(data) };
	return 0;
}

int pieces_copy(const struct pieces *p, struct pieces *ret)
{
	int r = 0;

	for (size_t i = 0; i < p->n && r == 0; i++) {
		struct bytes b = { 0 };

		r = bytes_set(&b, p->v[i].data.data, p->v[i].data.len);
		if (r == 0)
			r = pieces_add(ret, p->v[i].offset, &b);
	}
	return r;
}

void pieces_clear(struct pieces *p)
{
	for (size_t i = 0; i < p->n; i++)
		bytes_clear(&p->v[i].data);
	free(p->v);
	*p = (struct pieces){ 0 };
}

char *pieces_at(const struct pieces *p, uint64_t offset, size_t size)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct piece *x = &p->v[i];

		if (offset >= x->offset && x->data.len >= size &&
		    offset - x->offset <= x->data.len - size)
			return x->data.data + (offset - x->offset);
	}
	return NULL;
}
