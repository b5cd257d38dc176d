/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Superblocks of Linux' software RAID, 0.90 and 1.x (Linux,
 * include/uapi/linux/raid/md_p.h), as far as it takes to tell what an array
 * consists of and what of it is there.
 */
#ifndef FORMAT_MDRAID_H
#define FORMAT_MDRAID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MDRAID_SIZE 4096    /* bytes to read at each place */
#define MDRAID_PLACES 4	    /* where one may be */
#define MDRAID_MEMBERS 1024 /* no array has more that we look at */

enum mdraid_role {
	MDRAID_SPARE = -1,
	MDRAID_FAULTY = -2,
	MDRAID_JOURNAL = -3,
};

struct mdraid {
	char uuid[36]; /* as mdadm(8) prints it, with NUL */
	char name[33]; /* without the host's: "root", "0" */
	int number;    /* the N of /dev/mdN; -1: it has none of its own */
	int level;     /* 0, 1, 4, 5, 6, 10; -1: linear */
	unsigned layout;
	unsigned members;
	int role;	 /* of this member: its place, or enum mdraid_role */
	uint64_t events; /* how often the array has changed */
	bool is_v0;	 /* version 0.90 */
	bool is_clean;
	bool is_reshaping;
};

/* Where the superblock number @i may be on a device of @size bytes; false: it is too small. */
bool mdraid_place(size_t i, uint64_t size, uint64_t *offset);

/* @data: MDRAID_SIZE bytes from place @i.  False: no superblock is there. */
bool mdraid_parse(size_t i, const void *data, struct mdraid *ret);

/* Has the array gone on without this member?  mdadm(8) leaves it out too. */
bool mdraid_is_stale(const struct mdraid *m, uint64_t newest);

/* How many members the array needs at least to run. */
unsigned mdraid_needs(const struct mdraid *m);

/* "RAID 1", "RAID 10", "linear RAID" */
const char *mdraid_level(const struct mdraid *m);

#endif
