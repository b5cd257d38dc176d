/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where cloud-init may look for its data.  A list that knows the source's cloud only makes it
 * wait for that at every boot, or find nothing; so the target's comes last, in a file of ours.
 *
 * Without a cloud there is no "None" in the list: with that, and nothing found, cloud-init
 * would take the guest for a new one and make new SSH host keys.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/yaml_tree.h"
#include "step/step.h"

#define DIR "/etc/cloud/cloud.cfg.d/"
#define OURS DIR "zz-libconvert.cfg" /* read in the order of their names */
#define MAIN "/etc/cloud/cloud.cfg"
#define IDENTIFY "/etc/cloud/ds-identify.cfg"
#define DISABLED "/etc/cloud/cloud-init.disabled"

/* Names of data sources, as in cloud-init's reference; any of them will do. */
static const struct {
	const char *target, *list;
} sources[] = {
	{ "aws", "Ec2" },
	{ "gce", "GCE" },
	{ "azure", "Azure" },
	{ "openstack", "OpenStack, ConfigDrive" },
};
#define NO_CLOUD "NoCloud, ConfigDrive"

static const char *list_of(const struct target *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (strcmp(sources[i].target, t->name) == 0)
			return sources[i].list;
	return NO_CLOUD;
}

static int want_cloud_init(const struct guest *g, const struct request *q,
			   struct wants *w, struct cvt_error *err)
{
	(void)g, (void)q;
	if (want_add(w, MAIN, WANT_FOLLOW) < 0 ||
	    want_add(w, DIR "*.cfg", WANT_FOLLOW) < 0 || want_add(w, OURS, 0) < 0 ||
	    want_add(w, IDENTIFY, WANT_FOLLOW) < 0 ||
	    want_add(w, DISABLED, WANT_LINK) < 0)
		return error_nomem(err);
	return 0;
}

enum pinned {
	PINNED_NOT,  /* no list */
	PINNED_HERE, /* the list has the target's */
	PINNED_ELSEWHERE,
};

static bool is_in(const char *list, const char *name)
{
	const size_t n = strlen(name);

	for (const char *s = list; *s; s += strspn(s, ", ")) {
		size_t len = strcspn(s, ",");

		if (len == n && strncmp(s, name, n) == 0)
			return true;
		s += len;
	}
	return false;
}

/* Does the datasource_list of @text have one of @wanted?  An installer writes "None" alone:
 * that says that there is nothing to look for, anywhere.
 */
static enum pinned pinned_to(const char *text, const char *wanted)
{
	bool only_none = true;
	CLEANUP_YAML_TREE struct yaml_tree t = { 0 };
	size_t list;

	/* cloud-init cannot read either what is no YAML. */
	if (yaml_tree_parse(text, &t, NULL) < 0 || !yaml_first(&t, 0))
		return PINNED_NOT;
	list = yaml_get(&t, yaml_first(&t, 0), "datasource_list");
	if (!list || t.v[list].kind != YAML_SEQUENCE)
		return PINNED_NOT;
	for (size_t i = yaml_first(&t, list); i; i = t.v[i].next) {
		const char *name = yaml_value(&t, i);

		if (is_in(wanted, name))
			return PINNED_HERE;
		only_none = only_none && strcmp(name, "None") == 0;
	}
	return only_none ? PINNED_HERE : PINNED_ELSEWHERE;
}

/* By all files but ours; the last that has a list says it. */
static enum pinned find_pin(const struct guest *g, const char *wanted)
{
	const char *main = guest_text(g, MAIN);
	enum pinned found = main ? pinned_to(main, wanted) : PINNED_NOT;

	for (size_t i = 0; i < g->n_files; i++) {
		const char *path = g->files[i].path;
		const char *text =
			strncmp(path, DIR, strlen(DIR)) == 0 && strcmp(path, OURS) != 0
				? guest_text(g, path)
				: NULL;
		enum pinned here = text ? pinned_to(text, wanted) : PINNED_NOT;

		if (here != PINNED_NOT)
			found = here;
	}
	return found;
}

static int pin(const struct guest *g, struct plan *p, const char *list,
	       struct cvt_error *err)
{
	char *text;

	if (asprintf(&text,
		     "# Written by a conversion for its target.\n"
		     "datasource_list: [ %s ]\n",
		     list) < 0)
		return error_nomem(err);
	return plan_write_text(
		p, g, OURS, text,
		WHY("cloud-init-datasource",
		    "cloud-init looks for the target's data, not the source's"),
		err);
}

/* The configuration of the default entry, if that has an argument that begins so. */
static const char *kernel_argument(const struct guest *g, const char *prefix)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const char *line =
			g->entries[i].is_default ? g->entries[i].cmdline : NULL;

		for (const char *s = line; s; s = strchr(s, ' ')) {
			s += strspn(s, " ");
			if (strncmp(s, prefix, strlen(prefix)) == 0)
				return g->entries[i].config;
		}
	}
	return NULL;
}

/* What goes before all lists; NULL: nothing. */
static const char *pinned_by(const struct guest *g)
{
	const char *identify = guest_text(g, IDENTIFY);

	if (identify && (strncmp(identify, "datasource:", 11) == 0 ||
			 strstr(identify, "\ndatasource:")))
		return IDENTIFY;
	return kernel_argument(g, "ds=");
}

static const char *disabled_by(const struct guest *g)
{
	return guest_file(g, DISABLED) ? DISABLED
				       : kernel_argument(g, "cloud-init=disabled");
}

static int tell(const struct guest *g, const struct target *t, struct plan *p)
{
	const bool is_cloud = strcmp(list_of(t), NO_CLOUD) != 0;
	const char *pinned = pinned_by(g), *disabled = disabled_by(g);

	if (!guest_file(g, MAIN))
		return 0;
	if (disabled && is_cloud)
		return plan_warn(
			p, "cloud-init-disabled", disabled,
			"change that if the target's keys and user data are wanted",
			"cloud-init is switched off in this guest");
	if (pinned && !disabled)
		return plan_warn(
			p, "cloud-init-pinned", pinned, "change or remove that",
			"says where cloud-init finds its data, whatever the target is");
	if (!is_cloud || disabled)
		return 0;
	return plan_warn(
		p, "cloud-init-new-instance", NULL,
		"create " DISABLED " in the guest if it is to stay as it is",
		"cloud-init will take the guest for a new instance, with new SSH host "
		"keys and the target's user data");
}

static int plan_cloud_init(const struct guest *g, const struct request *q, struct plan *p,
			   struct cvt_error *err)
{
	const char *list = list_of(q->target);

	if (tell(g, q->target, p) < 0)
		return error_nomem(err);
	if (find_pin(g, list) == PINNED_ELSEWHERE)
		return pin(g, p, list, err);
	return plan_remove(p, g, OURS,
			   WHY("cloud-init-datasource",
			       "the guest's own list has the target's data source"),
			   err);
}

const struct step step_cloud_init = {
	.name = "cloud-init",
	.want = want_cloud_init,
	.plan = plan_cloud_init,
};
