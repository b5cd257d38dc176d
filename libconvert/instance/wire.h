/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes over the serial line between a host and its conversion instance:
 * lines of JSON.  First the job, one line in, and the bytes of the keys that it
 * announces; then events, lines out:
 *	{"event":"stage","stage":"plan","percent":40}
 *	{"event":"log","level":0,"text":"…"}
 *	{"event":"planned","bytes":1048576}
 *	{"event":"result","error":null,"report":{…},"diff":"…"}
 * The result is the last.  What comes from an instance is from a kernel that
 * has met a hostile guest: it is taken for text, and nothing else.
 */
#ifndef INSTANCE_WIRE_H
#define INSTANCE_WIRE_H

#include <jansson.h>

#include "report/report_parts.h"
#include "work.h"

#define WIRE_LINE_MAX ((size_t)64 << 20) /* bytes; the report with its diff */

/* The keys of a job, in its order.  They are read once, for as often as an instance is started. */
struct keyring {
	struct secret *v;
	size_t n;
};

int keyring_read(const struct cvt *c, struct keyring *ret, struct cvt_error *err);
void keyring_clear(struct keyring *k); /* wipes them */
#define CLEANUP_KEYRING CLEANUP(keyring_clear)

/* The job as the instance is told it, and there made a job again: all but the keys. */
json_t *wire_job(const struct cvt *c, enum mode mode, const struct timespec *mtime,
		 const struct keyring *keys);
int wire_take_job(const json_t *job, struct cvt *c, enum mode *mode,
		  struct timespec *mtime, struct cvt_error *err);

json_t *wire_error(const struct cvt_error *err); /* NULL: no memory */

/* True if there is an error; fills @err with what is sane of it. */
bool wire_take_error(const json_t *error, struct cvt_error *err);

/* Write @line and a newline: 0 or a negative errno.  Takes @line. */
int wire_put(int fd, json_t *line);
int wire_put_keys(int fd, const struct keyring *keys);

#endif
