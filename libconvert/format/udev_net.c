/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "format/splice.h"
#include "format/udev_net.h"

struct rule {
	size_t at, next; /* its lines; at includes a comment that is about it */
	size_t mac_at;	 /* of the address; 0: none */
	char mac[NIC_MAC_SIZE];
	char name[NIC_NAME_SIZE];
};

/* One term, KEY OP "value", at @at: the key ends at the operator. */
static size_t parse_term(const char *text, size_t at, size_t end, struct rule *rule)
{
	size_t op, value, close;
	const char *quote = memchr(text + at, '"', end - at);
	const char *last;

	if (!quote)
		return end;
	value = (size_t)(quote - text) + 1;
	last = memchr(text + value, '"', end - value);
	if (!last)
		return end;
	close = (size_t)(last - text);
	while (at < value && (text[at] == ' ' || text[at] == '\t' || text[at] == ',' ||
			      text[at] == '\\' || text[at] == '\r' || text[at] == '\n'))
		at++;
	op = at + strcspn(text + at, "=!+-:\" \t");
	if ((word_is(text + at, op - at, "ATTR{address}") ||
	     word_is(text + at, op - at, "SYSFS{address}") ||
	     word_is(text + at, op - at, "ATTRS{address}")) &&
	    text[op] != '!' && nic_set_mac(rule->mac, text + value, close - value))
		rule->mac_at = value;
	if (word_is(text + at, op - at, "NAME") &&
	    (text[op] == ':' || text[op + 1] != '='))
		nic_set_name(rule->name, text + value, close - value);
	return close + 1;
}

/* The next rule at or behind @at. */
static bool next_rule(const char *text, size_t at, struct rule *rule)
{
	size_t above = at;

	while (text[at]) {
		size_t len, next, end = line_end(text, at, &next);
		size_t word = word_next(text, at, end, &len);

		if (len == 0) {
			above = at = next;
			continue;
		}
		if (text[word] == '#') {
			/* write_net_rules: "# PCI device 0x8086:0x100f (e1000)" */
			if (strncmp(text + word, "# PCI device ", 13) != 0 &&
			    strncmp(text + word, "# USB device ", 13) != 0 &&
			    strncmp(text + word, "# net device ", 13) != 0)
				above = next;
			else
				above = at;
			at = next;
			continue;
		}
		while (end > at && text[end - 1] == '\\' && text[next]) {
			at = next;
			end = line_end(text, at, &next);
		}
		*rule = (struct rule){ .at = above, .next = next };
		while (word < end)
			word = parse_term(text, word, end, rule);
		return true;
	}
	return false;
}

int udev_net_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct rule rule;
	int r = 0;

	for (size_t at = 0; r == 0 && next_rule(text, at, &rule); at = rule.next) {
		struct nic nic = { 0 };

		if (!rule.mac_at || !rule.name[0])
			continue;
		memcpy(nic.name, rule.name, sizeof(nic.name));
		memcpy(nic.mac, rule.mac, sizeof(nic.mac));
		r = nics_add(ret, &nic, err);
	}
	return r;
}

int udev_net_rewrite(const char *text, const struct nic_change *c, char **ret,
		     struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	struct rule rule;
	int r = 0;

	for (size_t at = 0; r == 0 && next_rule(text, at, &rule); at = rule.next) {
		const struct nic_pin *pin = NULL;

		if (rule.mac_at && rule.name[0])
			pin = nic_find_pin(c, rule.mac);
		if (!pin)
			continue;
		if (pin->to[0])
			r = splice_add(&out, rule.mac_at, NIC_MAC_SIZE - 1, "%s",
				       pin->to);
		else
			r = splice_drop(&out, rule.at, rule.next - rule.at);
	}
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}

bool udev_net_is_empty(const char *text)
{
	struct rule rule;

	return !next_rule(text, 0, &rule);
}
