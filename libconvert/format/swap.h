/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first page of a swap area, where a hibernation leaves its signature. */
#ifndef FORMAT_SWAP_H
#define FORMAT_SWAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SWAP_PAGE_MAX 65536  /* bytes; no page of Linux is larger */
#define SWAP_SIGNATURE_LEN 10

extern const char swap_signature[SWAP_SIGNATURE_LEN]; /* of an area in ordinary use */

/* Does the head of a swap area say that it holds a saved state?  Then *@offset is where. */
bool swap_is_hibernated(const char *head, size_t len, size_t *offset);

/* Let the area whose first page of 4 KiB is @page have @size bytes.  False if it is no such
 * area of the kernel's present version, or has bad pages.
 */
bool swap_resize(char page[4096], uint64_t size);

#endif
