/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the initramfs of the conversion instance holds: files of this host, by their names in
 * there, and all that was looked at to know them.
 */
#ifndef INSTANCE_CONTENTS_H
#define INSTANCE_CONTENTS_H

#include "core/context.h"
#include "core/names.h"

struct item {
	char *name;   /* in the archive: "usr/sbin/lvm", no leading slash */
	char *source; /* file of this host; NULL: a link or a directory */
	char *link;   /* target of a symbolic link; NULL: a file or a directory */
};

struct contents {
	struct item *v;
	size_t n;
	struct names absent; /* files that would be in if they were there */
};

struct contents_options {
	const char *init;	    /* the program that is /init: convert-instance */
	const char *modules_dir;    /* of the kernel that runs it: "/lib/modules/6.1.0" */
	const char *const *modules; /* names; what they need comes along; NULL ends */
	const char *const *programs; /* more than every instance has, by name or absolute
				      * path; NULL: none */
	const char *const *drivers; /* directories of modules, "drivers/ata/"; NULL: none */
};

/* A second program or module of the same name is left out; a program that this host lacks is
 * too.  Errors: ERR_NO_PROGRAM without convert-instance or modprobe(8), ERR_ENGINE.
 */
int contents_list(struct context *ctx, const struct contents_options *options,
		  struct contents *ret, struct cvt_error *err);

void contents_clear(struct contents *c);
#define CLEANUP_CONTENTS CLEANUP(contents_clear)

/* The file that is run for the program @name: in PATH, or where system programs are; NULL: none.
 * The places where it is not are added to @absent, unless that is NULL.
 */
char *find_program(const char *name, struct names *absent);

#endif
