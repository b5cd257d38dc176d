/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PE images, which UEFI firmware starts (Microsoft, "PE Format"). */
#ifndef FORMAT_PE_H
#define FORMAT_PE_H

#include <stdint.h>

#include "core/bytes.h"

#define PE_X86_64 0x8664
#define PE_ARM64 0xaa64
#define PE_I386 0x014c

/* The machine in the header of a PE image; 0: it is none. */
unsigned pe_machine(const struct bytes *b);

/* How long the file has to be for all of its sections; 0: it is no PE image. */
uint64_t pe_needs(const struct bytes *b);

#endif
