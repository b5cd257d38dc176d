/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text below /var/lib/connman: NAME.config, which provides services, and SERVICE/settings, which
 * remembers one; a service of a card is called "ethernet_000c29aabbcc_cable".
 */
#ifndef FORMAT_CONNMAN_H
#define FORMAT_CONNMAN_H

#include "format/nic.h"

#define CONNMAN_DIR "/var/lib/connman/"

/* The address in the name of a service of a card, @name of @len bytes. */
bool connman_service_mac(const char *name, size_t len, char mac[NIC_MAC_SIZE]);

int connman_read(const char *text, struct nics *ret, struct cvt_error *err);

/* @text with the pins of @c carried out in *@ret (caller frees); every other byte is kept.
 * -ENOTSUP: a service with a fixed address cannot be released from its name.
 */
int connman_rewrite(const char *text, const struct nic_change *c, char **ret,
		    struct cvt_error *err);

/* Where the settings at @path belong then, in *@ret (caller frees); NULL: they stay. */
int connman_move(const char *path, const struct nic_change *c, char **ret,
		 struct cvt_error *err);

#endif
