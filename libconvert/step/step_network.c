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

#include "format/cmdline.h"
#include "step/network.h"

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
	};
	int r = 0;

	for (const struct net_format *f = net_formats; f->wants && r == 0; f++)
		for (const char *const *path = f->wants; *path && r == 0; path++)
			r = want_add(w, *path, WANT_LINK);
	if (r == 0)
		r = want_sources(g, w);
	for (size_t i = 0; i < ARRAY_SIZE(more) && r == 0; i++)
		r = want_add(w, more[i].path, more[i].flags);
	if (r == 0)
		r = net_cloud_want(w);
	if (r == 0 && q->network == NETWORK_DHCP)
		r = net_dhcp_want(g, w);
	if (r == 0 && !(g->init && strcmp(g->init, "systemd") == 0))
		r = want_add(w, "/lib/systemd/systemd-udevd", WANT_FOLLOW | WANT_BINARY);
	return r < 0 ? error_nomem(err) : 0;
}

/* A .link goes on giving its name, to the new card; whatever else it sets goes with it. */
static void fill_change(const struct net_decision *d, bool stays_bound,
			struct nic_pin *pins)
{
	for (size_t i = 0; i < d->n_pins; i++) {
		const struct net_binding *b = net_find_binding(d, d->pins[i].name);

		pins[i] = d->pins[i];
		if (stays_bound && b)
			memcpy(pins[i].to, b->mac, sizeof(pins[i].to));
	}
}

static int change_pins(const struct guest *g, const struct net_facts *f,
		       const struct net_decision *d, struct plan *p,
		       struct cvt_error *err)
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
		fill_change(d, format->stays_bound, pins);
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

static bool is_given(const struct request *q, const char *mac)
{
	for (size_t i = 0; i < q->n_nics; i++)
		if (strcmp(q->nics[i].mac, mac) == 0)
			return true;
	return false;
}

/* An address that a file gives to an interface, unless it is that of a new card by now. */
static int warn_set_macs(const struct guest *g, const struct request *q,
			 const struct net_facts *f, struct plan *p)
{
	int r = 0;

	for (size_t i = 0; i < g->n_files && r == 0; i++) {
		const char *path = g->files[i].path;
		const char *text = f->formats[i] ? plan_text(p, g, path) : NULL;
		CLEANUP_NICS struct nics nics = { 0 };

		if (!text || net_read(f->formats[i], text, path, &nics, NULL) < 0)
			continue;
		for (size_t n = 0; n < nics.n && r == 0; n++)
			if (nics.v[n].set_mac[0] && !is_given(q, nics.v[n].set_mac))
				r = plan_warn(p, "nic-mac-set", path,
					      "remove it if the new network drops frames "
					      "of foreign addresses",
					      "sets the MAC address %s itself",
					      nics.v[n].set_mac);
	}
	return r;
}

struct unknown {
	const struct request *q;
	const struct net_facts *f;
	const struct net_decision *d;
	bool is_there;
};

static int find_unknown(const struct cmdline_edits *e, const char *key, const char *value,
			char **word)
{
	struct unknown *u = e->data;
	char name[NIC_NAME_SIZE], mac[NIC_MAC_SIZE];
	size_t at;

	(void)word;
	if (net_args_names_card(key, value, name, mac, &at) &&
	    (u->q->n_nics == 0 || (strcmp(key, "BOOTIF") != 0 &&
				   !net_new_mac(u->f, u->d, u->q, name, mac)[0])))
		u->is_there = true;
	return 0;
}

/* dracut.cmdline(7): these name cards of the old machine by address, in the initramfs. */
static int warn_cmdline(const struct guest *g, const struct request *q,
			const struct net_facts *f, const struct net_decision *d,
			struct plan *p)
{
	struct unknown u = { q, f, d, false };
	struct cmdline_edits find = { .map = find_unknown, .data = &u };
	int r = 0;

	for (size_t i = 0; i < g->n_entries && r == 0; i++) {
		const struct boot_entry *e = &g->entries[i];
		CLEANUP_BYTES struct bytes same = { 0 };

		u.is_there = false;
		if (e->cmdline)
			r = cmdline_edit(e->cmdline, strlen(e->cmdline), CMDLINE_KERNEL,
					 &find, &same);
		if (r == 0 && u.is_there)
			r = plan_warn(p, "net-cmdline", e->config,
				      "give --nic MAC=NAME for every interface",
				      "the kernel command line names a MAC address of "
				      "the old machine");
	}
	return r;
}

static int plan_network(const struct guest *g, const struct request *q, struct plan *p,
			struct cvt_error *err)
{
	CLEANUP_NET_FACTS struct net_facts f = { 0 };
	CLEANUP_NET_DECISION struct net_decision d = { 0 };
	int r = net_gather(g, p, &f, err);

	if (r == -EOVERFLOW)
		return plan_warn(p, "net-file", NULL, "check the network by hand",
				 "all files left alone: more than %d interfaces",
				 NICS_MAX) < 0
			       ? error_nomem(err)
			       : 0;
	if (r < 0)
		return r;
	if (net_decide(g, q, &f, &d, p) < 0 || warn_cmdline(g, q, &f, &d, p) < 0)
		return error_nomem(err);
	r = net_plan_names(g, q, d.bindings, d.n_bindings, p, err);
	/* While the files have their pins, they tell which card moves. */
	if (r == 0)
		r = net_change_moves(g, &f, d.pins, d.n_pins, d.bindings, d.n_bindings, p,
				     err);
	if (r == 0)
		r = change_pins(g, &f, &d, p, err);
	if (r == 0 && warn_set_macs(g, q, &f, p) < 0)
		return error_nomem(err);
	if (r == 0 && q->network == NETWORK_DHCP)
		r = net_plan_dhcp(g, &f, p, err);
	if (r == 0)
		r = net_plan_cloud(g, &f, p, err);
	return r;
}

const struct step step_network = {
	.name = "network",
	.want = want,
	.plan = plan_network,
};
