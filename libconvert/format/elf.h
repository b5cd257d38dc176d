/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The architecture of a kernel module, from its ELF header. */
#ifndef FORMAT_ELF_H
#define FORMAT_ELF_H

#include <stddef.h>

#define ELF_HEAD 64 /* bytes that elf_arch() wants, fewer if there are no more */

/* As uname -m names it; NULL: no ELF file, or an architecture that is not listed. */
const char *elf_arch(const void *data, size_t len);

#endif
