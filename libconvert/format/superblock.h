/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In what state a file system was left, as its superblock says: read before anything
 * mounts it, because a mount replays the journal and the traces are gone.
 */
#ifndef FORMAT_SUPERBLOCK_H
#define FORMAT_SUPERBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum superblock_state {
	SUPERBLOCK_UNKNOWN, /* of no type that is read here, or not to be made sense of */
	SUPERBLOCK_CLEAN,   /* unmounted */
	SUPERBLOCK_DIRTY,   /* it was in use */
};

struct superblock {
	enum superblock_state state;
	bool has_journal;  /* of that kind that a mount replays */
	bool has_errors;   /* the kernel that used it met damage, or a repair was begun */
	char journal[37];  /* UUID of the device that holds its journal; "": itself */
	char features[96]; /* names of those that some kernels lack, with ", " between */
};

/* @size bytes from @offset of the device: 0, or a negative errno if they are not all there. */
struct superblock_source {
	int (*read)(void *data, uint64_t offset, void *buf, size_t size);
	void *data;
};

/* @type as blkid(8) tells it.  What cannot be read leaves the state unknown. */
void superblock_read(const char *type, const struct superblock_source *src,
		     struct superblock *ret);

/* Parts: a file for each kind; @ret is zeroed. */
void superblock_read_ext(const struct superblock_source *src, struct superblock *ret);
void superblock_read_xfs(const struct superblock_source *src, struct superblock *ret);
void superblock_read_btrfs(const struct superblock_source *src, struct superblock *ret);
void superblock_read_fat(const struct superblock_source *src, struct superblock *ret);
void superblock_read_f2fs(const struct superblock_source *src, struct superblock *ret);

/* A feature of bit @bit, as the file system's own tools name it. */
struct superblock_feature {
	unsigned bit;
	const char *name;
};

/* Add to @ret->features those of @bits that @names has, and "PREFIX bit N" of those that are
 * neither there nor in @common.
 */
void superblock_name_features(struct superblock *ret, uint64_t bits, uint64_t common,
			      const char *prefix, const struct superblock_feature *names,
			      size_t n);

static inline uint16_t superblock_le16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t superblock_le32(const unsigned char *p)
{
	return (uint32_t)superblock_le16(p) | (uint32_t)superblock_le16(p + 2) << 16;
}

static inline uint64_t superblock_le64(const unsigned char *p)
{
	return (uint64_t)superblock_le32(p) | (uint64_t)superblock_le32(p + 4) << 32;
}

static inline uint32_t superblock_be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t superblock_be64(const unsigned char *p)
{
	return (uint64_t)superblock_be32(p) << 32 | superblock_be32(p + 4);
}

#endif
