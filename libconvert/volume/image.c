/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Format, size and soundness of a disk image.  A raw disk is never shown to QEMU for a
 * guess: its content is the guest's, and could name other files of the host.  The backing
 * files that a qcow2 or vmdk names are opened: such images are the replication's, not the
 * guest's.
 */
#include <config.h>

#include <jansson.h>
#include <string.h>
#include <sys/types.h>

#include "volume/volume_private.h"

#define SECTOR 512

/* Magic numbers at the beginning, by QEMU's name of the format. */
static const struct {
	const char *format;
	size_t offset;
	const char *magic;
	size_t len;
} magics[] = {
	/* clang-format off */
	{ "qcow2", 0, "QFI\xfb\0\0\0\2", 8 },
	{ "qcow2", 0, "QFI\xfb\0\0\0\3", 8 },
	{ "qcow", 0, "QFI\xfb\0\0\0\1", 8 },
	{ "qed", 0, "QED", 4 },
	{ "vmdk", 0, "KDMV", 4 },
	{ "vmdk", 0, "COWD", 4 },
	{ "vmdk", 0, "# Disk DescriptorFile", 21 },
	{ "vpc", 0, "conectix", 8 },
	{ "vhdx", 0, "vhdxfile", 8 },
	{ "vdi", 64, "\x7f\x10\xda\xbe", 4 },
	{ "parallels", 0, "WithoutFreeSpace", 16 },
	{ "parallels", 0, "WithouFreSpacExt", 16 },
	/* clang-format on */
};

/* Formats that QEMU can change in an existing image. */
static const char *const writable[] = { "raw", "qcow2", "qed", "vmdk",
					"vpc", "vhdx",	"vdi" };

/* Image formats of QEMU 7.2; its protocols and filters are none. */
static const char *const formats[] = { "raw", "bochs", "cloop", "dmg", "parallels", "qcow",
				       "qcow2", "qed", "vdi", "vhdx", "vmdk", "vpc" };

bool volume_format_exists(const char *format)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(formats[i], format) == 0)
			return true;
	return false;
}

static const char *detect(int fd)
{
	char head[SECTOR] = { 0 }, foot[8] = { 0 };
	uint64_t size = fd_size(fd);

	if (pread(fd, head, sizeof(head), 0) < 0)
		return "raw";
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (memcmp(head + magics[i].offset, magics[i].magic, magics[i].len) == 0)
			return magics[i].format;
	/* A fixed VHD is a raw disk with a sector behind it. */
	if (size > SECTOR && !is_block_device(fd) &&
	    pread(fd, foot, sizeof(foot), (off_t)(size - SECTOR)) == sizeof(foot) &&
	    memcmp(foot, "conectix", sizeof(foot)) == 0)
		return "vpc";
	return "raw";
}

static bool says(const struct said *said, const char *what)
{
	return strstr(said->text, what) != NULL;
}

int qemu_fail(struct cvt_error *err, enum error_kind kind, const char *path,
	      const struct said *said)
{
	const char *text = said->len ? said->text : "QEMU gave no reason";

	if (says(said, "lock") && says(said, "Failed to get"))
		return error_raise(err, ERR_DISK_IN_USE, path,
				   "another process has the image open");
	if (says(said, "Could not open backing file"))
		kind = ERR_DISK_MISSING;
	else if (says(said, "No space left on device"))
		return error_raise(err, ERR_OUTPUT, path, "no space left on device");
	return error_raise(err, kind, path, "%s", text);
}

json_t *image_further_files(json_t *info, const char *path)
{
	json_t *data = json_object_get(json_object_get(info, "format-specific"), "data");
	json_t *extents = json_object_get(data, "extents");
	json_t *first = json_object_get(json_array_get(extents, 0), "filename");

	if (json_array_size(extents) > 1)
		return extents;
	return json_is_string(first) && strcmp(json_string_value(first), path) != 0
		       ? extents
		       : NULL;
}

/* The files of a VMDK that has several are written one by one if they are flat. */
static bool is_sparse_in_files(json_t *info, const char *path)
{
	json_t *files = image_further_files(info, path);

	for (size_t i = 0; i < json_array_size(files); i++) {
		json_t *format = json_object_get(json_array_get(files, i), "format");

		if (!json_is_string(format) || strcmp(json_string_value(format), "FLAT") != 0)
			return true;
	}
	return false;
}

static int parse_info(struct volume *v, const struct bytes *out, bool in_place,
		      struct cvt_error *err)
{
	json_t *info = json_loadb(out->data ? out->data : "", out->len, 0, NULL);
	json_t *data = json_object_get(json_object_get(info, "format-specific"), "data");
	const char *type = json_string_value(json_object_get(data, "create-type"));
	json_int_t size = json_integer_value(json_object_get(info, "virtual-size"));
	bool corrupt = json_is_true(json_object_get(data, "corrupt"));
	bool stream = type && strcmp(type, "streamOptimized") == 0;
	bool sparse_files = is_sparse_in_files(info, v->path);

	json_decref(info);
	if (size <= 0)
		return error_raise(err, ERR_DISK_EMPTY, v->path, "holds no disk");
	if (corrupt)
		return error_raise(err, ERR_DISK_DAMAGED, v->path, "marked as corrupt");
	if (stream && in_place)
		return error_raise(err, ERR_DISK_READ_ONLY, v->path,
				   "a stream-optimized VMDK cannot be changed");
	if (sparse_files && in_place)
		return error_raise(err, ERR_DISK_READ_ONLY, v->path,
				   "a VMDK of several sparse files cannot be changed");
	v->size = (uint64_t)size;
	return 0;
}

static int ask_info(struct context *ctx, struct volume *v, bool in_place,
		    struct cvt_error *err)
{
	const char *argv[] = { "qemu-img", "info", "--output=json", "-f",
			       v->format,  "--",   v->path,	    NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	int r = process_run(ctx, argv, &out, &said, err);

	if (r < 0)
		return r;
	if (r > 0)
		return qemu_fail(err, ERR_DISK_DAMAGED, v->path, &said);
	return parse_info(v, &out, in_place, err);
}

/* qemu-img(1), "check": 0 is sound, 2 corrupt, 3 merely leaks clusters, 63 means that the
 * format has no check.
 */
static int ask_check(struct context *ctx, struct volume *v, struct cvt_error *err)
{
	const char *argv[] = { "qemu-img", "check", "-q",    "-f",
			       v->format,  "--",    v->path, NULL };
	struct said said = { 0 };
	int r = process_run(ctx, argv, NULL, &said, err);
	char *second;

	if (r <= 0 || r == 3 || r == 63)
		return r < 0 ? r : 0;
	/* It lists each damaged cluster; the first says enough. */
	second = strstr(said.text + 1, " ERROR:");
	if (said.len > 0 && second)
		*second = '\0';
	return qemu_fail(err, ERR_DISK_DAMAGED, v->path, &said);
}

static int examine_raw(struct volume *v, struct cvt_error *err)
{
	uint64_t size = fd_size(v->lock);

	if (size < SECTOR)
		return error_raise(err, ERR_DISK_EMPTY, v->path, "has only %u bytes",
				   (unsigned)size);
	/* As QEMU counts: a last partial sector is a sector. */
	v->size = (size + SECTOR - 1) / SECTOR * SECTOR;
	return 0;
}

static bool can_write(const char *format)
{
	for (size_t i = 0; i < ARRAY_SIZE(writable); i++)
		if (strcmp(writable[i], format) == 0)
			return true;
	return false;
}

int image_examine(struct context *ctx, struct volume *v, bool in_place,
		  struct cvt_error *err)
{
	int r;

	if (fd_size(v->lock) == 0)
		return error_raise(err, ERR_DISK_EMPTY, v->path, "is empty");
	if (!v->format)
		v->format = strdup(detect(v->lock));
	if (!v->format)
		return error_nomem(err);
	if (in_place && !can_write(v->format))
		return error_raise(err, ERR_DISK_READ_ONLY, v->path,
				   "QEMU cannot change images of format %s", v->format);
	if (strcmp(v->format, "raw") == 0)
		return examine_raw(v, err);
	r = ask_info(ctx, v, in_place, err);
	return r < 0 ? r : ask_check(ctx, v, err);
}
