/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define ON_DISKS (INSPECT | PLAN | CONVERT | CHECK | BOOT)
#define ON_TARGET (PLAN | CONVERT | CHECK | BOOT)
#define CHANGES (PLAN | CONVERT)
#define REPORTS (ON_DISKS | RUN)
#define ANY (ON_DISKS | RUN | UNDO | RESUME | TARGETS | MAKE | DESCRIBE)

/* What follows a command: how many words, and what to say if it is another number. */
static const struct {
	const char *name;
	enum command command;
	int least, most;
	const char *complaint, *words, *help;
} commands[] = {
	/* clang-format off */
	{ "inspect", INSPECT, 1, INT_MAX, "no disk given", "DISK...", "what is on the disks" },
	{ "plan", PLAN, 1, INT_MAX, "no disk given", "DISK...", "what 'convert' would change, and why" },
	{ "convert", CONVERT, 1, INT_MAX, "no disk given", "DISK...", "make the guest boot on the target" },
	{ "check", CHECK, 1, INT_MAX, "no disk given", "DISK...", "will the guest boot on the target?" },
	{ "boot", BOOT, 1, INT_MAX, "no disk given", "DISK...", "boot the guest in a machine like the target's" },
	{ "run", RUN, 1, 1, "'run' takes one job document", "JOB.json", "do a whole job: convert, check, boot; go on after a kill" },
	{ "undo", UNDO, 2, INT_MAX, "'undo' takes an undo file and the disks", "FILE DISK...", "put back what a conversion in place has overwritten" },
	{ "resume", RESUME, 1, 1, "'resume' takes the directory of one job", "JOB", "finish or forget an interrupted commit" },
	{ "describe", DESCRIBE, 1, 1, "'describe' takes one report", "REPORT", "the new machine, in the words of its hypervisor" },
	{ "targets", TARGETS, 0, 0, "'targets' takes no disk", "", "list the targets" },
	{ "make-instance", MAKE, 0, 0, "'make-instance' takes no disk", "", "make a machine that converts what is attached to it" },
	/* clang-format on */
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

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

/* What @r, of a call of the library, is for us. */
static int code(int r, const struct cvt_error *err)
{
	return r < 0 ? exit_code(err) : CVT_EXIT_OK;
}

/* ---- what becomes of an option ---- */

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

static int set_text(struct run *x, const struct row *row, char *arg,
		    struct cvt_error *err)
{
	(void)err;
	*(const char **)((char *)x + row->field) = arg;
	return CVT_EXIT_OK;
}

static int set_flag(struct run *x, const struct row *row, char *arg,
		    struct cvt_error *err)
{
	(void)arg, (void)err;
	*(bool *)((char *)x + row->field) = true;
	return CVT_EXIT_OK;
}

static int set_verbose(struct run *x, const struct row *row, char *arg,
		       struct cvt_error *err)
{
	(void)row, (void)arg, (void)err;
	x->ui.verbose++;
	return CVT_EXIT_OK;
}

/* A decimal number up to @max. */
static bool parse_number(const char *arg, unsigned long max, unsigned *ret)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end != '\0' || n > max)
		return false;
	*ret = (unsigned)n;
	return true;
}

static int set_time_limit(struct run *x, const struct row *row, char *arg,
			  struct cvt_error *err)
{
	unsigned seconds;

	(void)row;
	if (!parse_number(arg, 1000000, &seconds) || seconds == 0)
		return usage(err, "--time-limit takes a number of seconds, not '%s'",
			     arg);
	cvt_set_time_limit(x->c, seconds);
	return CVT_EXIT_OK;
}

static int set_memory(struct run *x, const struct row *row, char *arg,
		      struct cvt_error *err)
{
	(void)row;
	return parse_number(arg, 65536, &x->memory_mib)
		       ? CVT_EXIT_OK
		       : usage(err, "--memory takes a number from 256 to 65536, not '%s'",
			       arg);
}

static int set_network(struct run *x, const struct row *row, char *arg,
		       struct cvt_error *err)
{
	bool is_dhcp = strcmp(arg, "dhcp") == 0;

	(void)row;
	if (!is_dhcp && strcmp(arg, "keep") != 0)
		return usage(err, "--network takes keep or dhcp, not '%s'", arg);
	return code(cvt_set_network(x->c, is_dhcp ? CVT_NETWORK_DHCP : CVT_NETWORK_KEEP,
				    err),
		    err);
}

static int add_nic(struct run *x, const struct row *row, char *arg, struct cvt_error *err)
{
	char *name = strchr(arg, '=');

	(void)row;
	if (name)
		*name++ = '\0';
	return code(cvt_add_nic(x->c, arg, name, err), err);
}

static int set_target(struct run *x, const struct row *row, char *arg,
		      struct cvt_error *err)
{
	(void)row;
	x->has_target = true;
	if (cvt_set_target(x->c, arg, err) == 0)
		return CVT_EXIT_OK;
	snprintf(err->remedy, sizeof(err->remedy), "see " PROGRAM " targets");
	return exit_code(err);
}

static int set_engine(struct run *x, const struct row *row, char *arg,
		      struct cvt_error *err)
{
	(void)row;
	return code(cvt_set_engine(x->c, arg, err), err);
}

static int set_root(struct run *x, const struct row *row, char *arg,
		    struct cvt_error *err)
{
	(void)row;
	return code(cvt_set_root(x->c, arg, err), err);
}

static int add_key(struct run *x, const struct row *row, char *arg, struct cvt_error *err)
{
	(void)row;
	return code(cvt_add_key(x->c, arg, err), err);
}

static int set_work_dir(struct run *x, const struct row *row, char *arg,
			struct cvt_error *err)
{
	(void)row;
	return code(cvt_set_work_dir(x->c, arg, err), err);
}

static int set_disk_bus(struct run *x, const struct row *row, char *arg,
			struct cvt_error *err)
{
	(void)row;
	return code(cvt_set_boot_bus(x->c, arg, err), err);
}

static int set_timeout(struct run *x, const struct row *row, char *arg,
		       struct cvt_error *err)
{
	unsigned seconds;

	(void)row;
	if (!parse_number(arg, 86400, &seconds) || seconds == 0)
		return usage(err, "--timeout takes a number of seconds, not '%s'", arg);
	return code(cvt_set_boot_timeout(x->c, seconds, err), err);
}

static int set_evidence(struct run *x, const struct row *row, char *arg,
			struct cvt_error *err)
{
	(void)row;
	return code(cvt_set_evidence(x->c, arg, err), err);
}

static int set_cpus(struct run *x, const struct row *row, char *arg,
		    struct cvt_error *err)
{
	(void)row;
	if (!parse_number(arg, 4096, &x->cpus) || x->cpus == 0)
		return usage(err, "--cpus takes a number, not '%s'", arg);
	return CVT_EXIT_OK;
}

static int set_heartbeat(struct run *x, const struct row *row, char *arg,
			 struct cvt_error *err)
{
	(void)row;
	if (!parse_number(arg, 86400, &x->heartbeat) || x->heartbeat == 0)
		return usage(err, "--heartbeat takes a number of seconds, not '%s'", arg);
	return CVT_EXIT_OK;
}

static int set_since(struct run *x, const struct row *row, char *arg, struct cvt_error *err)
{
	(void)row;
	return code(cvt_set_since(x->c, arg, err), err);
}

static int add_firstboot(struct run *x, const struct row *row, char *arg,
			 struct cvt_error *err)
{
	(void)row;
	return code(cvt_add_firstboot(x->c, arg, err), err);
}

static int set_keep(struct run *x, const struct row *row, char *arg,
		    struct cvt_error *err)
{
	(void)row, (void)arg, (void)err;
	cvt_set_boot_keep(x->c, 1);
	return CVT_EXIT_OK;
}

static int no_portable(struct run *x, const struct row *row, char *arg,
		       struct cvt_error *err)
{
	(void)row, (void)arg, (void)err;
	cvt_set_portable(x->c, 0);
	return CVT_EXIT_OK;
}

static int discard_hibernation(struct run *x, const struct row *row, char *arg,
			       struct cvt_error *err)
{
	(void)row, (void)arg, (void)err;
	cvt_set_discard_hibernation(x->c, 1);
	return CVT_EXIT_OK;
}

static int set_repair(struct run *x, const struct row *row, char *arg,
		      struct cvt_error *err)
{
	(void)row, (void)arg, (void)err;
	cvt_set_repair(x->c, 1);
	return CVT_EXIT_OK;
}

#define TEXT(f) set_text, offsetof(struct run, f)
#define FLAG(f) set_flag, offsetof(struct run, f)

static const struct row rows[] = {
	/* clang-format off */
	{ "target", 0, "NAME", ON_TARGET, "where the guest is to boot", set_target, 0 },
	{ "in-place", 0, NULL, CONVERT, "write the result to the disks", FLAG(in_place) },
	{ "undo", 0, "FILE", CONVERT, "save there what --in-place overwrites", TEXT(undo) },
	{ "output", 0, "DIR", CONVERT | MAKE, "leave the disks alone, put the result into DIR", TEXT(output) },
	{ "format", 0, "FORMAT", CONVERT, "of the output: overlay (default), qcow2, raw", TEXT(format) },
	{ "input-format", 0, "FORMAT", ON_DISKS | UNDO, "of all disks: raw, qcow2, vmdk, vpc, vhdx, vdi", TEXT(input_format) },
	{ "machine", 0, "FILE", ON_DISKS, "an OVF, VMX, domain of libvirt or JSON that names the disks", TEXT(machine) },
	{ "as", 0, "FORMAT", DESCRIBE, "libvirt, qemu, kubevirt, openstack, ec2, ec2-import, gce, ovf", TEXT(as) },
	{ "engine", 0, "ENGINE", ON_DISKS, "auto (default), instance, guestfs, mount, dir", set_engine, 0 },
	{ "root", 0, "SPEC", ON_DISKS, "root file system, as root= of a kernel", set_root, 0 },
	{ "key", 0, "ID:file:PATH", ON_DISKS, "key of an encrypted device; repeat", add_key, 0 },
	{ "nic", 0, "MAC[=NAME]", ON_TARGET, "a network interface on the target; repeat", add_nic, 0 },
	{ "network", 0, "MODE", CHANGES, "keep (default) the addresses, or dhcp", set_network, 0 },
	{ "no-portable", 0, NULL, CHANGES, "drivers of the target only, no way back", no_portable, 0 },
	{ "discard-hibernation", 0, NULL, ON_DISKS, "give up the state of a hibernated guest", discard_hibernation, 0 },
	{ "cpus", 0, "N", BOOT, "of the machine", set_cpus, 0 },
	{ "disk-bus", 0, "BUS", BOOT, "virtio-blk, virtio-scsi, nvme, pvscsi, ahci", set_disk_bus, 0 },
	{ "timeout", 0, "SECONDS", BOOT, "to come up; default: 300", set_timeout, 0 },
	{ "evidence", 0, "DIR", BOOT, "write screen.png and serial.log there", set_evidence, 0 },
	{ "keep", 0, NULL, BOOT, "keep what the machine has written to", set_keep, 0 },
	{ "firstboot", 0, "SCRIPT", CHANGES, "run it at the guest's first boot; repeat", add_firstboot, 0 },
	{ "since", 0, "REPORT", CHANGES, "show what is not as in that report of an older snapshot", set_since, 0 },
	{ "heartbeat", 0, "SECONDS", RUN, "an event at least that often", set_heartbeat, 0 },
	{ "repair", 0, NULL, ON_DISKS, "mend damaged file systems that the guest needs", set_repair, 0 },
	{ "memory", 0, "MIB", ON_DISKS, "of an appliance, or of the machine of 'boot'", set_memory, 0 },
	{ "time-limit", 0, "SECONDS", ON_DISKS, "give up after this time, disks unchanged", set_time_limit, 0 },
	{ "work-dir", 0, "DIR", ON_DISKS | UNDO, "for temporary overlays", set_work_dir, 0 },
	{ "report", 0, "FILE", REPORTS, "write the report as JSON, also on failure", TEXT(report) },
	{ "events", 0, "FILE|FD:N", REPORTS, "write progress and log as JSON lines", TEXT(events) },
	{ "kernel", 0, "FILE", MAKE, "of the machine; default: the newest in /boot", TEXT(kernel) },
	{ "modules", 0, "DIR", MAKE, "of that kernel; default: in /lib/modules", TEXT(modules) },
	{ "diff", 0, NULL, CHANGES, "print the changes as a unified diff", FLAG(wants_diff) },
	{ "json", 0, NULL, REPORTS, "print the report as JSON", FLAG(wants_json) },
	{ "quiet", 'q', NULL, ANY, "no progress, no text; only failures", FLAG(ui.quiet) },
	{ "verbose", 'v', NULL, ANY, "log lines; twice: debug lines", set_verbose, 0 },
	{ "help", 'h', NULL, ANY, "print this", FLAG(wants_help) },
	{ "version", 'V', NULL, ANY, "print the version", FLAG(wants_version) },
	/* clang-format on */
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
#define KEY 256 /* of rows[0] for getopt_long(3); letters are below */
_Static_assert(N_ROWS <= 64, "struct run counts them in 64 bits");

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
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-24s %s\n", commands[i].name, commands[i].help);
}

void options_print_help(const struct run *x)
{
	if (!x->command)
		print_commands();
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].command == x->command)
			printf("usage: " PROGRAM " %s [OPTION]... %s\n%s\n",
			       commands[i].name, commands[i].words, commands[i].help);
	puts("\noptions:");
	for (size_t i = 0; i < N_ROWS; i++)
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
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].letter && rows[i].letter == key)
			return i;
	return (size_t)(key - KEY);
}

static int parse_rows(struct run *x, int argc, char **argv, struct cvt_error *err)
{
	struct option longs[N_ROWS + 1] = { { NULL, 0, NULL, 0 } };
	char letters[N_ROWS + 2] = ":";
	int r = CVT_EXIT_OK, key;

	for (size_t i = 0; i < N_ROWS; i++) {
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

	for (size_t i = 0; i < N_COMMANDS; i++)
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

	while (at < N_COMMANDS && !(name && strcmp(commands[at].name, name) == 0))
		at++;
	if (at == N_COMMANDS)
		return unknown_command(name, err);
	x->command = commands[at].command;
	for (size_t i = 0; i < N_ROWS; i++)
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
		return usage(err, "no --target given");
	if (x->command == CONVERT && x->in_place == (x->output != NULL))
		return usage(err, "give either --in-place or --output");
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
