/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which names of devices mean something on the target. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "check/rule.h"
#include "guest/busname.h"

/* How Linux calls disks on the buses of the targets. */
static const struct {
	const char *bus, *prefix;
} namings[] = {
	{ "nvme", "nvme" },	{ "pvscsi", "sd" },	 { "storvsc", "sd" },
	{ "virtio-blk", "vd" }, { "virtio-scsi", "sd" }, { "xvd", "xvd" },
};

static const char *prefix_on(const struct target *t)
{
	for (size_t i = 0; i < ARRAY_SIZE(namings); i++)
		if (strcmp(namings[i].bus, t->disk_bus) == 0)
			return namings[i].prefix;
	return "";
}

/* "/dev/vda1" of @d, which is a disk or a partition, to @out of 32 bytes. */
static void name_on(const struct target *t, const struct device *d, char *out)
{
	const char *prefix = prefix_on(t);
	char letters[16], part[16] = "";

	busname_format(d->disk, letters);
	if (d->part)
		snprintf(part, sizeof(part), "%u", d->part);
	if (strcmp(prefix, "nvme") == 0)
		snprintf(out, 32, "/dev/nvme%un1%s%s", d->disk, d->part ? "p" : "", part);
	else
		snprintf(out, 32, "/dev/%s%s%s", prefix, letters + 2, part);
}

/* Another file system that answers to the same UUID= or LABEL=. */
static bool has_twin(const struct guest *g, const struct device *d, const char *spec)
{
	const bool by_uuid = strncmp(spec, "UUID=", 5) == 0;
	const bool by_label = strncmp(spec, "LABEL=", 6) == 0;
	const size_t first = guest_first_member(g, (size_t)(d - g->devices));

	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *o = &g->devices[i];

		if (guest_first_member(g, i) == first || !o->type || !d->type ||
		    strcmp(o->type, d->type) != 0 || guest_is_below_another(g, o))
			continue;
		if ((by_uuid && o->uuid && d->uuid &&
		     strcasecmp(o->uuid, d->uuid) == 0) ||
		    (by_label && o->label && d->label && strcmp(o->label, d->label) == 0))
			return true;
	}
	return false;
}

enum standing spec_standing(const struct inquiry *x, const char *spec,
			    const struct device **ret, const char **why)
{
	const struct guest *g = x->g;
	const struct device *d;
	char name[32];

	switch (guest_resolve(g, spec, &d)) {
	case RESOLVED_OTHER:
		return STANDS_OPEN;
	case RESOLVED_ABSENT:
		*why = "is not on the disks";
		return STANDS_NOT;
	case RESOLVED_DEVICE:
		break;
	}
	*ret = d;
	if (guest_spec_is_stable(g, spec))
		return has_twin(g, d, spec) ? STANDS_TWICE : STANDS_FIRM;
	name_on(x->q->target, d, name);
	if (d->kind == DEVICE_DISK && strcmp(name, spec) == 0)
		return STANDS_BY_ORDER;
	*why = "is a name of the source's disk bus";
	return STANDS_NOT;
}
