/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* connman-service.config(5), and service.c and storage.c of connman 1.41 for the settings. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/connman.h"
#include "format/ini.h"

#define BEFORE "ethernet_"
#define BEHIND "_cable"
#define DIGITS 12

bool connman_service_mac(const char *name, size_t len, char mac[NIC_MAC_SIZE])
{
	const size_t before = strlen(BEFORE);
	char out[NIC_MAC_SIZE];

	if (len != before + DIGITS + strlen(BEHIND) ||
	    strncmp(name, BEFORE, before) != 0 ||
	    strncmp(name + before + DIGITS, BEHIND, strlen(BEHIND)) != 0)
		return false;
	name += before;
	snprintf(out, sizeof(out), "%.2s:%.2s:%.2s:%.2s:%.2s:%.2s", name, name + 2,
		 name + 4, name + 6, name + 8, name + 10);
	return nic_set_mac(mac, out, strlen(out));
}

static void set_digits(char digits[DIGITS + 1], const char *mac)
{
	size_t n = 0;

	for (; *mac; mac++)
		if (*mac != ':')
			digits[n++] = *mac;
	digits[n] = '\0';
}

/* A section that is about a card. */
struct service {
	struct nic nic;
	bool remembered; /* its name has the address, of which the digits are @at */
	bool is_other;	 /* provides another kind of service */
	size_t at;
	struct ini head; /* the line of the section */
};

/* Fills @s from the section that @i is at, and leaves @i at the next one: false at the end. */
static bool next_service(struct ini *i, struct service *s)
{
	bool more = i->section_len > 0 || ini_next(i);

	while (more && i->key_len > 0)
		more = ini_next(i);
	*s = (struct service){ .is_other = true };
	if (!more)
		return false;
	s->head = *i;
	s->remembered =
		connman_service_mac(i->text + i->section, i->section_len, s->nic.mac);
	s->at = i->section + strlen(BEFORE);
	while ((more = ini_next(i)) && i->key_len > 0) {
		if (word_is(i->text + i->key, i->key_len, "Type"))
			s->is_other = !ini_value_is(i, "ethernet");
		else if (word_is(i->text + i->key, i->key_len, "IPv4") ||
			 word_is(i->text + i->key, i->key_len, "IPv6"))
			s->nic.is_static = s->nic.is_static ||
					   memchr(i->text + i->value, '/', i->value_len);
		else if (word_is(i->text + i->key, i->key_len, "IPv4.method") ||
			 word_is(i->text + i->key, i->key_len, "IPv6.method"))
			s->nic.is_static = s->nic.is_static || ini_value_is(i, "manual");
		else if (word_is(i->text + i->key, i->key_len, "DeviceName"))
			nic_set_name(s->nic.name, i->text + i->value, i->value_len);
		else if (!s->remembered && word_is(i->text + i->key, i->key_len, "MAC"))
			nic_set_mac(s->nic.mac, i->text + i->value, i->value_len);
	}
	s->is_other = s->is_other && !s->remembered;
	if (!more)
		i->section_len = 0;
	return true;
}

int connman_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct ini i = ini_start(text, false);
	struct service s;
	int r = 0;

	while (r == 0 && next_service(&i, &s)) {
		if (s.is_other)
			continue;
		s.nic.is_pattern = !s.nic.name[0] && !s.nic.mac[0];
		r = nics_add(ret, &s.nic, err);
	}
	return r;
}

static int rewrite_service(const struct service *s, const struct nic_pin *pin,
			   struct splices *out, struct cvt_error *err)
{
	struct ini i = s->head;
	char digits[DIGITS + 1];
	int r = 0;

	if (s->remembered && pin->to[0]) {
		set_digits(digits, pin->to);
		r = splice_add(out, s->at, DIGITS, "%s", digits);
	} else if (s->remembered) {
		if (s->nic.is_static)
			return error_set(err, -ENOTSUP,
					 "a fixed address that only the card %s gets",
					 pin->mac);
	}
	/* The last counts, and what becomes of it becomes of all. */
	while (!s->remembered && r == 0 && ini_next(&i) && i.key_len > 0)
		if (word_is(i.text + i.key, i.key_len, "MAC"))
			r = pin->to[0] ? ini_set(&i, pin->to, out) : ini_remove(&i, out);
	return r < 0 ? error_nomem(err) : 0;
}

int connman_rewrite(const char *text, const struct nic_change *c, char **ret,
		    struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	struct ini i = ini_start(text, false);
	struct service s;
	int r = 0;

	while (r == 0 && next_service(&i, &s)) {
		const struct nic_pin *pin =
			s.is_other ? NULL : nic_find_pin(c, s.nic.mac);

		if (pin)
			r = rewrite_service(&s, pin, &out, err);
	}
	return r < 0 ? r : splices_text(&out, text, ret, err);
}

int connman_move(const char *path, const struct nic_change *c, char **ret,
		 struct cvt_error *err)
{
	const char *name = path + strlen(CONNMAN_DIR);
	const struct nic_pin *pin;
	char mac[NIC_MAC_SIZE], digits[DIGITS + 1];

	*ret = NULL;
	if (!connman_service_mac(name, strcspn(name, "/"), mac))
		return 0;
	pin = nic_find_pin(c, mac);
	if (!pin || !pin->to[0])
		return 0;
	set_digits(digits, pin->to);
	if (asprintf(ret, CONNMAN_DIR BEFORE "%s" BEHIND "/settings", digits) < 0) {
		*ret = NULL;
		return error_nomem(err);
	}
	return 0;
}
