/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is mandatory must be there.  systemd waits 90 s for the device of a line of fstab, and
 * then stops the boot in emergency mode, unless the line says nofail or noauto
 * (systemd.mount(5)); what is on a network stops only what needs it.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "check/rule.h"
#include "format/crypttab.h"
#include "format/fstab.h"
#include "format/fstype.h"
#include "format/options.h"
#include "step/storage.h"

#define FSTAB "/etc/fstab"
#define CONVERT "convert the guest for this target, or add nofail to the line"
#define CORRECT "correct the line in the guest, then replicate and convert"

/* ---- fstab ---- */

static bool is_waited_for(const struct fstab_entry *e)
{
	return !options_has(e->options, "noauto") &&
	       !options_has(e->options, "_netdev") && !options_has(e->options, "bind") &&
	       !options_has(e->options, "rbind") && !fstab_is_optional(e);
}

/* What systemd would go on without is no more than a warning: swap, and the root, which is
 * mounted when it reads the line.
 */
static enum verdict weight(const struct guest *g, const struct fstab_entry *e)
{
	if (strcmp(e->type, "swap") == 0 || storage_is_root(e->where) ||
	    !guest_has_systemd(g))
		return VERDICT_WARN;
	return VERDICT_FAIL;
}

static int judge_type(const struct fstab_entry *e, const struct device *d, enum verdict v,
		      struct answer *a)
{
	if (fstype_agrees(e->type, d->type))
		return 0;
	return answer(a, v, FSTAB, CORRECT,
		      "line %zu: %s is to be mounted at %s as %s, and is %s", e->lineno,
		      e->spec, e->where, e->type, d->type ? d->type : "nothing known");
}

static int judge_device(const struct inquiry *x, const struct crypt_names *c,
			const struct fstab_entry *e, struct answer *a)
{
	const enum verdict v = weight(x->g, e);
	const struct device *d = NULL;
	const char *why = "";
	char name[DEVICE_NAME_SIZE];

	switch (spec_standing(x, e->spec, &d, &why)) {
	case STANDS_FIRM:
	case STANDS_TWICE:
	case STANDS_BY_ORDER:
		return judge_type(e, d, v, a);
	case STANDS_NOT:
		return answer(a, v, FSTAB, CONVERT,
			      "line %zu: the boot waits for %s at %s, which %s",
			      e->lineno, e->spec, e->where, why);
	case STANDS_OPEN:
		break;
	}
	if (storage_fate(x->g, c, e->spec, e->where, e->type, name) == FATE_ABSENT)
		return answer(a, v, FSTAB, CONVERT,
			      "line %zu: the boot waits for %s at %s, which crypttab "
			      "cannot open",
			      e->lineno, e->spec, e->where);
	if (fstab_is_removable(e))
		return answer(a, v, FSTAB, CONVERT,
			      "line %zu: the boot waits for the drive %s at %s",
			      e->lineno, e->spec, e->where);
	/* "UUD=…" is no device to anybody. */
	if (strchr(e->spec, '=') && !strchr(e->spec, '/'))
		return answer(a, v, FSTAB, CORRECT,
			      "line %zu: %s at %s is no name of a device", e->lineno,
			      e->spec, e->where);
	if (strncmp(e->spec, "/dev/", 5) != 0)
		return 0; /* tmpfs, a swap file */
	return answer(a, VERDICT_WARN, FSTAB, NULL,
		      "line %zu: %s at %s may lie in what could not be opened", e->lineno,
		      e->spec, e->where);
}

static int judge_line(const struct inquiry *x, const struct crypt_names *c,
		      const struct fstab_entry *e, struct answer *a)
{
	if (!is_waited_for(e) || fstab_is_network(e))
		return 0;
	if (fstab_is_hypervisor(e))
		return answer(a, weight(x->g, e), FSTAB, CONVERT,
			      "line %zu: %s at %s is a shared folder of the source's "
			      "hypervisor",
			      e->lineno, e->spec, e->where);
	return judge_device(x, c, e, a);
}

int judge_fstab(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	CLEANUP_CRYPT_NAMES struct crypt_names c = { 0 };
	CLEANUP_FSTAB struct fstab f = { 0 };
	const struct plan nothing = { 0 };
	struct fstab_entry e;
	size_t len;
	const char *text = storage_text(&nothing, x->g, FSTAB, &len);
	int r;

	if (!text)
		return answer(a, VERDICT_WARN, FSTAB, NULL,
			      "is not there: nothing but the root is mounted");
	r = crypt_names_read(&c, &nothing, x->g, err);
	if (r == 0 && fstab_open(&f, text, len, NULL) < 0)
		return answer(a, VERDICT_FAIL, FSTAB, CORRECT, "is no text");
	while (r == 0 && (r = fstab_next(&f, &e)) > 0)
		r = judge_line(x, &c, &e, a);
	if (r == 0 && f.n_malformed > 0)
		r = answer(a, VERDICT_WARN, FSTAB, CORRECT,
			   "line %zu: fewer than three fields; nothing is mounted by it",
			   f.malformed);
	return r < 0 ? r : answer_pass(a, FSTAB, "what the boot waits for is there");
}

/* ---- crypttab ---- */

int judge_crypttab(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	CLEANUP(crypttab_clear) struct crypttab c = { 0 };
	const struct plan nothing = { 0 };
	struct crypttab_entry e;
	size_t len;
	const char *text = storage_text(&nothing, x->g, CRYPTTAB_PATH, &len);
	int r;

	(void)err;
	if (!text)
		return 0;
	if (crypttab_open(&c, text, len, NULL) < 0)
		return answer(a, VERDICT_FAIL, CRYPTTAB_PATH, CORRECT, "is no text");
	while ((r = crypttab_next(&c, &e)) > 0) {
		const struct device *d;
		const char *why = "";

		if (options_has(e.options, "noauto") || options_has(e.options, "nofail"))
			continue;
		r = spec_standing(x, e.device, &d, &why) == STANDS_NOT
			    ? answer(a, VERDICT_FAIL, CRYPTTAB_PATH, CONVERT,
				     "line %zu: the boot waits for %s to open %s, which "
				     "%s",
				     e.lineno, e.device, e.name, why)
			    : answer_pass(a, CRYPTTAB_PATH,
					  "what is to be opened is there");
		if (r < 0)
			break;
	}
	return r;
}
