/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/nic.h"

/* @s as it is written everywhere; false if it is no address of that family. */
static bool set_address(const char *s, bool is_inet6, char out[NIC_ADDRESS_SIZE])
{
	const int family = is_inet6 ? AF_INET6 : AF_INET;
	unsigned char bytes[16];

	return inet_pton(family, s, bytes) == 1 &&
	       inet_ntop(family, bytes, out, NIC_ADDRESS_SIZE);
}

/* "192.0.2.10/24" */
static bool take_address(char *s, struct nic_address *a)
{
	char *slash = strchr(s, '/');
	size_t digits;

	if (!slash)
		return false;
	*slash++ = '\0';
	digits = strspn(slash, "0123456789");
	a->is_inet6 = strchr(s, ':') != NULL;
	a->prefix = digits > 0 && digits < 4 ? (unsigned)strtoul(slash, NULL, 10) : 0;
	return slash[digits] == '\0' && a->prefix > 0 &&
	       a->prefix <= (a->is_inet6 ? 128 : 32) &&
	       set_address(s, a->is_inet6, a->address);
}

static int take_option(const char *s, struct nic_address *a, struct cvt_error *err)
{
	char *to = NULL;
	const char *value = strchr(s, '=');

	if (starts_with(s, "gateway=") && !a->gateway[0])
		to = a->gateway;
	else if (starts_with(s, "dns=") && a->n_dns < NIC_DNS_MAX)
		to = a->dns[a->n_dns++];
	if (!to)
		return error_set(err, -EINVAL, "'%s' is not gateway=A, or one of up to %d dns=A",
				 s, NIC_DNS_MAX);
	if (!set_address(value + 1, a->is_inet6, to))
		return error_set(err, -EINVAL, "'%s' is no IPv%c address", value + 1,
				 a->is_inet6 ? '6' : '4');
	return 0;
}

int nic_address_parse(const char *text, struct nic_address *ret, struct cvt_error *err)
{
	CLEANUP_FREE char *copy = strdup(text);
	struct nic_address a = { 0 };
	char *rest = copy, *address = copy, *option;
	int r = 0;

	if (!copy)
		return error_nomem(err);
	strsep(&rest, ",");
	if (strchr(copy, '=')) {
		const char *name = strsep(&address, "=");

		if (!nic_set_name(a.name, name, strlen(name)))
			return error_set(err, -EINVAL, "'%s' is no interface name", name);
	}
	if (!take_address(address, &a))
		return error_set(err, -EINVAL,
				 "'%s' is not [IFACE=]ADDRESS/PREFIX[,gateway=A][,dns=A]...",
				 text);
	while (r == 0 && (option = strsep(&rest, ",")))
		r = take_option(option, &a, err);
	if (r == 0)
		*ret = a;
	return r;
}

void nic_netmask(unsigned prefix, char text[NIC_ADDRESS_SIZE])
{
	const unsigned bits = prefix < 32 ? ~(0xffffffffU >> prefix) : 0xffffffffU;

	snprintf(text, NIC_ADDRESS_SIZE, "%u.%u.%u.%u", bits >> 24, bits >> 16 & 255,
		 bits >> 8 & 255, bits & 255);
}

void nic_dns_print(const struct nic_address *a, const char *between,
		   char text[NIC_TEXT_SIZE])
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; a && i < a->n_dns && at < NIC_TEXT_SIZE; i++)
		at += (size_t)snprintf(text + at, NIC_TEXT_SIZE - at, "%s%s",
				       i ? between : "", a->dns[i]);
}

void nic_address_print(const struct nic_address *a, char text[NIC_TEXT_SIZE])
{
	char dns[NIC_TEXT_SIZE];

	nic_dns_print(a, ",dns=", dns);
	snprintf(text, NIC_TEXT_SIZE, "%s%s%s/%u%s%s%s%.*s", a->name,
		 a->name[0] ? "=" : "", a->address, a->prefix,
		 a->gateway[0] ? ",gateway=" : "", a->gateway, a->n_dns ? ",dns=" : "",
		 NIC_DNS_MAX * (NIC_ADDRESS_SIZE + 5), dns);
}
