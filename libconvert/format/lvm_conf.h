/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* lvm.conf(5), its filters only, and the devices file of lvmdevices(8). */
#ifndef FORMAT_LVM_CONF_H
#define FORMAT_LVM_CONF_H

#include <stdbool.h>

#include "core/bytes.h"

/*
 * Each filter and global_filter that stands on one line, takes devices by the names of a disk
 * bus, and rejects all others, takes the disks of every bus first.  The rest stays.  0 or -ENOMEM.
 */
int lvm_conf_open_filters(const char *text, size_t len, struct bytes *ret);

/* Does the devices file name a device by an id of its hardware, or by its place?  Ids of what
 * LVM, LUKS and mdadm wrote on the disks last.
 */
bool lvm_devices_are_bound(const char *text);

#endif
