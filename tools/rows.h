/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands and options, as rows: what is parsed, helped with and completed by. */
#ifndef TOOLS_ROWS_H
#define TOOLS_ROWS_H

#include <stddef.h>

#include "options.h"

#define ON_DISKS (INSPECT | PLAN | CONVERT | CHECK | BOOT)
#define ON_TARGET (PLAN | CONVERT | CHECK | BOOT)
#define CHANGES (PLAN | CONVERT)
#define REPORTS (ON_DISKS | RUN)
#define ANY (ON_DISKS | RUN | COMPLETION | UNDO | RESUME | TARGETS | MAKE | DESCRIBE)

/* What follows a command: how many words, and what to say if it is another number. */
struct command_row {
	const char *name;
	enum command command;
	int least, most;
	const char *complaint, *words, *help;
};

struct row;
typedef int (*set_fn)(struct run *x, const struct row *row, char *arg,
		      struct cvt_error *err);

/* An option: what getopt_long(3) takes, which commands take it, what --help says. */
struct row {
	const char *name;
	char letter; /* 0: none */
	const char *arg;
	unsigned commands;
	const char *help;
	set_fn set;
	size_t field; /* of struct run, for set_text() and set_flag() */
};

extern const struct command_row commands[];
extern const size_t n_commands;

extern const struct row rows[];
extern const size_t n_rows;
#define ROWS_MAX 64 /* struct run counts them in 64 bits */

/* What @r, of a call of the library, is for us. */
static inline int code(int r, const struct cvt_error *err)
{
	return r < 0 ? exit_code(err) : CVT_EXIT_OK;
}

#endif
