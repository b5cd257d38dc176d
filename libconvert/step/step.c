/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "step/step.h"

/* The order is the order of planning and of the report. */
const struct step *const steps[] = {
	&step_hibernation,
	&step_crypttab,
	&step_fstab,
	&step_units,
	&step_lvm,
	&step_bootloader,
	&step_firmware,
	&step_uefi,
	&step_console,
	&step_network,
	&step_drivers,
	&step_initramfs,
	&step_kdump,
	&step_x11,
	&step_tools,
	&step_cloud_init,
	&step_identity,
	&step_firstboot,
	&step_labels,
	NULL,
};

int want_add(struct wants *w, const char *path, unsigned flags)
{
	struct want *grown;
	char *copy;

	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(w->v[i].path, path) != 0)
			continue;
		w->v[i].flags &= flags | WANT_BINARY; /* the stricter reader rules */
		w->v[i].flags |= flags & WANT_BINARY;
		return 0;
	}
	copy = strdup(path);
	grown = realloc(w->v, (w->n + 1) * sizeof(*grown));
	if (grown)
		w->v = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	w->v[w->n++] = (struct want){ copy, flags };
	return 0;
}

void wants_clear(struct wants *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i].path);
	free(w->v);
	*w = (struct wants){ 0 };
}

bool step_units_are_made(const struct guest *g)
{
	const struct guest_file *f = guest_file(g, STEP_UNITS);

	return f && f->link;
}

int steps_want(const struct guest *g, const struct request *q, struct wants *w,
	       struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; steps[i] && r == 0; i++)
		if (steps[i]->want)
			r = steps[i]->want(g, q, w, err);
	return r;
}

int steps_plan(const struct guest *g, const struct request *q, struct plan *p,
	       struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; steps[i] && r == 0; i++)
		r = steps[i]->plan(g, q, p, err);
	return r;
}
