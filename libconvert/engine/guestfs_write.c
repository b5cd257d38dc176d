/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing files through the appliance, by the rules of rootfs_write.c. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/appliance.h"
#include "engine/guestfs_private.h"
#include "engine/rootfs.h"
#include "volume/fullio.h"

#define LABEL "security.selinux"
#define CAPABILITY "security.capability"
#define ASIDE ".libconvert-attributes"
#define MESSAGE_MAX \
	((size_t)2 << 20) /* bytes; a message of libguestfs has 4 MiB at most */
#define KEEP_TIME (-2) /* guestfs_utimens(): leave this one as it is */

static void free_statns(struct guestfs_statns **st)
{
	guestfs_free_statns(*st);
}

#define CLEANUP_STATNS CLEANUP(free_statns)

/* Where something has to be made, -ENOENT is a failure.  A parent that exists and is no
 * directory is a dangling link or a file.
 */
static int fail_new(struct engine *e, struct cvt_error *err, const char *path)
{
	int code = guestfs_last_errno(handle(e));

	if (code == EEXIST)
		code = ENOENT;
	if (code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG)
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "cannot create: %s",
				   strerror(code));
	return guestfs_fail(e, err, path, "create");
}

/* Send @len bytes to @offset of an existing file, or of a new one. */
static int send_bytes(struct engine *e, const char *path, const char *data, size_t len,
		      uint64_t offset)
{
	CLEANUP_CLOSE int fd = memfd_create("upload", MFD_CLOEXEC);
	char local[64];

	if (fd < 0 || pwrite_full(fd, data, len, 0) < 0)
		return -1;
	snprintf(local, sizeof(local), "/dev/fd/%d", fd);
	return guestfs_upload_offset(handle(e), local, path, (int64_t)offset);
}

/* As replace_tail() of rootfs_write.c: what needs room first. */
static int replace_tail(struct engine *e, const char *path, uint64_t size,
			uint64_t offset, const struct bytes *data, struct cvt_error *err)
{
	size_t old = size - offset < data->len ? (size_t)(size - offset) : data->len;
	int r;

	if (data->len > old &&
	    send_bytes(e, path, data->data + old, data->len - old, offset + old) < 0) {
		r = guestfs_fail(e, err, path, "write");
		(void)guestfs_truncate_size(handle(e), path, (int64_t)size);
		return r;
	}
	if ((old > 0 && send_bytes(e, path, data->data, old, offset) < 0) ||
	    (offset + data->len < size &&
	     guestfs_truncate_size(handle(e), path, (int64_t)(offset + data->len)) < 0))
		return guestfs_fail(e, err, path, "write");
	return 0;
}

static int set_time(struct engine *e, const char *path, const struct timespec *mtime)
{
	return mtime ? guestfs_utimens(handle(e), path, 0, KEEP_TIME, mtime->tv_sec,
				       mtime->tv_nsec)
		     : 0;
}

static bool has_capability(struct engine *e, const char *path)
{
	size_t n = 0;
	CLEANUP_FREE char *value = guestfs_lgetxattr(handle(e), path, CAPABILITY, &n);

	return value != NULL;
}

static int copy_attributes(struct engine *e, const char *from, const char *to)
{
	return guestfs_copy_attributes(handle(e), from, to,
				       GUESTFS_COPY_ATTRIBUTES_XATTRIBUTES, 1, -1);
}

/* Writing drops file capabilities.  libguestfs cannot set the value of an attribute with
 * a NUL in it (1.48: guestfs_lsetxattr() takes a string), but it can copy one, so an
 * empty file keeps them meanwhile.
 */
static int replace_capable(struct engine *e, const char *path, uint64_t size,
			   uint64_t offset, const struct bytes *data,
			   struct cvt_error *err)
{
	CLEANUP_FREE char *aside = NULL;
	int r;

	if (!has_capability(e, path))
		return replace_tail(e, path, size, offset, data, err);
	if (asprintf(&aside, "%s" ASIDE, path) < 0) {
		aside = NULL;
		return error_nomem(err);
	}
	if (guestfs_touch(handle(e), aside) < 0 || copy_attributes(e, path, aside) < 0)
		return guestfs_fail(e, err, path, "keep its attributes");
	r = replace_tail(e, path, size, offset, data, err);
	if (r == 0 && copy_attributes(e, aside, path) < 0)
		r = guestfs_fail(e, err, path, "restore its attributes");
	if (guestfs_rm(handle(e), aside) < 0 && r == 0)
		r = guestfs_fail(e, err, aside, "remove");
	return r;
}

/* Those of the letters "ia" of chattr(1) that @path has, to @ret; "" where there are none. */
static void get_held(struct engine *e, const char *path, char ret[3])
{
	CLEANUP_FREE char *attrs = guestfs_get_e2attrs(handle(e), path);
	size_t n = 0;

	for (const char *c = "ia"; *c && attrs; c++)
		if (strchr(attrs, *c))
			ret[n++] = *c;
	ret[n] = '\0';
}

static int replace_content(struct engine *e, const char *path,
			   const struct guestfs_statns *st, uint64_t keep,
			   const struct bytes *data, const struct timespec *mtime,
			   struct cvt_error *err)
{
	int r = replace_capable(e, path, (uint64_t)st->st_size, keep, data, err);

	if (r < 0)
		return r;
	if (guestfs_chmod(handle(e), (int)st->st_mode & 07777, path) < 0 ||
	    set_time(e, path, mtime) < 0)
		return guestfs_fail(e, err, path, "write");
	return 0;
}

static int write_in_place(struct engine *e, const char *path,
			  const struct guestfs_statns *st, uint64_t keep,
			  const struct bytes *data, const struct timespec *mtime,
			  struct cvt_error *err)
{
	uint64_t size = (uint64_t)st->st_size;
	char held[3];
	int r;

	if (S_ISLNK(st->st_mode))
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is a symbolic link");
	if (!S_ISREG(st->st_mode))
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is no regular file");
	if (keep > size)
		return error_raise(err, ERR_APPLY, path, "shorter than when it was read");
	get_held(e, path, held);
	if (*held && guestfs_set_e2attrs(handle(e), path, held, GUESTFS_SET_E2ATTRS_CLEAR,
					 1, -1) < 0)
		return guestfs_fail(e, err, path, "make it mutable");
	r = replace_content(e, path, st, keep, data, mtime, err);
	if (*held && guestfs_set_e2attrs(handle(e), path, held, -1) < 0 && r == 0)
		r = guestfs_fail(e, err, path, "make it immutable again");
	return r;
}

/* Owner, group and label of the directory @parent for the new @path. */
static int adopt(struct engine *e, const char *path, const char *parent)
{
	CLEANUP_STATNS struct guestfs_statns *dir = guestfs_statns(handle(e), parent);
	CLEANUP_FREE char *label = NULL;
	size_t n = 0;

	if (!dir ||
	    guestfs_lchown(handle(e), (int)dir->st_uid, (int)dir->st_gid, path) < 0)
		return -1;
	label = guestfs_getxattr(handle(e), parent, LABEL, &n);
	if (!label)
		return 0;
	return guestfs_lsetxattr(handle(e), LABEL, label, (int)n, path);
}

static int make_directory(struct engine *e, const char *path, const char *parent,
			  mode_t mode)
{
	if (guestfs_mkdir(handle(e), path) < 0 || adopt(e, path, parent) < 0)
		return -1;
	return guestfs_chmod(handle(e), (int)mode, path);
}

static bool is_directory(struct engine *e, const char *path)
{
	return guestfs_is_dir_opts(handle(e), path, GUESTFS_IS_DIR_OPTS_FOLLOWSYMLINKS, 1,
				   -1) == 1;
}

/* Make the directories above @path.  *@ret is the last of them. */
static int make_parents(struct engine *e, const char *path, mode_t mode, char **ret,
			struct cvt_error *err)
{
	CLEANUP_FREE char *prefix = strdup(path);
	CLEANUP_FREE char *parent = strdup("/");
	const char *start = path + strspn(path, "/");

	if (!prefix || !parent)
		return error_nomem(err);
	for (const char *end; (end = strchr(start, '/'));
	     start = end + strspn(end, "/")) {
		prefix[end - path] = '\0';
		if (!is_directory(e, prefix) &&
		    make_directory(e, prefix, parent, mode) < 0)
			return fail_new(e, err, path);
		free(parent);
		parent = strdup(prefix);
		if (!parent)
			return error_nomem(err);
		prefix[end - path] = '/';
	}
	if (*start == '\0' || strcmp(start, ".") == 0 || strcmp(start, "..") == 0)
		return error_raise(err, ERR_FILE_NOT_REGULAR, path,
				   "is no name of a file");
	*ret = take_ptr(parent);
	return 0;
}

static int write_new(struct engine *e, const char *path, const struct bytes *data,
		     mode_t mode, const struct timespec *mtime, struct cvt_error *err)
{
	CLEANUP_FREE char *parent = NULL;
	int r = make_parents(e, path, engine_dir_mode(mode), &parent, err);

	if (r < 0)
		return r;
	if (send_bytes(e, path, data->data, data->len, 0) == 0 &&
	    adopt(e, path, parent) == 0 &&
	    guestfs_chmod(handle(e), (int)mode & 07777, path) == 0 &&
	    set_time(e, path, mtime) == 0)
		return 0;
	r = fail_new(e, err, path);
	(void)guestfs_rm_f(handle(e), path);
	return r;
}

int guestfs_engine_write(struct engine *e, const char *path, const struct bytes *data,
			 mode_t mode, const struct timespec *mtime, struct cvt_error *err)
{
	CLEANUP_STATNS struct guestfs_statns *st = guestfs_lstatns(handle(e), path);

	if (st)
		return write_in_place(e, path, st, 0, data, mtime, err);
	if (guestfs_last_errno(handle(e)) != ENOENT)
		return fail_new(e, err, path);
	return write_new(e, path, data, mode, mtime, err);
}

int guestfs_engine_append(struct engine *e, const char *path, uint64_t size,
			  const struct bytes *data, const struct timespec *mtime,
			  struct cvt_error *err)
{
	CLEANUP_STATNS struct guestfs_statns *st = guestfs_lstatns(handle(e), path);

	if (!st)
		return guestfs_fail(e, err, path, "open");
	return write_in_place(e, path, st, size, data, mtime, err);
}

int guestfs_engine_remove(struct engine *e, const char *path, struct cvt_error *err)
{
	CLEANUP_STATNS struct guestfs_statns *st = guestfs_lstatns(handle(e), path);

	if (st && S_ISDIR(st->st_mode))
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is a directory");
	if (!st || guestfs_rm(handle(e), path) < 0)
		return guestfs_fail(e, err, path, "remove");
	return 0;
}

static int note_patched(struct engine_guestfs *s, const struct device *d)
{
	CLEANUP_FREE char *disk = guestfs_shell_path(s, d);

	return disk ? names_add_new(&s->patched, disk) : -ENOMEM;
}

static int patch_device(struct engine *e, const struct device *d, uint64_t offset,
			const struct bytes *data, struct cvt_error *err)
{
	CLEANUP_FREE char *path = guestfs_device_path((struct engine_guestfs *)e, d);

	if (!path)
		return error_nomem(err);
	for (size_t done = 0; done < data->len;) {
		size_t left = data->len - done;
		int n = guestfs_pwrite_device(handle(e), path, data->data + done,
					      left < MESSAGE_MAX ? left : MESSAGE_MAX,
					      (int64_t)(offset + done));

		if (n <= 0)
			return error_raise(err, ERR_APPLY, d->name, "cannot write: %s",
					   n < 0 ? appliance_error(handle(e))
						 : "too few bytes");
		done += (size_t)n;
	}
	return d->part == 0 && note_patched((struct engine_guestfs *)e, d) < 0
		       ? error_nomem(err)
		       : 0;
}

int guestfs_engine_patch(struct engine *e, const struct device *d, const char *path,
			 uint64_t offset, const struct bytes *data, struct cvt_error *err)
{
	CLEANUP_STATNS struct guestfs_statns *st = NULL;
	int n;

	if (!path)
		return patch_device(e, d, offset, data, err);
	st = guestfs_lstatns(handle(e), path);
	if (!st)
		return guestfs_fail(e, err, path, "stat");
	if (!S_ISREG(st->st_mode))
		return error_raise(err, ERR_FILE_NOT_REGULAR, path, "is no regular file");
	n = guestfs_pwrite(handle(e), path, data->data, data->len, (int64_t)offset);
	if (n < 0 || (size_t)n != data->len ||
	    guestfs_utimens(handle(e), path, 0, KEEP_TIME, st->st_mtime_sec,
			    st->st_mtime_nsec) < 0)
		return guestfs_fail(e, err, path, "write");
	return 0;
}

int guestfs_engine_symlink(struct engine *e, const char *path, const char *to,
			   struct cvt_error *err)
{
	CLEANUP_STATNS struct guestfs_statns *st = guestfs_lstatns(handle(e), path);
	CLEANUP_FREE char *parent = NULL;
	int r;

	if (st)
		return error_raise(err, ERR_APPLY, path, "exists already");
	r = make_parents(e, path, 0755, &parent, err);
	if (r < 0)
		return r;
	if (guestfs_ln_s(handle(e), to, path) < 0)
		return fail_new(e, err, path);
	if (adopt(e, path, parent) == 0)
		return 0;
	r = fail_new(e, err, path);
	(void)guestfs_rm_f(handle(e), path);
	return r;
}

int guestfs_engine_mkdir(struct engine *e, const char *path, mode_t mode,
			 struct cvt_error *err)
{
	CLEANUP_FREE char *parent = NULL;
	int r;

	if (is_directory(e, path))
		return 0;
	r = make_parents(e, path, mode, &parent, err);
	if (r == 0 && make_directory(e, path, parent, mode) < 0)
		r = fail_new(e, err, path);
	return r;
}

int guestfs_engine_label(struct engine *e, const char *path, const char *label,
			 struct cvt_error *err)
{
	if (guestfs_lsetxattr(handle(e), LABEL, label, (int)strlen(label), path) == 0 ||
	    guestfs_last_errno(handle(e)) == ENOTSUP)
		return 0;
	return guestfs_fail(e, err, path, "label");
}
