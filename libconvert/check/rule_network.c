/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Can it be reached: over the network, on a console? */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "check/rule.h"
#include "format/cmdline.h"
#include "step/drivers.h"
#include "step/network.h"

#define CONVERT "convert the guest for this target"

int judge_network_driver(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct target *t = x->q->target;
	const struct kernel *k = drivers_default_kernel(x->g);
	const char *driver = drivers_of_card(t);

	(void)err;
	if (!k || !driver)
		return 0;
	if (kernel_module_state(k, driver) == MODULE_MISSING)
		return answer(a, VERDICT_FAIL, k->modules_dir,
			      "install a kernel that has it, or choose another target",
			      "kernel %s has no driver %s for the network card of %s",
			      k->version, driver, t->name);
	return answer_pass(a, k->modules_dir, "kernel %s has %s for the %s of %s",
			   k->version, driver, t->nic_model, t->name);
}

/* Of the warnings of the step, those that mean: the interface will not come up. */
static int judge_warnings(const struct plan *p, struct answer *a)
{
	static const char *const grave[] = { "nic-several", "nic-pattern" };
	int r = 0;

	for (size_t i = 0; i < p->n_warnings && r == 0; i++) {
		const struct warning *w = &p->warnings[i];
		enum verdict v = VERDICT_WARN;

		for (size_t j = 0; j < ARRAY_SIZE(grave); j++)
			if (strcmp(w->id, grave[j]) == 0)
				v = VERDICT_FAIL;
		r = answer(a, v, w->path, w->remedy, "%s", w->text);
	}
	return r;
}

static int tell_bound(const struct plan *p, const struct net_facts *facts,
		      struct answer *a)
{
	const struct edit *e = &p->edits[0];
	const char *path = e->is_new ? NULL : e->path;

	if (facts->pins.n > 0)
		return answer(a, VERDICT_FAIL, path, CONVERT,
			      "%s waits for the MAC address %s of the old machine",
			      facts->pins.v[0].name[0] ? facts->pins.v[0].name
						       : "the interface",
			      facts->pins.v[0].mac);
	return answer(a, VERDICT_FAIL, path, CONVERT,
		      "%s is configured, and the card of the new machine may be called "
		      "otherwise",
		      facts->cards.n > 0 ? facts->cards.v[0].name : "an interface");
}

/*
 * The step knows what depends on names and addresses of the old machine; it
 * would have nothing to do in a guest that meets the new one's card.
 */
int judge_network(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct request q = { .target = x->q->target,
				   .portable = x->q->portable,
				   .nics = x->q->nics,
				   .n_nics = x->q->n_nics };
	CLEANUP_NET_FACTS struct net_facts facts = { 0 };
	CLEANUP_PLAN struct plan p = { 0 }, said = { 0 };
	int r = net_gather(x->g, &said, &facts, err);

	if (r == -EOVERFLOW)
		return answer(a, VERDICT_WARN, NULL, "check the network by hand",
			      "more interfaces are configured than can be looked at");
	if (r == 0)
		r = step_network.plan(x->g, &q, &p, err);
	if (r < 0)
		return r;
	if (p.n_edits > 0)
		return tell_bound(&p, &facts, a);
	r = judge_warnings(&p, a);
	if (r == 0 && facts.cards.n == 0 && !facts.has_pattern)
		r = answer(a, VERDICT_WARN, NULL, NULL,
			   "no interface is configured in a way that is known");
	if (r == 0 && facts.cards.n > 0)
		r = answer_pass(a, NULL, "%s gets its name on any machine",
				facts.cards.v[0].name[0] ? facts.cards.v[0].name
							 : facts.cards.v[0].mac);
	return r < 0 ? r : answer_pass(a, NULL, "whatever card there is is configured");
}

int judge_console(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct boot_entry *def = default_entry(x->g);
	const char *const *consoles = target_consoles(x->q->target, guest_arch(x->g));
	const char *wanted = NULL, *at;
	size_t n;

	(void)err;
	for (size_t i = 0; consoles && consoles[i]; i++)
		wanted = consoles[i];
	if (!def || !wanted)
		return 0;
	n = strcspn(wanted, ",");
	for (at = def->cmdline; (at = strstr(at, "console="));) {
		at += strlen("console=");
		if (strncmp(at, wanted, n) == 0 && strchr(", ", at[n]))
			return answer_pass(a, def->config, "Linux writes to %.*s", (int)n,
					   wanted);
	}
	return answer(a, VERDICT_WARN, def->config, CONVERT,
		      "Linux does not write to %.*s, the console of %s", (int)n, wanted,
		      x->q->target->name);
}
