/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --network dhcp: fixed addresses become dynamic, with what leads to their network.  The file as it
 * was is kept beside the new one, by a name that no stack reads: one that begins with a dot and
 * ends as none of theirs does.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/text.h"
#include "format/ifcfg.h"
#include "format/networkd.h"
#include "step/network.h"

#define KEPT ".before-conversion"
#define RHEL "/etc/sysconfig/network-scripts/"
#define SUSE "/etc/sysconfig/network/"

/* What is beside the ifcfg-NAME of initscripts and wicked: routes of the interface and of all, and
 * settings for all (sysconfig.txt of initscripts; SUSE ifroute(5), routes(5)).
 */
static const struct companion {
	const char *ifcfg;	/* how the files of interfaces begin */
	const char *routes[3];	/* and those of their routes */
	const char *all_routes; /* NULL: there is none */
	const char *settings;
	const char
		*want; /* @settings as a pattern: SUSE has a directory of RHEL's name */
} companions[] = {
	{ RHEL "ifcfg-",
	  { RHEL "route-", RHEL "route6-", NULL },
	  NULL,
	  "/etc/sysconfig/network",
	  "/etc/sysconfig/networ[k]" },
	{ SUSE "ifcfg-",
	  { SUSE "ifroute-", NULL },
	  SUSE "routes",
	  SUSE "config",
	  SUSE "confi[g]" },
};

/* The directory of @path, with the slash. */
static int directory_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
}

static int want_kept(struct wants *w, const char *path)
{
	CLEANUP_FREE char *kept = NULL;

	if (asprintf(&kept, "%.*s.*" KEPT, directory_length(path), path) < 0) {
		kept = NULL;
		return -ENOMEM;
	}
	return want_add(w, kept, WANT_LINK);
}

static int want_companion(const struct companion *c, struct wants *w)
{
	int r = want_add(w, c->want, WANT_LINK);

	if (r == 0)
		r = want_kept(w, c->settings);
	if (r == 0 && c->all_routes)
		r = want_add(w, c->all_routes, WANT_LINK);
	for (size_t i = 0; r == 0 && c->routes[i]; i++) {
		CLEANUP_FREE char *all = NULL;

		if (asprintf(&all, "%s*", c->routes[i]) < 0) {
			all = NULL;
			return -ENOMEM;
		}
		r = want_add(w, all, WANT_LINK);
	}
	return r;
}

int net_dhcp_want(const struct guest *g, struct wants *w)
{
	int r = 0;

	for (const struct net_format *f = net_formats; f->wants && r == 0; f++)
		for (const char *const *path = f->wants; *path && r == 0; path++)
			if (!f->names_cards)
				r = want_kept(w, *path);
	for (size_t i = 0; i < g->network_sources.n && r == 0; i++)
		if (g->network_sources.v[i][0] == '/' &&
		    !strstr(g->network_sources.v[i], "/../"))
			r = want_kept(w, g->network_sources.v[i]);
	for (size_t i = 0; i < ARRAY_SIZE(companions) && r == 0; i++)
		r = want_companion(&companions[i], w);
	return r;
}

/* Keep the file at @path as the guest has it. */
static int keep(const struct guest *g, const char *path, struct plan *p,
		struct cvt_error *err)
{
	const struct guest_file *file = guest_file(g, path);
	const int dir = directory_length(path);
	CLEANUP_FREE char *kept = NULL;
	CLEANUP_BYTES struct bytes data = { 0 };
	int r;

	if (asprintf(&kept, "%.*s.%s" KEPT, dir, path, path + dir) < 0) {
		kept = NULL;
		return error_nomem(err);
	}
	if (bytes_set(&data, file->data.data, file->data.len) < 0)
		return error_nomem(err);
	r = plan_write(p, g, kept, &data,
		       WHY("net-dhcp-old", "the file with the fixed address is kept"),
		       err);
	if (r == 0)
		plan_set_mode(p, kept, file->mode);
	return r;
}

/* @text (taken) comes in the place of what @path has, which is kept; NULL: nothing does. */
static int replace(const struct guest *g, const char *path, char *text, struct plan *p,
		   struct cvt_error *err)
{
	const struct why *why =
		WHY("net-dhcp", "the interface asks DHCP for its address");
	int r = keep(g, path, p, err);

	if (r == 0 && text)
		return plan_write_text(p, g, path, text, why, err);
	free(text);
	return r < 0 ? r : plan_remove(p, g, path, why, err);
}

static int retire(const struct guest *g, const char *path, struct plan *p,
		  struct cvt_error *err)
{
	return guest_text(g, path) ? replace(g, path, NULL, p, err) : 0;
}

static int change_settings(const struct guest *g, const char *path, struct plan *p,
			   struct cvt_error *err)
{
	const char *text = guest_text(g, path);
	char *changed = NULL;
	int r = text ? ifcfg_rewrite_global(text, &changed, err) : 0;

	if (r < 0 || !changed || strcmp(changed, text) == 0) {
		free(changed);
		return r;
	}
	return replace(g, path, changed, p, err);
}

/* What goes with the address of the interface that @path configures. */
static int change_companions(const struct guest *g, const char *path, struct plan *p,
			     struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(companions) && r == 0; i++) {
		const struct companion *c = &companions[i];

		if (!starts_with(path, c->ifcfg))
			continue;
		for (size_t n = 0; r == 0 && c->routes[n]; n++) {
			CLEANUP_FREE char *routes = NULL;

			if (asprintf(&routes, "%s%s", c->routes[n],
				     path + strlen(c->ifcfg)) < 0) {
				routes = NULL;
				return error_nomem(err);
			}
			r = retire(g, routes, p, err);
		}
		if (r == 0 && c->all_routes)
			r = retire(g, c->all_routes, p, err);
		if (r == 0)
			r = change_settings(g, c->settings, p, err);
	}
	return r;
}

/* What cannot be read is told by whoever gathered the cards. */
static int warn_fixed(const struct guest *g, const struct net_format *format,
		      const char *path, struct plan *p, struct cvt_error *err)
{
	CLEANUP_NICS struct nics nics = { 0 };
	const char *text = plan_text(p, g, path);
	int r = 0;

	if (!text || net_read(format, text, path, &nics, NULL) < 0)
		return 0;
	for (size_t i = 0; i < nics.n && r == 0; i++) {
		const struct nic *nic = &nics.v[i];

		if (nic->is_static && strcmp(nic->name, "lo") != 0)
			r = plan_warn(p, "net-fixed", path,
				      "let it ask DHCP by hand, or give it an address "
				      "of the new network",
				      "the interface %s keeps its fixed address",
				      nic->name[0]  ? nic->name
				      : nic->mac[0] ? nic->mac
						    : "of a pattern");
	}
	return r < 0 ? error_nomem(err) : 0;
}

static int warn_rules(const char *path, const char *text, struct plan *p,
		      struct cvt_error *err)
{
	if (!starts_with(path, NETWORKD_DIR) || !network_has_rules(text))
		return 0;
	return plan_warn(p, "net-fixed", path,
			 "remove what is about the old address from [RoutingPolicyRule]",
			 "routing rules stay, and may be about the old address") < 0
		       ? error_nomem(err)
		       : 0;
}

static int change_file(const struct guest *g, const struct net_format *format,
		       const char *path, struct plan *p, struct cvt_error *err)
{
	static const struct nic_change dhcp = { .dhcp = true };
	char *changed = NULL;
	int r = format->keeps_fixed
			? warn_fixed(g, format, path, p, err)
			: net_change_text(g, format, path, &dhcp, p, &changed, err);

	if (r < 0 || !changed || strcmp(changed, plan_text(p, g, path)) == 0) {
		free(changed);
		return r;
	}
	r = warn_rules(path, changed, p, err);
	if (r < 0) {
		free(changed);
		return r;
	}
	r = replace(g, path, changed, p, err);
	return r < 0 ? r : change_companions(g, path, p, err);
}

int net_plan_dhcp(const struct guest *g, const struct net_facts *f, struct plan *p,
		  struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n_files; i++)
		if (f->formats[i] && !f->formats[i]->names_cards)
			r = change_file(g, f->formats[i], g->files[i].path, p, err);
	return r;
}
