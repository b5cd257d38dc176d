/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "instance/beside.h"

static const char *const places[] = { "libconvert", "../libconvert" };

int find_beside(const char *name, char **ret, struct cvt_error *err)
{
	Dl_info info;
	const char *slash;

	if (!dladdr(places, &info) || !(slash = strrchr(info.dli_fname, '/')))
		return error_raise(err, ERR_NO_PROGRAM, NULL, "%s cannot be found", name);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP_FREE char *path = NULL;

		if (asprintf(&path, "%.*s/%s/%s", (int)(slash - info.dli_fname),
			     info.dli_fname, places[i], name) < 0) {
			path = NULL;
			return error_nomem(err);
		}
		*ret = realpath(path, NULL);
		if (*ret)
			return 0;
	}
	return error_raise(err, ERR_NO_PROGRAM, NULL, "%s is not installed beside %s",
			   name, info.dli_fname);
}
