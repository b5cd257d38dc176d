/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An X server that is told to use the driver of the source's graphics card does not start on the
 * target.  It gets one that drives any card.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/xorg.h"
#include "step/step.h"

#define CONF "/etc/X11/xorg.conf"
#define PATH_SIZE 128 /* bytes, with NUL */

/* Cards of hypervisors, and where they are the usual one. */
#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })
static const struct {
	const char *driver;
	const char *const *targets;
} cards[] = {
	{ "cirrus", LIST("kvm", "openstack", "xen") },
	{ "qxl", LIST("kvm", "openstack") },
	{ "vboxvideo", LIST(NULL) },
	{ "vmware", LIST("vmware") },
	{ "vmwlegacy", LIST("vmware") },
};

/* Of any card: with a driver in the kernel, through the video BIOS, or as a frame buffer. */
static const char *const drivers[] = { "modesetting", "vesa", "fbdev" };
static const char *const dirs[] = { "/usr/lib/xorg/modules/drivers/",
				    "/usr/lib64/xorg/modules/drivers/" };

static void fill(size_t dir, const char *driver, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s%s_drv.so", dirs[dir], driver);
}

static int want_x11(const struct guest *g, const struct request *q, struct wants *w,
		    struct cvt_error *err)
{
	int r = want_add(w, CONF, WANT_LINK);

	(void)g, (void)q;
	if (r == 0)
		r = want_add(w, CONF ".d/*.conf", WANT_LINK);
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		for (size_t j = 0; j < ARRAY_SIZE(dirs) && r == 0; j++) {
			char path[PATH_SIZE];

			fill(j, drivers[i], path);
			r = want_add(w, path, WANT_LINK | WANT_BINARY);
		}
	return r < 0 ? error_nomem(err) : 0;
}

static const char *find_driver(const struct guest *g)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		for (size_t j = 0; j < ARRAY_SIZE(dirs); j++) {
			char path[PATH_SIZE];

			fill(j, drivers[i], path);
			if (guest_file(g, path))
				return drivers[i];
		}
	return NULL;
}

static bool is_usual(size_t card, const struct target *t)
{
	for (size_t i = 0; cards[card].targets[i]; i++)
		if (strcmp(cards[card].targets[i], t->name) == 0)
			return true;
	return false;
}

static int plan_conf(const struct guest *g, const char *path, const char *const *old,
		     struct plan *p, struct cvt_error *err)
{
	const char *text = plan_text(p, g, path), *driver = find_driver(g);
	CLEANUP_BYTES struct bytes fresh = { 0 };

	if (!text)
		return 0;
	if (xorg_set_driver(text, old, driver ? driver : drivers[0], &fresh) < 0)
		return error_nomem(err);
	if (!driver && strcmp(text, fresh.data) != 0)
		return plan_warn(p, "x11-driver-kept", path,
				 "install another driver, or remove the file",
				 "it names the driver of the source's graphics card, and "
				 "the guest has none of modesetting, vesa and fbdev") < 0
			       ? error_nomem(err)
			       : 0;
	return plan_write(p, g, path, &fresh,
			  WHY("x11-driver", "the X server has a driver for any card"),
			  err);
}

static int plan_x11(const struct guest *g, const struct request *q, struct plan *p,
		    struct cvt_error *err)
{
	const char *old[ARRAY_SIZE(cards) + 1] = { NULL };
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cards); i++)
		if (!is_usual(i, q->target))
			old[n++] = cards[i].driver;
	for (size_t i = 0; i < g->n_files && r == 0; i++)
		if (starts_with(g->files[i].path, CONF))
			r = plan_conf(g, g->files[i].path, old, p, err);
	return r;
}

const struct step step_x11 = {
	.name = "x11",
	.want = want_x11,
	.plan = plan_x11,
};
