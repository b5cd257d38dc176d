/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "step/kernel_args.h"

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

const struct why kernel_args_whys[] = {
	[ARGS_ROOT] = { "loader-root",
			"the root device has a name that does not change" },
	[ARGS_RESUME] = { "loader-resume",
			  "the resume device has a name that does not change" },
	[ARGS_CONSOLE] = { "loader-console",
			   "messages go to the consoles of the target" },
	[ARGS_TARGET] = { "loader-args", "the target wants these kernel arguments" },
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
	default:
		return (struct cmdline_edits){ .args = j->q->target->cmdline,
					       .only_with = "root" };
	}
}
