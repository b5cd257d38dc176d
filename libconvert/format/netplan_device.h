/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interfaces of a netplan tree, for what edits them. */
#ifndef FORMAT_NETPLAN_DEVICE_H
#define FORMAT_NETPLAN_DEVICE_H

#include "format/netplan.h"
#include "format/yaml_tree.h"

struct netplan_section {
	const char *key;
	bool is_card;
	bool has_dhcp; /* an address of its own to ask DHCP for */
};

/* Called for each interface: @key its id, the value its settings. */
typedef int (*netplan_device_fn)(struct yaml_tree *t, const struct netplan_section *s, size_t key,
			 void *data, struct cvt_error *err);

int netplan_each_device(struct yaml_tree *t, netplan_device_fn fn, void *data,
			struct cvt_error *err);

/* @name NULL: any */
bool netplan_is_named(struct yaml_tree *t, const struct netplan_section *s, size_t key,
		      const char *name);

#endif
