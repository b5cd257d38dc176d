/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* root=, resume=, and what is to be found there. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "check/rule.h"
#include "format/cmdline.h"

#define CONVERT "convert the guest for this target"
#define CORRECT "correct it in the guest, then replicate and convert"

static int get_word(const struct boot_entry *e, const char *key, struct bytes *ret)
{
	int r = cmdline_get(e->cmdline, strlen(e->cmdline), CMDLINE_KERNEL, key, ret);

	return r == -ENOENT ? 0 : r;
}

/* rootflags=subvol=… names what is there. */
static int judge_subvolume(const struct guest *g, const struct boot_entry *e,
			   const struct device *d, enum verdict v, struct answer *a)
{
	CLEANUP_BYTES struct bytes flags = { 0 };
	size_t device = guest_first_member(g, (size_t)(d - g->devices));
	int r = get_word(e, "rootflags", &flags);

	if (r < 0 || !d->type || strcmp(d->type, "btrfs") != 0 || !flags.data ||
	    guest_subvolume_by_options(g, device, flags.data))
		return r;
	return answer(a, v, e->config, CORRECT,
		      "“%s” has rootflags=%s, and %s has no such subvolume", e->title,
		      flags.data, d->name);
}

static int judge_spec(const struct inquiry *x, const struct boot_entry *e,
		      const char *spec, enum verdict v, struct answer *a)
{
	const struct device *d = NULL, *root = guest_device_at(x->g, "/");
	const char *why = "";

	switch (spec_standing(x, spec, &d, &why)) {
	case STANDS_NOT:
		return answer(a, v, e->config, CONVERT, "“%s” has root=%s, which %s",
			      e->title, spec, why);
	case STANDS_TWICE:
		return answer(a, v, e->config,
			      "give one of them another UUID, or leave out a disk",
			      "“%s” has root=%s, and two file systems have that name",
			      e->title, spec);
	case STANDS_OPEN:
		return answer(a, VERDICT_WARN, e->config, NULL,
			      "“%s” has root=%s, of which nothing is known here",
			      e->title, spec);
	case STANDS_BY_ORDER:
		if (x->g->n_disks > 1 &&
		    answer(a, VERDICT_WARN, e->config, CONVERT,
			   "“%s” has root=%s, and Linux may find the disks in another "
			   "order",
			   e->title, spec) < 0)
			return -ENOMEM;
		break;
	case STANDS_FIRM:
		break;
	}
	if (root && guest_first_member(x->g, (size_t)(d - x->g->devices)) !=
			    guest_first_member(x->g, (size_t)(root - x->g->devices)))
		return answer(a, VERDICT_WARN, e->config, NULL,
			      "“%s” has root=%s, which is another system on %s", e->title,
			      spec, d->name);
	return judge_subvolume(x->g, e, d, v, a)
		       ?: answer_pass(a, e->config, "root=%s is %s", spec, d->name);
}

static int judge_entry_root(const struct inquiry *x, const struct boot_entry *e,
			    struct answer *a)
{
	CLEANUP_BYTES struct bytes spec = { 0 };
	enum verdict v = entry_weight(x->g, e);
	int r = get_word(e, "root", &spec);

	if (r < 0)
		return r;
	if (spec.len == 0)
		return answer(a, VERDICT_WARN, e->config, NULL,
			      "“%s” has no root=; its initramfs must know it", e->title);
	return judge_spec(x, e, spec.data, v, a);
}

int judge_root(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	int r = 0;

	(void)err;
	for (size_t i = 0; i < x->g->n_entries && r == 0; i++)
		r = judge_entry_root(x, &x->g->entries[i], a);
	return r;
}

/* An initramfs waits for it, half a minute or more, and goes on without. */
int judge_resume(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	int r = 0;

	(void)err;
	for (size_t i = 0; i < x->g->n_entries && r == 0; i++) {
		const struct boot_entry *e = &x->g->entries[i];
		CLEANUP_BYTES struct bytes spec = { 0 };
		const struct device *d;
		const char *why = "";

		r = get_word(e, "resume", &spec);
		if (r < 0 || spec.len == 0 || strcmp(spec.data, "none") == 0)
			continue;
		r = spec_standing(x, spec.data, &d, &why) == STANDS_NOT
			    ? answer(a, VERDICT_WARN, e->config, CONVERT,
				     "“%s” has resume=%s, which %s: the boot waits for "
				     "it",
				     e->title, spec.data, why)
			    : answer_pass(a, e->config, "resume=%s is there", spec.data);
	}
	return r;
}

int judge_init(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct boot_entry *def = default_entry(x->g);
	CLEANUP_BYTES struct bytes init = { 0 };
	int r = def ? get_word(def, "init", &init) : 0;

	(void)err;
	if (r < 0)
		return r;
	if (init.len > 0)
		return answer(a, VERDICT_WARN, def->config, NULL,
			      "init=%s is started, which is not looked at", init.data);
	if (!x->g->has_sbin_init)
		return answer(
			a, VERDICT_FAIL, "/sbin/init",
			"install the init system again in the guest, then replicate",
			"the kernel starts it, and it is not there");
	return answer_pass(a, "/sbin/init", "%s is there",
			   x->g->init ? x->g->init : "an init system");
}

int judge_file_systems(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	int r = 0;

	(void)err;
	for (size_t i = 0; i < x->g->n_checks && r == 0; i++) {
		const struct check *c = &x->g->checks[i];
		const struct device *d = &x->g->devices[c->device];

		if (c->result == CHECK_DAMAGED)
			r = answer(a, VERDICT_FAIL, d->name,
				   "convert with --repair, or mend it in the guest",
				   "is damaged: %s", c->words);
		else if (c->was_mounted)
			r = answer_pass(a, NULL,
					"all that the boot needs can be mounted");
	}
	return r;
}
