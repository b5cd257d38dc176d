/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lvm(8) is shown nothing but our loop devices, so it neither touches nor
 * mistakes the host's own volume groups.  Each logical volume is held open
 * and marked for removal once nobody holds it, so that device-mapper drops it
 * even if this process is killed.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "engine/loop.h"
#include "engine/lvm.h"
#include "volume/process.h"

struct lv {
	char *name; /* "vg/lv" */
	char *path; /* /dev/mapper/vg-lv */
	int fd;
};

struct lvm {
	struct context *ctx;
	struct loop *loops;
	size_t n_loops;
	struct lv *lvs;
	size_t n_lvs;
	char *config; /* for lvm --config */
};

static bool has_device_mapper(void)
{
	CLEANUP_FCLOSE FILE *f = fopen("/proc/devices", "re");
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, " device-mapper"))
			return true;
	return false;
}

static bool is_pv(const struct device *d)
{
	return d->type && strcmp(d->type, "LVM2_member") == 0;
}

static int attach_all(struct lvm *l, struct volumes *v, const struct guest *g,
		      struct cvt_error *err)
{
	l->loops = calloc(g->n_devices, sizeof(*l->loops));
	if (!l->loops)
		return error_nomem(err);
	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *d = &g->devices[i];
		int r;

		if (!is_pv(d) || d->disk >= v->n)
			continue;
		r = loop_attach(v->v[d->disk].view, d->offset, d->size, d->name,
				&l->loops[l->n_loops], err);
		if (r < 0)
			return r;
		l->n_loops++;
	}
	return 0;
}

/* lvm.conf(5) for these commands alone: our devices, no udev, no daemon, no backup files.
 */
static int write_config(struct lvm *l)
{
	CLEANUP_BYTES struct bytes filter = { 0 };
	char accept[64];
	int r = bytes_set(&filter, "", 0);

	for (size_t i = 0; i < l->n_loops && r == 0; i++) {
		snprintf(accept, sizeof(accept), "\"a|^%s$|\",", l->loops[i].path);
		r = bytes_append(&filter, accept, strlen(accept));
	}
	if (r < 0 ||
	    asprintf(&l->config,
		     "devices { filter=[%s\"r|.*|\"] global_filter=[%s\"r|.*|\"] "
		     "use_devicesfile=0 obtain_device_list_from_udev=0 } "
		     "activation { udev_sync=0 udev_rules=0 monitoring=0 } "
		     "backup { backup=0 archive=0 } global { use_lvmpolld=0 "
		     "event_activation=0 }",
		     filter.data, filter.data) < 0) {
		l->config = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int change_all(struct lvm *l, const char *how, struct said *said,
		      struct cvt_error *err)
{
	const char *argv[] = {
		"lvm", "vgchange", "-q", how, "--config", l->config, NULL
	};

	return process_run(NULL, argv, NULL, said, err);
}

static const char *text(json_t *row, const char *key)
{
	const char *value = json_string_value(json_object_get(row, key));

	return value ? value : "";
}

/* Only what has no devices below it can be left to the kernel to remove. */
static void remove_later(const struct lvm *l, const struct lv *lv, const char *layout)
{
	const char *argv[] = { "dmsetup",      "remove", "--deferred",
			       "--noudevsync", lv->path, NULL };
	struct said said = { 0 };

	if (strcmp(layout, "linear") == 0 || strcmp(layout, "striped") == 0)
		if (process_run(NULL, argv, NULL, &said, NULL) != 0)
			context_log(l->ctx, CVT_LOG_DEBUG, "%s: %s", lv->name, said.text);
}

static int add_device(struct guest *g, json_t *row, const struct lv *lv,
		      struct cvt_error *err)
{
	struct device *d = guest_add_device(g);
	off_t size = lseek(lv->fd, 0, SEEK_END);

	if (!d)
		return error_nomem(err);
	d->kind = DEVICE_LV;
	d->name = strdup(lv->name);
	d->vg = strdup(text(row, "vg_name"));
	d->lv = strdup(text(row, "lv_name"));
	d->size = size > 0 ? (uint64_t)size : 0;
	if (!d->name || !d->vg || !d->lv)
		return error_nomem(err);
	return volume_probe_superblock(lv->fd, 0, d->size, d, err);
}

static int add_lv(struct lvm *l, struct guest *g, json_t *row, struct cvt_error *err)
{
	struct lv *lv = &l->lvs[l->n_lvs];

	if (strcmp(text(row, "lv_active"), "active") != 0)
		return 0;
	lv->fd = -1;
	l->n_lvs++;
	lv->path = strdup(text(row, "lv_dm_path"));
	if (!lv->path || asprintf(&lv->name, "%s/%s", text(row, "vg_name"),
				  text(row, "lv_name")) < 0) {
		lv->name = NULL;
		return error_nomem(err);
	}
	lv->fd = open(lv->path, O_RDONLY | O_CLOEXEC);
	if (lv->fd < 0)
		return error_raise(err, ERR_ENGINE, lv->name, "cannot open %s: %s",
				   lv->path, strerror(errno));
	remove_later(l, lv, text(row, "lv_layout"));
	return add_device(g, row, lv, err);
}

static int add_all(struct lvm *l, struct guest *g, json_t *report, struct cvt_error *err)
{
	json_t *rows = json_object_get(
		json_array_get(json_object_get(report, "report"), 0), "lv");
	size_t n = json_array_size(rows);
	int r = 0;

	l->lvs = calloc(n + 1, sizeof(*l->lvs));
	if (!l->lvs)
		return error_nomem(err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_lv(l, g, json_array_get(rows, i), err);
	return r;
}

static int list_all(struct lvm *l, struct guest *g, struct cvt_error *err)
{
	const char *argv[] = { "lvm",
			       "lvs",
			       "-q",
			       "--reportformat",
			       "json",
			       "-O",
			       "vg_name,lv_name",
			       "-o",
			       "vg_name,lv_name,lv_dm_path,lv_active,lv_layout",
			       "--config",
			       l->config,
			       NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	json_t *report;
	int r = process_run(NULL, argv, &out, &said, err);

	if (r < 0)
		return r;
	report = json_loadb(out.data ? out.data : "", out.len, 0, NULL);
	r = report ? add_all(l, g, report, err)
		   : error_raise(err, ERR_ENGINE, NULL, "lvm lvs: %s", said.text);
	json_decref(report);
	return r;
}

static int activate(struct lvm *l, struct volumes *v, struct guest *g,
		    struct cvt_error *err)
{
	struct said said = { 0 };
	int r = attach_all(l, v, g, err);

	if (r < 0)
		return r;
	if (write_config(l) < 0)
		return error_nomem(err);
	r = change_all(l, "-ay", &said, err);
	/* A volume group that lacks a disk does not keep the others from being used. */
	if (r > 0)
		context_log(l->ctx, CVT_LOG_WARNING, "lvm vgchange: %s", said.text);
	return r < 0 ? r : list_all(l, g, err);
}

int lvm_activate(struct context *ctx, struct volumes *volumes, struct guest *g,
		 struct lvm **ret, struct cvt_error *err)
{
	bool found = false;
	struct lvm *l;
	int r;

	for (size_t i = 0; i < g->n_devices && !found; i++)
		found = is_pv(&g->devices[i]);
	if (!found)
		return 0;
	if (!has_device_mapper())
		return error_raise(
			err, ERR_ENGINE_LACKS, NULL,
			"this kernel has no device-mapper, which the guest's LVM "
			"volume group needs");
	l = calloc(1, sizeof(*l));
	if (!l)
		return error_nomem(err);
	l->ctx = ctx;
	r = activate(l, volumes, g, err);
	if (r < 0)
		lvm_deactivate(l);
	else
		*ret = l;
	return r;
}

int lvm_path(const struct lvm *l, const struct device *d, char **ret,
	     struct cvt_error *err)
{
	for (size_t i = 0; l && i < l->n_lvs; i++)
		if (strcmp(l->lvs[i].name, d->name) == 0) {
			*ret = strdup(l->lvs[i].path);
			return *ret ? 0 : error_nomem(err);
		}
	return error_raise(err, ERR_ENGINE, d->name, "is not active");
}

void lvm_deactivate(struct lvm *l)
{
	struct said said = { 0 };

	if (!l)
		return;
	for (size_t i = 0; i < l->n_lvs; i++) {
		closep(&l->lvs[i].fd);
		free(l->lvs[i].name);
		free(l->lvs[i].path);
	}
	if (l->config && change_all(l, "-an", &said, NULL) != 0)
		context_log(l->ctx, CVT_LOG_WARNING, "lvm vgchange: %s", said.text);
	for (size_t i = 0; i < l->n_loops; i++)
		(void)loop_detach(&l->loops[i]);
	free(l->lvs);
	free(l->loops);
	free(l->config);
	free(l);
}
