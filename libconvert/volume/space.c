/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has this host room for what a job is going to write?  What is planned is known by then;
 * what the guest's file systems write around it is not, and counts as AROUND.
 */
#include <config.h>

#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "volume/fullio.h"
#include "volume/volume_private.h"

#define MIB ((uint64_t)1 << 20)
/* Metadata and journals, each block of them as a cluster of qcow2 (64 KiB). */
#define AROUND (8 * MIB)
#define QCOW2_CLUSTER ((size_t)65536)
#define SPARSE ((size_t)4096) /* what `qemu-img convert` leaves out of a raw result */

struct need {
	const char *what; /* as it stands in the error */
	char *dir;	  /* on the file system that has to have room */
	dev_t device;
	uint64_t bytes;
};

/* Overlays, results, undo file, and the disks: once for each of their file systems. */
struct needs {
	struct need *v;
	size_t n;
};

static void clear_needs(struct needs *needs)
{
	for (size_t i = 0; i < needs->n; i++)
		free(needs->v[i].dir);
	free(needs->v);
}

/* Takes @dir; NULL: no memory. */
static int add_need(struct needs *needs, const char *what, char *dir, uint64_t bytes,
		    struct cvt_error *err)
{
	CLEANUP_FREE char *owned = dir;
	struct stat st;

	if (!owned)
		return error_nomem(err);
	if (stat(owned, &st) < 0)
		return error_raise(err, ERR_OUTPUT, owned, "%s", strerror(errno));
	needs->v[needs->n++] = (struct need){ what, take_ptr(owned), st.st_dev, bytes };
	return 0;
}

static uint64_t needed_on(const struct needs *needs, dev_t device)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < needs->n; i++)
		if (needs->v[i].device == device)
			bytes += needs->v[i].bytes;
	return bytes;
}

/* A file system that counts no blocks has no limit that could be known. */
static uint64_t free_on(const char *dir)
{
	struct statvfs fs;

	if (statvfs(dir, &fs) < 0 || fs.f_blocks == 0)
		return UINT64_MAX;
	return (uint64_t)(geteuid() == 0 ? fs.f_bfree : fs.f_bavail) * fs.f_frsize;
}

static bool fits(const struct needs *needs, size_t i)
{
	return needed_on(needs, needs->v[i].device) <= free_on(needs->v[i].dir);
}

static unsigned long long mib(uint64_t bytes)
{
	return bytes / MIB;
}

static int fail_short(const struct needs *needs, size_t short_of, struct cvt_error *err)
{
	const struct need *there = &needs->v[short_of];
	uint64_t total = needed_on(needs, there->device);
	char list[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < needs->n && len < sizeof(list); i++)
		if (needs->v[i].device == there->device && needs->v[i].bytes > 0)
			len += (size_t)snprintf(list + len, sizeof(list) - len,
						"%s%s %llu", len ? ", " : "",
						needs->v[i].what,
						mib(needs->v[i].bytes + MIB - 1));
	return error_raise(err, ERR_SPACE, there->dir,
			   "%llu MiB are needed (%s), %llu MiB are free",
			   mib(total + MIB - 1), list, mib(free_on(there->dir)));
}

/* ---- results ---- */

/* At most, by where the disk has holes. */
static int measure(const struct volumes *v, const struct volume *d,
		   enum volume_output output, uint64_t *ret, struct cvt_error *err)
{
	const char *argv[] = { "qemu-img", "measure", "--output=json", "-f",
			       d->format,  "-O",      "qcow2",	       "--",
			       d->path,	   NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	int r = process_run(v->ctx, argv, &out, &said, err);
	json_t *answer;
	json_int_t bytes;

	if (r != 0)
		return r < 0 ? r : qemu_fail(err, ERR_DISK_UNREADABLE, d->path, &said);
	answer = json_loadb(out.data ? out.data : "", out.len, 0, NULL);
	bytes = json_integer_value(json_object_get(answer, "required"));
	json_decref(answer);
	*ret = bytes <= 0 || (output == OUTPUT_RAW && (uint64_t)bytes > d->size)
		       ? d->size
		       : (uint64_t)bytes;
	return 0;
}

/* Add to @count what is not zero from @at to @end, in whole units; enough past @limit. */
static int count_data(const struct volumes *v, const struct volume *d, size_t unit,
		      uint64_t at, uint64_t end, uint64_t limit, uint64_t *count)
{
	CLEANUP_FREE char *buf = malloc(EXTENT_MAX);
	int r = buf ? 0 : -ENOMEM;

	for (; at < end && *count <= limit && r == 0; at += EXTENT_MAX) {
		size_t len = end - at < EXTENT_MAX ? (size_t)(end - at) : EXTENT_MAX;

		r = pread_padded(d->lock, buf, len, at) ?: context_check(v->ctx, NULL);
		for (size_t i = 0; i < len && r == 0; i += unit)
			if (!bytes_are_zero(buf + i, len - i < unit ? len - i : unit))
				*count += unit;
	}
	return r;
}

/* Every block that is not zero: it takes long, but a disk without holes need not be full. */
static int count_disk(const struct volumes *v, const struct volume *d, size_t unit,
		      uint64_t limit, uint64_t *count)
{
	uint64_t end = 0;
	int r = 0;

	while (end < d->size && *count <= limit && r == 0) {
		off_t data = lseek(d->lock, (off_t)end, SEEK_DATA);
		off_t hole = data < 0 ? -1 : lseek(d->lock, data, SEEK_HOLE);
		uint64_t at = data < 0 ? end : (uint64_t)data;

		if (data < 0 && errno == ENXIO)
			return 0;
		/* Block devices have no holes to tell of. */
		end = hole < 0 ? d->size : (uint64_t)hole;
		r = count_data(v, d, unit, at / unit * unit, end, limit, count);
	}
	return r;
}

/* What the results are going to take; enough past @limit. */
static int count_results(const struct volumes *v, enum volume_output output,
			 uint64_t limit, uint64_t *ret, struct cvt_error *err)
{
	uint64_t count = 0;
	int r = 0;

	for (size_t i = 0; i < v->n && count <= limit && r == 0; i++) {
		const struct volume *d = &v->v[i];
		uint64_t most = 0;

		if (strcmp(d->format, "raw") != 0) {
			r = measure(v, d, output, &most, err);
			count += most;
			continue;
		}
		r = count_disk(v, d, output == OUTPUT_RAW ? SPARSE : QCOW2_CLUSTER, limit,
			       &count);
		if (r == -ECANCELED || r == -ETIME)
			return context_check(v->ctx, err);
		if (r < 0)
			return error_raise(err, ERR_DISK_UNREADABLE, d->path,
					   "cannot be read: %s", strerror(-r));
		/* The tables of qcow2. */
		count += output == OUTPUT_QCOW2 ? MIB + d->size / 4096 : 0;
	}
	*ret = count;
	return r;
}

static int add_results(struct needs *needs, const struct volumes *v,
		       const struct volumes_outcome *o, uint64_t written,
		       struct cvt_error *err)
{
	uint64_t bytes = written;
	int r = 0;

	for (size_t i = 0; i < v->n && r == 0; i++) {
		uint64_t most = 0;
		struct stat st;

		if (o->output == OUTPUT_OVERLAY)
			most = stat(v->v[i].overlay, &st) == 0 ? (uint64_t)st.st_size : 0;
		else
			r = measure(v, &v->v[i], o->output, &most, err);
		bytes += most;
	}
	return r < 0 ? r : add_need(needs, "results", strdup(o->output_dir), bytes, err);
}

/* ---- in place ---- */

/* Not one that has all its blocks. */
static bool may_grow(const struct volume *d, struct stat *st)
{
	return fstat(d->lock, st) == 0 && S_ISREG(st->st_mode) &&
	       (strcmp(d->format, "raw") != 0 || st->st_blocks * 512 < st->st_size);
}

static int add_disks(struct needs *needs, const struct volumes *v, uint64_t written,
		     struct cvt_error *err)
{
	size_t first = needs->n;
	int r = 0;

	for (size_t i = 0; i < v->n && r == 0; i++) {
		struct stat st;
		bool known = !may_grow(&v->v[i], &st);

		for (size_t j = first; j < needs->n && !known; j++)
			known = needs->v[j].device == st.st_dev;
		if (!known)
			r = add_need(needs, "disks", parent_directory(v->v[i].path),
				     written, err);
	}
	return r;
}

static bool is_raw(const struct volumes *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->v[i].format, "raw") != 0)
			return false;
	return true;
}

static int gather(struct needs *needs, const struct volumes *v,
		  const struct volumes_outcome *o, uint64_t written,
		  struct cvt_error *err)
{
	/* What goes into other formats is gathered in a second overlay, see shadow.c. */
	uint64_t overlays = o->output_dir || is_raw(v) ? written : 2 * written;
	int r = add_need(needs, "overlays", parent_directory(v->work), overlays, err);

	if (r < 0)
		return r;
	if (o->output_dir)
		return add_results(needs, v, o, written, err);
	r = add_disks(needs, v, written, err);
	if (r == 0 && o->undo)
		r = add_need(needs, "undo file", parent_directory(o->undo), written, err);
	return r;
}

/* The results are taken for what they may be at most: look more closely if that is too much. */
static int look_closer(struct needs *needs, size_t i, const struct volumes *v,
		       const struct volumes_outcome *o, uint64_t written,
		       struct cvt_error *err)
{
	struct need *results = &needs->v[needs->n - 1];
	uint64_t room = free_on(results->dir);
	uint64_t others = needed_on(needs, results->device) - results->bytes + written;
	uint64_t count = 0;
	int r;

	if (!o->output_dir || o->output == OUTPUT_OVERLAY ||
	    results->device != needs->v[i].device || others > room)
		return 0;
	context_log(v->ctx, CVT_LOG_INFO, "%s: counting what the disks hold",
		    results->dir);
	r = count_results(v, o->output, room - others, &count, err);
	if (r == 0 && count <= room - others)
		results->bytes = count + written;
	return r;
}

int volumes_check_space(const struct volumes *v, const struct volumes_outcome *outcome,
			uint64_t bytes, struct cvt_error *err)
{
	CLEANUP(clear_needs)
	struct needs needs = { calloc(v->n + 2, sizeof(*needs.v)), 0 };
	uint64_t written = bytes ? bytes + AROUND : 0;
	int r = needs.v ? gather(&needs, v, outcome, written, err) : error_nomem(err);

	for (size_t i = 0; i < needs.n && r == 0; i++) {
		if (!fits(&needs, i))
			r = look_closer(&needs, i, v, outcome, written, err);
		if (r == 0 && !fits(&needs, i))
			r = fail_short(&needs, i, err);
	}
	return r;
}
