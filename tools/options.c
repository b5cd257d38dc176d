/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <getopt.h>
#include <stdarg.h>
#include <string.h>

#include "rows.h"

#define KEY 256 /* of rows[0] for getopt_long(3); letters are below */

/* The same with another remedy than --help. */
static int usage_see(struct cvt_error *err, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int usage_see(struct cvt_error *err, const char *remedy, const char *fmt, ...)
{
	va_list ap;

	*err = (struct cvt_error){ .exit = CVT_EXIT_USAGE, .id = "usage" };
	snprintf(err->remedy, sizeof(err->remedy), "%s", remedy);
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return CVT_EXIT_USAGE;
}

int usage(struct cvt_error *err, const char *fmt, ...)
{
	va_list ap;

	*err = (struct cvt_error){ .exit = CVT_EXIT_USAGE,
				   .id = "usage",
				   .remedy = "see " PROGRAM " --help" };
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return CVT_EXIT_USAGE;
}

int exit_code(const struct cvt_error *err)
{
	return err->exit != CVT_EXIT_OK ? err->exit : CVT_EXIT_INTERNAL;
}

/* ---- help ---- */

static void print_option(const struct row *row)
{
	char key[8] = "", left[40];

	if (row->letter)
		snprintf(key, sizeof(key), "-%c, ", row->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", key, row->name, row->arg ? " " : "",
		 row->arg ? row->arg : "");
	printf("  %-24s %s\n", left, row->help);
}

static void print_commands(void)
{
	puts("usage: " PROGRAM " COMMAND [OPTION]... [DISK]...\n"
	     "Make an offline disk image boot on another hypervisor.\n\ncommands:");
	for (size_t i = 0; i < n_commands; i++)
		printf("  %-24s %s\n", commands[i].name, commands[i].help);
}

void options_print_help(const struct run *x)
{
	if (!x->command)
		print_commands();
	for (size_t i = 0; i < n_commands; i++)
		if (commands[i].command == x->command)
			printf("usage: " PROGRAM " %s [OPTION]... %s\n%s\n",
			       commands[i].name, commands[i].words, commands[i].help);
	puts("\noptions:");
	for (size_t i = 0; i < n_rows; i++)
		if (!x->command || (rows[i].commands & x->command))
			print_option(&rows[i]);
	puts("\nDISK is a file, a block device or, with --engine dir, a directory.\n"
	     "See " PROGRAM "(1).");
}

/* ---- parsing ---- */

/* Why getopt_long(3) gave @key, ':' or '?', at @word. */
static int bad_option(int key, const char *word, struct cvt_error *err)
{
	if (key == ':')
		return usage(err, "option '%s' needs a value", word);
	if (optopt == 0)
		return usage(err, "unknown or ambiguous option '%s'", word);
	if (strncmp(word, "--", 2) == 0 && strchr(word, '='))
		return usage(err, "option '%s' takes no value", word);
	return usage(err, "unknown option '-%c'", optopt);
}

static size_t find_row(int key)
{
	for (size_t i = 0; i < n_rows; i++)
		if (rows[i].letter && rows[i].letter == key)
			return i;
	return (size_t)(key - KEY);
}

static int parse_rows(struct run *x, int argc, char **argv, struct cvt_error *err)
{
	struct option longs[ROWS_MAX + 1] = { { NULL, 0, NULL, 0 } };
	char letters[ROWS_MAX + 2] = ":";
	int r = CVT_EXIT_OK, key;

	for (size_t i = 0; i < n_rows; i++) {
		longs[i] = (struct option){ rows[i].name,
					    rows[i].arg ? required_argument : no_argument,
					    NULL, KEY + (int)i };
		if (rows[i].letter)
			strncat(letters, &rows[i].letter, 1);
	}
	opterr = 0;
	while (r == CVT_EXIT_OK &&
	       (key = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (key == '?' || key == ':')
			return bad_option(key, argv[optind - 1], err);
		x->seen |= (uint64_t)1 << find_row(key);
		r = rows[find_row(key)].set(x, &rows[find_row(key)], optarg, err);
	}
	return r;
}

static int unknown_command(const char *name, struct cvt_error *err)
{
	char list[256] = "";

	for (size_t i = 0; i < n_commands; i++)
		strcat(strcat(list, i > 0 ? ", " : ""), commands[i].name);
	if (!name)
		return usage(err, "no command given: %s", list);
	return usage(err, "unknown command '%s', not one of %s", name, list);
}

/* The command, and the number of its words; -1 words: that is not looked at. */
static int parse_command(struct run *x, const char *name, int words,
			 struct cvt_error *err)
{
	size_t at = 0;

	while (at < n_commands && !(name && strcmp(commands[at].name, name) == 0))
		at++;
	if (at == n_commands)
		return unknown_command(name, err);
	x->command = commands[at].command;
	for (size_t i = 0; i < n_rows; i++)
		if ((x->seen & (uint64_t)1 << i) && !(rows[i].commands & x->command))
			return usage(err, "'%s' takes no --%s", name, rows[i].name);
	if (words == 0 && x->machine)
		return CVT_EXIT_OK;
	if (words >= 0 && (words < commands[at].least || words > commands[at].most))
		return usage(err, "%s", commands[at].complaint);
	return CVT_EXIT_OK;
}

/* Memory is that of the machine that is booted, elsewhere that of an appliance. */
static int set_sizes(const struct run *x, struct cvt_error *err)
{
	return code(x->command == BOOT ? cvt_set_launch(x->c, x->memory_mib, x->cpus, err)
				       : cvt_set_memory(x->c, x->memory_mib, err),
		    err);
}

static int check_options(const struct run *x, struct cvt_error *err)
{
	if ((x->command & ON_TARGET) && !x->has_target)
		return usage_see(err, "choose one of " PROGRAM " targets",
				 "no --target given");
	if (x->command == CONVERT && x->in_place == (x->output != NULL))
		return usage_see(
			err,
			"--output DIR leaves the disks alone, --in-place writes to them",
			"give either --in-place or --output");
	if (x->command == MAKE && !x->output)
		return usage(err, "no --output given");
	if (x->command == DESCRIBE && !x->as)
		return usage(err, "no --as given");
	if (x->format && !x->output)
		return usage(err, "--format is of --output, which is not given");
	if (x->undo && !x->in_place)
		return usage(err, "--undo is of --in-place, which is not given");
	if (x->input_format && x->machine && !x->words[0])
		return usage(err, "--input-format is of disks that are named; --machine "
				  "has formats of its own");
	if (x->wants_diff && x->wants_json)
		return usage(err, "give either --diff or --json");
	return CVT_EXIT_OK;
}

int options_parse(struct run *x, int argc, char **argv, struct cvt_error *err)
{
	int r = parse_rows(x, argc, argv, err);
	bool is_asked = x->wants_help || x->wants_version;

	if (r != CVT_EXIT_OK || (is_asked && optind == argc))
		return r;
	x->words = argv + optind + 1;
	r = parse_command(x, argv[optind], is_asked ? -1 : argc - optind - 1, err);
	if (r != CVT_EXIT_OK || is_asked)
		return r;
	r = check_options(x, err);
	return r == CVT_EXIT_OK ? set_sizes(x, err) : r;
}
