/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel command line needs on the target, in the files of whatever loader.  Each rule is
 * one pass over a file; the plan drops a pass that changes nothing, so an edit carries just
 * the rules that made it.
 */
#ifndef STEP_KERNEL_ARGS_H
#define STEP_KERNEL_ARGS_H

#include "format/cmdline.h"
#include "plan/plan.h"
#include "target/request.h"

enum args_rule {
	ARGS_ROOT,
	ARGS_RESUME,
	ARGS_CONSOLE,
	ARGS_NETWORK,
	ARGS_TARGET,
	ARGS_SOURCE,
};
#define N_ARGS_RULES 6
#define ARGS_DROPPED_MAX 32

/* One file that is edited. */
struct args_job {
	const struct guest *g;
	const struct request *q;
	struct plan *p;
	const char *path;
	const char *dropped[ARGS_DROPPED_MAX]; /* kernel_args_edits() fills it */
	const struct net_cards *cards; /* of the new machine; NULL: not known yet */
};

extern const struct why kernel_args_whys[];

/* From which rule on: of a mere directory the devices are not known. */
enum args_rule kernel_args_first(const struct guest *g);

/* What @rule asks of a command line; a line without root= is none of ours, such as a memory
 * test.  Borrows @j.
 */
struct cmdline_edits kernel_args_edits(struct args_job *j, enum args_rule rule);

#endif
