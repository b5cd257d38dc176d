/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The disks as the conversion instance sees them: what lies below is the business of the host
 * that started it.
 */
#include <config.h>

#include <fcntl.h>
#include <string.h>

#include "volume/volume_private.h"

#define DISKS_MAX (26 + 26 * 26) /* vda to vdzz */

/* As drivers/block/virtio_blk.c virtblk_name_format() counts. */
static int device_name(size_t i, char **ret)
{
	const char second = (char)('a' + i % 26);

	if (i >= DISKS_MAX)
		return -ENODEV;
	return (i < 26 ? asprintf(ret, "/dev/vd%c", second)
		       : asprintf(ret, "/dev/vd%c%c", (char)('a' + i / 26 - 1), second)) <
			       0
		       ? -ENOMEM
		       : 0;
}

static int find_disk(struct volume *d, size_t i, struct cvt_error *err)
{
	int r = device_name(i, &d->view);

	if (r < 0)
		d->view = NULL;
	if (r == -ENOMEM)
		return error_nomem(err);
	d->lock = r < 0 ? -1 : open(d->view, O_RDONLY | O_CLOEXEC);
	d->size = d->lock < 0 ? 0 : fd_size(d->lock);
	if (d->size == 0)
		return error_raise(err, ERR_ENGINE, NULL,
				   "the conversion instance does not see disk %zu",
				   i + 1);
	d->path = strdup(d->view);
	d->format = strdup("raw");
	return d->path && d->format ? 0 : error_nomem(err);
}

int volumes_of_instance(struct context *ctx, size_t n, const char *work,
			struct volumes **ret, struct cvt_error *err)
{
	CLEANUP_VOLUMES struct volumes *v = volumes_new(ctx, n);
	int r = 0;

	if (!v || !(v->work = strdup(work)))
		return error_nomem(err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = find_disk(&v->v[i], i, err);
	if (r == 0)
		*ret = take_ptr(v);
	return r;
}
