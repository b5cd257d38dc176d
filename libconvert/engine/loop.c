/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include "core/cleanup.h"
#include "engine/loop.h"

#define TRIES 64

/* LOOP_CTL_GET_FREE reserves nothing: -EBUSY if somebody else was faster. */
static int try_attach(int control, const struct loop_config *config, struct loop *l)
{
	CLEANUP_CLOSE int fd = -1;
	int number = ioctl(control, LOOP_CTL_GET_FREE);

	if (number < 0)
		return -errno;
	snprintf(l->path, sizeof(l->path), "/dev/loop%d", number);
	fd = open(l->path, O_RDWR | O_CLOEXEC);
	/* udev leaves a locked device alone, and so what it would activate of the guest
	 * (systemd.io/BLOCK_DEVICE_LOCKING).
	 */
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (ioctl(fd, LOOP_CONFIGURE, config) < 0)
		return -errno;
	l->fd = fd;
	fd = -1;
	return 0;
}

int loop_attach(const char *view, uint64_t offset, uint64_t size, const char *name,
		struct loop *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	CLEANUP_CLOSE int backing = open(view, O_RDWR | O_CLOEXEC);
	/* Writable also for what is mounted read-only: its journal has to be replayed. */
	struct loop_config config = {
		.fd = (unsigned)backing,
		.info = {
			.lo_offset = offset,
			.lo_sizelimit = size,
			.lo_flags = LO_FLAGS_AUTOCLEAR,
		},
	};
	struct loop l = { .fd = -1 };
	int r = -EBUSY;

	if (backing < 0)
		return error_raise(err, ERR_ENGINE, name, "cannot open its view: %s",
				   strerror(errno));
	if (control < 0)
		return error_raise(err, ERR_ENGINE_LACKS, name,
				   "no loop device can be had: /dev/loop-control: %s",
				   strerror(errno));
	for (int i = 0; i < TRIES && r == -EBUSY; i++)
		r = try_attach(control, &config, &l);
	if (r == -ENOTTY)
		return error_raise(err, ERR_ENGINE_LACKS, name,
				   "this kernel has no LOOP_CONFIGURE (Linux 5.8)");
	if (r < 0)
		return error_raise(err, ERR_ENGINE, name, "no loop device can be had: %s",
				   strerror(-r));
	*ret = l;
	return 0;
}

int loop_detach(struct loop *l)
{
	int r = 0;

	if (l->fd < 0)
		return 0;
	if (fsync(l->fd) < 0)
		r = -errno;
	/* While something holds it the kernel remembers to do it later. */
	(void)ioctl(l->fd, LOOP_CLR_FD);
	(void)close(l->fd);
	l->fd = -1;
	return r;
}
