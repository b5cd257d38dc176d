/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/fstab: names of devices that the new machine will not have become
 * names from superblocks, and nothing that stays behind holds up the boot.
 *
 * Each rule is a row and goes over the file on its own, so that an edit names
 * the rules that asked for it.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/fstab.h"
#include "format/options.h"
#include "step/step.h"
#include "step/storage.h"

#define PATH "/etc/fstab"

/*
 * systemd.mount(5): with nofail the boot neither waits for the mount nor fails
 * with it.  The time limit ends the attempt itself: DEVICE_TIMEOUT the wait for a
 * block device, MOUNT_TIMEOUT mount(8) where there is no device to wait for.
 */
#define MOUNT_TIMEOUT "x-systemd.mount-timeout=30s"

enum kind {
	KIND_KEEP,
	KIND_RENAME,
	KIND_ABSENT,
	KIND_MISMATCH,
	KIND_NETWORK,
	KIND_HYPERVISOR,
	KIND_REMOVABLE,
	KIND_NAMELESS,
	KIND_HIDDEN,
	KIND_UNKNOWN,
};

struct rule {
	enum kind kind;
	const char *id, *reason; /* of the edit; NULL: the line stays as it is */
	const char *timeout;	 /* goes with nofail; NULL: none */
	const char *warning;	 /* its id; NULL: none */
	const char *text;	 /* behind the name of the device */
	const char *remedy;
};

#define REPLICATE "replicate that disk too, or remove the line from /etc/fstab"
#define ABSENT_REASON "devices that were not replicated must not stop the boot"

static const struct rule rules[] = {
	{ KIND_RENAME, "fstab-stable-name",
	  "device names of the source's disk bus become names from superblocks", NULL,
	  NULL, NULL, NULL },
	{ KIND_ABSENT, "fstab-absent-device", ABSENT_REASON, DEVICE_TIMEOUT,
	  "device-absent", "is not among the replicated disks", REPLICATE },
	{ KIND_MISMATCH, "fstab-absent-device", ABSENT_REASON, DEVICE_TIMEOUT,
	  "fstab-type-mismatch", "leads to a device that holds something else",
	  "give all disks in the order of the source machine, or use UUID= in "
	  "/etc/fstab" },
	{ KIND_NETWORK, "fstab-network-fs",
	  "network file systems out of reach must not stop the boot", MOUNT_TIMEOUT, NULL,
	  NULL, NULL },
	{ KIND_HYPERVISOR, "fstab-hypervisor-fs",
	  "shared folders of the source's hypervisor must not stop the boot",
	  MOUNT_TIMEOUT, "hypervisor-fs", "is a shared folder of the source's hypervisor",
	  "copy what is in it, and remove the line from /etc/fstab" },
	{ KIND_REMOVABLE, "fstab-removable", "an absent drive must not stop the boot",
	  NULL, NULL, NULL, NULL },
	{ KIND_NAMELESS, NULL, NULL, NULL, "device-nameless",
	  "has no UUID of its own, and keeps the name of the source's disk bus",
	  "give the file system a UUID of its own" },
	{ KIND_HIDDEN, NULL, NULL, NULL, "device-hidden",
	  "may lie in an array or an encrypted partition, and was not looked for", NULL },
	{ KIND_UNKNOWN, NULL, NULL, NULL, "devices-unknown",
	  "keeps its name, because nothing is known of the disks",
	  "convert the disks rather than a directory" },
};

static bool is_removable(const struct guest *g, const struct fstab_entry *e)
{
	const struct device *d;

	/* An IDE drive is "hdc" among disks. */
	return fstab_is_removable(e) ||
	       (strncmp(e->spec, "/dev/", 5) == 0 &&
		(strstr(e->type, "iso9660") || strstr(e->type, "udf")) &&
		guest_resolve(g, e->spec, &d) != RESOLVED_DEVICE);
}

static enum kind kind_of_type(const struct fstab_entry *e)
{
	if (fstab_is_hypervisor(e))
		return KIND_HYPERVISOR;
	return fstab_is_network(e) ? KIND_NETWORK : KIND_KEEP;
}

static const enum kind kind_of_fate[] = {
	[FATE_KEEP] = KIND_KEEP,	 [FATE_RENAME] = KIND_RENAME,
	[FATE_NAMELESS] = KIND_NAMELESS, [FATE_MISMATCH] = KIND_MISMATCH,
	[FATE_ABSENT] = KIND_ABSENT,	 [FATE_HIDDEN] = KIND_HIDDEN,
	[FATE_UNKNOWN] = KIND_UNKNOWN,
};

static enum kind classify(const struct guest *g, const struct crypt_names *c,
			  const struct fstab_entry *e, char *name)
{
	enum kind kind = kind_of_type(e);

	/* chroots bind directories of /dev, whose names look like devices */
	if (options_has(e->options, "bind") || options_has(e->options, "rbind"))
		return KIND_KEEP;
	if (kind == KIND_KEEP && is_removable(g, e))
		kind = KIND_REMOVABLE;
	else if (kind == KIND_KEEP)
		kind = kind_of_fate[storage_fate(g, c, e->spec, e->where, e->type, name)];
	if (kind == KIND_RENAME || kind == KIND_NAMELESS)
		return kind;
	/* What is mounted on demand stops no boot, and an absent root always does. */
	if (storage_is_root(e->where) || options_has(e->options, "noauto"))
		return KIND_KEEP;
	return kind;
}

static int make_optional(const struct guest *g, struct fstab *f,
			 const struct fstab_entry *e, const char *timeout)
{
	CLEANUP_FREE char *nofail = NULL;
	CLEANUP_FREE char *both = NULL;

	if (fstab_is_optional(e))
		return 0;
	nofail = options_with(e->options[0] ? e->options : "defaults", "nofail");
	if (!nofail)
		return -ENOMEM;
	if (!timeout || !guest_has_systemd(g))
		return fstab_set(f, FSTAB_OPTIONS, nofail);
	both = options_with(nofail, timeout);
	return both ? fstab_set(f, FSTAB_OPTIONS, both) : -ENOMEM;
}

static int apply_to(const struct rule *rule, const struct guest *g, struct fstab *f,
		    const struct fstab_entry *e, const char *name, struct findings *found)
{
	int r = 0;

	if (rule->kind == KIND_RENAME)
		return fstab_set(f, FSTAB_SPEC, name);
	if (rule->id)
		r = make_optional(g, f, e, rule->timeout);
	if (r < 0 || !rule->warning)
		return r;
	return findings_add(found, e->lineno, "%.100s on %.100s %s", e->spec, e->where,
			    rule->text);
}

static int apply_rule(const struct rule *rule, const struct guest *g,
		      const struct crypt_names *c, struct plan *p, struct cvt_error *err)
{
	CLEANUP_FSTAB struct fstab f = { 0 };
	CLEANUP_FINDINGS struct findings found = { 0 };
	const struct why why = { rule->id, rule->reason };
	struct bytes out = { 0 };
	struct fstab_entry e;
	size_t len;
	const char *text = storage_text(p, g, PATH, &len);
	int r = fstab_open(&f, text, len, err);

	while (r == 0 && (r = fstab_next(&f, &e)) > 0) {
		char name[DEVICE_NAME_SIZE] = "";

		r = 0;
		if (classify(g, c, &e, name) == rule->kind)
			r = apply_to(rule, g, &f, &e, name, &found);
	}
	if (r < 0 ||
	    (r = findings_tell(&found, p, rule->warning, PATH, rule->remedy)) < 0)
		return error_set(err, r, "cannot be edited: %s", strerror(-r));
	if (!rule->id)
		return 0;
	r = fstab_finish(&f, &out);
	return r < 0 ? error_nomem(err) : plan_write(p, g, PATH, &out, &why, err);
}

/* Tells what mount(8) will not read either. */
static int check_lines(const char *text, size_t len, struct plan *p,
		       struct cvt_error *err)
{
	CLEANUP_FSTAB struct fstab f = { 0 };
	struct fstab_entry e;
	int r = fstab_open(&f, text, len, err);

	if (r < 0)
		return error_place(err, r, ERR_FILE_INVALID, PATH);
	while ((r = fstab_next(&f, &e)) > 0)
		;
	if (r == 0 && f.n_malformed > 0)
		r = plan_warn(p, "fstab-malformed", PATH, "correct or remove the line",
			      "line %zu%s: fewer than three fields; left as it is",
			      f.malformed, f.n_malformed > 1 ? " and others" : "");
	return r < 0 ? error_nomem(err) : 0;
}

static int want_fstab(const struct guest *g, const struct request *q, struct wants *w,
		      struct cvt_error *err)
{
	(void)g, (void)q;
	if (want_add(w, PATH, 0) < 0 || want_add(w, CRYPTTAB_PATH, 0) < 0)
		return error_nomem(err);
	return 0;
}

static int plan_fstab(const struct guest *g, const struct request *q, struct plan *p,
		      struct cvt_error *err)
{
	CLEANUP_CRYPT_NAMES struct crypt_names c = { 0 };
	size_t len;
	const char *text = storage_text(p, g, PATH, &len);
	int r;

	(void)q;
	if (!text)
		return 0;
	r = check_lines(text, len, p, err);
	if (r == 0)
		r = crypt_names_read(&c, p, g, err);
	for (size_t i = 0; i < ARRAY_SIZE(rules) && r == 0; i++)
		r = apply_rule(&rules[i], g, &c, p, err);
	return r;
}

const struct step step_fstab = {
	.name = "fstab",
	.want = want_fstab,
	.plan = plan_fstab,
};
