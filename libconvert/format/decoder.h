/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One compressed stream, decoded piece by piece, to its exact end: what stands
 * behind it in the file is the next segment of an initramfs.  libarchive's
 * filters are not used for this: they read on into what follows, and some of
 * them start a program.
 */
#ifndef FORMAT_DECODER_H
#define FORMAT_DECODER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cleanup.h"
#include "core/error.h"

#define DECODER_MAGIC 4 /* bytes that tell the format */

struct decoder;

struct decoder_io {
	const uint8_t *in;
	size_t n_in;
	bool is_last; /* nothing comes behind this input */
	uint8_t *out;
	size_t n_out;
};

/*
 * The decoder for what begins with the @len bytes at @head.  -EBADMSG: no
 * compression that the kernel knows.
 */
int decoder_open(const void *head, size_t len, struct decoder **ret,
		 struct cvt_error *err);

/*
 * Move on: advances in and out.  0: more input or more room is needed; 1: the
 * stream has ended just before @io->in; -EBADMSG: damaged; -EOPNOTSUPP: sound,
 * as far as seen, but needs more memory than we give it.
 */
int decoder_run(struct decoder *d, struct decoder_io *io, struct cvt_error *err);

const char *decoder_name(const struct decoder *d);
void decoder_close(struct decoder *d);
DEFINE_CLEANUP(struct decoder, decoder_close)
#define CLEANUP_DECODER CLEANUP(decoder_closep)

#endif
