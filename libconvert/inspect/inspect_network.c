/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where else the guest says how its network is, so that the step network can ask for it. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/connman.h"
#include "format/interfaces.h"
#include "format/networkd.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"

/* connman keeps what it remembers of a card in a directory that is called after it. */
static int find_services(struct engine *e, struct guest *g)
{
	CLEANUP_NAMES struct names names = { 0 };
	char mac[NIC_MAC_SIZE], path[128];
	int r = 0;

	if (engine_list(e, CONNMAN_DIR, &names, NULL) < 0)
		return 0;
	names_sort(&names);
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
	names_sort(&names);
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

int inspect_network(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL;
	int r = fetch_fact(e, "/etc/network/interfaces", &text, err);

	if (r < 0)
		return r;
	if ((text && interfaces_sources(text, &g->network_sources) < 0) ||
	    find_services(e, g) < 0 || find_drop_ins(e, g) < 0)
		return error_nomem(err);
	return 0;
}
