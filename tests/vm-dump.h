/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A machine as text, for tests that compare it. */
#ifndef TESTS_VM_DUMP_H
#define TESTS_VM_DUMP_H

#include <stdio.h>

#include "vm/vm.h"

static inline void vm_dump(const struct vm *vm, FILE *out)
{
	fprintf(out, "%s name=%s firmware=%s memory=%u cpus=%u\n",
		vm_format_name(vm->format), vm->name ? vm->name : "",
		vm->firmware ? vm->firmware : "", vm->memory_mib, vm->cpus);
	for (size_t i = 0; i < vm->n_disks; i++) {
		const struct vm_disk *d = &vm->disks[i];
		const char *bus = vm_bus_name(d->bus);

		fprintf(out, "disk %s%u:%u %s %s\n", bus ? bus : "", d->controller,
			d->unit, d->format ? d->format : "-",
			d->file	       ? d->file
			: d->elsewhere ? d->elsewhere
				       : "empty");
	}
	for (size_t i = 0; i < vm->n_nics; i++)
		fprintf(out, "nic %s %s\n", vm->nics[i].mac[0] ? vm->nics[i].mac : "-",
			vm->nics[i].model ? vm->nics[i].model : "-");
}

#endif
