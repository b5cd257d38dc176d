/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "format/pe.h"
#include "format/uki.h"

#define SECTIONS_MAX 96 /* Microsoft, "PE Format", NumberOfSections */
#define IMAGE_MAX ((uint64_t)1 << 31)
#define FILE_UNIT_MAX 65536 /* Microsoft, "PE Format", FileAlignment */

/* Offsets in the optional header, the same for 32 and 64 bits. */
#define SECTION_ALIGNMENT 32
#define FILE_ALIGNMENT 36
#define SIZE_OF_IMAGE 56
#define CHECKSUM 64

struct pe {
	struct pe_headers h;
	uint64_t memory_unit, file_unit;
	struct pe_part v[SECTIONS_MAX];
};

static void put32(char *at, uint64_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (char)(v >> 8 * i & 0xff);
}

static uint64_t round_up(uint64_t n, uint64_t unit)
{
	return (n + unit - 1) / unit * unit;
}

static bool is_power_of_two(uint64_t n)
{
	return n > 0 && (n & (n - 1)) == 0;
}

static int read_headers(const struct bytes *b, struct pe *pe)
{
	const struct pe_headers *h = &pe->h;

	if (pe_machine(b) == 0 || !pe_headers(b, &pe->h) || h->n == 0 ||
	    h->n > SECTIONS_MAX || h->optional_size < CHECKSUM + 4 ||
	    pe_get32(b, h->coff + 12) != 0)
		return -EINVAL;
	for (unsigned i = 0; i < h->n; i++) {
		struct pe_part *s = &pe->v[i];

		if (!pe_part(b, h, i, s) || s->memory + s->memory_size > IMAGE_MAX ||
		    s->file + s->file_size > b->len)
			return -EINVAL;
	}
	pe->memory_unit = pe_get32(b, h->optional + SECTION_ALIGNMENT);
	pe->file_unit = pe_get32(b, h->optional + FILE_ALIGNMENT);
	if (!is_power_of_two(pe->memory_unit) || !is_power_of_two(pe->file_unit) ||
	    pe->memory_unit > IMAGE_MAX || pe->file_unit > pe->memory_unit ||
	    pe->file_unit > FILE_UNIT_MAX)
		return -EINVAL;
	return 0;
}

static bool overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* Is @s a part of the file that is its own, and is there nothing of the headers in it? */
static bool is_apart(const struct pe *pe, const struct pe_part *s)
{
	if (s->file_size == 0 ||
	    s->file < pe->h.table + (size_t)pe->h.n * PE_SECTION_SIZE)
		return false;
	for (unsigned i = 0; i < pe->h.n; i++)
		if (&pe->v[i] != s &&
		    overlaps(pe->v[i].file, pe->v[i].file_size, s->file, s->file_size))
			return false;
	return true;
}

static struct pe_part *find(struct pe *pe, const struct bytes *b, const char *name)
{
	for (unsigned i = 0; i < pe->h.n; i++)
		if (pe_part_is(b, &pe->v[i], name))
			return &pe->v[i];
	return NULL;
}

/* Behind all others in memory, if it does not fit where it is; true: it has moved. */
static bool place(const struct pe *pe, struct pe_part *s, uint64_t size)
{
	uint64_t end = 0;
	bool fits = true;

	for (unsigned i = 0; i < pe->h.n; i++) {
		const struct pe_part *o = &pe->v[i];

		if (o != s && o->memory >= s->memory && s->memory + size > o->memory)
			fits = false;
		if (o->memory + o->memory_size > end)
			end = o->memory + o->memory_size;
	}
	s->memory_size = size;
	if (!fits)
		s->memory = round_up(end, pe->memory_unit);
	return !fits;
}

/* Sections are described in the order in which they lie in memory. */
static void move_last(const struct pe *pe, char *data, size_t header)
{
	size_t end = pe->h.table + (size_t)pe->h.n * PE_SECTION_SIZE;
	char saved[PE_SECTION_SIZE];

	memcpy(saved, data + header, PE_SECTION_SIZE);
	memmove(data + header, data + header + PE_SECTION_SIZE,
		end - header - PE_SECTION_SIZE);
	memcpy(data + end - PE_SECTION_SIZE, saved, PE_SECTION_SIZE);
}

static void write_headers(const struct pe *pe, const struct pe_part *changed, bool moved,
			  uint64_t old_file_size, char *data)
{
	uint64_t image = 0;

	for (unsigned i = 0; i < pe->h.n; i++) {
		const struct pe_part *s = &pe->v[i];
		uint64_t end = s->memory + s->memory_size;

		image = end > image ? end : image;
		if (s != changed && s->file > changed->file)
			put32(data + s->header + 20,
			      s->file + changed->file_size - old_file_size);
	}
	put32(data + changed->header + 8, changed->memory_size);
	put32(data + changed->header + 12, changed->memory);
	put32(data + changed->header + 16, changed->file_size);
	put32(data + pe->h.optional + SIZE_OF_IMAGE, round_up(image, pe->memory_unit));
	put32(data + pe->h.optional + CHECKSUM, 0);
	if (moved)
		move_last(pe, data, changed->header);
}

int uki_set(const struct bytes *image, const char *name, const struct bytes *content,
	    struct bytes *ret)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	struct pe pe = { 0 };
	struct pe_part *s;
	uint64_t old_size, size;
	bool moved;
	int r = read_headers(image, &pe);

	if (r < 0)
		return r;
	if (pe_is_signed(image))
		return -EPERM;
	s = find(&pe, image, name);
	if (!s)
		return -ENOENT;
	if (!is_apart(&pe, s))
		return -EINVAL;
	old_size = s->file_size;
	size = round_up(content->len, pe.file_unit);
	moved = place(&pe, s, content->len);
	/* Sections belong to the profile that they stand behind. */
	if (moved && find(&pe, image, ".profile"))
		return -EINVAL;
	if (content->len == 0 || s->memory + size > IMAGE_MAX ||
	    image->len - old_size + size > IMAGE_MAX)
		return content->len == 0 ? -EINVAL : -EFBIG;
	s->file_size = size;
	if (bytes_append(&out, image->data, (size_t)s->file) < 0 ||
	    bytes_append(&out, content->data, content->len) < 0 ||
	    bytes_append_zeros(&out, (size_t)(size - content->len)) < 0 ||
	    bytes_append(&out, image->data + s->file + old_size,
			 image->len - (size_t)(s->file + old_size)) < 0)
		return -ENOMEM;
	write_headers(&pe, s, moved, old_size, out.data);
	bytes_clear(ret);
	*ret = bytes_take(&out);
	return 0;
}
