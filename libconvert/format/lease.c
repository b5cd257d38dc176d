/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A MAC address is in the identifier of the client: with the type of hardware
 * before it (RFC 2132, 9.14), or in a DUID (RFC 8415, 11.2 and 11.4), which may
 * be that of another card of the machine: it counts where a file is about one
 * interface.  dhcpcd keeps the whole answer of the server, which has the address.
 */
#include <config.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/lease.h"

#define ID_MAX 32
#define ETHERNET 1
#define UUID_LENGTH 36

struct id {
	unsigned char v[ID_MAX];
	size_t n;
};

static void set_mac(char mac[NIC_MAC_SIZE], const unsigned char *b)
{
	snprintf(mac, NIC_MAC_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
		 b[3], b[4], b[5]);
}

static bool mac_of_hardware(const struct id *id, char mac[NIC_MAC_SIZE])
{
	if (id->n != 7 || id->v[0] != ETHERNET)
		return false;
	set_mac(mac, id->v + 1);
	return true;
}

static bool mac_of_duid(const struct id *id, char mac[NIC_MAC_SIZE])
{
	static const unsigned char with_time[] = { 0, 1, 0, ETHERNET };
	static const unsigned char without[] = { 0, 3, 0, ETHERNET };

	if (id->n == 14 && memcmp(id->v, with_time, sizeof(with_time)) == 0)
		set_mac(mac, id->v + 8);
	else if (id->n == 10 && memcmp(id->v, without, sizeof(without)) == 0)
		set_mac(mac, id->v + 4);
	else
		return false;
	return true;
}

static void add_byte(struct id *id, unsigned long byte)
{
	if (id->n < ID_MAX)
		id->v[id->n++] = (unsigned char)byte;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* "1:0:c:29:aa:bb:cc", or "010c29aabbcc" where nothing is between the digits. */
static void parse_hex(const char *s, size_t len, struct id *id)
{
	for (size_t i = 0; i < len && id->n < ID_MAX; i++) {
		if (!isxdigit((unsigned char)s[i]))
			continue;
		if (i + 1 < len && isxdigit((unsigned char)s[i + 1])) {
			add_byte(id, (unsigned long)(digit(s[i]) << 4 | digit(s[i + 1])));
			i++;
		} else {
			add_byte(id, (unsigned long)digit(s[i]));
		}
	}
}

/* What is between quotes, with "\001" and "\"". */
static void parse_quoted(const char *s, size_t len, struct id *id)
{
	for (size_t i = 0; i < len; i++) {
		unsigned long byte = 0;
		size_t n = 0;

		if (s[i] != '\\' || i + 1 == len) {
			add_byte(id, (unsigned char)s[i]);
			continue;
		}
		for (; n < 3 && i + 1 + n < len && s[i + 1 + n] >= '0' &&
		       s[i + 1 + n] <= '7';
		     n++)
			byte = byte << 3 | (unsigned long)(s[i + 1 + n] - '0');
		if (n == 0)
			byte = (unsigned char)s[i + 1];
		add_byte(id, byte);
		i += n ? n : 1;
	}
}

/* --- dhclient.leases(5) --- */

/* "option dhcp-client-identifier 1:…;", "lease {", "}": its first words, and what ends it. */
struct statement {
	const char *word[3];
	size_t len[3], n;
	char end;
};

static const char *skip_word(const char *s, const char *end)
{
	if (*s != '"') {
		while (s < end && !isspace((unsigned char)*s) && *s &&
		       !strchr(";{}\"", *s))
			s++;
		return s;
	}
	for (s++; s < end && *s != '"'; s++)
		s += *s == '\\' && s + 1 < end;
	return s < end ? s + 1 : end;
}

/* Behind the statement at @s; NULL: there is none. */
static const char *next_statement(const char *s, const char *end, struct statement *st)
{
	*st = (struct statement){ 0 };
	while (s < end) {
		const char *word = s;

		if (isspace((unsigned char)*s) || *s == '\0') {
			s++;
		} else if (*s == '#') {
			while (s < end && *s != '\n')
				s++;
		} else if (strchr(";{}", *s)) {
			st->end = *s;
			return s + 1;
		} else {
			s = skip_word(s, end);
			if (st->n == ARRAY_SIZE(st->word))
				continue;
			st->word[st->n] = word;
			st->len[st->n++] = (size_t)(s - word);
		}
	}
	return NULL;
}

static bool starts_as(const struct statement *st, size_t i, const char *word)
{
	return i < st->n && word_is(st->word[i], st->len[i], word);
}

static struct id id_of(const struct statement *st, size_t i)
{
	struct id id = { 0 };

	if (i >= st->n)
		return id;
	if (st->word[i][0] == '"' && st->len[i] > 1)
		parse_quoted(st->word[i] + 1, st->len[i] - 2, &id);
	else
		parse_hex(st->word[i], st->len[i], &id);
	return id;
}

/* All that is known of a file so far. */
struct leases {
	struct nics *ret;
	size_t n;
	struct nic lease;	  /* the one that it is in */
	char name[NIC_NAME_SIZE]; /* the interface of all; "": none yet */
	bool has_several;	  /* there is another */
	char duid_mac[NIC_MAC_SIZE];
};

static int note(struct leases *l, const char *name, const char *mac,
		struct cvt_error *err)
{
	struct nic nic = { 0 };

	if (!name[0] || !mac[0] || l->n == LEASES_MAX)
		return 0;
	for (size_t i = l->ret->n - l->n; i < l->ret->n; i++)
		if (strcmp(l->ret->v[i].name, name) == 0 &&
		    strcmp(l->ret->v[i].mac, mac) == 0)
			return 0;
	memcpy(nic.name, name, strlen(name) + 1);
	memcpy(nic.mac, mac, strlen(mac) + 1);
	l->n++;
	return nics_add(l->ret, &nic, err);
}

static void note_name(struct leases *l, const struct statement *st)
{
	if (st->n < 2 || st->len[1] < 2 || st->word[1][0] != '"' ||
	    !nic_set_name(l->lease.name, st->word[1] + 1, st->len[1] - 2))
		return;
	if (!l->name[0])
		memcpy(l->name, l->lease.name, sizeof(l->name));
	l->has_several = l->has_several || strcmp(l->name, l->lease.name) != 0;
}

static void note_statement(struct leases *l, const struct statement *st)
{
	struct id id;

	if (starts_as(st, 0, "interface")) {
		note_name(l, st);
	} else if (starts_as(st, 0, "default-duid")) {
		id = id_of(st, 1);
		mac_of_duid(&id, l->duid_mac);
	} else if (starts_as(st, 0, "option") &&
		   (starts_as(st, 1, "dhcp-client-identifier") ||
		    starts_as(st, 1, "dhcp6.client-id"))) {
		id = id_of(st, 2);
		if (!mac_of_hardware(&id, l->lease.mac))
			mac_of_duid(&id, l->duid_mac);
	}
}

static int read_dhclient(const struct bytes *data, struct leases *l,
			 struct cvt_error *err)
{
	const char *end = data->data + data->len;
	struct statement st;
	size_t depth = 0;
	int r = 0;

	for (const char *s = data->data; r == 0 && (s = next_statement(s, end, &st));) {
		note_statement(l, &st);
		depth += st.end == '{';
		if (st.end != '}' || depth == 0 || --depth > 0)
			continue;
		r = note(l, l->lease.name, l->lease.mac, err);
		l->lease = (struct nic){ 0 };
	}
	return r == 0 && !l->has_several ? note(l, l->name, l->duid_mac, err) : r;
}

/* --- other clients: one lease in a file, which has the name of the interface --- */

/* "internal-UUID-eth0.lease" of NetworkManager: the text of sd-dhcp-lease.c. */
static int read_internal(const struct bytes *data, const char *name, struct leases *l,
			 struct cvt_error *err)
{
	static const char key[] = "CLIENTID=";
	const char *at = data->data;
	struct id id = { 0 };
	char mac[NIC_MAC_SIZE] = "";

	while (at && !starts_with(at, key)) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	if (!at)
		return 0;
	at += strlen(key);
	parse_hex(at, strcspn(at, "\r\n"), &id);
	return mac_of_hardware(&id, mac) ? note(l, name, mac, err) : 0;
}

/* RFC 2131, section 2, with the cookie of RFC 2132. */
static int read_packet(const struct bytes *data, const char *name, struct leases *l,
		       struct cvt_error *err)
{
	static const unsigned char head[] = { 2, ETHERNET, 6 };
	static const unsigned char cookie[] = { 99, 130, 83, 99 };
	const unsigned char *b = (const unsigned char *)data->data;
	char mac[NIC_MAC_SIZE];

	if (data->len < 240 || memcmp(b, head, sizeof(head)) != 0 ||
	    memcmp(b + 236, cookie, sizeof(cookie)) != 0)
		return 0;
	set_mac(mac, b + 28);
	return note(l, name, mac, err);
}

int lease_read(const char *base, const struct bytes *data, struct nics *ret,
	       struct cvt_error *err)
{
	const size_t before = strlen("internal-") + UUID_LENGTH + 1;
	struct leases l = { .ret = ret };
	char name[NIC_NAME_SIZE];
	size_t len;

	if (data->len == 0)
		return 0;
	if (starts_with(base, "dhclient"))
		return read_dhclient(data, &l, err);
	if (!ends_with(base, ".lease"))
		return 0;
	len = strlen(base) - strlen(".lease");
	if (starts_with(base, "internal-"))
		return len > before && nic_set_name(name, base + before, len - before)
			       ? read_internal(data, name, &l, err)
			       : 0;
	if (starts_with(base, "dhcpcd-")) {
		base += strlen("dhcpcd-");
		len -= strlen("dhcpcd-");
	}
	/* "wlan0-NETWORK.lease" */
	if (memchr(base, '-', len))
		len = strcspn(base, "-");
	return nic_set_name(name, base, len) ? read_packet(data, name, &l, err) : 0;
}
