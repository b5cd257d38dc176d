/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cpio archives as the Linux kernel unpacks them into its initramfs: formats
 * newc and crc (Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#ifndef FORMAT_CPIO_H
#define FORMAT_CPIO_H

#include <stdint.h>
#include <sys/stat.h>

#include "core/bytes.h"
#include "core/error.h"

/* Writing: entries in any order, directories on the way to them made; the archive comes
 * out sorted by name, with owner 0 and time 0.
 */
struct cpio_file {
	char *name;
	mode_t mode;
	const struct bytes *data; /* NULL: a directory */
};

struct cpio {
	struct cpio_file *v;
	size_t n;
};

/* Add a regular file @name ("usr/lib/…", no leading slash), mode 0644.  @data is borrowed
 * until cpio_write().  -EINVAL if the name is absolute, empty or has a ".." in it.
 */
int cpio_add(struct cpio *c, const char *name, const struct bytes *data,
	     struct cvt_error *err);
int cpio_add_program(struct cpio *c, const char *name, const struct bytes *data,
		     struct cvt_error *err); /* the same with mode 0755 */
int cpio_write(struct cpio *c, struct bytes *ret, struct cvt_error *err);
void cpio_clear(struct cpio *c);

/* For who writes an archive piece by piece: the header of an entry, with its name, padded.
 * @size bytes follow, padded by cpio_padding().  A NULL @name ends the archive.
 */
int cpio_put_header(struct bytes *out, unsigned ino, const char *name, mode_t mode,
		    uint32_t size);
size_t cpio_padding(uint64_t size);
#define CLEANUP_CPIO CLEANUP(cpio_clear)

/* Reading: bytes are pushed in as they come; a callback tells of each entry. */
struct cpio_entry {
	const char *name; /* as it stands there; never empty */
	uint32_t mode;	  /* type and permission bits */
	uint32_t size;
};

typedef int (*cpio_entry_fn)(void *data, const struct cpio_entry *e,
			     struct cvt_error *err);

/* A piece of the content of the entry told last, in order; nothing of links and devices. */
typedef int (*cpio_body_fn)(void *data, const void *piece, size_t len,
			    struct cvt_error *err);

#define CPIO_HEADER 110
#define CPIO_NAME_MAX 4096 /* PATH_MAX of the kernel, with the NUL */

struct cpio_reader {
	cpio_entry_fn fn;
	cpio_body_fn body; /* NULL: nobody asks */
	void *data;
	size_t max_entries;
	/* private */
	enum { CPIO_RESET, CPIO_IN_HEADER, CPIO_IN_NAME, CPIO_IN_BODY } state;
	char buf[CPIO_HEADER + CPIO_NAME_MAX + 4];
	size_t have;	 /* bytes of header and name in buf */
	size_t name_len; /* with NUL */
	uint64_t skip;	 /* bytes of body and padding still to come */
	size_t n_entries;
	unsigned phase; /* bytes read so far, modulo 4 */
	bool is_trailer;
	struct cpio_entry entry;
};

/*
 * Read on.  *used is less than @len only between two archives, at a byte that
 * is neither the zero of the padding nor the start of an archive: something
 * else begins there.
 */
int cpio_read(struct cpio_reader *r, const void *data, size_t len, size_t *used,
	      struct cvt_error *err);

/* Nothing is half read: the end of the input, or of a segment, may come here. */
bool cpio_at_end(const struct cpio_reader *r);

#endif
