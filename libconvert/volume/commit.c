/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the overlays into the originals.  Everything that can fail is tried on all disks
 * before the first byte is written, and of a raw disk only what differs is written.
 */
#include <config.h>

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "volume/fullio.h"
#include "volume/volume_private.h"

#define CHUNK ((size_t)1 << 20)
#define BLOCK ((size_t)4096) /* what is compared, and written, at least */

/* Bytes that the overlay holds in place of the original's. */
struct extent {
	uint64_t start, length;
	uint64_t offset; /* in the overlay file */
	bool zero;	 /* they are zeroes, and stored nowhere */
};

struct redo {
	struct volume *v;
	int overlay;
	bool is_file; /* the original, else a block device */
	uint64_t end; /* of the original: nothing is written beyond */
	struct extent *extents;
	size_t n;
	char *now, *wanted; /* CHUNK bytes each */
};

static void redo_clear(struct redo *r)
{
	closep(&r->overlay);
	free(r->extents);
	free(r->now);
	free(r->wanted);
	*r = (struct redo){ .overlay = -1 };
}

/* The overlay by itself, so that what it does not hold is told as absent. */
static char *alone(const char *overlay)
{
	json_t *o = json_pack("{s:s, s:n, s:{s:s, s:s}}", "driver", "qcow2", "backing",
			      "file", "driver", "file", "filename", overlay);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	char *name = NULL;

	json_decref(o);
	if (text && asprintf(&name, "json:%s", text) < 0)
		name = NULL;
	free(text);
	return name;
}

/* One row of `qemu-img map`; false if it makes no sense. */
static bool parse_extent(json_t *row, uint64_t size, struct extent *e)
{
	json_int_t start = json_integer_value(json_object_get(row, "start"));
	json_int_t length = json_integer_value(json_object_get(row, "length"));
	json_t *offset = json_object_get(row, "offset");

	*e = (struct extent){
		.start = (uint64_t)start,
		.length = (uint64_t)length,
		.offset = (uint64_t)json_integer_value(offset),
		.zero = json_is_true(json_object_get(row, "zero")),
	};
	return start >= 0 && length >= 0 && e->start <= size &&
	       e->length <= size - e->start && (e->zero || json_is_integer(offset));
}

static int parse_map(struct redo *r, json_t *map, struct cvt_error *err)
{
	size_t rows = json_array_size(map);

	r->extents = calloc(rows + 1, sizeof(*r->extents));
	if (!r->extents)
		return error_nomem(err);
	for (size_t i = 0; i < rows; i++) {
		json_t *row = json_array_get(map, i);

		if (!json_is_true(json_object_get(row, "present")))
			continue;
		if (!parse_extent(row, r->v->size, &r->extents[r->n]))
			return error_raise(err, ERR_OUTPUT, r->v->overlay,
					   "its map makes no sense");
		r->n++;
	}
	return 0;
}

static int ask_map(struct redo *r, struct cvt_error *err)
{
	CLEANUP_FREE char *overlay = alone(r->v->overlay);
	const char *argv[] = { "qemu-img", "map", "--output=json", "--", overlay, NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	json_t *map;
	int status;

	if (!overlay)
		return error_raise(err, ERR_OUTPUT, r->v->overlay,
				   "its name is no UTF-8");
	status = process_run(NULL, argv, &out, &said, err);
	if (status != 0)
		return status < 0 ? status
				  : qemu_fail(err, ERR_OUTPUT, r->v->overlay, &said);
	map = json_loadb(out.data ? out.data : "", out.len, 0, NULL);
	status = json_is_array(map) ? parse_map(r, map, err)
				    : error_raise(err, ERR_OUTPUT, r->v->overlay,
						  "cannot be mapped");
	json_decref(map);
	return status;
}

static int redo_open(struct redo *r, struct volume *v, struct cvt_error *err)
{
	r->v = v;
	r->overlay = open(v->overlay, O_RDONLY | O_CLOEXEC);
	r->is_file = !is_block_device(v->lock);
	r->end = fd_size(v->lock);
	r->now = malloc(CHUNK);
	r->wanted = malloc(CHUNK);
	if (r->overlay < 0)
		return error_raise(err, ERR_OUTPUT, v->overlay, "%s", strerror(errno));
	if (!r->now || !r->wanted)
		return error_nomem(err);
	return ask_map(r, err);
}

/* Make sure that there will be room: where the original has a hole it gets blocks, which
 * changes none of its bytes.
 */
static int reserve(const struct redo *r, uint64_t at, size_t len)
{
	if (!r->is_file ||
	    fallocate(r->v->lock, FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)len) == 0)
		return 0;
	return errno == EOPNOTSUPP || errno == EINTR ? 0 : -errno;
}

/* Write, or with @rehearse only reserve, the blocks of a chunk that differ. */
static int redo_chunk(struct redo *r, uint64_t at, size_t len, bool rehearse)
{
	int e = 0;

	for (size_t from = 0, to; from < len && e == 0; from = to) {
		size_t n = len - from < BLOCK ? len - from : BLOCK;

		to = from + n;
		if (memcmp(r->now + from, r->wanted + from, n) == 0)
			continue;
		while (to < len) {
			n = len - to < BLOCK ? len - to : BLOCK;
			if (memcmp(r->now + to, r->wanted + to, n) == 0)
				break;
			to += n;
		}
		e = rehearse ? reserve(r, at + from, to - from)
			     : pwrite_full(r->v->lock, r->wanted + from, to - from,
					   at + from);
	}
	return e;
}

static int redo_extent(struct redo *r, const struct extent *e, bool rehearse)
{
	for (uint64_t done = 0; done < e->length && e->start + done < r->end;) {
		uint64_t at = e->start + done;
		size_t len = CHUNK;
		int code;

		if (len > e->length - done)
			len = (size_t)(e->length - done);
		if (len > r->end - at)
			len = (size_t)(r->end - at);
		memset(r->wanted, 0, len);
		code = pread_full(r->v->lock, r->now, len, at);
		if (code == 0 && !e->zero)
			code = pread_full(r->overlay, r->wanted, len, e->offset + done);
		if (code == 0)
			code = redo_chunk(r, at, len, rehearse);
		if (code < 0)
			return code;
		done += len;
	}
	return 0;
}

static int redo_run(struct redo *r, bool rehearse)
{
	int code = 0;

	for (size_t i = 0; i < r->n && code == 0; i++)
		code = redo_extent(r, &r->extents[i], rehearse);
	if (code == 0 && !rehearse && fsync(r->v->lock) < 0)
		code = -errno;
	return code;
}

static bool is_raw(const struct volume *v)
{
	return strcmp(v->format, "raw") == 0;
}

/* Other formats grow by what the overlay holds, at most. */
static int check_room(const struct volume *v, struct cvt_error *err)
{
	struct stat overlay;
	struct statvfs fs;

	if (is_block_device(v->lock))
		return 0;
	if (stat(v->overlay, &overlay) < 0 || fstatvfs(v->lock, &fs) < 0)
		return error_raise(err, ERR_OUTPUT, v->path, "%s", strerror(errno));
	if ((uint64_t)overlay.st_size / fs.f_frsize >= fs.f_bavail)
		return error_raise(err, ERR_OUTPUT, v->path,
				   "no space left on its file system");
	return 0;
}

static int rehearse(struct volume *v, struct redo *r, struct cvt_error *err)
{
	int code;

	if (!is_raw(v))
		return check_room(v, err);
	code = redo_open(r, v, err);
	if (code < 0)
		return code;
	code = redo_run(r, true);
	if (code < 0)
		return error_raise(err, ERR_OUTPUT, v->path, "cannot be written: %s",
				   strerror(-code));
	return 0;
}

static int commit_image(struct volume *v, struct cvt_error *err)
{
	const char *argv[] = { "qemu-img", "commit", "-q",	 "-d", "-f",
			       "qcow2",	   "--",     v->overlay, NULL };
	struct said said = { 0 };
	int r = process_run(NULL, argv, NULL, &said, err);

	if (r == 0 && fsync(v->lock) < 0)
		return error_raise(err, ERR_COMMIT, v->path, "%s", strerror(errno));
	if (r != 0)
		return error_raise(err, ERR_COMMIT, v->path, "%s", said.text);
	return 0;
}

static int perform(struct volume *v, struct redo *r, struct cvt_error *err)
{
	int code;

	if (!is_raw(v))
		return commit_image(v, err);
	code = redo_run(r, false);
	return code < 0 ? error_raise(err, ERR_COMMIT, v->path, "cannot be written: %s",
				      strerror(-code))
			: 0;
}

static int commit_all(struct volumes *v, struct redo *redo, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < v->n && r == 0; i++)
		r = rehearse(&v->v[i], &redo[i], err);
	/* The last chance to change one's mind. */
	if (r == 0)
		r = context_check(v->ctx, err);
	if (r == 0)
		keeper_keep_overlays(v);
	for (size_t i = 0; i < v->n && r == 0; i++)
		r = perform(&v->v[i], &redo[i], err);
	return r;
}

int volumes_commit(struct volumes *v, struct cvt_error *err)
{
	struct redo *redo;
	int r = qsd_stop(v, err);

	if (r < 0)
		return r;
	redo = calloc(v->n ? v->n : 1, sizeof(*redo));
	if (!redo)
		return error_nomem(err);
	for (size_t i = 0; i < v->n; i++)
		redo[i].overlay = -1;
	r = commit_all(v, redo, err);
	for (size_t i = 0; i < v->n; i++)
		redo_clear(&redo[i]);
	free(redo);
	return r;
}
