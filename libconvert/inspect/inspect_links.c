/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of devices that only files of the guest tell: those of crypttab and mdadm.conf. */
#include <config.h>

#include <string.h>
#include <strings.h>

#include "format/crypttab.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"

static int add_mapping(struct guest *g, const struct crypttab_entry *x)
{
	const struct device *d;
	char link[512];
	int r = 0;

	if (guest_resolve(g, x->device, &d) != RESOLVED_DEVICE ||
	    snprintf(link, sizeof(link), "mapper/%s", x->name) >= (int)sizeof(link))
		return 0;
	for (size_t i = 0; i < g->n_devices && r == 0; i++) {
		struct device *o = &g->devices[i];

		if (o->kind == DEVICE_LUKS && o->n_below == 1 &&
		    &g->devices[o->below[0]] == d)
			r = names_add_new(&o->links, link);
	}
	return r;
}

static int read_crypttab(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_CRYPTTAB struct crypttab t = { 0 };
	CLEANUP_FREE char *text = NULL;
	struct crypttab_entry x;
	int r = fetch_fact(e, "/etc/crypttab", &text, err);

	if (r < 0 || !text)
		return r;
	/* What is wrong with it is told where it is edited. */
	if (crypttab_open(&t, text, strlen(text), NULL) < 0)
		return 0;
	while ((r = crypttab_next(&t, &x)) > 0)
		if (add_mapping(g, &x) < 0)
			return error_nomem(err);
	return r < 0 ? error_nomem(err) : 0;
}

static bool is_array(const struct device *d, const char *uuid)
{
	char link[128];

	snprintf(link, sizeof(link), "disk/by-id/md-uuid-%s", uuid);
	for (size_t i = 0; i < d->links.n && d->kind == DEVICE_MD; i++)
		if (strcasecmp(d->links.v[i], link) == 0)
			return true;
	return false;
}

/* "ARRAY /dev/md0 metadata=1.2 UUID=…" (mdadm.conf(5)) */
static int add_array(struct guest *g, char *line)
{
	char *at = NULL, *name = NULL, *uuid = NULL;
	char *word = strtok_r(line, " \t", &at);
	int r = 0;

	if (!word || strcasecmp(word, "ARRAY") != 0)
		return 0;
	while ((word = strtok_r(NULL, " \t", &at))) {
		if (strncmp(word, "/dev/", 5) == 0)
			name = word + 5;
		else if (strncasecmp(word, "uuid=", 5) == 0)
			uuid = word + 5;
	}
	for (size_t i = 0; name && uuid && i < g->n_devices && r == 0; i++)
		if (is_array(&g->devices[i], uuid))
			r = names_add_new(&g->devices[i].links, name);
	return r;
}

static int read_mdadm_conf(struct engine *e, struct guest *g, const char *path,
			   struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL;
	char *at = NULL;
	int r = fetch_fact(e, path, &text, err);

	if (r < 0 || !text)
		return r;
	for (char *line = strtok_r(text, "\r\n", &at); line;
	     line = strtok_r(NULL, "\r\n", &at))
		if (add_array(g, line) < 0)
			return error_nomem(err);
	return 0;
}

int inspect_links(struct engine *e, struct guest *g, struct cvt_error *err)
{
	int r = read_mdadm_conf(e, g, "/etc/mdadm/mdadm.conf", err);

	if (r == 0)
		r = read_mdadm_conf(e, g, "/etc/mdadm.conf", err);
	return r < 0 ? r : read_crypttab(e, g, err);
}
