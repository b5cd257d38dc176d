/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kernel arguments about the network: what names a card by its old MAC address names it by the new
 * one, and a fixed address is asked for.  How names are given (net.ifnames=, biosdevname=) and
 * what names a card by its name (bootdev=, vlan=, bond=) stays, as the names do.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/net_args.h"
#include "step/kernel_args.h"
#include "step/network.h"

/* Does any entry give itself a fixed address? */
static int find_fixed(const struct cmdline_edits *e, const char *key, const char *value,
		      char **word)
{
	CLEANUP_FREE char *dynamic = NULL;

	(void)word;
	if (strcmp(key, "ip") == 0 && net_args_dynamic(value, &dynamic) < 0)
		return -ENOMEM;
	*(bool *)e->data = *(bool *)e->data || dynamic;
	return 0;
}

static int has_fixed(const struct guest *g, bool *ret)
{
	struct cmdline_edits find = { .map = find_fixed, .data = ret };
	int r = 0;

	for (size_t i = 0; i < g->n_entries && r == 0 && !*ret; i++) {
		CLEANUP_BYTES struct bytes same = { 0 };
		const char *line = g->entries[i].cmdline;

		if (line)
			r = cmdline_edit(line, strlen(line), CMDLINE_KERNEL, &find, &same);
	}
	return r;
}

int net_cards_find(const struct guest *g, const struct request *q, struct net_cards *ret,
		   struct cvt_error *err)
{
	CLEANUP_PLAN struct plan untold = { 0 };
	int r;

	if (q->network == NETWORK_DHCP && has_fixed(g, &ret->has_fixed) < 0)
		return error_nomem(err);
	if (q->n_nics == 0)
		return 0;
	r = net_gather(g, &untold, &ret->facts, err);
	/* Too many interfaces: the step network says so. */
	if (r < 0)
		return r == -EOVERFLOW ? 0 : r;
	return net_decide(g, q, &ret->facts, &ret->decision, &untold) < 0
		       ? error_nomem(err)
		       : 0;
}

void net_cards_clear(struct net_cards *c)
{
	net_facts_clear(&c->facts);
	net_decision_clear(&c->decision);
}

static const char *mac_of_name(const struct net_decision *d, const char *name)
{
	const struct net_binding *b = name[0] ? net_find_binding(d, name) : NULL;

	return b ? b->mac : "";
}

const char *net_new_mac(const struct net_facts *f, const struct net_decision *d,
			const struct request *q, const char *name, const char *mac)
{
	const char *found = mac_of_name(d, name);

	for (size_t i = 0; i < q->n_nics && !found[0]; i++)
		if (strcmp(q->nics[i].mac, mac) == 0)
			found = q->nics[i].mac;
	for (size_t i = 0; i < d->n_pins && !found[0]; i++)
		if (strcmp(d->pins[i].mac, mac) == 0)
			found = d->pins[i].to[0] ? d->pins[i].to
						 : mac_of_name(d, d->pins[i].name);
	for (size_t i = 0; i < f->pins.n && !found[0]; i++)
		if (strcmp(f->pins.v[i].mac, mac) == 0)
			found = mac_of_name(d, f->pins.v[i].name);
	/* The only card is this one. */
	return !found[0] && q->n_nics == 1 && f->cards.n <= 1 ? q->nics[0].mac : found;
}

bool net_args_names_card(const char *key, const char *value, char name[NIC_NAME_SIZE],
			 char mac[NIC_MAC_SIZE], size_t *at)
{
	const size_t n = strcspn(value, ":");

	name[0] = '\0';
	if (strcmp(key, "ifname") == 0)
		return nic_set_name(name, value, n) && value[n] &&
		       net_args_mac(value, at, mac);
	return (strcmp(key, "BOOTIF") == 0 || strcmp(key, "bootdev") == 0 ||
		strcmp(key, "ip") == 0) &&
	       net_args_mac(value, at, mac);
}

static int set_word(const char *key, const char *value, char **word)
{
	char *text;

	if (asprintf(&text, "%s=%s", key, value) < 0)
		return -ENOMEM;
	free(*word);
	*word = text;
	return 0;
}

/* Name servers and routes go with the address. */
static int map_dhcp(const struct args_job *m, const char *key, const char *value,
		    char **word)
{
	CLEANUP_FREE char *dynamic = NULL;

	if (strcmp(key, "ip") == 0) {
		if (net_args_dynamic(*word ? *word + strlen("ip=") : value, &dynamic) < 0)
			return -ENOMEM;
		return dynamic ? set_word(key, dynamic, word) : 0;
	}
	if (strcmp(key, "nameserver") != 0 && strcmp(key, "rd.route") != 0)
		return 0;
	if (m->cards && !m->cards->has_fixed)
		return 0;
	*word = strdup("");
	return *word ? 0 : -ENOMEM;
}

static int map_card(const struct args_job *m, const char *key, const char *value,
		    char **word)
{
	char name[NIC_NAME_SIZE], mac[NIC_MAC_SIZE];
	CLEANUP_FREE char *changed = NULL;
	const char *to;
	size_t at;

	if (m->q->n_nics == 0 || !net_args_names_card(key, value, name, mac, &at))
		return 0;
	/* Before the files are read nothing is known but that it may change. */
	if (!m->cards)
		return set_word(key, "", word);
	to = net_new_mac(&m->cards->facts, &m->cards->decision, m->q, name, mac);
	if (to[0])
		return net_args_set_mac(value, at, to, &changed) < 0
			       ? -ENOMEM
			       : set_word(key, changed, word);
	/* That is the firmware's word of which card it has started from, and that is gone. */
	if (strcmp(key, "BOOTIF") != 0)
		return 0;
	*word = strdup("");
	return *word ? 0 : -ENOMEM;
}

int net_args_map(const struct cmdline_edits *e, const char *key, const char *value,
		 char **word)
{
	const struct args_job *m = e->data;
	int r = map_card(m, key, value, word);

	return r == 0 && m->q->network == NETWORK_DHCP ? map_dhcp(m, key, value, word) : r;
}

/* --- what the default entry says of cards --- */

static int note_name(const struct cmdline_edits *e, const char *key, const char *value,
		     char **word)
{
	struct nic nic = { 0 };
	size_t at;

	(void)word;
	if (strcmp(key, "ifname") != 0 ||
	    !net_args_names_card(key, value, nic.name, nic.mac, &at))
		return 0;
	return nics_add(e->data, &nic, NULL);
}

int net_args_read(const struct guest *g, struct nics *ret)
{
	struct cmdline_edits note = { .map = note_name, .data = ret };

	for (size_t i = 0; i < g->n_entries; i++) {
		CLEANUP_BYTES struct bytes same = { 0 };
		const char *line = g->entries[i].cmdline;

		if (g->entries[i].is_default && line)
			return cmdline_edit(line, strlen(line), CMDLINE_KERNEL, &note,
					    &same);
	}
	return 0;
}
