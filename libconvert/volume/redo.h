/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The redo log: what is written into which files, where its bytes are, and what
 * was there before.  It is complete and on the disk before the first byte is
 * written, and writing it twice is writing it once; so a commit that was cut off
 * can be finished at any time.  An undo file is the redo log of the way back.
 */
#ifndef VOLUME_REDO_H
#define VOLUME_REDO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/context.h"

#define EXTENT_MAX ((size_t)1 << 20)

/* A run of bytes.  A file counts as zeroes behind its end, before and after. */
struct extent {
	uint64_t at, length; /* at most EXTENT_MAX */
	uint64_t from;	     /* in the source */
	bool zero;	     /* they become zeroes, and stand in no source */
	char was[SHA256_HEX], becomes[SHA256_HEX];
};

/* A file or block device that is written to: a disk, or a further file of its format. */
struct redo_file {
	char *path;	 /* absolute */
	char *format;	 /* of its disk, as qemu-img(1) names it */
	size_t disk;	 /* which of the job's disks it is of, from 0 */
	bool is_further; /* not the disk itself, but a file that it names */
	char *source;	 /* file that has the bytes */
	uint64_t size_before, size_after;
	uint64_t inode;		 /* 0: a block device */
	char sample[SHA256_HEX]; /* of bytes that are not written to */
	struct extent *extents;	 /* ascending */
	size_t n;
	int fd, source_fd; /* -1: not open */
};

/* What a job has come to; the names stand in its state file. */
enum redo_phase {
	REDO_READY,  /* nothing is written yet: forget it */
	REDO_COMMIT, /* perhaps something is written: finish it */
	REDO_DONE    /* all is written: clear up */
};

struct redo {
	enum redo_phase phase;
	struct redo_file *files;
	size_t n;
	char *undo;	/* file that is made in this job, NULL: none */
	bool undo_made; /* by this process */
};

/* A new file at the end, which later ones may move; NULL: no memory. */
struct redo_file *redo_add(struct redo *r);
struct redo_file *redo_add_file(struct redo *r, size_t disk, const char *path,
				const char *format);
void redo_clear(struct redo *r);
#define CLEANUP_REDO CLEANUP(redo_clear)

/* Note size and sample of @f, which is open, before anything is written. */
int redo_identify(struct redo_file *f, struct cvt_error *err);

/* Refuse files that are not those that were identified.  Between two writes a file has the
 * size of before or after, and its sample.
 */
int redo_check_identity(const struct redo_file *f, struct cvt_error *err);

/* All bytes that will be written are there and what they were. */
int redo_check_sources(const struct redo *r, struct cvt_error *err);

enum redo_content {
	CONTENT_BEFORE,
	CONTENT_AFTER,
	CONTENT_OTHER /* neither; *ret_at says where */
};
/* Which bytes stand in the extents now? */
int redo_look(const struct redo_file *f, enum redo_content *ret, uint64_t *ret_at,
	      struct cvt_error *err);

/* Write it all, and all again what is there already: what the page cache shows of a file
 * whose fsync has failed need not be on the disk.
 */
int redo_write(const struct redo *r, struct cvt_error *err);

#endif
