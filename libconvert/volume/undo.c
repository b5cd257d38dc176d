/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The undo file: the redo log of the way back, with its bytes.
 *   0     struct head: magic, where the table is, its SHA-256
 *   4096  the bytes that the commit overwrites, one extent after the other
 *         the table, JSON
 * The head is written last: without it the file is none.
 */
#include <config.h>

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "volume/fullio.h"
#include "volume/redo_json.h"
#include "volume/state.h"
#include "volume/undo.h"
#include "volume/volume_private.h"

#define DATA_START 4096
#define TABLE_MAX ((uint64_t)1 << 30)

static const char magic[16] = "libconvert undo";

struct head {
	char magic[16];
	char sha256[SHA256_HEX + 7]; /* of the table */
	uint64_t start, length;	     /* of the table; little-endian */
};

static int fail_write(struct cvt_error *err, const char *path, int code)
{
	return error_raise(err, ERR_OUTPUT, path, "cannot be written: %s",
			   strerror(-code));
}

/* Append what stands where @e will be written, and turn it round. */
static int save_extent(const struct redo_file *f, const struct extent *e, int to,
		       uint64_t *end, char *buf, struct extent *ret)
{
	int r = pread_padded(f->fd, buf, e->length, e->at);

	if (r < 0)
		return r;
	*ret = (struct extent){ .at = e->at, .length = e->length, .from = *end };
	memcpy(ret->was, e->becomes, SHA256_HEX);
	memcpy(ret->becomes, e->was, SHA256_HEX);
	ret->zero = bytes_are_zero(buf, e->length);
	if (ret->zero) {
		ret->from = 0;
		return 0;
	}
	r = pwrite_full(to, buf, e->length, *end);
	*end += e->length;
	return r;
}

/* The redo log of the way back; its bytes go to @to. */
static int turn_round(const struct redo_file *f, int to, uint64_t *end,
		      struct redo_file *back, struct cvt_error *err)
{
	CLEANUP_FREE char *buf = malloc(EXTENT_MAX);
	int r = 0;

	back->path = strdup(f->path);
	back->format = strdup(f->format);
	back->source = strdup("");
	back->extents = calloc(f->n + 1, sizeof(*back->extents));
	if (!buf || !back->path || !back->format || !back->source || !back->extents)
		return error_nomem(err);
	back->disk = f->disk;
	back->is_further = f->is_further;
	back->size_before = f->size_after;
	back->size_after = f->size_before;
	memcpy(back->sample, f->sample, SHA256_HEX);
	for (; back->n < f->n && r == 0; back->n++)
		r = save_extent(f, &f->extents[back->n], to, end, buf,
				&back->extents[back->n]);
	return r < 0 ? error_raise(err, ERR_OUTPUT, f->path, "cannot be saved: %s",
				   strerror(-r))
		     : 0;
}

static int write_head(int fd, const struct redo *back, uint64_t end)
{
	CLEANUP_FREE char *table = redo_dump(back, UNDO_SCHEMA);
	struct head head = { .start = htole64(end) };
	int r;

	if (!table)
		return -ENOMEM;
	memcpy(head.magic, magic, sizeof(magic));
	head.length = htole64(strlen(table));
	bytes_sha256(table, strlen(table), head.sha256);
	r = pwrite_full(fd, table, strlen(table), end);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0)
		r = pwrite_full(fd, (const char *)&head, sizeof(head), 0);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

int undo_save(struct volumes *v, struct redo *r, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(r->undo, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CLEANUP_REDO struct redo back = { 0 };
	uint64_t end = DATA_START;
	int code;

	if (fd < 0)
		return fail_write(err, r->undo, -errno);
	r->undo_made = true;
	code = keeper_add(v, r->undo, err);
	for (size_t i = 0; i < r->n && code == 0; i++) {
		struct redo_file *f = redo_add(&back);

		code = f ? turn_round(&r->files[i], fd, &end, f, err) : error_nomem(err);
	}
	if (code < 0)
		return code;
	code = write_head(fd, &back, end);
	if (code == 0)
		code = sync_parent(r->undo);
	return code < 0 ? fail_write(err, r->undo, code) : 0;
}

void undo_discard(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	static const char nothing[sizeof(magic)];
	char head[sizeof(magic)] = "";

	/* Of a file that is not complete the head is still empty. */
	if (fd >= 0 && pread(fd, head, sizeof(head), 0) >= 0 &&
	    (memcmp(head, magic, sizeof(magic)) == 0 ||
	     memcmp(head, nothing, sizeof(nothing)) == 0) &&
	    unlink(path) == 0)
		(void)sync_parent(path);
}

static int read_table(int fd, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	struct head head;
	char sha256[SHA256_HEX];
	uint64_t start, length;
	int r = pread_full(fd, (char *)&head, sizeof(head), 0);

	if (r < 0)
		return r == -EIO ? -EBADMSG : r;
	start = le64toh(head.start);
	length = le64toh(head.length);
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || start > INT64_MAX ||
	    length > TABLE_MAX)
		return -EBADMSG;
	b.data = calloc(1, (size_t)length + 1);
	if (!b.data)
		return -ENOMEM;
	b.len = (size_t)length;
	r = pread_full(fd, b.data, b.len, start);
	if (r < 0)
		return r == -EIO ? -EBADMSG : r;
	bytes_sha256(b.data, b.len, sha256);
	head.sha256[SHA256_HEX - 1] = '\0';
	if (strcmp(sha256, head.sha256) != 0)
		return -EBADMSG;
	*ret = bytes_take(&b);
	return 0;
}

static int open_sources(struct redo *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++) {
		struct redo_file *f = &r->files[i];

		free(f->source);
		f->source = strdup(path);
		f->source_fd = open(path, O_RDONLY | O_CLOEXEC);
		if (!f->source || f->source_fd < 0)
			return -errno;
	}
	return 0;
}

int undo_read(const char *path, struct redo *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP_BYTES struct bytes table = { 0 };
	int r = fd < 0 ? -errno : read_table(fd, &table);

	if (r == 0 && !redo_parse(table.data, table.len, UNDO_SCHEMA, ret))
		r = -EBADMSG;
	if (r == 0)
		r = open_sources(ret, path);
	if (r < 0)
		return error_raise(err, ERR_JOB, path, "%s",
				   r == -EBADMSG
					   ? "is no undo file, or not a complete one"
					   : strerror(-r));
	return 0;
}
