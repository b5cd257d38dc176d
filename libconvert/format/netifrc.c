/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Variables like config_eth0, whose second part is the interface with '_' for
 * what no name of a variable has (net.example of netifrc), or its MAC address
 * in 12 digits (module macnet).
 */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/assignment.h"
#include "format/netifrc.h"
#include "format/splice.h"

#define DIGITS 12

struct variable {
	struct assignment a;
	size_t of, of_len; /* the second part of its name; 0: it has none */
	char name[NIC_NAME_SIZE];
	char mac[NIC_MAC_SIZE];
};

static bool parse_digits(const char *s, size_t len, char mac[NIC_MAC_SIZE])
{
	char out[NIC_MAC_SIZE];

	if (len != DIGITS)
		return false;
	snprintf(out, sizeof(out), "%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", s, s + 2, s + 4,
		 s + 6, s + 8, s + 10);
	return nic_set_mac(mac, out, strlen(out));
}

/* The next variable of an interface at or behind @at. */
static bool next_variable(const char *text, size_t at, struct variable *v)
{
	for (; assignment_next(text, at, &v->a); at = v->a.next) {
		const char *key = text + v->a.key;
		const char *split = memchr(key, '_', v->a.key_len);

		if (!split || split + 1 == key + v->a.key_len)
			continue;
		v->of = (size_t)(split + 1 - text);
		v->of_len = v->a.key + v->a.key_len - v->of;
		v->name[0] = v->mac[0] = '\0';
		if (parse_digits(text + v->of, v->of_len, v->mac) ||
		    nic_set_name(v->name, text + v->of, v->of_len))
			return true;
	}
	return false;
}

static bool is_about(const char *text, const struct variable *v, const char *what)
{
	return word_is(text + v->a.key, v->of - v->a.key - 1, what);
}

static bool is_one_of(const char *text, const struct variable *v,
		      const char *const *words)
{
	for (; *words; words++)
		if (is_about(text, v, *words))
			return true;
	return false;
}

/* Interfaces that these say are made; the first three list cards. */
static const char *const makers[] = { "bridge", "slaves",   "ports", "team", "tuntap",
				      "ip6rd",	"iptunnel", "vrf",   NULL };
static const char *const members[] = { "bridge", "slaves", "ports", NULL };

static struct nic *find(struct nics *nics, const struct nic *nic)
{
	for (size_t i = 0; i < nics->n; i++)
		if (strcmp(nics->v[i].name, nic->name) == 0 &&
		    strcmp(nics->v[i].mac, nic->mac) == 0)
			return &nics->v[i];
	return NULL;
}

/* What is known of @nic is added to what is known of the interface. */
static int note(struct nics *ret, const struct nic *nic, struct cvt_error *err)
{
	struct nic *known = find(ret, nic);

	if (!known)
		return nics_add(ret, nic, err);
	known->is_virtual = known->is_virtual || nic->is_virtual;
	known->is_static = known->is_static || nic->is_static;
	if (nic->set_mac[0])
		memcpy(known->set_mac, nic->set_mac, sizeof(known->set_mac));
	return 0;
}

static int note_members(const char *text, const struct variable *v, struct nics *ret,
			struct cvt_error *err)
{
	size_t len, end = v->a.value + v->a.value_len;
	size_t at = word_next(text, v->a.value, end, &len);
	int r = 0;

	for (; r == 0 && len > 0; at = word_next(text, at + len, end, &len)) {
		struct nic nic = { 0 };

		if (!nic_set_name(nic.name, text + at, len))
			continue;
		nic.is_virtual = nic_name_is_virtual(nic.name);
		r = note(ret, &nic, err);
	}
	return r;
}

/* "192.0.2.1/24", "2001:db8::1/64 \n…": an address begins with a digit or has a colon. */
static bool has_address(const char *text, const struct variable *v)
{
	size_t len, end = v->a.value + v->a.value_len;
	size_t at = word_next(text, v->a.value, end, &len);

	return len > 0 &&
	       (isdigit((unsigned char)text[at]) || memchr(text + at, ':', len));
}

int netifrc_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct variable v;
	int r = 0;

	for (size_t at = 0; r == 0 && next_variable(text, at, &v); at = v.a.next) {
		struct nic nic = { .is_virtual = is_one_of(text, &v, makers) };

		if (!is_about(text, &v, "config") && !is_about(text, &v, "mac") &&
		    !nic.is_virtual)
			continue;
		memcpy(nic.name, v.name, sizeof(nic.name));
		memcpy(nic.mac, v.mac, sizeof(nic.mac));
		if (is_about(text, &v, "mac"))
			nic_set_mac(nic.set_mac, text + v.a.value, v.a.value_len);
		else
			nic.is_static =
				is_about(text, &v, "config") && has_address(text, &v);
		/* config_eth0_5 is that of the VLAN eth0.5. */
		nic.is_virtual = nic.is_virtual || nic_name_is_virtual(nic.name) ||
				 strchr(nic.name, '_');
		r = note(ret, &nic, err);
		if (r == 0 && is_one_of(text, &v, members))
			r = note_members(text, &v, ret, err);
	}
	return r;
}

/* macnet asks with capital letters; small ones are kept for what else reads them. */
static int rewrite_digits(const char *text, const struct variable *v, const char *mac,
			  struct splices *out)
{
	char digits[DIGITS + 1] = "";
	size_t n = 0;
	bool small = false;

	for (size_t i = 0; i < v->of_len; i++)
		small = small || islower((unsigned char)text[v->of + i]);
	for (; *mac; mac++)
		if (*mac != ':')
			digits[n++] = small ? *mac : (char)toupper((unsigned char)*mac);
	return splice_add(out, v->of, v->of_len, "%s", digits);
}

static int rewrite_variable(const char *text, const struct variable *v,
			    const struct nic_change *c, struct splices *out)
{
	const struct nic_pin *pin = nic_find_pin(c, v->mac);
	const struct nic_move *move = NULL;
	char mac[NIC_MAC_SIZE];
	int r = 0;

	if (pin && pin->to[0])
		r = rewrite_digits(text, v, pin->to, out);
	else if (pin && pin->name[0] && !strpbrk(pin->name, ".:@+-"))
		r = splice_add(out, v->of, v->of_len, "%s", pin->name);
	else if (pin)
		return -ENOTSUP;
	if (is_about(text, v, "mac") &&
	    nic_set_mac(mac, text + v->a.value, v->a.value_len))
		move = nic_find_move(c, "", mac);
	if (r == 0 && move)
		r = splice_add(out, v->a.value, v->a.value_len, "%s", move->to);
	return r;
}

int netifrc_rewrite(const char *text, const struct nic_change *c, char **ret,
		    struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	struct variable v;
	int r = 0;

	for (size_t at = 0; r == 0 && next_variable(text, at, &v); at = v.a.next)
		r = rewrite_variable(text, &v, c, &out);
	if (r == -ENOTSUP)
		return error_set(err, r, "nothing but a MAC address finds the interface");
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}
