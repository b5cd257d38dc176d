/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lvm(8) is shown nothing but the guest's physical volumes, so it neither
 * touches nor mistakes the volume groups of this machine.
 */
#include <config.h>

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/stack_private.h"

#define MEMBER "LVM2_member"
#define UUID_SIZE 39 /* of LVM, with hyphens and NUL */
#define SYSTEM_ID "libconvert" /* where a volume group has none */

static const char *text(json_t *row, const char *key)
{
	const char *value = json_string_value(json_object_get(row, key));

	return value ? value : "";
}

/* The guest's name of a volume group. */
static const char *lvm_guest_name(const struct stack *s, const char *uuid,
				  const char *name)
{
	(void)s, (void)uuid;
	return name;
}

/* Is this device-mapper device, "LVM-" and the uuids without hyphens, of our groups? */
static bool lvm_is_ours(const struct stack *s, const char *id)
{
	for (size_t i = 0; i < s->n_layers; i++) {
		const char *p = id, *u = s->layers[i].name;

		if (s->layers[i].kind != LAYER_VG)
			continue;
		for (; *u && (*u == '-' || *u == *p); u++)
			p += *u != '-';
		if (!*u)
			return true;
	}
	return false;
}

static bool is_pv(const struct device *d)
{
	return d->type && strcmp(d->type, MEMBER) == 0;
}

/* ---- commands ---- */

static int add_item(struct bytes *b, const char *before, const char *value,
		    const char *after)
{
	if (bytes_append(b, before, strlen(before)) < 0 ||
	    bytes_append(b, value, strlen(value)) < 0)
		return -ENOMEM;
	return bytes_append(b, after, strlen(after));
}

/* The devices that lvm may see: those of the guest that are physical volumes. */
static int write_filter(struct stack *s, struct bytes *filter, struct cvt_error *err)
{
	int r = bytes_set(filter, "", 0) < 0 ? error_nomem(err) : 0;

	for (size_t i = 0; i < s->g->n_devices && r == 0; i++) {
		const char *path;

		if (!is_pv(&s->g->devices[i]))
			continue;
		r = stack_show(s, i, &path, err);
		if (r == 0 && add_item(filter, "\"a|^", path, "$|\",") < 0)
			r = error_nomem(err);
	}
	return r;
}

/*
 * lvm.conf(5) for all commands: no udev, no daemon, no backup files, no list of
 * devices, no tags of the host; and a volume group that belongs to a system of
 * one of @ids, the guest, is for us.  To activate one, we have to be its system
 * @own (lvmsystemid(7) does not say so; LVM 2.03.16, tools/vgchange.c).
 */
static int configure(struct stack *s, const char *own, const struct names *ids,
		     struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes filter = { 0 };
	CLEANUP_BYTES struct bytes extra = { 0 };
	char *config = NULL;
	int r = write_filter(s, &filter, err);

	if (r < 0)
		return r;
	r = bytes_set(&extra, "", 0);
	for (size_t i = 0; i < ids->n && r == 0; i++)
		r = add_item(&extra, i > 0 ? ",\"" : "\"", ids->v[i], "\"");
	if (r < 0 ||
	    asprintf(&config,
		     "devices { filter=[%s\"r|.*|\"] global_filter=[%s\"r|.*|\"] "
		     "use_devicesfile=0 obtain_device_list_from_udev=0 scan_lvs=1 "
		     "multipath_component_detection=0 md_component_detection=0 "
		     "fw_raid_component_detection=0 } "
		     "activation { udev_sync=0 udev_rules=0 monitoring=0 } "
		     "backup { backup=0 archive=0 } "
		     "global { use_lvmpolld=0 event_activation=0 "
		     "system_id_source=\"lvmlocal\" } "
		     "local { system_id=\"%s\" extra_system_ids=[%s] } "
		     "tags { hosttags=0 }",
		     filter.data, filter.data, own, extra.data) < 0)
		return error_nomem(err);
	free(s->lvm_config);
	s->lvm_config = config;
	return 0;
}

/* `lvm @words --config …`: its exit status. */
static int lvm(struct stack *s, bool clean_up, const char *const words[],
	       struct bytes *out, struct said *said, struct cvt_error *err)
{
	const char *argv[24] = { "lvm" };
	size_t n = 1;

	for (; *words && n < ARRAY_SIZE(argv) - 3; words++)
		argv[n++] = *words;
	argv[n++] = "--config";
	argv[n++] = s->lvm_config;
	return s->place->ops->run(s->place, clean_up, argv, out, said, err);
}

/* The rows of a report; the caller decrefs *@report, which holds them. */
static int lvm_report(struct stack *s, const char *command, const char *what,
		      const char *fields, json_t **report, json_t **rows,
		      struct cvt_error *err)
{
	const char *words[] = { command,	  "-q",	  "-a",	     "--foreign",
				"--reportformat", "json", "--units", "b",
				"--nosuffix",	  "-o",	  fields,    NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	int r = lvm(s, false, words, &out, &said, err);

	if (r < 0)
		return r;
	*report = json_loadb(out.data ? out.data : "", out.len, 0, NULL);
	*rows = json_object_get(json_array_get(json_object_get(*report, "report"), 0),
				what);
	/* It fails also where a part of a group is missing, and reports the rest. */
	return *report && *rows ? 0
				: error_raise(err, ERR_ENGINE, NULL, "lvm %s: %s",
					      command, said.text);
}

static void decref(json_t **j)
{
	json_decref(*j);
}

#define CLEANUP_JSON CLEANUP(decref)

static bool is_plain(const char *s)
{
	return s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789+-._:")] == '\0';
}

/* ---- volume groups ---- */

struct group {
	char name[130]; /* as lvm knows it now, which may be an alias */
	char uuid[UUID_SIZE];
	size_t *pvs; /* indices of the physical volumes that are there, ascending */
	size_t n_pvs;
	struct names missing; /* uuids of those that are not */
	char system_id[130];  /* "": it belongs to none that we could be */
};

struct groups {
	struct group *v;
	size_t n;
};

static void groups_clear(struct groups *l)
{
	for (size_t i = 0; i < l->n; i++) {
		names_clear(&l->v[i].missing);
		free(l->v[i].pvs);
	}
	free(l->v);
}

#define CLEANUP_GROUPS CLEANUP(groups_clear)

static struct group *find_group(struct groups *l, json_t *row)
{
	const char *uuid = text(row, "vg_uuid");
	struct group *grown;

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].uuid, uuid) == 0)
			return &l->v[i];
	grown = realloc(l->v, (l->n + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	l->v = grown;
	grown = &l->v[l->n++];
	*grown = (struct group){ 0 };
	snprintf(grown->name, sizeof(grown->name), "%s", text(row, "vg_name"));
	snprintf(grown->uuid, sizeof(grown->uuid), "%s", uuid);
	return grown;
}

static size_t find_device(const struct stack *s, const char *path)
{
	size_t i = 0;

	while (i < s->n_paths && (!s->paths[i] || strcmp(s->paths[i], path) != 0))
		i++;
	return i;
}

static int add_pv(struct stack *s, struct group *g, json_t *row)
{
	const size_t device = find_device(s, text(row, "pv_name"));
	size_t *grown;

	if (*text(row, "pv_missing"))
		return names_add_new(&g->missing, text(row, "pv_uuid"));
	if (device >= s->g->n_devices)
		return 0;
	grown = realloc(g->pvs, (g->n_pvs + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	g->pvs = grown;
	g->pvs[g->n_pvs++] = device;
	return 0;
}

static int compare_indices(const void *a, const void *b)
{
	const size_t l = *(const size_t *)a, r = *(const size_t *)b;

	return l < r ? -1 : l > r;
}

static int compare_groups(const void *a, const void *b)
{
	const struct group *l = a, *r = b;

	return compare_indices(&l->pvs[0], &r->pvs[0]);
}

/* Members and groups in the order of the devices; groups of which nothing is there go. */
static void sort_groups(struct groups *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct group g = l->v[i];

		if (g.n_pvs == 0) {
			names_clear(&g.missing);
			continue;
		}
		qsort(g.pvs, g.n_pvs, sizeof(*g.pvs), compare_indices);
		l->v[kept++] = g;
	}
	l->n = kept;
	if (kept > 0)
		qsort(l->v, kept, sizeof(*l->v), compare_groups);
}

/* @ids: of the systems that the groups belong to. */
static int list_groups(struct stack *s, struct groups *ret, struct names *ids,
		       struct cvt_error *err)
{
	CLEANUP_JSON json_t *report = NULL;
	json_t *rows, *row;
	size_t i;
	int r = lvm_report(s, "pvs", "pv",
			   "pv_name,pv_uuid,pv_missing,vg_name,vg_uuid,vg_systemid",
			   &report, &rows, err);

	if (r < 0)
		return r;
	json_array_foreach(rows, i, row)
	{
		const char *id = text(row, "vg_systemid");
		struct group *g = *text(row, "vg_uuid") ? find_group(ret, row) : NULL;

		if (*text(row, "vg_uuid") && (!g || add_pv(s, g, row) < 0))
			return error_nomem(err);
		if (!*id || !is_plain(id))
			continue;
		if (g)
			snprintf(g->system_id, sizeof(g->system_id), "%s", id);
		if (names_add_new(ids, id) < 0)
			return error_nomem(err);
	}
	sort_groups(ret);
	return 0;
}

/* ---- logical volumes ---- */

static bool is_hidden(json_t *row)
{
	const char *type = text(row, "segtype");

	return text(row, "lv_name")[0] == '[' || strcmp(type, "thin-pool") == 0 ||
	       strcmp(type, "cache-pool") == 0 || strcmp(type, "vdo-pool") == 0;
}

/* As an array does, a mirrored volume would copy itself whole while we convert. */
static void freeze(struct stack *s, json_t *row)
{
	const char *argv[] = { "dmsetup", "message", text(row, "lv_dm_path"),
			       "0",	  "frozen",  NULL };
	struct said said = { 0 };

	if (strncmp(text(row, "segtype"), "raid", 4) != 0 ||
	    strcmp(text(row, "segtype"), "raid0") == 0)
		return;
	if (s->place->ops->run(s->place, false, argv, NULL, &said, NULL) != 0)
		context_log(s->place->ctx, CVT_LOG_DEBUG, "dmsetup message: %s",
			    said.text);
}

static int add_device(struct stack *s, const struct group *g, json_t *row,
		      struct cvt_error *err)
{
	const char *vg = lvm_guest_name(s, g->uuid, g->name);
	CLEANUP_FREE char *base = NULL;
	struct device *d;
	size_t index;
	int r = stack_add(s, DEVICE_LV, strdup(text(row, "lv_dm_path")), &index, err);

	if (r < 0)
		return r;
	d = &s->g->devices[index];
	d->vg = strdup(vg);
	d->lv = strdup(text(row, "lv_name"));
	if (!s->paths[index] || !d->vg || !d->lv ||
	    asprintf(&base, "%s/%s", vg, d->lv) < 0)
		return error_nomem(err);
	r = stack_name(s, base, g->uuid, &d->name, err);
	for (size_t i = 0; i < g->n_pvs && r == 0; i++)
		r = device_add_below(d, g->pvs[i]) < 0 ? error_nomem(err) : 0;
	if (r == 0 && s->place->ops->hold &&
	    (r = s->place->ops->hold(s->place, s->paths[index])) < 0)
		r = error_raise(err, ERR_ENGINE, d->name, "cannot open %s: %s",
				s->paths[index], strerror(-r));
	return r < 0 ? r
		     : s->place->ops->probe(s->place, s->paths[index], s->g, index, err);
}

static int add_lvs(struct stack *s, const struct group *g, json_t *rows,
		   struct cvt_error *err)
{
	json_t *row;
	size_t i;
	int r = 0;

	json_array_foreach(rows, i, row)
	{
		if (strcmp(text(row, "vg_uuid"), g->uuid) != 0 ||
		    strcmp(text(row, "lv_active"), "active") != 0)
			continue;
		freeze(s, row);
		if (!is_hidden(row) &&
		    find_device(s, text(row, "lv_dm_path")) >= s->n_paths)
			r = add_device(s, g, row, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int list_lvs(struct stack *s, const struct groups *groups, struct cvt_error *err)
{
	CLEANUP_JSON json_t *report = NULL;
	json_t *rows;
	int r = lvm_report(s, "lvs", "lv", "vg_uuid,lv_name,lv_dm_path,lv_active,segtype",
			   &report, &rows, err);

	for (size_t i = 0; i < groups->n && r == 0; i++)
		r = add_lvs(s, &groups->v[i], rows, err);
	return r;
}

/* Whatever the groups consist of is removed by the kernel once our open volumes are closed,
 * as they are if we are killed.
 */
static void remove_later(struct stack *s)
{
	const char *list[] = { "dmsetup",      "info",	      "-c",
			       "--noheadings", "--separator", " ",
			       "-o",	       "name,uuid",   NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	char *at = NULL;

	if (!s->place->ops->hold ||
	    s->place->ops->run(s->place, false, list, &out, &said, NULL) != 0 ||
	    !out.data)
		return;
	for (char *line = strtok_r(out.data, "\n", &at); line;
	     line = strtok_r(NULL, "\n", &at)) {
		char *uuid = strstr(line, " LVM-");

		if (!uuid || !lvm_is_ours(s, uuid + 5))
			continue;
		*uuid = '\0';
		(void)s->place->ops->remove_later(s->place, line);
	}
}

/* ---- activation ---- */

static int activate(struct stack *s, const struct group *g, const char *mode,
		    struct cvt_error *err)
{
	char select[64];
	const char *words[] = { "vgchange", "-q",	"-K",	"-ay", "--activationmode",
				mode,	    "--select", select, NULL };
	struct said said = { 0 };
	int r = stack_has_opened(s, LAYER_VG, g->uuid)
			? 0
			: stack_opened(s, LAYER_VG, g->uuid, err);

	snprintf(select, sizeof(select), "vg_uuid=%s", g->uuid);
	if (r == 0)
		r = lvm(s, false, words, NULL, &said, err);
	/* A volume that lacks a disk does not keep the others from being used. */
	if (r > 0)
		context_log(s->place->ctx, CVT_LOG_INFO, "lvm vgchange: %s", said.text);
	return r < 0 ? r : 0;
}

static int tell_missing(struct stack *s, const struct group *g, struct cvt_error *err)
{
	const char *name = lvm_guest_name(s, g->uuid, g->name);
	int r = 0;

	for (size_t i = 0; i < g->n_pvs && r == 0; i++)
		r = stack_shut(
			s, g->pvs[i], ERR_VOLUME_GROUP, err,
			"the volume group %s lacks %zu of its %zu physical volumes, "
			"with UUID %s",
			name, g->missing.n, g->missing.n + g->n_pvs, g->missing.v[0]);
	return r;
}

static int open_group(struct stack *s, const struct group *g, enum patience patience,
		      struct cvt_error *err)
{
	bool is_complete = g->missing.n == 0;

	if (patience == PATIENCE_COMPLETE && is_complete &&
	    !stack_has_opened(s, LAYER_VG, g->uuid))
		return activate(s, g, "complete", err);
	if (patience == PATIENCE_DEGRADED && !is_complete)
		return activate(s, g, "degraded", err);
	return patience == PATIENCE_NONE && !is_complete ? tell_missing(s, g, err) : 0;
}

/* Is there a physical volume that lvm has not seen yet? */
static bool has_news(struct stack *s, enum patience patience)
{
	size_t n = 0;

	for (size_t i = 0; i < s->g->n_devices; i++)
		n += is_pv(&s->g->devices[i]);
	if (n == 0 || (patience == PATIENCE_COMPLETE && n == s->n_pvs))
		return false;
	s->n_pvs = n;
	return true;
}

int lvm_open(struct stack *s, enum patience patience, struct cvt_error *err)
{
	CLEANUP_GROUPS struct groups groups = { 0 };
	CLEANUP_NAMES struct names ids = { 0 };
	int r;

	if (!has_news(s, patience))
		return 0;
	r = stack_need(s, "device-mapper", "dm_mod", "the guest's LVM volume group", err);
	if (r == 0)
		r = configure(s, SYSTEM_ID, &ids, err);
	if (r == 0)
		r = list_groups(s, &groups, &ids, err);
	for (size_t i = 0; i < groups.n && r == 0; i++) {
		const struct group *g = &groups.v[i];

		if (ids.n > 0)
			r = configure(s, g->system_id[0] ? g->system_id : SYSTEM_ID, &ids,
				      err);
		if (r == 0)
			r = open_group(s, g, patience, err);
	}
	if (r == 0 && patience != PATIENCE_NONE)
		r = list_lvs(s, &groups, err);
	if (r == 0 && patience != PATIENCE_NONE)
		remove_later(s);
	return r;
}

void lvm_close(struct stack *s, const char *uuid)
{
	char select[64];
	const char *words[] = { "vgchange", "-q", "-an", "--select", select, NULL };
	struct said said = { 0 };

	snprintf(select, sizeof(select), "vg_uuid=%s", uuid);
	if (lvm(s, true, words, NULL, &said, NULL) != 0)
		context_log(s->place->ctx, CVT_LOG_WARNING, "lvm vgchange: %s",
			    said.text);
}
