/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network: interface names stay what the guest's services and firewall know,
 * and nothing waits for a MAC address of the old machine.
 *
 * With --nic each name is bound to its new address.  Without, the only card is
 * found by its driver; of several nobody can know which is which, so their
 * pins stay and the user is told.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "step/network.h"

#define CLOUD_DISABLED "/etc/cloud/cloud-init.disabled"
#define CLOUD_CFG "/etc/cloud/cloud.cfg.d/"

/* What ifupdown reads beside its own file; ".." leads out of where it seems to be. */
static int want_sources(const struct guest *g, struct wants *w)
{
	int r = 0;

	for (size_t i = 0; i < g->network_sources.n && r == 0; i++) {
		const char *source = g->network_sources.v[i];
		CLEANUP_FREE char *all = NULL;

		size_t n = strlen(source) - 1;

		if (source[0] != '/' || n == 0 || strstr(source, "/../"))
			continue;
		/* As a pattern: what is no file is no reason to stop. */
		if (source[n] == '/' ? asprintf(&all, "%s*", source) < 0
		    : strpbrk(source, "*?[")
			    ? asprintf(&all, "%s", source) < 0
			    : asprintf(&all, "%.*s[%c]", (int)n, source, source[n]) < 0) {
			all = NULL;
			return -ENOMEM;
		}
		r = want_add(w, all, WANT_LINK);
	}
	return r;
}

static int want(const struct guest *g, const struct request *q, struct wants *w,
		struct cvt_error *err)
{
	static const struct {
		const char *path;
		unsigned flags;
	} more[] = {
		{ "/lib/udev/rules.d/75-persistent-net-generator.rules", WANT_LINK },
		{ "/usr/lib/udev/rules.d/75-persistent-net-generator.rules", WANT_LINK },
		{ "/etc/udev/rules.d/75-persistent-net-generator.rules", WANT_LINK },
		{ "/lib/systemd/libsystemd-shared-2[0-3]?.so", WANT_BINARY },
		{ "/usr/lib/systemd/libsystemd-shared-2[0-3]?.so", WANT_BINARY },
		{ CLOUD_CFG "*.cfg", WANT_LINK },
		{ CLOUD_DISABLED, WANT_LINK },
	};
	int r = 0;

	for (const struct net_format *f = net_formats; f->wants && r == 0; f++)
		for (const char *const *path = f->wants; *path && r == 0; path++)
			r = want_add(w, *path, WANT_LINK);
	if (r == 0)
		r = want_sources(g, w);
	for (size_t i = 0; i < ARRAY_SIZE(more) && r == 0; i++)
		r = want_add(w, more[i].path, more[i].flags);
	if (r == 0 && q->network == NETWORK_DHCP)
		r = net_dhcp_want(g, w);
	if (r == 0 && !(g->init && strcmp(g->init, "systemd") == 0))
		r = want_add(w, "/lib/systemd/systemd-udevd", WANT_FOLLOW | WANT_BINARY);
	return r < 0 ? error_nomem(err) : 0;
}

/* What is decided: names that are bound, and what becomes of each pin. */
struct decision {
	struct net_binding *bindings;
	size_t n_bindings;
	struct nic_pin *pins;
	size_t n_pins;
};

static void decision_clear(struct decision *d)
{
	free(d->bindings);
	free(d->pins);
}

/* Room for all that can be decided: one binding per request or card, one for each pin. */
static int decision_init(struct decision *d, const struct net_facts *f,
			 const struct request *q)
{
	d->bindings = calloc(q->n_nics + 1, sizeof(*d->bindings));
	d->pins = calloc(f->pins.n + 1, sizeof(*d->pins));
	return d->bindings && d->pins ? 0 : -ENOMEM;
}

static void bind_name(struct decision *d, const char *name, const char *mac)
{
	struct net_binding *b = &d->bindings[d->n_bindings++];

	memcpy(b->name, name, strlen(name) + 1);
	memcpy(b->mac, mac, strlen(mac) + 1);
}

static const struct net_binding *find_binding(const struct decision *d, const char *name)
{
	for (size_t i = 0; i < d->n_bindings; i++)
		if (strcmp(d->bindings[i].name, name) == 0)
			return &d->bindings[i];
	return NULL;
}

static void decide_pin(struct decision *d, const char *mac, const char *name,
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
static void release_bound_pins(const struct net_facts *f, struct decision *d)
{
	for (size_t i = 0; i < f->pins.n; i++)
		if (f->pins.v[i].name[0] && find_binding(d, f->pins.v[i].name))
			decide_pin(d, f->pins.v[i].mac, f->pins.v[i].name, "");
}

static bool is_decided(const struct decision *d, const struct nic *card)
{
	if (card->name[0])
		return find_binding(d, card->name);
	for (size_t i = 0; i < d->n_pins; i++)
		if (strcmp(d->pins[i].mac, card->mac) == 0)
			return true;
	return false;
}

/* The first card that nothing is decided for; NULL: none is left. */
static const struct nic *next_card(const struct net_facts *f, const struct decision *d,
				   bool nameless)
{
	for (size_t i = 0; i < f->cards.n; i++)
		if ((!nameless || !f->cards.v[i].name[0]) &&
		    !is_decided(d, &f->cards.v[i]))
			return &f->cards.v[i];
	return NULL;
}

/* --nic MAC=NAME: a name that is not configured is for a card that has none yet. */
static void decide_named(const struct request *q, const struct net_facts *f,
			 struct decision *d)
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
			  struct decision *d, struct plan *p)
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
static int warn_unbound(const struct net_facts *f, const struct decision *d,
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
			struct decision *d, struct plan *p)
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

/* A .link goes on giving its name, to the new card; whatever else it sets goes with it.
 */
static void fill_change(const struct decision *d, bool is_link, struct nic_pin *pins)
{
	for (size_t i = 0; i < d->n_pins; i++) {
		const struct net_binding *b = find_binding(d, d->pins[i].name);

		pins[i] = d->pins[i];
		if (is_link && b)
			memcpy(pins[i].to, b->mac, sizeof(pins[i].to));
	}
}

static int change_pins(const struct guest *g, const struct net_facts *f,
		       const struct decision *d, struct plan *p, struct cvt_error *err)
{
	CLEANUP_FREE struct nic_pin *pins = calloc(d->n_pins + 1, sizeof(*pins));
	struct nic_change c = { .pins = pins, .n_pins = d->n_pins };
	int r = 0;

	if (!pins)
		return error_nomem(err);
	for (size_t i = 0; r == 0 && i < g->n_files; i++) {
		const char *path = g->files[i].path;
		const struct net_format *format = f->formats[i];
		bool rebinds = false;

		if (!format || d->n_pins == 0)
			continue;
		fill_change(d,
			    strncmp(path, "/etc/systemd/", strlen("/etc/systemd/")) ==
					    0 &&
				    format->names_cards,
			    pins);
		for (size_t n = 0; n < c.n_pins; n++)
			rebinds = rebinds || pins[n].to[0];
		r = net_change_file(
			g, format, path, &c,
			rebinds ? WHY("net-rebind", "the interface has a new MAC address")
				: WHY("net-pin",
				      "the interface is found by its name, not "
				      "by the MAC address of the old machine"),
			p, err);
	}
	return r;
}

/* cloud-init writes the network configuration again when it meets a new instance. */
static int warn_cloud_init(const struct guest *g, const struct net_facts *f,
			   struct plan *p)
{
	const struct guest_file *written = NULL;

	for (size_t i = 0; i < g->n_files; i++) {
		const char *path = g->files[i].path;
		bool is_cfg = strncmp(path, CLOUD_CFG, strlen(CLOUD_CFG)) == 0;
		const char *text = is_cfg || f->formats[i] ? guest_text(g, path) : NULL;

		if (strcmp(path, CLOUD_DISABLED) == 0)
			return 0;
		if (is_cfg && text && strstr(text, "config: disabled"))
			return 0;
		if (f->formats[i] && (strstr(path, "cloud-init") ||
				      (text && strstr(text, "by cloud-init"))))
			written = &g->files[i];
	}
	if (!written)
		return 0;
	return plan_warn(p, "cloud-init-network", written->path,
			 "to keep the file, put \"network: {config: disabled}\" into "
			 "/etc/cloud/cloud.cfg.d/99-disable-network-config.cfg",
			 "cloud-init may write this file again on the target");
}

/* dracut.cmdline(7): these name cards of the old machine by address, in the initramfs. */
static int warn_cmdline(const struct guest *g, struct plan *p)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct boot_entry *e = &g->entries[i];

		if (e->cmdline &&
		    (strstr(e->cmdline, "ifname=") || strstr(e->cmdline, "BOOTIF=")) &&
		    plan_warn(p, "net-cmdline", e->config,
			      "remove ifname= and BOOTIF= from it",
			      "the kernel command line names a MAC address of the old "
			      "machine") < 0)
			return -ENOMEM;
	}
	return 0;
}

static int decide(const struct guest *g, const struct request *q,
		  const struct net_facts *f, struct decision *d, struct plan *p)
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

static int plan_network(const struct guest *g, const struct request *q, struct plan *p,
			struct cvt_error *err)
{
	CLEANUP_NET_FACTS struct net_facts f = { 0 };
	CLEANUP(decision_clear) struct decision d = { 0 };
	int r = net_gather(g, p, &f, err);

	if (r == -EOVERFLOW)
		return plan_warn(p, "net-file", NULL, "check the network by hand",
				 "all files left alone: more than %d interfaces",
				 NICS_MAX) < 0
			       ? error_nomem(err)
			       : 0;
	if (r < 0)
		return r;
	if (decide(g, q, &f, &d, p) < 0 || warn_cloud_init(g, &f, p) < 0 ||
	    warn_cmdline(g, p) < 0)
		return error_nomem(err);
	r = net_plan_names(g, q, d.bindings, d.n_bindings, p, err);
	/* While the files have their pins, they tell which card moves. */
	if (r == 0)
		r = net_change_moves(g, &f, d.pins, d.n_pins, d.bindings, d.n_bindings, p,
				     err);
	if (r == 0)
		r = change_pins(g, &f, &d, p, err);
	if (r == 0 && q->network == NETWORK_DHCP)
		r = net_plan_dhcp(g, &f, p, err);
	return r;
}

const struct step step_network = {
	.name = "network",
	.want = want,
	.plan = plan_network,
};
