/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kernel command lines say of the network, as the step bootloader leaves it. */
#include <config.h>

#include "step/step.h"
#include "suite.h"

#define CFG "/boot/grub/grub.cfg"
#define HEAD "menuentry x {\n\tlinux /vmlinuz "
#define TAIL "\n}\n"
#define MAC1 "52:54:00:00:00:01"
#define MAC2 "52:54:00:00:00:02"
#define OLD1 "00:0c:29:aa:bb:cc"
#define OLD2 "00:0c:29:aa:bb:dd"

/* clang-format off */
static const struct {
	const char *in, *out; /* NULL: stays */
	struct request_nic nics[3];
	enum network_mode mode;
	const char *interfaces;
} cases[] = {
	{ "ifname=lan0:" OLD1 " ip=lan0:dhcp net.ifnames=0 biosdevname=0",
	  "ifname=lan0:" MAC1 " ip=lan0:dhcp net.ifnames=0 biosdevname=0", { { MAC1, "" } } },
	{ "ifname=lan0:" OLD1 " ifname=lan1:" OLD2 " bootdev=lan0 vlan=lan1.5:lan1",
	  "ifname=lan0:" MAC1 " ifname=lan1:" MAC2 " bootdev=lan0 vlan=lan1.5:lan1",
	  { { MAC2, "lan1" }, { MAC1, "lan0" } } },
	/* In the order of their names, as the network itself has it. */
	{ "ifname=lan1:" OLD2 " ifname=lan0:" OLD1, "ifname=lan1:" MAC2 " ifname=lan0:" MAC1,
	  { { MAC1, "" }, { MAC2, "" } } },
	{ "ifname=lan0:" OLD1 " BOOTIF=01-00-0c-29-aa-bb-cc",
	  "ifname=lan0:" MAC1 " BOOTIF=01-52-54-00-00-00-01", { { MAC1, "lan0" }, { MAC2, "lan1" } } },
	{ "BOOTIF=01-00-0C-29-AA-BB-CC quiet", "BOOTIF=01-52-54-00-00-00-01 quiet", { { MAC1, "" } } },
	{ "BOOTIF=01-00-0c-29-aa-bb-cc quiet", "quiet", { { MAC1, "a" }, { MAC2, "b" } } },
	{ "ip=00-0c-29-aa-bb-cc:dhcp", "ip=52-54-00-00-00-01:dhcp", { { MAC1, "" } } },
	{ "ip=lan0:dhcp::" OLD1 " ifname=lan0:" OLD1, "ip=lan0:dhcp::" MAC1 " ifname=lan0:" MAC1,
	  { { MAC1, "lan0" }, { MAC2, "lan1" } } },
	/* What it is called is told by a file of the guest. */
	{ "BOOTIF=01-00-0c-29-aa-bb-dd", "BOOTIF=01-52-54-00-00-00-02",
	  { { MAC1, "lan0" }, { MAC2, "lan1" } }, NETWORK_KEEP,
	  "network: {ethernets: {a: {match: {macaddress: '" OLD1 "'}, set-name: lan0},\n"
	  "  b: {match: {macaddress: '" OLD2 "'}, set-name: lan1}}}\n" },
	{ .in = "ifname=lan0:" OLD1 " BOOTIF=01-00-0c-29-aa-bb-cc ip=192.0.2.4::192.0.2.1:24:web:lan0:none" },
	{ "ip=192.0.2.4::192.0.2.1:24:web:lan0:none nameserver=192.0.2.53 rd.route=198.51.100.0/24:192.0.2.9:lan0 "
	  "rd.neednet=1", "ip=::::web:lan0:dhcp rd.neednet=1", { { "", "" } }, NETWORK_DHCP },
	{ .in = "ip=dhcp nameserver=192.0.2.53 rd.route=198.51.100.0/24:192.0.2.9", .mode = NETWORK_DHCP },
	{ "ip=192.0.2.4::192.0.2.1:24:web:lan0:none::" OLD1 " ifname=lan0:" OLD1,
	  "ip=::::web:lan0:dhcp::" MAC1 " ifname=lan0:" MAC1, { { MAC1, "lan0" } }, NETWORK_DHCP },
};
/* clang-format on */

static void put(struct guest *g, const char *path, const char *text)
{
	struct bytes data = { 0 };

	ck_assert_int_eq(bytes_set(&data, text, strlen(text)), 0);
	ck_assert_int_eq(guest_add_file(g, path, &data, 0644), 0);
}

static void check_line(int i, const char *line, const char *want)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_FREE char *text = NULL, *after = NULL;
	struct request q = { .target = target_find("vmware"),
			     .network = cases[i].mode,
			     .nics = cases[i].nics };
	struct cvt_error err = { 0 };

	while (q.n_nics < ARRAY_SIZE(cases[i].nics) && cases[i].nics[q.n_nics].mac[0])
		q.n_nics++;
	g.n_entries = 1;
	g.entries = calloc(1, sizeof(*g.entries));
	g.entries[0].cmdline = strdup(line);
	g.entries[0].config = strdup(CFG);
	g.entries[0].title = strdup("x");
	g.entries[0].is_default = true;
	ck_assert(asprintf(&text, HEAD "%s" TAIL, line) > 0);
	ck_assert(asprintf(&after, HEAD "%s" TAIL, want) > 0);
	put(&g, CFG, text);
	if (cases[i].interfaces)
		put(&g, "/etc/netplan/a.yaml", cases[i].interfaces);
	ck_assert_msg(step_bootloader.plan(&g, &q, &p, &err) == 0, "%s", err.msg);
	ck_assert_msg(strcmp(plan_text(&p, &g, CFG), after) == 0, "%s:\n%s", line,
		      plan_text(&p, &g, CFG));
	for (size_t n = 0; n < p.n_edits; n++)
		ck_assert_str_eq(p.edits[n].rules.v[0], "loader-network");
}

START_TEST(test_line)
{
	const char *want = cases[_i].out ? cases[_i].out : cases[_i].in;

	check_line(_i, cases[_i].in, want);
	check_line(_i, want, want); /* the second conversion */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("network-args");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_line, 0, (int)ARRAY_SIZE(cases));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
