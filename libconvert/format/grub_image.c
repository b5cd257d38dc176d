/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The section "mods" has a header, then objects, each with its own: modules, a configuration,
 * the prefix (GRUB 2.06, include/grub/kernel.h, struct grub_module_info64 and
 * grub_module_header).
 */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "format/grub_image.h"
#include "format/pe.h"

#define MAGIC 0x676d696d
#define OBJECT_PREFIX 3

struct info {
	uint32_t magic, padding;
	uint64_t offset, size; /* of the objects, from here; with this header */
};

struct object {
	uint32_t type, size; /* with this header */
};

/* "/EFI/debian": names that FAT can have, and none that leads elsewhere. */
static bool is_directory(const char *path)
{
	size_t n = strspn(path, "/-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz");

	return path[0] == '/' && path[n] == '\0' && path[n - 1] != '/' &&
	       path[n - 1] != '.' && !strstr(path, "//") && !strstr(path, "/.") &&
	       !strstr(path, "./");
}

static void copy_prefix(const char *at, size_t len, char prefix[GRUB_PREFIX_SIZE])
{
	size_t n = strnlen(at, len);

	/* "(memdisk)/boot/grub" is no directory of the ESP. */
	if (n >= GRUB_PREFIX_SIZE)
		return;
	memcpy(prefix, at, n);
	prefix[n] = '\0';
	if (!is_directory(prefix))
		prefix[0] = '\0';
}

int grub_image_prefix(const struct bytes *image, char prefix[GRUB_PREFIX_SIZE])
{
	uint64_t start, size, next;
	struct object o;
	struct info info;

	prefix[0] = '\0';
	if (!pe_section(image, "mods", &start, &size) || start > image->len ||
	    size > image->len - start || size < sizeof(info))
		return -EINVAL;
	memcpy(&info, image->data + start, sizeof(info));
	if (le32toh(info.magic) != MAGIC || le64toh(info.size) > size)
		return -EINVAL;
	size = le64toh(info.size);
	for (next = le64toh(info.offset); next < size; next += le32toh(o.size)) {
		if (size - next < sizeof(o))
			return -EINVAL;
		memcpy(&o, image->data + start + next, sizeof(o));
		if (le32toh(o.size) < sizeof(o) || le32toh(o.size) > size - next)
			return -EINVAL;
		if (le32toh(o.type) == OBJECT_PREFIX)
			copy_prefix(image->data + start + next + sizeof(o),
				    le32toh(o.size) - sizeof(o), prefix);
	}
	return 0;
}
