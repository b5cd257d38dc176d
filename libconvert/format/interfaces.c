/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ifupdown 0.8 config.c: blanks before a line mean nothing, '#' starts a comment only at
 * the start of a line, and a backslash joins lines, but not to a comment.
 */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "format/interfaces.h"
#include "format/splice.h"

struct line {
	size_t at, next;       /* of the whole line, continuations included */
	size_t word, word_len; /* first word */
	size_t rest;	       /* behind it */
	size_t end;
};

/* The next line at @at that says something; false at the end of @text. */
static bool next_line(const char *text, size_t at, struct line *l)
{
	while (text[at]) {
		size_t next, end = line_end(text, at, &next);

		l->at = at;
		l->word = word_next(text, at, end, &l->word_len);
		if (l->word_len == 0 || text[l->word] == '#') {
			at = next;
			continue;
		}
		while (end > at && text[end - 1] == '\\' && text[next]) {
			at = next;
			end = line_end(text, at, &next);
		}
		l->end = end;
		l->next = next;
		/* The first word may itself be continued; then it is no keyword. */
		l->rest = l->word + l->word_len;
		return true;
	}
	return false;
}

/* As word_next(), and a lone backslash at the end of a line is no word. */
static size_t next_word(const char *text, size_t at, size_t end, size_t *len)
{
	at = word_next(text, at, end, len);
	while (*len == 1 && text[at] == '\\')
		at = word_next(text, at + 1, end, len);
	return at;
}

static bool line_is(const char *text, const struct line *l, const char *word)
{
	return word_is(text + l->word, l->word_len, word);
}

static bool line_is_one_of(const char *text, const struct line *l,
			   const char *const *words)
{
	for (; *words; words++)
		if (line_is(text, l, *words))
			return true;
	return false;
}

static bool starts_stanza(const char *text, const struct line *l)
{
	static const char *const words[] = { "iface",
					     "auto",
					     "mapping",
					     "source",
					     "source-directory",
					     "source-dir",
					     "no-auto-down",
					     "no-scripts",
					     "rename",
					     "template",
					     "vlan",
					     NULL };

	return line_is_one_of(text, l, words) ||
	       (l->word_len > 6 && strncmp(text + l->word, "allow-", 6) == 0);
}

/* Options whose value is a list of interfaces that exist without a stanza of their own.
 */
static bool names_members(const char *text, const struct line *l)
{
	static const char *const words[] = {
		"bridge_ports",	   "bridge-ports",    "bond-slaves",
		"bond_slaves",	   "slaves",	      "bond-members",
		"vlan-raw-device", "vlan_raw_device", NULL
	};

	return line_is_one_of(text, l, words);
}

static bool makes_virtual(const char *text, const struct line *l)
{
	static const char *const words[] = { "bond-mode", "bond_mode",
					     "vlan-id",	  "vxlan-id",
					     "vrf-table", "tunnel-mode",
					     "link-type", "wireguard-config-path",
					     NULL };

	return names_members(text, l) || line_is_one_of(text, l, words);
}

struct stanza {
	char name[NIC_NAME_SIZE];
	size_t name_end;	   /* where family and method would stand */
	size_t method, method_len; /* 0: none given */
	bool is_inet6;
	bool inherits;
	struct line head;
	size_t next; /* behind its last option */
	bool has_address, is_virtual;
	char set_mac[NIC_MAC_SIZE];
};

static void parse_head(const char *text, const struct line *l, struct stanza *s)
{
	size_t len, at = next_word(text, l->rest, l->end, &len);

	*s = (struct stanza){ .head = *l, .name_end = at + len, .next = l->next };
	if (len == 0 || !nic_set_name(s->name, text + at, len))
		s->name[0] = '\0';
	at = next_word(text, at + len, l->end, &len);
	if (len == 0)
		return;
	s->inherits = word_is(text + at, len, "inherits");
	s->is_inet6 = word_is(text + at, len, "inet6");
	if (s->inherits || (!s->is_inet6 && !word_is(text + at, len, "inet")))
		return;
	s->method = next_word(text, at + len, l->end, &s->method_len);
	at = next_word(text, s->method + s->method_len, l->end, &len);
	s->inherits = word_is(text + at, len, "inherits");
}

/* "hwaddress ether MAC", "bridge_hw MAC": where the address stands; 0: none. */
static size_t parse_mac(const char *text, const struct line *l, char mac[NIC_MAC_SIZE])
{
	static const char *const words[] = { "hwaddress", "bridge_hw", "bridge-hw",
					     NULL };
	size_t len, at = next_word(text, l->rest, l->end, &len);

	if (!line_is_one_of(text, l, words))
		return 0;
	if (word_is(text + at, len, "ether"))
		at = next_word(text, at + len, l->end, &len);
	return nic_set_mac(mac, text + at, len) ? at : 0;
}

static void parse_option(const char *text, const struct line *l, struct stanza *s)
{
	s->next = l->next;
	if (line_is(text, l, "address"))
		s->has_address = true;
	if (makes_virtual(text, l))
		s->is_virtual = true;
	parse_mac(text, l, s->set_mac);
}

/* The next iface stanza at or behind @at. */
static bool next_stanza(const char *text, size_t at, struct stanza *s)
{
	struct line l;

	while (next_line(text, at, &l)) {
		at = l.next;
		if (!line_is(text, &l, "iface"))
			continue;
		parse_head(text, &l, s);
		while (next_line(text, at, &l) && !starts_stanza(text, &l)) {
			parse_option(text, &l, s);
			at = l.next;
		}
		return true;
	}
	return false;
}

static bool method_is(const char *text, const struct stanza *s, const char *method)
{
	return s->method_len > 0 && word_is(text + s->method, s->method_len, method);
}

static bool is_virtual(const char *text, const struct stanza *s)
{
	static const char *const methods[] = { "loopback", "tunnel", "v4tunnel", "6to4",
					       "ppp",	   "wvdial", "wireguard" };

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (method_is(text, s, methods[i]))
			return true;
	return s->is_virtual || nic_name_is_virtual(s->name);
}

/* ifupdown2 and ifupdown-ng need no method: an address says enough. */
static bool is_static(const char *text, const struct stanza *s)
{
	return method_is(text, s, "static") ||
	       (s->method_len == 0 && !s->inherits && s->has_address);
}

static int add_member(struct nics *ret, const char *s, size_t len, struct cvt_error *err)
{
	struct nic nic = { 0 };

	if (word_is(s, len, "none") || word_is(s, len, "all") ||
	    word_is(s, len, "regex") || word_is(s, len, "glob") ||
	    !nic_set_name(nic.name, s, len) || nics_find(ret, nic.name))
		return 0;
	nic.is_virtual = nic_name_is_virtual(nic.name);
	return nics_add(ret, &nic, err);
}

/* Interfaces that @text only mentions: parts of bonds and bridges, and below VLANs. */
static int read_members(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct line l;
	size_t n = 0;
	int r = 0;

	for (size_t at = 0; r == 0 && next_line(text, at, &l); at = l.next) {
		size_t len, word;

		if (!names_members(text, &l))
			continue;
		for (word = next_word(text, l.rest, l.end, &len); r == 0 && len > 0;
		     word = next_word(text, word + len, l.end, &len))
			r = n++ < NICS_MAX ? add_member(ret, text + word, len, err)
					   : nics_overflow(err);
	}
	for (size_t i = 0; r == 0 && i < ret->n; i++) {
		char name[NIC_NAME_SIZE];
		size_t base = strcspn(ret->v[i].name, ".:");

		memcpy(name, ret->v[i].name, sizeof(name));
		if (name[base])
			r = add_member(ret, name, base, err);
	}
	return r;
}

int interfaces_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct stanza s;
	int r = 0;

	for (size_t at = 0; r == 0 && next_stanza(text, at, &s); at = s.next) {
		struct nic nic = {
			.is_virtual = is_virtual(text, &s),
			.is_static = is_static(text, &s),
			.is_eui64 = s.is_inet6 && method_is(text, &s, "auto"),
		};

		if (!s.name[0])
			continue;
		memcpy(nic.name, s.name, sizeof(nic.name));
		memcpy(nic.set_mac, s.set_mac, sizeof(nic.set_mac));
		r = nics_add(ret, &nic, err);
	}
	return r < 0 ? r : read_members(text, ret, err);
}

int interfaces_sources(const char *text, struct names *ret)
{
	static const char *const sources[] = { "source", NULL };
	static const char *const dirs[] = { "source-directory", "source-dir", NULL };
	struct line l;
	int r = 0;

	for (size_t at = 0;
	     r == 0 && ret->n < INTERFACES_SOURCES_MAX && next_line(text, at, &l);
	     at = l.next) {
		size_t len, word = next_word(text, l.rest, l.end, &len);
		bool is_dir = line_is_one_of(text, &l, dirs);
		char pattern[256];
		int n;

		/* A name that is not absolute is relative to /etc/network. */
		n = snprintf(pattern, sizeof(pattern), "%s%.*s%s",
			     len > 0 && text[word] == '/' ? "" : "/etc/network/",
			     len < sizeof(pattern) ? (int)len : 0, text + word,
			     is_dir ? "/" : "");
		if (len == 0 || len >= sizeof(pattern) || (size_t)n >= sizeof(pattern))
			continue;
		if (is_dir || line_is_one_of(text, &l, sources))
			r = names_add(ret, pattern);
	}
	return r;
}

/* Only names that run-parts(8) would take are read from a source-directory. */
static bool directory_includes(const char *dir, size_t len, const char *path)
{
	static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-";

	while (len > 0 && dir[len - 1] == '/')
		len--;
	return strncmp(path, dir, len) == 0 && path[len] == '/' && path[len + 1] &&
	       path[len + 1 + strspn(path + len + 1, alnum)] == '\0';
}

bool interfaces_includes(const struct names *sources, const char *path)
{
	for (size_t i = 0; i < sources->n; i++) {
		const char *source = sources->v[i];
		size_t len = strlen(source);

		if (source[len - 1] == '/'
			    ? directory_includes(source, len, path)
			    : fnmatch(source, path, FNM_PATHNAME | FNM_PERIOD) == 0)
			return true;
	}
	return false;
}

/* What has no meaning without a fixed address, by interfaces(5).  With the last two static
 * IPv6 keeps out the addresses of routers, which are wanted now.
 */
static bool is_address_option(const char *text, const struct line *l)
{
	static const char *const words[] = { "address",		"netmask",
					     "gateway",		"network",
					     "broadcast",	"pointopoint",
					     "scope",		"preferred-lifetime",
					     "dns-nameservers", "dns-nameserver",
					     "accept_ra",	"accept-ra",
					     "autoconf",	NULL };

	return line_is_one_of(text, l, words);
}

/* A command that makes or removes a route: "up ip route add …", "down route del …". */
static bool is_route_command(const char *text, const struct line *l)
{
	static const char *const hooks[] = { "pre-up", "up",	    "post-up", "pre-down",
					     "down",   "post-down", NULL };
	size_t len, at = next_word(text, l->rest, l->end, &len);
	const char *slash = memrchr(text + at, '/', len);
	const char *program = slash ? slash + 1 : text + at;

	if (!line_is_one_of(text, l, hooks))
		return false;
	len -= (size_t)(program - (text + at));
	if (word_is(program, len, "route"))
		return true;
	if (!word_is(program, len, "ip"))
		return false;
	at = (size_t)(program - text);
	do
		at = next_word(text, at + len, l->end, &len);
	while (len > 0 && text[at] == '-');
	return word_is(text + at, len, "route") || word_is(text + at, len, "ro") ||
	       word_is(text + at, len, "r");
}

static int make_dynamic(const char *text, const struct stanza *s, const char *method,
			struct splices *out)
{
	struct line l;
	int r;

	if (s->method_len > 0)
		r = splice_add(out, s->method, s->method_len, "%s", method);
	else
		r = splice_add(out, s->name_end, 0, " inet %s", method);
	for (size_t at = s->head.next; r == 0 && at < s->next && next_line(text, at, &l);
	     at = l.next)
		if (is_address_option(text, &l) || is_route_command(text, &l))
			r = splice_drop(out, l.at, l.next - l.at);
	return r;
}

static int rewrite_dhcp(const char *text, struct splices *out, struct cvt_error *err)
{
	/* ifupdown starts one DHCP client for each stanza: only the first may, and none of
	 * an alias.
	 */
	CLEANUP_NICS struct nics seen4 = { 0 };
	CLEANUP_NICS struct nics seen6 = { 0 };
	struct stanza s;
	int r = 0;

	for (size_t at = 0; r == 0 && next_stanza(text, at, &s); at = s.next) {
		struct nics *seen = s.is_inet6 ? &seen6 : &seen4;
		const char *method = s.is_inet6 ? "auto" : "dhcp";
		struct nic nic = { 0 };

		if (!s.name[0] || strcmp(s.name, "lo") == 0 ||
		    strncmp(s.name, "lo:", 3) == 0)
			continue;
		memcpy(nic.name, s.name, sizeof(nic.name));
		if (nics_find(seen, s.name) || strchr(s.name, ':'))
			method = "manual";
		else
			r = nics_add(seen, &nic, err);
		if (r == 0 && is_static(text, &s) &&
		    make_dynamic(text, &s, method, out) < 0)
			r = error_nomem(err);
	}
	return r;
}

static int follow_moves(const char *text, const struct nic_change *c, struct splices *out,
			struct cvt_error *err)
{
	struct line l;

	for (size_t at = 0; next_line(text, at, &l); at = l.next) {
		char mac[NIC_MAC_SIZE];
		size_t value = parse_mac(text, &l, mac);
		const struct nic_move *move = value ? nic_find_move(c, "", mac) : NULL;

		if (move && splice_add(out, value, NIC_MAC_SIZE - 1, "%s", move->to) < 0)
			return error_nomem(err);
	}
	return 0;
}

int interfaces_rewrite(const char *text, const struct nic_change *c, char **ret,
		       struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	int r = c->dhcp ? rewrite_dhcp(text, &out, err)
			: follow_moves(text, c, &out, err);

	return r < 0 ? r : splices_text(&out, text, ret, err);
}
