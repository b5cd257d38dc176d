/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who the guest is and who may log in: what the user has asked for, and nothing by itself. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/hostname.h"
#include "step/step.h"

#define CLOUD "/etc/cloud/cloud.cfg"
#define CLOUD_OURS "/etc/cloud/cloud.cfg.d/zz-libconvert-hostname.cfg"
#define MACHINE_ID "/etc/machine-id"
#define DBUS_ID "/var/lib/dbus/machine-id"
#define HOST_KEY "/etc/ssh/ssh_host_"
#define NAMED WHY("hostname", "the guest is to have another name")
#define FORGOTTEN WHY("machine-id", "the guest is to make itself a new machine ID")

/* "…/.ssh/authorized_keys"; NULL: no memory. */
static char *keys_path(const struct account *a)
{
	char *path;

	return asprintf(&path, "%s/.ssh/authorized_keys", a->home) < 0 ? NULL : path;
}

static int want_keys(const struct guest *g, struct wants *w)
{
	int r = 0;

	for (size_t i = 0; i < g->n_accounts && r == 0; i++) {
		CLEANUP_FREE char *path = NULL;

		if (g->accounts[i].why)
			continue;
		path = keys_path(&g->accounts[i]);
		r = path ? want_add(w, path, 0) : -ENOMEM;
	}
	return r;
}

static int want_all(struct wants *w, const char *const *paths, unsigned flags)
{
	int r = 0;

	for (size_t i = 0; paths[i] && r == 0; i++)
		r = want_add(w, paths[i], flags);
	return r;
}

static int want_identity(const struct guest *g, const struct request *q, struct wants *w,
			 struct cvt_error *err)
{
	static const char *const names[] = { "/etc/hostname",
					     "/etc/HOSTNAME",
					     "/etc/sysconfig/network",
					     "/etc/conf.d/hostname",
					     "/etc/hosts",
					     CLOUD,
					     CLOUD_OURS,
					     NULL };
	static const char *const ids[] = { MACHINE_ID, DBUS_ID, HOST_KEY "*_key.pub",
					   NULL };
	int r = want_keys(g, w);

	if (r == 0 && q->hostname)
		r = want_all(w, names, WANT_LINK);
	if (r == 0 && q->remove_machine_id)
		r = want_all(w, ids, WANT_LINK);
	return r < 0 ? error_nomem(err) : 0;
}

/* ---- keys ---- */

static bool has_line(const char *text, const char *line, size_t n)
{
	for (const char *s = text; s; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (strncmp(s, line, n) == 0 && strchr("\r\n", s[n]))
			return true;
	}
	return false;
}

/* @key's lines that @text has not, behind it. */
static int add_lines(struct bytes *out, const char *key)
{
	const char *end;
	int r = 0;

	for (const char *s = key; *s && r == 0; s = *end ? end + 1 : end) {
		end = strchrnul(s, '\n');
		if (end == s || *s == '#' || has_line(out->data, s, (size_t)(end - s)))
			continue;
		if (out->len > 0 && out->data[out->len - 1] != '\n')
			r = bytes_append(out, "\n", 1);
		if (r == 0)
			r = bytes_append(out, s, (size_t)(end - s));
		if (r == 0)
			r = bytes_append(out, "\n", 1);
	}
	return r;
}

static int add_key(const struct guest *g, const struct request_ssh_key *key,
		   struct plan *p, struct cvt_error *err)
{
	const struct account *a = guest_account(g, key->user);
	CLEANUP_FREE char *path = NULL;
	CLEANUP_BYTES struct bytes out = { 0 };
	const char *now;
	int r;

	if (!a || a->why)
		return error_raise(err, ERR_ACCOUNT, key->user, "%s",
				   a ? a->why : "nothing is known of this account");
	path = keys_path(a);
	if (!path)
		return error_nomem(err);
	now = plan_text(p, g, path);
	if (!now && guest_file(g, path))
		return error_raise(err, ERR_FILE_INVALID, path, "is no text");
	if (bytes_set(&out, now ? now : "", now ? strlen(now) : 0) < 0 ||
	    add_lines(&out, key->text) < 0)
		return error_nomem(err);
	r = plan_write(p, g, path, &out,
		       WHY("ssh-key", "its owner may log in with this key"), err);
	if (r == 0)
		plan_set_mode(p, path, 0600);
	return r;
}

/* ---- host name ---- */

/* How the name stands in a file; @old is the present one. */
typedef int (*rename_fn)(const char *text, size_t len, const char *old, const char *name,
			 struct bytes *ret);

static int in_file(const char *text, size_t len, const char *old, const char *name,
		   struct bytes *ret)
{
	(void)old;
	return hostname_in_file(text, len, name, ret);
}

static int in_sysconfig(const char *text, size_t len, const char *old, const char *name,
			struct bytes *ret)
{
	(void)old;
	return hostname_in_shell(text, len, "HOSTNAME", name, ret);
}

static int in_openrc(const char *text, size_t len, const char *old, const char *name,
		     struct bytes *ret)
{
	(void)old;
	return hostname_in_shell(text, len, "hostname", name, ret);
}

static const struct {
	const char *path;
	rename_fn rename;
} named[] = {
	{ "/etc/hostname", in_file }, /* systemd, Debian, Alpine */
	{ "/etc/HOSTNAME", in_file }, /* SUSE; a link to the other since 12 */
	{ "/etc/sysconfig/network", in_sysconfig }, /* EL up to 6, Amazon Linux 1 */
	{ "/etc/conf.d/hostname", in_openrc },	    /* Gentoo */
	{ "/etc/hosts", hostname_in_hosts },
};

static int rename_in(const struct guest *g, const char *name, size_t i, struct plan *p,
		     struct cvt_error *err)
{
	const struct guest_file *f = guest_file(g, named[i].path);
	const char *text = plan_text(p, g, named[i].path);
	struct bytes out = { 0 };

	if (f && !f->link && text &&
	    named[i].rename(text, strlen(text), g->hostname ? g->hostname : "", name,
			    &out) < 0)
		return error_nomem(err);
	if (out.data)
		return plan_write(p, g, named[i].path, &out, NAMED, err);
	if (f && (!f->link || strcmp(named[i].path, "/etc/HOSTNAME") != 0) &&
	    plan_warn(p, "hostname-kept", named[i].path, "change it in the guest",
		      "is no text file, and keeps the old name") < 0)
		return error_nomem(err);
	return 0;
}

/* Every init but those of EL 6, SLES 11 and Gentoo reads /etc/hostname. */
static bool lacks_file(const struct guest *g)
{
	return !guest_file(g, "/etc/hostname") && !guest_file(g, "/etc/HOSTNAME") &&
	       !guest_file(g, "/etc/conf.d/hostname") &&
	       (!guest_file(g, "/etc/sysconfig/network") ||
		(g->init && strcmp(g->init, "systemd") == 0));
}

static int put(const struct guest *g, struct plan *p, const char *path, char *text,
	       struct cvt_error *err)
{
	return text ? plan_write_text(p, g, path, text, NAMED, err) : error_nomem(err);
}

static int set_name(const struct guest *g, const char *name, struct plan *p,
		    struct cvt_error *err)
{
	char *line = NULL;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(named) && r == 0; i++)
		r = rename_in(g, name, i, p, err);
	if (r == 0 && lacks_file(g))
		r = put(g, p, "/etc/hostname",
			asprintf(&line, "%s\n", name) < 0 ? NULL : line, err);
	if (r == 0 && guest_file(g, CLOUD))
		r = put(g, p, CLOUD_OURS,
			strdup("# Written by a conversion that was given a host name.\n"
			       "preserve_hostname: true\n"),
			err);
	return r;
}

/* ---- machine ID ---- */

/*
 * An empty file makes systemd write a new ID at boot without taking it for a first boot, as
 * it would without the file (machine-id(5)).  dbus makes its own again, or links to that.
 */
static int forget_id(const struct guest *g, struct plan *p, struct cvt_error *err)
{
	const struct guest_file *f = guest_file(g, MACHINE_ID),
				*dbus = guest_file(g, DBUS_ID);
	struct bytes nothing = { 0 };
	int r = 0;

	if (f && !f->link)
		r = bytes_set(&nothing, "", 0) < 0
			    ? error_nomem(err)
			    : plan_write(p, g, MACHINE_ID, &nothing, FORGOTTEN, err);
	if (r == 0 && dbus && !dbus->link)
		r = plan_remove(p, g, DBUS_ID, FORGOTTEN, err);
	for (size_t i = 0; i < g->n_files && r == 0; i++)
		if (strncmp(g->files[i].path, HOST_KEY, strlen(HOST_KEY)) == 0)
			return plan_warn(p, "ssh-host-keys", NULL,
					 "remove /etc/ssh/ssh_host_* in the guest if "
					 "another "
					 "machine has the same",
					 "the SSH host keys are those of the source") < 0
				       ? error_nomem(err)
				       : 0;
	return r;
}

static int plan_identity(const struct guest *g, const struct request *q, struct plan *p,
			 struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < q->n_ssh_keys && r == 0; i++)
		r = add_key(g, &q->ssh_keys[i], p, err);
	if (r == 0 && q->hostname)
		r = set_name(g, q->hostname, p, err);
	if (r == 0 && q->remove_machine_id)
		r = forget_id(g, p, err);
	return r;
}

const struct step step_identity = {
	.name = "identity",
	.want = want_identity,
	.plan = plan_identity,
};
