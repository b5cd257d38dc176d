/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which GRUB for UEFI a guest's packages have brought along, and what the ESP gets of it. */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "format/grub_cfg.h"
#include "format/pe.h"
#include "step/efi_loader.h"

/* Where packages keep their loaders for x86-64, the best first.  A shim starts @next. */
static const struct efi_source {
	const char *shim; /* NULL: GRUB is started at once */
	const char *grub;
	const char *next;		  /* the name of GRUB beside the shim */
	const char *helper, *helper_name; /* of the shim; NULL: none */
} sources[] = {
	/* shim-signed with grub-efi-amd64-signed, Debian and Ubuntu */
	{ "/usr/lib/shim/shimx64.efi.signed",
	  "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "grubx64.efi",
	  "/usr/lib/shim/mmx64.efi*", "mmx64.efi" },
	/* shim-x64 with grub2-efi-x64: files of the packages, where no ESP is mounted */
	{ "/boot/efi/EFI/*/shimx64.efi", "/boot/efi/EFI/*/grubx64.efi", "grubx64.efi",
	  "/boot/efi/EFI/*/mmx64.efi", "mmx64.efi" },
	/* The same as Fedora has them since 43 */
	{ "/usr/lib/efi/shim/*/EFI/*/shimx64.efi",
	  "/usr/lib/efi/grub2/*/EFI/*/grubx64.efi", "grubx64.efi",
	  "/usr/lib/efi/shim/*/EFI/*/mmx64.efi", "mmx64.efi" },
	/* shim with grub2-x86_64-efi, SUSE since 15 SP1, and before */
	{ "/usr/share/efi/x86_64/shim.efi", "/usr/share/efi/x86_64/grub.efi", "grub.efi",
	  "/usr/share/efi/x86_64/MokManager.efi", "MokManager.efi" },
	{ "/usr/lib64/efi/shim.efi", "/usr/lib64/efi/grub.efi", "grub.efi",
	  "/usr/lib64/efi/MokManager.efi", "MokManager.efi" },
	/* Without Secure Boot: grub-efi-amd64-bin, grub2-efi-x64, grub2-x86_64-efi */
	{ NULL, "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "grubx64.efi", NULL,
	  NULL },
	{ NULL, "/usr/lib/grub/x86_64-efi/monolithic/grubx64.efi", "grubx64.efi", NULL,
	  NULL },
	{ NULL, "/boot/efi/EFI/*/grubx64.efi", "grubx64.efi", NULL, NULL },
	{ NULL, "/usr/share/grub2/x86_64-efi/grub.efi", "grub.efi", NULL, NULL },
	{ NULL, "/usr/lib64/efi/grub.efi", "grub.efi", NULL, NULL },
};

static const char *const configs[] = { "/boot/grub2/grub.cfg", "/boot/grub/grub.cfg" };

int efi_loader_want(struct wants *w)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sources) && r == 0; i++) {
		const char *const paths[] = { sources[i].shim, sources[i].grub,
					      sources[i].helper };

		for (size_t k = 0; k < ARRAY_SIZE(paths) && r == 0; k++)
			if (paths[k])
				r = want_add(w, paths[k], WANT_BINARY | WANT_FOLLOW);
	}
	for (size_t i = 0; i < ARRAY_SIZE(configs) && r == 0; i++)
		r = want_add(w, configs[i], 0);
	return r;
}

void efi_loader_clear(struct efi_loader *l)
{
	bytes_clear(&l->wrapper);
}

int efi_impossible(const struct guest *g, struct cvt_error *err, const char *why)
{
	return error_raise(err, ERR_FIRMWARE, NULL,
			   "%s cannot be made to boot by UEFI: %s",
			   g->hostname ? g->hostname : "the guest", why);
}

/* "EFI/fedora" of a path of a pattern; the same for all files of one loader. */
static bool are_neighbours(const char *a, const char *b)
{
	const char *x = strstr(a, "/EFI/"), *y = strstr(b, "/EFI/");
	size_t n = x ? strcspn(x + 5, "/") : 0;

	return !x || !y || (strncmp(x, y, 5 + n) == 0 && y[5 + n] == '/');
}

static const struct guest_file *find_file(const struct guest *g, const char *pattern,
					  const struct guest_file *beside)
{
	for (size_t i = 0; pattern && i < g->n_files; i++) {
		const struct guest_file *f = &g->files[i];

		if (!f->link && fnmatch(pattern, f->path, FNM_PATHNAME) == 0 &&
		    pe_machine(&f->data) == PE_X86_64 &&
		    (!beside || are_neighbours(beside->path, f->path)))
			return f;
	}
	return NULL;
}

static bool find_loader(const struct guest *g, struct efi_loader *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		const struct efi_source *s = &sources[i];

		l->source = s;
		l->shim = find_file(g, s->shim, NULL);
		l->grub = find_file(g, s->grub, l->shim);
		l->helper = find_file(g, s->helper, l->shim);
		if (l->grub && (l->shim || !s->shim) &&
		    grub_image_prefix(&l->grub->data, l->prefix) == 0)
			return true;
	}
	return false;
}

/* Does any of what @device lies on have a key?  What it lies on has a smaller index. */
static int is_encrypted(const struct guest *g, size_t device)
{
	CLEANUP_FREE bool *is_below = calloc(device + 1, sizeof(*is_below));

	if (!is_below)
		return -ENOMEM;
	is_below[device] = true;
	for (size_t i = device + 1; i-- > 0;) {
		const struct device *d = &g->devices[i];

		if (is_below[i] && d->kind == DEVICE_LUKS)
			return 1;
		for (size_t k = 0; is_below[i] && k < d->n_below; k++)
			is_below[d->below[k]] = true;
	}
	return 0;
}

/* Where GRUB finds @path: the UUID of its file system, and its path there. */
static int locate(const struct guest *g, const char *path, const char **uuid, char **ret,
		  struct cvt_error *err)
{
	const struct mount *m = guest_mount_of(g, path);
	const struct device *d = m ? &g->devices[m->device] : NULL;
	const struct subvolume *s = m ? guest_subvolume(g, m->device, m->subvol) : NULL;
	const char *rest =
		m && strcmp(m->where, "/") != 0 ? path + strlen(m->where) : path;
	int r;

	if (!d || !d->uuid)
		return efi_impossible(g, err, "the file system of its grub.cfg has no UUID");
	r = is_encrypted(g, m->device);
	if (r != 0)
		return r < 0 ? error_nomem(err)
			     : efi_impossible(
				       g, err,
				       "the file system of its grub.cfg is encrypted");
	*uuid = d->uuid;
	if (asprintf(ret, "%s%s%s", s && *s->path ? "/" : "", s ? s->path : "", rest) <
	    0) {
		*ret = NULL;
		return error_nomem(err);
	}
	return 0;
}

/* GRUB of a PC starts kernels by linux16 as Red Hat configures it, which that of UEFI has
 * not: what has no command is looked for among the functions.
 */
static const char functions[] = "function linux16 {\n\tlinuxefi \"$@\"\n}\n"
				"function initrd16 {\n\tinitrdefi \"$@\"\n}\n";

static int uses_linux16(const char *text, bool *ret)
{
	CLEANUP_GRUB_CFG struct grub_cfg cfg = { 0 };
	int r = grub_cfg_entries(text, strlen(text), NULL, &cfg);

	*ret = false;
	for (size_t i = 0; i < cfg.n && r == 0; i++)
		if (cfg.entries[i].linux_cmd &&
		    strcmp(cfg.entries[i].linux_cmd, "linux16") == 0)
			*ret = true;
	return r;
}

static int make_wrapper(const struct guest *g, struct efi_loader *l, struct cvt_error *err)
{
	CLEANUP_FREE char *path = NULL, *text = NULL;
	const char *uuid = NULL;
	bool is_16 = false;
	int r = locate(g, l->config, &uuid, &path, err);

	if (r < 0)
		return r;
	if (path[0] != '/' || strpbrk(path, "'\"\\$`\n") || strpbrk(uuid, " '\"\\$`;\n"))
		return efi_impossible(g, err, "the path of its grub.cfg is no plain text");
	if (uses_linux16(guest_text(g, l->config), &is_16) < 0)
		return error_nomem(err);
	*strrchr(path, '/') = '\0';
	if (asprintf(&text,
		     "search.fs_uuid %s root\nset prefix=($root)'%s'\n%s"
		     "configfile $prefix/grub.cfg\n",
		     uuid, path, is_16 ? functions : "") < 0) {
		text = NULL;
		return error_nomem(err);
	}
	return bytes_set(&l->wrapper, text, strlen(text)) < 0 ? error_nomem(err) : 0;
}

int efi_loader_choose(const struct guest *g, struct efi_loader *l, struct cvt_error *err)
{
	const char *arch = guest_arch(g);

	for (size_t i = 0; i < ARRAY_SIZE(configs) && !l->config; i++)
		if (guest_text(g, configs[i]))
			l->config = configs[i];
	if (!g->loader || strcmp(g->loader, "grub2") != 0 || !l->config)
		return efi_impossible(g, err, "its boot loader is not GRUB 2");
	if (arch && strcmp(arch, "x86_64") != 0)
		return efi_impossible(g, err, "its kernel is not one for x86-64");
	if (!find_loader(g, l)) {
		int r = efi_impossible(g, err,
				   "no package has brought a GRUB for UEFI along");

		return error_remedy(
			err, r,
			"install the package in the guest (Debian: grub-efi-amd64-signed "
			"and shim-signed, Red Hat: grub2-efi-x64 and shim-x64, SUSE: "
			"grub2-x86_64-efi and shim), then replicate again");
	}
	return make_wrapper(g, l, err);
}

static void add(struct efi_files *list, const char *dir, const char *name,
		const struct bytes *data)
{
	snprintf(list->paths[list->n], sizeof(list->paths[0]), "%s/%s", dir, name);
	list->v[list->n] = (struct fat_file){ list->paths[list->n], data };
	list->n++;
}

/* All that starts from EFI/BOOT; and where GRUB has a directory of its own, the same there,
 * as its package would install it.
 */
void efi_loader_files(const struct efi_loader *l, struct efi_files *list)
{
	const char *own = l->prefix[0] ? l->prefix + 1 : "";
	const char *dirs[] = { "EFI/BOOT", own };

	list->n = 0;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		const char *first = i == 0     ? "BOOTX64.EFI"
				    : !l->shim ? l->source->next
				    : strcmp(l->source->next, "grub.efi") == 0
					    ? "shim.efi"
					    : "shimx64.efi";

		if (!*dirs[i] || (i > 0 && strcasecmp(dirs[i], dirs[0]) == 0))
			continue;
		add(list, dirs[i], first, &(l->shim ? l->shim : l->grub)->data);
		if (l->shim)
			add(list, dirs[i], l->source->next, &l->grub->data);
		if (l->helper)
			add(list, dirs[i], l->source->helper_name, &l->helper->data);
		add(list, dirs[i], "grub.cfg", &l->wrapper);
	}
}

