/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/word_list.h"
#include "guest/modules.h"
#include "step/default_entry.h"
#include "step/drivers.h"
#include "step/generators.h"

static const char tools_modules[] = "/etc/initramfs-tools/modules";
static const char tools_conf[] = "/etc/initramfs-tools/initramfs.conf";
static const char dracut_conf[] = "/etc/dracut.conf";
static const char dracut_ours[] = "/etc/dracut.conf.d/50-libconvert.conf";
static const char mkinitcpio_conf[] = "/etc/mkinitcpio.conf";
static const char suse_conf[] = "/etc/sysconfig/kernel";
static const char alpine_conf[] = "/etc/mkinitfs/mkinitfs.conf";
static const char alpine_ours[] = "/etc/mkinitfs/features.d/libconvert.modules";
static const char alt_conf[] = "/etc/initrd.mk";

#define KEEP WHY("initramfs-generator", "keep the drivers in the next initramfs")

/* The initramfs says what made it; a configuration alone may outlive its package. */
static bool uses_generator(const struct guest *g, const char *name, const char *conf)
{
	bool is_known = false;

	for (size_t i = 0; i < g->n_kernels; i++) {
		const char *generator = g->kernels[i].generator;

		if (generator && strcmp(generator, name) == 0)
			return true;
		is_known = is_known || generator;
	}
	return !is_known && conf && guest_file(g, conf);
}

/* Drivers that the default kernel, or else any, has as modules; sorted.  Generators warn
 * of others.
 */
static int find_loadable(const struct guest *g, const struct request *q,
			 struct names *ret)
{
	CLEANUP_NAMES struct names wanted = { 0 };
	const struct kernel *by_default = default_kernel_there(g, q, NULL);

	if (drivers_wanted(q, NULL, DRIVER_DISK, &wanted) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < wanted.n; i++)
		for (size_t j = 0; j < g->n_kernels; j++) {
			const struct kernel *k = by_default ? by_default : &g->kernels[j];

			if (kernel_module_state(k, wanted.v[i]) == MODULE_LOADABLE &&
			    names_add_new(ret, wanted.v[i]) < 0)
				return -ENOMEM;
		}
	names_sort(ret);
	return 0;
}

/* Is the first word of a line of @text the module @name? */
static bool lists_module(const char *text, const char *name)
{
	while (*text) {
		size_t space = strspn(text, " \t"), n;
		char word[64] = "", module[64];

		text += space;
		n = strcspn(text, " \t\r\n");
		if (n < sizeof(word))
			memcpy(word, text, n);
		module_name(word, module, sizeof(module));
		if (strcmp(module, name) == 0)
			return true;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

static int tell_kept(struct plan *p, const char *path, const char *list,
		     struct cvt_error *err)
{
	return plan_warn(p, "initramfs-generator-kept", path,
			 "add the drivers of the target to it",
			 "no list %s that could be added to", list) < 0
		       ? error_nomem(err)
		       : 0;
}

/* One module on a line: put in if it exists, and tried at boot (initramfs-tools 0.142).
 */
static int plan_initramfs_tools(const struct guest *g, const struct names *modules,
				struct plan *p, struct cvt_error *err)
{
	const char *old = plan_text(p, g, tools_modules);
	CLEANUP_BYTES struct bytes text = { 0 };
	CLEANUP_BYTES struct bytes more = { 0 };
	int r = 0;

	if (!old && guest_file(g, tools_modules))
		return tell_kept(p, tools_modules, "of modules", err);
	old = old ? old : "";
	for (size_t i = 0; i < modules->n && r == 0; i++) {
		if (lists_module(old, modules->v[i]))
			continue;
		r = bytes_append(&more, modules->v[i], strlen(modules->v[i]));
		if (r == 0)
			r = bytes_append(&more, "\n", 1);
	}
	if (r == 0 && more.len == 0)
		return 0;
	if (r == 0)
		r = bytes_append(&text, old, strlen(old));
	if (r == 0 && text.len > 0 && text.data[text.len - 1] != '\n')
		r = bytes_append(&text, "\n", 1);
	if (r < 0 || bytes_append(&text, more.data, more.len) < 0)
		return error_nomem(err);
	return plan_write(p, g, tools_modules, &text, KEEP, err);
}

static int plan_dracut(const struct guest *g, const struct names *modules, struct plan *p,
		       struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	static const char head[] =
		"# Drivers of the hypervisors this machine may move to.\n"
		"add_drivers+=\" ";
	int r = bytes_append(&text, head, strlen(head));

	for (size_t i = 0; i < modules->n && r == 0; i++) {
		r = bytes_append(&text, modules->v[i], strlen(modules->v[i]));
		if (r == 0)
			r = bytes_append(&text, " ", 1);
	}
	if (r == 0)
		r = bytes_append(&text, "\"\n", 2);
	if (r < 0)
		return error_nomem(err);
	return plan_write(p, g, dracut_ours, &text, KEEP, err);
}

/* --- lists of words --- */

/* Add @words to the list @name in @path. */
static int extend_list(const struct guest *g, const char *path, const char *name,
		       const struct names *words, struct plan *p, struct cvt_error *err)
{
	const char *text = plan_text(p, g, path);
	CLEANUP_BYTES struct bytes fresh = { 0 };
	int r;

	if (!text)
		return 0;
	r = word_list_add(text, name, words, &fresh);
	if (r == -ENOENT)
		return tell_kept(p, path, name, err);
	return r < 0 ? error_nomem(err) : plan_write(p, g, path, &fresh, KEEP, err);
}

static int plan_make_initrd(const struct guest *g, const struct names *modules,
			    struct plan *p, struct cvt_error *err)
{
	const char *text = plan_text(p, g, alt_conf);
	CLEANUP_BYTES struct bytes fresh = { 0 };
	int r = 0;

	if (!text || strstr(text, "# libconvert"))
		return 0;
	r = bytes_append(&fresh, text, strlen(text));
	if (r == 0 && fresh.len > 0 && fresh.data[fresh.len - 1] != '\n')
		r = bytes_append(&fresh, "\n", 1);
	if (r == 0)
		r = bytes_append(&fresh, "# libconvert\nMODULES_ADD +=", 27);
	for (size_t i = 0; i < modules->n && r == 0; i++) {
		r = bytes_append(&fresh, " ", 1);
		if (r == 0)
			r = bytes_append(&fresh, modules->v[i], strlen(modules->v[i]));
	}
	if (r < 0 || bytes_append(&fresh, "\n", 1) < 0)
		return error_nomem(err);
	return plan_write(p, g, alt_conf, &fresh, KEEP, err);
}

/* A feature of mkinitfs (3.8) is a file of paths below the modules' directory, as patterns. */
static int plan_mkinitfs(const struct guest *g, const struct names *modules,
			 struct plan *p, struct cvt_error *err)
{
	char feature[] = "libconvert", *features[] = { feature };
	const struct names ours = { features, 1 };
	CLEANUP_BYTES struct bytes paths = { 0 };
	const struct kernel *k = drivers_default_kernel(g);

	if (!k && g->n_kernels > 0)
		k = &g->kernels[0];
	for (size_t i = 0; k && i < modules->n; i++) {
		const struct module *m = kernel_module(k, modules->v[i]);
		const char *suffix = m ? strstr(m->file, ".ko") : NULL;

		if (suffix &&
		    (bytes_append(&paths, m->file, (size_t)(suffix - m->file)) < 0 ||
		     bytes_append(&paths, ".ko*\n", 5) < 0))
			return error_nomem(err);
	}
	if (paths.len == 0 || !plan_text(p, g, alpine_conf))
		return 0;
	if (plan_write(p, g, alpine_ours, &paths, KEEP, err) < 0)
		return -ENOMEM;
	return extend_list(g, alpine_conf, "features", &ours, p, err);
}

static const struct generator {
	const char *name;
	const char *conf;    /* shows that it is there; NULL: nothing does */
	unsigned conf_flags; /* WANT_FOLLOW: only read, so a link will do */
	int (*plan)(const struct guest *g, const struct names *modules, struct plan *p,
		    struct cvt_error *err); /* NULL: the modules go to @list in @file */
	const char *file, *list;
} generators[] = {
	{ "initramfs-tools", tools_conf, WANT_FOLLOW, plan_initramfs_tools, NULL, NULL },
	{ "dracut", dracut_conf, WANT_FOLLOW, plan_dracut, NULL, NULL },
	{ "mkinitcpio", mkinitcpio_conf, WANT_LINK, NULL, mkinitcpio_conf, "MODULES" },
	/* That of SUSE up to 11; dracut of SLES 12 reads the list no more.  Red Hat has a file
	 * of that name for something else.
	 */
	{ "mkinitrd", NULL, 0, NULL, suse_conf, "INITRD_MODULES" },
	{ "mkinitfs", alpine_conf, WANT_LINK, plan_mkinitfs, NULL, NULL },
	{ "make-initrd", alt_conf, WANT_LINK, plan_make_initrd, NULL, NULL },
};

int generators_want(struct wants *w)
{
	if (want_add(w, tools_modules, 0) < 0 || want_add(w, dracut_ours, 0) < 0 ||
	    want_add(w, alpine_ours, 0) < 0 || want_add(w, suse_conf, WANT_LINK) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(generators); i++)
		if (generators[i].conf &&
		    want_add(w, generators[i].conf, generators[i].conf_flags) < 0)
			return -ENOMEM;
	return 0;
}

int generators_plan(const struct guest *g, const struct request *q, struct plan *p,
		    struct cvt_error *err)
{
	CLEANUP_NAMES struct names modules = { 0 };
	int r = 0;

	if (find_loadable(g, q, &modules) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < ARRAY_SIZE(generators) && modules.n > 0 && r == 0; i++) {
		const struct generator *m = &generators[i];

		if (!uses_generator(g, m->name, m->conf))
			continue;
		r = m->plan ? m->plan(g, &modules, p, err)
			    : extend_list(g, m->file, m->list, &modules, p, err);
	}
	return r;
}
