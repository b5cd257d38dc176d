/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Options in, messages and exit code out.  The work is done by libconvert. */
#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ui.h"

enum command {
	INSPECT = 1 << 0,
	PLAN = 1 << 1,
	CONVERT = 1 << 2,
	TARGETS = 1 << 3,
	UNDO = 1 << 4,
	RESUME = 1 << 5,
	MAKE = 1 << 6
};
#define ON_DISKS (INSPECT | PLAN | CONVERT)
#define CHANGES (PLAN | CONVERT)
#define RECOVERS (UNDO | RESUME)
#define ANY (ON_DISKS | RECOVERS | TARGETS | MAKE)

static const struct {
	const char *name;
	enum command command;
	const char *help;
} commands[] = {
	{ "inspect", INSPECT, "what is on the disks" },
	{ "plan", PLAN, "what 'convert' would change, and why" },
	{ "convert", CONVERT, "make the guest boot on the target" },
	{ "undo", UNDO, "put back what a conversion in place has overwritten" },
	{ "resume", RESUME, "finish or forget an interrupted commit" },
	{ "targets", TARGETS, "list the targets" },
	{ "make-instance", MAKE, "make a machine that converts what is attached to it" },
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* The options: what getopt_long(3) takes, which commands take it, what --help says. */
static const struct {
	const char *name;
	int key;
	const char *arg;
	unsigned commands;
	const char *help;
} options[] = {
	/* clang-format off */
	{ "target", 't', "NAME", CHANGES, "where the guest is to boot" },
	{ "in-place", 'i', NULL, CONVERT, "write the result to the disks" },
	{ "undo", 'u', "FILE", CONVERT, "save there what --in-place overwrites" },
	{ "output", 'o', "DIR", CONVERT | MAKE, "leave the disks alone, put the result into DIR" },
	{ "format", 'f', "FORMAT", CONVERT, "of the output: overlay (default), qcow2, raw" },
	{ "input-format", 'I', "FORMAT", ON_DISKS | UNDO, "of all disks: raw, qcow2, vmdk, vpc, vhdx, vdi" },
	{ "engine", 'e', "ENGINE", ON_DISKS, "auto (default), instance, guestfs, mount, dir" },
	{ "root", 'r', "SPEC", ON_DISKS, "root file system, as root= of a kernel" },
	{ "key", 'k', "ID:file:PATH", ON_DISKS, "key of an encrypted device; repeat" },
	{ "nic", 'n', "MAC[=NAME]", CHANGES, "a network interface on the target; repeat" },
	{ "network", 'N', "MODE", CHANGES, "keep (default) the addresses, or dhcp" },
	{ "no-portable", 'p', NULL, CHANGES, "drivers of the target only, no way back" },
	{ "discard-hibernation", 'H', NULL, ON_DISKS, "give up the state of a hibernated guest" },
	{ "repair", 'x', NULL, ON_DISKS, "mend damaged file systems that the guest needs" },
	{ "memory", 'm', "MIB", ON_DISKS, "of an appliance: 256 to 65536" },
	{ "time-limit", 'T', "SECONDS", ON_DISKS, "give up after this time, disks unchanged" },
	{ "work-dir", 'w', "DIR", ON_DISKS | UNDO, "for temporary overlays" },
	{ "report", 'R', "FILE", ON_DISKS, "write the report as JSON, also on failure" },
	{ "events", 'E', "FILE|FD:N", ON_DISKS, "write progress and log as JSON lines" },
	{ "kernel", 'K', "FILE", MAKE, "of the machine; default: the newest in /boot" },
	{ "modules", 'M', "DIR", MAKE, "of that kernel; default: in /lib/modules" },
	{ "diff", 'd', NULL, CHANGES, "print the changes as a unified diff" },
	{ "json", 'j', NULL, ON_DISKS, "print the report as JSON" },
	{ "quiet", 'q', NULL, ANY, "no progress, no text; only failures" },
	{ "verbose", 'v', NULL, ANY, "log lines; twice: debug lines" },
	{ "help", 'h', NULL, ANY, "print this" },
	{ "version", 'V', NULL, ANY, "print the version" },
	/* clang-format on */
};
#define SHORT_OPTIONS "qvhV"
#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

/* One run of the program. */
struct run {
	struct cvt *c;
	struct ui ui;
	enum command command;
	unsigned seen; /* bit i: options[i] was given */
	const char *output, *undo, *format, *input_format, *report, *events;
	const char *kernel, *modules;
	bool in_place, has_target;
	bool wants_diff, wants_json, wants_help, wants_version;
};

static int usage(struct cvt_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int usage(struct cvt_error *err, const char *fmt, ...)
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

/* The exit code of a call that failed. */
static int code(const struct cvt_error *err)
{
	return err->exit != CVT_EXIT_OK ? err->exit : CVT_EXIT_INTERNAL;
}

static void print_option(size_t i)
{
	const char *arg = options[i].arg;
	char key[8] = "", left[40];

	if (strchr(SHORT_OPTIONS, options[i].key))
		snprintf(key, sizeof(key), "-%c, ", options[i].key);
	snprintf(left, sizeof(left), "%s--%s%s%s", key, options[i].name, arg ? " " : "",
		 arg ? arg : "");
	printf("  %-24s %s\n", left, options[i].help);
}

static void print_help(void)
{
	puts("usage: " PROGRAM " COMMAND [OPTION]... [DISK]...\n"
	     "Make an offline disk image boot on another hypervisor.\n\ncommands:");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-24s %s\n", commands[i].name, commands[i].help);
	puts("\noptions:");
	for (size_t i = 0; i < N_OPTIONS; i++)
		print_option(i);
	puts("\nDISK is a file, a block device or, with --engine dir, a directory.\n"
	     "'undo' takes the undo file before the disks; 'resume' the directory of the job.\n"
	     "See " PROGRAM "(1).");
}

static int print_targets(void)
{
	const char *name, *summary = "";

	for (size_t i = 0; (name = cvt_target_name(i, &summary)); i++)
		printf("%-10s %s\n", name, summary);
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

static int set_time_limit(struct run *x, const char *arg, struct cvt_error *err)
{
	unsigned seconds;

	if (!parse_number(arg, 1000000, &seconds) || seconds == 0)
		return usage(err, "--time-limit takes a number of seconds, not '%s'", arg);
	cvt_set_time_limit(x->c, seconds);
	return CVT_EXIT_OK;
}

static int set_memory(struct run *x, const char *arg, struct cvt_error *err)
{
	unsigned mib;

	if (!parse_number(arg, 65536, &mib))
		return usage(err, "--memory takes a number from 256 to 65536, not '%s'",
			     arg);
	return cvt_set_memory(x->c, mib, err) < 0 ? code(err) : CVT_EXIT_OK;
}

static int set_network(struct run *x, const char *arg, struct cvt_error *err)
{
	bool is_dhcp = strcmp(arg, "dhcp") == 0;

	if (!is_dhcp && strcmp(arg, "keep") != 0)
		return usage(err, "--network takes keep or dhcp, not '%s'", arg);
	return cvt_set_network(x->c, is_dhcp ? CVT_NETWORK_DHCP : CVT_NETWORK_KEEP, err) <
			       0
		       ? code(err)
		       : CVT_EXIT_OK;
}

static int add_nic(struct run *x, char *arg, struct cvt_error *err)
{
	char *name = strchr(arg, '=');

	if (name)
		*name++ = '\0';
	return cvt_add_nic(x->c, arg, name, err) < 0 ? code(err) : CVT_EXIT_OK;
}

static int set_target(struct run *x, const char *arg, struct cvt_error *err)
{
	x->has_target = true;
	if (cvt_set_target(x->c, arg, err) == 0)
		return CVT_EXIT_OK;
	snprintf(err->remedy, sizeof(err->remedy), "see " PROGRAM " targets");
	return code(err);
}

static int set_option(struct run *x, int key, char *arg, struct cvt_error *err)
{
	/* clang-format off */
	switch (key) {
	case 't': return set_target(x, arg, err);
	case 'i': x->in_place = true; break;
	case 'u': x->undo = arg; break;
	case 'o': x->output = arg; break;
	case 'f': x->format = arg; break;
	case 'I': x->input_format = arg; break;
	case 'e': return cvt_set_engine(x->c, arg, err) < 0 ? code(err) : CVT_EXIT_OK;
	case 'r': return cvt_set_root(x->c, arg, err) < 0 ? code(err) : CVT_EXIT_OK;
	case 'k': return cvt_add_key(x->c, arg, err) < 0 ? code(err) : CVT_EXIT_OK;
	case 'n': return add_nic(x, arg, err);
	case 'N': return set_network(x, arg, err);
	case 'p': cvt_set_portable(x->c, 0); break;
	case 'H': cvt_set_discard_hibernation(x->c, 1); break;
	case 'x': cvt_set_repair(x->c, 1); break;
	case 'm': return set_memory(x, arg, err);
	case 'T': return set_time_limit(x, arg, err);
	case 'w': return cvt_set_work_dir(x->c, arg, err) < 0 ? code(err) : CVT_EXIT_OK;
	case 'R': x->report = arg; break;
	case 'E': x->events = arg; break;
	case 'K': x->kernel = arg; break;
	case 'M': x->modules = arg; break;
	case 'd': x->wants_diff = true; break;
	case 'j': x->wants_json = true; break;
	case 'q': x->ui.quiet = true; break;
	case 'v': x->ui.verbose++; break;
	case 'h': x->wants_help = true; break;
	case 'V': x->wants_version = true; break;
	}
	/* clang-format on */
	return CVT_EXIT_OK;
}

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

static void mark_seen(struct run *x, int key)
{
	for (size_t i = 0; i < N_OPTIONS; i++)
		if (options[i].key == key)
			x->seen |= 1U << i;
}

static int parse_options(struct run *x, int argc, char **argv, struct cvt_error *err)
{
	struct option longs[N_OPTIONS + 1] = { { NULL, 0, NULL, 0 } };
	int r = CVT_EXIT_OK, key;

	for (size_t i = 0; i < N_OPTIONS; i++)
		longs[i] =
			(struct option){ options[i].name,
					 options[i].arg ? required_argument : no_argument,
					 NULL, options[i].key };
	opterr = 0;
	while (r == CVT_EXIT_OK &&
	       (key = getopt_long(argc, argv, ":" SHORT_OPTIONS, longs, NULL)) != -1) {
		if (key == '?' || key == ':')
			return bad_option(key, argv[optind - 1], err);
		mark_seen(x, key);
		r = set_option(x, key, optarg, err);
	}
	return r;
}

static int parse_command(struct run *x, const char *name, struct cvt_error *err)
{
	char list[128] = "";

	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (name && strcmp(commands[i].name, name) == 0)
			x->command = commands[i].command;
		strcat(strcat(list, i > 0 ? ", " : ""), commands[i].name);
	}
	if (!name)
		return usage(err, "no command given: %s", list);
	if (!x->command)
		return usage(err, "unknown command '%s', not one of %s", name, list);
	for (size_t i = 0; i < N_OPTIONS; i++)
		if ((x->seen & 1U << i) && !(options[i].commands & x->command))
			return usage(err, "'%s' takes no --%s", name, options[i].name);
	return CVT_EXIT_OK;
}

/* How many words the command takes. */
static int check_words(const struct run *x, int n, struct cvt_error *err)
{
	switch (x->command) {
	case TARGETS:
		return n > 0 ? usage(err, "'targets' takes no disk") : CVT_EXIT_OK;
	case MAKE:
		return n > 0 ? usage(err, "'make-instance' takes no disk") : CVT_EXIT_OK;
	case RESUME:
		return n != 1 ? usage(err, "'resume' takes the directory of one job")
			      : CVT_EXIT_OK;
	case UNDO:
		return n < 2 ? usage(err, "'undo' takes an undo file and the disks")
			     : CVT_EXIT_OK;
	default:
		return n == 0 ? usage(err, "no disk given") : CVT_EXIT_OK;
	}
}

static int check_options(const struct run *x, struct cvt_error *err)
{
	if ((x->command & CHANGES) && !x->has_target)
		return usage(err, "no --target given");
	if (x->command == CONVERT && x->in_place == (x->output != NULL))
		return usage(err, "give either --in-place or --output");
	if (x->command == MAKE && !x->output)
		return usage(err, "no --output given");
	if (x->format && !x->output)
		return usage(err, "--format is of --output, which is not given");
	if (x->undo && !x->in_place)
		return usage(err, "--undo is of --in-place, which is not given");
	if (x->wants_diff && x->wants_json)
		return usage(err, "give either --diff or --json");
	return CVT_EXIT_OK;
}

/* Hand the disks to the job, and open what it will write to besides. */
static int prepare(struct run *x, char **disks, struct cvt_error *err)
{
	int r = CVT_EXIT_OK;

	for (; *disks; disks++)
		if (cvt_add_disk(x->c, *disks, x->input_format, err) < 0)
			return code(err);
	if (x->in_place)
		cvt_set_in_place(x->c);
	if (x->undo && cvt_set_undo(x->c, x->undo, err) < 0)
		return code(err);
	if (x->output && cvt_set_output(x->c, x->output, x->format, err) < 0)
		return code(err);
	if (x->events)
		r = ui_open_events(&x->ui, x->events, err);
	if (r == CVT_EXIT_OK && x->report)
		r = ui_open_report(&x->ui, x->report, err);
	ui_attach(&x->ui, x->c);
	return r;
}

static struct cvt *volatile running;

static void on_signal(int signo)
{
	(void)signo;
	if (running)
		cvt_cancel(running);
}

/* Without SA_RESTART, so that what the library waits for ends.  What nohup(1) made
 * ignored stays so.
 */
static void catch_signals(struct cvt *c)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old, act = { .sa_handler = on_signal };

	running = c;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
	act.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &act, NULL);
}

static void print_report(const struct run *x, const struct cvt_report *report,
			 bool failed)
{
	if (!report)
		return;
	if (x->wants_json)
		ui_print(cvt_report_json(report));
	else if (x->wants_diff && !failed)
		ui_print(cvt_report_diff(report));
	else if (!failed && !x->ui.quiet)
		ui_print(cvt_report_text(report));
}

static int call(const struct run *x, struct cvt_report **ret, struct cvt_error *err)
{
	if (x->command == INSPECT)
		return cvt_inspect(x->c, ret, err);
	if (x->command == PLAN)
		return cvt_plan(x->c, ret, err);
	return cvt_convert(x->c, ret, err);
}

static int run_command(struct run *x, struct cvt_error *err)
{
	struct cvt_report *report = NULL;
	struct cvt_error unwritten = { 0 };
	bool failed = call(x, &report, err) < 0;

	/* What went wrong first is what the one line of the failure says. */
	if (ui_result(&x->ui, report, failed ? err : NULL, &unwritten) < 0 && !failed)
		*err = unwritten;
	print_report(x, report, failed);
	cvt_report_free(report);
	return failed ? code(err) : err->exit;
}

static int resume(struct run *x, const char *dir, struct cvt_error *err)
{
	enum cvt_resumed resumed;

	ui_attach(&x->ui, x->c);
	if (cvt_resume(x->c, dir, &resumed, err) < 0)
		return code(err);
	if (!x->ui.quiet)
		ui_print(resumed == CVT_RESUMED_FINISHED
				 ? "finished: all is written to the disks\n"
				 : "forgotten: the disks are unchanged\n");
	return CVT_EXIT_OK;
}

static int undo(struct run *x, char **words, struct cvt_error *err)
{
	int done;
	int r = prepare(x, words + 1, err);

	if (r != CVT_EXIT_OK)
		return r;
	if (cvt_undo(x->c, words[0], &done, err) < 0)
		return code(err);
	if (!x->ui.quiet)
		ui_print(done ? "undone: the disks are as before the conversion\n"
			      : "unchanged: the disks are as before the conversion\n");
	return CVT_EXIT_OK;
}

static int make_instance(struct run *x, struct cvt_error *err)
{
	ui_attach(&x->ui, x->c);
	return cvt_make_instance(x->c, x->output, x->kernel, x->modules, err) < 0
		       ? code(err)
		       : CVT_EXIT_OK;
}

static int perform(struct run *x, char **words, struct cvt_error *err)
{
	int r;

	switch (x->command) {
	case TARGETS:
		return print_targets();
	case MAKE:
		return make_instance(x, err);
	case RESUME:
		return resume(x, words[0], err);
	case UNDO:
		return undo(x, words, err);
	default:
		r = prepare(x, words, err);
		return r == CVT_EXIT_OK ? run_command(x, err) : r;
	}
}

static int run(struct run *x, int argc, char **argv, struct cvt_error *err)
{
	int r = parse_options(x, argc, argv, err);

	if (r == CVT_EXIT_OK && x->wants_help) {
		print_help();
		return CVT_EXIT_OK;
	}
	if (r == CVT_EXIT_OK && x->wants_version) {
		printf(PROGRAM " %s\n", cvt_version());
		return CVT_EXIT_OK;
	}
	if (r == CVT_EXIT_OK)
		r = parse_command(x, argv[optind], err);
	if (r == CVT_EXIT_OK)
		r = check_words(x, argc - optind - 1, err);
	if (r == CVT_EXIT_OK)
		r = check_options(x, err);
	return r == CVT_EXIT_OK ? perform(x, argv + optind + 1, err) : r;
}

int main(int argc, char **argv)
{
	struct run x = { 0 };
	struct cvt_error unwritten, err = { 0 };
	int r = cvt_new(&x.c, &err) < 0 ? code(&err) : CVT_EXIT_OK;

	if (r == CVT_EXIT_OK) {
		catch_signals(x.c);
		r = run(&x, argc, argv, &err);
	}
	if (ui_flush(&unwritten) < 0 && r == CVT_EXIT_OK) {
		err = unwritten;
		r = code(&err);
	}
	if (r != CVT_EXIT_OK)
		ui_error(&x.ui, &err);
	running = NULL;
	ui_close(&x.ui);
	cvt_free(x.c);
	return r;
}
