/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "format/lines.h"
#include "format/uboot.h"
#include "step/loader_edits.h"

/* --- scripts of U-Boot --- */

static int plan_script(const struct loader_job *j, const struct guest_file *f)
{
	if (uboot_is_image(f->data.data, f->data.len))
		return loader_apply_rules(j, f->path, uboot_edit_cmdlines);
	return plan_warn(j->p, "uboot-script", f->path,
			 "make it again with mkimage(1) from its boot.cmd",
			 "no sound image of one script; left as it is") < 0
		       ? error_nomem(j->err)
		       : 0;
}

/* --- device.map --- */

/* Does a line of it name a disk by what the hypervisor changes? */
static bool names_hardware(const struct guest *g, const char *text)
{
	struct lines l = { text, text + strlen(text) };
	struct span line;

	while (lines_next(&l, &line)) {
		struct span drive = span_word(&line), name = span_word(&line);
		char spec[256];

		if (!span_starts(drive, "(hd") || name.len == 0 ||
		    name.len >= sizeof(spec))
			continue;
		memcpy(spec, name.s, name.len);
		spec[name.len] = '\0';
		if (!guest_spec_is_stable(g, spec))
			return true;
	}
	return false;
}

/* GRUB 2 finds disks by itself.  The tools of GRUB legacy count them by this list; a conversion
 * that rewrote it made GRUB stop with error 21 on SLES (vJailbreak).
 */
static int plan_device_map(const struct loader_job *j, const char *path)
{
	const char *text = plan_text(j->p, j->g, path);
	bool is_legacy = j->g->loader && strcmp(j->g->loader, "grub-legacy") == 0;
	bool is_grub2 = j->g->loader && strcmp(j->g->loader, "grub2") == 0;

	if (!text || !names_hardware(j->g, text))
		return 0;
	if (is_grub2)
		return plan_remove(j->p, j->g, path,
				   WHY("device-map", "GRUB finds its disks by itself"),
				   j->err);
	if (is_legacy &&
	    plan_warn(
		    j->p, "device-map-kept", path,
		    "write the names of the new disks there before grub-install is run "
		    "in the guest",
		    "it names disks of the old hardware; left as it is, because nothing "
		    "reads it at a start") < 0)
		return error_nomem(j->err);
	return 0;
}

/* --- what the files do not say --- */

static const struct {
	const char *loader, *config, *remedy, *text;
} remarks[] = {
	{ "lilo", "/etc/lilo.conf",
	  "start the guest once with its disks on a bus that it had, or from a rescue "
	  "system, and run lilo there",
	  "LILO starts what its map names: new kernel arguments, and what is added to an "
	  "initramfs, count when lilo has been run" },
	{ "zipl", "/etc/zipl.conf",
	  "start the guest once with its disks as they were, or from a rescue system, "
	  "and "
	  "run zipl there",
	  "the loader starts what its map names: new kernel arguments, and what is added "
	  "to "
	  "an initramfs, count when zipl has been run" },
	{ "elilo", "/etc/elilo.conf", "run elilo in the guest when it has been started",
	  "the EFI system partition has copies of kernel and initramfs; only the copies "
	  "are "
	  "started" },
};

static int tell(const struct loader_job *j)
{
	for (size_t i = 0; i < ARRAY_SIZE(remarks) && j->g->loader; i++)
		if (strcmp(j->g->loader, remarks[i].loader) == 0 &&
		    plan_warn(j->p, "loader-map", remarks[i].config, remarks[i].remedy,
			      "%s", remarks[i].text) < 0)
			return error_nomem(j->err);
	return 0;
}

static bool is_script(const struct guest_file *f)
{
	return !f->link && ends_with(f->path, UBOOT_SCRIPT);
}

int loader_edits_plan(const struct loader_job *j)
{
	int r = tell(j);

	for (size_t i = 0; i < j->g->n_files && r == 0; i++)
		if (is_script(&j->g->files[i]))
			r = plan_script(j, &j->g->files[i]);
	if (r == 0)
		r = plan_device_map(j, DEVICE_MAP);
	return r < 0 ? r : plan_device_map(j, DEVICE_MAP2);
}
