/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "format/nic.h"

int nics_overflow(struct cvt_error *err)
{
	return error_set(err, -EOVERFLOW, "more than %d interfaces", NICS_MAX);
}

int nics_add(struct nics *l, const struct nic *nic, struct cvt_error *err)
{
	struct nic *grown = l->v;

	if (l->n >= NICS_MAX)
		return nics_overflow(err);
	/* Capacity is the next power of two, so that it need not be stored. */
	if ((l->n & (l->n - 1)) == 0)
		grown = realloc(l->v, (l->n ? 2 * l->n : 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	l->v = grown;
	l->v[l->n++] = *nic;
	return 0;
}

const struct nic *nics_find(const struct nics *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	return NULL;
}

void nics_clear(struct nics *l)
{
	free(l->v);
	*l = (struct nics){ 0 };
}

const struct nic_pin *nic_find_pin(const struct nic_change *c, const char *mac)
{
	for (size_t i = 0; i < c->n_pins && mac[0] && !c->dhcp; i++)
		if (strcmp(c->pins[i].mac, mac) == 0)
			return &c->pins[i];
	return NULL;
}

const struct nic_move *nic_find_move(const struct nic_change *c, const char *name,
				     const char *mac)
{
	for (size_t i = 0; i < c->n_moves && !c->dhcp; i++)
		if (mac[0] ? strcmp(c->moves[i].from, mac) == 0
			   : name[0] && strcmp(c->moves[i].name, name) == 0)
			return &c->moves[i];
	return NULL;
}

void nic_token(const char *mac, char token[NIC_TOKEN_SIZE])
{
	unsigned b[6] = { 0 };

	for (size_t i = 0; i < 6; i++)
		b[i] = (unsigned)strtoul(mac + 3 * i, NULL, 16);
	snprintf(token, NIC_TOKEN_SIZE, "::%x:%x:%x:%x",
		 ((b[0] ^ 2) & 0xff) << 8 | (b[1] & 0xff), (b[2] & 0xff) << 8 | 0xff,
		 0xfe00 | (b[3] & 0xff), (b[4] & 0xff) << 8 | (b[5] & 0xff));
}

bool nic_set_name(char name[NIC_NAME_SIZE], const char *s, size_t len)
{
	if (len == 0 || len >= NIC_NAME_SIZE || s[0] == '.' || s[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) &&
		    (s[i] == '\0' || !strchr("._:@+-", s[i])))
			return false;
	memcpy(name, s, len);
	name[len] = '\0';
	return true;
}

bool nic_set_mac(char mac[NIC_MAC_SIZE], const char *s, size_t len)
{
	char out[NIC_MAC_SIZE];

	if (len != NIC_MAC_SIZE - 1)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (i % 3 == 2 ? s[i] != ':' && s[i] != '-'
			       : !isxdigit((unsigned char)s[i]))
			return false;
		out[i] = i % 3 == 2 ? ':' : (char)tolower((unsigned char)s[i]);
	}
	out[len] = '\0';
	memcpy(mac, out, sizeof(out));
	return true;
}

bool nic_name_is_virtual(const char *name)
{
	static const char *const kinds[] = {
		"bond",	  "br",	   "bridge",  "docker",	 "dummy", "gre",  "ifb",
		"ipvlan", "lxcbr", "macvlan", "macvtap", "ppp",	  "sit",  "tap",
		"team",	  "tun",   "tunl",    "veth",	 "virbr", "vlan", "vmbr",
		"vrf",	  "vxlan", "wg",      "wlan",
	};

	if (strcmp(name, "lo") == 0 || strpbrk(name, ".:@"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i]);

		if (strncmp(name, kinds[i], n) == 0 && isdigit((unsigned char)name[n]))
			return true;
	}
	return false;
}

bool nic_pattern_fits(const char *pattern)
{
	bool negated = pattern[0] == '!';

	return (fnmatch(pattern + negated, "enp1s0", 0) == 0) != negated;
}

size_t line_end(const char *text, size_t at, size_t *next)
{
	size_t end = at + strcspn(text + at, "\n");

	*next = text[end] == '\n' ? end + 1 : end;
	if (end > at && text[end - 1] == '\r')
		end--;
	return end;
}

bool word_is(const char *word, size_t len, const char *s)
{
	return strlen(s) == len && memcmp(word, s, len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

size_t word_next(const char *text, size_t at, size_t end, size_t *len)
{
	size_t n = 0;

	while (at < end && is_blank(text[at]))
		at++;
	while (at + n < end && !is_blank(text[at + n]))
		n++;
	*len = n;
	return at;
}
