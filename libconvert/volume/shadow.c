/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Formats other than raw: QEMU writes the changes of the guest into the image,
 * but to an overlay below the image format, the shadow, which holds what would
 * have been written into the image's file.  So the commit of any format is that
 * of bytes into files, and as safe as that of a raw disk.
 */
#include <config.h>

#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "volume/fullio.h"
#include "volume/volume_private.h"

#define SECTOR 512

char *image_name(json_t *node)
{
	char *text = node ? json_dumps(node, JSON_COMPACT) : NULL;
	char *name = NULL;

	if (text && asprintf(&name, "json:%s", text) < 0)
		name = NULL;
	free(text);
	return name;
}

/* What `qemu-img info` says of the image and what it is based on; NULL with @err. */
static json_t *ask_chain(struct volumes *v, const struct volume *d, struct cvt_error *err)
{
	const char *argv[] = { "qemu-img",
			       "info",
			       "--output=json",
			       "--backing-chain",
			       "-f",
			       d->format,
			       "--",
			       d->path,
			       NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	int r = process_run(v->ctx, argv, &out, &said, err);
	json_t *chain;

	if (r != 0) {
		if (r > 0)
			(void)qemu_fail(err, ERR_DISK_DAMAGED, d->path, &said);
		return NULL;
	}
	chain = json_loadb(out.data ? out.data : "", out.len, 0, NULL);
	if (!chain)
		(void)error_raise(err, ERR_DISK_DAMAGED, d->path,
				  "what qemu-img tells of it makes no sense");
	return chain;
}

static int run(struct volumes *v, const char *const argv[], struct cvt_error *err)
{
	struct said said = { 0 };
	int r = process_run(v->ctx, argv, NULL, &said, err);

	return r > 0 ? qemu_fail(err, ERR_OUTPUT, v->work, &said) : r;
}

/* The shadow has the size of the file in whole sectors; QEMU writes behind its end too. */
static int create_shadow(struct volumes *v, const struct redo_file *f,
			 struct cvt_error *err)
{
	char size[32];
	const char *argv[] = { "qemu-img", "create",  "-q", "-f", "qcow2",
			       "--",	   f->source, size, NULL };

	snprintf(size, sizeof(size), "%llu",
		 (unsigned long long)(f->size_before + SECTOR - 1) / SECTOR * SECTOR);
	return run(v, argv, err);
}

/* Bring into sight what lies behind the end: no image grows by more than its disk. */
static int widen_shadow(struct volumes *v, const struct volume *d,
			const struct redo_file *f, struct cvt_error *err)
{
	char size[32];
	const char *argv[] = { "qemu-img", "resize",  "-q", "-f", "qcow2",
			       "--",	   f->source, size, NULL };

	snprintf(size, sizeof(size), "+%llu",
		 (unsigned long long)d->size / SECTOR * SECTOR + ((uint64_t)1 << 30));
	return run(v, argv, err);
}

static struct redo_file *add_image(struct redo *r, struct volumes *v, size_t disk)
{
	const struct volume *d = &v->v[disk];
	struct redo_file *f = redo_add_file(r, disk, d->path, d->format);

	if (!f)
		return NULL;
	f->fd = fcntl(d->lock, F_DUPFD_CLOEXEC, 3);
	f->size_before = f->size_after = fd_size(d->lock);
	if (asprintf(&f->source, "%s/disk%zu.shadow.qcow2", v->work, disk + 1) < 0)
		f->source = NULL;
	return f->source && f->fd >= 0 ? f : NULL;
}

static json_t *file_node(const struct redo_file *f)
{
	const char *driver = is_block_device(f->fd) ? "host_device" : "file";

	return json_pack("{s:s, s:{s:s, s:s}, s:{s:s, s:s, s:b}}", "driver", "qcow2",
			 "file", "driver", "file", "filename", f->source, "backing",
			 "driver", driver, "filename", f->path, "read-only", 1);
}

/* The image over its shadow, over what it is based on. */
static json_t *image_node(const struct redo_file *f, json_t *base)
{
	json_t *node = json_pack("{s:s, s:o}", "driver", f->format, "file", file_node(f));
	json_t *filename = json_object_get(base, "filename");

	if (!node || !filename ||
	    json_object_set_new(node, "backing",
				json_pack("{s:O, s:{s:O}}", "driver",
					  json_object_get(base, "format"), "file",
					  "filename", filename)) == 0)
		return node;
	json_decref(node);
	return NULL;
}

/* Without a name of what it is based on in its header, the overlay goes over anything. */
static int unbase(struct volumes *v, const struct volume *d, struct cvt_error *err)
{
	const char *argv[] = { "qemu-img", "rebase", "-q", "-u",       "-f", "qcow2",
			       "-b",	   "",	     "--", d->overlay, NULL };

	return run(v, argv, err);
}

/* Nothing here need be durable yet, hence no flushing (-t unsafe). */
static int commit_to_shadow(struct volumes *v, const struct volume *d, json_t *image,
			    struct cvt_error *err)
{
	json_t *top =
		json_pack("{s:s, s:{s:s, s:s}, s:O}", "driver", "qcow2", "file", "driver",
			  "file", "filename", d->overlay, "backing", image);
	CLEANUP_FREE char *name = image_name(top);
	const char *argv[] = { "qemu-img", "commit", "-q", "-d", "-t",
			       "unsafe",   "--",     name, NULL };
	int r;

	json_decref(top);
	if (!name)
		return error_raise(err, ERR_OUTPUT, d->path, "its name is no UTF-8");
	r = unbase(v, d, err);
	return r < 0 ? r : run(v, argv, err);
}

/* A VHD ends with a footer that its readers look for in the last sector (Virtual Hard Disk
 * Image Format Specification, 2006); other formats count in clusters.
 */
static int cut_behind_footer(struct redo_file *f, struct cvt_error *err)
{
	const struct extent *last = f->n > 0 ? &f->extents[f->n - 1] : NULL;
	CLEANUP_FREE char *buf = malloc(EXTENT_MAX);
	size_t len = last ? last->length : 0;

	if (!buf)
		return error_nomem(err);
	if (!last || last->zero || last->at + len <= f->size_before) {
		f->size_after = f->size_before;
		return 0;
	}
	if (pread_full(f->source_fd, buf, len, last->from) < 0)
		return error_raise(err, ERR_OUTPUT, f->source, "cannot be read");
	while (len > 0 && buf[len - 1] == 0)
		len--;
	f->size_after = (last->at + len + SECTOR - 1) / SECTOR * SECTOR;
	return 0;
}

static int measure(struct redo_file *f, struct cvt_error *err)
{
	uint64_t end = 0;
	int r = extents_gather(f, 0, INT64_MAX, &end, err);

	if (r < 0 || end <= f->size_before)
		return r;
	if (is_block_device(f->fd))
		return error_raise(
			err, ERR_OUTPUT, f->path,
			"the image would grow to %llu bytes, the device has %llu",
			(unsigned long long)end, (unsigned long long)f->size_before);
	f->size_after = end;
	return strcmp(f->format, "vpc") == 0 ? cut_behind_footer(f, err) : 0;
}

static int commit_image(struct redo *r, struct volumes *v, size_t disk, json_t *base,
			struct cvt_error *err)
{
	const struct volume *d = &v->v[disk];
	struct redo_file *f = add_image(r, v, disk);
	json_t *image;
	int code;

	if (!f)
		return error_nomem(err);
	code = create_shadow(v, f, err);
	if (code < 0)
		return code;
	image = image_node(f, base);
	code = commit_to_shadow(v, d, image, err);
	json_decref(image);
	if (code == 0)
		code = widen_shadow(v, d, f, err);
	return code < 0 ? code : measure(f, err);
}

/* A VMDK that describes flat files: they are parts of the raw disk, one after the other.
 * The description stays, and with it its content id.
 */
static int add_flat(struct redo *r, struct volumes *v, size_t disk, json_t *extent,
		    uint64_t *start, struct cvt_error *err)
{
	const char *path = json_string_value(json_object_get(extent, "filename"));
	json_int_t size = json_integer_value(json_object_get(extent, "virtual-size"));
	struct redo_file *f =
		path ? redo_add_file(r, disk, path, v->v[disk].format) : NULL;
	int code;

	if (!f)
		return error_nomem(err);
	f->is_further = true;
	f->source = strdup(v->v[disk].overlay);
	if (!f->source)
		return error_nomem(err);
	code = hold_disk(path, true, NULL, &f->fd, err);
	if (code < 0)
		return code;
	f->size_before = f->size_after = fd_size(f->fd);
	if (size <= 0 || f->size_before != (uint64_t)size)
		return error_raise(err, ERR_DISK_DAMAGED, path,
				   "has not the size that its description says");
	code = extents_gather(f, *start, *start + f->size_after, NULL, err);
	*start += f->size_after;
	return code;
}

int shadow_commit(struct redo *r, struct volumes *v, size_t disk, struct cvt_error *err)
{
	const struct volume *d = &v->v[disk];
	json_t *chain = ask_chain(v, d, err);
	json_t *info = json_array_get(chain, 0);
	json_t *extents = image_further_files(info, d->path);
	uint64_t start = 0;
	int code = 0;

	if (!chain)
		return err ? err->code : -EIO;
	if (!extents)
		code = commit_image(r, v, disk, json_array_get(chain, 1), err);
	for (size_t i = 0; i < json_array_size(extents) && code == 0; i++)
		code = add_flat(r, v, disk, json_array_get(extents, i), &start, err);
	json_decref(chain);
	return code;
}
