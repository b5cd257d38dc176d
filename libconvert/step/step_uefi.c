/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The UEFI fallback loader.  Boot entries live in the firmware's variables and
 * stay behind on the old machine; a new one starts \EFI\BOOT\BOOT<ARCH>.EFI
 * (UEFI specification 2.10, 3.5.1.1).  Where that is missing, the loader of the
 * guest's vendor is copied to it, with what it needs beside it:
 *
 * - shim starts the grub<arch>.efi of its own directory, and MokManager.
 *   fb<arch>.efi is not copied: with it shim would write boot entries from the
 *   vendor's CSV and, with a TPM, reset, which never ends where the firmware
 *   forgets its variables.
 * - A grub.cfg that only hands over to the one in /boot is copied: SUSE's GRUB
 *   looks beside itself and nowhere else.  A full one is not: the guest would
 *   renew the vendor's and go on booting the copy, with kernels long removed.
 *   GRUBs with a full one (RHEL 7) fall back to their built-in directory.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "format/grub_cfg.h"
#include "format/pe.h"
#include "step/step.h"

#define DIRS_MAX 256  /* looks at directories; no firmware's user has more loaders */
#define CLUSTER 32768 /* bytes; the largest on a vfat that firmware reads */

static const struct arch {
	const char *suffix; /* "shimx64.efi" */
	const char *fallback;
	unsigned machine; /* of the PE header */
} archs[] = {
	{ "x64", "BOOTX64.EFI", PE_X86_64 },
	{ "aa64", "BOOTAA64.EFI", PE_ARM64 },
	{ "ia32", "BOOTIA32.EFI", PE_I386 },
};

/* Loaders, the best first; '*' stands for the suffix.  One whose @next is missing is no loader. */
static const struct loader {
	const char *name;
	const char *next;   /* started by it from its own directory; NULL: none */
	const char *helper; /* copied if there; NULL: none */
	bool is_grub;
} loaders[] = {
	{ "shim*.efi", "grub*.efi", "mm*.efi", true },
	{ "shim.efi", "grub.efi", "MokManager.efi", true }, /* SUSE */
	{ "grub*.efi", NULL, NULL, true },
	{ "grub.efi", NULL, NULL, true },
	{ "systemd-boot*.efi", NULL, NULL, false },
};

/* Directories that are not called as os-release's ID. */
static const struct {
	const char *os_id, *dir;
} vendors[] = {
	{ "ol", "redhat" },
	{ "opensuse-leap", "opensuse" },
	{ "opensuse-tumbleweed", "opensuse" },
	{ "rhel", "redhat" },
	{ "sles_sap", "sles" },
};

/* A file at ESP/EFI/DIR/BASE. */
struct place {
	const struct guest_file *file;
	const char *efi; /* in file->path */
	const char *dir;
	size_t dir_len;
	const char *base;
};

/* --- what to read --- */

/* ESP/EFI/DIR/BASE where names have any case, as on vfat.  BASE: '*' is the suffix. */
static char *any_case(const char *esp, const char *dir, const char *base,
		      const char *suffix)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	CLEANUP_FREE char *tail = NULL;
	const char *star = strchr(base, '*');
	int n = star ? asprintf(&tail, "/EFI/%s/%.*s%s%s", dir, (int)(star - base), base,
				suffix, star + 1)
		     : asprintf(&tail, "/EFI/%s/%s", dir, base);

	if (n < 0)
		tail = NULL;
	if (!f)
		return NULL;
	fputs(esp, f);
	for (const char *c = tail; c && *c; c++) {
		char lower = (char)(*c | 0x20), upper = (char)(lower & ~0x20);

		if (lower >= 'a' && lower <= 'z')
			fprintf(f, "[%c%c]", upper, lower);
		else
			fputc(*c, f);
	}
	if (fclose(f) != 0 || !tail) {
		free(text);
		return NULL;
	}
	return text;
}

static int want_binary(struct wants *w, const char *esp, const char *dir,
		       const char *base, const struct arch *arch)
{
	CLEANUP_FREE char *pattern = any_case(esp, dir, base, arch->suffix);

	return pattern && want_add(w, pattern, WANT_BINARY) == 0 ? 0 : -ENOMEM;
}

static int want_loaders(struct wants *w, const char *esp, const struct arch *arch)
{
	int r = want_binary(w, esp, "BOOT", arch->fallback, arch);

	for (size_t i = 0; i < ARRAY_SIZE(loaders) && r == 0; i++) {
		const struct loader *l = &loaders[i];

		r = want_binary(w, esp, "*", l->name, arch);
		if (r == 0 && l->next)
			r = want_binary(w, esp, "*", l->next, arch);
		if (r == 0 && l->helper)
			r = want_binary(w, esp, "*", l->helper, arch);
	}
	return r;
}

static bool is_uefi(const struct guest *g)
{
	return (g->firmware & FIRMWARE_UEFI) && g->esp;
}

/* The grub.cfg files beside the loaders are asked for by step_bootloader. */
static int want_uefi(const struct guest *g, const struct request *q, struct wants *w,
		     struct cvt_error *err)
{
	(void)q;
	for (size_t i = 0; is_uefi(g) && i < ARRAY_SIZE(archs); i++)
		if (want_loaders(w, g->esp, &archs[i]) < 0)
			return error_nomem(err);
	return 0;
}

/* --- what is there --- */

static bool locate(const struct guest *g, const struct guest_file *f, struct place *ret)
{
	size_t n = strcmp(g->esp, "/") == 0 ? 0 : strlen(g->esp);
	const char *slash;

	if (f->link || strncmp(f->path, g->esp, n) != 0 || f->path[n] != '/' ||
	    strncasecmp(f->path + n, "/EFI/", 5) != 0)
		return false;
	ret->file = f;
	ret->efi = f->path + n + 1;
	ret->dir = ret->efi + 4;
	slash = strchr(ret->dir, '/');
	if (!slash || strchr(slash + 1, '/'))
		return false;
	ret->dir_len = (size_t)(slash - ret->dir);
	ret->base = slash + 1;
	return true;
}

static bool is_dir(const struct place *p, const char *dir, size_t len)
{
	return p->dir_len == len && strncasecmp(p->dir, dir, len) == 0;
}

/* Whether @base is @name, whose '*' is the suffix. */
static bool is_named(const char *base, const char *name, const struct arch *arch)
{
	size_t head = strcspn(name, "*");
	size_t n = strlen(arch->suffix);

	if (name[head] == '\0')
		return strcasecmp(base, name) == 0;
	return strncasecmp(base, name, head) == 0 &&
	       strncasecmp(base + head, arch->suffix, n) == 0 &&
	       strcasecmp(base + head + n, name + head + 1) == 0;
}

static bool find(const struct guest *g, const char *dir, size_t len, const char *name,
		 const struct arch *arch, struct place *ret)
{
	for (size_t i = 0; i < g->n_files; i++)
		if (locate(g, &g->files[i], ret) && is_dir(ret, dir, len) &&
		    is_named(ret->base, name, arch))
			return true;
	return false;
}

/* The best loader for @arch in a directory; NULL: none. */
static const struct loader *best_loader(const struct guest *g, const char *dir,
					size_t len, const struct arch *arch,
					struct place *ret)
{
	struct place next;

	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++)
		if (find(g, dir, len, loaders[i].name, arch, ret) &&
		    pe_machine(&ret->file->data) == arch->machine &&
		    (!loaders[i].next || find(g, dir, len, loaders[i].next, arch, &next)))
			return &loaders[i];
	return NULL;
}

static const char *vendor_dir(const char *os_id)
{
	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (os_id && strcmp(vendors[i].os_id, os_id) == 0)
			return vendors[i].dir;
	return os_id ? os_id : "";
}

/* 2: the directory of the guest's own system, 1: one with a grub.cfg, 0: another. */
static int rank(const struct guest *g, const struct place *p)
{
	const char *own = vendor_dir(g->os_id);
	struct place cfg;

	if (is_dir(p, own, strlen(own)))
		return 2;
	return find(g, p->dir, p->dir_len, "grub.cfg", &archs[0], &cfg) ? 1 : 0;
}

struct choice {
	const struct arch *arch;
	const struct loader *loader; /* NULL: no vendor has one */
	struct place place;
	bool is_guess; /* several directories, none of them known to be the guest's */
};

/* Of equals the first by name, whatever the order of the files. */
static bool is_better(const struct guest *g, const struct place *a, const struct place *b)
{
	int ra = rank(g, a), rb = rank(g, b);

	return ra != rb ? ra > rb : strcmp(a->dir, b->dir) < 0;
}

static void choose(const struct guest *g, const struct arch *arch, struct choice *ret)
{
	size_t looks = 0;

	*ret = (struct choice){ .arch = arch };
	for (size_t i = 0; i < g->n_files && looks < DIRS_MAX; i++) {
		const struct loader *l;
		struct place p;

		if (!locate(g, &g->files[i], &p) || is_dir(&p, "BOOT", 4))
			continue;
		if (ret->loader && is_dir(&p, ret->place.dir, ret->place.dir_len))
			continue;
		looks++;
		l = best_loader(g, p.dir, p.dir_len, arch, &p);
		if (!l)
			continue;
		ret->is_guess = ret->loader != NULL;
		if (!ret->loader || is_better(g, &p, &ret->place)) {
			ret->loader = l;
			ret->place = p;
		}
	}
	if (ret->loader && rank(g, &ret->place) == 2)
		ret->is_guess = false;
}

/* --- what to write --- */

struct copy {
	const struct guest *g;
	struct plan *p;
	struct cvt_error *err;
	uint64_t size; /* bytes written so far, in whole clusters */
};

static int put(struct copy *c, const struct choice *ch, const char *name,
	       const struct bytes *data)
{
	CLEANUP_BYTES struct bytes copied = { 0 };
	CLEANUP_FREE char *path = NULL;
	struct place there;

	if (find(c->g, "BOOT", 4, name, ch->arch, &there))
		return 0;
	if (asprintf(&path, "%.*s/BOOT/%s",
		     (int)(ch->place.dir - 1 - ch->place.file->path),
		     ch->place.file->path, name) < 0) {
		path = NULL;
		return error_nomem(c->err);
	}
	if (bytes_set(&copied, data->data, data->len) < 0)
		return error_nomem(c->err);
	c->size += (data->len + CLUSTER - 1) / CLUSTER * CLUSTER;
	return plan_write(c->p, c->g, path, &copied,
			  WHY("uefi-fallback",
			      "new firmware has no boot entry for the guest"),
			  c->err);
}

/* The file @name of the loader's directory, under its own name. */
static int put_beside(struct copy *c, const struct choice *ch, const char *name)
{
	struct place p;

	if (!name || !find(c->g, ch->place.dir, ch->place.dir_len, name, ch->arch, &p))
		return 0;
	return put(c, ch, p.base, &p.file->data);
}

static int put_grub_cfg(struct copy *c, const struct choice *ch)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	const char *text;
	struct bytes data;
	struct place p;

	if (!ch->loader->is_grub ||
	    !find(c->g, ch->place.dir, ch->place.dir_len, "grub.cfg", ch->arch, &p))
		return 0;
	text = plan_text(c->p, c->g, p.file->path);
	if (!text)
		return 0;
	data = (struct bytes){ (char *)text, strlen(text) };
	if (grub_cfg_entries(data.data, data.len, NULL, &cfg) < 0)
		return error_nomem(c->err);
	if (cfg.n > 0 || cfg.has_blscfg || !cfg.configfile)
		return 0;
	return put(c, ch, "grub.cfg", &data);
}

static int check_room(const struct copy *c)
{
	const struct mount *m = c->g->esp ? guest_mount_of(c->g, c->g->esp) : NULL;
	uint64_t space;

	if (!m || !c->g->space)
		return 0;
	space = c->g->space[m - c->g->mounts];
	if (c->size <= space)
		return 0;
	return error_raise(c->err, ERR_NO_SPACE, c->g->esp,
			   "the fallback loader needs %" PRIu64
			   " bytes on the EFI system "
			   "partition, %" PRIu64 " are free",
			   c->size, space);
}

static int plan_fallback(struct copy *c, const struct choice *ch)
{
	int r = put(c, ch, ch->arch->fallback, &ch->place.file->data);

	if (r == 0)
		r = put_beside(c, ch, ch->loader->next);
	if (r == 0)
		r = put_beside(c, ch, ch->loader->helper);
	if (r == 0)
		r = put_grub_cfg(c, ch);
	if (r == 0 && ch->is_guess &&
	    plan_warn(
		    c->p, "uefi-vendors", ch->place.file->path,
		    "check that this is the loader of the system to boot",
		    "several loaders are installed and none is known to be the guest's; "
		    "this one becomes the fallback") < 0)
		r = error_nomem(c->err);
	return r;
}

static int plan_uefi(const struct guest *g, const struct request *q, struct plan *p,
		     struct cvt_error *err)
{
	struct copy c = { g, p, err, 0 };
	bool is_bootable = !is_uefi(g);
	int r = 0;

	(void)q;
	for (size_t i = 0; is_uefi(g) && i < ARRAY_SIZE(archs) && r == 0; i++) {
		struct choice ch;
		struct place there;

		if (find(g, "BOOT", 4, archs[i].fallback, &archs[i], &there)) {
			is_bootable = true;
			continue;
		}
		choose(g, &archs[i], &ch);
		if (!ch.loader)
			continue;
		is_bootable = true;
		r = plan_fallback(&c, &ch);
	}
	if (r == 0 && !is_bootable &&
	    plan_warn(p, "uefi-no-loader", g->esp, "install a boot loader in the guest",
		      "no loader that UEFI firmware could start was found") < 0)
		return error_nomem(err);
	return r < 0 ? r : check_room(&c);
}

const struct step step_uefi = {
	.name = "uefi",
	.want = want_uefi,
	.plan = plan_uefi,
};
