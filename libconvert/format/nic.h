/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every network configuration format has in common: the interfaces that a
 * text configures, and the changes that can be asked of it.
 *
 * A pin is a MAC address by which the text finds its interface.  An address
 * that the text gives to an interface (MACADDR, cloned-mac-address, hwaddress)
 * is no pin, and changes only where it is that of a card which gets another one.
 */
#ifndef FORMAT_NIC_H
#define FORMAT_NIC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/cleanup.h"
#include "core/error.h"

#define NIC_NAME_SIZE 16 /* IFNAMSIZ */
#define NIC_MAC_SIZE 18
#define NIC_TOKEN_SIZE 24
#define NIC_ANY "en* eth*" /* what systemd and the kernel call an Ethernet card */

struct nic {
	char name[NIC_NAME_SIZE];   /* "": the text does not say */
	char mac[NIC_MAC_SIZE];	    /* the pin, lower case with colons; "": none */
	char set_mac[NIC_MAC_SIZE]; /* address given to the interface; "": none */
	char id[32];		    /* netplan: the key, which other files may repeat */
	char pattern[32]; /* that finds the interface by name: "en*"; "": none */
	bool is_virtual;  /* bond, bridge, VLAN, loopback, alias, tunnel */
	bool is_pattern;  /* name is "": a pattern finds the interface */
	bool is_static;	  /* has a fixed address */
	bool is_eui64;	  /* asks for an IPv6 address that is made of the MAC address, */
	bool takes_token; /* and the format can keep it when that changes */
};

struct nics {
	struct nic *v;
	size_t n;
};

#define NICS_MAX 4096

int nics_overflow(struct cvt_error *err); /* says that and returns it */
int nics_add(struct nics *l, const struct nic *nic,
	     struct cvt_error *err);				     /* -EOVERFLOW */
const struct nic *nics_find(const struct nics *l, const char *name); /* NULL: not there */
void nics_clear(struct nics *l);
#define CLEANUP_NICS CLEANUP(nics_clear)

/* What is to become of the pin on @mac. */
struct nic_pin {
	char mac[NIC_MAC_SIZE];	  /* as read */
	char to[NIC_MAC_SIZE];	  /* the new address; "": find the interface by name */
	char name[NIC_NAME_SIZE]; /* that name; "": any Ethernet card will do */
};

/* A card that gets another address: what depends on the old one is kept, or follows. */
struct nic_move {
	char name[NIC_NAME_SIZE]; /* "": not known */
	char from[NIC_MAC_SIZE], to[NIC_MAC_SIZE];
};

struct nic_change {
	const struct nic_pin *pins;
	size_t n_pins;
	const struct nic_move *moves;
	size_t n_moves;
	bool dhcp; /* fixed addresses become dynamic; nothing else is then changed */
};

const struct nic_pin *nic_find_pin(const struct nic_change *c, const char *mac);

/* Of the card that @mac finds, or @name where that is ""; NULL: it keeps its address. */
const struct nic_move *nic_find_move(const struct nic_change *c, const char *name,
				     const char *mac);

/* The end of the IPv6 address that is made of @mac (RFC 4291, appendix A), as the tokens of
 * all formats: "::250:56ff:fe11:2233".
 */
void nic_token(const char *mac, char token[NIC_TOKEN_SIZE]);

/* @s of @len bytes is a name the kernel takes and that needs no quotes anywhere: copies
 * it. */
bool nic_set_name(char name[NIC_NAME_SIZE], const char *s, size_t len);

/* Six bytes in hexadecimal with colons or dashes, any case: copies it normalized. */
bool nic_set_mac(char mac[NIC_MAC_SIZE], const char *s, size_t len);

/* A name that belongs to no hardware: loopback, VLAN ("x.5"), alias ("x:1"), bond0, br0,
 * … */
bool nic_name_is_virtual(const char *name);

/* @pattern finds cards at whatever place of the bus: "e*" does, "ens*" may not. */
bool nic_pattern_fits(const char *pattern);

/* A line of @text at or behind @at: its end without, and *@next with the line end. */
size_t line_end(const char *text, size_t at, size_t *next);

/* @word of @len bytes is @s. */
bool word_is(const char *word, size_t len, const char *s);

/* The next word of [@at, @end) that blanks separate: its start, its length in *@len,
 * which is 0 behind the last.
 */
size_t word_next(const char *text, size_t at, size_t end, size_t *len);

#endif
