/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which name each card of the new machine gets, and what becomes of each MAC address. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "step/network.h"

void net_decision_clear(struct net_decision *d)
{
	free(d->bindings);
	free(d->pins);
}

/* Room for all that can be decided: one binding per request or card, one for each pin. */
static int decision_init(struct net_decision *d, const struct net_facts *f,
			 const struct request *q)
{
	d->bindings = calloc(q->n_nics + 1, sizeof(*d->bindings));
	d->pins = calloc(f->pins.n + 1, sizeof(*d->pins));
	return d->bindings && d->pins ? 0 : -ENOMEM;
}

static void bind_name(struct net_decision *d, const char *name, const char *mac)
{
	struct net_binding *b = &d->bindings[d->n_bindings++];

	memcpy(b->name, name, strlen(name) + 1);
	memcpy(b->mac, mac, strlen(mac) + 1);
}

const struct net_binding *net_find_binding(const struct net_decision *d, const char *name)
{
	for (size_t i = 0; i < d->n_bindings; i++)
		if (strcmp(d->bindings[i].name, name) == 0)
			return &d->bindings[i];
	return NULL;
}

static void decide_pin(struct net_decision *d, const char *mac, const char *name,
		       const char *to)
{
	struct nic_pin *pin = &d->pins[d->n_pins];

	for (size_t i = 0; i < d->n_pins; i++)
		if (strcmp(d->pins[i].mac, mac) == 0)
			return;
	memcpy(pin->mac, mac, strlen(mac) + 1);
	memcpy(pin->name, name, strlen(name) + 1);
	memcpy(pin->to, to, strlen(to) + 1);
	d->n_pins++;
}

/* The pins of names that udev will give are not needed any more. */
static void release_bound_pins(const struct net_facts *f, struct net_decision *d)
{
	for (size_t i = 0; i < f->pins.n; i++)
		if (f->pins.v[i].name[0] && net_find_binding(d, f->pins.v[i].name))
			decide_pin(d, f->pins.v[i].mac, f->pins.v[i].name, "");
}

static bool is_decided(const struct net_decision *d, const struct nic *card)
{
	if (card->name[0])
		return net_find_binding(d, card->name);
	for (size_t i = 0; i < d->n_pins; i++)
		if (strcmp(d->pins[i].mac, card->mac) == 0)
			return true;
	return false;
}

/* The first card that nothing is decided for; NULL: none is left. */
static const struct nic *next_card(const struct net_facts *f,
				   const struct net_decision *d, bool nameless)
{
	for (size_t i = 0; i < f->cards.n; i++)
		if ((!nameless || !f->cards.v[i].name[0]) &&
		    !is_decided(d, &f->cards.v[i]))
			return &f->cards.v[i];
	return NULL;
}

/* --nic MAC=NAME: a name that is not configured is for a card that has none yet. */
static void decide_named(const struct request *q, const struct net_facts *f,
			 struct net_decision *d)
{
	for (size_t i = 0; i < q->n_nics; i++) {
		const struct request_nic *nic = &q->nics[i];
		const struct nic *card = next_card(f, d, true);

		if (!nic->name[0])
			continue;
		bind_name(d, nic->name, nic->mac);
		if (card && !nics_find(&f->cards, nic->name))
			decide_pin(d, card->mac, nic->name, "");
	}
}

/* --nic MAC: the cards in their natural order. */
static int decide_unnamed(const struct request *q, const struct net_facts *f,
			  struct net_decision *d, struct plan *p)
{
	for (size_t i = 0; i < q->n_nics; i++) {
		const struct request_nic *nic = &q->nics[i];
		const struct nic *card = next_card(f, d, false);

		if (nic->name[0])
			continue;
		if (card && card->name[0])
			bind_name(d, card->name, nic->mac);
		else if (card)
			decide_pin(d, card->mac, "", nic->mac);
		else if (!f->has_pattern &&
			 plan_warn(p, "nic-unused", NULL,
				   "give the name too: --nic MAC=NAME",
				   "the guest has no further interface for %s",
				   nic->mac) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A card that no --nic speaks of. */
static int warn_unbound(const struct net_facts *f, const struct net_decision *d,
			struct plan *p)
{
	const struct nic *card = next_card(f, d, false);

	if (!card)
		return 0;
	return plan_warn(p, "nic-unbound", NULL,
			 "give --nic MAC=NAME for every interface",
			 "no --nic is given for the interface %s",
			 card->name[0] ? card->name : card->mac);
}

static bool is_kernel_name(const char *name)
{
	return strncmp(name, "eth", 3) == 0 && name[3] &&
	       name[3 + strspn(name + 3, "0123456789")] == '\0';
}

/* Nothing but the kernel names the cards: udev leaves eth0 alone. */
static bool kernel_names_cards(const struct guest *g)
{
	if (!net_has_links(g))
		return true;
	for (size_t i = 0; i < g->n_entries; i++)
		if (!g->entries[i].cmdline ||
		    !strstr(g->entries[i].cmdline, "net.ifnames=0"))
			return false;
	return g->n_entries > 0;
}

static bool needs_nothing(const struct guest *g, const struct nic *card)
{
	return is_kernel_name(card->name) && !card->mac[0] && kernel_names_cards(g);
}

/* No --nic. */
static int decide_alone(const struct guest *g, const struct net_facts *f,
			struct net_decision *d, struct plan *p)
{
	const struct nic *card = f->cards.v;
	bool all_fine = true;

	for (size_t i = 0; i < f->cards.n; i++)
		all_fine = all_fine && needs_nothing(g, &card[i]);
	if (all_fine)
		return 0;
	if (f->cards.n > 1)
		return plan_warn(
			p, "nic-several", NULL, "give --nic MAC=NAME for each",
			"%zu interfaces are configured, and nothing tells which of the "
			"new machine's is which: their names and MAC addresses stay",
			f->cards.n);
	if (card->name[0])
		bind_name(d, card->name, "");
	else
		decide_pin(d, card->mac, "", "");
	return 0;
}

int net_decide(const struct guest *g, const struct request *q, const struct net_facts *f,
	       struct net_decision *d, struct plan *p)
{
	int r = decision_init(d, f, q);

	if (r < 0)
		return r;
	if (q->n_nics == 0) {
		r = decide_alone(g, f, d, p);
	} else {
		decide_named(q, f, d);
		r = decide_unnamed(q, f, d, p);
		if (r == 0)
			r = warn_unbound(f, d, p);
	}
	release_bound_pins(f, d);
	return r;
}
