/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libguestfs appliance mounts the guest: its kernel, and not this one, meets what may
 * be a hostile file system.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/appliance.h"
#include "engine/filesystem.h"
#include "engine/guestfs_private.h"
#include "engine/rootfs.h"

#define LIST_MAX 65536

int guestfs_fail(struct engine *e, struct cvt_error *err, const char *path,
		 const char *what)
{
	int code = guestfs_last_errno(handle(e));

	if (code == 0)
		return error_raise(err, ERR_ENGINE, path, "cannot %s: %s", what,
				   appliance_error(handle(e)));
	return rootfs_fail(err, code, path, what);
}

static void engine_guestfs_close(struct engine *e)
{
	struct engine_guestfs *s = (struct engine_guestfs *)e;

	if (s->mounted.n > 0)
		(void)guestfs_umount_all(s->g);
	stack_close(s->stack);
	if (guestfs_shutdown(s->g) < 0)
		context_log(e->ctx, CVT_LOG_WARNING, "the appliance did not end well: %s",
			    appliance_error(s->g));
	guestfs_close(s->g);
	free_list(&s->disks);
	free_list(&s->kernel);
	names_clear(&s->mounted);
	names_clear(&s->writable);
	names_clear(&s->patched);
	free(s);
}

static int engine_guestfs_open(struct context *ctx, struct volumes *volumes,
			       const char *dir, const struct engine_options *options,
			       struct engine **ret, struct cvt_error *err)
{
	struct engine_guestfs *s;
	struct place *place;
	int r;

	if (dir || !volumes)
		return error_raise(err, ERR_USAGE, dir, "the engine guestfs takes disks");
	s = calloc(1, sizeof(*s));
	if (!s)
		return error_nomem(err);
	s->engine = (struct engine){ &engine_guestfs, ctx };
	r = appliance_start(ctx, volumes, options, &s->g, err);
	if (r < 0) {
		free(s);
		return r;
	}
	s->disks = guestfs_list_devices(s->g);
	while (s->disks && s->disks[s->n_disks])
		s->n_disks++;
	if (s->n_disks < volumes->n) {
		engine_guestfs_close(&s->engine);
		return error_raise(err, ERR_ENGINE, NULL,
				   "the appliance shows %zu of %zu disks", s->n_disks,
				   volumes->n);
	}
	r = appliance_kernel_names(s->g, volumes->n, &s->kernel, err);
	if (r == 0)
		r = place_guestfs(s, &place, err);
	if (r == 0)
		r = stack_new(place, options->keys, options->n_keys, &s->stack, err);
	if (r < 0)
		engine_guestfs_close(&s->engine);
	else
		*ret = &s->engine;
	return r;
}

static int engine_guestfs_activate(struct engine *e, struct guest *g,
				   struct cvt_error *err)
{
	return stack_activate(((struct engine_guestfs *)e)->stack, g, err);
}

static char *device_path(const struct engine_guestfs *s, char **disks,
			 const struct device *d)
{
	char *path = NULL;
	int r;

	if (d->kind != DEVICE_DISK)
		return stack_path(s->stack, d) ? strdup(stack_path(s->stack, d)) : NULL;
	if (d->part)
		r = asprintf(&path, "%s%u", disks[d->disk], d->part);
	else
		r = asprintf(&path, "%s", disks[d->disk]);
	return r < 0 ? NULL : path;
}

char *guestfs_device_path(const struct engine_guestfs *s, const struct device *d)
{
	return device_path(s, s->disks, d);
}

char *guestfs_shell_path(const struct engine_guestfs *s, const struct device *d)
{
	return device_path(s, s->kernel, d);
}

char *guestfs_call_path(const struct engine_guestfs *s, const char *path)
{
	char *call = NULL;

	for (size_t i = 0; s->kernel[i]; i++) {
		size_t n = strlen(s->kernel[i]);

		if (strncmp(path, s->kernel[i], n) == 0 &&
		    strspn(path + n, "0123456789") == strlen(path + n))
			return asprintf(&call, "%s%s", s->disks[i], path + n) < 0 ? NULL
										  : call;
	}
	return strdup(path);
}

static int mount_new(struct engine *e, const struct device *d, uint64_t subvol,
		     const char *where, bool writable, struct cvt_error *err)
{
	const struct filesystem *fs = filesystem_find(d->type);
	char own[FILESYSTEM_OPTIONS_SIZE] = "";
	CLEANUP_FREE char *device = guestfs_device_path((struct engine_guestfs *)e, d);
	char options[sizeof(own) + 64];
	bool is_damage;

	if (fs)
		filesystem_options(fs, subvol, writable, own, sizeof(own));
	snprintf(options, sizeof(options), "%s,nodev,nosuid,noexec,noatime%s%s",
		 writable ? "rw" : "ro", *own ? "," : "", own);
	if (!device)
		return error_nomem(err);
	if (guestfs_mount_vfs(handle(e), options, d->type, device, where) == 0)
		return 0;
	if (strstr(appliance_error(handle(e)), "unknown filesystem type"))
		return error_raise(err, ERR_ENGINE_LACKS, d->name,
				   "the appliance has no %s", d->type);
	/* strerror(3) of EUCLEAN and EBADMSG, as engine_mount.c knows them. */
	is_damage = strstr(appliance_error(handle(e)), "Structure needs cleaning") ||
		    strstr(appliance_error(handle(e)), "Bad message");
	return error_raise(err, is_damage ? ERR_FS_DAMAGED : ERR_ENGINE, d->name,
			   "cannot mount its %s: %s", d->type,
			   appliance_error(handle(e)));
}

/* The directory that @where is, links resolved inside the guest; -ENOENT: it is none. */
static int find_directory(struct engine *e, const char *where, char **ret,
			  struct cvt_error *err)
{
	int r;

	if (strcmp(where, "/") == 0) {
		*ret = strdup(where);
		return *ret ? 0 : error_nomem(err);
	}
	r = guestfs_is_dir_opts(handle(e), where, GUESTFS_IS_DIR_OPTS_FOLLOWSYMLINKS, 1,
				-1);
	if (r == 0)
		return -ENOENT;
	if (r > 0)
		*ret = guestfs_realpath(handle(e), where);
	return *ret ? 0 : guestfs_fail(e, err, where, "find");
}

static int engine_guestfs_mount(struct engine *e, const struct device *d, uint64_t subvol,
				const char *where, bool writable, struct cvt_error *err)
{
	struct engine_guestfs *s = (struct engine_guestfs *)e;
	CLEANUP_FREE char *path = NULL;
	int r;

	if (!d->type)
		return error_raise(err, ERR_ENGINE_LACKS, d->name,
				   "has no known file system");
	if (d->kind == DEVICE_DISK && d->disk >= s->n_disks)
		return error_raise(err, ERR_INTERNAL, d->name, "no such disk");
	if (names_has(&s->mounted, where) &&
	    (!writable || names_has(&s->writable, where)))
		return 0;
	r = find_directory(e, where, &path, err);
	if (r < 0)
		return r;
	if (!names_has(&s->mounted, where))
		r = mount_new(e, d, subvol, path, writable, err);
	else if (guestfs_remount(s->g, path, GUESTFS_REMOUNT_RW, 1, -1) < 0)
		r = guestfs_fail(e, err, where, "mount it for writing");
	if (r == 0 && (names_add_new(&s->mounted, where) < 0 ||
		       (writable && names_add_new(&s->writable, where) < 0)))
		r = error_nomem(err);
	return r;
}

static int compare_ids(const void *a, const void *b)
{
	const struct guestfs_btrfssubvolume *x = a, *y = b;

	return (x->btrfssubvolume_id > y->btrfssubvolume_id) -
	       (x->btrfssubvolume_id < y->btrfssubvolume_id);
}

static int add_subvolumes(const struct guestfs_btrfssubvolume_list *l, uint64_t id,
			  size_t device, struct guest *g)
{
	bool found = false;
	const size_t first = g->n_subvolumes;
	int r = guest_add_subvolume(g, device, SUBVOL_TOP, "");

	qsort(l->val, l->len, sizeof(*l->val), compare_ids);
	for (uint32_t i = 0; i < l->len && r == 0; i++) {
		r = guest_add_subvolume(g, device, l->val[i].btrfssubvolume_id,
					l->val[i].btrfssubvolume_path);
		if (r == 0 && l->val[i].btrfssubvolume_id == id)
			found = g->subvolumes[g->n_subvolumes - 1].is_default = true;
	}
	if (r == 0 && !found)
		g->subvolumes[first].is_default = true;
	return r;
}

static int engine_guestfs_subvolumes(struct engine *e, size_t device, struct guest *g,
				     struct cvt_error *err)
{
	struct guestfs_btrfssubvolume_list *l =
		guestfs_btrfs_subvolume_list(handle(e), "/");
	int64_t id = l ? guestfs_btrfs_subvolume_get_default(handle(e), "/") : -1;
	int r = id < 0 ? -EIO : add_subvolumes(l, (uint64_t)id, device, g);

	if (r == -EIO)
		r = error_raise(err, ERR_ENGINE, g->devices[device].name,
				"cannot list its subvolumes: %s",
				appliance_error(handle(e)));
	else if (r < 0)
		r = error_nomem(err);
	if (l)
		guestfs_free_btrfssubvolume_list(l);
	return r;
}

/* The appliance learns of new partitions.  Where others of the disk are in use, and one of them
 * was cut off for a new one, the new one is there when its place is.
 */
static void read_tables(struct engine_guestfs *s)
{
	for (size_t i = 0; i < s->patched.n; i++) {
		const char *disk = s->patched.v[i];
		char command[256];
		char *argv[] = { command, NULL };

		snprintf(command, sizeof(command),
			 "blockdev --rereadpt %s || { partx -u %s; partx -u %s; }; "
			 "udevadm settle; true",
			 disk, disk, disk);
		free(guestfs_debug(s->g, "sh", argv));
	}
	names_clear(&s->patched);
}

static int engine_guestfs_umount(struct engine *e, struct cvt_error *err)
{
	struct engine_guestfs *s = (struct engine_guestfs *)e;

	if (s->mounted.n == 0)
		return 0;
	names_clear(&s->mounted);
	names_clear(&s->writable);
	if (guestfs_sync(s->g) < 0 || guestfs_umount_all(s->g) < 0)
		return error_raise(err, ERR_ENGINE, NULL, "cannot unmount: %s",
				   appliance_error(s->g));
	read_tables(s);
	return 0;
}

static int engine_guestfs_list(struct engine *e, const char *dir, struct names *ret,
			       struct cvt_error *err)
{
	CLEANUP_NAMES struct names l = { 0 };
	CLEANUP_LIST char **entries = guestfs_ls(handle(e), dir);

	if (!entries)
		return guestfs_fail(e, err, dir, "list");
	for (size_t i = 0; entries[i]; i++) {
		if (i == LIST_MAX)
			return error_raise(err, ERR_FILE_TOO_LARGE, dir,
					   "more than %d entries", LIST_MAX);
		if (names_add(&l, entries[i]) < 0)
			return error_nomem(err);
	}
	names_sort(&l);
	names_clear(ret);
	*ret = l;
	l = (struct names){ 0 };
	return 0;
}

static int engine_guestfs_stat(struct engine *e, const char *path, struct file_stat *ret,
			       struct cvt_error *err)
{
	struct guestfs_statns *st = guestfs_lstatns(handle(e), path);

	if (!st)
		return guestfs_fail(e, err, path, "stat");
	*ret = (struct file_stat){
		.kind = file_kind_of((mode_t)st->st_mode),
		.mode = (mode_t)st->st_mode & 07777,
		.size = (uint64_t)st->st_size,
		.links = (uint64_t)st->st_nlink,
		.uid = (uint64_t)st->st_uid,
	};
	guestfs_free_statns(st);
	return 0;
}

/* Size of the regular file that @path leads to. */
static int regular_size(struct engine *e, const char *path, uint64_t *ret,
			struct cvt_error *err)
{
	struct guestfs_statns *st = guestfs_statns(handle(e), path);
	bool regular = st && S_ISREG(st->st_mode);

	if (!st)
		return guestfs_fail(e, err, path, "open");
	*ret = (uint64_t)st->st_size;
	guestfs_free_statns(st);
	if (!regular)
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is no regular file");
	return 0;
}

static int engine_guestfs_read(struct engine *e, const char *path, uint64_t offset,
			       size_t max, struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	uint64_t size = 0, left;
	int r = regular_size(e, path, &size, err);

	if (r < 0)
		return r;
	left = offset < size ? size - offset : 0;
	if (left > max)
		left = max;
	if (bytes_set(&b, "", 0) < 0)
		return error_nomem(err);
	while (left > 0) {
		int want = (int)(left < MESSAGE_MAX ? left : MESSAGE_MAX);
		size_t got = 0;
		CLEANUP_FREE char *part = guestfs_pread(handle(e), path, want,
							(int64_t)(offset + b.len), &got);

		if (!part)
			return guestfs_fail(e, err, path, "read");
		if (got == 0 || got > (size_t)want)
			break;
		if (bytes_append(&b, part, got) < 0)
			return error_nomem(err);
		left -= got;
	}
	bytes_clear(ret);
	*ret = bytes_take(&b);
	return 0;
}

static int engine_guestfs_read_device(struct engine *e, const struct device *d,
				      uint64_t offset, size_t max, struct bytes *ret,
				      struct cvt_error *err)
{
	CLEANUP_FREE char *path = guestfs_device_path((struct engine_guestfs *)e, d);
	CLEANUP_FREE char *data = NULL;
	size_t got = 0;

	if (!path)
		return error_nomem(err);
	data = guestfs_pread_device(handle(e), path,
				    (int)(max < MESSAGE_MAX ? max : MESSAGE_MAX),
				    (int64_t)offset, &got);
	if (!data)
		return error_raise(err, ERR_ENGINE, d->name, "cannot read: %s",
				   appliance_error(handle(e)));
	return bytes_set(ret, data, got) < 0 ? error_nomem(err) : 0;
}

static int engine_guestfs_readlink(struct engine *e, const char *path, char **ret,
				   struct cvt_error *err)
{
	char *target = guestfs_readlink(handle(e), path);

	if (!target && guestfs_last_errno(handle(e)) == EINVAL)
		return error_raise(err, ERR_FILE_INVALID, path, "is no symbolic link");
	if (!target)
		return guestfs_fail(e, err, path, "read the link");
	*ret = target;
	return 0;
}

static int engine_guestfs_space(struct engine *e, const char *path, uint64_t *ret,
				struct cvt_error *err)
{
	struct guestfs_statvfs *st = guestfs_statvfs(handle(e), path);

	if (!st)
		return guestfs_fail(e, err, path, "stat its file system");
	if (__builtin_mul_overflow((uint64_t)st->bfree, (uint64_t)st->frsize, ret))
		*ret = UINT64_MAX;
	guestfs_free_statvfs(st);
	return 0;
}

const struct engine_ops engine_guestfs = {
	.name = "guestfs",
	.open = engine_guestfs_open,
	.activate = engine_guestfs_activate,
	.mount = engine_guestfs_mount,
	.subvolumes = engine_guestfs_subvolumes,
	.umount = engine_guestfs_umount,
	.list = engine_guestfs_list,
	.stat = engine_guestfs_stat,
	.read = engine_guestfs_read,
	.readlink = engine_guestfs_readlink,
	.write = guestfs_engine_write,
	.append = guestfs_engine_append,
	.patch = guestfs_engine_patch,
	.read_device = engine_guestfs_read_device,
	.remove = guestfs_engine_remove,
	.symlink = guestfs_engine_symlink,
	.mkdir = guestfs_engine_mkdir,
	.label = guestfs_engine_label,
	.space = engine_guestfs_space,
	.checker = guestfs_engine_checker,
	.close = engine_guestfs_close,
};
