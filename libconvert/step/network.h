/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the network step share. */
#ifndef STEP_NETWORK_H
#define STEP_NETWORK_H

#include "format/cpio.h"
#include "format/nic.h"
#include "step/step.h"

#define NET_INTERFACES "/etc/network/interfaces"
#define NET_LINK_PREFIX "/etc/systemd/network/10-libconvert-"
#define NET_RULES_PATH "/etc/udev/rules.d/70-libconvert-net.rules"

/* One stack's files. */
struct net_format {
	const char *const *wants; /* NULL-terminated */
	bool names_cards; /* says which MAC address gets which name, configures none */
	/* Does the stack read it?  NULL: whatever @wants finds, but what is ours */
	bool (*is_active)(const struct guest *g, const struct names *sources,
			  const char *path);
	int (*read)(const char *text, struct nics *ret, struct cvt_error *err);
	int (*rewrite)(const char *text, const struct nic_change *c, char **ret,
		       struct cvt_error *err);
	/* Instead of read: @name is what follows "ifcfg-" in the name of the file */
	int (*read_named)(const char *text, const char *name, struct nics *ret,
			  struct cvt_error *err);
	bool keeps_fixed; /* addresses: --network dhcp changes none of its files */
	bool stays_bound; /* to the new address, also where the card has a name */
	/* NULL, or: where the file belongs then, as @path has an address; *@ret NULL: it stays */
	int (*move)(const char *path, const struct nic_change *c, char **ret,
		    struct cvt_error *err);
};

extern const struct net_format net_formats[]; /* ends with wants NULL */

bool net_is_active(const struct net_format *f, const struct guest *g,
		   const struct names *sources, const char *path);
int net_read(const struct net_format *f, const char *text, const char *path,
	     struct nics *ret, struct cvt_error *err);

/* What the guest's files say together. */
struct net_facts {
	const struct net_format **formats; /* of each file of the guest; NULL: not ours */
	struct nics cards; /* network cards, each once: by name in natural order, then
			    * those that only a MAC address finds */
	struct nics pins;  /* every pin, with the name of its card if any file tells it */
	bool has_pattern;  /* a pattern configures what it finds */
};

/* -EOVERFLOW: more than NICS_MAX interfaces or addresses in all files. */
int net_gather(const struct guest *g, struct plan *p, struct net_facts *ret,
	       struct cvt_error *err);
void net_facts_clear(struct net_facts *f);
#define CLEANUP_NET_FACTS CLEANUP(net_facts_clear)

/* What @c makes of the file at @path as it is planned, to *@ret (caller frees); untouched if the
 * file cannot be changed, of which the user is told.
 */
int net_change_text(const struct guest *g, const struct net_format *format,
		    const char *path, const struct nic_change *c, struct plan *p,
		    char **ret, struct cvt_error *err);

/* Let all that has a fixed address ask for one, and what has to be seen for that. */
int net_dhcp_want(const struct guest *g, struct wants *w);
int net_plan_dhcp(const struct guest *g, const struct net_facts *f, struct plan *p,
		  struct cvt_error *err);

/* Keep cloud-init from writing again what it has written, and what has to be seen for that. */
int net_cloud_want(struct wants *w);
int net_plan_cloud(const struct guest *g, const struct net_facts *f, struct plan *p,
		   struct cvt_error *err);

/* A name that stays, and how udev finds its card. */
struct net_binding {
	char name[NIC_NAME_SIZE];
	char mac[NIC_MAC_SIZE]; /* "": the first card of a known driver */
};

/* Plan @c in the file at @path; what cannot be read is told and left alone. */
int net_change_file(const struct guest *g, const struct net_format *format,
		    const char *path, const struct nic_change *c, const struct why *why,
		    struct plan *p, struct cvt_error *err);

/* Cards of @pins that get another address: what was made of the old one is kept, or
 * follows, or is told.
 */
int net_change_moves(const struct guest *g, const struct net_facts *f,
		     const struct nic_pin *pins, size_t n_pins,
		     const struct net_binding *v, size_t n, struct plan *p,
		     struct cvt_error *err);

/* What is decided: names that are bound, and what becomes of each pin. */
struct net_decision {
	struct net_binding *bindings;
	size_t n_bindings;
	struct nic_pin *pins;
	size_t n_pins;
};

/* Tells the user what cannot be decided.  -ENOMEM. */
int net_decide(const struct guest *g, const struct request *q, const struct net_facts *f,
	       struct net_decision *d, struct plan *p);
const struct net_binding *net_find_binding(const struct net_decision *d,
					   const char *name); /* NULL: not bound */
void net_decision_clear(struct net_decision *d);
#define CLEANUP_NET_DECISION CLEANUP(net_decision_clear)

/* Both, for what is decided before the step network. */
struct net_cards {
	struct net_facts facts;
	struct net_decision decision;
	bool has_fixed; /* an entry gives the guest a fixed address */
};

/* Cards are left out where no --nic is given. */
int net_cards_find(const struct guest *g, const struct request *q, struct net_cards *ret,
		   struct cvt_error *err);
void net_cards_clear(struct net_cards *c);
#define CLEANUP_NET_CARDS CLEANUP(net_cards_clear)

/* The new MAC address of the card with the old one @mac, which is called @name ("": not
 * known); "": not known.
 */
const char *net_new_mac(const struct net_facts *f, const struct net_decision *d,
			const struct request *q, const char *name, const char *mac);

/* The kernel argument @key=@value names a card by its address, at @at of the value; and maybe
 * gives it the name @name.
 */
bool net_args_names_card(const char *key, const char *value, char name[NIC_NAME_SIZE],
			 char mac[NIC_MAC_SIZE], size_t *at);

/* For struct cmdline_edits, with a struct args_job as data. */
struct cmdline_edits;
int net_args_map(const struct cmdline_edits *e, const char *key, const char *value,
		 char **word);

/* The names that the default entry gives to addresses. */
int net_args_read(const struct guest *g, struct nics *ret);

/* udev is systemd's and reads .link files. */
bool net_has_links(const struct guest *g);

/* "virtio_net ena …": the drivers of every card that a hypervisor shows, @separator
 * between. */
int net_card_drivers(char separator, char **ret);

/* Plan what gives the names. */
int net_plan_names(const struct guest *g, const struct request *q,
		   const struct net_binding *v, size_t n, struct plan *p,
		   struct cvt_error *err);

/* The planned ones for an initramfs that starts the network: an interface that is up keeps the name
 * that it got there.
 */
int net_names_pack(const struct plan *p, struct cpio *c, struct cvt_error *err);

#endif
