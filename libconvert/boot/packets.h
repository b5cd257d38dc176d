/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has the guest sent anything?  Read from what QEMU's filter-dump writes, a pcap file. */
#ifndef BOOT_PACKETS_H
#define BOOT_PACKETS_H

#include "core/bytes.h"

/* A packet from @mac ("52:54:00:12:34:56") is in the file. */
bool packets_from(const struct bytes *pcap, const char *mac);

#endif
