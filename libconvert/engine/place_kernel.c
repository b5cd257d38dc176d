/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This kernel: loop devices over the views, and the programs of this machine. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "engine/loop.h"
#include "engine/place.h"

struct place_kernel {
	struct place place;
	struct volumes *volumes;
	struct loop *loops;
	size_t n_loops;
	int *held; /* fds */
	size_t n_held;
};

static struct place_kernel *self(struct place *p)
{
	return (struct place_kernel *)p;
}

static int kernel_show(struct place *p, const struct device *d, const char *array,
		       char **ret, struct cvt_error *err)
{
	struct place_kernel *k = self(p);
	struct loop *grown = realloc(k->loops, (k->n_loops + 1) * sizeof(*grown));
	const char *view = array;
	int r;

	if (!grown)
		return error_nomem(err);
	k->loops = grown;
	if (!array && d->disk >= k->volumes->n)
		return error_raise(err, ERR_INTERNAL, d->name, "no such disk");
	if (!array)
		view = k->volumes->v[d->disk].view;
	r = loop_attach(view, d->offset, d->size, d->name, &k->loops[k->n_loops], err);
	if (r < 0)
		return r;
	*ret = strdup(k->loops[k->n_loops++].path);
	return *ret ? 0 : error_nomem(err);
}

static void kernel_hide(struct place *p, const char *path)
{
	struct place_kernel *k = self(p);

	for (size_t i = 0; i < k->n_loops; i++)
		if (strcmp(k->loops[i].path, path) == 0)
			(void)loop_detach(&k->loops[i]);
}

static int kernel_run(struct place *p, bool clean_up, const char *const argv[],
		      struct bytes *out, struct said *said, struct cvt_error *err)
{
	return process_run(clean_up ? NULL : p->ctx, argv, out, said, err);
}

static int kernel_unlock(struct place *p, const char *path, const char *name,
			 const struct secret *key, size_t len, struct cvt_error *err)
{
	CLEANUP_CLOSE int pipe = secret_pipe(key, len);
	const char *argv[] = { "cryptsetup",   "open",	     "--type",		"luks",
			       "--batch-mode", "--key-file", "/proc/self/fd/3", path,
			       name,	       NULL };
	struct said said = { 0 };
	int r;

	if (pipe < 0)
		return error_raise(err, ERR_ENGINE, NULL, "no pipe can be had: %s",
				   strerror(-pipe));
	r = process_run_with(p->ctx, argv, &(struct process_options){ .keep = pipe },
			     NULL, &said, err);
	if (r <= 0)
		return r;
	/* 2: no permission, bad passphrase (cryptsetup(8), "RETURN CODES") */
	return r == 2 ? 1
		      : error_raise(err, ERR_ENGINE, NULL, "cryptsetup: %s", said.text);
}

static int kernel_read(struct place *p, const char *path, uint64_t offset, size_t size,
		       struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *buf = malloc(size);
	ssize_t n;

	(void)p;
	if (!buf)
		return error_nomem(err);
	n = fd < 0 ? -1 : pread(fd, buf, size, (off_t)offset);
	if (n < 0)
		return error_raise(err, ERR_ENGINE, path, "cannot be read: %s",
				   strerror(errno));
	bytes_clear(ret);
	return bytes_set(ret, buf, (size_t)n) < 0 ? error_nomem(err) : 0;
}

static bool is_in_proc(const char *driver)
{
	CLEANUP_FCLOSE FILE *f = fopen("/proc/devices", "re");
	char line[128], name[64];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*u %63s", name) == 1 && strcmp(name, driver) == 0)
			return true;
	return false;
}

static bool kernel_has_driver(struct place *p, const char *driver, const char *module)
{
	const char *argv[] = { "modprobe", "-q", module, NULL };
	struct said said = { 0 };

	if (is_in_proc(driver))
		return true;
	(void)process_run(p->ctx, argv, NULL, &said, NULL);
	return is_in_proc(driver);
}

static int kernel_set(struct place *p, const char *file, const char *value)
{
	CLEANUP_CLOSE int fd = open(file, O_WRONLY | O_CLOEXEC);

	(void)p;
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return -errno;
	return 0;
}

static int open_device(const char *path, const char *name, int *ret,
		       struct cvt_error *err)
{
	*ret = open(path, O_RDONLY | O_CLOEXEC);
	if (*ret < 0)
		return error_raise(err, ERR_ENGINE, name, "cannot open %s: %s", path,
				   strerror(errno));
	return 0;
}

static int kernel_probe(struct place *p, const char *path, struct guest *g, size_t index,
			struct cvt_error *err)
{
	struct device *d = &g->devices[index];
	CLEANUP_CLOSE int fd = -1;
	int r = open_device(path, d->name, &fd, err);
	off_t size = r < 0 ? 0 : lseek(fd, 0, SEEK_END);

	(void)p;
	d->size = size > 0 ? (uint64_t)size : 0;
	return r < 0 ? r : volume_probe_superblock(fd, 0, d->size, d, err);
}

static int kernel_probe_partitions(struct place *p, const char *path, struct guest *g,
				   size_t index, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = -1;
	int r = open_device(path, g->devices[index].name, &fd, err);

	return r < 0 ? r : volume_probe_partitions(p->ctx, fd, g, index, err);
}

static int kernel_hold(struct place *p, const char *path)
{
	struct place_kernel *k = self(p);
	int *grown = realloc(k->held, (k->n_held + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	k->held = grown;
	k->held[k->n_held] = open(path, O_RDONLY | O_CLOEXEC);
	if (k->held[k->n_held] < 0)
		return -errno;
	k->n_held++;
	return 0;
}

/* dmsetup(8) would remove the node of a device that is not gone yet. */
static int kernel_remove_later(struct place *p, const char *name)
{
	CLEANUP_CLOSE int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	struct dm_ioctl io = {
		.version = { DM_VERSION_MAJOR, 0, 0 },
		.data_size = sizeof(io),
		.data_start = sizeof(io),
		.flags = DM_DEFERRED_REMOVE,
	};

	(void)p;
	if (strlen(name) >= sizeof(io.name))
		return -ENAMETOOLONG;
	memcpy(io.name, name, strlen(name));
	return fd < 0 || ioctl(fd, DM_DEV_REMOVE, &io) < 0 ? -errno : 0;
}

static void kernel_let_go(struct place *p)
{
	struct place_kernel *k = self(p);

	while (k->n_held > 0)
		closep(&k->held[--k->n_held]);
}

static uint64_t kernel_memory_mib(struct place *p)
{
	CLEANUP_FCLOSE FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	(void)p;
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	return kib / 1024;
}

static void kernel_close(struct place *p)
{
	struct place_kernel *k = self(p);

	kernel_let_go(p);
	while (k->n_loops > 0)
		(void)loop_detach(&k->loops[--k->n_loops]);
	free(k->loops);
	free(k->held);
	free(k);
}

static const struct place_ops kernel_ops = {
	.show = kernel_show,
	.hide = kernel_hide,
	.run = kernel_run,
	.unlock = kernel_unlock,
	.read = kernel_read,
	.has_driver = kernel_has_driver,
	.set = kernel_set,
	.probe = kernel_probe,
	.probe_partitions = kernel_probe_partitions,
	.hold = kernel_hold,
	.remove_later = kernel_remove_later,
	.let_go = kernel_let_go,
	.memory_mib = kernel_memory_mib,
	.close = kernel_close,
};

int place_kernel(struct context *ctx, struct volumes *v, struct place **ret,
		 struct cvt_error *err)
{
	struct place_kernel *k = calloc(1, sizeof(*k));

	if (!k)
		return error_nomem(err);
	*k = (struct place_kernel){ .place = { &kernel_ops, ctx }, .volumes = v };
	*ret = &k->place;
	return 0;
}
