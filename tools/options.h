/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: which commands there are, which options they take, what was given. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdint.h>

#include "ui.h"

enum command {
	INSPECT = 1 << 0,
	PLAN = 1 << 1,
	CONVERT = 1 << 2,
	CHECK = 1 << 3,
	UNDO = 1 << 4,
	RESUME = 1 << 5,
	TARGETS = 1 << 6,
	MAKE = 1 << 7,
	DESCRIBE = 1 << 8,
	BOOT = 1 << 9,
	RUN = 1 << 10,
	COMPLETION = 1 << 11,
};

/* One run of the program. */
struct run {
	struct cvt *c;
	struct ui ui;
	enum command command;
	char **words;  /* those behind the command, NULL at the end */
	uint64_t seen; /* bit i: row i of the options was given */
	const char *output, *undo, *format, *input_format, *report, *events;
	const char *kernel, *modules, *machine, *as;
	unsigned memory_mib, cpus; /* of the new machine; 0: not said */
	const char *job; /* the document of 'run' */
	unsigned heartbeat; /* seconds; 0: none */
	bool in_place, has_target;
	bool wants_diff, wants_json, wants_help, wants_version;
};

/* What was typed makes no sense; returns CVT_EXIT_USAGE.  The remedy names --help. */
int usage(struct cvt_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The exit code of a call that failed. */
int exit_code(const struct cvt_error *err);

/* Read the command line into @x, and tell x->c what it is to know.  With wants_help or
 * wants_version the rest may be missing.
 */
int options_parse(struct run *x, int argc, char **argv, struct cvt_error *err);

/* The command of that name; returns the exit code. */
int describe(const struct run *x, const char *path, struct cvt_error *err);

/* Of the command, if there is one, else of all. */
void options_print_help(const struct run *x);

/* What the shell "bash", "zsh" or "fish" needs to complete command lines. */
int options_print_completion(const char *shell, struct cvt_error *err);

#endif
