/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine as tools/machine-1.schema.json has it. */
#include <config.h>

#include <jansson.h>
#include <string.h>

#include "vm/vm.h"

#define MAX_MEMORY (64 << 20) /* MiB */
#define MAX_CPUS 4096

static void free_json(json_t **j)
{
	json_decref(*j);
}

#define CLEANUP_JSON CLEANUP(free_json)

static int add_disk(json_t *item, struct vm *vm, struct cvt_error *err)
{
	const char *path, *format = NULL, *bus = NULL;
	struct vm_disk *d;
	json_error_t why;
	int r;

	if (json_unpack_ex(item, &why, JSON_STRICT, "{ss s?s s?s}", "path", &path,
			   "format", &format, "bus", &bus) < 0)
		return error_set(err, -EINVAL, "disk %zu: %s", vm->n_disks + 1, why.text);
	if (!*path)
		return error_set(err, -EINVAL, "disk %zu: no path", vm->n_disks + 1);
	r = vm_add_disk(vm, &d, err);
	if (r < 0)
		return r;
	d->bus = vm_bus_find(bus);
	d->unit = (unsigned)vm->n_disks - 1;
	if (bus && d->bus == VM_BUS_UNKNOWN)
		return error_set(err, -EINVAL, "disk %zu: unknown bus '%s'", vm->n_disks,
				 bus);
	r = vm_set_text(&d->format, format, err);
	return r < 0 ? r : vm_set_text(&d->file, path, err);
}

static int add_nic(json_t *item, struct vm *vm, struct cvt_error *err)
{
	const char *mac = NULL, *model = NULL;
	struct vm_nic *nic;
	json_error_t why;
	int r;

	if (json_unpack_ex(item, &why, JSON_STRICT, "{s?s s?s}", "mac", &mac, "model",
			   &model) < 0)
		return error_set(err, -EINVAL, "NIC %zu: %s", vm->n_nics + 1, why.text);
	r = vm_add_nic(vm, &nic, err);
	if (r < 0)
		return r;
	vm_set_mac(nic, mac);
	if (mac && !nic->mac[0])
		return error_set(err, -EINVAL, "NIC %zu: '%s' is no MAC address",
				 vm->n_nics, mac);
	return vm_set_model(nic, model, err);
}

static int add_lists(json_t *disks, json_t *nics, struct vm *vm, struct cvt_error *err)
{
	int r = 0;

	if (!json_is_array(disks) || (nics && !json_is_array(nics)))
		return error_set(err, -EINVAL, "disks and nics are arrays");
	for (size_t i = 0; i < json_array_size(disks) && r == 0; i++)
		r = add_disk(json_array_get(disks, i), vm, err);
	for (size_t i = 0; i < json_array_size(nics) && r == 0; i++)
		r = add_nic(json_array_get(nics, i), vm, err);
	return r;
}

static int set_firmware(const char *name, struct vm *vm, struct cvt_error *err)
{
	if (name && strcmp(name, "bios") != 0 && strcmp(name, "uefi") != 0)
		return error_set(err, -EINVAL, "firmware '%s' is neither bios nor uefi",
				 name);
	vm->firmware = !name ? NULL : name[0] == 'b' ? "bios" : "uefi";
	return 0;
}

int vm_parse_json(const char *data, size_t len, struct vm *ret, struct cvt_error *err)
{
	json_error_t why;
	CLEANUP_JSON json_t *root = json_loadb(data, len, JSON_REJECT_DUPLICATES, &why);
	const char *schema, *name = NULL, *firmware = NULL;
	json_int_t memory = 0, cpus = 0;
	json_t *disks, *nics = NULL;
	int r;

	if (!root)
		return error_set(err, -EINVAL, "line %d: %s", why.line, why.text);
	if (json_unpack_ex(root, &why, JSON_STRICT, "{ss s?s s?s s?I s?I so s?o}",
			   "schema", &schema, "name", &name, "firmware", &firmware,
			   "memory_mib", &memory, "cpus", &cpus, "disks", &disks, "nics",
			   &nics) < 0)
		return error_set(err, -EINVAL, "%s", why.text);
	if (strcmp(schema, "libconvert/machine-1") != 0)
		return error_set(err, -EINVAL, "schema '%s' is not libconvert/machine-1",
				 schema);
	if (memory < 0 || memory > MAX_MEMORY || cpus < 0 || cpus > MAX_CPUS)
		return error_set(err, -EINVAL, "memory_mib or cpus is out of range");
	ret->format = VM_JSON;
	ret->memory_mib = (unsigned)memory;
	ret->cpus = (unsigned)cpus;
	r = vm_set_text(&ret->name, name, err);
	if (r == 0)
		r = set_firmware(firmware, ret, err);
	return r < 0 ? r : add_lists(disks, nics, ret, err);
}
