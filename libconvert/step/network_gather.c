/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the network stacks say of the guest's cards. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/interfaces.h"
#include "step/network.h"

/* The format of every file, found once: each look may be dear. */
static int find_formats(const struct guest *g, struct net_facts *facts)
{
	CLEANUP_NAMES struct names sources = { 0 };
	const char *interfaces = guest_text(g, NET_INTERFACES);

	facts->formats = calloc(g->n_files + 1, sizeof(const struct net_format *));
	if (!facts->formats ||
	    (interfaces && interfaces_sources(interfaces, &sources) < 0))
		return -ENOMEM;
	for (size_t i = 0; i < g->n_files; i++)
		for (const struct net_format *f = net_formats;
		     f->wants && !facts->formats[i]; f++)
			if (net_is_active(f, g, &sources, g->files[i].path))
				facts->formats[i] = f;
	return 0;
}

struct gathering {
	struct nics said;  /* what the files that configure say, in their order */
	struct nics named; /* what the files that name say */
};

static void gathering_clear(struct gathering *x)
{
	nics_clear(&x->said);
	nics_clear(&x->named);
}

static int check_pattern(const struct nic *nic, const char *path, struct plan *p)
{
	if (!nic->pattern[0] || nic_pattern_fits(nic->pattern))
		return 0;
	return plan_warn(
		p, "nic-pattern", path,
		"use a pattern that fits the cards of the target, such as \"e*\"",
		"the interface pattern \"%s\" may find no card on the target",
		nic->pattern);
}

static int note_nics(const struct nics *from, const char *path, struct nics *to,
		     struct plan *p, struct cvt_error *err)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct nic *nic = &from->v[i];
		int r = nics_add(to, nic, err);

		if (r < 0)
			return r;
		if (check_pattern(nic, path, p) < 0)
			return error_nomem(err);
	}
	return 0;
}

static int read_file(const struct guest *g, const struct guest_file *file,
		     const struct net_format *format, struct gathering *x, struct plan *p,
		     struct cvt_error *err)
{
	const char *text = format ? guest_text(g, file->path) : NULL;
	CLEANUP_NICS struct nics found = { 0 };
	struct cvt_error why = { 0 };
	int r;

	if (format && file->link && strcmp(file->link, "/dev/null") != 0 &&
	    plan_warn(p, "net-file", file->path,
		      "check the file that it leads to by hand",
		      "left alone: a symbolic link") < 0)
		return error_nomem(err);
	if (!format || !text)
		return 0;
	r = net_read(format, text, file->path, &found, &why);
	if (r == 0)
		r = note_nics(&found, file->path,
			      format->names_cards ? &x->named : &x->said, p, &why);
	if (r == -ENOMEM)
		return error_nomem(err);
	if (r < 0 && r != -EOVERFLOW &&
	    plan_warn(p, "net-file", file->path, "check the file by hand",
		      "left alone: %s", why.msg) < 0)
		return error_nomem(err);
	return r == -EOVERFLOW ? r : 0;
}

static bool is_virtual(const struct gathering *x, const struct nic *nic)
{
	if (nic->is_virtual)
		return true;
	for (size_t i = 0; nic->name[0] && i < x->said.n; i++)
		if (x->said.v[i].is_virtual && strcmp(x->said.v[i].name, nic->name) == 0)
			return true;
	return false;
}

/* Another card has the name @name, by what @l says. */
static bool is_of_other(const struct nics *l, const char *name, const char *mac)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0 && l->v[i].mac[0] &&
		    strcmp(l->v[i].mac, mac) != 0)
			return true;
	return false;
}

/* By the leases, which may be old, or of a bridge or bond with the address of its card; "": they
 * do not agree.
 */
static const char *leased_name(const struct nics *leases, const struct gathering *x,
			       const char *mac)
{
	const char *name = "";

	for (size_t i = 0; i < leases->n; i++) {
		const struct nic *nic = &leases->v[i];

		if (strcmp(nic->mac, mac) != 0 || is_virtual(x, nic) ||
		    nic_name_is_virtual(nic->name))
			continue;
		if (name[0] && strcmp(name, nic->name) != 0)
			return "";
		name = nic->name;
	}
	if (!name[0])
		return "";
	return is_of_other(&x->said, name, mac) || is_of_other(&x->named, name, mac)
		       ? ""
		       : name;
}

static const char *name_of(const struct nics *leases, const struct gathering *x,
			   const struct nic *nic)
{
	for (size_t i = 0; !nic->name[0] && nic->mac[0] && i < x->named.n; i++)
		if (strcmp(x->named.v[i].mac, nic->mac) == 0)
			return x->named.v[i].name;
	return nic->name[0] || nic->is_virtual ? nic->name
					       : leased_name(leases, x, nic->mac);
}

/* Another file of netplan says how the card with this key is found. */
static bool is_only_more(const struct gathering *x, const struct nic *nic)
{
	if (!nic->id[0] || strcmp(nic->id, nic->name) != 0 || nic->mac[0])
		return false;
	for (size_t i = 0; i < x->said.n; i++)
		if (strcmp(x->said.v[i].id, nic->id) == 0 &&
		    strcmp(x->said.v[i].name, nic->name) != 0)
			return true;
	return false;
}

/* eth2 before eth10, and cards without name last, as they came. */
static int compare_natural(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			unsigned long x = strtoul(a, (char **)&a, 10);
			unsigned long y = strtoul(b, (char **)&b, 10);

			if (x != y)
				return x < y ? -1 : 1;
			continue;
		}
		if (*a != *b)
			break;
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static int compare_cards(const void *a, const void *b)
{
	const struct nic *x = a, *y = b;

	if (!x->name[0] != !y->name[0])
		return x->name[0] ? -1 : 1;
	return x->name[0] ? compare_natural(x->name, y->name) : strcmp(x->mac, y->mac);
}

static struct nic *find_card(struct nics *cards, const struct nic *nic)
{
	for (size_t i = 0; i < cards->n; i++)
		if (nic->name[0] ? strcmp(cards->v[i].name, nic->name) == 0
				 : strcmp(cards->v[i].mac, nic->mac) == 0)
			return &cards->v[i];
	return NULL;
}

static int add_card(struct net_facts *f, const struct nic *nic, struct cvt_error *err)
{
	struct nic *known = find_card(&f->cards, nic);

	if (!known)
		return nics_add(&f->cards, nic, err);
	if (!known->mac[0])
		memcpy(known->mac, nic->mac, sizeof(known->mac));
	return 0;
}

static int sum_up(const struct guest *g, const struct gathering *x, struct net_facts *f,
		  struct cvt_error *err)
{
	bool no_cards;
	int r = 0;

	for (size_t i = 0; r == 0 && i < x->said.n; i++) {
		struct nic nic = x->said.v[i];

		if (nic.mac[0])
			snprintf(nic.name, sizeof(nic.name), "%s",
				 name_of(&g->leases, x, &x->said.v[i]));
		if (nic.mac[0])
			r = nics_add(&f->pins, &nic, err);
		f->has_pattern = f->has_pattern || nic.is_pattern;
		if (r == 0 && !nic.is_pattern && !is_only_more(x, &nic) &&
		    !is_virtual(x, &nic))
			r = add_card(f, &nic, err);
	}
	/* Where no stack is configured by name, services still know the names that udev
	 * gives. */
	no_cards = f->cards.n == 0;
	for (size_t i = 0; r == 0 && i < x->named.n; i++) {
		const struct nic *nic = &x->named.v[i];

		if (!nic->mac[0] || !nic->name[0])
			continue;
		r = nics_add(&f->pins, nic, err);
		if (r == 0 && (no_cards || find_card(&f->cards, nic)))
			r = add_card(f, nic, err);
	}
	if (f->cards.n > 1)
		qsort(f->cards.v, f->cards.n, sizeof(*f->cards.v), compare_cards);
	return r;
}

int net_gather(const struct guest *g, struct plan *p, struct net_facts *ret,
	       struct cvt_error *err)
{
	CLEANUP(gathering_clear) struct gathering x = { 0 };
	int r = 0;

	if (find_formats(g, ret) < 0)
		return error_nomem(err);
	for (size_t i = 0; r == 0 && i < g->n_files; i++)
		r = read_file(g, &g->files[i], ret->formats[i], &x, p, err);
	if (r == 0)
		r = net_args_read(g, &x.named);
	return r < 0 ? r : sum_up(g, &x, ret, err);
}

void net_facts_clear(struct net_facts *f)
{
	free(f->formats);
	nics_clear(&f->cards);
	nics_clear(&f->pins);
}
