/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

const struct command_row commands[] = {
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
	{ "completion", COMPLETION, 1, 1, "'completion' takes bash, zsh or fish", "SHELL", "print what a shell needs to complete command lines" },
	{ "make-instance", MAKE, 0, 0, "'make-instance' takes no disk", "", "make a machine that converts what is attached to it" },
	/* clang-format on */
};
const size_t n_commands = sizeof(commands) / sizeof(commands[0]);

/* ---- what becomes of an option ---- */

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

static int set_firmware(struct run *x, const struct row *row, char *arg,
			struct cvt_error *err)
{
	static const char *const words[] = { [CVT_FIRMWARE_KEEP] = "keep",
					     [CVT_FIRMWARE_BIOS] = "bios",
					     [CVT_FIRMWARE_UEFI] = "uefi" };

	(void)row;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(arg, words[i]) == 0)
			return code(cvt_set_firmware(x->c, (enum cvt_firmware)i, err),
				    err);
	return usage(err, "--firmware takes keep, bios or uefi, not '%s'", arg);
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

static int set_since(struct run *x, const struct row *row, char *arg,
		     struct cvt_error *err)
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

/* "FILE:USER": a name of an account has no slash. */
static int add_ssh_key(struct run *x, const struct row *row, char *arg,
		       struct cvt_error *err)
{
	char *user = strrchr(arg, ':');

	(void)row;
	if (user && strchr(user, '/'))
		user = NULL;
	if (user)
		*user++ = '\0';
	return code(cvt_add_ssh_key(x->c, arg, user, err), err);
}

static int set_hostname(struct run *x, const struct row *row, char *arg,
			struct cvt_error *err)
{
	(void)row;
	return code(cvt_set_hostname(x->c, arg, err), err);
}

static int remove_machine_id(struct run *x, const struct row *row, char *arg,
			     struct cvt_error *err)
{
	(void)row, (void)arg, (void)err;
	cvt_set_remove_machine_id(x->c, 1);
	return CVT_EXIT_OK;
}

static int set_color(struct run *x, const struct row *row, char *arg,
		     struct cvt_error *err)
{
	static const char *const words[] = { "auto", "always", "never" };

	(void)row;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(arg, words[i]) == 0) {
			x->ui.color = (enum color)i;
			return CVT_EXIT_OK;
		}
	return usage(err, "--color takes auto, always or never, not '%s'", arg);
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

const struct row rows[] = {
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
	{ "firmware", 0, "FIRMWARE", CHANGES | BOOT, "keep (default), or uefi or bios on the new machine", set_firmware, 0 },
	{ "no-portable", 0, NULL, CHANGES, "drivers of the target only, no way back", no_portable, 0 },
	{ "discard-hibernation", 0, NULL, ON_DISKS, "give up the state of a hibernated guest", discard_hibernation, 0 },
	{ "cpus", 0, "N", BOOT, "of the machine", set_cpus, 0 },
	{ "disk-bus", 0, "BUS", BOOT, "virtio-blk, virtio-scsi, nvme, pvscsi, ahci", set_disk_bus, 0 },
	{ "timeout", 0, "SECONDS", BOOT, "to come up; default: 300", set_timeout, 0 },
	{ "evidence", 0, "DIR", BOOT, "write screen.png and serial.log there", set_evidence, 0 },
	{ "keep", 0, NULL, BOOT, "keep what the machine has written to", set_keep, 0 },
	{ "firstboot", 0, "SCRIPT", CHANGES, "run it at the guest's first boot; repeat", add_firstboot, 0 },
	{ "ssh-key", 0, "FILE[:USER]", CHANGES, "public keys for root or USER; repeat", add_ssh_key, 0 },
	{ "hostname", 0, "NAME", CHANGES, "of the guest", set_hostname, 0 },
	{ "remove-machine-id", 0, NULL, CHANGES, "let the guest make itself a new one", remove_machine_id, 0 },
	{ "since", 0, "REPORT", CHANGES, "show what is not as in that report of an older snapshot", set_since, 0 },
	{ "heartbeat", 0, "SECONDS", RUN, "an event at least that often", set_heartbeat, 0 },
	{ "repair", 0, NULL, ON_DISKS, "mend damaged file systems that the guest needs", set_repair, 0 },
	{ "memory", 0, "MIB", ON_DISKS, "of an appliance, or of the machine of 'boot'", set_memory, 0 },
	{ "time-limit", 0, "SECONDS", ON_DISKS, "give up after this time, disks unchanged", set_time_limit, 0 },
	{ "work-dir", 0, "DIR", ON_DISKS | UNDO, "for temporary overlays", set_work_dir, 0 },
	{ "report", 0, "FILE", REPORTS, "write the report, also on failure; .html, .txt, else JSON", TEXT(report) },
	{ "events", 0, "FILE|FD:N", REPORTS, "write progress and log as JSON lines", TEXT(events) },
	{ "kernel", 0, "FILE", MAKE, "of the machine; default: the newest in /boot", TEXT(kernel) },
	{ "modules", 0, "DIR", MAKE, "of that kernel; default: in /lib/modules", TEXT(modules) },
	{ "diff", 0, NULL, CHANGES, "print the changes as a unified diff", FLAG(wants_diff) },
	{ "json", 0, NULL, REPORTS, "print the report as JSON", FLAG(wants_json) },
	{ "color", 0, "WHEN", ON_DISKS | RUN, "auto (default), always, never", set_color, 0 },
	{ "quiet", 'q', NULL, ANY, "no progress, no text; only failures", FLAG(ui.quiet) },
	{ "verbose", 'v', NULL, ANY, "log lines; twice: debug lines", set_verbose, 0 },
	{ "help", 'h', NULL, ANY, "print this", FLAG(wants_help) },
	{ "version", 'V', NULL, ANY, "print the version", FLAG(wants_version) },
	/* clang-format on */
};
const size_t n_rows = sizeof(rows) / sizeof(rows[0]);
_Static_assert(sizeof(rows) / sizeof(rows[0]) <= ROWS_MAX, "struct run counts no more");
