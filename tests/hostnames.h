/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ways in which a name is written down, for the corpus and the fuzzer. */
#ifndef TESTS_HOSTNAMES_H
#define TESTS_HOSTNAMES_H

#include "format/hostname.h"

#define OLD_NAME "web"
#define NEW_NAME "new"

static inline int rename_hosts(const struct bytes *in, struct bytes *ret)
{
	return hostname_in_hosts(in->data, in->len, OLD_NAME, NEW_NAME, ret);
}

static inline int rename_file(const struct bytes *in, struct bytes *ret)
{
	return hostname_in_file(in->data, in->len, NEW_NAME, ret);
}

static inline int rename_shell(const struct bytes *in, struct bytes *ret)
{
	return hostname_in_shell(in->data, in->len, "HOSTNAME", NEW_NAME, ret);
}

#endif
