/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>

#include "format/splice.h"

int splice_replace(struct splice *s, size_t at, size_t len, const char *text, size_t text_len)
{
	if (bytes_append(&s->out, s->in + s->done, at - s->done) < 0 ||
	    bytes_append(&s->out, text, text_len) < 0)
		return -ENOMEM;
	s->done = at + len;
	return 0;
}

int splice_finish(struct splice *s, struct bytes *ret)
{
	int r = splice_replace(s, s->len, 0, "", 0);

	if (r < 0)
		return r;
	bytes_clear(ret);
	*ret = bytes_take(&s->out);
	return 0;
}

void splice_clear(struct splice *s)
{
	bytes_clear(&s->out);
}
