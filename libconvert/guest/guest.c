/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "guest/guest.h"

const struct guest_file *guest_file(const struct guest *g, const char *path)
{
	for (size_t i = 0; i < g->n_files; i++)
		if (strcmp(g->files[i].path, path) == 0)
			return &g->files[i];
	return NULL;
}

const char *guest_text(const struct guest *g, const char *path)
{
	const struct guest_file *f = guest_file(g, path);

	if (!f || f->link || bytes_has_nul(&f->data))
		return NULL;
	return f->data.data ? f->data.data : "";
}

const struct mount *guest_mount_of(const struct guest *g, const char *path)
{
	const struct mount *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < g->n_mounts; i++) {
		const char *where = g->mounts[i].where;
		size_t n = strcmp(where, "/") == 0 ? 0 : strlen(where);

		if (strncmp(path, where, n) != 0 || (path[n] != '/' && path[n] != '\0'))
			continue;
		if (!best || n > best_len) {
			best = &g->mounts[i];
			best_len = n;
		}
	}
	return best;
}

const struct device *guest_device_at(const struct guest *g, const char *where)
{
	for (size_t i = 0; i < g->n_mounts; i++)
		if (strcmp(g->mounts[i].where, where) == 0)
			return &g->devices[g->mounts[i].device];
	return NULL;
}

/* GPT type of an EFI system partition (UEFI 2.10, 5.3.3), and its MBR twin. */
bool device_is_esp(const struct device *d)
{
	return d->parttype &&
	       (strcasecmp(d->parttype, "c12a7328-f81f-11d2-ba4b-00a0c93ec93b") == 0 ||
		strcasecmp(d->parttype, "0xef") == 0);
}

const struct device *guest_device_by_name(const struct guest *g, const char *name)
{
	for (size_t i = 0; i < g->n_devices; i++)
		if (strcmp(g->devices[i].name, name) == 0)
			return &g->devices[i];
	if (g->table.disk.name && strcmp(g->table.disk.name, name) == 0)
		return &g->table.disk;
	return NULL;
}

bool guest_has_systemd(const struct guest *g)
{
	return !g->init || strcmp(g->init, "systemd") == 0;
}

bool guest_is_below_another(const struct guest *g, const struct device *d)
{
	const size_t index = (size_t)(d - g->devices);

	for (size_t i = 0; i < g->n_devices; i++)
		for (size_t k = 0; k < g->devices[i].n_below; k++)
			if (g->devices[i].below[k] == index)
				return true;
	return false;
}

const struct module *kernel_module(const struct kernel *k, const char *name)
{
	for (size_t i = 0; i < k->n_modules; i++)
		if (strcmp(k->modules[i].name, name) == 0)
			return &k->modules[i];
	return NULL;
}

const char *guest_arch(const struct guest *g)
{
	const char *arch = NULL;

	for (size_t i = 0; i < g->n_kernels; i++)
		if (g->kernels[i].arch && (!arch || g->kernels[i].is_default))
			arch = g->kernels[i].arch;
	return arch;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

const struct kernel *guest_entry_kernel(const struct guest *g, const struct boot_entry *e)
{
	const struct kernel *found = NULL;

	for (size_t i = 0; i < g->n_kernels; i++) {
		if (!same(g->kernels[i].image, e->image))
			continue;
		if (same(g->kernels[i].initrd, e->initramfs))
			return &g->kernels[i];
		found = found ? found : &g->kernels[i];
	}
	return found;
}

enum module_state kernel_module_state(const struct kernel *k, const char *name)
{
	if (names_has(&k->builtin, name))
		return MODULE_BUILTIN;
	return kernel_module(k, name) ? MODULE_LOADABLE : MODULE_MISSING;
}

void module_name(const char *file, char *out, size_t size)
{
	const char *base = strrchr(file, '/');
	size_t n;

	base = base ? base + 1 : file;
	n = strcspn(base, ".");
	if (n >= size)
		n = size - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = base[i] == '-' ? '_' : base[i];
	out[n] = '\0';
}

struct device *guest_add_device(struct guest *g)
{
	struct device *grown = realloc(g->devices, (g->n_devices + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	g->devices = grown;
	g->devices[g->n_devices] = (struct device){ 0 };
	return &g->devices[g->n_devices++];
}

int device_add_below(struct device *d, size_t below)
{
	size_t *grown = realloc(d->below, (d->n_below + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	d->below = grown;
	d->below[d->n_below++] = below;
	return 0;
}

int guest_add_file(struct guest *g, const char *path, struct bytes *data, mode_t mode)
{
	CLEANUP_BYTES struct bytes owned = bytes_take(data);
	struct guest_file *grown = realloc(g->files, (g->n_files + 1) * sizeof(*grown));
	char *copy = strdup(path);

	if (grown)
		g->files = grown;
	if (!grown || !copy) {
		free(copy);
		return -ENOMEM;
	}
	g->files[g->n_files++] = (struct guest_file){
		.path = copy,
		.data = bytes_take(&owned),
		.mode = mode,
	};
	return 0;
}

int guest_note(struct guest *g, const char *id, const char *path, const char *text)
{
	CLEANUP_FREE char *line = NULL;

	if (asprintf(&line, "%s\t%s\t%s", id, path ? path : "", text) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	return names_add_new(&g->notes, line);
}

static void device_clear(struct device *d)
{
	free(d->name);
	free(d->vg);
	free(d->lv);
	names_clear(&d->links);
	free(d->below);
	free(d->shut_why);
	free(d->partuuid);
	free(d->partlabel);
	free(d->parttype);
	free(d->type);
	free(d->uuid);
	free(d->label);
	free(d->last_mounted);
}

void kernel_clear(struct kernel *k)
{
	free(k->version);
	free(k->arch);
	free(k->image);
	free(k->initrd);
	free(k->modules_dir);
	for (size_t i = 0; i < k->n_modules; i++) {
		free(k->modules[i].name);
		free(k->modules[i].file);
		names_clear(&k->modules[i].needs);
	}
	free(k->modules);
	names_clear(&k->builtin);
	names_clear(&k->indexes);
	free(k->generator);
	free(k->initrd_script);
	free(k->initrd_why);
	names_clear(&k->initrd_modules);
	names_clear(&k->initrd_programs);
	names_clear(&k->initrd_lvm);
	free(k->initrd_dir);
}

void boot_entry_clear(struct boot_entry *e)
{
	free(e->title);
	free(e->id);
	free(e->version);
	free(e->config);
	free(e->kernel);
	free(e->initrd);
	free(e->cmdline);
	free(e->image);
	free(e->initramfs);
}

const struct account *guest_account(const struct guest *g, const char *name)
{
	for (size_t i = 0; i < g->n_accounts; i++)
		if (strcmp(g->accounts[i].name, name) == 0)
			return &g->accounts[i];
	return NULL;
}

void guest_clear(struct guest *g)
{
	for (size_t i = 0; i < g->n_accounts; i++) {
		free(g->accounts[i].name);
		free(g->accounts[i].home);
		free(g->accounts[i].why);
	}
	free(g->accounts);
	free(g->os_id);
	free(g->os_version);
	free(g->os_name);
	free(g->hostname);
	free(g->init);
	free(g->loader);
	free(g->esp);
	for (size_t i = 0; i < g->n_devices; i++)
		device_clear(&g->devices[i]);
	free(g->devices);
	for (size_t i = 0; i < g->n_mounts; i++)
		free(g->mounts[i].where);
	free(g->mounts);
	free(g->checks);
	free(g->bios_disks);
	free(g->disk_sizes);
	device_clear(&g->table.disk);
	pieces_clear(&g->table.pieces);
	names_clear(&g->bios_broken);
	free(g->root_spec);
	for (size_t i = 0; i < g->n_source_disks; i++)
		free(g->source_disks[i].id);
	free(g->source_disks);
	for (size_t i = 0; i < g->n_subvolumes; i++)
		free(g->subvolumes[i].path);
	free(g->subvolumes);
	for (size_t i = 0; i < g->n_hibernations; i++)
		free(g->hibernations[i].path);
	free(g->hibernations);
	for (size_t i = 0; i < g->n_entries; i++)
		boot_entry_clear(&g->entries[i]);
	free(g->entries);
	for (size_t i = 0; i < g->n_kernels; i++)
		kernel_clear(&g->kernels[i]);
	free(g->kernels);
	for (size_t i = 0; i < g->n_files; i++) {
		free(g->files[i].path);
		free(g->files[i].link);
		bytes_clear(&g->files[i].data);
	}
	free(g->files);
	free(g->space);
	names_clear(&g->network_sources);
	nics_clear(&g->leases);
	names_clear(&g->notes);
	*g = (struct guest){ 0 };
}
