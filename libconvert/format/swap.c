/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <endian.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/swap.h"

const char swap_signature[SWAP_SIGNATURE_LEN] = { 'S', 'W', 'A', 'P', 'S',
						  'P', 'A', 'C', 'E', '2' };

/* As blkid(8) and swapon(8) know them (util-linux 2.38, libblkid/src/superblocks/swap.c):
 * the kernel's two, uswsusp, TuxOnIce, and Linux on z/VM.
 */
static const struct {
	const char *s;
	size_t len;
} signatures[] = {
	{ "S1SUSPEND", 9 },
	{ "S2SUSPEND", 9 },
	{ "ULSUSPEND", 9 },
	{ "\355\303\002\351\230\126\345\014", 8 },
	{ "LINHIB0001", 10 },
};

static bool is_signature(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(signatures); i++)
		if (memcmp(s, signatures[i].s, signatures[i].len) == 0)
			return true;
	return false;
}

/* The signature ends a page, and pages have 4 to 64 KiB. */
bool swap_is_hibernated(const char *head, size_t len, size_t *offset)
{
	for (size_t page = 4096; page <= SWAP_PAGE_MAX && page <= len; page *= 2) {
		if (!is_signature(head + page - SWAP_SIGNATURE_LEN))
			continue;
		*offset = page - SWAP_SIGNATURE_LEN;
		return true;
	}
	return false;
}

/* struct swap_header_v1_2 behind the 1024 bytes for a boot sector (Linux, include/linux/swap.h). */
bool swap_resize(char page[4096], uint64_t size)
{
	uint32_t info[3]; /* version, last_page, nr_badpages */
	const uint64_t last = size / 4096 - 1;

	memcpy(info, page + 1024, sizeof(info));
	if (memcmp(page + 4096 - SWAP_SIGNATURE_LEN, swap_signature,
		   SWAP_SIGNATURE_LEN) != 0 ||
	    le32toh(info[0]) != 1 || info[2] != 0 || size < 65536 || last > UINT32_MAX)
		return false;
	if (last < le32toh(info[1]))
		info[1] = htole32((uint32_t)last);
	memcpy(page + 1024, info, sizeof(info));
	return true;
}
