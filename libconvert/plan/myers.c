/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1, 1986,
 * section 4b: two searches, from the start and from the end, meet in the middle of a
 * shortest edit script; both halves are then solved alike.
 */
#include <config.h>

#include "core/cleanup.h"
#include "plan/myers.h"

/* The part of the two sequences that is being compared. */
struct box {
	const uint32_t *a, *b;
	bool *a_changed, *b_changed;
	ptrdiff_t n, m;
};

/*
 * The furthest points that one search has reached, by diagonal k = x - y.  A search from
 * the end counts x and y from the end, so that one function does both.
 */
struct front {
	int32_t *reach; /* by k, which may be negative; -1: not reached */
	bool from_end;
};

struct search {
	struct front fore, back;
	size_t budget;
};

static bool is_same(const struct box *b, bool from_end, ptrdiff_t x, ptrdiff_t y)
{
	return from_end ? b->a[b->n - 1 - x] == b->b[b->m - 1 - y] : b->a[x] == b->b[y];
}

/* The furthest x on diagonal @k with one edit more; -1: none inside the box. */
static ptrdiff_t furthest(const struct box *b, const struct front *f, ptrdiff_t k,
			  size_t *budget)
{
	ptrdiff_t right = f->reach[k - 1], x = f->reach[k + 1], y;

	if (x >= 0 && x - k > b->m)
		x = -1;
	if (right >= 0 && right < b->n && right + 1 > x)
		x = right + 1;
	if (x < 0)
		return -1;
	for (y = x - k; x < b->n && y < b->m && is_same(b, f->from_end, x, y); x++, y++)
		*budget -= *budget > 0;
	return x;
}

/* Let @f make its @d-th edit.  True: at *x, *y it has met @other, which made @d_other. */
static bool advance(const struct box *b, struct front *f, const struct front *other,
		    ptrdiff_t d, ptrdiff_t d_other, size_t *budget, ptrdiff_t *x,
		    ptrdiff_t *y)
{
	ptrdiff_t low = d <= b->m ? -d : -b->m + ((d - b->m) & 1);
	ptrdiff_t high = d <= b->n ? d : b->n;
	ptrdiff_t delta = b->n - b->m;

	f->reach[-d - 1] = f->reach[d + 1] = -1;
	for (ptrdiff_t k = low; k <= high; k += 2) {
		ptrdiff_t reach = furthest(b, f, k, budget);
		ptrdiff_t k_other = delta - k;

		*budget -= *budget > 0;
		f->reach[k] = (int32_t)reach;
		if (reach < 0 || k_other < -d_other || k_other > d_other ||
		    ((k_other ^ d_other) & 1) || other->reach[k_other] < 0 ||
		    reach + other->reach[k_other] < b->n)
			continue;
		*x = f->from_end ? b->n - reach : reach;
		*y = f->from_end ? b->m - (reach - k) : reach - k;
		return true;
	}
	return false;
}

/* A point on a shortest path through @b, whose ends differ; false: too expensive. */
static bool split(struct search *s, const struct box *b, ptrdiff_t *x, ptrdiff_t *y)
{
	s->fore.reach[0] = s->back.reach[0] = 0;
	s->fore.reach[-1] = s->fore.reach[1] = -1;
	s->back.reach[-1] = s->back.reach[1] = -1;
	for (ptrdiff_t d = 1; s->budget > 0 && d <= (b->n + b->m + 1) / 2; d++) {
		if (advance(b, &s->fore, &s->back, d, d - 1, &s->budget, x, y) ||
		    advance(b, &s->back, &s->fore, d, d, &s->budget, x, y))
			return true;
	}
	return false;
}

static struct box part(const struct box *b, ptrdiff_t x, ptrdiff_t y, ptrdiff_t n,
		       ptrdiff_t m)
{
	return (struct box){
		b->a + x, b->b + y, b->a_changed + x, b->b_changed + y, n, m
	};
}

static struct box trim(struct box b)
{
	while (b.n > 0 && b.m > 0 && is_same(&b, false, 0, 0))
		b = part(&b, 1, 1, b.n - 1, b.m - 1);
	while (b.n > 0 && b.m > 0 && is_same(&b, true, 0, 0))
		b = part(&b, 0, 0, b.n - 1, b.m - 1);
	return b;
}

static void mark(const struct box *b)
{
	for (ptrdiff_t i = 0; i < b->n; i++)
		b->a_changed[i] = true;
	for (ptrdiff_t i = 0; i < b->m; i++)
		b->b_changed[i] = true;
}

/* Either half has half of the edits, so the depth is their number's binary logarithm. */
static void compare(struct search *s, struct box b)
{
	ptrdiff_t x, y;

	for (;;) {
		struct box head;

		b = trim(b);
		if (b.n == 0 || b.m == 0 || !split(s, &b, &x, &y)) {
			mark(&b);
			return;
		}
		head = part(&b, 0, 0, x, y);
		b = part(&b, x, y, b.n - x, b.m - y);
		compare(s, head);
	}
}

int myers_compare(struct myers_seq *a, struct myers_seq *b, size_t budget)
{
	struct box all = trim((struct box){ a->v, b->v, a->changed, b->changed,
					    (ptrdiff_t)a->n, (ptrdiff_t)b->n });
	size_t middle = (size_t)(all.n + all.m) / 2 + 3;
	CLEANUP_FREE int32_t *fore = NULL;
	CLEANUP_FREE int32_t *back = NULL;
	struct search s = { .back.from_end = true, .budget = budget };

	if (a->n > INT32_MAX || b->n > INT32_MAX)
		return -ENOMEM;
	fore = calloc(2 * middle + 1, sizeof(*fore));
	back = calloc(2 * middle + 1, sizeof(*back));
	if (!fore || !back)
		return -ENOMEM;
	s.fore.reach = fore + middle;
	s.back.reach = back + middle;
	compare(&s, all);
	return 0;
}
