/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of the disks given is which disk of the source machine.  Each claim says
 * on which of them a name can be; what contradicts the claims before it is left
 * out, so the most certain ones come first.
 */
#ifndef GUEST_ORDER_H
#define GUEST_ORDER_H

#include "guest/busname.h"
#include "guest/guest.h"

/* A disk of the source machine that a claim has named. */
struct order_source {
	char *id;	  /* NULL: the @ordinal-th */
	unsigned ordinal; /* from 0 */
	bool *fits;	  /* for each disk given */
	bool is_absent;	  /* and so it fits none, as far as is claimed */
};

struct order {
	unsigned n_disks; /* given */
	struct order_source *v;
	size_t n;
};

/*
 * The disk of @b is one of those that @fits, which has @o->n_disks members.  A weak claim
 * tells only of what is there: it is not heard about a disk beyond the number of those
 * given, which is more likely to be missing.  1; 0: it is left out; -ENOMEM.
 */
int order_claim(struct order *o, const struct busname *b, const bool *fits, bool is_weak);

/* The disk of @b is none of those given, unless another claim says that it is.  0 or -ENOMEM. */
int order_claim_absent(struct order *o, const struct busname *b);

/* Is the order given possible, and each disk that was named only one of them? */
bool order_is_settled(const struct order *o);

/*
 * Fill @g->source_disks.  The order given stays where nothing contradicts it: then there are
 * no ordinals among them.  Of several answers it is the one nearest to the order given,
 * and marked as a guess.  0 or -ENOMEM.
 */
int order_solve(const struct order *o, struct guest *g);

void order_clear(struct order *o);
#define CLEANUP_ORDER CLEANUP(order_clear)

#endif
