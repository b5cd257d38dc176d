/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "format/pe.h"

#define COFF_SIZE 24 /* with the signature before it */

unsigned pe_get16(const struct bytes *b, size_t at)
{
	const unsigned char *d = (const unsigned char *)b->data + at;

	return d[0] | (unsigned)d[1] << 8;
}

uint64_t pe_get32(const struct bytes *b, size_t at)
{
	return pe_get16(b, at) | (uint64_t)pe_get16(b, at + 2) << 16;
}

bool pe_headers(const struct bytes *b, struct pe_headers *ret)
{
	uint64_t at;

	if (b->len < 0x40 || b->data[0] != 'M' || b->data[1] != 'Z')
		return false;
	at = pe_get32(b, 0x3c);
	if (at > b->len || b->len - at < COFF_SIZE ||
	    memcmp(b->data + at, "PE\0\0", 4) != 0)
		return false;
	ret->coff = (size_t)at;
	ret->optional = ret->coff + COFF_SIZE;
	ret->optional_size = pe_get16(b, ret->coff + 20);
	ret->table = ret->optional + ret->optional_size;
	ret->n = pe_get16(b, ret->coff + 6);
	return true;
}

bool pe_part(const struct bytes *b, const struct pe_headers *h, unsigned i,
	     struct pe_part *ret)
{
	size_t at = h->table + (size_t)i * PE_SECTION_SIZE;

	if (i >= h->n || at + PE_SECTION_SIZE > b->len)
		return false;
	*ret = (struct pe_part){ at, pe_get32(b, at + 12), pe_get32(b, at + 8),
				 pe_get32(b, at + 20), pe_get32(b, at + 16) };
	return true;
}

bool pe_part_is(const struct bytes *b, const struct pe_part *part, const char *name)
{
	char padded[8] = "";

	memcpy(padded, name, strnlen(name, sizeof(padded)));
	return memcmp(b->data + part->header, padded, sizeof(padded)) == 0;
}

unsigned pe_machine(const struct bytes *b)
{
	struct pe_headers h;

	return pe_headers(b, &h) ? pe_get16(b, h.coff + 4) : 0;
}

uint64_t pe_needs(const struct bytes *b)
{
	struct pe_headers h;
	struct pe_part part;
	uint64_t needs;

	if (!pe_headers(b, &h))
		return 0;
	needs = h.table + (uint64_t)h.n * PE_SECTION_SIZE;
	for (unsigned i = 0; pe_part(b, &h, i, &part); i++)
		if (part.file + part.file_size > needs)
			needs = part.file + part.file_size;
	return needs;
}

bool pe_section(const struct bytes *head, const char *name, uint64_t *offset,
		uint64_t *size)
{
	struct pe_headers h;
	struct pe_part part;

	if (!pe_headers(head, &h))
		return false;
	for (unsigned i = 0; pe_part(head, &h, i, &part); i++) {
		uint64_t used = part.memory_size;

		if (!pe_part_is(head, &part, name))
			continue;
		/* The file has it in whole blocks. */
		*size = used > 0 && used < part.file_size ? used : part.file_size;
		*offset = part.file;
		return true;
	}
	return false;
}

/* The directory of certificates is the fifth behind the optional header, which is larger for
 * 64 bits (PE32+).
 */
bool pe_is_signed(const struct bytes *head)
{
	struct pe_headers h;
	size_t directories;

	if (!pe_headers(head, &h) || head->len - h.optional < 2)
		return false;
	directories = h.optional + (pe_get16(head, h.optional) == 0x20b ? 112 : 96);
	return directories + 5 * 8 <= head->len && directories + 5 * 8 <= h.table &&
	       pe_get32(head, directories + 4 * 8 + 4) > 0;
}
