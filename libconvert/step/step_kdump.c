/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * kdump's own initramfs has the drivers of the source only, and a crash on the target would find
 * no disk.  Its service makes it anew: where its configuration is newer (kdumpctl of Red Hat,
 * mkdumprd(8) of SUSE), or where a copy of its sysctls differs (kdump-config(8) of Debian).
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/fields.h"
#include "step/step.h"
#include "step/storage.h"

#define REDHAT "/etc/kdump.conf"
#define SUSE "/etc/sysconfig/kdump"
#define DEBIAN "/var/lib/kdump/latest_sysctls-"
#define NOTE \
	"# Changed by a conversion, so that the initramfs of kdump is made anew for: "

#define ANEW                   \
	WHY("kdump-initramfs", \
	    "kdump makes its initramfs anew, with the target's drivers")

static int want_kdump(const struct guest *g, const struct request *q, struct wants *w,
		      struct cvt_error *err)
{
	(void)g, (void)q;
	if (want_add(w, REDHAT, WANT_LINK) < 0 || want_add(w, SUSE, WANT_LINK) < 0 ||
	    want_add(w, DEBIAN "*", WANT_LINK) < 0)
		return error_nomem(err);
	return 0;
}

/* Without memory for it no kernel takes over after a crash. */
static bool has_crash_kernel(const struct guest *g)
{
	for (size_t i = 0; i < g->n_entries; i++)
		if (g->entries[i].cmdline &&
		    strstr(g->entries[i].cmdline, "crashkernel="))
			return true;
	return false;
}

/* ---- where the dump goes ---- */

/* kdump.conf(5): "raw DEVICE", or the type of a file system and its device. */
static bool is_target(const char *directive)
{
	static const char *const words[] = { "raw", "ext2",  "ext3", "ext4",
					     "xfs", "btrfs", "minix" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(directive, words[i]) == 0)
			return true;
	return false;
}

/* A name that lasts to @name.  What holds nothing but a dump has that of its partition only. */
static enum fate find_name(const struct guest *g, const char *directive, const char *spec,
			   char name[DEVICE_NAME_SIZE])
{
	const struct device *d = NULL;
	enum resolved r = guest_resolve(g, spec, &d);

	if (r == RESOLVED_OTHER || guest_spec_is_stable(g, spec))
		return FATE_KEEP;
	if (g->n_disks == 0)
		return FATE_UNKNOWN;
	if (r == RESOLVED_ABSENT || guest_spec_is_guess(g, spec))
		return FATE_ABSENT;
	if (strcmp(directive, "raw") == 0)
		return d->partuuid && snprintf(name, DEVICE_NAME_SIZE,
					       "/dev/disk/by-partuuid/%s",
					       d->partuuid) < DEVICE_NAME_SIZE
			       ? FATE_RENAME
			       : FATE_NAMELESS;
	return storage_name(g, d, name, DEVICE_NAME_SIZE) == 0 ? FATE_RENAME
							       : FATE_NAMELESS;
}

static int edit_line(const struct guest *g, struct fields *f, struct findings *found)
{
	CLEANUP_BYTES struct bytes buf = { 0 };
	char name[DEVICE_NAME_SIZE];
	enum fate fate;
	char *words[2];

	if (fields_strings(f, 2, &buf, words) < 0)
		return -ENOMEM;
	if (!is_target(words[0]))
		return 0;
	fate = find_name(g, words[0], words[1], name);
	if (fate == FATE_RENAME)
		return fields_set(f, 1, name);
	return fate == FATE_KEEP ? 0 : findings_add(found, f->lineno, "%.200s", words[1]);
}

static int plan_targets(const struct guest *g, struct plan *p, struct cvt_error *err)
{
	CLEANUP(fields_clear) struct fields f = { 0 };
	CLEANUP_FINDINGS struct findings found = { 0 };
	CLEANUP_BYTES struct bytes fresh = { 0 };
	const char *text = plan_text(p, g, REDHAT);
	int r;

	if (!text)
		return 0;
	r = fields_open(&f, text, strlen(text), err);
	while (r == 0 && fields_next(&f))
		r = edit_line(g, &f, &found);
	if (r == 0)
		r = findings_tell(&found, p, "kdump-target", REDHAT,
				  "let the dump go to a file system that has a UUID");
	if (r == 0)
		r = fields_finish(&f, &fresh);
	if (r < 0)
		return error_nomem(err);
	return plan_write(p, g, REDHAT, &fresh,
			  WHY("kdump-stable-name",
			      "the dump goes to a device whose name does not change"),
			  err);
}

/* ---- its initramfs ---- */

/* A note at the end, which names the target: a change is all that it takes. */
static int plan_note(const struct guest *g, const struct request *q, const char *path,
		     struct plan *p, struct cvt_error *err)
{
	const char *text = plan_text(p, g, path), *old = text ? strstr(text, NOTE) : NULL;
	const char *rest;
	char *fresh;

	if (!text)
		return 0;
	if (!old)
		old = text + strlen(text);
	rest = strchrnul(old, '\n');
	if (asprintf(&fresh, "%.*s%s" NOTE "%s%s", (int)(old - text), text,
		     old == text || old[-1] == '\n' ? "" : "\n", q->target->name,
		     *rest ? rest : "\n") < 0)
		return error_nomem(err);
	return plan_write_text(p, g, path, fresh, ANEW, err);
}

static int plan_kdump(const struct guest *g, const struct request *q, struct plan *p,
		      struct cvt_error *err)
{
	int r = plan_targets(g, p, err);

	if (r < 0 || !has_crash_kernel(g))
		return r;
	r = plan_note(g, q, guest_file(g, REDHAT) ? REDHAT : SUSE, p, err);
	for (size_t i = 0; i < g->n_files && r == 0; i++)
		if (starts_with(g->files[i].path, DEBIAN))
			r = plan_remove(p, g, g->files[i].path, ANEW, err);
	return r;
}

const struct step step_kdump = {
	.name = "kdump",
	.want = want_kdump,
	.plan = plan_kdump,
};
