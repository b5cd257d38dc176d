/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "format/fat.h"

#define RESERVED 32 /* sectors before the first FAT */
#define N_FATS 2
#define ROOT 2 /* the first cluster there is */
#define END_OF_CHAIN 0x0fffffff
#define ENTRY 32       /* bytes, in a directory */
#define LONG_CHARS 13  /* of a long name in one entry */
#define DAY_ONE 0x0021 /* 1980-01-01: the result does not depend on the day */
#define ATTR_DIRECTORY 0x10
#define ATTR_LABEL 0x08
#define ATTR_LONG 0x0f
#define LABEL "EFI        "

/* The boot sector, as far as FAT32 defines it; all values little-endian. */
struct boot_sector {
	uint8_t jump[3];
	char oem[8];
	uint16_t bytes_per_sector;
	uint8_t sectors_per_cluster;
	uint16_t reserved;
	uint8_t fats;
	uint16_t root_entries, sectors16;
	uint8_t media;
	uint16_t fat_size16, sectors_per_track, heads;
	uint32_t hidden, sectors32;
	uint32_t fat_size;
	uint16_t flags, version;
	uint32_t root_cluster;
	uint16_t info_sector, backup_sector;
	uint8_t zero[12];
	uint8_t drive, zero1, signature;
	uint32_t serial;
	char label[11], type[8];
} __attribute__((packed));
_Static_assert(sizeof(struct boot_sector) == 90, "as it is on disk");

struct short_entry {
	char name[11];
	uint8_t attr, nt, tenths;
	uint16_t time, date, accessed, cluster_high, wtime, wdate, cluster_low;
	uint32_t size;
} __attribute__((packed));
_Static_assert(sizeof(struct short_entry) == ENTRY, "as it is on disk");

/* A file or directory; the first is the root. */
struct node {
	const char *name; /* not terminated */
	size_t len;
	size_t parent;
	const struct bytes *data;   /* NULL: a directory */
	struct bytes entries;	    /* of a directory */
	char alias[11];		    /* its short name */
	uint32_t cluster, clusters; /* 0: an empty file */
};

struct tree {
	struct node v[FAT_NODES_MAX];
	size_t n;
};

static void tree_clear(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		bytes_clear(&t->v[i].entries);
}

static size_t find(const struct tree *t, size_t parent, const char *name, size_t len)
{
	for (size_t i = 1; i < t->n; i++)
		if (t->v[i].parent == parent && t->v[i].len == len &&
		    strncasecmp(t->v[i].name, name, len) == 0)
			return i;
	return t->n;
}

static bool is_name(const char *name, size_t len)
{
	if (len == 0 || len > 255 || name[0] == '.' || name[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~' || strchr("\"*/:<>?\\|", name[i]))
			return false;
	return true;
}

static int add_path(struct tree *t, const struct fat_file *f)
{
	size_t parent = 0;

	for (const char *name = f->path;; name++) {
		size_t len = strcspn(name, "/");
		bool is_last = name[len] == '\0';
		size_t i = find(t, parent, name, len);

		if (!is_name(name, len) || i == FAT_NODES_MAX ||
		    (i < t->n && (is_last || t->v[i].data)))
			return -EINVAL;
		if (i == t->n)
			t->v[t->n++] = (struct node){ .name = name,
						      .len = len,
						      .parent = parent,
						      .data = is_last ? f->data : NULL };
		if (is_last)
			return 0;
		parent = i;
		name += len;
	}
}

/* --- names --- */

static bool is_upper_word(const char *s, size_t len, size_t max)
{
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9')))
			return false;
	return len <= max;
}

static size_t stem_len(const struct node *x)
{
	const char *dot = memrchr(x->name, '.', x->len);

	return dot ? (size_t)(dot - x->name) : x->len;
}

/* Is @x its own short name, so that it needs no long one? */
static bool is_short(const struct node *x)
{
	size_t stem = stem_len(x);

	return stem > 0 && is_upper_word(x->name, stem, 8) &&
	       (stem == x->len ||
		is_upper_word(x->name + stem + 1, x->len - stem - 1, 3));
}

static size_t put_upper(char *out, const char *s, size_t len, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < max; i++) {
		char c = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 0x20) : s[i];

		if (is_upper_word(&c, 1, 1))
			out[n++] = c;
	}
	return n;
}

/* "GRUBX64.EFI", or a word made of it and of its number, which is unlike all others. */
static void name_short(const struct tree *t, struct node *x)
{
	size_t stem = stem_len(x), n;
	char tail[8];

	memset(x->alias, ' ', sizeof(x->alias));
	n = put_upper(x->alias, x->name, stem, is_short(x) ? 8 : 5);
	if (stem < x->len)
		put_upper(x->alias + 8, x->name + stem + 1, x->len - stem - 1, 3);
	if (is_short(x))
		return;
	snprintf(tail, sizeof(tail), "~%zu", (size_t)(x - t->v));
	memcpy(x->alias + n, tail, strlen(tail));
}

static uint8_t checksum(const char alias[11])
{
	uint8_t sum = 0;

	for (size_t i = 0; i < 11; i++)
		sum = (uint8_t)(((sum & 1) << 7) + (sum >> 1) + (uint8_t)alias[i]);
	return sum;
}

static size_t long_entries(const struct node *x)
{
	return is_short(x) ? 0 : (x->len + LONG_CHARS - 1) / LONG_CHARS;
}

/* The @i-th entry of the long name, from 0; the last is written first. */
static int add_long(const struct node *x, size_t i, struct bytes *to)
{
	static const uint8_t places[LONG_CHARS] = { 1,	3,  5,	7,  9,	14, 16,
						    18, 20, 22, 24, 28, 30 };
	uint8_t e[ENTRY] = { (uint8_t)(i + 1) };

	if (i + 1 == long_entries(x))
		e[0] |= 0x40;
	e[11] = ATTR_LONG;
	e[13] = checksum(x->alias);
	for (size_t c = 0; c < LONG_CHARS; c++) {
		size_t at = i * LONG_CHARS + c;
		bool is_beyond = at > x->len;

		e[places[c]] = at < x->len ? (uint8_t)x->name[at] : is_beyond ? 0xff : 0;
		e[places[c] + 1] = is_beyond ? 0xff : 0;
	}
	return bytes_append(to, e, sizeof(e));
}

static int add_short(const char alias[11], uint8_t attr, uint32_t cluster, uint32_t size,
		     struct bytes *to)
{
	struct short_entry e = { .attr = attr,
				 .date = htole16(DAY_ONE),
				 .accessed = htole16(DAY_ONE),
				 .wdate = htole16(DAY_ONE),
				 .cluster_high = htole16((uint16_t)(cluster >> 16)),
				 .cluster_low = htole16((uint16_t)cluster),
				 .size = htole32(size) };

	memcpy(e.name, alias, sizeof(e.name));
	return bytes_append(to, &e, sizeof(e));
}

/* --- clusters of one sector --- */

static size_t content_size(const struct tree *t, size_t dir)
{
	size_t n = dir == 0 ? 1 : 2; /* the label; "." and ".." */

	if (t->v[dir].data)
		return t->v[dir].data->len;
	for (size_t i = 1; i < t->n; i++)
		if (t->v[i].parent == dir)
			n += 1 + long_entries(&t->v[i]);
	return n * ENTRY;
}

/* Everything lies in the order of the tree, without gaps; the first cluster that is free. */
static int lay_out(struct tree *t, uint32_t clusters, uint32_t *free_cluster)
{
	uint32_t next = ROOT;

	for (size_t i = 0; i < t->n; i++) {
		size_t size = content_size(t, i);
		uint32_t left = ROOT + clusters - next;

		if (size > (size_t)left * FAT_SECTOR)
			return -ENOSPC;
		t->v[i].clusters = (uint32_t)((size + FAT_SECTOR - 1) / FAT_SECTOR);
		t->v[i].cluster = t->v[i].clusters ? next : 0;
		next += t->v[i].clusters;
	}
	*free_cluster = next;
	return 0;
}

static int fill_directory(struct tree *t, size_t dir)
{
	struct bytes *to = &t->v[dir].entries;
	const size_t parent = t->v[dir].parent;
	int r = 0;

	if (dir == 0)
		r = add_short(LABEL, ATTR_LABEL, 0, 0, to);
	else if ((r = add_short(".          ", ATTR_DIRECTORY, t->v[dir].cluster, 0,
				to)) == 0)
		r = add_short("..         ", ATTR_DIRECTORY,
			      parent ? t->v[parent].cluster : 0, 0, to);
	for (size_t i = 1; i < t->n && r == 0; i++) {
		const struct node *x = &t->v[i];

		if (x->parent != dir)
			continue;
		for (size_t k = long_entries(x); k-- > 0 && r == 0;)
			r = add_long(x, k, to);
		if (r == 0)
			r = add_short(x->alias, x->data ? 0 : ATTR_DIRECTORY, x->cluster,
				      x->data ? (uint32_t)x->data->len : 0, to);
	}
	return r;
}

static int put_fat(const struct tree *t, uint32_t fat_size, struct bytes *to)
{
	const size_t start = to->len;
	uint32_t *fat;

	if (bytes_append_zeros(to, (size_t)fat_size * FAT_SECTOR) < 0)
		return -ENOMEM;
	fat = (uint32_t *)(void *)(to->data + start);
	fat[0] = htole32(0x0ffffff8);
	fat[1] = htole32(END_OF_CHAIN);
	for (size_t i = 0; i < t->n; i++) {
		const uint32_t first = t->v[i].cluster, n = t->v[i].clusters;

		for (uint32_t c = 0; c < n; c++)
			fat[first + c] =
				htole32(c + 1 < n ? first + c + 1 : END_OF_CHAIN);
	}
	return 0;
}

static int put_data(const struct tree *t, struct bytes *to)
{
	int r = 0;

	for (size_t i = 0; i < t->n && r == 0; i++) {
		const struct bytes *b = t->v[i].data ?: &t->v[i].entries;
		size_t padded = (size_t)t->v[i].clusters * FAT_SECTOR;

		r = b->len ? bytes_append(to, b->data, b->len) : 0;
		if (r == 0)
			r = bytes_append_zeros(to, padded - b->len);
	}
	return r;
}

/* --- the whole --- */

/* The boot sector, the count of free clusters, and the copies of both. */
static int put_head(const struct boot_sector *boot, uint32_t n_free, uint32_t next,
		    struct bytes *to)
{
	static const char signature[2] = { 0x55, (char)0xaa };
	const uint32_t lead = htole32(0x41615252), info = htole32(0x61417272);
	const uint32_t counts[2] = { htole32(n_free), htole32(next) };
	const uint32_t trail = htole32(0xaa550000);
	char *at;

	if (bytes_append_zeros(to, (size_t)RESERVED * FAT_SECTOR) < 0)
		return -ENOMEM;
	at = to->data;
	memcpy(at, boot, sizeof(*boot));
	memcpy(at + FAT_SECTOR - 2, signature, 2);
	memcpy(at + FAT_SECTOR, &lead, 4);
	memcpy(at + FAT_SECTOR + 484, &info, 4);
	memcpy(at + FAT_SECTOR + 488, counts, sizeof(counts));
	memcpy(at + FAT_SECTOR + 508, &trail, 4);
	memcpy(at + (size_t)6 * FAT_SECTOR, at, (size_t)2 * FAT_SECTOR);
	return 0;
}

static struct boot_sector boot_sector(uint32_t sectors, uint32_t hidden, uint32_t serial,
				      uint32_t fat_size)
{
	struct boot_sector b = {
		.jump = { 0xeb, 0xfe,
			  0x90 }, /* for a BIOS, which has nothing to start here */
		.oem = "mkfs.fat",
		.bytes_per_sector = htole16(FAT_SECTOR),
		.sectors_per_cluster = 1,
		.reserved = htole16(RESERVED),
		.fats = N_FATS,
		.media = 0xf8,
		.sectors_per_track = htole16(63),
		.heads = htole16(255),
		.hidden = htole32(hidden),
		.sectors32 = htole32(sectors),
		.fat_size = htole32(fat_size),
		.root_cluster = htole32(ROOT),
		.info_sector = htole16(1),
		.backup_sector = htole16(6),
		.drive = 0x80,
		.signature = 0x29,
		.serial = htole32(serial),
	};

	memcpy(b.label, LABEL, sizeof(b.label));
	memcpy(b.type, "FAT32   ", sizeof(b.type));
	return b;
}

static int make(struct tree *t, uint32_t sectors, uint32_t hidden, uint32_t serial,
		struct bytes *to)
{
	/* Each sector of a FAT describes 128 clusters, and there are two FATs. */
	const uint32_t fat_size = (sectors - RESERVED + 2 + 129) / (128 + N_FATS);
	const uint32_t clusters = sectors - RESERVED - N_FATS * fat_size;
	const struct boot_sector boot = boot_sector(sectors, hidden, serial, fat_size);
	uint32_t next = 0;
	int r;

	for (size_t i = 1; i < t->n; i++)
		name_short(t, &t->v[i]);
	r = lay_out(t, clusters, &next);
	for (size_t i = 0; i < t->n && r == 0; i++)
		if (!t->v[i].data)
			r = fill_directory(t, i);
	if (r == 0)
		r = put_head(&boot, ROOT + clusters - next, next, to);
	for (int i = 0; i < N_FATS && r == 0; i++)
		r = put_fat(t, fat_size, to);
	return r < 0 ? r : put_data(t, to);
}

int fat_make(uint64_t sectors, uint32_t hidden, uint32_t serial,
	     const struct fat_file *files, size_t n, struct bytes *ret)
{
	CLEANUP(tree_clear) struct tree t = { .n = 1 };
	CLEANUP_BYTES struct bytes b = { 0 };
	int r = sectors < FAT_MIN_SECTORS || sectors > FAT_MAX_SECTORS ? -EINVAL : 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = add_path(&t, &files[i]);
	if (r == 0)
		r = make(&t, (uint32_t)sectors, hidden, serial, &b);
	if (r < 0)
		return r;
	bytes_clear(ret);
	*ret = bytes_take(&b);
	return 0;
}
