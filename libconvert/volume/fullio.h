/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All the bytes, however many calls that takes; 0 or a negative errno. */
#ifndef VOLUME_FULLIO_H
#define VOLUME_FULLIO_H

#include <stddef.h>
#include <stdint.h>

/* -EIO if the file ends before. */
int pread_full(int fd, char *buf, size_t len, uint64_t offset);
int pwrite_full(int fd, const char *buf, size_t len, uint64_t offset);

#endif
