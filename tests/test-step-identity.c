/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step-cases.h"

#define OURS "/etc/cloud/cloud.cfg.d/zz-libconvert-hostname.cfg"
#define HEAD                                                                         \
	"# Written by a conversion that was given a host name.\npreserve_hostname: " \
	"true\n"
#define KEY1 "ssh-ed25519 AAAA1 one"
#define KEY2 "ssh-rsa AAAA2 two"

/* A guest named "old" gets the name "new"; all its files afterwards. */
static const struct {
	const char *what;
	struct step_guest guest;
	const char *after;
	const char *warning;
} names[] = {
	{ "Debian",
	  { "systemd",
	    "debian",
	    { "/etc/hostname=old\n",
	      "/etc/hosts=127.0.0.1 localhost\n127.0.1.1 old.lan old\n",
	      "/etc/cloud/cloud.cfg=x: y\n" } },
	  "/etc/cloud/cloud.cfg=x: y\n\n" OURS "=" HEAD "\n/etc/hostname=new\n\n"
	  "/etc/hosts=127.0.0.1 localhost\n127.0.1.1 new.lan new\n\n" },
	{ "EL 6",
	  { "upstart",
	    "centos",
	    { "/etc/sysconfig/network=NETWORKING=yes\nHOSTNAME=old\n" } },
	  "/etc/sysconfig/network=NETWORKING=yes\nHOSTNAME=new\n\n" },
	{ "EL 7 without a file",
	  { "systemd", "centos", { "/etc/sysconfig/network=\n" } },
	  "/etc/hostname=new\n\n/etc/sysconfig/network=\n\n" },
	{ "SLES 11",
	  { "sysvinit", "sles", { "/etc/HOSTNAME=old\n" } },
	  "/etc/HOSTNAME=new\n\n" },
	{ "SLES 15",
	  { "systemd", "sles", { "/etc/HOSTNAME>hostname", "/etc/hostname=old\n" } },
	  "/etc/HOSTNAME>hostname\n/etc/hostname=new\n\n" },
	{ "Gentoo",
	  { "openrc", "gentoo", { "/etc/conf.d/hostname=hostname=\"old\"\n" } },
	  "/etc/conf.d/hostname=hostname=\"new\"\n\n" },
	{ "nothing at all", { "systemd", "arch", { NULL } }, "/etc/hostname=new\n\n" },
	{ "a link is left alone",
	  { "systemd", "nixos", { "/etc/hostname>/etc/static/hostname" } },
	  "/etc/hostname>/etc/static/hostname\n",
	  "hostname-kept" },
};

START_TEST(test_name)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_FREE char *after = NULL;
	const struct request q = { .hostname = "new" };

	fill_guest(&g, &names[_i].guest);
	g.hostname = strdup("old");
	plan_and_apply(&step_identity, &g, &q, &p);
	wants_all(&step_identity, &g, &q, &p);
	after = guest_words(&g);
	ck_assert_msg(strcmp(after, names[_i].after) == 0, "%s:\n%s", names[_i].what,
		      after);
	ck_assert_uint_eq(p.n_warnings, names[_i].warning ? 1 : 0);
	if (names[_i].warning)
		ck_assert_str_eq(p.warnings[0].id, names[_i].warning);
}
END_TEST

static const struct {
	const char *what, *before, *after;
} keys[] = {
	{ "no file", NULL, KEY1 "\n" KEY2 "\n" },
	{ "behind others", "ssh-rsa AAAA0 zero\n",
	  "ssh-rsa AAAA0 zero\n" KEY1 "\n" KEY2 "\n" },
	{ "without a last newline", "x", "x\n" KEY1 "\n" KEY2 "\n" },
	{ "one is there", "#\n" KEY2 "\r\nx\n", "#\n" KEY2 "\r\nx\n" KEY1 "\n" },
	{ "a longer line is another", KEY1 "2\n", KEY1 "2\n" KEY1 "\n" KEY2 "\n" },
	{ "an empty file", "", KEY1 "\n" KEY2 "\n" },
};

static void add_account(struct guest *g, const char *name, const char *home,
			const char *why)
{
	g->accounts = calloc(1, sizeof(*g->accounts));
	g->n_accounts = 1;
	g->accounts[0] =
		(struct account){ strdup(name), strdup(home), why ? strdup(why) : NULL };
}

START_TEST(test_keys)
{
	static struct request_ssh_key k[] = { { (char *)"ann",
						(char *)"# c\n" KEY1 "\n" KEY2 },
					      { (char *)"ann", (char *)KEY1 "\n" } };
	const struct request q = { .ssh_keys = k, .n_ssh_keys = 2 };
	static const char path[] = "/home/ann/.ssh/authorized_keys";
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };

	add_account(&g, "ann", "/home/ann", NULL);
	if (keys[_i].before)
		put_file(&g, path, NULL, keys[_i].before, strlen(keys[_i].before), 0644);
	plan_and_apply(&step_identity, &g, &q, &p);
	wants_all(&step_identity, &g, &q, &p);
	ck_assert_str_eq(guest_text(&g, path), keys[_i].after);
	ck_assert_uint_eq(guest_file(&g, path)->mode, keys[_i].before ? 0644 : 0600);
}
END_TEST

START_TEST(test_account)
{
	static struct request_ssh_key k[] = { { (char *)"ann", (char *)KEY1 } };
	const struct request q = { .ssh_keys = k, .n_ssh_keys = 1 };
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };

	add_account(&g, "ann", "/home/ann", "/home/ann is no directory");
	ck_assert_int_lt(step_identity.plan(&g, &q, &p, &err), 0);
	ck_assert_str_eq(err.id, "account-unusable");
	ck_assert_ptr_nonnull(strstr(err.msg, "/home/ann is no directory"));
	ck_assert_uint_eq(p.n_edits, 0);
}
END_TEST

START_TEST(test_machine_id)
{
	static const struct step_guest guest = { "systemd",
						 "debian",
						 { "/etc/machine-id=0123\n",
						   "/var/lib/dbus/machine-id=0123\n",
						   "/etc/ssh/ssh_host_rsa_key.pub=x" } };
	const struct request q = { .remove_machine_id = true };
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_FREE char *after = NULL;

	fill_guest(&g, &guest);
	plan_and_apply(&step_identity, &g, &q, &p);
	wants_all(&step_identity, &g, &q, &p);
	after = guest_words(&g);
	ck_assert_str_eq(after, "/etc/machine-id=\n/etc/ssh/ssh_host_rsa_key.pub=x\n");
	ck_assert_uint_eq(p.n_warnings, 1);
	ck_assert_str_eq(p.warnings[0].id, "ssh-host-keys");
}
END_TEST

START_TEST(test_nothing_asked)
{
	static const struct step_guest guest = {
		"systemd", "debian", { "/etc/hostname=old\n", "/etc/machine-id=1\n" }
	};
	const struct request q = { 0 };
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_WANTS struct wants w = { 0 };

	fill_guest(&g, &guest);
	plan_and_apply(&step_identity, &g, &q, &p);
	ck_assert_uint_eq(p.n_edits, 0);
	ck_assert_int_eq(step_identity.want(&g, &q, &w, NULL), 0);
	ck_assert_uint_eq(w.n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step-identity");
	TCase *tc = tcase_create("step-identity");

	tcase_add_loop_test(tc, test_name, 0, (int)ARRAY_SIZE(names));
	tcase_add_loop_test(tc, test_keys, 0, (int)ARRAY_SIZE(keys));
	tcase_add_test(tc, test_account);
	tcase_add_test(tc, test_machine_id);
	tcase_add_test(tc, test_nothing_asked);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
