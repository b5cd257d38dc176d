/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/lz4.h"

/* A length that may go on in further bytes; SIZE_MAX: the input ends in it. */
static size_t get_length(const uint8_t **in, const uint8_t *end, size_t n)
{
	uint8_t b = 255;

	if (n < 15)
		return n;
	while (b == 255) {
		if (*in == end)
			return SIZE_MAX;
		b = *(*in)++;
		n += b;
	}
	return n;
}

int lz4_decode(const uint8_t *in, size_t n_in, uint8_t *out, size_t *n_out)
{
	const uint8_t *end = in + n_in;
	size_t have = 0, room = *n_out;

	while (in < end) {
		uint8_t token = *in++;
		size_t n = get_length(&in, end, token >> 4);
		size_t distance;

		if (n > (size_t)(end - in) || n > room - have)
			return -EBADMSG;
		memcpy(out + have, in, n);
		in += n;
		have += n;
		if (in == end)
			break; /* the last sequence is literals only */
		if (end - in < 2)
			return -EBADMSG;
		distance = in[0] | (size_t)in[1] << 8;
		in += 2;
		n = get_length(&in, end, token & 15);
		if (n == SIZE_MAX || distance == 0 || distance > have ||
		    n + 4 > room - have)
			return -EBADMSG;
		for (n += 4; n > 0; n--, have++) /* may overlap */
			out[have] = out[have - distance];
	}
	*n_out = have;
	return 0;
}
