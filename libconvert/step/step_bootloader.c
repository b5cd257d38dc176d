/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel command lines in the configuration of every loader, and in what
 * its tools make the next one from, so that both agree.
 */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "format/bls.h"
#include "format/extlinux.h"
#include "format/grub_cfg.h"
#include "format/grub_default.h"
#include "format/grub_legacy.h"
#include "format/grubenv.h"
#include "format/lilo.h"
#include "format/refind.h"
#include "format/uboot.h"
#include "format/zipl.h"
#include "step/default_entry.h"
#include "step/loader_edits.h"
#include "step/network.h"
#include "step/uki.h"

/* 40_custom is a shell script whose text is for grub.cfg, unless the user has rewritten it. */
static int edit_grub_script(const char *text, size_t len, const struct cmdline_edits *e,
			    struct bytes *ret)
{
	return strstr(text, "exec tail ") ? grub_cfg_edit_cmdlines(text, len, e, ret)
					  : bytes_set(ret, text, len);
}

/* kernelopts: the arguments of all BLS entries of RHEL 8. */
static int edit_grubenv(const char *text, size_t len, const struct cmdline_edits *e,
			struct bytes *ret)
{
	CLEANUP_BYTES struct bytes block = { 0 }, old = { 0 }, fresh = { 0 };
	int r = bytes_set(&block, text, len);

	if (r == 0)
		r = grubenv_get(&block, "kernelopts", &old);
	if (r == 0)
		r = cmdline_edit(old.data, old.len, CMDLINE_KERNEL, e, &fresh);
	if (r == 0 && bytes_equal(&old, &fresh))
		return bytes_set(ret, text, len);
	if (r == 0)
		r = grubenv_set(&block, "kernelopts", fresh.data, ret);
	return r == -ENOENT || r == -EINVAL ? bytes_set(ret, text, len) : r;
}

/* What kernel-install(8) gives to the next entry; without one, comments and all. */
static int edit_plain(const char *text, size_t len, const struct cmdline_edits *e,
		      struct bytes *ret)
{
	struct cmdline_edits here = *e;

	here.only_with = NULL;
	return strchr(text, '#') ? bytes_set(ret, text, len)
				 : cmdline_edit(text, len, CMDLINE_KERNEL, &here, ret);
}

/* --- where the files are --- */

enum base {
	AT_ROOT,
	AT_ESP, /* any place where the EFI system partition may be, and /boot */
};

/* Names on the EFI system partition have any case. */
#define ANY_VENDOR "/[Ee][Ff][Ii]/*/"

static const struct config {
	enum base base;
	const char *pattern;
	loader_edit_fn edit; /* NULL: only looked at */
	bool is_menu;	     /* a loader reads its entries from it */
} configs[] = {
	{ AT_ROOT, "/boot/grub/grub.cfg", grub_cfg_edit_cmdlines, true },
	{ AT_ROOT, "/boot/grub2/grub.cfg", grub_cfg_edit_cmdlines, true },
	{ AT_ROOT, "/boot/grub/custom.cfg", grub_cfg_edit_cmdlines, true },
	{ AT_ROOT, "/boot/grub2/custom.cfg", grub_cfg_edit_cmdlines, true },
	{ AT_ESP, ANY_VENDOR "grub.cfg", grub_cfg_edit_cmdlines, true },
	{ AT_ROOT, "/etc/grub.d/40_custom", edit_grub_script, false },
	{ AT_ROOT, "/boot/grub/grubenv", edit_grubenv, false },
	{ AT_ROOT, "/boot/grub2/grubenv", edit_grubenv, false },
	{ AT_ESP, ANY_VENDOR "grubenv", edit_grubenv, false },
	{ AT_ESP, "/loader/entries/*.conf", bls_edit, true },
	{ AT_ESP, "/loader/loader.conf", NULL, false },
	{ AT_ROOT, "/etc/kernel/cmdline", edit_plain, false },
	{ AT_ROOT, GRUB_DEFAULT_FILE, NULL, false },
	{ AT_ROOT, GRUB_DEFAULT_FILES, NULL, false },
	{ AT_ROOT, "/boot/grub/menu.lst", grub_legacy_edit_cmdlines, true },
	{ AT_ROOT, "/boot/grub/grub.conf", grub_legacy_edit_cmdlines, true },
	{ AT_ESP, ANY_VENDOR "grub.conf", grub_legacy_edit_cmdlines, true },
	{ AT_ROOT, DEVICE_MAP, NULL, false },
	{ AT_ROOT, DEVICE_MAP2, NULL, false },
	{ AT_ESP, "/extlinux/*.conf", extlinux_edit_cmdlines, true },
	{ AT_ESP, "/extlinux/*.cfg", extlinux_edit_cmdlines, true },
	{ AT_ESP, "/extlinux.conf", extlinux_edit_cmdlines, true },
	{ AT_ESP, "/syslinux/*.conf", extlinux_edit_cmdlines, true },
	{ AT_ESP, "/syslinux/*.cfg", extlinux_edit_cmdlines, true },
	{ AT_ESP, ANY_VENDOR "syslinux.cfg", extlinux_edit_cmdlines, true },
	{ AT_ROOT, "/etc/update-extlinux.conf", loader_vars_edit, false },
	{ AT_ROOT, "/etc/default/extlinux", loader_vars_edit, false },
	{ AT_ROOT, "/etc/default/u-boot", loader_vars_edit, false },
	{ AT_ROOT, "/etc/sysconfig/bootloader", loader_vars_edit, false },
	{ AT_ROOT, "/etc/lilo.conf", lilo_edit_cmdlines, true },
	{ AT_ROOT, "/etc/elilo.conf", lilo_edit_cmdlines, false },
	{ AT_ESP, ANY_VENDOR "elilo.conf", lilo_edit_cmdlines, true },
	{ AT_ROOT, "/etc/yaboot.conf", lilo_edit_cmdlines, true },
	{ AT_ROOT, "/etc/zipl.conf", zipl_edit_cmdlines, true },
	{ AT_ESP, "/refind_linux.conf", refind_linux_edit_cmdlines, true },
	{ AT_ESP, ANY_VENDOR "refind.conf", refind_edit_cmdlines, true },
	{ AT_ESP, "/armbianEnv.txt", uboot_edit_cmdlines, true },
	{ AT_ESP, "/uEnv.txt", uboot_edit_cmdlines, true },
	{ AT_ESP, "/boot.cmd", uboot_edit_cmdlines, true },
	{ AT_ESP, UBOOT_SCRIPT, NULL, true },
};

#define BASES_MAX 4

/* The directories that @base means, ended by NULL. */
static void list_bases(const struct guest *g, enum base base,
		       const char *ret[BASES_MAX + 1])
{
	static const char *const places[] = { "/boot", "/boot/efi", "/efi" };
	size_t n = 0;

	if (base == AT_ROOT)
		ret[n++] = "";
	for (size_t i = 0; base == AT_ESP && i < ARRAY_SIZE(places); i++)
		ret[n++] = places[i];
	if (base == AT_ESP && g->esp)
		ret[n++] = g->esp;
	ret[n] = NULL;
}

static bool is_at(const struct guest *g, const struct config *c, const char *path)
{
	const char *bases[BASES_MAX + 1];

	list_bases(g, c->base, bases);
	for (size_t i = 0; bases[i]; i++) {
		size_t n = strlen(bases[i]);

		if (strncmp(path, bases[i], n) == 0 &&
		    fnmatch(c->pattern, path + n, FNM_PATHNAME) == 0)
			return true;
	}
	return false;
}

static const struct config *config_of(const struct guest *g, const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++)
		if (is_at(g, &configs[i], path))
			return &configs[i];
	return NULL;
}

/* Links are not followed: what they point to in these places is found by its own name, and
 * writing through one would leave the place we know.
 */
static int want_config(const struct guest *g, const struct config *c, struct wants *w)
{
	const char *bases[BASES_MAX + 1];

	list_bases(g, c->base, bases);
	for (size_t i = 0; bases[i]; i++) {
		CLEANUP_FREE char *path = NULL;

		if (asprintf(&path, "%s%s", bases[i], c->pattern) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (want_add(w, path, WANT_LINK) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int want_bootloader(const struct guest *g, const struct request *q,
			   struct wants *w, struct cvt_error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++)
		if (want_config(g, &configs[i], w) < 0)
			return error_nomem(err);
	return uki_want_cmdlines(g, q, w, err);
}

/* --- the edits --- */

static int apply_rule(const struct loader_job *j, const char *path, loader_edit_fn edit,
		      enum args_rule rule)
{
	struct args_job a = { .g = j->g, .q = j->q, .p = j->p, .path = path, .cards = j->cards };
	struct cmdline_edits e = kernel_args_edits(&a, rule);
	const struct bytes *now = plan_data(j->p, j->g, path);
	CLEANUP_BYTES struct bytes fresh = { 0 };
	int r;

	if (!now)
		return 0;
	r = edit(now->data ? now->data : "", now->len, &e, &fresh);
	if (r == -ENOSPC &&
	    plan_warn(j->p, "grubenv-full", path, "shorten kernelopts in the guest",
		      "there is no room for the new kernelopts") == 0)
		return 0;
	if (r < 0)
		return error_nomem(j->err);
	return plan_write(j->p, j->g, path, &fresh, &kernel_args_whys[rule], j->err);
}

int loader_apply_rules(const struct loader_job *j, const char *path, loader_edit_fn edit)
{
	int r = 0;

	for (enum args_rule k = kernel_args_first(j->g); k < N_ARGS_RULES && r == 0; k++)
		r = apply_rule(j, path, edit, k);
	return r;
}

static int drop_hints(const struct loader_job *j, const char *path)
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

static int plan_config(const struct loader_job *j, const struct config *c,
		       const struct guest_file *f)
{
	int r;

	if (f->link)
		return c->is_menu ? refuse_link(j->g, f->path, j->err) : 0;
	if (!c->edit || !plan_text(j->p, j->g, f->path))
		return 0;
	r = loader_apply_rules(j, f->path, c->edit);
	return r == 0 && c->edit == grub_cfg_edit_cmdlines ? drop_hints(j, f->path) : r;
}

static int plan_bootloader(const struct guest *g, const struct request *q, struct plan *p,
			   struct cvt_error *err)
{
	CLEANUP_NET_CARDS struct net_cards cards = { 0 };
	const struct loader_job j = { g, q, p, err, &cards };
	bool is_found = g->loader || g->n_entries > 0;
	int r = net_cards_find(g, q, &cards, err);

	for (size_t i = 0; i < g->n_files && r == 0; i++) {
		const struct guest_file *f = &g->files[i];
		const struct config *c = config_of(g, f->path);

		is_found = is_found || (c && c->is_menu && !f->link);
		r = c ? plan_config(&j, c, f) : 0;
	}
	if (r == 0)
		r = grub_mkconfig_plan(&j);
	if (r == 0)
		r = uki_plan_cmdlines(&j);
	if (r == 0)
		r = loader_edits_plan(&j);
	if (r == 0)
		r = default_entry_plan(&j);
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
