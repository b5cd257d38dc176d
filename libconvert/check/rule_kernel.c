/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the menu to the root device: kernels, initramfs, drivers. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "check/rule.h"
#include "guest/modules.h"
#include "step/drivers.h"

#define REBUILD "build the initramfs anew in the guest, then replicate and convert"
#define REINSTALL "install the kernel again in the guest, then replicate"
#define CONVERT "convert the guest for this target"

static int judge_image(const struct boot_entry *e, enum verdict v, struct answer *a)
{
	if (!e->kernel)
		return answer(a, v, e->config, REINSTALL, "“%s” names no kernel",
			      e->title);
	if (!e->image)
		return answer(a, v, e->kernel, REINSTALL,
			      "“%s” starts this kernel, which is not there", e->title);
	if (!e->is_kernel)
		return answer(a, v, e->image, REINSTALL, "is no kernel");
	if (e->image_size < e->image_needs)
		return answer(a, v, e->image, REINSTALL,
			      "has %" PRIu64 " of its %" PRIu64 " bytes", e->image_size,
			      e->image_needs);
	return 0;
}

int judge_kernel(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct guest *g = x->g;
	int r = g->n_entries > 0
			? answer_pass(a, NULL, "the kernels of %zu entries are whole",
				      g->n_entries)
			: 0;

	(void)err;
	for (size_t i = 0; i < g->n_entries && r == 0; i++)
		r = judge_image(&g->entries[i], entry_weight(g, &g->entries[i]), a);
	return r;
}

int judge_modules(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct guest *g = x->g;
	int r = g->n_kernels > 0
			? answer_pass(a, NULL, "of %zu kernels are there", g->n_kernels)
			: 0;

	(void)err;
	for (size_t i = 0; i < g->n_entries && r == 0; i++) {
		const struct boot_entry *e = &g->entries[i];

		/* It may have all built in. */
		if (e->image && !guest_entry_kernel(g, e))
			r = answer(a, entry_weight(g, e), e->image, REINSTALL,
				   "“%s” starts this kernel, and its modules are not in "
				   "/lib/modules",
				   e->title);
	}
	return r;
}

/* ---- initramfs ---- */

static bool has_no_need(const struct inquiry *x, const struct kernel *k,
			const struct boot_entry *e)
{
	const struct target *t = x->q->target;

	for (size_t i = 0; i < t->n_drivers; i++)
		if ((t->drivers[i].flags & DRIVER_REQUIRED) &&
		    kernel_module_state(k, t->drivers[i].module) != MODULE_BUILTIN)
			return false;
	/* The kernel itself knows no UUID of a file system. */
	return !strstr(e->cmdline, "root=UUID=") && !strstr(e->cmdline, "root=LABEL=");
}

static int judge_one_initramfs(const struct inquiry *x, const struct boot_entry *e,
			       enum verdict v, struct answer *a)
{
	const struct kernel *k = guest_entry_kernel(x->g, e);

	if (!e->initrd)
		return k && has_no_need(x, k, e)
			       ? 0
			       : answer(a, v, e->config, REBUILD,
					"“%s” has no initramfs, without which its root "
					"is not found",
					e->title);
	if (!e->initramfs)
		return answer(a, v, e->initrd, REBUILD,
			      "“%s” loads this initramfs, which is not there", e->title);
	if (!k || !k->initrd || strcmp(k->initrd, e->initramfs) != 0)
		return answer(a, VERDICT_WARN, e->initramfs, NULL,
			      "“%s” loads it for a kernel of which nothing is known",
			      e->title);
	if (k->initrd_broken)
		return answer(a, v, k->initrd, REBUILD, "cannot be unpacked: %s",
			      k->initrd_why ? k->initrd_why : "it is no archive");
	if (!k->initrd_listed)
		return answer(a, VERDICT_WARN, k->initrd, NULL,
			      "what is in it is not known: %s",
			      k->initrd_why ? k->initrd_why : "it cannot be read");
	if (!k->initrd_has_init)
		return answer(a, v, k->initrd, REBUILD, "has no program /init");
	if (!k->initrd_has_udev && !k->initrd_script)
		return answer(a, VERDICT_WARN, k->initrd,
			      "see that its init loads the driver of the root disk",
			      "has no udev that would load drivers by what it finds");
	return 0;
}

int judge_initramfs(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct guest *g = x->g;
	int r = g->n_entries > 0 ? answer_pass(a, NULL, "those of %zu entries are whole",
					       g->n_entries)
				 : 0;

	(void)err;
	for (size_t i = 0; i < g->n_entries && r == 0; i++)
		r = judge_one_initramfs(x, &g->entries[i],
					entry_weight(g, &g->entries[i]), a);
	return r;
}

/* ---- drivers ---- */

/* The first of @modules that @k has neither built in nor in its initramfs, or has not at all;
 * NULL: none.
 */
static const char *find_missing(const struct kernel *k, const struct names *modules)
{
	for (size_t i = 0; i < modules->n; i++)
		if (kernel_module_state(k, modules->v[i]) == MODULE_MISSING)
			return modules->v[i];
	for (size_t i = 0; i < modules->n; i++)
		if (kernel_module_state(k, modules->v[i]) == MODULE_LOADABLE &&
		    !names_has(&k->initrd_modules, modules->v[i]))
			return modules->v[i];
	return NULL;
}

typedef int (*judge_fn)(const struct inquiry *x, const struct kernel *k, enum verdict v,
			struct answer *a, struct cvt_error *err);

/* How bad it is if something is wrong with @k; VERDICT_NONE: no entry starts it. */
static enum verdict kernel_weight(const struct guest *g, const struct kernel *k)
{
	enum verdict v = VERDICT_NONE;

	for (size_t i = 0; i < g->n_entries && v < VERDICT_FAIL; i++)
		if (guest_entry_kernel(g, &g->entries[i]) == k)
			v = entry_weight(g, &g->entries[i]);
	return v == VERDICT_FAIL && k->initrd && !k->initrd_listed ? VERDICT_WARN : v;
}

/* Every kernel that an entry starts, if something is known of its initramfs. */
static int judge_kernels(const struct inquiry *x, judge_fn judge, struct answer *a,
			 struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < x->g->n_kernels && r == 0; i++) {
		const struct kernel *k = &x->g->kernels[i];
		enum verdict v = kernel_weight(x->g, k);

		if (v != VERDICT_NONE && !k->initrd_broken)
			r = judge(x, k, v, a, err);
	}
	return r;
}

static int judge_driver(const struct inquiry *x, const struct kernel *k, enum verdict v,
			struct answer *a, struct cvt_error *err)
{
	const struct request only = { .target = x->q->target };
	CLEANUP_NAMES struct names wanted = { 0 }, all = { 0 };
	const char *missing;
	int r = drivers_wanted(&only, k->arch, DRIVER_REQUIRED, &wanted);

	if (r == 0)
		r = modules_closure(k, &wanted, &all, err);
	if (r < 0)
		return r;
	missing = find_missing(k, &wanted) ?: find_missing(k, &all);
	if (missing && kernel_module_state(k, missing) == MODULE_MISSING)
		return answer(a, v, k->image,
			      "install a kernel that has it, or choose another target",
			      "kernel %s has no driver %s for the disks of %s",
			      k->version, missing, x->q->target->name);
	if (missing)
		return answer(a, v, k->initrd ? k->initrd : k->image, CONVERT,
			      "its initramfs lacks %s for the disks of %s", missing,
			      x->q->target->name);
	return answer_pass(a, k->initrd, "kernel %s finds the disks of %s, %s",
			   k->version, x->q->target->name, x->q->target->disk_bus);
}

int judge_disk_driver(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	return judge_kernels(x, judge_driver, a, err);
}

/* ---- what the root lies on ---- */

/* Modules, and the programs of which one has to be there to open it. */
struct layer {
	const char *modules[2], *programs[2];
};

static const struct layer layers[] = {
	[DEVICE_MD] = { { "md_mod" }, { "mdadm" } },
	[DEVICE_LUKS] = { { "dm_mod", "dm_crypt" },
			  { "cryptsetup", "systemd-cryptsetup" } },
	[DEVICE_LV] = { { "dm_mod" }, { "lvm" } },
};

/* File systems whose module is not called as libblkid calls them. */
static const char *module_of(const char *type)
{
	return strncmp(type, "ext", 3) == 0 ? "ext4" : type;
}

/* What @d and all below it need, to @modules and @programs ("a or b"). */
static int collect_layers(const struct guest *g, const struct device *d,
			  struct names *modules, struct names *programs)
{
	const struct layer *l = &layers[d->kind];
	char either[64];
	int r = 0;

	for (size_t i = 0; d->kind != DEVICE_DISK && i < 2 && r == 0; i++)
		if (l->modules[i])
			r = names_add_new(modules, l->modules[i]);
	snprintf(either, sizeof(either), "%s%s%s", l->programs[0] ? l->programs[0] : "",
		 l->programs[1] ? "\n" : "", l->programs[1] ? l->programs[1] : "");
	if (r == 0 && *either)
		r = names_add_new(programs, either);
	/* A device comes behind what it lies on, so this ends. */
	for (size_t i = 0; i < d->n_below && r == 0; i++)
		r = collect_layers(g, &g->devices[d->below[i]], modules, programs);
	return r;
}

static int collect_root(const struct guest *g, const struct device *root,
			struct names *modules, struct names *programs)
{
	size_t device = guest_first_member(g, (size_t)(root - g->devices));
	int r = root->type ? names_add(modules, module_of(root->type)) : 0;

	for (size_t i = 0; i < g->n_devices && r == 0; i++)
		if (guest_first_member(g, i) == device)
			r = collect_layers(g, &g->devices[i], modules, programs);
	return r;
}

/* Of "a\nb" none is there. */
static bool lacks_program(const struct kernel *k, const char *either)
{
	const char *second = strchr(either, '\n');
	char first[32];

	snprintf(first, sizeof(first), "%.*s", (int)strcspn(either, "\n"), either);
	return !names_has(&k->initrd_programs, first) &&
	       !(second && names_has(&k->initrd_programs, second + 1));
}

static int judge_storage(const struct inquiry *x, const struct kernel *k, enum verdict v,
			 struct answer *a, struct cvt_error *err)
{
	CLEANUP_NAMES struct names modules = { 0 }, programs = { 0 };
	const struct device *root = guest_device_at(x->g, "/");
	int r = root ? collect_root(x->g, root, &modules, &programs) : 0;
	const char *missing = find_missing(k, &modules);

	(void)err;
	if (r < 0 || !root)
		return r;
	if (missing)
		return answer(a, v, k->initrd ? k->initrd : k->image, REBUILD,
			      "kernel %s has no module %s there, for the root on %s",
			      k->version, missing, root->name);
	for (size_t i = 0; i < programs.n; i++)
		if (lacks_program(k, programs.v[i]))
			return answer(a, k->generator ? v : VERDICT_WARN, k->initrd,
				      REBUILD,
				      "has no %.*s, which opens what the root %s lies on",
				      (int)strcspn(programs.v[i], "\n"), programs.v[i],
				      root->name);
	return answer_pass(a, k->initrd, "kernel %s can mount the root, %s on %s",
			   k->version, root->type ? root->type : "unknown", root->name);
}

int judge_root_storage(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	return judge_kernels(x, judge_storage, a, err);
}
