/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "format/pe.h"

#define COFF_SIZE 24	/* with the signature before it */
#define SECTION_SIZE 40 /* bytes of a section header */

static unsigned get16(const struct bytes *b, size_t at)
{
	const unsigned char *d = (const unsigned char *)b->data + at;

	return d[0] | (unsigned)d[1] << 8;
}

static uint64_t get32(const struct bytes *b, size_t at)
{
	return get16(b, at) | (uint64_t)get16(b, at + 2) << 16;
}

/* Where "PE\0\0" stands; 0: nowhere. */
static size_t find_header(const struct bytes *b)
{
	uint64_t at;

	if (b->len < 0x40 || b->data[0] != 'M' || b->data[1] != 'Z')
		return 0;
	at = get32(b, 0x3c);
	if (at > b->len || b->len - at < COFF_SIZE ||
	    memcmp(b->data + at, "PE\0\0", 4) != 0)
		return 0;
	return (size_t)at;
}

unsigned pe_machine(const struct bytes *b)
{
	size_t at = find_header(b);

	return at ? get16(b, at + 4) : 0;
}

uint64_t pe_needs(const struct bytes *b)
{
	size_t at = find_header(b);
	size_t table = at ? at + COFF_SIZE + get16(b, at + 20) : 0;
	unsigned n = at ? get16(b, at + 6) : 0;
	uint64_t needs = table + (uint64_t)n * SECTION_SIZE;

	for (unsigned i = 0; i < n && table + (i + 1) * SECTION_SIZE <= b->len; i++) {
		size_t section = table + i * SECTION_SIZE;
		uint64_t end = get32(b, section + 16) + get32(b, section + 20);

		needs = end > needs ? end : needs;
	}
	return needs;
}

bool pe_section(const struct bytes *head, const char *name, uint64_t *offset,
		uint64_t *size)
{
	size_t at = find_header(head);
	size_t table = at ? at + COFF_SIZE + get16(head, at + 20) : 0;
	unsigned n = at ? get16(head, at + 6) : 0;
	char padded[8] = "";

	memcpy(padded, name, strnlen(name, sizeof(padded)));
	for (unsigned i = 0; i < n && table + (i + 1) * SECTION_SIZE <= head->len; i++) {
		size_t section = table + i * SECTION_SIZE;
		uint64_t used = get32(head, section + 8), raw = get32(head, section + 16);

		if (memcmp(head->data + section, padded, sizeof(padded)) != 0)
			continue;
		/* The file has it in whole blocks. */
		*size = used > 0 && used < raw ? used : raw;
		*offset = get32(head, section + 20);
		return true;
	}
	return false;
}

/* The directory of certificates is the fifth behind the optional header, which is larger for
 * 64 bits (PE32+).
 */
bool pe_is_signed(const struct bytes *head)
{
	size_t at = find_header(head), optional = at + COFF_SIZE, directories;

	if (at == 0 || head->len - optional < 2)
		return false;
	directories = optional + (get16(head, optional) == 0x20b ? 112 : 96);
	return directories + 5 * 8 <= head->len &&
	       directories + 5 * 8 <= optional + get16(head, at + 20) &&
	       get32(head, directories + 4 * 8 + 4) > 0;
}
