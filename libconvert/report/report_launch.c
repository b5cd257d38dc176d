/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine that the guest comes from, as far as it was described, and the one that it gets. */
#include <config.h>

#include <errno.h>

#include "report/report_parts.h"

static int set(struct cvt_report *r, const char *key, json_t *value)
{
	return json_object_set_new(r->root, key, value) < 0 ? -ENOMEM : 0;
}

static json_t *json_count(unsigned n)
{
	return n > 0 ? json_integer(n) : json_null();
}

static json_t *machine_disks(const struct vm *vm)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < vm->n_disks; i++) {
		const struct vm_disk *d = &vm->disks[i];

		if (json_array_append_new(
			    list,
			    json_pack("{so so so si si}", "file", json_text(d->file),
				      "format", json_text(d->format), "bus",
				      json_text(vm_bus_name(d->bus)), "controller",
				      (int)d->controller, "unit", (int)d->unit)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *machine_nics(const struct vm *vm)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < vm->n_nics; i++) {
		const struct vm_nic *n = &vm->nics[i];

		if (json_array_append_new(list,
					  json_pack("{so so}", "mac",
						    json_text(n->mac[0] ? n->mac : NULL),
						    "model", json_text(n->model))) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int report_machine(struct cvt_report *r, const struct vm *vm, const char *source)
{
	/* clang-format off */
	return set(r, "machine",
		   json_pack("{so ss so so so so so so}",
			     "source", json_text(source),
			     "format", vm_format_name(vm->format),
			     "name", json_text(vm->name),
			     "firmware", json_text(vm->firmware),
			     "memory_mib", json_count(vm->memory_mib),
			     "cpus", json_count(vm->cpus),
			     "disks", machine_disks(vm),
			     "nics", machine_nics(vm)));
	/* clang-format on */
}

void report_launch(struct cvt_report *r, unsigned memory_mib, unsigned cpus)
{
	r->memory_mib = memory_mib;
	r->cpus = cpus;
}

/* What was asked for, or what the source machine has. */
static json_t *launch_count(const struct cvt_report *r, const char *key, unsigned asked)
{
	json_t *had = json_object_get(json_object_get(r->root, "machine"), key);

	return asked > 0 || !had ? json_count(asked) : json_incref(had);
}

/* The cards that were named with --nic; or as many as the source machine has, or one, with
 * whatever address each gets.
 */
static json_t *launch_nics(const struct cvt_report *r)
{
	json_t *named = json_object_get(json_object_get(r->root, "request"), "nics");
	json_t *had = json_object_get(json_object_get(r->root, "machine"), "nics");
	size_t n = json_array_size(named) ?: had ? json_array_size(had) : 1;
	json_t *list = json_array();

	for (size_t i = 0; list && i < n; i++) {
		json_t *mac = json_object_get(json_array_get(named, i), "mac");
		json_t *nic = json_pack("{sO? so}", "mac", mac, "model",
					json_text(r->target->nic_model));

		if (json_array_append_new(list, nic) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* As guest_arch() finds it. */
static const char *default_arch(const json_t *kernels)
{
	const char *arch = NULL;
	json_t *k;
	size_t i;

	json_array_foreach((json_t *)kernels, i, k)
	{
		const char *own = json_string_value(json_object_get(k, "arch"));

		if (own && (!arch || json_is_true(json_object_get(k, "default"))))
			arch = own;
	}
	return arch;
}

int report_add_launch(struct cvt_report *r)
{
	const struct target *t = r->target;
	const char *asked = json_string_value(
		json_object_get(json_object_get(r->root, "request"), "firmware"));
	json_t *guest = json_object_get(r->root, "guest");
	json_t *firmware = json_object_get(guest, "firmware");
	json_t *boot_disk = json_object_get(guest, "boot_disk");
	const char *arch = default_arch(json_object_get(guest, "kernels"));
	const char *const *consoles;
	const char *console = NULL;

	if (!t || !json_is_null(json_object_get(r->root, "launch")) || !firmware || !json_is_null(json_object_get(r->root, "error")))
		return 0;
	consoles = target_consoles(t, arch);
	for (size_t i = 0; consoles && consoles[i]; i++)
		console = consoles[i];
	return set(r, "launch",
		   json_pack("{so so so so so so so sO? so}", "firmware",
			     asked ? json_pack("[s]", asked) : json_incref(firmware),
			     "disk_bus", json_text(t->disk_bus), "nic_model",
			     json_text(t->nic_model), "console", json_text(console),
			     "machine", json_text(target_machine(t, arch)), "memory_mib",
			     launch_count(r, "memory_mib", r->memory_mib), "cpus",
			     launch_count(r, "cpus", r->cpus), "boot_disk", boot_disk,
			     "nics", launch_nics(r)));
}
