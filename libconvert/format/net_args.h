/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of kernel arguments about the network: dracut.cmdline(7), and Linux,
 * Documentation/admin-guide/nfs/nfsroot.rst.
 */
#ifndef FORMAT_NET_ARGS_H
#define FORMAT_NET_ARGS_H

#include "format/nic.h"

/* The MAC address that is a field of @value, between colons, or behind the type of hardware as in
 * "01-00-50-56-01-02-03": it begins at *@at.
 */
bool net_args_mac(const char *value, size_t *at, char mac[NIC_MAC_SIZE]);

/* @value with @mac in the place of that at @at, colons or dashes as they were.  -ENOMEM. */
int net_args_set_mac(const char *value, size_t at, const char *mac, char **ret);

/* What takes the place of @value of ip= so that the fixed address in it is asked for; NULL if it has
 * none.  Name of host and interface, server, MTU stay.  -ENOMEM.
 */
int net_args_dynamic(const char *value, char **ret);

#endif
