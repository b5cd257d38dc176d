/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <glob.h>
#include <string.h>

#include "format/kernel_image.h"
#include "instance/kernel.h"
#include "volume/fullio.h"

#define MODULES "/lib/modules/"

int kernel_image_version(const char *path, char **ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *head = malloc(KERNEL_IMAGE_HEAD), *version = NULL;
	int r;

	if (fd < 0 || !head)
		return fd < 0 ? -errno : -ENOMEM;
	r = pread_padded(fd, head, KERNEL_IMAGE_HEAD, 0);
	if (r == 0)
		r = kernel_image_release(head, KERNEL_IMAGE_HEAD, &version);
	if (r < 0)
		return r;
	*ret = take_ptr(version);
	return *ret ? 0 : -ENOEXEC;
}

/* The directory of the modules for @image; NULL: there is none. */
static char *modules_of(const char *image)
{
	CLEANUP_FREE char *version = NULL, *dir = NULL, *index = NULL;

	if (kernel_image_version(image, &version) < 0 || strchr(version, '/'))
		return NULL;
	if (asprintf(&dir, MODULES "%s", version) < 0)
		dir = NULL;
	if (!dir || asprintf(&index, "%s/modules.dep", dir) < 0)
		index = NULL;
	return index && access(index, R_OK) == 0 ? take_ptr(dir) : NULL;
}

static int fail_image(struct cvt_error *err, const char *path, int code)
{
	return error_raise(err, ERR_USAGE, path, "%s",
			   code == -ENOEXEC ? "is no Linux kernel for x86"
					    : strerror(-code));
}

static int find_newest(char **image, struct cvt_error *err)
{
	glob_t g = { 0 };
	const char *newest = NULL;

	if (glob("/boot/vmlinuz-*", 0, NULL, &g) != 0)
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		CLEANUP_FREE char *dir = modules_of(g.gl_pathv[i]);

		if (dir && (!newest || strverscmp(g.gl_pathv[i], newest) > 0))
			newest = g.gl_pathv[i];
	}
	*image = newest ? strdup(newest) : NULL;
	globfree(&g);
	return *image ? 0
		      : error_raise(err, ERR_NO_PROGRAM, NULL,
				    "no kernel in /boot can be read that has modules in "
				    "/lib/modules (Debian: linux-image-amd64)");
}

int kernel_find(char **image, char **modules, struct cvt_error *err)
{
	CLEANUP_FREE char *version = NULL;
	int r = *image ? 0 : find_newest(image, err);

	if (r < 0)
		return r;
	r = kernel_image_version(*image, &version);
	if (r < 0)
		return fail_image(err, *image, r);
	if (!*modules)
		*modules = modules_of(*image);
	return *modules ? 0
			: error_raise(err, ERR_USAGE, *image,
				      "its modules are not in " MODULES
				      "%s, and no directory of modules is given",
				      version);
}
