/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "format/net_args.h"
#include "suite.h"

/* As dracut.cmdline(7) and nfsroot.rst have them. */
static const struct {
	const char *in, *out; /* NULL: it has no fixed address */
} dynamic[] = {
	{ "dhcp", NULL },
	{ "", NULL },
	{ "eth0:dhcp", NULL },
	{ "eth0:auto6:1500:52:54:00:00:00:01", NULL },
	{ "eth0:static", "eth0:dhcp" },
	{ "192.0.2.4", "dhcp" },
	{ "192.0.2.4::192.0.2.1:255.255.255.0", "dhcp" },
	{ "192.0.2.4::192.0.2.1:255.255.255.0:web:eth0:none", "::::web:eth0:dhcp" },
	{ "192.0.2.4::192.0.2.1:24:web:eth0:off:1400", "::::web:eth0:dhcp:1400" },
	{ "192.0.2.4::192.0.2.1:24:web:eth0:none::52:54:00:00:00:01",
	  "::::web:eth0:dhcp::52:54:00:00:00:01" },
	{ "192.0.2.4:192.0.2.9:192.0.2.1:255.255.255.0::eth0:none:192.0.2.53",
	  ":192.0.2.9::::eth0:dhcp" },
	{ "192.0.2.4::192.0.2.1:24:web", "::::web::dhcp" },
	{ "192.0.2.4::192.0.2.1:24:web:eth0:dhcp", NULL },
	{ "[2001:db8::4]::[2001:db8::1]:64:web:eth0:none", "::::web:eth0:auto6" },
	{ "[2001:db8", "auto6" },
	{ "::::web:eth0:dhcp", NULL },
	{ "1.2.3", NULL },
};

START_TEST(test_dynamic)
{
	CLEANUP_FREE char *out = NULL, *again = NULL;

	ck_assert_int_eq(net_args_dynamic(dynamic[_i].in, &out), 0);
	ck_assert_msg(dynamic[_i].out ? out && strcmp(out, dynamic[_i].out) == 0 : !out,
		      "%s: %s", dynamic[_i].in, out ? out : "left");
	ck_assert_int_eq(net_args_dynamic(out ? out : dynamic[_i].in, &again), 0);
	ck_assert_msg(!again, "%s: %s", dynamic[_i].in, again);
}
END_TEST

static const struct {
	const char *in, *out; /* NULL: it has no MAC address */
} macs[] = {
	{ "01-00-50-56-AA-BB-CC", "01-52-54-00-00-00-01" },
	{ "00-50-56-aa-bb-cc", "52-54-00-00-00-01" },
	{ "lan0:00:50:56:aa:bb:cc", "lan0:52:54:00:00:00:01" },
	{ "eth0:dhcp:1500:00:50:56:AA:BB:CC", "eth0:dhcp:1500:52:54:00:00:00:01" },
	{ "00-50-56-aa-bb-cc:dhcp", "52-54-00-00-00-01:dhcp" },
	{ "eth0:dhcp", NULL },
	{ "", NULL },
	{ "lan0:00:50:56:aa:bb:cg", NULL },
};

START_TEST(test_mac)
{
	CLEANUP_FREE char *out = NULL;
	char mac[NIC_MAC_SIZE];
	size_t at;
	bool found = net_args_mac(macs[_i].in, &at, mac);

	ck_assert_msg(found == (macs[_i].out != NULL), "%s", macs[_i].in);
	if (!found)
		return;
	ck_assert_str_eq(mac, "00:50:56:aa:bb:cc");
	ck_assert_int_eq(net_args_set_mac(macs[_i].in, at, "52:54:00:00:00:01", &out), 0);
	ck_assert_str_eq(out, macs[_i].out);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("net-args");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_dynamic, 0, (int)ARRAY_SIZE(dynamic));
	tcase_add_loop_test(tc, test_mac, 0, (int)ARRAY_SIZE(macs));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
