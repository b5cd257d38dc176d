/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All the bytes, however many calls that takes, and names that outlive a power failure;
 * 0 or a negative errno.
 */
#ifndef VOLUME_FULLIO_H
#define VOLUME_FULLIO_H

#include <stddef.h>
#include <stdint.h>

/* -EIO if the file ends before. */
int pread_full(int fd, char *buf, size_t len, uint64_t offset);
/* The same, but behind its end a file is zeroes. */
int pread_padded(int fd, char *buf, size_t len, uint64_t offset);
int pwrite_full(int fd, const char *buf, size_t len, uint64_t offset);

/* Make the names in a directory durable; in the one that holds @path, for the second. */
int sync_directory(const char *dir);
int sync_parent(const char *path);

/* The directory part of @path, "." if there is none; NULL: no memory. */
char *parent_directory(const char *path);

/* Remove @dir and the files in it, as far as that goes.  Makes only system calls. */
void sweep_directory(const char *dir);

#endif
