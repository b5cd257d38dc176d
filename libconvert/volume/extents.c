/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The extents of a redo log: where a qcow2 overlay differs from the file below it. */
#include <config.h>

#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "volume/fullio.h"
#include "volume/volume_private.h"

#define BLOCK ((size_t)4096) /* what is compared, and written, at least */

/* Bytes that the overlay holds. */
struct cluster {
	uint64_t start, length;
	uint64_t offset; /* in the overlay file */
	bool zero;	 /* they are zeroes, and stored nowhere */
};

struct clusters {
	struct cluster *v;
	size_t n;
};

static void clear_clusters(struct clusters *c)
{
	free(c->v);
}

/* The overlay by itself, so that what it does not hold is told as absent. */
static char *alone(const char *overlay)
{
	json_t *o = json_pack("{s:s, s:n, s:{s:s, s:s}}", "driver", "qcow2", "backing",
			      "file", "driver", "file", "filename", overlay);
	char *name = image_name(o);

	json_decref(o);
	return name;
}

/* One row of `qemu-img map`; false if it makes no sense. */
static bool parse_cluster(json_t *row, uint64_t before, struct cluster *c)
{
	json_int_t start = json_integer_value(json_object_get(row, "start"));
	json_int_t length = json_integer_value(json_object_get(row, "length"));
	json_t *offset = json_object_get(row, "offset");

	*c = (struct cluster){
		.start = (uint64_t)start,
		.length = (uint64_t)length,
		.offset = (uint64_t)json_integer_value(offset),
		.zero = json_is_true(json_object_get(row, "zero")),
	};
	return start >= 0 && length >= 0 && c->start >= before &&
	       c->length <= INT64_MAX - c->start && (c->zero || json_is_integer(offset));
}

static int parse_map(const char *overlay, json_t *map, struct clusters *ret,
		     struct cvt_error *err)
{
	size_t rows = json_array_size(map);
	uint64_t end = 0;

	ret->v = calloc(rows + 1, sizeof(*ret->v));
	if (!ret->v)
		return error_nomem(err);
	for (size_t i = 0; i < rows; i++) {
		json_t *row = json_array_get(map, i);

		if (!json_is_true(json_object_get(row, "present")))
			continue;
		if (!parse_cluster(row, end, &ret->v[ret->n]))
			return error_raise(err, ERR_OUTPUT, overlay,
					   "its map makes no sense");
		end = ret->v[ret->n].start + ret->v[ret->n].length;
		ret->n++;
	}
	return 0;
}

static int ask_map(const char *overlay, struct clusters *ret, struct cvt_error *err)
{
	CLEANUP_FREE char *name = alone(overlay);
	const char *argv[] = { "qemu-img", "map", "--output=json", "--", name, NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	json_t *map;
	int r;

	if (!name)
		return error_raise(err, ERR_OUTPUT, overlay, "its name is no UTF-8");
	r = process_run(NULL, argv, &out, &said, err);
	if (r != 0)
		return r < 0 ? r : qemu_fail(err, ERR_OUTPUT, overlay, &said);
	map = json_loadb(out.data ? out.data : "", out.len, 0, NULL);
	r = json_is_array(map)
		    ? parse_map(overlay, map, ret, err)
		    : error_raise(err, ERR_OUTPUT, overlay, "cannot be mapped");
	json_decref(map);
	return r;
}

/* Extents are added one by one: room for the next power of two. */
static struct extent *add_extent(struct redo_file *f)
{
	struct extent *grown = f->extents;

	if ((f->n & (f->n - 1)) == 0)
		grown = realloc(grown, (f->n ? 2 * f->n : 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	f->extents = grown;
	return &grown[f->n++];
}

/* Where the two are next to each other, @len bytes each. */
struct pair {
	char *now, *wanted;
	uint64_t at, from;
	size_t len;
};

static bool differs(const struct pair *p, size_t at)
{
	size_t n = p->len - at < BLOCK ? p->len - at : BLOCK;

	return memcmp(p->now + at, p->wanted + at, n) != 0;
}

/* An extent for each run of blocks that differ. */
static int compare(struct redo_file *f, const struct pair *p)
{
	for (size_t start = 0, end; start < p->len; start = end) {
		struct extent *e;

		end = start + BLOCK;
		if (!differs(p, start))
			continue;
		while (end < p->len && differs(p, end))
			end += BLOCK;
		if (end > p->len)
			end = p->len;
		e = add_extent(f);
		if (!e)
			return -ENOMEM;
		*e = (struct extent){ .at = p->at + start, .length = end - start };
		e->zero = bytes_are_zero(p->wanted + start, end - start);
		e->from = e->zero ? 0 : p->from + start;
		bytes_sha256(p->now + start, end - start, e->was);
		bytes_sha256(p->wanted + start, end - start, e->becomes);
	}
	return 0;
}

static int compare_cluster(struct redo_file *f, const struct cluster *c, struct pair *p,
			   uint64_t start, uint64_t limit)
{
	uint64_t end = c->start + c->length < limit ? c->start + c->length : limit;
	uint64_t at = c->start > start ? c->start : start;
	int r = 0;

	for (; at < end && r == 0; at += p->len) {
		p->at = at - start;
		p->from = c->offset + (at - c->start);
		p->len = end - at < EXTENT_MAX ? (size_t)(end - at) : EXTENT_MAX;
		memset(p->wanted, 0, p->len);
		r = pread_padded(f->fd, p->now, p->len, p->at);
		if (r == 0 && !c->zero)
			r = pread_full(f->source_fd, p->wanted, p->len, p->from);
		if (r == 0)
			r = compare(f, p);
	}
	return r;
}

int extents_gather(struct redo_file *f, uint64_t start, uint64_t limit, uint64_t *ret_end,
		   struct cvt_error *err)
{
	CLEANUP(clear_clusters) struct clusters clusters = { 0 };
	CLEANUP_FREE char *now = malloc(EXTENT_MAX);
	CLEANUP_FREE char *wanted = malloc(EXTENT_MAX);
	struct pair p = { .now = now, .wanted = wanted };
	int r;

	f->source_fd = open(f->source, O_RDONLY | O_CLOEXEC);
	if (f->source_fd < 0)
		return error_raise(err, ERR_OUTPUT, f->source, "%s", strerror(errno));
	if (!now || !wanted)
		return error_nomem(err);
	r = ask_map(f->source, &clusters, err);
	for (size_t i = 0; i < clusters.n && r == 0; i++) {
		struct cluster *c = &clusters.v[i];

		r = compare_cluster(f, c, &p, start, limit);
		if (r < 0)
			return error_raise(err, ERR_OUTPUT, f->path,
					   "cannot be compared with its overlay: %s",
					   strerror(-r));
	}
	if (r == 0 && ret_end && clusters.n > 0)
		*ret_end = clusters.v[clusters.n - 1].start +
			   clusters.v[clusters.n - 1].length;
	return r;
}

int extents_reserve(const struct redo_file *f, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < f->n && r == 0 && f->inode != 0; i++)
		if (fallocate(f->fd, FALLOC_FL_KEEP_SIZE, (off_t)f->extents[i].at,
			      (off_t)f->extents[i].length) < 0 &&
		    errno != EOPNOTSUPP && errno != EINTR)
			r = -errno;
	if (r < 0)
		return error_raise(err, ERR_OUTPUT, f->path,
				   "no room for what is written into it: %s",
				   strerror(-r));
	return 0;
}
