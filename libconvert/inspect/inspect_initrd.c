/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "core/text.h"
#include "format/initrd.h"
#include "format/initrd_script.h"
#include "guest/modules.h"
#include "inspect/inspect_initrd.h"

struct file {
	struct engine *e;
	const char *path;
	uint64_t start, size; /* of the part that is the initramfs */
	bool failed; /* the engine, not what it read */
};

static int read_file(void *data, uint64_t offset, size_t max, struct bytes *ret,
		     struct cvt_error *err)
{
	struct file *f = data;
	uint64_t left = offset < f->size ? f->size - offset : 0;
	int r = context_check(f->e->ctx, err);

	if (r == 0 && left == 0)
		return bytes_set(ret, "", 0) < 0 ? error_nomem(err) : 0;
	if (r == 0)
		r = engine_pread(f->e, f->path, f->start + offset,
				 max < left ? max : left, ret, err);
	f->failed = r < 0;
	return r;
}

/* An index file of the guest, and whether the last of its name in the initramfs is it. */
struct index {
	const char *name;
	uint64_t size;
	bool same;
};

#define LVM_FILES_MAX 64
#define SCRIPT_MAX ((size_t)64 << 10) /* bytes of a file that says what is loaded */

/* Members that may say it; which of them counts is known when the generator is. */
static const char *const scripts[] = { "config", "init", "modules" };

struct listing {
	struct kernel *k;
	struct bytes texts[ARRAY_SIZE(scripts)];
	struct bytes *text; /* of the member in hand; NULL: it is none of them */
	bool has_text_index, has_binary_index;
	struct names modules, programs, lvm;
	struct names
		flat; /* modules outside of it: nash and tiny-initramfs have them so */
	struct index *indexes;
	size_t n_indexes;
	const char *generator;
	const char *lib; /* where /lib is in the initramfs; NULL: not seen */
	bool has_udev, has_init;
};

static void listing_clear(struct listing *l)
{
	names_clear(&l->modules);
	names_clear(&l->flat);
	names_clear(&l->programs);
	names_clear(&l->lvm);
	free(l->indexes);
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		bytes_clear(&l->texts[i]);
}

static const struct {
	const char *name;
	bool is_prefix;
	const char *generator;
} signs[] = {
	{ "conf/initramfs.conf", false, "initramfs-tools" },
	{ "usr/lib/dracut/", true, "dracut" },
	{ "lib/dracut/", true, "dracut" },
	{ "buildconfig", false, "mkinitcpio" },
	{ "hooks/", true, "mkinitcpio" },
	{ "bin/nash", false, "nash" },
	{ "sbin/nash", false, "nash" },
	{ "run_all.sh", false, "mkinitrd" },
	{ "sbin/nlplug-findfs", false, "mkinitfs" },
	{ "usr/sbin/nlplug-findfs", false, "mkinitfs" },
	{ "etc/booster.init.yaml", false, "booster" },
	{ "etc/initrd.defaults", false, "genkernel" },
	{ "etc/initrd/modules", false, "make-initrd" },
	{ "modules", false, "tiny-initramfs" },
};

/* Programs that load modules by alias; nlplug-findfs does for all that it finds in /sys. */
static const char *const loaders[] = { "systemd-udevd", "udevd", "udevadm", "ueventd",
				       "nlplug-findfs" };

static const char *generator_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (signs[i].is_prefix ? starts_with(name, signs[i].name)
				       : strcmp(name, signs[i].name) == 0)
			return signs[i].generator;
	return NULL;
}

/* A program that opens what a root may lie on, wherever it is; a link to one will do. */
static int see_program(struct listing *l, const char *base, uint32_t mode)
{
	static const char *const known[] = { "cryptsetup", "lvm", "mdadm",
					     "systemd-cryptsetup" };

	for (size_t i = 0; i < ARRAY_SIZE(known) && !S_ISDIR(mode); i++)
		if (strcmp(base, known[i]) == 0)
			return names_add_new(&l->programs, base);
	return 0;
}

/* "virtio_blk.ko", perhaps compressed. */
static bool is_module(const char *base)
{
	static const char *const suffixes[] = { ".ko", ".ko.gz", ".ko.xz", ".ko.zst" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_with(base, suffixes[i]))
			return true;
	return false;
}

/* A file in the directory of the kernel's modules; @name is relative to it. */
static int see_module_file(struct listing *l, const char *name, uint64_t size)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	char module[64];

	l->has_text_index = l->has_text_index || strcmp(name, "modules.dep") == 0;
	l->has_binary_index = l->has_binary_index || strcmp(name, "modules.dep.bin") == 0;
	for (size_t i = 0; i < l->n_indexes; i++)
		if (strcmp(l->indexes[i].name, name) == 0)
			l->indexes[i].same = l->indexes[i].size == size;
	if (!is_module(base))
		return 0;
	module_name(base, module, sizeof(module));
	return names_add(&l->modules, module);
}

static int see_flat(struct listing *l, const char *base)
{
	char module[64];

	if (!is_module(base))
		return 0;
	module_name(base, module, sizeof(module));
	return names_add(&l->flat, module);
}

/* A later one replaces an earlier one. */
static void see_script(struct listing *l, const char *name,
		       const struct cpio_entry *entry)
{
	l->text = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		if (strcmp(name, scripts[i]) != 0)
			continue;
		bytes_clear(&l->texts[i]);
		if (S_ISREG(entry->mode) && entry->size <= SCRIPT_MAX)
			l->text = &l->texts[i];
	}
}

static int hear(void *data, const void *piece, size_t len, struct cvt_error *err)
{
	struct listing *l = data;

	return l->text && bytes_append(l->text, piece, len) < 0 ? error_nomem(err) : 0;
}

static int see(void *data, const struct cpio_entry *entry, struct cvt_error *err)
{
	struct listing *l = data;
	const char *name = entry->name + strspn(entry->name, "./"), *base, *rest;
	size_t n = strlen(l->k->version);

	base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		l->has_udev = l->has_udev || strcmp(base, loaders[i]) == 0;
	see_script(l, name, entry);
	if (starts_with(name, "etc/lvm/") && S_ISREG(entry->mode) &&
	    l->lvm.n < LVM_FILES_MAX && names_add_new(&l->lvm, name) < 0)
		return error_nomem(err);
	if (see_program(l, base, entry->mode) < 0)
		return error_nomem(err);
	l->has_init = l->has_init || (strcmp(name, "init") == 0 && !S_ISDIR(entry->mode));
	if (!l->generator)
		l->generator = generator_of(name);
	/* What follows a link is the kernel's business: it is always usr/lib. */
	if (strcmp(name, "lib") == 0)
		l->lib = S_ISLNK(entry->mode)	? "usr/lib"
			 : S_ISDIR(entry->mode) ? "lib"
						: l->lib;
	rest = starts_with(name, "usr/") ? name + strlen("usr/") : name;
	if (!S_ISREG(entry->mode))
		return 0;
	if (!starts_with(rest, "lib/modules/"))
		return see_flat(l, base) < 0 ? error_nomem(err) : 0;
	rest += strlen("lib/modules/");
	if (strncmp(rest, l->k->version, n) != 0 || rest[n] != '/')
		return 0;
	return see_module_file(l, rest + n + 1, entry->size) < 0 ? error_nomem(err) : 0;
}

static int collect_indexes(struct engine *e, struct listing *l, struct cvt_error *err)
{
	const struct kernel *k = l->k;

	l->indexes = calloc(k->indexes.n + 1, sizeof(*l->indexes));
	if (!l->indexes)
		return error_nomem(err);
	for (size_t i = 0; i < k->indexes.n; i++) {
		CLEANUP_FREE char *path = NULL;
		struct file_stat st;
		int r;

		if (!modules_may_want_index(k->indexes.v[i]))
			continue;
		if (asprintf(&path, "%s/%s", k->modules_dir, k->indexes.v[i]) < 0) {
			path = NULL;
			return error_nomem(err);
		}
		r = engine_stat(e, path, &st, err);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r == 0)
			l->indexes[l->n_indexes++] =
				(struct index){ k->indexes.v[i], st.size, false };
	}
	return 0;
}

/* Sorted, each name once. */
static int take_modules(struct kernel *k, struct names *seen)
{
	names_sort(seen);
	for (size_t i = 0; i < seen->n; i++)
		if ((i == 0 || strcmp(seen->v[i], seen->v[i - 1]) != 0) &&
		    names_add(&k->initrd_modules, seen->v[i]) < 0)
			return -ENOMEM;
	return 0;
}

static void take_script(struct listing *l)
{
	const char *member = initrd_script_member(l->generator);

	for (size_t i = 0; i < ARRAY_SIZE(scripts) && member; i++)
		if (strcmp(member, scripts[i]) == 0 && !bytes_has_nul(&l->texts[i]))
			l->k->initrd_script = bytes_take(&l->texts[i]).data;
}

static int keep_facts(struct listing *l, struct cvt_error *err)
{
	struct kernel *k = l->k;

	for (size_t i = 0; i < l->flat.n && initrd_script_member(l->generator); i++)
		if (names_add(&l->modules, l->flat.v[i]) < 0)
			return error_nomem(err);
	if (take_modules(k, &l->modules) < 0)
		return error_nomem(err);
	k->initrd_text_index = l->has_text_index && !l->has_binary_index;
	k->initrd_has_index = l->n_indexes > 0;
	for (size_t i = 0; i < l->n_indexes; i++)
		k->initrd_has_index = k->initrd_has_index &&
				      (l->indexes[i].same ||
				       !modules_wants_index(k, l->indexes[i].name));
	k->initrd_has_udev = l->has_udev;
	k->initrd_has_init = l->has_init;
	k->initrd_programs = l->programs;
	k->initrd_lvm = l->lvm;
	l->lvm = (struct names){ 0 };
	l->programs = (struct names){ 0 };
	if (l->generator && !(k->generator = strdup(l->generator)))
		return error_nomem(err);
	take_script(l);
	if (l->lib && asprintf(&k->initrd_dir, "%s/modules/%s", l->lib, k->version) < 0) {
		k->initrd_dir = NULL;
		return error_nomem(err);
	}
	return 0;
}

int inspect_initrd(struct engine *e, struct kernel *k, struct cvt_error *err)
{
	CLEANUP(listing_clear) struct listing l = { .k = k };
	struct file f = { e, k->initrd, k->initrd_offset, k->initrd_size, false };
	const struct initrd_source src = { read_file, &f };
	struct cvt_error why = { 0 };
	int r = collect_indexes(e, &l, err);

	if (r < 0)
		return r;
	r = initrd_list(&src, see, hear, &l, &why);
	k->initrd_listed = r == 0;
	k->initrd_broken = r < 0 && r != -EOPNOTSUPP;
	if (r < 0 && !(k->initrd_why = strdup(why.msg)))
		return error_nomem(err);
	if (r == -EOPNOTSUPP && !f.failed)
		r = initrd_list_ours(&src, see, &l, &why);
	if (f.failed || r == -ENOMEM)
		return error_pass(err, r, &why);
	return keep_facts(&l, err);
}
