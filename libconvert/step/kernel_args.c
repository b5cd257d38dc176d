/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/text.h"
#include "step/kernel_args.h"
#include "step/network.h"

static int set_word(const char *key, const char *value, char **word)
{
	if (asprintf(word, "%s=%s", key, value) < 0) {
		*word = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* Without initramfs the kernel itself looks for the device, and it knows no file system
 * UUID (Linux, block/early-lookup.c).
 */
static int name_for_kernel(const struct args_job *m, const struct device *d,
			   const char *key, const char *value, char **word)
{
	CLEANUP_FREE char *name = NULL;

	if (d->partuuid)
		return set_word("PARTUUID", d->partuuid, &name) < 0
			       ? -ENOMEM
			       : set_word(key, name, word);
	return plan_warn(
		m->p, "root-unstable", m->path,
		"give the kernel an initramfs in the guest, then replicate again",
		"%s=%s has no name that a kernel without initramfs finds on other "
		"hardware",
		key, value);
}

/* @d by a name that lasts. */
static int name_for_initramfs(const struct args_job *m, const struct device *d,
			      const char *key, const char *value, char **word)
{
	char name[1024];
	int r = device_stable_name(d, name, sizeof(name));

	if (r == 0)
		return set_word(key, name, word);
	return plan_warn(m->p, "root-unstable", m->path, NULL,
			 "%s=%s is on a device without UUID or label", key, value);
}

/* Names that are made anew at each boot, from what is on the disks. */
static bool is_assembled(const char *value)
{
	return strncmp(value, "/dev/mapper/", 12) == 0 ||
	       strncmp(value, "/dev/md", 7) == 0;
}

static int tell_guess(const struct args_job *m, const char *key, const char *value)
{
	return plan_warn(m->p, "root-unstable", m->path,
			 "give all disks in the order of the source machine",
			 "%s=%s may be on one of several disks", key, value);
}

static int map_root(const struct cmdline_edits *e, const char *key, const char *value,
		    char **word)
{
	const struct args_job *m = e->data;
	const struct device *d = NULL;

	if ((strcmp(key, "root") != 0 && strcmp(key, "real_root") != 0) ||
	    strchr(value, '$') || guest_spec_is_stable(m->g, value))
		return 0;
	if (guest_spec_is_guess(m->g, value))
		return tell_guess(m, key, value);
	switch (guest_resolve(m->g, value, &d)) {
	case RESOLVED_DEVICE:
		return e->no_initrd ? name_for_kernel(m, d, key, value, word)
				    : name_for_initramfs(m, d, key, value, word);
	case RESOLVED_ABSENT:
		if (is_assembled(value))
			return 0;
		return plan_warn(m->p, "root-absent", m->path,
				 "give all disks of the machine",
				 "%s=%s is not on the disks given", key, value);
	case RESOLVED_OTHER:
		break;
	}
	return 0;
}

/* Whether there may be devices that we cannot see, in containers. */
static bool has_hidden_devices(const struct guest *g)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const char *type = g->devices[i].type;

		if (type && (strcmp(type, "crypto_LUKS") == 0 ||
			     strcmp(type, "linux_raid_member") == 0))
			return true;
	}
	return false;
}

/*
 * Where the swap device is gone, initramfs-tools waits 30 s for it and systemd
 * 90 s, and there is no image to resume.  "noresume" is understood by the
 * kernel and both; merely leaving resume= out would let initramfs-tools fall
 * back to the name in its conf.d/resume, and wait all the same.
 */
static int map_resume(const struct cmdline_edits *e, const char *key, const char *value,
		      char **word)
{
	const struct args_job *m = e->data;
	const struct device *d = NULL;
	int r;

	if (strcmp(key, "resume") != 0 || strchr(value, '$'))
		return 0;
	if (guest_spec_is_guess(m->g, value))
		return tell_guess(m, key, value);
	switch (guest_resolve(m->g, value, &d)) {
	case RESOLVED_DEVICE:
		if (guest_spec_is_stable(m->g, value))
			return 0;
		return e->no_initrd ? name_for_kernel(m, d, key, value, word)
				    : name_for_initramfs(m, d, key, value, word);
	case RESOLVED_ABSENT:
		r = plan_warn(m->p, "resume-absent", m->path,
			      "give all disks of the machine",
			      "resume=%s is not on the disks given", value);
		if (r < 0 || is_assembled(value) || has_hidden_devices(m->g))
			return r;
		*word = strdup("noresume");
		return *word ? 0 : -ENOMEM;
	case RESOLVED_OTHER:
		break;
	}
	return 0;
}

/* ---- what the source wanted ---- */

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Arguments that one hypervisor is given, and where they stay.  VMware KB 1006427 has
 * clocksources, notsc and clock= for old kernels, which are slow or wrong elsewhere; with
 * tsc=reliable Linux does not notice that a guest has moved to a host with another clock.
 */
/* clang-format off */
static const struct {
	const char *word;
	const char *const *targets;
} source_args[] = {
	{ "clock=pit",           LIST("vmware") },
	{ "clock=pmtmr",         LIST("vmware") },
	{ "clocksource=acpi_pm", LIST("vmware") },
	{ "clocksource=hyperv_clocksource",          LIST("hyperv", "azure") },
	{ "clocksource=hyperv_clocksource_msr",      LIST("hyperv", "azure") },
	{ "clocksource=hyperv_clocksource_tsc_page", LIST("hyperv", "azure") },
	{ "clocksource=kvm-clock", LIST("kvm", "openstack", "gce", "aws") },
	{ "clocksource=xen",     LIST("xen") },
	{ "console=hvc0",        LIST("xen") },
	{ "console=xvc0",        LIST(NULL) },
	{ "notsc",               LIST("vmware") },
	{ "tsc=reliable",        LIST("vmware", "hyperv", "azure", "aws") },
};
/* clang-format on */

static bool has(const char *const *list, const char *word)
{
	for (size_t i = 0; list && list[i]; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

/* Is @word the argument that makes a console of those of the target? */
static bool is_console(const struct args_job *j, const char *word)
{
	return starts_with(word, "console=") &&
	       has(target_consoles(j->q->target, guest_arch(j->g)),
		   word + strlen("console="));
}

/* What conversions to other targets add goes too, unless the image is for all of them. */
static void find_dropped(struct args_job *j)
{
	const struct target *target = j->q->target, *t;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(source_args) && n + 1 < ARGS_DROPPED_MAX; i++)
		if (!has(source_args[i].targets, target->name) &&
		    !is_console(j, source_args[i].word))
			j->dropped[n++] = source_args[i].word;
	for (size_t i = 0; !j->q->portable && (t = target_at(i)); i++)
		for (size_t k = 0; t->cmdline && t->cmdline[k]; k++)
			if (!has(target->cmdline, t->cmdline[k]) &&
			    n + 1 < ARGS_DROPPED_MAX)
				j->dropped[n++] = t->cmdline[k];
	j->dropped[n] = NULL;
}

const struct why kernel_args_whys[] = {
	[ARGS_ROOT] = { "loader-root",
			"the root device has a name that does not change" },
	[ARGS_RESUME] = { "loader-resume",
			  "the resume device has a name that does not change" },
	[ARGS_CONSOLE] = { "loader-console",
			   "messages go to the consoles of the target" },
	[ARGS_NETWORK] = { "loader-network", "what the initramfs is told of the network "
					     "is that of the target" },
	[ARGS_TARGET] = { "loader-args", "the target wants these kernel arguments" },
	[ARGS_SOURCE] = { "loader-source-args",
			  "arguments for the source's clock and console are gone" },
};

enum args_rule kernel_args_first(const struct guest *g)
{
	return g->n_devices > 0 ? ARGS_ROOT : ARGS_CONSOLE;
}

struct cmdline_edits kernel_args_edits(struct args_job *j, enum args_rule rule)
{
	switch (rule) {
	case ARGS_ROOT:
		return (struct cmdline_edits){ .map = map_root, .data = j };
	case ARGS_RESUME:
		return (struct cmdline_edits){ .map = map_resume, .data = j };
	case ARGS_CONSOLE:
		return (struct cmdline_edits){ .consoles = target_consoles(
						       j->q->target, guest_arch(j->g)),
					       .only_with = "root" };
	case ARGS_SOURCE:
		find_dropped(j);
		return (struct cmdline_edits){ .drop = j->dropped };
	case ARGS_NETWORK:
		return (struct cmdline_edits){ .map = net_args_map, .data = j };
	default:
		return (struct cmdline_edits){ .args = j->q->target->cmdline,
					       .only_with = "root" };
	}
}
