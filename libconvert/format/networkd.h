/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of systemd.network(5), systemd.netdev(5) and systemd.link(5). */
#ifndef FORMAT_NETWORKD_H
#define FORMAT_NETWORKD_H

#include "format/nic.h"

#define NETWORKD_DIR "/etc/systemd/network/"

/* .network: the interfaces it configures; .netdev: the virtual one it makes. */
int network_read(const char *text, struct nics *ret, struct cvt_error *err);
int netdev_read(const char *text, struct nics *ret, struct cvt_error *err);

/* .link: the name that it gives, with the MAC address it finds the interface by.  A
 * link found by anything else has no mac and is a pattern.
 */
int link_read(const char *text, struct nics *ret, struct cvt_error *err);

/* @text with @c carried out in *@ret (caller frees); every other byte is kept. */
int network_rewrite(const char *text, const struct nic_change *c, char **ret,
		    struct cvt_error *err);
int netdev_rewrite(const char *text, const struct nic_change *c, char **ret,
		   struct cvt_error *err);
int link_rewrite(const char *text, const struct nic_change *c, const char *drivers,
		 char **ret, struct cvt_error *err);

/* It has routing rules, which are about addresses. */
bool network_has_rules(const char *text);

#endif
