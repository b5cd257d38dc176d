/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What DHCP clients keep of their leases: which interface had which MAC address. */
#ifndef FORMAT_LEASE_H
#define FORMAT_LEASE_H

#include "core/bytes.h"
#include "format/nic.h"

#define LEASES_MAX 64 /* of one file; further ones are left out */

/* Add to @ret the interfaces in @data, of the file that is called @base: by that name a lease of
 * dhclient, of NetworkManager's own client or of dhcpcd.  What does not tell both adds nothing.
 */
int lease_read(const char *base, const struct bytes *data, struct nics *ret,
	       struct cvt_error *err);

#endif
