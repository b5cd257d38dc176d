/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /etc/default/grub and /etc/default/grub.d: what grub-mkconfig makes the next grub.cfg from, so
 * that both agree.  Several files make one command line.
 */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "format/grub_default.h"
#include "step/bootloader.h"

static bool is_default_file(const char *path)
{
	return strcmp(path, GRUB_DEFAULT_FILE) == 0 ||
	       fnmatch(GRUB_DEFAULT_FILES, path, FNM_PATHNAME) == 0;
}

/* The arguments that grub-mkconfig would write behind root=, from all its files. */
static int future_cmdline(const struct loader_job *j, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes all = { 0 }, normal = { 0 };

	if (bytes_set(&all, "", 0) < 0 || bytes_set(&normal, "", 0) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < j->g->n_files; i++) {
		const char *path = j->g->files[i].path, *text;

		if (!is_default_file(path))
			continue;
		text = plan_text(j->p, j->g, path);
		if (text && (grub_default_get(text, strlen(text), "GRUB_CMDLINE_LINUX",
					      &all) < 0 ||
			     grub_default_get(text, strlen(text),
					      "GRUB_CMDLINE_LINUX_DEFAULT", &normal) < 0))
			return -ENOMEM;
	}
	if (bytes_append(&all, " ", 1) < 0 ||
	    bytes_append(&all, normal.data, normal.len) < 0)
		return -ENOMEM;
	*ret = bytes_take(&all);
	return 0;
}

/* The file whose GRUB_CMDLINE_LINUX counts in the end; NULL: there is no file at all. */
static const char *carrier(const struct loader_job *j)
{
	const char *best = NULL, *text;

	for (size_t i = 0; i < j->g->n_files; i++) {
		const char *path = j->g->files[i].path;

		if (!is_default_file(path) || !(text = plan_text(j->p, j->g, path)))
			continue;
		if (!best || grub_default_has(text, strlen(text), "GRUB_CMDLINE_LINUX"))
			best = path;
	}
	return best;
}

/* Add what no file has to the one that counts. */
static int extend_default(const struct loader_job *j, const struct cmdline_edits *e,
			  const struct why *why)
{
	const char *path = carrier(j);
	const char *text = path ? plan_text(j->p, j->g, path) : NULL;
	CLEANUP_BYTES struct bytes fresh = { 0 };

	if (!text)
		return 0;
	if (grub_default_extend(text, strlen(text), e, &fresh) < 0)
		return error_nomem(j->err);
	return plan_write(j->p, j->g, path, &fresh, why, j->err);
}

/* Consoles in the order of the target, in each of the assignments that names some. */
static int order_consoles(const struct loader_job *j)
{
	const struct cmdline_edits e = { .consoles = target_consoles(j->q->target,
								     guest_arch(j->g)),
					 .only_with = "console" };

	for (size_t i = 0; i < j->g->n_files; i++) {
		const char *path = j->g->files[i].path;
		const char *text = plan_text(j->p, j->g, path);
		CLEANUP_BYTES struct bytes fresh = { 0 };
		int r;

		if (!is_default_file(path) || !text)
			continue;
		if (grub_default_edit(text, strlen(text), &e, NULL, &fresh) < 0)
			return error_nomem(j->err);
		r = plan_write(j->p, j->g, path, &fresh, &kernel_args_whys[ARGS_CONSOLE],
			       j->err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int complete_consoles(const struct loader_job *j)
{
	const struct cmdline_edits e = { .consoles = target_consoles(j->q->target,
								     guest_arch(j->g)) };
	CLEANUP_BYTES struct bytes now = { 0 }, wanted = { 0 }, value = { 0 };
	int r = future_cmdline(j, &now);

	if (r == 0)
		r = cmdline_edit(now.data, now.len, CMDLINE_GRUB, &e, &wanted);
	if (r == 0 && bytes_equal(&now, &wanted))
		return 0;
	if (r == 0)
		r = cmdline_get(now.data, now.len, CMDLINE_GRUB, "console", &value);
	if (r == -ENOENT)
		return extend_default(j, &e, &kernel_args_whys[ARGS_CONSOLE]);
	return r < 0 ? error_nomem(j->err) : order_consoles(j);
}

static int complete_args(const struct loader_job *j)
{
	const struct cmdline_edits e = { .args = j->q->target->cmdline };
	CLEANUP_BYTES struct bytes now = { 0 }, wanted = { 0 };

	if (future_cmdline(j, &now) < 0 ||
	    cmdline_edit(now.data, now.len, CMDLINE_GRUB, &e, &wanted) < 0)
		return error_nomem(j->err);
	return bytes_equal(&now, &wanted)
		       ? 0
		       : extend_default(j, &e, &kernel_args_whys[ARGS_TARGET]);
}

/* A logical volume has a lasting name with or without UUID. */
static int allow_uuid(const struct loader_job *j, const char *path)
{
	const struct device *root = guest_device_at(j->g, "/");
	const char *text = plan_text(j->p, j->g, path);
	CLEANUP_BYTES struct bytes fresh = { 0 };

	if (!text || !root || root->kind == DEVICE_LV)
		return 0;
	if (grub_default_allow_uuid(text, strlen(text), &fresh) < 0)
		return error_nomem(j->err);
	return plan_write(j->p, j->g, path, &fresh,
			  WHY("grub-default-uuid",
			      "the next grub.cfg names the root by UUID"),
			  j->err);
}

static int tell_kept(const struct loader_job *j, const char *path)
{
	const struct cmdline_edits none = { .map = NULL };
	const char *text = plan_text(j->p, j->g, path);
	CLEANUP_BYTES struct bytes same = { 0 };
	size_t line;

	if (!text)
		return plan_warn(j->p, "grub-default-kept", path, NULL,
				 "not a text file; left as it is");
	if (grub_default_edit(text, strlen(text), &none, &line, &same) < 0)
		return -ENOMEM;
	return line == 0 ? 0
			 : plan_warn(j->p, "grub-default-kept", path,
				     "check that it names no device of the old hardware",
				     "line %zu: this kernel command line is put together "
				     "by the shell; left as it is",
				     line);
}

static int edit_default(const char *text, size_t len, const struct cmdline_edits *e,
			struct bytes *ret)
{
	/* Only names of devices: what is added goes to one of the files, below. */
	return e->map ? grub_default_edit(text, len, e, NULL, ret)
		      : bytes_set(ret, text, len);
}

int grub_mkconfig_plan(const struct loader_job *j)
{
	int r = 0;

	for (size_t i = 0; i < j->g->n_files && r == 0; i++) {
		const char *path = j->g->files[i].path;

		if (!is_default_file(path))
			continue;
		if (plan_text(j->p, j->g, path))
			r = loader_apply_rules(j, path, edit_default);
		if (r == 0)
			r = allow_uuid(j, path);
		if (r == 0 && tell_kept(j, path) < 0)
			r = error_nomem(j->err);
	}
	if (r == 0)
		r = complete_consoles(j);
	return r == 0 ? complete_args(j) : r;
}
