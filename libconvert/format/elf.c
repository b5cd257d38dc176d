/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/elf.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

static const struct {
	uint16_t machine;
	uint8_t class;
	uint8_t order;
	const char *name;
} archs[] = {
	/* clang-format off */
	{ EM_X86_64,    ELFCLASS64, ELFDATA2LSB, "x86_64" },
	{ EM_386,       ELFCLASS32, ELFDATA2LSB, "i686" },
	{ EM_AARCH64,   ELFCLASS64, ELFDATA2LSB, "aarch64" },
	{ EM_ARM,       ELFCLASS32, ELFDATA2LSB, "armv7l" },
	{ EM_PPC64,     ELFCLASS64, ELFDATA2LSB, "ppc64le" },
	{ EM_PPC64,     ELFCLASS64, ELFDATA2MSB, "ppc64" },
	{ EM_S390,      ELFCLASS64, ELFDATA2MSB, "s390x" },
	{ EM_RISCV,     ELFCLASS64, ELFDATA2LSB, "riscv64" },
	{ EM_LOONGARCH, ELFCLASS64, ELFDATA2LSB, "loongarch64" },
	/* clang-format on */
};

const char *elf_arch(const void *data, size_t len)
{
	const uint8_t *h = data;
	size_t at = offsetof(Elf32_Ehdr, e_machine); /* the same in both classes */
	uint16_t machine;

	if (len < at + 2 || memcmp(h, ELFMAG, SELFMAG) != 0)
		return NULL;
	machine = h[EI_DATA] == ELFDATA2MSB ? h[at] << 8 | h[at + 1]
					    : h[at + 1] << 8 | h[at];
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		if (archs[i].machine == machine && archs[i].class == h[EI_CLASS] &&
		    archs[i].order == h[EI_DATA])
			return archs[i].name;
	return NULL;
}
