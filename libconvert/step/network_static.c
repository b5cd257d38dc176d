/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --network static: an interface gets the addresses that are given, in the files that configure it
 * now.  What it had goes first, as with --network dhcp, so that a second conversion finds and
 * makes the same.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/text.h"
#include "step/network.h"

#define SUSE "/etc/sysconfig/network/"

static int refuse(const char *path, const char *name, const char *why,
		  struct cvt_error *err)
{
	return error_raise(err, ERR_NETWORK, path, "%s cannot be given an address: %s", name,
			   why);
}

/* The interface of an address that does not say it: the only one. */
static const char *name_of(const struct nic_address *a, const struct net_facts *f)
{
	if (a->name[0])
		return a->name;
	return f->cards.n == 1 ? f->cards.v[0].name : "";
}

/* @ret gets what is asked for the interface of @q->addresses[@at]; false if an earlier one was
 * for the same.
 */
static bool find_fix(const struct request *q, const struct net_facts *f, size_t at,
		     struct nic_fix *ret)
{
	*ret = (struct nic_fix){ .name = name_of(&q->addresses[at], f) };
	for (size_t i = 0; i < q->n_addresses; i++) {
		const struct nic_address *a = &q->addresses[i];

		if (strcmp(name_of(a, f), ret->name) != 0)
			continue;
		if (i < at)
			return false;
		if (a->is_inet6)
			ret->inet6 = a;
		else
			ret->inet = a;
	}
	return true;
}

/* Whether the file says anything of the interface. */
static int configures(const struct net_format *format, const char *text, const char *path,
		      const char *name, bool *ret, struct cvt_error *err)
{
	CLEANUP_NICS struct nics nics = { 0 };
	struct cvt_error why;
	int r = format->read(text, path, &nics, &why);

	*ret = r == 0 && nics_find(&nics, name);
	return r == -ENOMEM ? error_nomem(err) : 0;
}

/* The new text of the file at @path to *@ret; NULL: it does not configure the interface. */
static int fix_text(const struct net_format *format, const char *path, const char *text,
		    const struct nic_fix *f, char **ret, struct cvt_error *err)
{
	const struct nic_change dynamic = { .dhcp = true, .only = f->name };
	CLEANUP_FREE char *between = NULL;
	struct cvt_error why = { 0 };
	bool is_there;
	int r = configures(format, text, path, f->name, &is_there, err);

	if (r < 0 || !is_there)
		return r;
	/* Gateways and name servers of SUSE are in files for all interfaces together. */
	if (!format->fix || starts_with(path, SUSE))
		return refuse(path, f->name, "this is not known for its network stack", err);
	r = format->rewrite(text, &dynamic, &between, &why);
	if (r == 0)
		r = format->fix(between, f, ret, &why);
	if (r == -ENOMEM)
		return error_nomem(err);
	return r < 0 ? refuse(path, f->name, why.msg, err) : 0;
}

static int fix_file(const struct guest *g, const struct net_format *format,
		    const char *path, const struct nic_fix *f, struct plan *p,
		    bool *is_there, struct cvt_error *err)
{
	const char *text = plan_text(p, g, path);
	char *fixed = NULL;
	int r = text ? fix_text(format, path, text, f, &fixed, err) : 0;

	*is_there = *is_there || fixed;
	if (!fixed || strcmp(fixed, text) == 0) {
		free(fixed);
		return r;
	}
	return net_replace(g, path, fixed,
			   WHY("net-static", "the interface gets the address that is given"),
			   (f->inet && f->inet->gateway[0]) ||
				   (f->inet6 && f->inet6->gateway[0]),
			   p, err);
}

int net_plan_static(const struct guest *g, const struct request *q,
		    const struct net_facts *f, struct plan *p, struct cvt_error *err)
{
	struct nic_fix fix;
	int r = 0;

	for (size_t n = 0; n < q->n_addresses && r == 0; n++) {
		bool is_there = false;

		if (!find_fix(q, f, n, &fix))
			continue;
		if (!fix.name[0])
			return refuse(NULL, "the interface",
				      "the guest has not just one with a name", err);
		for (size_t i = 0; i < g->n_files && r == 0; i++)
			if (f->formats[i] && !f->formats[i]->names_cards)
				r = fix_file(g, f->formats[i], g->files[i].path, &fix, p,
					     &is_there, err);
		if (r == 0 && !is_there)
			r = refuse(NULL, fix.name, "no file of the guest configures it", err);
	}
	return r;
}
