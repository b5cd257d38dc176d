/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Headers of LUKS 1 and 2, as far as it takes to know what unlocking will need (LUKS2
 * On-Disk Format Specification 1.1).
 */
#ifndef FORMAT_LUKS_H
#define FORMAT_LUKS_H

#include <stddef.h>
#include <stdint.h>

#define LUKS_HEAD 4096		   /* bytes from the start that tell how long it is */
#define LUKS_MAX ((size_t)4 << 20) /* bytes; LUKS 2 allows no longer header */

struct luks {
	unsigned version; /* 1, 2 */
	uint64_t
		memory_kib; /* what the hungriest of its key slots takes; 0: next to nothing */
	char tokens[64]; /* what unlocks it at the source without a passphrase:
			       * "clevis, systemd-tpm2"; "": nothing
			       */
};

/* Bytes of the header that begins with @head, of LUKS_HEAD bytes; 0: it is none. */
size_t luks_size(const void *head);

/* @data: luks_size() bytes.  -EINVAL: what it says cannot be understood. */
int luks_parse(const void *data, size_t len, struct luks *ret);

#endif
