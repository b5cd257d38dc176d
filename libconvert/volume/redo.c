/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include "volume/fullio.h"
#include "volume/redo.h"
#include "volume/volume_private.h"

#define SAMPLES 64
#define SAMPLE ((size_t)4096)

struct redo_file *redo_add(struct redo *r)
{
	struct redo_file *grown = realloc(r->files, (r->n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	r->files = grown;
	grown[r->n] = (struct redo_file){ .fd = -1, .source_fd = -1 };
	return &grown[r->n++];
}

struct redo_file *redo_add_file(struct redo *r, size_t disk, const char *path,
				const char *format)
{
	struct redo_file *f = redo_add(r);

	if (!f)
		return NULL;
	f->disk = disk;
	f->path = strdup(path);
	f->format = strdup(format);
	return f->path && f->format ? f : NULL;
}

void redo_clear(struct redo *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct redo_file *f = &r->files[i];

		closep(&f->fd);
		closep(&f->source_fd);
		free(f->path);
		free(f->format);
		free(f->source);
		free(f->extents);
	}
	free(r->files);
	free(r->undo);
	*r = (struct redo){ 0 };
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Does an extent touch the @len bytes at @at? */
static bool is_written(const struct redo_file *f, uint64_t at, size_t len)
{
	size_t low = 0, high = f->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->extents[middle].at + f->extents[middle].length <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < f->n && f->extents[low].at < at + len;
}

/* Whole images are too large to be read: blocks here and there must do. */
static int take_sample(const struct redo_file *f, char hex[SHA256_HEX])
{
	uint64_t size = smaller(f->size_before, f->size_after);
	CLEANUP_FREE char *blocks = calloc(SAMPLES, SAMPLE);

	if (!blocks)
		return -ENOMEM;
	for (size_t i = 0; i < SAMPLES; i++) {
		uint64_t at = size / SAMPLES * i / SAMPLE * SAMPLE;
		size_t len = (size_t)smaller(SAMPLE, size - at);
		int r = is_written(f, at, len)
				? 0
				: pread_padded(f->fd, blocks + i * SAMPLE, len, at);

		if (r < 0)
			return r;
	}
	bytes_sha256(blocks, SAMPLES * SAMPLE, hex);
	return 0;
}

static int fail_read(const struct redo_file *f, int code, struct cvt_error *err)
{
	if (code == -ENOMEM)
		return error_nomem(err);
	return error_raise(err, ERR_DISK_UNREADABLE, f->path, "cannot be read: %s",
			   strerror(-code));
}

int redo_identify(struct redo_file *f, struct cvt_error *err)
{
	struct stat st;
	int r = take_sample(f, f->sample);

	if (r < 0)
		return fail_read(f, r, err);
	if (fstat(f->fd, &st) < 0)
		return fail_read(f, -errno, err);
	f->inode = S_ISREG(st.st_mode) ? st.st_ino : 0;
	return 0;
}

int redo_check_identity(const struct redo_file *f, struct cvt_error *err)
{
	uint64_t size = fd_size(f->fd);
	char sample[SHA256_HEX];
	int r;

	if (size != f->size_before && size != f->size_after)
		return error_raise(err, ERR_DISK_CHANGED, f->path,
				   "has %llu bytes, the disk of the job has %llu",
				   (unsigned long long)size,
				   (unsigned long long)f->size_before);
	r = take_sample(f, sample);
	if (r < 0)
		return fail_read(f, r, err);
	if (strcmp(sample, f->sample) != 0)
		return error_raise(err, ERR_DISK_CHANGED, f->path,
				   "is another disk, or was written to since");
	return 0;
}

/* The bytes that @e is to become. */
static int read_source(const struct redo_file *f, const struct extent *e, char *buf)
{
	char sha256[SHA256_HEX];
	int r = 0;

	if (e->zero)
		memset(buf, 0, e->length);
	else
		r = pread_full(f->source_fd, buf, e->length, e->from);
	if (r < 0)
		return r;
	bytes_sha256(buf, e->length, sha256);
	return strcmp(sha256, e->becomes) == 0 ? 0 : -EBADMSG;
}

static int fail_source(const struct redo_file *f, int code, struct cvt_error *err)
{
	return error_raise(err, ERR_JOB, f->source, "%s",
			   code == -EBADMSG ? "is damaged" : strerror(-code));
}

int redo_check_sources(const struct redo *r, struct cvt_error *err)
{
	CLEANUP_FREE char *buf = malloc(EXTENT_MAX);

	if (!buf)
		return error_nomem(err);
	for (size_t i = 0; i < r->n; i++)
		for (size_t j = 0; j < r->files[i].n; j++) {
			const struct redo_file *f = &r->files[i];
			int code = read_source(f, &f->extents[j], buf);

			if (code < 0)
				return fail_source(f, code, err);
		}
	return 0;
}

int redo_look(const struct redo_file *f, enum redo_content *ret, uint64_t *ret_at,
	      struct cvt_error *err)
{
	CLEANUP_FREE char *buf = malloc(EXTENT_MAX);
	uint64_t size = fd_size(f->fd);
	bool before = size == f->size_before, after = size == f->size_after;
	char sha256[SHA256_HEX];

	if (!buf)
		return error_nomem(err);
	*ret_at = 0;
	for (size_t i = 0; i < f->n && (before || after); i++) {
		const struct extent *e = &f->extents[i];
		int r = pread_padded(f->fd, buf, e->length, e->at);

		if (r < 0)
			return fail_read(f, r, err);
		bytes_sha256(buf, e->length, sha256);
		before = before && strcmp(sha256, e->was) == 0;
		after = after && strcmp(sha256, e->becomes) == 0;
		*ret_at = e->at;
	}
	*ret = before ? CONTENT_BEFORE : after ? CONTENT_AFTER : CONTENT_OTHER;
	return 0;
}

static int write_extent(const struct redo_file *f, const struct extent *e, char *buf)
{
	uint64_t end = smaller(e->at + e->length, f->size_after);
	int r = read_source(f, e, buf);

	if (r < 0 || e->at >= end)
		return r;
	return pwrite_full(f->fd, buf, (size_t)(end - e->at), e->at);
}

static int set_size(const struct redo_file *f)
{
	return f->inode != 0 && fd_size(f->fd) != f->size_after &&
			       ftruncate(f->fd, (off_t)f->size_after) < 0
		       ? -errno
		       : 0;
}

/* It grows first and shrinks last: its size is never another than before or after. */
static int write_file(const struct redo_file *f, char *buf)
{
	int r = f->size_after > f->size_before ? set_size(f) : 0;

	for (size_t i = 0; i < f->n && r == 0; i++)
		r = write_extent(f, &f->extents[i], buf);
	return r == 0 ? set_size(f) : r;
}

static int fail_write(const struct redo_file *f, int code, struct cvt_error *err)
{
	return error_raise(err, ERR_COMMIT, f->path, "cannot be written: %s",
			   code == -EBADMSG ? "what was to be written is damaged"
					    : strerror(-code));
}

int redo_write(const struct redo *r, struct cvt_error *err)
{
	CLEANUP_FREE char *buf = malloc(EXTENT_MAX);

	if (!buf)
		return error_raise(err, ERR_COMMIT, NULL, "out of memory");
	for (size_t i = 0; i < r->n; i++) {
		int code = write_file(&r->files[i], buf);

		if (code < 0)
			return fail_write(&r->files[i], code, err);
	}
	for (size_t i = 0; i < r->n; i++)
		if (fsync(r->files[i].fd) < 0)
			return fail_write(&r->files[i], -errno, err);
	return 0;
}
