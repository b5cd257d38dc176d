/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The initramfs of every kernel gets the drivers that find the root disk, by
 * one archive behind it: the modules, what they need, and the full indexes, so
 * that udev in the initramfs loads them by alias.  It is not rebuilt: that
 * would run the guest's programs.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "format/initrd.h"
#include "guest/modules.h"
#include "step/default_entry.h"
#include "step/drivers.h"
#include "step/load_script.h"
#include "step/network.h"
#include "step/step.h"
#include "step/uki.h"

#define RESERVE ((uint64_t)1 << 20) /* bytes left free in /boot */
#define BLOCK ((uint64_t)4096)

/* Does any entry bring the network up before the root is mounted? */
static bool needs_network(const struct guest *g)
{
	static const char *const words[] = { "ip=",	 "rd.neednet=1", "root=/dev/nfs",
					     "root=nfs", "netroot=",	 "nfsroot=" };

	for (size_t i = 0; i < g->n_entries; i++)
		for (size_t j = 0; j < ARRAY_SIZE(words); j++) {
			const char *line = g->entries[i].cmdline;
			const char *at = line ? strstr(line, words[j]) : NULL;

			for (; at; at = strstr(at + 1, words[j]))
				if (at == line || at[-1] == ' ')
					return true;
		}
	return false;
}

/* The modules that have to be in the initramfs of @k, and those of them that are not. */
static int find_modules(const struct guest *g, const struct request *q,
			const struct kernel *k, struct names *all, struct names *missing,
			struct cvt_error *err)
{
	CLEANUP_NAMES struct names wanted = { 0 };
	unsigned flags = DRIVER_DISK | (needs_network(g) ? DRIVER_NET : 0);
	int r;

	if (drivers_wanted(q, k->arch, flags, &wanted) < 0)
		return error_nomem(err);
	r = modules_closure(k, &wanted, all, err);
	for (size_t i = 0; i < all->n && r == 0; i++)
		if (!names_has(&k->initrd_modules, all->v[i]) &&
		    names_add(missing, all->v[i]) < 0)
			return error_nomem(err);
	return r;
}

/* "@dir/@name"; NULL: no memory. */
static char *join(const char *dir, const char *name)
{
	char *s;

	return asprintf(&s, "%s/%s", dir, name) < 0 ? NULL : s;
}

static int want_file(struct wants *w, const char *dir, const char *name,
		     struct cvt_error *err)
{
	CLEANUP_FREE char *path = join(dir, name);

	/* A link: RHEL's weak-updates hold modules of another kernel. */
	if (!path || want_add(w, path, WANT_BINARY | WANT_FOLLOW) < 0)
		return error_nomem(err);
	return 0;
}

static int want_kernel(const struct guest *g, const struct request *q,
		       const struct kernel *k, struct wants *w, struct cvt_error *err)
{
	CLEANUP_NAMES struct names all = { 0 }, missing = { 0 };
	int r = find_modules(g, q, k, &all, &missing, err);

	if (k->is_uki && k->is_signed)
		return r;
	if (r == 0 && k->is_uki && (missing.n > 0 || needs_network(g)) &&
	    want_add(w, k->initrd, WANT_BINARY | WANT_LINK) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < missing.n && r == 0; i++)
		r = want_file(w, k->modules_dir, kernel_module(k, missing.v[i])->file,
			      err);
	for (size_t i = 0; i < k->indexes.n && r == 0 && missing.n > 0; i++)
		if (!k->initrd_has_index && modules_wants_index(k, k->indexes.v[i]))
			r = want_file(w, k->modules_dir, k->indexes.v[i], err);
	return r;
}

static int want_initramfs(const struct guest *g, const struct request *q, struct wants *w,
			  struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < g->n_kernels && r == 0; i++)
		if (g->kernels[i].initrd && !g->kernels[i].initrd_broken)
			r = want_kernel(g, q, &g->kernels[i], w, err);
	return r;
}

/* --- can these kernels drive the target at all? --- */

static const char *kernel_path(const struct kernel *k)
{
	return k->image ? k->image : k->modules_dir;
}

/* @must: the kernel that boots there; NULL: not known. */
static int check_drivers(const struct guest *g, const struct request *q,
			 const struct kernel *must, struct plan *p, struct cvt_error *err)
{
	size_t n_lacking = 0;

	for (size_t i = 0; i < g->n_kernels; i++)
		n_lacking += drivers_lacking(&g->kernels[i], q->target) != NULL;
	/* Whichever kernel boots, it is one of these. */
	if (!must && n_lacking > 0 && n_lacking == g->n_kernels)
		must = &g->kernels[0];
	if (must && drivers_lacking(must, q->target))
		return error_raise(err, ERR_NO_DRIVER, kernel_path(must),
				   "kernel %s has no driver '%s' for target %s",
				   must->version, drivers_lacking(must, q->target),
				   q->target->name);
	for (size_t i = 0; i < g->n_kernels; i++) {
		const struct kernel *k = &g->kernels[i];
		const char *driver = drivers_lacking(k, q->target);

		if (driver && plan_warn(p, "kernel-lacks-driver", kernel_path(k),
					"do not boot this kernel there",
					"kernel %s has no driver '%s' for target %s",
					k->version, driver, q->target->name) < 0)
			return error_nomem(err);
	}
	return 0;
}

/* Nothing can be added to the initramfs of @k: the machine would not find its root. */
static int check_no_initramfs(const struct request *q, const struct kernel *k, bool boots,
			      struct plan *p, struct cvt_error *err)
{
	const char *driver = drivers_needing_initramfs(k, q->target);
	int r = 0;

	if (!driver)
		return 0;
	if (boots && k->initrd)
		return error_raise(err, ERR_FILE_INVALID, k->initrd,
				   "driver '%s' for target %s cannot be added: %s", driver,
				   q->target->name,
				   k->initrd_why ? k->initrd_why : "it is no archive");
	if (boots)
		return error_raise(err, ERR_NO_DRIVER, kernel_path(k),
				   "kernel %s has driver '%s' for target %s as a module and "
				   "no initramfs",
				   k->version, driver, q->target->name);
	if (!k->initrd)
		r = plan_warn(p, "kernel-no-initramfs", kernel_path(k),
			      "build an initramfs in the guest",
			      "kernel %s has driver '%s' as a module and no initramfs",
			      k->version, driver);
	return r < 0 ? error_nomem(err) : 0;
}

/* The default entry may start a kernel of which nothing is known. */
static int check_default(const struct guest *g, struct plan *p)
{
	for (size_t i = 0; i < g->n_entries; i++)
		if (g->entries[i].is_default && g->n_kernels > 0 && !drivers_default_kernel(g))
			return plan_warn(p, "kernel-unknown", g->entries[i].kernel,
					 "make an entry for another kernel the default",
					 "the default entry starts it, and it has no modules "
					 "that tell which drivers it has");
	return 0;
}

/* --- the archive --- */

static int warn_initrd(const struct kernel *k, struct plan *p)
{
	const char *why = k->initrd_why ? k->initrd_why : "it is no archive";

	if (k->initrd_broken)
		return plan_warn(p, "initramfs-unreadable", k->initrd,
				 "build the initramfs anew in the guest",
				 "drivers cannot be added: %s", why);
	if (!k->initrd_listed)
		return plan_warn(p, "initramfs-unreadable", k->initrd, NULL,
				 "what it has is not known, so all drivers are added: %s",
				 why);
	if (!k->initrd_has_udev && !k->initrd_script)
		return plan_warn(
			p, "initramfs-no-udev", k->initrd,
			"see that its init loads the driver of the root disk",
			"it has no udev that would load drivers by what it finds");
	return 0;
}

/* Add the guest's file @dir/@name; true in *@found if it is there. */
static int add_file(const struct guest *g, const struct kernel *k, const char *name,
		    struct cpio *c, bool *found, struct cvt_error *err)
{
	const char *dir = k->initrd_dir ? k->initrd_dir : k->modules_dir + 1;
	CLEANUP_FREE char *from = join(k->modules_dir, name);
	CLEANUP_FREE char *to = join(dir, name);
	const struct guest_file *f;

	if (!from || !to)
		return error_nomem(err);
	f = guest_file(g, from);
	*found = f && !f->link;
	return *found ? cpio_add(c, to, &f->data, err) : 0;
}

static int add_modules(const struct guest *g, const struct kernel *k,
		       const struct names *missing, struct cpio *c, struct names *added,
		       struct plan *p, struct cvt_error *err)
{
	for (size_t i = 0; i < missing->n; i++) {
		const char *file = kernel_module(k, missing->v[i])->file;
		bool found;
		int r = add_file(g, k, file, c, &found, err);

		if (r < 0)
			return r;
		if (found && names_add(added, missing->v[i]) < 0)
			return error_nomem(err);
		if (!found &&
		    plan_warn(p, "module-file-missing", file, NULL,
			      "kernel %s has no such file, though modules.dep says so",
			      k->version) < 0)
			return error_nomem(err);
	}
	for (size_t i = 0; i < k->indexes.n && added->n > 0; i++) {
		bool found;
		int r = 0;

		if (!k->initrd_has_index && modules_wants_index(k, k->indexes.v[i]))
			r = add_file(g, k, k->indexes.v[i], c, &found, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Does the initramfs of @k have a copy of @path? */
static bool is_copied(const struct kernel *k, const char *path)
{
	return strncmp(path, "/etc/modprobe.d/", strlen("/etc/modprobe.d/")) == 0 ||
	       names_has(&k->initrd_lvm, path + 1);
}

/* An archive behind it cannot take a file out of it: that LVM looks at all devices is said in
 * the one that is read last (lvm.conf(5)).
 */
static int add_lvm_local(const struct kernel *k, struct cpio *c, struct cvt_error *err)
{
	static char text[] = "devices {\n\tuse_devicesfile = 0\n}\n";
	static const struct bytes local = { text, sizeof(text) - 1, 0 };

	if (!names_has(&k->initrd_lvm, "etc/lvm/devices/system.devices") ||
	    names_has(&k->initrd_lvm, "etc/lvm/lvmlocal.conf"))
		return 0;
	return cpio_add(c, "etc/lvm/lvmlocal.conf", &local, err);
}

/* The initramfs has copies of the configuration: what was changed in the guest has to change
 * there.  @texts borrow from the plan.
 */
static int add_copies(const struct guest *g, const struct kernel *k, const struct plan *p,
		      struct cpio *c, struct bytes *texts, struct cvt_error *err)
{
	for (size_t i = 0; i < g->n_files; i++) {
		const char *path = g->files[i].path, *text = plan_text(p, g, path);
		int r;

		if (!text || text == guest_text(g, path) || !is_copied(k, path))
			continue;
		texts[i] = (struct bytes){ (char *)text, strlen(text) };
		r = cpio_add(c, path + 1, &texts[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "add nvme, nvme_core, …"; NULL: no memory. */
static char *reason_for(const struct names *added)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	int r;

	if (added->n == 0)
		return strdup("add the changed configuration");
	r = bytes_append(&b, "add", strlen("add"));
	for (size_t i = 0; i < added->n && r == 0; i++) {
		r = bytes_append(&b, i ? ", " : " ", i ? 2 : 1);
		if (r == 0)
			r = bytes_append(&b, added->v[i], strlen(added->v[i]));
	}
	return r < 0 ? NULL : bytes_take(&b).data;
}

static bool is_planned(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n_edits; i++)
		if (strcmp(p->edits[i].path, path) == 0)
			return true;
	return false;
}

static int append_archive(const struct guest *g, const struct kernel *k, struct cpio *c,
			  const struct names *added, struct plan *p,
			  struct cvt_error *err)
{
	CLEANUP_FREE char *reason = reason_for(added);
	CLEANUP_BYTES struct bytes archive = { 0 };
	int r;

	if (!reason)
		return error_nomem(err);
	if (!k->is_uki && is_planned(p, k->initrd)) {
		r = plan_warn(p, "initramfs-shared", k->initrd,
			      "give each kernel its own initramfs",
			      "it serves kernel %s too, whose drivers are not added",
			      k->version);
		return r < 0 ? error_nomem(err) : 0;
	}
	r = initrd_pack(k->initrd_size, c, &archive, err);
	if (r < 0)
		return error_place(err, r, ERR_FILE_INVALID, k->initrd);
	if (k->is_uki)
		return uki_extend_initrd(g, k, &archive, WHY("initramfs-drivers", reason),
					 p, err);
	return plan_append(p, k->initrd, k->initrd_size, &archive,
			   WHY("initramfs-drivers", reason), err);
}

/* Nothing can be added to what is signed. */
static int refuse_signed(const struct request *q, const struct kernel *k, bool boots,
			 const struct names *missing, struct plan *p,
			 struct cvt_error *err)
{
	const char *driver = drivers_needing_initramfs(k, q->target);

	if (missing->n == 0)
		return 0;
	if (boots && driver && names_has(missing, driver))
		return error_raise(
			err, ERR_SIGNED, k->initrd,
			"its initramfs lacks driver '%s' for target %s, and it is "
			"signed",
			driver, q->target->name);
	return plan_warn(p, "uki-signed", k->initrd,
			 "build the image anew in the guest, and sign it, then replicate",
			 "no drivers are added to it, because it is signed") < 0
		       ? error_nomem(err)
		       : 0;
}

/* A driver that modules.dep names and that is not there is none. */
static int check_added(const struct request *q, const struct kernel *k,
		       const struct names *missing, const struct names *added,
		       struct cvt_error *err)
{
	for (size_t i = 0; i < q->target->n_drivers; i++) {
		const char *driver = q->target->drivers[i].module;

		if ((q->target->drivers[i].flags & DRIVER_REQUIRED) &&
		    names_has(missing, driver) && !names_has(added, driver))
			return error_raise(err, ERR_NO_DRIVER, kernel_path(k),
					   "kernel %s has lost driver '%s' for target %s",
					   k->version, driver, q->target->name);
	}
	return 0;
}

static int plan_kernel(const struct guest *g, const struct request *q,
		       const struct kernel *k, bool boots, struct plan *p,
		       struct cvt_error *err)
{
	CLEANUP_NAMES struct names all = { 0 }, missing = { 0 }, added = { 0 };
	CLEANUP_FREE struct bytes *texts = calloc(g->n_files + 1, sizeof(*texts));
	CLEANUP_BYTES struct bytes script = { 0 };
	CLEANUP_CPIO struct cpio c = { 0 };
	int r = find_modules(g, q, k, &all, &missing, err);

	if (!texts)
		return error_nomem(err);
	if (r == 0 && all.n > 0 && warn_initrd(k, p) < 0)
		return error_nomem(err);
	if (r < 0 || k->initrd_broken)
		return r;
	if (k->is_uki && k->is_signed)
		return refuse_signed(q, k, boots, &missing, p, err);
	r = add_modules(g, k, &missing, &c, &added, p, err);
	if (r == 0 && boots)
		r = check_added(q, k, &missing, &added, err);
	if (r == 0)
		r = load_script_add(k, &added, &c, &script, p, err);
	if (r == 0)
		r = add_copies(g, k, p, &c, texts, err);
	if (r == 0)
		r = add_lvm_local(k, &c, err);
	if (r == 0 && k->initrd_has_udev && needs_network(g))
		r = net_names_pack(p, &c, err);
	if (r < 0)
		return error_place(err, r, ERR_FILE_INVALID, k->modules_dir);
	return c.n > 0 ? append_archive(g, k, &c, &added, p, err) : 0;
}

/* --- room --- */

/* Bytes by which @e makes its mount fuller; what a small file needs is in the reserve. */
static uint64_t growth(const struct guest *g, const struct edit *e)
{
	const struct guest_file *f = guest_file(g, e->path);
	uint64_t old = e->action == EDIT_WRITE && f ? f->data.len : 0;

	if ((e->action != EDIT_APPEND && !(f && bytes_has_nul(&f->data))) ||
	    e->data.len <= old)
		return 0;
	return (e->data.len - old + BLOCK - 1) / BLOCK * BLOCK + BLOCK;
}

/* All that is appended to files of one mount has to fit there. */
static int check_room(const struct guest *g, const struct plan *p, struct cvt_error *err)
{
	for (size_t m = 0; m < g->n_mounts && g->space; m++) {
		uint64_t need = 0;

		for (size_t i = 0; i < p->n_edits; i++)
			if (guest_mount_of(g, p->edits[i].path) == &g->mounts[m])
				need += growth(g, &p->edits[i]);
		if (need == 0 ||
		    (g->space[m] >= RESERVE && need <= g->space[m] - RESERVE))
			continue;
		return error_raise(err, ERR_NO_SPACE, g->mounts[m].where,
				   "drivers need %" PRIu64 " MiB, %" PRIu64
				   " MiB are free",
				   (need + RESERVE + (1 << 20) - 1) >> 20,
				   g->space[m] >> 20);
	}
	return 0;
}

static int plan_initramfs(const struct guest *g, const struct request *q, struct plan *p,
			  struct cvt_error *err)
{
	const struct kernel *there = default_kernel_there(g, q, NULL);
	int r = check_drivers(g, q, there, p, err);

	for (size_t i = 0; i < g->n_kernels && r == 0; i++) {
		const struct kernel *k = &g->kernels[i];

		if (!k->initrd || k->initrd_broken)
			r = check_no_initramfs(q, k, k == there, p, err);
		if (r == 0 && k->initrd)
			r = plan_kernel(g, q, k, k == there, p, err);
	}
	if (r == 0 && check_default(g, p) < 0)
		return error_nomem(err);
	return r < 0 ? r : check_room(g, p, err);
}

const struct step step_initramfs = {
	.name = "initramfs",
	.want = want_initramfs,
	.plan = plan_initramfs,
};
