/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "format/ptable.h"

#define SECTOR PTABLE_SECTOR
#define MBR_ENTRIES 446
#define MBR_ENTRY 16
#define LOGICAL_MAX 64
#define TYPE_PROTECTIVE 0xee
#define TYPE_ESP 0xef
#define GPT_HEADER 92 /* bytes that are defined */
#define GPT_ENTRY 128
#define GPT_ENTRIES_MAX PTABLE_PARTS_MAX

struct mbr_entry {
	uint8_t active, chs_first[3], type, chs_last[3];
	uint32_t start, size;
} __attribute__((packed));
_Static_assert(sizeof(struct mbr_entry) == MBR_ENTRY, "as it is on disk");

struct gpt_header {
	char signature[8];
	uint32_t revision, size, crc, zero;
	uint64_t here, other, first_usable, last_usable;
	uint8_t guid[16];
	uint64_t entries;
	uint32_t n_entries, entry_size, entries_crc;
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_header) == GPT_HEADER, "as it is on disk");

struct gpt_entry {
	uint8_t type[16], guid[16];
	uint64_t first, last, attributes;
	uint16_t name[36];
} __attribute__((packed));
_Static_assert(sizeof(struct gpt_entry) == GPT_ENTRY, "as it is on disk");

/* C12A7328-F81F-11D2-BA4B-00A0C93EC93B */
static const uint8_t esp_guid[16] = { 0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				      0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b };

/* --- reading --- */

struct reader {
	const struct pieces *p;
	uint64_t sectors;
	struct ptable *t;
	uint64_t *missing;
	size_t *size;
	const char **why;
};

static int invalid(const struct reader *x, const char *why)
{
	*x->why = why;
	return -EINVAL;
}

/* Copies @size bytes of the disk from sector @sector. */
static int need(const struct reader *x, uint64_t sector, void *out, size_t size)
{
	const char *data;

	if (sector >= x->sectors || size > (x->sectors - sector) * SECTOR)
		return invalid(x,
			       "its partition table points beyond the end of the disk");
	data = pieces_at(x->p, sector * SECTOR, size);
	if (data) {
		memcpy(out, data, size);
		return 0;
	}
	*x->missing = sector * SECTOR;
	*x->size = size;
	return -EAGAIN;
}

static int add_part(const struct reader *x, enum ptable_kind kind, uint64_t first,
		    uint64_t last, uint64_t entry, uint64_t base)
{
	struct ptable *t = x->t;

	if (first > last || last >= x->sectors)
		return invalid(x, "a partition ends beyond the end of the disk");
	if (t->n == PTABLE_PARTS_MAX)
		return invalid(x, "it has too many partitions");
	t->parts[t->n++] = (struct ptable_part){ kind, first, last, entry, base };
	return 0;
}

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static bool is_empty(const struct mbr_entry *e)
{
	return e->type == 0 || e->size == 0;
}

/* The four entries of the MBR, or the two of an extended boot record, at @sector. */
static int read_entries(const struct reader *x, uint64_t sector, struct mbr_entry e[4])
{
	unsigned char data[SECTOR];
	int r = need(x, sector, data, sizeof(data));

	if (r < 0)
		return r;
	if (data[SECTOR - 2] != 0x55 || data[SECTOR - 1] != 0xaa)
		return invalid(x, "a record of its partition table is damaged");
	memcpy(e, data + MBR_ENTRIES, (size_t)4 * MBR_ENTRY);
	return 0;
}

static int add_mbr_part(const struct reader *x, enum ptable_kind kind,
			const struct mbr_entry *e, uint64_t entry, uint64_t base)
{
	const uint64_t first = base + le32toh(e->start);

	if (e->start == 0)
		return invalid(x, "a partition lies over its partition table");
	return add_part(x, kind, first, first + le32toh(e->size) - 1, entry, base);
}

/* Each record has one logical partition, counted from itself, and a link to the next one,
 * counted from the extended partition.  What lies outside of that would look free.
 */
static int read_logical(const struct reader *x, uint64_t extended, uint64_t end)
{
	static const char outside[] =
		"a logical partition lies outside of the extended one";
	uint64_t sector = extended;

	for (int i = 0; i < LOGICAL_MAX; i++) {
		struct mbr_entry e[4];
		int r = read_entries(x, sector, e);

		if (r == 0 && !is_empty(&e[0]))
			r = add_mbr_part(x, PTABLE_LOGICAL, &e[0],
					 sector * SECTOR + MBR_ENTRIES, sector);
		if (r == 0 && !is_empty(&e[0]) && x->t->parts[x->t->n - 1].last >= end)
			r = invalid(x, outside);
		if (r < 0 || is_empty(&e[1]))
			return r;
		sector = extended + le32toh(e[1].start);
		if (sector >= end)
			return invalid(x, outside);
	}
	return invalid(x, "its logical partitions have no end");
}

static int read_mbr(const struct reader *x, const struct mbr_entry e[4])
{
	int r = 0;

	x->t->first_usable = PTABLE_ALIGN;
	x->t->last_usable = (x->sectors < UINT32_MAX ? x->sectors : UINT32_MAX) - 1;
	for (size_t i = 0; i < 4 && r == 0; i++) {
		const uint64_t entry = MBR_ENTRIES + i * MBR_ENTRY;

		if (is_empty(&e[i])) {
			x->t->free_entry = x->t->free_entry ?: entry;
			continue;
		}
		r = add_mbr_part(
			x, is_extended(e[i].type) ? PTABLE_EXTENDED : PTABLE_PRIMARY,
			&e[i], entry, 0);
		if (r == 0 && is_extended(e[i].type))
			r = read_logical(x, le32toh(e[i].start),
					 x->t->parts[x->t->n - 1].last + 1);
	}
	return r;
}

static uint32_t crc(const void *data, size_t len)
{
	return (uint32_t)crc32(0, data, (uInt)len);
}

static uint32_t header_crc(struct gpt_header h)
{
	h.crc = 0;
	return crc(&h, sizeof(h));
}

static int read_header(const struct reader *x, uint64_t sector, struct gpt_header *h)
{
	char data[SECTOR];
	int r = need(x, sector, data, sizeof(data));

	if (r < 0)
		return r;
	memcpy(h, data, sizeof(*h));
	if (memcmp(h->signature, "EFI PART", sizeof(h->signature)) != 0 ||
	    le32toh(h->size) != GPT_HEADER || le32toh(h->crc) != header_crc(*h) ||
	    le64toh(h->here) != sector)
		return invalid(x, sector == 1 ? "its GPT is damaged"
					      : "the backup of its GPT is damaged");
	if (le32toh(h->entry_size) != GPT_ENTRY || h->n_entries == 0 ||
	    le32toh(h->n_entries) > GPT_ENTRIES_MAX)
		return invalid(x, "its GPT has entries of an unusual size or number");
	return 0;
}

/* The entries lie before the partitions, those of the backup behind them and before it. */
static bool is_in_place(const struct gpt_header *h)
{
	const uint64_t here = le64toh(h->here), first = le64toh(h->entries);
	const uint64_t n =
		((uint64_t)le32toh(h->n_entries) * GPT_ENTRY + SECTOR - 1) / SECTOR;
	const uint64_t from = here == 1 ? 2 : le64toh(h->last_usable) + 1;
	const uint64_t to = here == 1 ? le64toh(h->first_usable) : here;

	return from <= first && first <= to && n <= to - first;
}

/* What is for partitions lies between the table and its backup. */
static bool is_ordered(const struct gpt_header *h)
{
	const uint64_t first = le64toh(h->first_usable), last = le64toh(h->last_usable);

	return first <= last && last < le64toh(h->other);
}

static int read_gpt_entries(const struct reader *x, const struct gpt_header *h,
			    struct gpt_entry entries[GPT_ENTRIES_MAX])
{
	const size_t size = (size_t)le32toh(h->n_entries) * GPT_ENTRY;
	int r = is_in_place(h) ? need(x, le64toh(h->entries), entries, size)
			       : invalid(x, "its GPT lies among the partitions");

	if (r == 0 && crc(entries, size) != le32toh(h->entries_crc))
		return invalid(x, "an entry of its GPT is damaged");
	return r;
}

static int read_gpt(const struct reader *x)
{
	struct gpt_entry entries[GPT_ENTRIES_MAX], backup[GPT_ENTRIES_MAX];
	struct gpt_header h, b;
	struct ptable *t = x->t;
	int r = read_header(x, 1, &h);

	if (r == 0 && !is_ordered(&h))
		r = invalid(x, "its GPT lies among the partitions");
	if (r == 0)
		r = read_gpt_entries(x, &h, entries);
	if (r == 0)
		r = read_header(x, le64toh(h.other), &b);
	if (r == 0)
		r = read_gpt_entries(x, &b, backup);
	if (r == 0 &&
	    (b.entries_crc != h.entries_crc || b.n_entries != h.n_entries ||
	     b.first_usable != h.first_usable || b.last_usable != h.last_usable))
		r = invalid(x, "its GPT and the backup of it differ");
	if (r < 0)
		return r;
	t->is_gpt = true;
	t->first_usable = le64toh(h.first_usable);
	t->last_usable = le64toh(h.last_usable);
	t->backup = le64toh(h.other);
	t->backup_entries = le64toh(b.entries);
	t->entries_size = (size_t)le32toh(h.n_entries) * GPT_ENTRY;
	for (size_t i = 0; i < le32toh(h.n_entries) && r == 0; i++) {
		const uint64_t entry = le64toh(h.entries) * SECTOR + i * GPT_ENTRY;
		const uint64_t first = le64toh(entries[i].first);
		const uint64_t last = le64toh(entries[i].last);

		if (bytes_are_zero(entries[i].type, sizeof(entries[i].type)))
			t->free_entry = t->free_entry ?: entry;
		else if (first < t->first_usable || last > t->last_usable)
			r = invalid(x, "its GPT lies among the partitions");
		else
			r = add_part(x, PTABLE_PRIMARY, first, last, entry, 0);
	}
	return r;
}

/* A hybrid MBR: systems that do not know the GPT have partitions of their own. */
static bool is_hybrid(const struct mbr_entry e[4])
{
	for (size_t i = 0; i < 4; i++)
		if (!is_empty(&e[i]) && e[i].type != TYPE_PROTECTIVE)
			return true;
	return false;
}

int ptable_read(const struct pieces *p, uint64_t sectors, struct ptable *ret,
		uint64_t *missing, size_t *size, const char **why)
{
	const struct reader x = { p, sectors, ret, missing, size, why };
	struct mbr_entry e[4];
	int r = read_entries(&x, 0, e);

	*ret = (struct ptable){ 0 };
	for (size_t i = 0; i < 4 && r == 0; i++)
		if (e[i].type == TYPE_PROTECTIVE)
			return is_hybrid(e)
				       ? invalid(&x,
						 "its MBR has partitions beside its GPT")
				       : read_gpt(&x);
	return r < 0 ? r : read_mbr(&x, e);
}

/* --- room --- */

static uint64_t up(uint64_t sector)
{
	return (sector + PTABLE_ALIGN - 1) / PTABLE_ALIGN * PTABLE_ALIGN;
}

/* The first sector from @from on that no partition has, and the last of that gap; false: none. */
static bool next_gap(const struct ptable *t, uint64_t from, uint64_t *first,
		     uint64_t *last)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t i = 0; i < t->n; i++)
			if (t->parts[i].first <= from && from <= t->parts[i].last) {
				from = up(t->parts[i].last + 1);
				moved = true;
			}
	}
	if (from > t->last_usable)
		return false;
	*first = from;
	*last = t->last_usable;
	for (size_t i = 0; i < t->n; i++)
		if (t->parts[i].first > from && t->parts[i].first <= *last)
			*last = t->parts[i].first - 1;
	return true;
}

bool ptable_room(const struct ptable *t, uint64_t *first, uint64_t *last)
{
	uint64_t from = up(t->first_usable), f, l;
	bool found = false;

	for (; next_gap(t, from, &f, &l); from = up(l + 1)) {
		/* Partitions end where the next one may begin. */
		if ((l + 1) / PTABLE_ALIGN * PTABLE_ALIGN > f)
			l = (l + 1) / PTABLE_ALIGN * PTABLE_ALIGN - 1;
		if (found && l - f <= *last - *first)
			continue;
		*first = f;
		*last = l;
		found = true;
	}
	return found;
}

static const struct ptable_part *container(const struct ptable *t,
					   const struct ptable_part *part)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->parts[i].kind == PTABLE_EXTENDED &&
		    t->parts[i].first <= part->first && part->last <= t->parts[i].last)
			return &t->parts[i];
	return NULL;
}

bool ptable_can_shrink(const struct ptable *t, const struct ptable_part *part)
{
	const struct ptable_part *in =
		part->kind == PTABLE_LOGICAL ? container(t, part) : part;

	if (part->kind == PTABLE_EXTENDED || !in)
		return false;
	/* Nothing else lies in it, or behind it in what it is in. */
	for (size_t i = 0; i < t->n; i++) {
		const struct ptable_part *o = &t->parts[i];

		if (o != part && o != in && o->last >= part->first &&
		    o->first <= in->last)
			return false;
	}
	return true;
}

/* --- edits --- */

static void set_mbr_end(const struct ptable_part *part, uint64_t last, struct pieces *p)
{
	char *entry = pieces_at(p, part->entry, MBR_ENTRY);
	struct mbr_entry e;

	memcpy(&e, entry, sizeof(e));
	e.size = htole32((uint32_t)(last - part->first + 1));
	memset(e.chs_last, 0xff, sizeof(e.chs_last)); /* beyond what CHS can say */
	e.chs_last[0] = 0xfe;
	memcpy(entry, &e, sizeof(e));
}

void ptable_shrink(const struct ptable *t, const struct ptable_part *part, uint64_t last,
		   struct pieces *p)
{
	struct gpt_entry e;
	char *entry;

	if (!t->is_gpt) {
		set_mbr_end(part, last, p);
		if (part->kind == PTABLE_LOGICAL)
			set_mbr_end(container(t, part), last, p);
		return;
	}
	entry = pieces_at(p, part->entry, GPT_ENTRY);
	memcpy(&e, entry, sizeof(e));
	e.last = htole64(last);
	memcpy(entry, &e, sizeof(e));
}

static void add_mbr_esp(const struct ptable *t, uint64_t first, uint64_t last,
			struct pieces *p)
{
	const struct mbr_entry e = { .chs_first = { 0xfe, 0xff, 0xff },
				     .type = TYPE_ESP,
				     .chs_last = { 0xfe, 0xff, 0xff },
				     .start = htole32((uint32_t)first),
				     .size = htole32((uint32_t)(last - first + 1)) };

	memcpy(pieces_at(p, t->free_entry, MBR_ENTRY), &e, sizeof(e));
}

/* Unique, and the same on every run: the GUID of the disk, with the place in its end. */
static void make_guid(const struct pieces *p, uint64_t first, uint8_t guid[16])
{
	struct gpt_header h;

	memcpy(&h, pieces_at(p, SECTOR, GPT_HEADER), sizeof(h));
	memcpy(guid, h.guid, sizeof(h.guid));
	for (size_t i = 0; i < 6; i++)
		guid[15 - i] ^= (uint8_t)(first >> (8 * i)) ^ (i == 0 ? 0xef : 0);
}

static void add_gpt_esp(const struct ptable *t, uint64_t first, uint64_t last,
			struct pieces *p)
{
	static const char name[] = "EFI System Partition";
	struct gpt_entry e = { .first = htole64(first), .last = htole64(last) };

	memcpy(e.type, esp_guid, sizeof(e.type));
	make_guid(p, first, e.guid);
	for (size_t i = 0; name[i]; i++)
		e.name[i] = htole16((uint16_t)name[i]);
	memcpy(pieces_at(p, t->free_entry, GPT_ENTRY), &e, sizeof(e));
}

void ptable_add_esp(const struct ptable *t, uint64_t first, uint64_t last,
		    struct pieces *p)
{
	if (t->is_gpt)
		add_gpt_esp(t, first, last, p);
	else
		add_mbr_esp(t, first, last, p);
}

static void finish_header(const struct pieces *p, uint64_t sector, uint32_t entries_crc)
{
	char *header = pieces_at(p, sector * SECTOR, GPT_HEADER);
	struct gpt_header h;

	memcpy(&h, header, sizeof(h));
	h.entries_crc = htole32(entries_crc);
	h.crc = htole32(header_crc(h));
	memcpy(header, &h, sizeof(h));
}

void ptable_finish(const struct ptable *t, struct pieces *p)
{
	struct gpt_header h;
	const char *entries;
	char *header;

	if (!t->is_gpt)
		return;
	header = pieces_at(p, SECTOR, GPT_HEADER);
	memcpy(&h, header, sizeof(h));
	entries = pieces_at(p, le64toh(h.entries) * SECTOR, t->entries_size);
	memcpy(pieces_at(p, t->backup_entries * SECTOR, t->entries_size), entries,
	       t->entries_size);
	finish_header(p, 1, crc(entries, t->entries_size));
	finish_header(p, t->backup, crc(entries, t->entries_size));
}
