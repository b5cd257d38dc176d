/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This kernel mounts the guest, in a mount namespace of our own.  Partitions are loop
 * devices over the views.  The fd of the guest's root comes from inside that namespace,
 * and openat2(2) goes from it into the other mounts, so that only mounting needs to be
 * done in there.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>

#include "engine/btrfs.h"
#include "engine/filesystem.h"
#include "engine/loop.h"
#include "engine/members.h"
#include "engine/namespace.h"
#include "engine/rootfs.h"
#include "engine/stack.h"
#include "volume/fullio.h"
#include "volume/process.h"

#define FLAGS (MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME)

struct mounted {
	char *where; /* as asked for */
	char *path;  /* in the namespace, without links */
	bool writable;
	char *device; /* its name */
	bool is_btrfs;
	struct loop loop; /* none: a layer of the stack, or that of an earlier one */
	char *layer;	  /* the block device of that layer; NULL: none */
};

struct engine_mount {
	struct rootfs fs;
	struct volumes *volumes;
	int ns;
	struct mounted *mounted;
	size_t n_mounted;
	struct members members;
	struct mounted
		*shown; /* the members that the kernel was shown; mounted nowhere */
	size_t n_shown;
	struct stack *stack;
};

static void mount_close(struct engine *e);

static int mount_open(struct context *ctx, struct volumes *volumes, const char *dir,
		      const struct engine_options *options, struct engine **ret,
		      struct cvt_error *err)
{
	struct engine_mount *m;
	struct place *place;
	int ns, r;

	if (dir || !volumes)
		return error_raise(err, ERR_USAGE, dir, "the engine mount takes disks");
	ns = namespace_new();
	if (ns == -EPERM || ns == -EACCES)
		return error_raise(err, ERR_ENGINE_LACKS, NULL,
				   "the engine mount needs root");
	if (ns < 0)
		return error_raise(err, ERR_ENGINE, NULL,
				   "no mount namespace can be had: %s", strerror(-ns));
	m = calloc(1, sizeof(*m));
	if (!m) {
		(void)close(ns);
		return error_nomem(err);
	}
	*m = (struct engine_mount){ { { &engine_mount_ops, ctx }, -1 }, volumes, ns };
	r = place_kernel(ctx, volumes, &place, err);
	if (r == 0)
		r = stack_new(place, options->keys, options->n_keys, &m->stack, err);
	if (r < 0)
		mount_close(&m->fs.engine);
	else
		*ret = &m->fs.engine;
	return r;
}

static int mount_activate(struct engine *e, struct guest *g, struct cvt_error *err)
{
	struct engine_mount *m = (struct engine_mount *)e;

	int r = stack_activate(m->stack, g, err);

	if (r == 0 && members_find(g, &m->members) < 0)
		r = error_nomem(err);
	return r;
}

/* What the threads in the namespace are told. */
struct job {
	const char *source;
	const char *target;
	const char *type;
	const char *data;
	unsigned long flags;
	char path[PATH_MAX]; /* out: the target without links */
	int root;	     /* out */
};

static int do_mount(void *data)
{
	struct job *j = data;

	if (!realpath(j->target, j->path) ||
	    mount(j->source, j->target, j->type, j->flags, j->data) < 0)
		return -errno;
	return 0;
}

static int do_open(void *data)
{
	struct job *j = data;

	j->root = open(j->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return j->root < 0 ? -errno : 0;
}

/* Errors of writing back are told by syncfs(2) only. */
static int do_umount(void *data)
{
	struct job *j = data;
	int fd = open(j->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd >= 0 && syncfs(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		(void)close(fd);
	if (umount2(j->target, UMOUNT_NOFOLLOW) == 0)
		return r;
	r = -errno;
	(void)umount2(j->target, MNT_DETACH | UMOUNT_NOFOLLOW);
	return r;
}

static struct mounted *find(struct engine_mount *m, const char *where)
{
	for (size_t i = 0; i < m->n_mounted; i++)
		if (strcmp(m->mounted[i].where, where) == 0)
			return &m->mounted[i];
	return NULL;
}

static int fail_mount(struct cvt_error *err, const struct device *d, const char *source,
		      int code)
{
	if (code == ENODEV)
		return error_raise(err, ERR_ENGINE_LACKS, d->name,
				   "this kernel has no %s", d->type);
	if (code == EINVAL && filesystem_is_xfs_v4(source))
		return error_raise(err, ERR_ENGINE_LACKS, d->name,
				   "this kernel has no XFS of version 4 "
				   "(CONFIG_XFS_SUPPORT_V4)");
	if (code == EEXIST)
		return error_raise(err, ERR_ENGINE, d->name,
				   "a file system with the same UUID is mounted on this "
				   "host: a snapshot of the same disk, perhaps");
	/* EUCLEAN and EBADMSG are what Linux calls EFSCORRUPTED and EFSBADCRC. */
	return error_raise(err,
			   code == EUCLEAN || code == EBADMSG ? ERR_FS_DAMAGED : ERR_ENGINE,
			   d->name, "cannot mount its %s: %s", d->type, strerror(code));
}

static void describe(struct job *j, const struct filesystem *fs, uint64_t subvol,
		     bool writable, char *data, size_t size)
{
	filesystem_options(fs, subvol, writable, data, size);
	j->type = fs->driver ? fs->driver : fs->type;
	j->data = data;
	j->flags = FLAGS | (writable ? 0 : MS_RDONLY);
}

/* Room for one more in the list, so that what is mounted can be remembered. */
static struct mounted *reserve(struct engine_mount *m)
{
	struct mounted *grown = realloc(m->mounted, (m->n_mounted + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	m->mounted = grown;
	m->mounted[m->n_mounted] = (struct mounted){ .loop.fd = -1 };
	return &m->mounted[m->n_mounted];
}

static int remount(struct engine_mount *m, struct mounted *old, struct job *j,
		   const struct device *d, struct cvt_error *err)
{
	int r;

	j->target = old->path;
	j->flags |= MS_REMOUNT;
	r = namespace_run(m->ns, do_mount, j);
	if (r < 0)
		return fail_mount(err, d, "", -r);
	old->writable = true;
	return 0;
}

/* Two loop devices over one file system would be two file systems to the kernel. */
static const struct mounted *find_attached(const struct engine_mount *m,
					   const struct device *d)
{
	for (size_t i = 0; i < m->n_mounted; i++)
		if (m->mounted[i].loop.fd >= 0 &&
		    strcmp(m->mounted[i].device, d->name) == 0)
			return &m->mounted[i];
	return NULL;
}

static int find_layer(struct engine_mount *m, const struct device *d, struct mounted *new,
		      char **source, struct cvt_error *err)
{
	const char *path = stack_path(m->stack, d);

	if (!path)
		return error_raise(err, ERR_ENGINE, d->name, "is not open");
	*source = strdup(path);
	new->layer = strdup(path);
	return *source && new->layer ? 0 : error_nomem(err);
}

static int attach(struct engine_mount *m, const struct device *d, struct mounted *new,
		  char **source, struct cvt_error *err)
{
	const struct mounted *old;
	int r;

	if (d->kind != DEVICE_DISK)
		return find_layer(m, d, new, source, err);
	old = find_attached(m, d);
	if (old) {
		*source = strdup(old->loop.path);
		return *source ? 0 : error_nomem(err);
	}
	if (d->disk >= m->volumes->n)
		return error_raise(err, ERR_INTERNAL, d->name, "no such disk");
	r = loop_attach(m->volumes->v[d->disk].view, d->offset, d->size, d->name,
			&new->loop, err);
	if (r < 0)
		return r;
	*source = strdup(new->loop.path);
	return *source ? 0 : error_nomem(err);
}

static int show_member(struct engine_mount *m, const struct device *d,
		       struct cvt_error *err)
{
	struct mounted *grown = realloc(m->shown, (m->n_shown + 1) * sizeof(*grown)),
		       *new;
	CLEANUP_FREE char *path = NULL;
	int r;

	if (!grown)
		return error_nomem(err);
	m->shown = grown;
	new = &m->shown[m->n_shown];
	*new = (struct mounted){ .loop.fd = -1, .is_btrfs = true };
	r = attach(m, d, new, &path, err);
	if (r < 0)
		return r;
	m->n_shown++;
	new->device = strdup(d->name);
	if (!new->device)
		return error_nomem(err);
	r = btrfs_scan(path);
	return r < 0 ? error_raise(err, ERR_ENGINE, d->name,
				   "is no member of a btrfs to this kernel: %s",
				   strerror(-r))
		     : 0;
}

static bool is_shown(const struct engine_mount *m, const struct device *d)
{
	for (size_t i = 0; i < m->n_shown; i++)
		if (strcmp(m->shown[i].device, d->name) == 0)
			return true;
	return false;
}

/* The other devices of the btrfs on @d. */
static int show_members(struct engine_mount *m, const struct device *d,
			struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < m->members.n && r == 0; i++)
		if (members_belong(&m->members.v[i], d) && !is_shown(m, &m->members.v[i]))
			r = show_member(m, &m->members.v[i], err);
	return r;
}

static int open_root(struct engine_mount *m, struct job *j)
{
	int r;

	j->target = m->volumes->work;
	r = namespace_run(m->ns, do_open, j);
	if (r == 0)
		m->fs.root = j->root;
	return r;
}

/* The layer stays, and so does what it has not written back yet. */
static int flush(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int detach(struct mounted *m)
{
	if (m->loop.fd >= 0 && m->is_btrfs)
		btrfs_forget(m->loop.path);
	if (m->layer && m->is_btrfs)
		btrfs_forget(m->layer);
	return m->layer ? flush(m->layer) : loop_detach(&m->loop);
}

static void mounted_clear(struct mounted *m)
{
	(void)detach(m);
	free(m->where);
	free(m->device);
	free(m->layer);
	free(m->path);
}

/* Mount @j at the fd @at inside the guest; -1: it is the root, over our work directory.
 */
static int mount_new(struct engine_mount *m, struct job *j, int at,
		     const struct device *d, struct mounted *new, struct cvt_error *err)
{
	CLEANUP_FREE char *source = NULL;
	char target[64];
	int r = attach(m, d, new, &source, err);

	if (r == 0)
		r = show_members(m, d, err);
	if (r < 0)
		return r;
	snprintf(target, sizeof(target), "/proc/self/fd/%d", at);
	j->source = source;
	j->target = at < 0 ? m->volumes->work : target;
	r = namespace_run(m->ns, do_mount, j);
	if (r < 0)
		return fail_mount(err, d, source, -r);
	new->path = strdup(j->path);
	r = at < 0 ? open_root(m, j) : 0;
	if (!new->path || r < 0) {
		(void)namespace_run(m->ns, do_umount, j);
		return r < 0 ? fail_mount(err, d, source, -r) : error_nomem(err);
	}
	return 0;
}

static int mount_mount(struct engine *e, const struct device *d, uint64_t subvol,
		       const char *where, bool writable, struct cvt_error *err)
{
	struct engine_mount *m = (struct engine_mount *)e;
	const struct filesystem *fs = filesystem_find(d->type);
	bool is_root = strcmp(where, "/") == 0;
	struct mounted *old = find(m, where);
	CLEANUP_CLOSE int at = -1;
	struct job j = { 0 };
	struct mounted *new;
	char data[128];
	int r;

	if (!fs)
		return error_raise(err, ERR_ENGINE_LACKS, d->name,
				   "the engine mount does not mount %s",
				   d->type ? d->type : "what has no known file system");
	describe(&j, fs, subvol, writable, data, sizeof(data));
	if (old)
		return writable && !old->writable ? remount(m, old, &j, d, err) : 0;
	if (!is_root)
		at = rootfs_open(e, where, O_PATH | O_DIRECTORY);
	if (!is_root && at < 0)
		return rootfs_fail(err, errno, where, "mount");
	new = reserve(m);
	if (!new)
		return error_nomem(err);
	new->writable = writable;
	new->where = strdup(where);
	new->device = strdup(d->name);
	new->is_btrfs = strcmp(d->type, "btrfs") == 0;
	r = new->where &&new->device ? mount_new(m, &j, at, d, new, err)
				     : error_nomem(err);
	if (r < 0)
		mounted_clear(new);
	else
		m->n_mounted++;
	return r;
}

static int patch_device(int fd, const struct bytes *data, uint64_t offset)
{
	int r = pwrite_full(fd, data->data, data->len, offset);

	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* The device as it is, not what it holds; @new keeps it until mounted_clear(). */
static int open_device(struct engine_mount *m, const struct device *d, int flags,
		       struct mounted *new, int *ret, struct cvt_error *err)
{
	CLEANUP_FREE char *source = NULL;
	int r = attach(m, d, new, &source, err);

	if (r < 0)
		return r;
	*ret = open(source, flags | O_CLOEXEC);
	if (*ret < 0)
		return error_raise(err, ERR_ENGINE, d->name, "cannot open it: %s",
				   strerror(errno));
	return 0;
}

static int mount_patch(struct engine *e, const struct device *d, const char *path,
		       uint64_t offset, const struct bytes *data, struct cvt_error *err)
{
	CLEANUP(mounted_clear) struct mounted new = { .loop.fd = -1 };
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (path)
		return rootfs_patch(e, d, path, offset, data, err);
	r = open_device((struct engine_mount *)e, d, O_RDWR, &new, &fd, err);
	if (r < 0)
		return r;
	r = patch_device(fd, data, offset);
	return r < 0 ? error_raise(err, ERR_APPLY, d->name, "cannot write: %s",
				   strerror(-r))
		     : 0;
}

static int mount_read_device(struct engine *e, const struct device *d, uint64_t offset,
			     size_t max, struct bytes *ret, struct cvt_error *err)
{
	CLEANUP(mounted_clear) struct mounted new = { .loop.fd = -1 };
	CLEANUP_BYTES struct bytes b = { 0 };
	CLEANUP_CLOSE int fd = -1;
	int r = open_device((struct engine_mount *)e, d, O_RDONLY, &new, &fd, err);

	if (r < 0)
		return r;
	if (offset >= d->size)
		max = 0;
	else if (d->size - offset < max)
		max = (size_t)(d->size - offset);
	b.data = calloc(1, max + 1);
	b.len = max;
	if (!b.data)
		return error_nomem(err);
	r = pread_full(fd, b.data, max, offset);
	if (r < 0)
		return error_raise(err, ERR_ENGINE, d->name, "cannot read: %s",
				   strerror(-r));
	bytes_clear(ret);
	*ret = bytes_take(&b);
	return 0;
}

static int mount_subvolumes(struct engine *e, size_t device, struct guest *g,
			    struct cvt_error *err)
{
	CLEANUP_CLOSE int top = rootfs_open(e, "/", O_RDONLY | O_DIRECTORY);

	if (top < 0)
		return rootfs_fail(err, errno, "/", "open");
	return btrfs_subvolumes(top, device, g, err);
}

static int mount_umount(struct engine *e, struct cvt_error *err)
{
	struct engine_mount *m = (struct engine_mount *)e;
	int r = 0;

	closep(&m->fs.root);
	m->fs.root = -1;
	while (m->n_mounted > 0) {
		struct mounted *last = &m->mounted[--m->n_mounted];
		struct job j = { .target = last->path };
		int code = namespace_run(m->ns, do_umount, &j);
		int written = detach(last);

		if (code == 0)
			code = written;
		if (code < 0 && r == 0)
			r = error_raise(err, ERR_ENGINE, last->where,
					"cannot unmount: %s", strerror(-code));
		mounted_clear(last);
	}
	while (m->n_shown > 0) {
		int code = detach(&m->shown[m->n_shown - 1]);

		if (code < 0 && r == 0)
			r = error_raise(err, ERR_ENGINE, m->shown[m->n_shown - 1].device,
					"cannot write back: %s", strerror(-code));
		mounted_clear(&m->shown[--m->n_shown]);
	}
	return r;
}

static uint64_t half_of_memory(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2;
}

static int mount_checker(struct engine *e, const struct device *d,
			 const char *const argv[], bool bounded, struct bytes *said,
			 struct cvt_error *err)
{
	static const struct process_bounds bounds = { ENGINE_CHECK_SECONDS, ENGINE_SAID_MAX };
	const struct process_options options = { .memory = bounded ? half_of_memory() : 0 };
	CLEANUP(mounted_clear) struct mounted on = { .loop.fd = -1 };
	CLEANUP_FREE char *source = NULL;
	const char *words[ENGINE_CHECKER_WORDS + 1] = { 0 };
	int r = attach((struct engine_mount *)e, d, &on, &source, err), written;

	if (r < 0)
		return r;
	for (size_t i = 0; i < ENGINE_CHECKER_WORDS && argv[i]; i++)
		words[i] = *argv[i] ? argv[i] : source;
	r = process_run_within(e->ctx, words, &options, &bounds, said, err);
	written = loop_detach(&on.loop);
	if (r >= 0 && written < 0)
		return error_raise(err, ERR_ENGINE, d->name, "cannot be written back: %s",
				   strerror(-written));
	return r;
}

static void mount_close(struct engine *e)
{
	struct engine_mount *m = (struct engine_mount *)e;

	(void)mount_umount(e, NULL);
	stack_close(m->stack);
	closep(&m->ns);
	members_clear(&m->members);
	free(m->shown);
	free(m->mounted);
	free(m);
}

const struct engine_ops engine_mount_ops = {
	.name = "mount",
	.open = mount_open,
	.activate = mount_activate,
	.mount = mount_mount,
	.subvolumes = mount_subvolumes,
	.umount = mount_umount,
	.list = rootfs_list,
	.stat = rootfs_stat,
	.read = rootfs_read,
	.readlink = rootfs_readlink,
	.write = rootfs_write,
	.append = rootfs_append,
	.patch = mount_patch,
	.read_device = mount_read_device,
	.remove = rootfs_remove,
	.symlink = rootfs_symlink,
	.mkdir = rootfs_mkdir,
	.label = rootfs_label,
	.space = rootfs_space,
	.checker = mount_checker,
	.close = mount_close,
};
