/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What lies stacked on the guest's disks: arrays, encrypted devices and volume groups, in
 * any order.
 */
#ifndef ENGINE_STACK_H
#define ENGINE_STACK_H

#include "engine/place.h"

struct stack;

/* Takes @place, also on failure.  @keys are borrowed until stack_close(). */
int stack_new(struct place *place, const struct key_source *keys, size_t n_keys,
	      struct stack **ret, struct cvt_error *err);

/* Open all that can be opened, and add it to @g, which holds disks and partitions.  What
 * stays closed is told by the devices it lies in.  A second call, with the devices of
 * a second look, adds what is open already.
 */
int stack_activate(struct stack *s, struct guest *g, struct cvt_error *err);

/* The block device of @d; NULL: it was not opened. */
const char *stack_path(const struct stack *s, const struct device *d);

void stack_close(struct stack *s); /* NULL: no-op */

#endif
