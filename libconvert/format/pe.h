/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PE images, which UEFI firmware starts (Microsoft, "PE Format"). */
#ifndef FORMAT_PE_H
#define FORMAT_PE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"

#define PE_X86_64 0x8664
#define PE_ARM64 0xaa64
#define PE_I386 0x014c

#define PE_SECTION_SIZE 40 /* bytes of the header of a section */

/* Where things are in the file. */
struct pe_headers {
	size_t coff;	 /* with the signature before it */
	size_t optional; /* the optional header */
	size_t optional_size;
	size_t table; /* headers of @n sections */
	unsigned n;
};

struct pe_part {
	size_t header; /* where it is described */
	uint64_t memory, memory_size;
	uint64_t file, file_size;
};

unsigned pe_get16(const struct bytes *b, size_t at);
uint64_t pe_get32(const struct bytes *b, size_t at);

/* false: it is no PE image.  What is behind the signature and the COFF header may be missing. */
bool pe_headers(const struct bytes *b, struct pe_headers *ret);

/* Section @i; false: @b, the beginning of the file, does not have its header. */
bool pe_part(const struct bytes *b, const struct pe_headers *h, unsigned i,
	     struct pe_part *ret);
bool pe_part_is(const struct bytes *b, const struct pe_part *part, const char *name);

/* The machine in the header of a PE image; 0: it is none. */
unsigned pe_machine(const struct bytes *b);

/* How long the file has to be for all of its sections; 0: it is no PE image. */
uint64_t pe_needs(const struct bytes *b);

/* Where the content of section @name is in the file, as far as @head, the beginning of the
 * file, tells; false: there is none.
 */
bool pe_section(const struct bytes *head, const char *name, uint64_t *offset,
		uint64_t *size);

/* Is there a signature, which any change makes invalid? */
bool pe_is_signed(const struct bytes *head);

#endif
