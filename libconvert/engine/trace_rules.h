/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engine trace is to do besides passing calls on, as its specification says. */
#ifndef ENGINE_TRACE_RULES_H
#define ENGINE_TRACE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

enum trace_op {
	TRACE_ACTIVATE,
	TRACE_MOUNT,
	TRACE_SUBVOLUMES,
	TRACE_UMOUNT,
	TRACE_LIST,
	TRACE_STAT,
	TRACE_READ,
	TRACE_READLINK,
	TRACE_WRITE,
	TRACE_APPEND,
	TRACE_PATCH,
	TRACE_READ_DEVICE,
	TRACE_REMOVE,
	TRACE_SYMLINK,
	TRACE_MKDIR,
	TRACE_LABEL,
	TRACE_SPACE,
	TRACE_CHECKER,
	N_TRACE_OPS
};

struct trace_rule {
	unsigned ops;	     /* bit i: enum trace_op i */
	const char *path;    /* each time that it is about this path … */
	unsigned long count; /* … or, if that is NULL, this time, from 1 */
	unsigned long seen;  /* how often it was one of @ops */
	int code;	     /* the errno to fail with; ECANCELED: the job is cancelled */
};

#define TRACE_RULES_MAX 16

struct trace_rules {
	struct trace_rule v[TRACE_RULES_MAX];
	size_t n;
	char *text; /* what their paths point into */
};

const char *trace_op_name(enum trace_op op);

/*
 * @spec: rules, separated by commas, or "".
 *   fail=OP:WHEN:ERRNO    the operation is not done and fails
 *   cancel=OP:WHEN        the job is cancelled before it is done
 * OP is the name of an operation of the engine, "change" for one that writes to the
 * guest, or "any".  WHEN is a number, the how-manyth of them, or a path, each of them.
 * ERRNO is EIO or another that trace_rules.c lists.
 */
int trace_rules_parse(const char *spec, struct trace_rules *ret, struct cvt_error *err);

/* Count this operation.  The errno that it must fail with; 0: none. */
int trace_rules_match(struct trace_rules *r, enum trace_op op, const char *path);

void trace_rules_clear(struct trace_rules *r);

#endif
