/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where else the guest says how its network is, so that the step network can ask for it. */
#include <config.h>

#include <string.h>

#include "format/interfaces.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"

int inspect_network(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL;
	int r = fetch_fact(e, "/etc/network/interfaces", &text, err);

	if (r < 0 || !text)
		return r;
	return interfaces_sources(text, &g->network_sources) < 0 ? error_nomem(err) : 0;
}
