/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ordinals and disks are the two sides of a bipartite graph, an order is a matching in it:
 * found by augmenting paths, so that any number of disks takes polynomial time.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "guest/order.h"

#define SOURCES_MAX 1024
#define FREE UINT_MAX

void order_clear(struct order *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->v[i].id);
		free(o->v[i].fits);
	}
	free(o->v);
	*o = (struct order){ 0 };
}

/* ---- matching ---- */

/* Which source each disk is, so far; a disk that is taken for good is not given away. */
struct matching {
	const struct order *o;
	unsigned *source; /* for each disk: index into o->v, or FREE */
	bool *is_fixed;
	bool *seen; /* in this search */
};

static void matching_clear(struct matching *m)
{
	free(m->source);
	free(m->is_fixed);
	free(m->seen);
}

static int matching_open(const struct order *o, struct matching *ret)
{
	const size_t n = o->n_disks ? o->n_disks : 1;

	*ret = (struct matching){ o, malloc(n * sizeof(unsigned)), calloc(n, 1),
				  calloc(n, 1) };
	if (!ret->source || !ret->is_fixed || !ret->seen)
		return -ENOMEM;
	for (unsigned d = 0; d < o->n_disks; d++)
		ret->source[d] = FREE;
	return 0;
}

/* Find a disk for the source @i, from which others may have to move.  Depth: n_disks. */
static bool augment(struct matching *m, unsigned i)
{
	for (unsigned d = 0; d < m->o->n_disks; d++) {
		if (!m->o->v[i].fits[d] || m->seen[d] || m->is_fixed[d])
			continue;
		m->seen[d] = true;
		if (m->source[d] != FREE && !augment(m, m->source[d]))
			continue;
		m->source[d] = i;
		return true;
	}
	return false;
}

/* A disk for every ordinal that was named, besides those that are fixed. */
static bool complete(struct matching *m)
{
	for (unsigned d = 0; d < m->o->n_disks; d++)
		if (!m->is_fixed[d])
			m->source[d] = FREE;
	for (unsigned i = 0; i < m->o->n; i++) {
		bool is_placed = m->o->v[i].id || m->o->v[i].is_absent;

		for (unsigned d = 0; d < m->o->n_disks && !is_placed; d++)
			is_placed = m->is_fixed[d] && m->source[d] == i;
		memset(m->seen, 0, m->o->n_disks);
		if (!is_placed && !augment(m, i))
			return false;
	}
	return true;
}

/* Can the source @i be the disk @d, and all others be something?  It is fixed then. */
static bool fix(struct matching *m, unsigned i, unsigned d)
{
	if (d >= m->o->n_disks || !m->o->v[i].fits[d] || m->is_fixed[d])
		return false;
	m->is_fixed[d] = true;
	m->source[d] = i;
	if (complete(m))
		return true;
	m->is_fixed[d] = false;
	return false;
}

/* ---- claims ---- */

static int add_source(struct order *o, const struct busname *b)
{
	struct order_source *grown, new = { .ordinal = b->disk };

	if (o->n >= SOURCES_MAX)
		return -ENOMEM;
	grown = realloc(o->v, (o->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	o->v = grown;
	new.fits = malloc(o->n_disks ? o->n_disks : 1);
	if (b->kind == BUSNAME_UNORDERED)
		new.id = strndup(b->id, b->id_len);
	if (!new.fits || (b->kind == BUSNAME_UNORDERED && !new.id)) {
		free(new.fits);
		free(new.id);
		return -ENOMEM;
	}
	memset(new.fits, true, o->n_disks);
	o->v[o->n++] = new;
	return 0;
}

static bool is_source(const struct order_source *s, const struct busname *b)
{
	if (b->kind == BUSNAME_ORDERED)
		return !s->id && s->ordinal == b->disk;
	return s->id && strlen(s->id) == b->id_len &&
	       memcmp(s->id, b->id, b->id_len) == 0;
}

static size_t find_source(const struct order *o, const struct busname *b)
{
	size_t i = 0;

	while (i < o->n && !is_source(&o->v[i], b))
		i++;
	return i;
}

/* 1 if what is left of the answers is still one. */
static int is_possible(const struct order *o, const struct order_source *s)
{
	CLEANUP(matching_clear) struct matching m = { 0 };
	bool any = false;

	for (unsigned d = 0; d < o->n_disks; d++)
		any |= s->fits[d];
	if (!any || s->id)
		return any;
	if (matching_open(o, &m) < 0)
		return -ENOMEM;
	return complete(&m);
}

int order_claim(struct order *o, const struct busname *b, const bool *fits, bool is_weak)
{
	CLEANUP_FREE bool *before = NULL;
	size_t i = find_source(o, b);
	struct order_source *s;
	bool is_new = i == o->n, was_absent;
	int r;

	if ((b->kind != BUSNAME_ORDERED && b->kind != BUSNAME_UNORDERED) ||
	    (is_weak && b->kind == BUSNAME_ORDERED && b->disk >= o->n_disks))
		return 0;
	if (is_new && add_source(o, b) < 0)
		return -ENOMEM;
	s = &o->v[i];
	before = malloc(o->n_disks ? o->n_disks : 1);
	if (!before)
		return -ENOMEM;
	memcpy(before, s->fits, o->n_disks);
	if (s->is_absent)
		memset(s->fits, true, o->n_disks);
	for (unsigned d = 0; d < o->n_disks; d++)
		s->fits[d] = s->fits[d] && fits[d];
	was_absent = s->is_absent;
	s->is_absent = false;
	r = is_possible(o, s);
	if (r == 1)
		return 1;
	s->is_absent = was_absent;
	memcpy(s->fits, before, o->n_disks);
	if (is_new) {
		free(s->id);
		free(s->fits);
		o->n--;
	}
	return r;
}

int order_claim_absent(struct order *o, const struct busname *b)
{
	if (b->kind != BUSNAME_ORDERED || b->disk >= o->n_disks ||
	    find_source(o, b) < o->n)
		return 0;
	if (add_source(o, b) < 0)
		return -ENOMEM;
	memset(o->v[o->n - 1].fits, false, o->n_disks);
	o->v[o->n - 1].is_absent = true;
	return 0;
}

/* ---- the answer ---- */

static int add_row(struct guest *g, const char *id, unsigned ordinal, unsigned disk,
		   bool is_guess)
{
	struct source_disk *grown = realloc(g->source_disks, (g->n_source_disks + 1) *
								     sizeof(*grown));
	char *copy = id ? strdup(id) : NULL;

	if (grown)
		g->source_disks = grown;
	if (!grown || (id && !copy)) {
		free(copy);
		return -ENOMEM;
	}
	grown[g->n_source_disks++] = (struct source_disk){ copy, ordinal, disk, is_guess };
	return 0;
}

/* An id that several disks may have is none of them for certain. */
static int add_ids(const struct order *o, struct guest *g)
{
	int r = 0;

	for (size_t i = 0; i < o->n && r == 0; i++) {
		unsigned first = o->n_disks, n = 0;

		for (unsigned d = o->n_disks; o->v[i].id && d-- > 0;)
			if (o->v[i].fits[d]) {
				first = d;
				n++;
			}
		if (n > 0)
			r = add_row(g, o->v[i].id, 0, first, n > 1);
	}
	return r;
}

static bool is_given_order(const struct order *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (!o->v[i].id && (o->v[i].ordinal >= o->n_disks ||
				    !o->v[i].fits[o->v[i].ordinal]))
			return false;
	return true;
}

bool order_is_settled(const struct order *o)
{
	for (size_t i = 0; i < o->n; i++) {
		unsigned n = 0;

		for (unsigned d = 0; d < o->n_disks; d++)
			n += o->v[i].fits[d];
		if (n > 1)
			return false;
	}
	return is_given_order(o);
}

/* The disk of each source, as near to the order given as can be. */
static void match_nearest(struct matching *m)
{
	for (unsigned k = 0; k < SOURCES_MAX; k++) {
		const struct busname b = { .kind = BUSNAME_ORDERED, .disk = k };
		unsigned i = (unsigned)find_source(m->o, &b);
		bool is_found = i == m->o->n || m->o->v[i].is_absent || fix(m, i, k);

		for (unsigned d = 0; d < m->o->n_disks && !is_found; d++)
			is_found = fix(m, i, d);
	}
}

/* Might the disk @d of a whole order be another one too? */
static int is_guess(const struct order *o, unsigned i, unsigned disk)
{
	CLEANUP(matching_clear) struct matching m = { 0 };

	if (matching_open(o, &m) < 0)
		return -ENOMEM;
	for (unsigned d = 0; d < o->n_disks; d++)
		if (d != disk && fix(&m, i, d))
			return 1;
	return 0;
}

static int add_matched(const struct matching *m, struct guest *g)
{
	for (unsigned d = 0; d < m->o->n_disks; d++) {
		unsigned i = m->source[d];
		int guess = i == FREE ? 0 : is_guess(m->o, i, d);

		if (guess < 0 ||
		    (i != FREE && add_row(g, NULL, m->o->v[i].ordinal, d, guess) < 0))
			return -ENOMEM;
	}
	return 0;
}

static int add_absent(const struct order *o, struct guest *g)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].is_absent &&
		    add_row(g, NULL, o->v[i].ordinal, SOURCE_DISK_ABSENT, false) < 0)
			return -ENOMEM;
	return 0;
}

static bool is_named(const struct order *o, unsigned ordinal)
{
	const struct busname b = { .kind = BUSNAME_ORDERED, .disk = ordinal };

	return find_source(o, &b) < o->n;
}

/* The disks of which nothing is known, at the ordinals that nobody named. */
static int add_others(const struct matching *m, struct guest *g)
{
	unsigned ordinal = 0, n_left = 0, n_free = 0;

	for (unsigned d = 0; d < m->o->n_disks; d++) {
		n_left += m->source[d] == FREE;
		n_free += !is_named(m->o, d);
	}
	for (unsigned d = 0; d < m->o->n_disks; d++) {
		if (m->source[d] != FREE)
			continue;
		while (is_named(m->o, ordinal))
			ordinal++;
		if (add_row(g, NULL, ordinal++, d, n_left > 1 || n_free > 1) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct source_disk *x = a, *y = b;

	if (!x->id || !y->id)
		return (x->id != NULL) - (y->id != NULL)
			       ?: (x->ordinal > y->ordinal) - (x->ordinal < y->ordinal);
	return strcmp(x->id, y->id);
}

int order_solve(const struct order *o, struct guest *g)
{
	CLEANUP(matching_clear) struct matching m = { 0 };
	int r = add_ids(o, g);

	if (r == 0 && !is_given_order(o)) {
		r = matching_open(o, &m);
		if (r < 0)
			return r;
		match_nearest(&m);
		r = add_matched(&m, g);
		if (r == 0)
			r = add_others(&m, g);
		if (r == 0)
			r = add_absent(o, g);
	}
	if (r == 0 && g->n_source_disks > 1)
		qsort(g->source_disks, g->n_source_disks, sizeof(*g->source_disks),
		      compare);
	return r;
}
