/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An engine gives access to the files of one guest.  A backend is one file in
 * this directory: a struct that starts with struct engine, and one const
 * struct engine_ops.  Nothing outside engine/ knows which backend runs.
 *
 * Paths are absolute guest paths; every link resolves inside the guest, so
 * that a hostile image cannot make us read or write a host file.  Callers use
 * engine_read() and so on, never e->ops.
 *
 * Every call returns 0 or a negative errno with @err filled; -ENOENT (nothing
 * there, or a parent is missing) is an ordinary answer and leaves @err alone.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "core/context.h"
#include "core/secret.h"
#include "guest/guest.h"
#include "volume/volume.h"

enum file_kind {
	FILE_REGULAR,
	FILE_DIRECTORY,
	FILE_SYMLINK,
	FILE_OTHER, /* FIFO, socket, device */
};

struct file_stat {
	enum file_kind kind;
	mode_t mode;   /* permission bits */
	uint64_t size; /* bytes */
	uint64_t links;
	uint64_t uid;
};

/* Of a directory that is made for a file: as private as the file. */
static inline mode_t engine_dir_mode(mode_t file)
{
	return file & 077 ? 0755 : 0700;
}

/* Of st_mode, as stat(2) gives it. */
enum file_kind file_kind_of(mode_t mode);

struct engine_options {
	bool writable;	     /* a conversion follows; otherwise inspect or plan */
	unsigned memory_mib; /* of an appliance; 0: default */
	bool repair;	     /* damaged file systems may be mended */
	const struct key_source *keys; /* borrowed until engine_close() */
	size_t n_keys;
};

struct engine {
	const struct engine_ops *ops;
	struct context *ctx;
	struct cvt_error missed; /* see engine_missed() */
	bool repair;		 /* as in struct engine_options */
	/* the backend's own fields follow */
};

struct engine_ops {
	const char *name; /* "guestfs", "mount", "dir" */

	/*
	 * Get ready to mount.  Either @volumes is given, or @dir: a directory
	 * that is the guest's root already.  A backend refuses what it cannot.
	 */
	int (*open)(struct context *ctx, struct volumes *volumes, const char *dir,
		    const struct engine_options *options, struct engine **ret,
		    struct cvt_error *err);

	/*
	 * Add to @g->devices what only appears when activated: arrays, what is
	 * encrypted, logical volumes.  @g->devices holds disks and partitions
	 * already.  What cannot be opened is told by their shut and shut_why.
	 * ERR_ENGINE_LACKS only if there is something to activate and this
	 * kernel cannot.
	 */
	int (*activate)(struct engine *e, struct guest *g, struct cvt_error *err);

	/*
	 * Mount @d at @where; "/" first.  @subvol is the id of a subvolume where
	 * @d is btrfs, else 0.  The file system's journal is replayed, read-only
	 * or not (a replica is as after a power cut).  nodev, nosuid, noexec.
	 * -ENOENT if @where is no directory in the guest.
	 */
	int (*mount)(struct engine *e, const struct device *d, uint64_t subvol,
		     const char *where, bool writable, struct cvt_error *err);

	/*
	 * Add the subvolumes of the btrfs whose top level is mounted at "/" to
	 * @g->subvolumes, sorted by id, the top level among them, with one default.
	 * @device is its index in @g->devices.  NULL: no subvolumes are ever seen.
	 */
	int (*subvolumes)(struct engine *e, size_t device, struct guest *g,
			  struct cvt_error *err);

	/* Unmount everything that was mounted, writing it back. */
	int (*umount)(struct engine *e, struct cvt_error *err);

	/* Base names in @dir, without "." and "..", sorted; at most 65536. */
	int (*list)(struct engine *e, const char *dir, struct names *ret,
		    struct cvt_error *err);

	/* lstat(2): a final symbolic link is not followed. */
	int (*stat)(struct engine *e, const char *path, struct file_stat *ret,
		    struct cvt_error *err);

	/* Up to @max bytes from @offset of a regular file; fewer only at its end.  A
	 * final link is followed inside the guest.  ERR_FILE_NOT_REGULAR, never blocks on
	 * a FIFO.
	 */
	int (*read)(struct engine *e, const char *path, uint64_t offset, size_t max,
		    struct bytes *ret, struct cvt_error *err);

	int (*readlink)(struct engine *e, const char *path, char **ret,
			struct cvt_error *err);

	/*
	 * Give @path the content @data.  An existing file keeps its inode, and so
	 * owner, mode, hard links, ACLs, extended attributes and label; a new one
	 * gets @mode, and owner, group and SELinux label of its directory.  Missing
	 * directories are made the same way, with the mode of engine_dir_mode().  A final
	 * link is refused.
	 * The modification time is @mtime.
	 */
	int (*write)(struct engine *e, const char *path, const struct bytes *data,
		     mode_t mode, const struct timespec *mtime, struct cvt_error *err);

	/* The same for an existing file, which becomes its first @size bytes and @data.
	 */
	int (*append)(struct engine *e, const char *path, uint64_t size,
		      const struct bytes *data, const struct timespec *mtime,
		      struct cvt_error *err);

	/* Replace @data->len bytes at @offset of the regular file @path, or of the device
	 * @d, which is not mounted, if @path is NULL.  Nothing else changes, neither
	 * size nor time.
	 */
	int (*patch)(struct engine *e, const struct device *d, const char *path,
		     uint64_t offset, const struct bytes *data, struct cvt_error *err);

	/* Up to @max bytes from @offset of @d, which is not mounted; fewer only at its
	 * end.  NULL: no devices are ever seen.
	 */
	int (*read_device)(struct engine *e, const struct device *d, uint64_t offset,
			   size_t max, struct bytes *ret, struct cvt_error *err);

	int (*remove)(struct engine *e, const char *path, struct cvt_error *err);

	/* A new link; owner and label as for a new file. */
	int (*symlink)(struct engine *e, const char *path, const char *to,
		       struct cvt_error *err);

	/* A directory with @mode unless there is one, and those above it; owner and label as
	 * for a new file.
	 */
	int (*mkdir)(struct engine *e, const char *path, mode_t mode,
		     struct cvt_error *err);

	/* Give @path, which may be a link, the SELinux label @label.  Where the file system
	 * knows none that is no failure; -EPERM, with @err not filled: this process may not.
	 */
	int (*label)(struct engine *e, const char *path, const char *label,
		     struct cvt_error *err);

	/* Bytes that root can still write below @path. */
	int (*space)(struct engine *e, const char *path, uint64_t *ret,
		     struct cvt_error *err);

	/*
	 * Run a checker of file systems, a program of ours, on @d, which is not mounted:
	 * the word "" in @argv becomes its block device.  The exit status, and the first
	 * ENGINE_SAID_MAX bytes of what it says in @said.  -ETIMEDOUT, with @err not
	 * filled, after ENGINE_CHECK_SECONDS; ERR_NO_PROGRAM.  @bounded: it gets half of
	 * the memory at most.  NULL: there are no devices.
	 */
	int (*checker)(struct engine *e, const struct device *d, const char *const argv[],
		       bool bounded, struct bytes *said, struct cvt_error *err);

	/* Unmount and release; accepts a half-opened engine. */
	void (*close)(struct engine *e);
};

#define ENGINE_TEXT_MAX ((size_t)4 << 20)    /* bytes; no text file we edit is larger */
#define ENGINE_BINARY_MAX ((size_t)64 << 20) /* bytes; no module or loader is larger */
#define ENGINE_SAID_MAX ((size_t)64 << 10)
#define ENGINE_CHECK_SECONDS 300
#define ENGINE_CHECKER_WORDS 8

/* @name: "auto", or a backend's name, or "trace:NAME[,RULE]...": that backend, watched.
 * Exactly one of @volumes and @dir is given.
 */
int engine_open(struct context *ctx, const char *name, struct volumes *volumes,
		const char *dir, const struct engine_options *options,
		struct engine **ret, struct cvt_error *err);
int engine_activate(struct engine *e, struct guest *g, struct cvt_error *err);
int engine_mount(struct engine *e, const struct device *d, uint64_t subvol,
		 const char *where, bool writable, struct cvt_error *err);
int engine_subvolumes(struct engine *e, size_t device, struct guest *g,
		      struct cvt_error *err);
int engine_umount(struct engine *e, struct cvt_error *err);
int engine_list(struct engine *e, const char *dir, struct names *ret,
		struct cvt_error *err);
int engine_stat(struct engine *e, const char *path, struct file_stat *ret,
		struct cvt_error *err);
int engine_pread(struct engine *e, const char *path, uint64_t offset, size_t max,
		 struct bytes *ret, struct cvt_error *err);
/* The whole of a regular file; ERR_FILE_TOO_LARGE beyond @max. */
int engine_read(struct engine *e, const char *path, size_t max, struct bytes *ret,
		struct cvt_error *err);
int engine_readlink(struct engine *e, const char *path, char **ret,
		    struct cvt_error *err);
int engine_write(struct engine *e, const char *path, const struct bytes *data,
		 mode_t mode, const struct timespec *mtime, struct cvt_error *err);
int engine_append(struct engine *e, const char *path, uint64_t size,
		  const struct bytes *data, const struct timespec *mtime,
		  struct cvt_error *err);
int engine_patch(struct engine *e, const struct device *d, const char *path,
		 uint64_t offset, const struct bytes *data, struct cvt_error *err);
int engine_read_device(struct engine *e, const struct device *d, uint64_t offset,
		       size_t max, struct bytes *ret, struct cvt_error *err);
int engine_remove(struct engine *e, const char *path, struct cvt_error *err);
int engine_symlink(struct engine *e, const char *path, const char *to,
		   struct cvt_error *err);
int engine_mkdir(struct engine *e, const char *path, mode_t mode, struct cvt_error *err);
int engine_label(struct engine *e, const char *path, const char *label,
		 struct cvt_error *err);
int engine_space(struct engine *e, const char *path, uint64_t *ret,
		 struct cvt_error *err);

/* Who looks with @err NULL takes any failure for "not there".  The first that was an I/O
 * error is kept and told here, once; 0: there was none.
 */
int engine_missed(struct engine *e, struct cvt_error *err);

const char *engine_name(const struct engine *e);
int engine_check_name(const char *name, struct cvt_error *err); /* ERR_USAGE */
int engine_checker(struct engine *e, const struct device *d, const char *const argv[],
		   bool bounded, struct bytes *said, struct cvt_error *err);
bool engine_has_devices(const struct engine *e);

/* Names as cvt_set_engine() takes them, "trace:" and rules included. */
bool engine_is(const char *name, const char *base);   /* does @base do the work? */
char *engine_on(const char *name, const char *base); /* the same, but @base does it; malloc'ed */
void engine_close(struct engine *e);

/* Put the engine trace around *@e, with @rules as in engine/trace_rules.h; *@e stays as it
 * is on failure.
 */
int engine_trace_wrap(struct engine **e, const char *rules, struct cvt_error *err);

DEFINE_CLEANUP(struct engine, engine_close)
#define CLEANUP_ENGINE CLEANUP(engine_closep)

/* Not a row of the table: there the work itself is done elsewhere, see instance/. */
#define ENGINE_INSTANCE "instance"

extern const struct engine_ops *const engines[]; /* NULL ends */

extern const struct engine_ops engine_dir;
extern const struct engine_ops engine_guestfs;
extern const struct engine_ops engine_mount_ops;

#endif
