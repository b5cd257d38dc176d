/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loop device over a part of a view. */
#ifndef ENGINE_LOOP_H
#define ENGINE_LOOP_H

#include <stdint.h>

#include "core/error.h"

struct loop {
	int fd;	       /* -1: none */
	char path[32]; /* /dev/loop7 */
};

/*
 * Show @size bytes of @view from @offset as a block device, named @name in
 * messages.  It disappears by itself when nothing holds it open any more, so
 * nothing is left of it if this process dies.
 */
int loop_attach(const char *view, uint64_t offset, uint64_t size, const char *name,
		struct loop *ret, struct cvt_error *err);

/* Write back and let go.  0 or a negative errno. */
int loop_detach(struct loop *l);

#endif
