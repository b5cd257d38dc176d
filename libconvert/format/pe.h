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
