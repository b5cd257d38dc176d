/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The description of a machine as data: built up, put in order, released. */
#include <config.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "vm/vm.h"

static const char *const formats[] = {
	[VM_OVF] = "ovf",
	[VM_LIBVIRT] = "libvirt",
	[VM_VMX] = "vmx",
	[VM_JSON] = "json",
};

static const char *const buses[] = {
	[VM_BUS_UNKNOWN] = NULL, [VM_BUS_IDE] = "ide",	 [VM_BUS_SCSI] = "scsi",
	[VM_BUS_SATA] = "sata",	 [VM_BUS_NVME] = "nvme", [VM_BUS_VIRTIO] = "virtio",
	[VM_BUS_XEN] = "xen",	 [VM_BUS_USB] = "usb",
};

const char *vm_format_name(enum vm_format f)
{
	return formats[f];
}

const char *vm_bus_name(enum vm_bus bus)
{
	return buses[bus];
}

enum vm_bus vm_bus_find(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(buses); i++)
		if (buses[i] && strcasecmp(buses[i], name) == 0)
			return (enum vm_bus)i;
	return VM_BUS_UNKNOWN;
}

void vm_clear(struct vm *vm)
{
	for (size_t i = 0; i < vm->n_disks; i++) {
		free(vm->disks[i].file);
		free(vm->disks[i].format);
	}
	for (size_t i = 0; i < vm->n_nics; i++)
		free(vm->nics[i].model);
	free(vm->disks);
	free(vm->nics);
	free(vm->name);
	*vm = (struct vm){ 0 };
}

int vm_add_disk(struct vm *vm, struct vm_disk **ret, struct cvt_error *err)
{
	struct vm_disk *grown;

	if (vm->n_disks == VM_MAX_DISKS)
		return error_set(err, -E2BIG, "more than %d disks", VM_MAX_DISKS);
	grown = realloc(vm->disks, (vm->n_disks + 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	vm->disks = grown;
	grown[vm->n_disks] = (struct vm_disk){ 0 };
	*ret = &grown[vm->n_disks++];
	return 0;
}

int vm_add_nic(struct vm *vm, struct vm_nic **ret, struct cvt_error *err)
{
	struct vm_nic *grown;

	if (vm->n_nics == VM_MAX_NICS)
		return error_set(err, -E2BIG, "more than %d network cards", VM_MAX_NICS);
	grown = realloc(vm->nics, (vm->n_nics + 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	vm->nics = grown;
	grown[vm->n_nics] = (struct vm_nic){ 0 };
	*ret = &grown[vm->n_nics++];
	return 0;
}

int vm_set_text(char **field, const char *text, struct cvt_error *err)
{
	char *copy = text && *text ? strdup(text) : NULL;

	if (text && *text && !copy)
		return error_nomem(err);
	free(*field);
	*field = copy;
	return 0;
}

int vm_set_model(struct vm_nic *nic, const char *model, struct cvt_error *err)
{
	int r = vm_set_text(&nic->model, model, err);

	for (char *p = nic->model; r == 0 && p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return r;
}

/* "00:0C:29:3c:98:3e", with dashes, or twelve digits as VirtualBox writes them. */
void vm_set_mac(struct vm_nic *nic, const char *text)
{
	char mac[18] = "";
	size_t n = 0;

	for (; text && *text; text++) {
		if ((*text == ':' || *text == '-') && n > 0 && n % 3 == 0)
			continue;
		if (!isxdigit((unsigned char)*text) || n >= 18)
			return;
		mac[n++] = (char)tolower((unsigned char)*text);
		if (n % 3 == 2)
			mac[n++] = ':';
	}
	if (n != 18)
		return;
	mac[17] = '\0';
	memcpy(nic->mac, mac, sizeof(nic->mac));
}

unsigned vm_number(const char *text, unsigned max)
{
	unsigned n = 0;

	if (!text || !isdigit((unsigned char)*text))
		return 0;
	for (; isdigit((unsigned char)*text); text++) {
		if (n > (max - (unsigned)(*text - '0')) / 10)
			return max;
		n = n * 10 + (unsigned)(*text - '0');
	}
	return n;
}

static bool comes_before(const struct vm_disk *a, const struct vm_disk *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->controller != b->controller)
		return a->controller < b->controller;
	return a->unit < b->unit;
}

void vm_sort_disks(struct vm *vm)
{
	for (size_t i = 1; i < vm->n_disks; i++) {
		struct vm_disk moved = vm->disks[i];
		size_t k = i;

		for (; k > 0 && comes_before(&moved, &vm->disks[k - 1]); k--)
			vm->disks[k] = vm->disks[k - 1];
		vm->disks[k] = moved;
	}
}

/* A name of a file in the directory of the description, or below it. */
static bool stays_inside(const char *file)
{
	/* A datastore, a URL, or a path of Windows. */
	if (*file == '/' || *file == '[' || strstr(file, "://") || strchr(file, '\\'))
		return false;
	for (const char *p = file; *p; p += strspn(p, "/")) {
		size_t n = strcspn(p, "/");

		if (n == 2 && memcmp(p, "..", 2) == 0)
			return false;
		p += n;
	}
	return true;
}

int vm_disk_path(const struct vm *vm, const struct vm_disk *disk, const char *dir,
		 char **ret, struct cvt_error *err)
{
	const char *file = disk->file;

	if (!file)
		return error_set(err, -EINVAL, "disk %zu of the machine is %s",
				 (size_t)(disk - vm->disks) + 1,
				 disk->elsewhere ? disk->elsewhere : "empty");
	if ((vm->format == VM_OVF || vm->format == VM_VMX) && !stays_inside(file))
		return error_set(err, -EINVAL,
				 "disk %zu of the machine, '%s', does not lie beside the "
				 "description",
				 (size_t)(disk - vm->disks) + 1, file);
	if (asprintf(ret, "%s%s%s", *file == '/' ? "" : dir, *file == '/' ? "" : "/",
		     file) < 0) {
		*ret = NULL;
		return error_nomem(err);
	}
	return 0;
}
