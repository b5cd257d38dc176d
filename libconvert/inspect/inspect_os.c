/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which distribution it is.  An unknown one is "linux", never an error. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/osrelease.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"

/* From before os-release(5), which systemd 43 (2012) introduced; the specific ones first. */
/* clang-format off */
static const struct {
	const char *path, *id;
} release_files[] = {
	{ "/etc/oracle-release",    "ol" },
	{ "/etc/centos-release",    "centos" },
	{ "/etc/fedora-release",    "fedora" },
	{ "/etc/system-release",    "amzn" },
	{ "/etc/redhat-release",    "rhel" },
	{ "/etc/SuSE-release",      "sles" },
	{ "/etc/alpine-release",    "alpine" },
	{ "/etc/arch-release",      "arch" },
	{ "/etc/gentoo-release",    "gentoo" },
	{ "/etc/slackware-version", "slackware" },
	{ "/etc/debian_version",    "debian" },
};

static const struct {
	const char *path, *init;
} inits[] = {
	{ "/usr/lib/systemd/systemd", "systemd" },
	{ "/lib/systemd/systemd",     "systemd" },
	{ "/sbin/openrc-init",        "openrc" },
	{ "/sbin/openrc",             "openrc" },
	{ "/sbin/initctl",            "upstart" },
	{ "/etc/inittab",             "sysvinit" },
};
/* clang-format on */

static int get(const char *text, const char *key, char **ret)
{
	int r = osrelease_get(text, key, ret);

	return r == -ENOENT ? 0 : r;
}

static int read_os_release(struct engine *e, struct guest *g, struct cvt_error *err)
{
	static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };

	for (size_t i = 0; i < ARRAY_SIZE(paths) && !g->os_id; i++) {
		CLEANUP_FREE char *text = NULL;
		int r = fetch_fact(e, paths[i], &text, err);

		if (r < 0)
			return r;
		if (!text)
			continue;
		if (get(text, "ID", &g->os_id) < 0 ||
		    get(text, "VERSION_ID", &g->os_version) < 0 ||
		    get(text, "PRETTY_NAME", &g->os_name) < 0)
			return error_nomem(err);
	}
	return 0;
}

/* The first line of the file is the name; the first number in it the version. */
static int read_release_file(struct engine *e, struct guest *g, struct cvt_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(release_files) && !g->os_id; i++) {
		CLEANUP_FREE char *text = NULL;
		const char *digits;
		int r = fetch_fact(e, release_files[i].path, &text, err);

		if (r < 0)
			return r;
		if (!text)
			continue;
		text[strcspn(text, "\r\n")] = '\0';
		digits = text + strcspn(text, "0123456789");
		g->os_id = strdup(release_files[i].id);
		g->os_name = strdup(text);
		g->os_version = strndup(digits, strspn(digits, "0123456789."));
		if (!g->os_id || !g->os_name || !g->os_version)
			return error_nomem(err);
	}
	return 0;
}

static int read_hostname(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL, *sysconfig = NULL;
	int r = fetch_fact(e, "/etc/hostname", &text, err);

	if (r == 0 && !text)
		r = fetch_fact(e, "/etc/sysconfig/network", &sysconfig, err);
	if (r < 0)
		return r;
	if (sysconfig && get(sysconfig, "HOSTNAME", &g->hostname) < 0)
		return error_nomem(err);
	if (text) {
		text[strcspn(text, " \t\r\n")] = '\0';
		g->hostname = *text ? take_ptr(text) : NULL;
	}
	return 0;
}

static int find_init(struct engine *e, struct guest *g, struct cvt_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(inits); i++) {
		if (!fetch_has(e, inits[i].path))
			continue;
		g->init = strdup(inits[i].init);
		return g->init ? 0 : error_nomem(err);
	}
	return 0;
}

/* Without init= the kernel, or its initramfs, starts /sbin/init. */
static int find_sbin_init(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_FREE char *path = NULL;
	uint64_t size;
	int r = fetch_follow(e, "/sbin/init", &path, &size, err);

	g->has_sbin_init = path && size > 0;
	return r;
}

int inspect_os(struct engine *e, struct guest *g, struct cvt_error *err)
{
	int r = read_os_release(e, g, err);

	if (r == 0 && !g->os_id)
		r = read_release_file(e, g, err);
	if (r == 0 && !g->os_id && !(g->os_id = strdup("linux")))
		r = error_nomem(err);
	if (r == 0)
		r = read_hostname(e, g, err);
	if (r == 0)
		r = find_init(e, g, err);
	return r < 0 ? r : find_sbin_init(e, g, err);
}
