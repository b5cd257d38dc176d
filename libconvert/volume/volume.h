/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disks of one guest, in the order given.  qemu-storage-daemon opens each
 * under a qcow2 overlay and shows it as a raw file (a FUSE export): engines
 * read and write these views, and the originals are not touched before
 * volumes_commit().
 */
#ifndef VOLUME_VOLUME_H
#define VOLUME_VOLUME_H

#include "core/context.h"
#include "guest/guest.h"

struct disk {
	const char *path;	/* file or block device on the host */
	const char *format;	/* as qemu-img(1) names it; NULL: raw, or what its header says */
};

enum volume_output {
	OUTPUT_OVERLAY,		/* the overlay itself, backed by the original */
	OUTPUT_QCOW2,
	OUTPUT_RAW,		/* with holes where the guest has zeroes */
};

enum volume_export {
	EXPORT_FILES,		/* raw files (FUSE), for an engine on this host */
	EXPORT_SOCKETS,		/* vhost-user-blk, for the conversion instance */
};

struct volume {
	char *path;		/* the original, absolute */
	char *format;
	uint64_t size;		/* virtual size in bytes */
	char *view;		/* raw file, device, or socket; what is written goes to the overlay */
	char *overlay;		/* the qcow2 overlay */
	int lock;		/* fd that holds the original, -1: none */
};

struct volumes {
	struct volume *v;
	size_t n;
	/* private to volume/ */
	struct context *ctx;
	char *work;		/* directory of this job, removed by volumes_close() */
	int dir;		/* fd that holds it, -1: none */
	bool keep;		/* it is needed to finish the commit: do not remove it */
	int qsd;		/* pid of qemu-storage-daemon, 0: none */
	int keeper;		/* pid of the process that clears up after us, 0: none */
	int leash;		/* closed when we end, which tells it */
	enum volume_export export;
};

struct volumes_options {
	const char *work_dir;	/* where overlays go; NULL: $TMPDIR or /var/tmp */
	bool in_place;		/* volumes_commit() will be called: the originals must be writable */
	enum volume_export export;
};

/* Is @format a name of an image format for struct disk? */
bool volume_format_exists(const char *format);

/*
 * Open @n disks.  Errors: ERR_DISK_MISSING, _UNREADABLE, _DAMAGED, _EMPTY (zero
 * bytes, or less than a sector), _IN_USE (another process writes to it, it is
 * mounted, or a loop device holds it), _READ_ONLY (with @in_place).
 */
int volumes_open(struct context *ctx, const struct disk *disks, size_t n,
		 const struct volumes_options *options, struct volumes **ret,
		 struct cvt_error *err);

/* Inside the conversion instance: its first @n disks, /dev/vda and so on, are the views.
 * The caller has made @work, an empty directory.
 */
int volumes_of_instance(struct context *ctx, size_t n, const char *work,
			struct volumes **ret, struct cvt_error *err);

/* Read partition tables (MBR with logical partitions, GPT, none) and superblocks of all
 * disks with libblkid; fills @g->devices and @g->n_disks, and adds FIRMWARE_BIOS
 * to @g->firmware if one of them has a boot sector that a BIOS can run.
 */
int volumes_probe(struct volumes *v, struct guest *g, struct cvt_error *err);

/* The superblock of the block device or file @fd, @offset and @size (bytes) into it;
 * fills type, uuid and label of @d, for the engines' activated devices too.
 */
int volume_probe_superblock(int fd, uint64_t offset, uint64_t size, struct device *d,
			    struct cvt_error *err);

/* Add the partitions of the array @g->devices[@array], which is open at @fd, to @g. */
int volume_probe_partitions(struct context *ctx, int fd, struct guest *g, size_t array,
			    struct cvt_error *err);

/* What is to become of the overlays. */
struct volumes_outcome {
	const char *output_dir; /* volumes_output(); NULL: volumes_commit() */
	enum volume_output output;
	const char *undo; /* as volumes_commit() takes it */
};

/* Refuse what could not be finished for want of space on this host, once it is known that
 * @bytes of the guest are going to be written: ERR_SPACE.
 */
int volumes_check_space(const struct volumes *v, const struct volumes_outcome *outcome,
			uint64_t bytes, struct cvt_error *err);

/*
 * Write the overlays into the originals, all or nothing.  No engine is open any more.
 * @undo (or NULL) is a new file that will hold what is overwritten.  A failure leaves the
 * originals unchanged, unless it is ERR_COMMIT: then volumes_close() keeps the directory of
 * the job, and job_resume() finishes what was begun.
 */
int volumes_commit(struct volumes *v, const char *undo, struct cvt_error *err);

enum resumed {
	RESUMED_FORGOTTEN,	/* nothing had been written to the disks */
	RESUMED_FINISHED	/* all is written now */
};

/* Finish or forget the commit whose job has the directory @dir.  ERR_JOB: that is none, or
 * it is running; ERR_DISK_CHANGED: a disk is not the one of the job.
 */
int job_resume(struct context *ctx, const char *dir, enum resumed *ret,
	       struct cvt_error *err);

/* Remove @dir, which a job has left that was killed before its commit had a state.  Nothing is
 * done if there is one, or if the job is running.
 */
void job_sweep(const char *dir);

/* Put back, on the disks given in the order of the job, what volumes_commit() has saved in
 * @file; *@ret_done: whether anything was to be done.  ERR_DISK_CHANGED: a disk is not what
 * that has made of it.
 */
int job_undo(struct context *ctx, const char *file, const struct disk *disks, size_t n,
	     const char *work_dir, bool *ret_done, struct cvt_error *err);

/* End the daemon, and have new overlays: for a machine that may write to them. */
int volumes_renew(struct volumes *v, struct cvt_error *err);

/* Keep the overlays and their directory, v->work. */
void volumes_keep(struct volumes *v);

/* Refuse now what volumes_output() would refuse after the work: no such directory, no
 * permission, a result that is there already.
 */
int volumes_check_output(const struct volumes *v, const char *dir, enum volume_output format,
			 struct cvt_error *err);

/* Write each disk to @dir/<name of the disk without suffix>.<raw|qcow2>, complete or not at
 * all; names the results in @ret.  The originals stay as they are.
 */
int volumes_output(struct volumes *v, const char *dir, enum volume_output format,
		   struct names *ret, struct cvt_error *err);

/* If we are killed, so is the process group @group from now on, which works on the volumes;
 * 0: none.
 */
void volumes_guard(struct volumes *v, pid_t group);

/* Does qemu-storage-daemon still serve them? */
bool volumes_are_served(const struct volumes *v);

/* Is the directory of the job gone after a power failure, and with it what would finish a commit? */
bool volumes_are_in_memory(const struct volumes *v);

/* Where there is no room for the overlays, what the guest's file system says is an I/O error
 * of its own.  Says the reason in its place; returns @code, or the errno of the reason.
 */
int volumes_explain(const struct volumes *v, int code, struct cvt_error *err);

void volumes_close(struct volumes *v);
DEFINE_CLEANUP(struct volumes, volumes_close)
#define CLEANUP_VOLUMES CLEANUP(volumes_closep)

#endif
