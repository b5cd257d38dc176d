/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GRUB 2: the kernel command lines of every generated file and of what
 * grub-mkconfig makes the next one from, so that both agree.
 *
 * Each rule is one pass over each file; the plan drops a pass that changes
 * nothing, so an edit carries just the rules that made it.
 */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "format/grub_cfg.h"
#include "format/grub_default.h"
#include "format/grubenv.h"
#include "step/step.h"

enum kind {
	KIND_NONE,
	KIND_CFG,     /* GRUB's script language */
	KIND_DEFAULT, /* shell assignments */
	KIND_ENV,     /* environment block */
};

/* On the EFI system partition names have any case. */
#define ON_ESP "/[Ee][Ff][Ii]/*/"

static const struct {
	const char *pattern;
	enum kind kind;
} sources[] = {
	{ "/boot/grub/grub.cfg", KIND_CFG },
	{ "/boot/grub2/grub.cfg", KIND_CFG },
	{ "/boot/grub/custom.cfg", KIND_CFG },
	{ "/boot/grub2/custom.cfg", KIND_CFG },
	{ "/boot/efi" ON_ESP "grub.cfg", KIND_CFG },
	{ "/efi" ON_ESP "grub.cfg", KIND_CFG },
	{ "/boot" ON_ESP "grub.cfg", KIND_CFG },
	{ "/etc/grub.d/40_custom", KIND_CFG },
	{ "/etc/default/grub", KIND_DEFAULT },
	{ "/etc/default/grub.d/*.cfg", KIND_DEFAULT },
	{ "/boot/grub/grubenv", KIND_ENV },
	{ "/boot/grub2/grubenv", KIND_ENV },
	{ "/boot/efi" ON_ESP "grubenv", KIND_ENV },
};

static enum kind kind_of(const struct guest *g, const char *path)
{
	size_t n = g->esp ? strlen(g->esp) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (fnmatch(sources[i].pattern, path, FNM_PATHNAME) == 0)
			return sources[i].kind;
	if (g->esp && strncmp(path, g->esp, n) == 0 &&
	    fnmatch(ON_ESP "grub.cfg", path + n, FNM_PATHNAME) == 0)
		return KIND_CFG;
	return KIND_NONE;
}

/* Links are not followed: what they point to in these places is found by its own name, and
 * writing through one would leave the place we know.
 */
static int want_bootloader(const struct guest *g, const struct request *q,
			   struct wants *w, struct cvt_error *err)
{
	CLEANUP_FREE char *pattern = NULL;

	(void)q;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (want_add(w, sources[i].pattern, WANT_LINK) < 0)
			return error_nomem(err);
	if (!g->esp)
		return 0;
	if (asprintf(&pattern, "%s" ON_ESP "grub.cfg", g->esp) < 0) {
		pattern = NULL;
		return error_nomem(err);
	}
	return want_add(w, pattern, WANT_LINK) < 0 ? error_nomem(err) : 0;
}

/* --- devices --- */

struct mapping {
	const struct guest *g;
	struct plan *p;
	const char *path; /* the file that is edited */
};

static int set_word(const char *key, const char *value, char **word)
{
	if (asprintf(word, "%s=%s", key, value) < 0) {
		*word = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* Without initramfs the kernel itself looks for the device, and it knows no file system
 * UUID (Linux, block/early-lookup.c).
 */
static int name_for_kernel(const struct mapping *m, const struct device *d,
			   const char *key, const char *value, char **word)
{
	CLEANUP_FREE char *name = NULL;

	if (d->partuuid)
		return set_word("PARTUUID", d->partuuid, &name) < 0
			       ? -ENOMEM
			       : set_word(key, name, word);
	return plan_warn(
		m->p, "root-unstable", m->path,
		"give the kernel an initramfs in the guest, then replicate again",
		"%s=%s has no name that a kernel without initramfs finds on other "
		"hardware",
		key, value);
}

/* @d by a name that lasts. */
static int name_for_initramfs(const struct mapping *m, const struct device *d,
			      const char *key, const char *value, char **word)
{
	char name[1024];
	int r = device_stable_name(d, name, sizeof(name));

	if (r == 0)
		return set_word(key, name, word);
	return plan_warn(m->p, "root-unstable", m->path, NULL,
			 "%s=%s is on a device without UUID or label", key, value);
}

/* Names that are made anew at each boot, from what is on the disks. */
static bool is_assembled(const char *value)
{
	return strncmp(value, "/dev/mapper/", 12) == 0 ||
	       strncmp(value, "/dev/md", 7) == 0;
}

static int tell_guess(const struct mapping *m, const char *key, const char *value)
{
	return plan_warn(m->p, "root-unstable", m->path,
			 "give all disks in the order of the source machine",
			 "%s=%s may be on one of several disks", key, value);
}

static int map_root(const struct cmdline_edits *e, const char *key, const char *value,
		    char **word)
{
	const struct mapping *m = e->data;
	const struct device *d = NULL;

	if ((strcmp(key, "root") != 0 && strcmp(key, "real_root") != 0) ||
	    strchr(value, '$') || guest_spec_is_stable(m->g, value))
		return 0;
	if (guest_spec_is_guess(m->g, value))
		return tell_guess(m, key, value);
	switch (guest_resolve(m->g, value, &d)) {
	case RESOLVED_DEVICE:
		return e->no_initrd ? name_for_kernel(m, d, key, value, word)
				    : name_for_initramfs(m, d, key, value, word);
	case RESOLVED_ABSENT:
		if (is_assembled(value))
			return 0;
		return plan_warn(m->p, "root-absent", m->path,
				 "give all disks of the machine",
				 "%s=%s is not on the disks given", key, value);
	case RESOLVED_OTHER:
		break;
	}
	return 0;
}

/* Whether there may be devices that we cannot see, in containers. */
static bool has_hidden_devices(const struct guest *g)
{
	for (size_t i = 0; i < g->n_devices; i++) {
		const char *type = g->devices[i].type;

		if (type && (strcmp(type, "crypto_LUKS") == 0 ||
			     strcmp(type, "linux_raid_member") == 0))
			return true;
	}
	return false;
}

/*
 * Where the swap device is gone, initramfs-tools waits 30 s for it and systemd
 * 90 s, and there is no image to resume.  "noresume" is understood by the
 * kernel and both; merely leaving resume= out would let initramfs-tools fall
 * back to the name in its conf.d/resume, and wait all the same.
 */
static int map_resume(const struct cmdline_edits *e, const char *key, const char *value,
		      char **word)
{
	const struct mapping *m = e->data;
	const struct device *d = NULL;
	int r;

	if (strcmp(key, "resume") != 0 || strchr(value, '$'))
		return 0;
	if (guest_spec_is_guess(m->g, value))
		return tell_guess(m, key, value);
	switch (guest_resolve(m->g, value, &d)) {
	case RESOLVED_DEVICE:
		if (guest_spec_is_stable(m->g, value))
			return 0;
		return e->no_initrd ? name_for_kernel(m, d, key, value, word)
				    : name_for_initramfs(m, d, key, value, word);
	case RESOLVED_ABSENT:
		r = plan_warn(m->p, "resume-absent", m->path,
			      "give all disks of the machine",
			      "resume=%s is not on the disks given", value);
		if (r < 0 || is_assembled(value) || has_hidden_devices(m->g))
			return r;
		*word = strdup("noresume");
		return *word ? 0 : -ENOMEM;
	case RESOLVED_OTHER:
		break;
	}
	return 0;
}

/* --- rules --- */

struct job {
	const struct guest *g;
	const struct request *q;
	struct plan *p;
	struct cvt_error *err;
};

enum rule {
	RULE_ROOT,
	RULE_RESUME,
	RULE_CONSOLE,
	RULE_ARGS,
	N_RULES
};

static const struct why whys[N_RULES] = {
	[RULE_ROOT] = { "grub-root", "the root device has a name that does not change" },
	[RULE_RESUME] = { "grub-resume",
			  "the resume device has a name that does not change" },
	[RULE_CONSOLE] = { "grub-console", "messages go to the consoles of the target" },
	[RULE_ARGS] = { "grub-args", "the target wants these kernel arguments" },
};

/* What @rule asks for; a line without root= is none of ours, such as a memory test. */
static struct cmdline_edits edits_of(const struct job *j, enum rule rule,
				     struct mapping *m)
{
	switch (rule) {
	case RULE_ROOT:
		return (struct cmdline_edits){ .map = map_root, .data = m };
	case RULE_RESUME:
		return (struct cmdline_edits){ .map = map_resume, .data = m };
	case RULE_CONSOLE:
		return (struct cmdline_edits){ .consoles = j->q->target->consoles,
					       .only_with = "root" };
	default:
		return (struct cmdline_edits){ .args = j->q->target->cmdline,
					       .only_with = "root" };
	}
}

/* kernelopts: the arguments of all BLS entries of RHEL 8. */
static int edit_env(const struct job *j, const char *path, const char *text,
		    const struct cmdline_edits *e, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes block = { 0 }, old = { 0 }, fresh = { 0 };
	int r = bytes_set(&block, text, strlen(text));

	if (r == 0)
		r = grubenv_get(&block, "kernelopts", &old);
	if (r == 0)
		r = cmdline_edit(old.data, old.len, CMDLINE_KERNEL, e, &fresh);
	if (r == 0 && !bytes_equal(&old, &fresh))
		r = grubenv_set(&block, "kernelopts", fresh.data, ret);
	else if (r == 0)
		*ret = bytes_take(&block);
	if (r == -ENOSPC) {
		*ret = bytes_take(&block);
		return plan_warn(j->p, "grubenv-full", path,
				 "shorten kernelopts in the guest",
				 "there is no room for the new kernelopts");
	}
	if (r == -ENOENT || r == -EINVAL) {
		*ret = bytes_take(&block);
		return 0;
	}
	return r;
}

static int apply_rule(const struct job *j, const char *path, enum kind kind,
		      enum rule rule)
{
	struct mapping m = { j->g, j->p, path };
	struct cmdline_edits e = edits_of(j, rule, &m);
	const char *text = plan_text(j->p, j->g, path);
	CLEANUP_BYTES struct bytes fresh = { 0 };
	int r;

	if (!text)
		return 0;
	if (kind == KIND_CFG)
		r = grub_cfg_edit_cmdlines(text, strlen(text), &e, &fresh);
	else if (kind == KIND_ENV)
		r = edit_env(j, path, text, &e, &fresh);
	else
		r = grub_default_edit(text, strlen(text), &e, NULL, &fresh);
	return r < 0 ? error_nomem(j->err)
		     : plan_write(j->p, j->g, path, &fresh, &whys[rule], j->err);
}

static int drop_hints(const struct job *j, const char *path)
{
	const char *text = plan_text(j->p, j->g, path);
	CLEANUP_BYTES struct bytes fresh = { 0 };

	if (!text)
		return 0;
	if (grub_cfg_drop_hints(text, strlen(text), &fresh) < 0)
		return error_nomem(j->err);
	return plan_write(j->p, j->g, path, &fresh,
			  WHY("grub-hints", "the search for /boot does not name a bus"),
			  j->err);
}

/* --- /etc/default/grub --- */

/* The arguments that grub-mkconfig would write behind root=, from all its files. */
static int future_cmdline(const struct job *j, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes all = { 0 }, normal = { 0 };

	if (bytes_set(&all, "", 0) < 0 || bytes_set(&normal, "", 0) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < j->g->n_files; i++) {
		const char *path = j->g->files[i].path, *text;

		if (kind_of(j->g, path) != KIND_DEFAULT)
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
static const char *carrier(const struct job *j)
{
	const char *best = NULL, *text;

	for (size_t i = 0; i < j->g->n_files; i++) {
		const char *path = j->g->files[i].path;

		if (kind_of(j->g, path) != KIND_DEFAULT ||
		    !(text = plan_text(j->p, j->g, path)))
			continue;
		if (!best || grub_default_has(text, strlen(text), "GRUB_CMDLINE_LINUX"))
			best = path;
	}
	return best;
}

/* Add what no file has to the one that counts. */
static int extend_default(const struct job *j, const struct cmdline_edits *e,
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
static int order_consoles(const struct job *j)
{
	const struct cmdline_edits e = { .consoles = j->q->target->consoles,
					 .only_with = "console" };

	for (size_t i = 0; i < j->g->n_files; i++) {
		const char *path = j->g->files[i].path;
		const char *text = plan_text(j->p, j->g, path);
		CLEANUP_BYTES struct bytes fresh = { 0 };
		int r;

		if (kind_of(j->g, path) != KIND_DEFAULT || !text)
			continue;
		if (grub_default_edit(text, strlen(text), &e, NULL, &fresh) < 0)
			return error_nomem(j->err);
		r = plan_write(j->p, j->g, path, &fresh, &whys[RULE_CONSOLE], j->err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int complete_consoles(const struct job *j)
{
	const struct cmdline_edits e = { .consoles = j->q->target->consoles };
	CLEANUP_BYTES struct bytes now = { 0 }, wanted = { 0 }, value = { 0 };
	int r = future_cmdline(j, &now);

	if (r == 0)
		r = cmdline_edit(now.data, now.len, CMDLINE_GRUB, &e, &wanted);
	if (r == 0 && bytes_equal(&now, &wanted))
		return 0;
	if (r == 0)
		r = cmdline_get(now.data, now.len, CMDLINE_GRUB, "console", &value);
	if (r == -ENOENT)
		return extend_default(j, &e, &whys[RULE_CONSOLE]);
	return r < 0 ? error_nomem(j->err) : order_consoles(j);
}

static int complete_args(const struct job *j)
{
	const struct cmdline_edits e = { .args = j->q->target->cmdline };
	CLEANUP_BYTES struct bytes now = { 0 }, wanted = { 0 };

	if (future_cmdline(j, &now) < 0 ||
	    cmdline_edit(now.data, now.len, CMDLINE_GRUB, &e, &wanted) < 0)
		return error_nomem(j->err);
	return bytes_equal(&now, &wanted) ? 0 : extend_default(j, &e, &whys[RULE_ARGS]);
}

/* A logical volume has a lasting name with or without UUID. */
static int allow_uuid(const struct job *j, const char *path)
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

static int tell_kept(const struct job *j, const char *path)
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

/* --- the step --- */

/* 40_custom is a shell script whose text is for grub.cfg, unless the user has rewritten it. */
static bool is_ours(const struct job *j, const char *path)
{
	const char *text = plan_text(j->p, j->g, path);

	return strncmp(path, "/etc/", 5) != 0 || (text && strstr(text, "exec tail "));
}

static int plan_file(const struct job *j, const char *path, enum kind kind)
{
	int r = 0;

	if (kind == KIND_CFG && !is_ours(j, path))
		return 0;
	if (j->g->n_devices > 0) {
		r = apply_rule(j, path, kind, RULE_ROOT);
		if (r == 0)
			r = apply_rule(j, path, kind, RULE_RESUME);
	}
	if (r == 0 && kind == KIND_DEFAULT) {
		r = allow_uuid(j, path);
		return r < 0 ? r : tell_kept(j, path) < 0 ? error_nomem(j->err) : 0;
	}
	if (r == 0)
		r = apply_rule(j, path, kind, RULE_CONSOLE);
	if (r == 0)
		r = apply_rule(j, path, kind, RULE_ARGS);
	return r == 0 && kind == KIND_CFG ? drop_hints(j, path) : r;
}

/* Is the file that a link showed @e in edited under a name of its own? */
static bool is_edited_elsewhere(const struct guest *g, const struct boot_entry *e)
{
	for (size_t i = 0; i < g->n_entries; i++) {
		const struct boot_entry *o = &g->entries[i];
		const struct guest_file *f = guest_file(g, o->config);

		if (f && !f->link && strcmp(o->title, e->title) == 0 &&
		    strcmp(o->cmdline, e->cmdline) == 0)
			return true;
	}
	return false;
}

/* The loader follows a link that we do not: then its entries would stay as they are. */
static int refuse_link(const struct guest *g, const char *path, struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_entries; i++)
		if (strcmp(g->entries[i].config, path) == 0 &&
		    !is_edited_elsewhere(g, &g->entries[i]))
			return error_raise(
				err, ERR_FILE_NOT_REGULAR, path,
				"a symbolic link where a regular file is needed");
	return 0;
}

static int plan_bootloader(const struct guest *g, const struct request *q, struct plan *p,
			   struct cvt_error *err)
{
	const struct job j = { g, q, p, err };
	bool is_found = g->loader || g->n_entries > 0;
	int r = 0;

	for (size_t i = 0; i < g->n_files && r == 0; i++) {
		const struct guest_file *f = &g->files[i];
		enum kind kind = kind_of(g, f->path);

		if (kind == KIND_CFG && strncmp(f->path, "/etc/", 5) != 0 && !f->link)
			is_found = true;
		if (kind == KIND_CFG && f->link)
			r = refuse_link(g, f->path, err);
		if (r == 0 && kind != KIND_NONE && (!f->link || kind == KIND_DEFAULT))
			r = plan_file(&j, f->path, kind);
	}
	if (r == 0)
		r = complete_consoles(&j);
	if (r == 0)
		r = complete_args(&j);
	if (r == 0 && !is_found &&
	    plan_warn(p, "no-bootloader", NULL,
		      "check the kernel command line of the guest",
		      "no boot loader configuration was found; none is changed") < 0)
		return error_nomem(err);
	return r;
}

const struct step step_bootloader = {
	.name = "bootloader",
	.want = want_bootloader,
	.plan = plan_bootloader,
};
