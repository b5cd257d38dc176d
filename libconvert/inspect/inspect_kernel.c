/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "format/decoder.h"
#include "format/elf.h"
#include "guest/modules.h"
#include "inspect/fetch.h"
#include "inspect/inspect_initrd.h"
#include "inspect/inspect_kernel.h"

#define VERSION_MAX 128
#define CONF_MAX ((size_t)1 << 20) /* all of modprobe.d */

/* Printed into new memory; NULL: no memory. */
static PRINTF(1, 2) char *print(const char *fmt, ...)
{
	char *s;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

/* /lib/modules without links: packages of a merged /usr have it in /usr/lib. */
static int find_modules_root(struct engine *e, const char **ret, struct cvt_error *err)
{
	struct file_stat st;
	int r = engine_stat(e, "/lib", &st, err);

	*ret = r == 0 && st.kind == FILE_SYMLINK ? "/usr/lib/modules" : "/lib/modules";
	return r == -ENOENT ? 0 : r;
}

/* --- image and initramfs --- */

/* By version, or by the package's name, as Arch Linux has them. */
static const char *const image_names[] = {
	"/boot/vmlinuz-%s", "/boot/vmlinux-%s", "/boot/kernel-%s",
	"/boot/Image-%s",   "/boot/bzImage-%s",
};
static const char *const initrd_names[] = {
	"/boot/initrd.img-%s", "/boot/initramfs-%s.img", "/boot/initrd-%s",
	"/boot/initramfs-%s",  "/boot/initrd-%s.img",
};

/* The first of @names that is there for @version; the only '%' in them is the "%s". */
static int find_named(struct engine *e, const char *const *names, size_t n,
		      const char *version, char **ret, uint64_t *size,
		      struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0 && !*ret; i++) {
		const char *gap = strstr(names[i], "%s");
		CLEANUP_FREE char *path = print("%.*s%s%s", (int)(gap - names[i]),
						names[i], version, gap + 2);

		if (!path)
			return error_nomem(err);
		r = fetch_follow(e, path, ret, size, err);
	}
	return r;
}

/* "/boot/vmlinuz-6.1.0" and "/boot/<machine-id>/6.1.0/linux" are of version 6.1.0. */
static bool is_of_version(const char *path, const char *version)
{
	size_t n = strlen(version);
	const char *at = path;

	while ((at = strstr(at, version))) {
		if (at > path && strchr("/-", at[-1]) && (at[n] == '\0' || at[n] == '/'))
			return true;
		at++;
	}
	return false;
}

/* The name that the package gave the kernel in /boot, in Arch Linux: "linux-lts". */
static int read_pkgbase(struct engine *e, const char *dir, char **ret,
			struct cvt_error *err)
{
	CLEANUP_FREE char *path = print("%s/pkgbase", dir);
	CLEANUP_BYTES struct bytes text = { 0 };
	struct cvt_error why = { 0 };
	int r;

	if (!path)
		return error_nomem(err);
	r = engine_read(e, path, VERSION_MAX, &text, &why);
	if (r == -ENOENT || fetch_is_guests_fault(r, &why))
		return 0;
	if (r < 0)
		return error_pass(err, r, &why);
	text.data[strcspn(text.data, "/\r\n")] = '\0';
	if (text.data[0] && !(*ret = strdup(text.data)))
		return error_nomem(err);
	return 0;
}

static int copy_new(char **to, const char *from, struct cvt_error *err)
{
	if (!*to && from && !(*to = strdup(from)))
		return error_nomem(err);
	return 0;
}

static bool starts_version(const struct boot_entry *b, const char *version)
{
	if (!b->image)
		return false;
	return b->version ? strcmp(b->version, version) == 0
			  : is_of_version(b->image, version);
}

/* Image and initramfs, as far as they are not known, from @b. */
static int use_entry(const struct boot_entry *b, struct kernel *k, struct cvt_error *err)
{
	int r = copy_new(&k->image, b->image, err);

	k->is_default = k->is_default || b->is_default;
	if (r < 0 || k->initrd || !b->initramfs)
		return r;
	k->initrd_size = b->initramfs_size;
	k->initrd_offset = b->initramfs_offset;
	k->is_uki = b->is_uki;
	k->is_signed = b->is_signed;
	return copy_new(&k->initrd, b->initramfs, err);
}

/* From a boot entry that starts this kernel: the default one, else the first. */
static int use_entries(const struct guest *g, struct kernel *k, struct cvt_error *err)
{
	int r = 0;

	for (int want_default = 1; want_default >= 0; want_default--)
		for (size_t i = 0; i < g->n_entries && r == 0; i++) {
			const struct boot_entry *b = &g->entries[i];

			if (b->is_default != !!want_default || !b->image ||
			    (k->image ? strcmp(b->image, k->image) != 0
				      : !starts_version(b, k->version)))
				continue;
			r = use_entry(b, k, err);
		}
	return r;
}

static int find_boot_files(struct engine *e, const struct guest *g, struct kernel *k,
			   struct cvt_error *err)
{
	CLEANUP_FREE char *pkgbase = NULL;
	CLEANUP_FREE char *own = print("%s/vmlinuz", k->modules_dir);
	uint64_t size;
	int r = read_pkgbase(e, k->modules_dir, &pkgbase, err);

	if (r == 0)
		r = find_named(e, image_names, ARRAY_SIZE(image_names), k->version,
			       &k->image, &size, err);
	if (r == 0 && pkgbase && !k->image)
		r = find_named(e, image_names, ARRAY_SIZE(image_names), pkgbase,
			       &k->image, &size, err);
	if (r == 0)
		r = use_entries(g, k, err);
	if (r == 0 && !k->initrd)
		r = find_named(e, initrd_names, ARRAY_SIZE(initrd_names), k->version,
			       &k->initrd, &k->initrd_size, err);
	if (r == 0 && pkgbase && !k->initrd)
		r = find_named(e, initrd_names, ARRAY_SIZE(initrd_names), pkgbase,
			       &k->initrd, &k->initrd_size, err);
	/* Fedora keeps a copy there; alone it says that the kernel is installed. */
	if (r == 0 && !k->image && own && k->initrd)
		r = fetch_follow(e, own, &k->image, &size, err);
	return r;
}

/* --- modules --- */

typedef int (*parse_fn)(struct kernel *k, const struct bytes *text,
			struct cvt_error *err);

static int read_index(struct engine *e, struct kernel *k, const char *name,
		      parse_fn parse, struct cvt_error *err)
{
	CLEANUP_FREE char *path = print("%s/%s", k->modules_dir, name);
	CLEANUP_BYTES struct bytes text = { 0 };
	int r;

	if (!path)
		return error_nomem(err);
	r = engine_read(e, path, MODULES_INDEX_MAX, &text, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = parse(k, &text, err);
	return r < 0 ? error_place(err, r, ERR_FILE_INVALID, path) : 0;
}

static int list_indexes(struct engine *e, struct kernel *k, struct cvt_error *err)
{
	CLEANUP_NAMES struct names names = { 0 };
	int r = engine_list(e, k->modules_dir, &names, err);

	for (size_t i = 0; i < names.n && r == 0; i++)
		if (strncmp(names.v[i], "modules.", strlen("modules.")) == 0 &&
		    names_add(&k->indexes, names.v[i]) < 0)
			return error_nomem(err);
	return r;
}

/* @conf: all of modprobe.d, for its softdeps. */
static int read_modules(struct engine *e, struct kernel *k, const struct bytes *conf,
			struct cvt_error *err)
{
	int r = list_indexes(e, k, err);

	if (r == 0)
		r = read_index(e, k, "modules.dep", modules_parse_dep, err);
	if (r == 0)
		r = read_index(e, k, "modules.builtin", modules_parse_builtin, err);
	if (r == 0)
		r = read_index(e, k, "modules.softdep", modules_parse_softdep, err);
	if (r == 0)
		r = modules_parse_softdep(k, conf, err);
	if (r == 0)
		r = read_index(e, k, "modules.alias", modules_parse_alias, err);
	return r;
}

/* From any module: the image itself is no ELF file on x86. */
static int find_arch(struct engine *e, struct kernel *k, struct cvt_error *err)
{
	CLEANUP_DECODER struct decoder *d = NULL;
	CLEANUP_BYTES struct bytes head = { 0 };
	CLEANUP_FREE char *path = NULL;
	uint8_t out[ELF_HEAD] = { 0 };
	struct decoder_io io;
	const char *arch;
	int r;

	if (k->n_modules == 0)
		return 0;
	path = print("%s/%s", k->modules_dir, k->modules[0].file);
	if (!path)
		return error_nomem(err);
	r = fetch_part(e, path, 0, 65536, &head, err);
	if (r < 0 || !head.data)
		return r;
	arch = elf_arch(head.data, head.len);
	if (!arch && decoder_open(head.data, head.len, &d, NULL) == 0) {
		io = (struct decoder_io){ (uint8_t *)head.data, head.len, true, out,
					  sizeof(out) };
		if (decoder_run(d, &io, NULL) >= 0)
			arch = elf_arch(out, sizeof(out) - io.n_out);
	}
	if (arch && !(k->arch = strdup(arch)))
		return error_nomem(err);
	return 0;
}

static int read_modprobe_conf(struct engine *e, struct bytes *ret, struct cvt_error *err)
{
	static const char *const dirs[] = { "/etc/modprobe.d", "/lib/modprobe.d",
					    "/usr/lib/modprobe.d" };

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		CLEANUP_NAMES struct names names = { 0 };
		struct cvt_error why = { 0 };
		int r = engine_list(e, dirs[i], &names, &why);

		for (size_t j = 0; j < names.n && r == 0; j++) {
			CLEANUP_FREE char *path = print("%s/%s", dirs[i], names.v[j]);
			CLEANUP_BYTES struct bytes text = { 0 };
			size_t n = strlen(names.v[j]);

			if (!path)
				return error_nomem(err);
			if (n < 5 || strcmp(names.v[j] + n - 5, ".conf") != 0)
				continue;
			r = engine_read(e, path, CONF_MAX - ret->len, &text, &why);
			if (r == -ENOENT || fetch_is_guests_fault(r, &why))
				r = 0;
			else if (r == 0 && (bytes_append(ret, text.data, text.len) < 0 ||
					    bytes_append(ret, "\n", 1) < 0))
				return error_nomem(err);
			if (ret->len >= CONF_MAX)
				return 0;
		}
		if (r < 0 && r != -ENOENT && !fetch_is_guests_fault(r, &why))
			return error_pass(err, r, &why);
	}
	return 0;
}

/* --- kernels --- */

static bool is_version(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f || name[i] == '/')
			return false;
	return n > 0 && n < VERSION_MAX && name[0] != '.';
}

static bool is_there(struct engine *e, const char *path, enum file_kind kind)
{
	struct file_stat st;

	return engine_stat(e, path, &st, NULL) == 0 && st.kind == kind;
}

static struct kernel *add_kernel(struct guest *g)
{
	struct kernel *grown = realloc(g->kernels, (g->n_kernels + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	g->kernels = grown;
	g->kernels[g->n_kernels] = (struct kernel){ 0 };
	return &g->kernels[g->n_kernels++];
}

/* What can be told once its files are known. */
static int learn(struct engine *e, struct kernel *k, const struct bytes *conf,
		 struct cvt_error *err)
{
	int r = read_modules(e, k, conf, err);

	if (r == 0)
		r = find_arch(e, k, err);
	if (r == 0 && k->initrd)
		r = inspect_initrd(e, k, err);
	return r;
}

/* A version that is installed: its modules, and where. */
struct installed {
	const char *version, *dir;
	const struct bytes *conf;
};

/* Take it in as @b starts it, or, if that is NULL, as it lies in /boot.  1: there is none. */
static int take_kernel(struct engine *e, struct guest *g, const struct installed *v,
		       const struct boot_entry *b, struct cvt_error *err)
{
	struct kernel *k = add_kernel(g);
	int r;

	if (!k)
		return error_nomem(err);
	k->version = strdup(v->version);
	k->modules_dir = strdup(v->dir);
	if (!k->version || !k->modules_dir)
		return error_nomem(err);
	r = b ? use_entry(b, k, err) : find_boot_files(e, g, k, err);
	if (r == 0 && k->image)
		r = learn(e, k, v->conf, err);
	if (r == 0 && k->image)
		return 0;
	kernel_clear(k);
	g->n_kernels--;
	return r < 0 ? r : 1;
}

static bool is_taken(const struct guest *g, const struct boot_entry *b)
{
	const struct kernel *k = guest_entry_kernel(g, b);

	return k &&
	       (!b->initramfs || (k->initrd && strcmp(k->initrd, b->initramfs) == 0));
}

/* The other ways in which it is started. */
static int take_copies(struct engine *e, struct guest *g, const struct installed *v,
		       struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < g->n_entries && r == 0 && g->n_kernels < KERNELS_MAX; i++)
		if (starts_version(&g->entries[i], v->version) &&
		    !is_taken(g, &g->entries[i]))
			r = take_kernel(e, g, v, &g->entries[i], err);
	return r < 0 ? r : 0;
}

/* Take the kernel in, or leave a note. */
static int inspect_kernel(struct engine *e, struct guest *g, const char *root,
			  const char *version, const struct bytes *conf,
			  struct cvt_error *err)
{
	CLEANUP_FREE char *dir = print("%s/%s", root, version);
	CLEANUP_FREE char *dep = print("%s/%s/modules.dep", root, version);
	const struct installed v = { version, dir, conf };
	struct cvt_error why = { 0 };
	int r;

	if (!dir || !dep)
		return error_nomem(err);
	if (!is_version(version) || !is_there(e, dir, FILE_DIRECTORY) ||
	    !is_there(e, dep, FILE_REGULAR))
		return 0;
	r = take_kernel(e, g, &v, NULL, &why);
	if (r == 0)
		r = take_copies(e, g, &v, &why);
	if (r < 0 && !fetch_is_guests_fault(r, &why))
		return error_pass(err, r, &why);
	if (r == 0)
		return 0;
	r = r < 0 ? guest_note(g, "kernel-unreadable", dir, why.msg)
		  : guest_note(g, "kernel-leftover", dir,
			       "modules without a kernel that boots");
	return r < 0 ? error_nomem(err) : 0;
}

int inspect_kernels(struct engine *e, struct guest *g, struct cvt_error *err)
{
	CLEANUP_NAMES struct names versions = { 0 };
	CLEANUP_BYTES struct bytes conf = { 0 };
	const char *root;
	int r = find_modules_root(e, &root, err);

	if (r == 0)
		r = engine_list(e, root, &versions, err);
	if (r == 0)
		r = read_modprobe_conf(e, &conf, err);
	for (size_t i = 0; i < versions.n && r == 0 && g->n_kernels < KERNELS_MAX; i++)
		r = inspect_kernel(e, g, root, versions.v[i], &conf, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (g->n_kernels == 0 &&
	    guest_note(g, "no-kernel", root, "no kernel with modules is installed") < 0)
		return error_nomem(err);
	if (g->n_kernels == KERNELS_MAX &&
	    guest_note(g, "too-many-kernels", root, "further kernels were left alone") <
		    0)
		return error_nomem(err);
	return 0;
}
