/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "format/net_args.h"

#define MAC_LENGTH (NIC_MAC_SIZE - 1)

bool net_args_mac(const char *value, size_t *at, char mac[NIC_MAC_SIZE])
{
	const size_t len = strlen(value);

	if (len == MAC_LENGTH + 3 && value[2] == '-' &&
	    nic_set_mac(mac, value + 3, MAC_LENGTH)) {
		*at = 3;
		return true;
	}
	for (size_t i = 0; i + MAC_LENGTH <= len; i += strcspn(value + i, ":") + 1) {
		const char end = value[i + MAC_LENGTH];

		if ((end == '\0' || end == ':') &&
		    nic_set_mac(mac, value + i, MAC_LENGTH)) {
			*at = i;
			return true;
		}
	}
	return false;
}

int net_args_set_mac(const char *value, size_t at, const char *mac, char **ret)
{
	char *text = strdup(value);

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < MAC_LENGTH; i++)
		if (i % 3 != 2)
			text[at + i] = mac[i];
	*ret = text;
	return 0;
}

struct field {
	const char *s;
	int len;
};

#define FIELDS 7 /* client, server, gateway, netmask, host, interface, how */

/* Colons in brackets are those of an IPv6 address.  *@rest is what is behind the last field. */
static size_t split(const char *value, struct field *fields, const char **rest)
{
	size_t n = 0;

	while (n < FIELDS) {
		const char *end = value;

		if (*end == '[')
			end += strcspn(end, "]");
		end += strcspn(end, ":");
		fields[n++] = (struct field){ value, (int)(end - value) };
		*rest = value = end;
		if (*end == '\0')
			break;
		value++;
	}
	return n;
}

static bool is_address(const struct field *f)
{
	int dots = 0;

	if (f->len > 0 && f->s[0] == '[')
		return true;
	for (int i = 0; i < f->len; i++) {
		dots += f->s[i] == '.';
		if (f->s[i] != '.' && !isdigit((unsigned char)f->s[i]))
			return false;
	}
	return dots == 3;
}

static bool is_fixed(const struct field *how)
{
	static const char *const words[] = { "", "none", "off", "static" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (word_is(how->s, (size_t)how->len, words[i]))
			return true;
	return false;
}

/* Behind the fields dracut has an MTU, the kernel name servers: they go. */
static const char *kept_rest(const char *rest)
{
	const size_t digits = rest[0] == ':' ? strspn(rest + 1, "0123456789") : 0;

	return rest[0] == ':' && (rest[1 + digits] == ':' || rest[1 + digits] == '\0') ? rest
										  : "";
}

int net_args_dynamic(const char *value, char **ret)
{
	struct field f[FIELDS] = { 0 };
	const char *rest, *how;
	char *text = NULL;
	size_t n = split(value, f, &rest);
	int r;

	/* "ip=eth0:static" of SUSE: as ifcfg-eth0 says. */
	if (n == 2 && word_is(f[1].s, (size_t)f[1].len, "static")) {
		r = asprintf(&text, "%.*s:dhcp", f[0].len, f[0].s);
	} else if (!is_address(&f[0]) || (n == FIELDS && !is_fixed(&f[6]))) {
		*ret = NULL;
		return 0;
	} else {
		how = f[0].s[0] == '[' ? "auto6" : "dhcp";
		r = n < 5 ? asprintf(&text, "%s", how)
			  : asprintf(&text, ":%.*s:::%.*s:%.*s:%s%s", f[1].len, f[1].s,
				     f[4].len, f[4].s, f[5].len, f[5].s ? f[5].s : "", how,
				     n == FIELDS ? kept_rest(rest) : "");
	}
	if (r < 0)
		return -ENOMEM;
	*ret = text;
	return 0;
}
