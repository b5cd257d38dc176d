/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "format/kernel_image.h"

#define BOOT_SECTOR 512
#define RELEASE_MAX 128
#define SETUP_SECTORS 4 /* where the header says 0 */

struct head {
	const unsigned char *d;
	size_t len;
};

static bool has(const struct head *h, size_t at, const char *magic, size_t n)
{
	return at + n <= h->len && memcmp(h->d + at, magic, n) == 0;
}

/* @n bytes, little endian; 0 beyond the end. */
static uint64_t get(const struct head *h, size_t at, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i-- > 0;)
		v = v << 8 | (at + i < h->len ? h->d[at + i] : 0);
	return v;
}

static uint64_t bzimage_needs(const struct head *h)
{
	uint64_t setup = get(h, 0x1f1, 1);

	return ((setup ? setup : SETUP_SECTORS) + 1) * BOOT_SECTOR +
	       get(h, 0x1f4, 4) * 16;
}

/* Section headers are the last thing in a vmlinux; big endian ones (s390x) are not read. */
static uint64_t elf_needs(const struct head *h)
{
	if (get(h, 5, 1) != 1 || get(h, 4, 1) != 2)
		return 0;
	return get(h, 40, 8) + get(h, 58, 2) * get(h, 60, 2);
}

/* Those that do not say how long they are, or say it of what they unpack. */
static bool has_magic(const struct head *h)
{
	static const struct {
		size_t at, n;
		const char *magic;
	} magics[] = {
		{ 0x38, 4, "ARM\x64" },		 { 0x38, 4, "RSC\x05" },
		{ 0x24, 4, "\x18\x28\x6f\x01" }, { 0x10008, 6, "S390EP" },
		{ 0, 4, "\x27\x05\x19\x56" },	 { 0, 2, "\x1f\x8b" },
		{ 0, 4, "\x28\xb5\x2f\xfd" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (has(h, magics[i].at, magics[i].magic, magics[i].n))
			return true;
	return false;
}

bool kernel_image_needs(const void *head, size_t len, uint64_t *needs)
{
	const struct head h = { head, len };

	*needs = 0;
	if (has(&h, 0x202, "HdrS", 4))
		*needs = bzimage_needs(&h);
	else if (has(&h, 4, "zimg", 4))
		*needs = get(&h, 8, 4) + get(&h, 12, 4);
	else if (has(&h, 0, "\177ELF", 4))
		*needs = elf_needs(&h);
	else
		return has_magic(&h);
	return true;
}

int kernel_image_release(const void *head, size_t len, char **ret)
{
	const struct head h = { head, len };
	uint64_t at = has(&h, 0x202, "HdrS", 4) ? get(&h, 0x20e, 2) + BOOT_SECTOR : len;
	size_t n = 0;

	*ret = NULL;
	while (at + n < len && n < RELEASE_MAX && h.d[at + n] > ' ' && h.d[at + n] < 0x7f)
		n++;
	/* Behind it stands who built it, and when. */
	if (n == 0 || n == RELEASE_MAX || at + n == len)
		return 0;
	*ret = strndup((const char *)h.d + at, n);
	return *ret ? 0 : -ENOMEM;
}
