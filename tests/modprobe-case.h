/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wishes that the corpus of modprobe is edited by. */
#ifndef TESTS_MODPROBE_CASE_H
#define TESTS_MODPROBE_CASE_H

#include "format/modprobe.h"

static inline int edit_modprobe(const struct bytes *in, struct bytes *out)
{
	static char *old[] = { "mptspi", "mptbase", "xen_blkfront", "pcnet32", "vmxnet" };
	static char *disks[] = { "virtio_pci", "virtio_blk" },
		    *cards[] = { "virtio_net" };
	const struct modprobe_wish disk = { "scsi_hostadapter",
					    { old, ARRAY_SIZE(old) },
					    { disks, ARRAY_SIZE(disks) },
					    true };
	const struct modprobe_wish card = {
		"eth", { old, ARRAY_SIZE(old) }, { cards, ARRAY_SIZE(cards) }, false
	};
	CLEANUP_BYTES struct bytes between = { 0 };
	int r = modprobe_edit_aliases(in->data, &disk, &between);

	return r < 0 ? r : modprobe_edit_aliases(between.data, &card, out);
}

#endif
