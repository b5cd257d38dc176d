/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where else the guest says how its network is, so that the step network can ask for it. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/connman.h"
#include "format/interfaces.h"
#include "format/lease.h"
#include "format/networkd.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"

#define LEASE_FILES_MAX 64	      /* NICS_MAX: LEASES_MAX of each */
#define LEASE_MAX ((size_t)256 << 10) /* bytes */

/* connman keeps what it remembers of a card in a directory that is called after it. */
static int find_services(struct engine *e, struct guest *g)
{
	CLEANUP_NAMES struct names names = { 0 };
	char mac[NIC_MAC_SIZE], path[128];
	int r = 0;

	if (engine_list(e, CONNMAN_DIR, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (g->network_sources.n == INTERFACES_SOURCES_MAX ||
		    !connman_service_mac(names.v[i], strlen(names.v[i]), mac))
			continue;
		snprintf(path, sizeof(path), CONNMAN_DIR "%s/settings", names.v[i]);
		r = names_add(&g->network_sources, path);
	}
	return r;
}

/* systemd.network(5): what is beside NAME.network in NAME.network.d adds to it. */
static int find_drop_ins(struct engine *e, struct guest *g)
{
	CLEANUP_NAMES struct names names = { 0 };
	int r = 0;

	if (engine_list(e, NETWORKD_DIR, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		CLEANUP_FREE char *path = NULL;

		if (g->network_sources.n == INTERFACES_SOURCES_MAX ||
		    !ends_with(names.v[i], ".network.d"))
			continue;
		if (asprintf(&path, NETWORKD_DIR "%s/", names.v[i]) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		r = names_add(&g->network_sources, path);
	}
	return r;
}

/* What a damaged or a huge one does not tell is not known: nothing depends on it. */
static int read_leases(struct engine *e, const char *dir, struct guest *g,
		       size_t *n_files, struct cvt_error *err)
{
	CLEANUP_NAMES struct names names = { 0 };
	int r = 0;

	if (engine_list(e, dir, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < names.n && *n_files < LEASE_FILES_MAX; i++) {
		CLEANUP_BYTES struct bytes data = { 0 };
		CLEANUP_FREE char *path = NULL;

		if (!strstr(names.v[i], ".lease"))
			continue;
		if (asprintf(&path, "%s%s", dir, names.v[i]) < 0) {
			path = NULL;
			return error_nomem(err);
		}
		++*n_files;
		r = fetch_part(e, path, 0, LEASE_MAX, &data, err);
		if (r == 0)
			r = lease_read(names.v[i], &data, &g->leases, err);
	}
	return r;
}

static int find_leases(struct engine *e, struct guest *g, struct cvt_error *err)
{
	static const char *const dirs[] = {
		"/var/lib/dhcp/",	    /* Debian, SUSE before wicked */
		"/var/lib/dhclient/",	    /* RHEL */
		"/var/lib/NetworkManager/", /* its own client, or dhclient */
		"/var/lib/dhcpcd/",
	};
	size_t n_files = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(dirs); i++)
		r = read_leases(e, dirs[i], g, &n_files, err);
	return r;
}

int inspect_network(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL;
	int r = fetch_fact(e, "/etc/network/interfaces", &text, err);

	if (r < 0)
		return r;
	if ((text && interfaces_sources(text, &g->network_sources) < 0) ||
	    find_services(e, g) < 0 || find_drop_ins(e, g) < 0)
		return error_nomem(err);
	return find_leases(e, g, err);
}
