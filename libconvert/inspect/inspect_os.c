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

/* 1 if @path says which it is. */
static int read_os_release(struct engine *e, const char *path, struct guest *g,
			   struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL;
	int r = fetch_fact(e, path, &text, err);

	if (r < 0 || !text)
		return r;
	if (get(text, "ID", &g->os_id) < 0)
		return error_nomem(err);
	if (!g->os_id)
		return 0;
	if (get(text, "VERSION_ID", &g->os_version) < 0 ||
	    get(text, "PRETTY_NAME", &g->os_name) < 0)
		return error_nomem(err);
	return 1;
}

/* --- systems that are images --- */

#define DEPLOYMENTS_MAX 64 /* looked at; there are two or three */

/* @read what @suffix adds to the path of each name in @dir, as long as that returns 0. */
static int each(struct engine *e, const char *dir, const char *suffix,
		int (*read)(struct engine *e, const char *path, struct guest *g,
			    struct cvt_error *err),
		struct guest *g, struct cvt_error *err)
{
	CLEANUP_NAMES struct names names = { 0 };
	int r = engine_list(e, dir, &names, NULL);

	if (r < 0)
		return r == -ENOMEM ? error_nomem(err) : 0;
	for (size_t i = 0; i < names.n && i < DEPLOYMENTS_MAX && r == 0; i++) {
		CLEANUP_FREE char *path = NULL;

		if (asprintf(&path, "%s/%s%s", dir, names.v[i], suffix) < 0) {
			path = NULL;
			return error_nomem(err);
		}
		r = read(e, path, g, err);
	}
	return r;
}

static int read_deployments(struct engine *e, const char *dir, struct guest *g,
			    struct cvt_error *err)
{
	return each(e, dir, "/usr/lib/os-release", read_os_release, g, err);
}

/* /ostree/deploy/NAME/deploy/CHECKSUM.N are its roots (ostree, "Deployments"). */
static int note_ostree(struct engine *e, struct guest *g, struct cvt_error *err)
{
	static const char dir[] = "/ostree/deploy";
	static const char text[] =
		"the root is a deployment of ostree, and nothing in it is changed: see "
		"that "
		"its initramfs has the drivers of the target, and change arguments with "
		"\"rpm-ostree kargs\"";
	int r;

	if (g->os_id || !fetch_has_dir(e, dir))
		return 0;
	r = each(e, dir, "/deploy", read_deployments, g, err);
	if (r >= 0 && guest_note(g, "image-based", "/ostree", text) < 0)
		return error_nomem(err);
	return r < 0 ? r : 0;
}

/* /usr has a partition type of its own there (Flatcar, "Constants and IDs"). */
static int note_flatcar(struct guest *g, struct cvt_error *err)
{
	static const char type[] = "5dfbf5f4-2848-4bac-aa5e-0d9a20b745a6";
	static const char text[] =
		"/usr and its kernel are an image of Flatcar Container "
		"Linux, and nothing in it is changed; arguments are set "
		"in grub.cfg of the OEM partition";
	const struct device *usr = NULL;

	for (size_t i = 0; i < g->n_devices && !usr; i++)
		if (g->devices[i].parttype && strcmp(g->devices[i].parttype, type) == 0)
			usr = &g->devices[i];
	if (!usr)
		return 0;
	if ((!g->os_id && !(g->os_id = strdup("flatcar"))) ||
	    guest_note(g, "image-based", usr->name, text) < 0)
		return error_nomem(err);
	return 0;
}

/* --- from before os-release --- */

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

/* Where a guest has its name: the variable, NULL: the first word of the file. */
/* clang-format off */
static const struct {
	const char *path, *key;
} name_files[] = {
	{ "/etc/hostname",          NULL },
	{ "/etc/HOSTNAME",          NULL },       /* SUSE up to 11 */
	{ "/etc/sysconfig/network", "HOSTNAME" }, /* EL up to 6 */
	{ "/etc/conf.d/hostname",   "hostname" }, /* Gentoo */
};
/* clang-format on */

/* The first word that is in no comment; NULL: none, or no memory. */
static char *first_word(char *text)
{
	char *word = text + strspn(text, " \t\r\n");

	while (*word == '#') {
		word += strcspn(word, "\n");
		word += strspn(word, " \t\r\n");
	}
	word[strcspn(word, " \t\r\n")] = '\0';
	return *word ? strdup(word) : NULL;
}

static int read_hostname(struct engine *e, struct guest *g, struct cvt_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(name_files) && !g->hostname; i++) {
		CLEANUP_FREE char *text = NULL;
		int r = fetch_fact(e, name_files[i].path, &text, err);

		if (r < 0)
			return r;
		if (text && !name_files[i].key)
			g->hostname = first_word(text);
		else if (text && get(text, name_files[i].key, &g->hostname) < 0)
			return error_nomem(err);
	}
	return 0;
}

static bool is_systemd(const char *init)
{
	return strcmp(init, "systemd") == 0;
}

/* That of EL 7 and later has nothing but a comment for people who look for it. */
static int has_init(struct engine *e, const char *path, struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL;
	int r;

	if (strcmp(path, "/etc/inittab") != 0)
		return fetch_has(e, path);
	r = fetch_fact(e, path, &text, err);
	for (const char *s = text; r == 0 && s; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (*s != '#' && memchr(s, ':', strcspn(s, "\n")))
			return 1;
	}
	return r;
}

/* @other: not systemd, which some packages bring along where another init is process 1. */
static int find_init(struct engine *e, bool other, const char **ret,
		     struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(inits) && r == 0; i++) {
		if (other && is_systemd(inits[i].init))
			continue;
		r = has_init(e, inits[i].path, err);
		if (r > 0)
			*ret = inits[i].init;
	}
	return r < 0 ? r : 0;
}

/* Without init= the kernel, or its initramfs, starts /sbin/init, which is a link where it is
 * systemd.
 */
static int find_sbin_init(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_FREE char *path = NULL;
	const char *init = NULL;
	uint64_t size;
	int r = fetch_follow(e, "/sbin/init", &path, &size, err);

	g->has_sbin_init = path && size > 0;
	if (r == 0)
		r = find_init(e, false, &init, err);
	if (r == 0 && init && is_systemd(init) && path &&
	    strcmp(strrchr(path, '/'), "/init") == 0)
		r = find_init(e, true, &init, err);
	if (r == 0 && init && !(g->init = strdup(init)))
		return error_nomem(err);
	return r;
}

int inspect_os(struct engine *e, struct guest *g, struct cvt_error *err)
{
	int r = read_os_release(e, "/etc/os-release", g, err);

	if (r == 0)
		r = read_os_release(e, "/usr/lib/os-release", g, err);
	if (r >= 0)
		r = note_ostree(e, g, err);
	if (r == 0)
		r = note_flatcar(g, err);
	if (r == 0 && !g->os_id)
		r = read_release_file(e, g, err);
	if (r == 0 && !g->os_id && !(g->os_id = strdup("linux")))
		r = error_nomem(err);
	if (r == 0)
		r = read_hostname(e, g, err);
	return r < 0 ? r : find_sbin_init(e, g, err);
}
