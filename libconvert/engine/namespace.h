/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A mount namespace of our own.  Only short-lived threads ever enter it, so
 * the caller's threads see no mount of ours; an fd holds it, so that it and
 * all mounts in it go with this process, however it ends.
 */
#ifndef ENGINE_NAMESPACE_H
#define ENGINE_NAMESPACE_H

/* The fd, or a negative errno. */
int namespace_new(void);

/* Let a thread in @ns call @fn with @arg; what @fn returns, or a negative errno. */
int namespace_run(int ns, int (*fn)(void *arg), void *arg);

#endif
