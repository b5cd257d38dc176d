/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * LVM looks only at the devices that it is told of: by a devices file with the
 * ids of the source's disks (lvmdevices(8), the default of RHEL 9), or by a
 * filter with their names (lvm.conf(5)).  On other hardware it would find
 * nothing.  Caches with old names go.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/lvm_conf.h"
#include "step/step.h"

#define DEVICES_FILE "/etc/lvm/devices/system.devices"
#define DEVICES_KEPT DEVICES_FILE ".before-conversion"

/* Written anew by whoever needs them. */
static const char *const caches[] = { "/etc/lvm/cache/.cache", "/etc/lvm/.cache",
				      "/etc/blkid.tab", "/etc/blkid/blkid.tab",
				      "/var/cache/blkid/blkid.tab" };
static const char *const confs[] = { "/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf" };

static int want_lvm(const struct guest *g, const struct request *q, struct wants *w,
		    struct cvt_error *err)
{
	int r = want_add(w, DEVICES_FILE, WANT_LINK);

	(void)g, (void)q;
	if (r == 0)
		r = want_add(w, DEVICES_KEPT, WANT_LINK);
	for (size_t i = 0; i < ARRAY_SIZE(caches) && r == 0; i++)
		r = want_add(w, caches[i], WANT_LINK);
	for (size_t i = 0; i < ARRAY_SIZE(confs) && r == 0; i++)
		r = want_add(w, confs[i], WANT_LINK);
	return r < 0 ? error_nomem(err) : 0;
}

/* Without the file LVM looks at all devices. */
static int plan_devices(const struct guest *g, struct plan *p, struct cvt_error *err)
{
	const struct why *why =
		WHY("lvm-devices", "LVM looks for its disks by what is on them, not by "
				   "ids of the old hardware");
	const char *text = plan_text(p, g, DEVICES_FILE);
	char *copy;
	int r = 0;

	if (!text || !lvm_devices_are_bound(text))
		return 0;
	if (!guest_file(g, DEVICES_KEPT)) {
		copy = strdup(text);
		if (!copy)
			return error_nomem(err);
		r = plan_write_text(p, g, DEVICES_KEPT, copy, why, err);
		plan_set_mode(p, DEVICES_KEPT, 0600);
	}
	return r == 0 ? plan_remove(p, g, DEVICES_FILE, why, err) : r;
}

static int plan_conf(const struct guest *g, const char *path, struct plan *p,
		     struct cvt_error *err)
{
	const char *text = plan_text(p, g, path);
	CLEANUP_BYTES struct bytes fresh = { 0 };

	if (!text)
		return 0;
	if (lvm_conf_open_filters(text, strlen(text), &fresh) < 0)
		return error_nomem(err);
	return plan_write(p, g, path, &fresh,
			  WHY("lvm-filter", "the filter lets the target's disks pass"),
			  err);
}

static int plan_lvm(const struct guest *g, const struct request *q, struct plan *p,
		    struct cvt_error *err)
{
	int r = plan_devices(g, p, err);

	(void)q;
	for (size_t i = 0; i < ARRAY_SIZE(confs) && r == 0; i++)
		r = plan_conf(g, confs[i], p, err);
	for (size_t i = 0; i < ARRAY_SIZE(caches) && r == 0; i++)
		r = plan_remove(p, g, caches[i],
				WHY("device-cache",
				    "a cache with names of the old hardware is gone"),
				err);
	return r;
}

const struct step step_lvm = {
	.name = "lvm",
	.want = want_lvm,
	.plan = plan_lvm,
};
