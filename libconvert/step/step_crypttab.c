/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/crypttab: the devices below encrypted volumes get stable names, and an absent one
 * does not stop the boot.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/crypttab.h"
#include "format/options.h"
#include "step/step.h"
#include "step/storage.h"

enum verdict {
	VERDICT_KEEP,
	VERDICT_RENAME,
	VERDICT_ABSENT,
	VERDICT_MISMATCH,
	VERDICT_NAMELESS,
};

struct rule {
	enum verdict verdict;
	const char *id, *reason; /* of the edit; NULL: the line stays as it is */
	const char *warning;	 /* its id; NULL: none */
	const char *text;	 /* behind the name of the device */
	const char *remedy;
};

#define ABSENT_REASON "encrypted devices that were not replicated must not stop the boot"

static const struct rule rules[] = {
	{ VERDICT_RENAME, "crypttab-stable-name",
	  "device names of the source's disk bus become names from superblocks", NULL,
	  NULL, NULL },
	{ VERDICT_ABSENT, "crypttab-absent-device", ABSENT_REASON, "device-absent",
	  "is not among the replicated disks",
	  "replicate that disk too, or remove the line from /etc/crypttab" },
	{ VERDICT_MISMATCH, "crypttab-absent-device", ABSENT_REASON,
	  "crypttab-type-mismatch", "leads to a device that holds something else",
	  "give all disks in the order of the source machine, or use UUID= in "
	  "/etc/crypttab" },
	{ VERDICT_NAMELESS, NULL, NULL, "device-nameless",
	  "has no name of its own, and keeps that of the source's disk bus",
	  "give the partition a name that does not change, in /etc/crypttab" },
};

/* Made anew at each boot, so that no superblock names it: "swap", "tmp", "plain". */
static bool is_volatile(const char *options)
{
	return !options_has(options, "luks") &&
	       (options_has(options, "swap") || options_has(options, "tmp") ||
		options_has(options, "plain"));
}

static bool types_agree(const struct crypttab_entry *e, const struct device *d)
{
	const char *have = d->type ? d->type : "";

	if (strcmp(have, "crypto_LUKS") == 0)
		return true;
	if (is_volatile(e->options))
		return have[0] == '\0' || strcmp(have, "swap") == 0;
	return options_has(e->options, "tcrypt") ||
	       options_has(e->options, "tcrypthidden") ||
	       options_has(e->options, "bitlk") || strcmp(have, "BitLocker") == 0;
}

/* @name has DEVICE_NAME_SIZE bytes. */
static enum verdict judge(const struct guest *g, const struct crypttab_entry *e,
			  char *name)
{
	const struct device *d = NULL;
	struct device part;

	switch (guest_resolve(g, e->device, &d)) {
	case RESOLVED_OTHER:
		return VERDICT_KEEP;
	case RESOLVED_ABSENT:
		return options_has(e->options, "noauto") ? VERDICT_KEEP : VERDICT_ABSENT;
	case RESOLVED_DEVICE:
		break;
	}
	if (guest_spec_is_stable(g, e->device))
		return VERDICT_KEEP;
	/* What is encrypted anew at each boot is lost if it is the wrong one. */
	if (!types_agree(e, d) || guest_spec_is_guess(g, e->device))
		return VERDICT_MISMATCH;
	if (!is_volatile(e->options))
		return storage_name(g, d, name, DEVICE_NAME_SIZE) == 0 ? VERDICT_RENAME
								       : VERDICT_NAMELESS;
	part = *d;
	part.uuid = part.label = NULL;
	return device_stable_name(&part, name, DEVICE_NAME_SIZE) == 0 ? VERDICT_RENAME
								      : VERDICT_NAMELESS;
}

/* crypttab(5) of systemd knows nofail and the time limit as systemd.mount(5) does;
 * without systemd the boot does not wait for the device.
 */
static int make_optional(const struct guest *g, struct crypttab *c,
			 const struct crypttab_entry *e)
{
	CLEANUP_FREE char *nofail = NULL;
	CLEANUP_FREE char *both = NULL;

	if (!guest_has_systemd(g) || options_has(e->options, "nofail") ||
	    options_has(e->options, "noauto"))
		return 0;
	nofail =
		options_with(strcmp(e->options, "none") == 0 ? "" : e->options, "nofail");
	both = nofail ? options_with(nofail, DEVICE_TIMEOUT) : NULL;
	return both ? crypttab_set(c, CRYPTTAB_OPTIONS, both) : -ENOMEM;
}

static int apply_to(const struct rule *rule, const struct guest *g, struct crypttab *c,
		    const struct crypttab_entry *e, const char *name,
		    struct findings *found)
{
	int r = 0;

	if (rule->verdict == VERDICT_RENAME)
		return crypttab_set(c, CRYPTTAB_DEVICE, name);
	if (rule->id)
		r = make_optional(g, c, e);
	return r < 0 ? r
		     : findings_add(found, e->lineno, "%.100s of %.100s %s", e->device,
				    e->name, rule->text);
}

static int apply_rule(const struct rule *rule, const struct guest *g, struct plan *p,
		      struct cvt_error *err)
{
	CLEANUP_CRYPTTAB struct crypttab c = { 0 };
	CLEANUP_FINDINGS struct findings found = { 0 };
	const struct why why = { rule->id, rule->reason };
	struct bytes out = { 0 };
	struct crypttab_entry e;
	size_t len;
	const char *text = storage_text(p, g, CRYPTTAB_PATH, &len);
	int r = crypttab_open(&c, text, len, err);

	if (r < 0)
		return error_place(err, r, ERR_FILE_INVALID, CRYPTTAB_PATH);
	while (r == 0 && (r = crypttab_next(&c, &e)) > 0) {
		char name[DEVICE_NAME_SIZE] = "";

		r = 0;
		if (judge(g, &e, name) == rule->verdict)
			r = apply_to(rule, g, &c, &e, name, &found);
	}
	if (r < 0 || (r = findings_tell(&found, p, rule->warning, CRYPTTAB_PATH,
					rule->remedy)) < 0)
		return error_set(err, r, "cannot be edited: %s", strerror(-r));
	if (!rule->id)
		return 0;
	r = crypttab_finish(&c, &out);
	return r < 0 ? error_nomem(err)
		     : plan_write(p, g, CRYPTTAB_PATH, &out, &why, err);
}

static int want_crypttab(const struct guest *g, const struct request *q, struct wants *w,
			 struct cvt_error *err)
{
	(void)g, (void)q;
	return want_add(w, CRYPTTAB_PATH, 0) < 0 ? error_nomem(err) : 0;
}

static int plan_crypttab(const struct guest *g, const struct request *q, struct plan *p,
			 struct cvt_error *err)
{
	size_t len;
	int r = 0;

	(void)q;
	if (!storage_text(p, g, CRYPTTAB_PATH, &len))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(rules) && r == 0; i++)
		r = apply_rule(&rules[i], g, p, err);
	return r;
}

const struct step step_crypttab = {
	.name = "crypttab",
	.want = want_crypttab,
	.plan = plan_crypttab,
};
