/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cloud-init writes the network configuration anew when it takes the guest for a new instance, and
 * with some data sources at every boot (cloud-init, "Network configuration" and "Events").  What
 * it has written before and what is converted here would be lost with the address and the name
 * in it; so it is told to leave the network alone, unless the guest says that already.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/text.h"
#include "format/yaml_tree.h"
#include "step/network.h"

#define DISABLED "/etc/cloud/cloud-init.disabled"
#define MAIN "/etc/cloud/cloud.cfg"
#define DIR "/etc/cloud/cloud.cfg.d/"
#define OURS DIR "zz-libconvert-network.cfg" /* the last by name has the last word */

int net_cloud_want(struct wants *w)
{
	if (want_add(w, MAIN, WANT_FOLLOW) < 0 || want_add(w, OURS, 0) < 0 ||
	    want_add(w, DIR "*.cfg", WANT_FOLLOW) < 0 ||
	    want_add(w, DISABLED, WANT_LINK) < 0)
		return -ENOMEM;
	return 0;
}

/* "network: {config: disabled}", or a configuration of its own, which comes back as it is. */
static bool says_network(const char *text)
{
	CLEANUP_YAML_TREE struct yaml_tree t = { 0 };

	/* cloud-init cannot read either what is no YAML. */
	return yaml_tree_parse(text, &t, NULL) == 0 && yaml_first(&t, 0) &&
	       yaml_key(&t, yaml_first(&t, 0), "network");
}

static bool has_argument(const struct guest *g, const char *prefix)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const char *line =
			g->entries[i].is_default ? g->entries[i].cmdline : NULL;
		const char *at = line ? strstr(line, prefix) : NULL;

		if (at && (at == line || at[-1] == ' '))
			return true;
	}
	return false;
}

static bool is_settled(const struct guest *g)
{
	if (!guest_text(g, MAIN) || guest_file(g, DISABLED) ||
	    has_argument(g, "cloud-init=disabled") || has_argument(g, "network-config="))
		return true;
	for (size_t i = 0; i < g->n_files; i++) {
		const char *path = g->files[i].path;
		const char *text = strcmp(path, MAIN) == 0 || starts_with(path, DIR)
					   ? guest_text(g, path)
					   : NULL;

		if (text && strcmp(path, OURS) != 0 && says_network(text))
			return true;
	}
	return false;
}

/* The heads of its renderers' files: netplan, eni, sysconfig, network_manager, networkd. */
static bool is_written(const struct guest *g, const char *path)
{
	static const char *const heads[] = { "by cloud-init",
					     "information provided by\n# the datasource",
					     "information provided by the datasource" };
	const char *text = guest_text(g, path);

	if (strstr(path, "cloud-init"))
		return text != NULL;
	for (size_t i = 0; text && i < ARRAY_SIZE(heads); i++)
		if (strstr(text, heads[i]))
			return true;
	return false;
}

int net_plan_cloud(const struct guest *g, const struct net_facts *f, struct plan *p,
		   struct cvt_error *err)
{
	static const char text[] = "# Written by a conversion, which has set up the network.\n"
				   "network: {config: disabled}\n";
	bool written = false;
	char *copy;

	for (size_t i = 0; i < g->n_files && !written; i++)
		written = f->formats[i] && is_written(g, g->files[i].path);
	if (!written || is_settled(g))
		return plan_remove(p, g, OURS,
				   WHY("cloud-init-network",
				       "the guest itself says what cloud-init does"),
				   err);
	copy = strdup(text);
	return copy ? plan_write_text(
			      p, g, OURS, copy,
			      WHY("cloud-init-network",
				  "cloud-init leaves the converted network alone"),
			      err)
		    : error_nomem(err);
}
