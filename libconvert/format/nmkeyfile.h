/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text of nm-settings-keyfile(5): a connection profile of NetworkManager. */
#ifndef FORMAT_NMKEYFILE_H
#define FORMAT_NMKEYFILE_H

#include "format/nic.h"

/* The interface that the profile is for; none for profiles without a card (VPN, Wi-Fi).
 */
int nmkeyfile_read(const char *text, struct nics *ret, struct cvt_error *err);

/* @text with @c carried out in *@ret (caller frees); every other byte is kept. */
int nmkeyfile_rewrite(const char *text, const struct nic_change *c, char **ret,
		      struct cvt_error *err);

#endif
