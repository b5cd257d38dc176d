/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mount and swap units of the administrator: What= gets a stable name.  Unlike a line of
 * fstab, an absent device is only told: systemd ignores nofail in units.
 */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/unit.h"
#include "step/step.h"
#include "step/storage.h"

#define DIR "/etc/systemd/system/"
#define REASON "device names of the source's disk bus become names from superblocks"

static const struct {
	const char *suffix, *section;
} kinds[] = {
	{ ".mount", "Mount" },
	{ ".swap", "Swap" },
};

/* The section that gives What= in the unit at @path; NULL: it is no such unit. */
static const char *section_of(const char *path)
{
	if (strncmp(path, DIR, strlen(DIR)) != 0 || strchr(path + strlen(DIR), '/'))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (ends_with(path, kinds[i].suffix))
			return kinds[i].section;
	return NULL;
}

/*
 * "UUID=x" as the link that udev makes: systemd.mount(5) and systemd.swap(5)
 * take paths only.  What is no letter, digit or one of "#+-.:=@_" becomes \xHH, as
 * encode_devnode_name() in systemd has it.
 */
static int tag_to_path(const char *tag, char *out, size_t size)
{
	const char *value = strchr(tag, '=');
	int n;

	if (tag[0] == '/' || !value)
		return snprintf(out, size, "%s", tag) < (int)size ? 0 : -ENAMETOOLONG;
	n = snprintf(out, size, "/dev/disk/by-%.*s/", (int)(value - tag), tag);
	for (char *p = out; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (value++; *value; value++) {
		const unsigned char c = (unsigned char)*value;

		if (n < 0 || (size_t)n + 5 > size)
			return -ENAMETOOLONG;
		if (isalnum(c) || strchr("#+-.:=@_", c))
			out[n++] = (char)c, out[n] = '\0';
		else
			n += sprintf(out + n, "\\x%02x", c);
	}
	return 0;
}

/* clang-format off */
static const struct {
	const char *id, *text, *remedy;
} told[] = {
	[FATE_ABSENT] = { "device-absent",
		"is not among the replicated disks",
		"replicate that disk too, or disable the unit" },
	[FATE_MISMATCH] = { "unit-type-mismatch",
		"leads to a device that holds something else",
		"give all disks in the order of the source machine, or name the device by UUID" },
	[FATE_NAMELESS] = { "device-nameless",
		"has no UUID of its own, and keeps the name of the source's disk bus",
		"give the file system a UUID of its own" },
	[FATE_HIDDEN] = { "device-hidden",
		"may lie in an array or an encrypted partition, and was not looked for",
		NULL },
	[FATE_UNKNOWN] = { "devices-unknown",
		"keeps its name, because nothing is known of the disks",
		"convert the disks rather than a directory" },
};
/* clang-format on */

static int warn(struct plan *p, const char *path, const char *what, enum fate fate)
{
	CLEANUP_FINDINGS struct findings f = { 0 };
	int r;

	if (!told[fate].id)
		return 0;
	r = findings_add(&f, 0, "%.200s %s", what, told[fate].text);
	return r < 0 ? r : findings_tell(&f, p, told[fate].id, path, told[fate].remedy);
}

static int rename_device(const struct guest *g, struct plan *p, const char *path,
			 const char *section, const char *name, struct cvt_error *err)
{
	char node[DEVICE_NAME_SIZE];
	struct bytes out = { 0 };

	if (tag_to_path(name, node, sizeof(node)) < 0)
		return 0;
	if (unit_set(plan_text(p, g, path), section, "What", node, &out) < 0)
		return error_nomem(err);
	return plan_write(p, g, path, &out, WHY("unit-stable-name", REASON), err);
}

static int plan_unit(const struct guest *g, const struct crypt_names *c, struct plan *p,
		     const char *path, const char *section, struct cvt_error *err)
{
	const char *text = plan_text(p, g, path);
	const bool is_swap = strcmp(section, "Swap") == 0;
	CLEANUP_FREE char *what = NULL;
	CLEANUP_FREE char *where = NULL;
	CLEANUP_FREE char *type = NULL;
	const char *mounted_as = is_swap ? "swap" : "auto";
	char name[DEVICE_NAME_SIZE];
	enum fate fate;

	if (!text)
		return 0;
	if (unit_get(text, section, "What", &what) < 0 ||
	    unit_get(text, section, "Where", &where) < 0 ||
	    unit_get(text, section, "Type", &type) < 0)
		return error_nomem(err);
	/* A specifier stands for something that only systemd knows. */
	if (!what || strpbrk(what, "%\n"))
		return 0;
	if (!is_swap && type)
		mounted_as = type;
	fate = storage_fate(g, c, what, where ? where : "none", mounted_as, name);
	if (fate == FATE_RENAME)
		return rename_device(g, p, path, section, name, err);
	return warn(p, path, what, fate) < 0 ? error_nomem(err) : 0;
}

static int want_units(const struct guest *g, const struct request *q, struct wants *w,
		      struct cvt_error *err)
{
	(void)g, (void)q;
	if (want_add(w, CRYPTTAB_PATH, 0) < 0 || want_add(w, DIR "*.mount", 0) < 0 ||
	    want_add(w, DIR "*.swap", 0) < 0)
		return error_nomem(err);
	return 0;
}

static int plan_units(const struct guest *g, const struct request *q, struct plan *p,
		      struct cvt_error *err)
{
	CLEANUP_CRYPT_NAMES struct crypt_names c = { 0 };
	int r = crypt_names_read(&c, p, g, err);

	(void)q;
	for (size_t i = 0; i < g->n_files && r == 0; i++) {
		const char *section = section_of(g->files[i].path);

		if (section)
			r = plan_unit(g, &c, p, g->files[i].path, section, err);
	}
	return r;
}

const struct step step_units = {
	.name = "units",
	.want = want_units,
	.plan = plan_units,
};
