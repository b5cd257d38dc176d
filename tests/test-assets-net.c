/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network files that others made, from the archives below $LIBCONVERT_ASSETS/config:
 * nothing crashes, what needs no change comes back byte for byte, twice is
 * once.  Forklift's guests also say which name belongs to which address.
 */
#include <config.h>

#include <archive.h>
#include <archive_entry.h>
#include <fnmatch.h>
#include <unistd.h>

#include "netformats.h"
#include "step/network.h"

static const char *assets(void)
{
	static char path[4096];
	const char *dir = getenv("LIBCONVERT_ASSETS"), *srcdir = getenv("srcdir");

	if (dir)
		return dir;
	snprintf(path, sizeof(path), "%s/../shared/assets", srcdir ? srcdir : ".");
	return path;
}

struct entry {
	char *path;
	struct bytes data;
};

struct entries {
	struct entry *v;
	size_t n;
};

static void entries_clear(struct entries *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].path);
		bytes_clear(&l->v[i].data);
	}
	free(l->v);
}

static struct bytes read_entry(struct archive *a)
{
	struct bytes b = { 0 };
	char buf[65536];
	ssize_t n;

	ck_assert_int_eq(bytes_set(&b, "", 0), 0);
	while ((n = archive_read_data(a, buf, sizeof(buf))) > 0)
		ck_assert_int_eq(bytes_append(&b, buf, (size_t)n), 0);
	ck_assert_int_eq(n, 0);
	return b;
}

static void unpack(const char *name, struct entries *ret)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	char path[4200];

	snprintf(path, sizeof(path), "%s/config/%s.tar.xz", assets(), name);
	archive_read_support_filter_all(a);
	archive_read_support_format_tar(a);
	ck_assert_msg(archive_read_open_filename(a, path, 65536) == ARCHIVE_OK, "%s: %s",
		      path, archive_error_string(a));
	while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
		if (archive_entry_filetype(e) != AE_IFREG)
			continue;
		ret->v = realloc(ret->v, (ret->n + 1) * sizeof(*ret->v));
		ck_assert_ptr_nonnull(ret->v);
		ret->v[ret->n].path = strdup(archive_entry_pathname(e));
		ret->v[ret->n++].data = read_entry(a);
	}
	archive_read_free(a);
}

/* What of each archive is text of which format, and how much of it there is at least. */
static const struct {
	const char *archive, *pattern, *format;
	int at_least;
} sets[] = {
	{ "augeas-root", "*/etc/network/interfaces", "interfaces", 1 },
	{ "augeas-root", "*/network-scripts/ifcfg-*", "ifcfg", 5 },
	{ "forklift-netconfig-testdirs", "*/network-scripts/ifcfg-*", "ifcfg", 7 },
	{ "forklift-netconfig-testdirs", "*.nmconnection", "nmkeyfile", 3 },
	{ "forklift-netconfig-testdirs", "*/expected-udev.rule", "udev_net", 11 },
	{ "forklift-netconfig-testdirs", "*.link", "link", 3 },
	{ "ifupdown-ng-fixtures", "*.interfaces", "interfaces", 25 },
	{ "ifupdown2-eni", "*.eni", "interfaces", 20 },
	{ "initscripts-ifcfg-examples", "*/ifcfg-*", "ifcfg", 10 },
	{ "netplan-examples", "*.yaml", "netplan", 40 },
	{ "networkmanager-ifcfg-keyfile", "*/network-scripts/ifcfg-*", "ifcfg", 150 },
	{ "networkmanager-ifcfg-keyfile", "*keyfile/tests/keyfiles/*", "nmkeyfile", 20 },
};

static const struct netformat *find_format(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(netformats); i++)
		if (strcmp(netformats[i].name, name) == 0)
			return &netformats[i];
	ck_abort_msg("no format %s", name);
	return NULL;
}

/* A change asked for nothing gives the text back; every change is the same twice. */
static bool try_text(const struct netformat *f, const struct entry *e)
{
	static const struct nic_change nothing = { 0 };
	CLEANUP_FREE char *same = NULL;

	if (bytes_has_nul(&e->data) ||
	    f->rewrite(e->data.data, &nothing, &same, NULL) < 0)
		return false;
	ck_assert_msg(strcmp(same, e->data.data) == 0, "%s: changed", e->path);
	for (enum netformat_mode mode = 0; mode <= NETFORMAT_DHCP; mode++) {
		CLEANUP_FREE char *got = NULL, *again = NULL;
		CLEANUP_NICS struct nics nics = { 0 };
		bool pinned = false, fixed = false;

		if (netformat_run(f, mode, e->data.data, &got, NULL) < 0)
			return false;
		ck_assert_int_eq(netformat_run(f, mode, got, &again, NULL), 0);
		ck_assert_msg(strcmp(got, again) == 0, "%s: twice is not once:\n%s",
			      e->path, again);
		ck_assert_int_eq(f->read(e->data.data, &nics, NULL), 0);
		for (size_t i = 0; i < nics.n; i++) {
			pinned = pinned || nics.v[i].mac[0];
			fixed = fixed || nics.v[i].is_static;
		}
		ck_assert_msg((mode == NETFORMAT_DHCP ? fixed : pinned) ||
				      strcmp(got, e->data.data) == 0,
			      "%s: nothing to change:\n%s", e->path, got);
	}
	return true;
}

START_TEST(test_set)
{
	const struct netformat *f = find_format(sets[_i].format);
	CLEANUP(entries_clear) struct entries l = { 0 };
	int tried = 0, refused = 0;

	unpack(sets[_i].archive, &l);
	for (size_t i = 0; i < l.n; i++) {
		if (fnmatch(sets[_i].pattern, l.v[i].path, 0) != 0)
			continue;
		tried++;
		if (!try_text(f, &l.v[i])) {
			refused++;
			printf("refused: %s\n", l.v[i].path);
		}
	}
	printf("%s %s: %d texts, %d refused\n", sets[_i].archive, sets[_i].format, tried,
	       refused);
	ck_assert_int_ge(tried, sets[_i].at_least);
	ck_assert_int_le(10 * refused, tried);
}
END_TEST

/* "…/NAME.d/root/etc/x" is the file /etc/x of the guest NAME. */
static bool is_of_guest(const char *path, const char *guest, const char **inside)
{
	const char *at = strstr(path, guest);

	if (!at || at[-1] != '/' || at[strlen(guest)] != '/')
		return false;
	*inside = at + strlen(guest) + 1;
	return true;
}

static void read_guest(const struct entries *l, const char *name, struct guest *g,
		       struct nics *expected)
{
	const char *inside;

	g->init = strdup("systemd");
	for (size_t i = 0; i < l->n; i++) {
		struct bytes copy = { 0 };

		if (!is_of_guest(l->v[i].path, name, &inside))
			continue;
		if (strcmp(inside, "expected-udev.rule") == 0)
			ck_assert_int_eq(udev_net_read(l->v[i].data.data, expected, NULL),
					 0);
		if (strncmp(inside, "root/", 5) != 0)
			continue;
		ck_assert_int_eq(bytes_set(&copy, l->v[i].data.data, l->v[i].data.len),
				 0);
		ck_assert_int_eq(guest_add_file(g, inside + 4, &copy, 0644), 0);
	}
}

static const struct {
	const char *name;
	bool in_order; /* its cards are configured, so that --nic MAC without a name will
			  do */
} guests[] = {
	{ "dhcp-dhclient-test.d", false },
	{ "dhcp-networkmanager-dhclient-test.d", false },
	{ "dhcp-networkmanager-test.d", false },
	{ "ifcfg-double-quotes-test.d", true },
	{ "ifcfg-hwaddr-test.d", false }, /* two cards, a MAC address for the second */
	{ "ifcfg-no-quotes-test.d", true },
	{ "ifcfg-prefix-match-test.d", true },
	{ "ifcfg-single-quotes-test.d", true },
	{ "network-interfaces-single-test.d", true },
	{ "networkmanager-mac-patch-test.d", true },
	{ "networkmanager-test.d", true },
};

/* A plan that binds every expected name to its address, and leaves no other pin on the
 * name. */
static void check_guest(const char *name, const struct guest *g,
			const struct nics *expected, bool with_names)
{
	struct request_nic nics[8] = { 0 };
	struct request q = { .target = target_find("kvm"),
			     .nics = nics,
			     .n_nics = expected->n };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_NET_FACTS struct net_facts facts = { 0 };
	struct cvt_error err = { 0 };

	ck_assert_int_eq(net_gather(g, &p, &facts, &err), 0);
	for (size_t i = 0; i < expected->n; i++) {
		memcpy(nics[i].mac, expected->v[i].mac, sizeof(nics[i].mac));
		if (with_names)
			memcpy(nics[i].name, expected->v[i].name, sizeof(nics[i].name));
	}
	ck_assert_msg(step_network.plan(g, &q, &p, &err) == 0, "%s: %s", name, err.msg);
	for (size_t i = 0; i < expected->n; i++) {
		CLEANUP_NICS struct nics bound = { 0 };
		char path[128];

		snprintf(path, sizeof(path), "%s%s.link", NET_LINK_PREFIX,
			 expected->v[i].name);
		ck_assert_msg(plan_text(&p, g, path) != NULL, "%s: no %s", name, path);
		ck_assert_int_eq(link_read(plan_text(&p, g, path), &bound, NULL), 0);
		ck_assert_uint_eq(bound.n, 1);
		ck_assert_str_eq(bound.v[0].mac, expected->v[i].mac);
		ck_assert_str_eq(bound.v[0].name, expected->v[i].name);
	}
	for (size_t i = 0; i < g->n_files; i++) {
		const struct net_format *f = facts.formats[i];
		CLEANUP_NICS struct nics left = { 0 };

		if (!f)
			continue;
		ck_assert_int_eq(net_read(f, plan_text(&p, g, g->files[i].path),
					  g->files[i].path, &left, NULL),
				 0);
		for (size_t n = 0; n < left.n; n++)
			ck_assert_msg(!left.v[n].mac[0], "%s: %s is pinned", name,
				      g->files[i].path);
	}
}

START_TEST(test_forklift)
{
	CLEANUP(entries_clear) struct entries l = { 0 };
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_NICS struct nics expected = { 0 };

	unpack("forklift-netconfig-testdirs", &l);
	read_guest(&l, guests[_i].name, &g, &expected);
	ck_assert_uint_ge(expected.n, 1);
	ck_assert_uint_le(expected.n, 8);
	check_guest(guests[_i].name, &g, &expected, true);
	if (guests[_i].in_order)
		check_guest(guests[_i].name, &g, &expected, false);
}
END_TEST

int main(void)
{
	Suite *s;
	TCase *tc;
	char path[4200];

	snprintf(path, sizeof(path), "%s/config", assets());
	if (access(path, F_OK) != 0) {
		printf("SKIP: no third-party material at %s (LIBCONVERT_ASSETS)\n", path);
		return 77;
	}
	s = suite_create("assets-net");
	tc = tcase_create("all");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_set, 0, (int)ARRAY_SIZE(sets));
	tcase_add_loop_test(tc, test_forklift, 0, (int)ARRAY_SIZE(guests));
	suite_add_tcase(s, tc);
	return suite_run(s);
}
