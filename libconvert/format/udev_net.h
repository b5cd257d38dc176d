/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of udev(7) that name network interfaces: 70-persistent-net.rules and the like. */
#ifndef FORMAT_UDEV_NET_H
#define FORMAT_UDEV_NET_H

#include "format/nic.h"

/* One for each rule that gives a name to a MAC address. */
int udev_net_read(const char *text, struct nics *ret, struct cvt_error *err);

/* @text with @c carried out in *@ret (caller frees): a released rule goes, with the
 * comment that its generator put above it; every other byte is kept.
 */
int udev_net_rewrite(const char *text, const struct nic_change *c, char **ret,
		     struct cvt_error *err);

/* Nothing but comments is left in @text. */
bool udev_net_is_empty(const char *text);

#endif
