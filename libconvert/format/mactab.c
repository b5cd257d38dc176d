/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "format/mactab.h"
#include "format/splice.h"

struct entry {
	size_t at, next;
	size_t mac_at;
	struct nic nic;
};

/* The next line at or behind @at that gives a name to an address. */
static bool next_entry(const char *text, size_t at, struct entry *e)
{
	while (text[at]) {
		size_t next, len, end = line_end(text, at, &next);
		size_t word = word_next(text, at, end, &len);

		*e = (struct entry){ .at = at, .next = next };
		at = next;
		if (len == 0 || text[word] == '#' ||
		    !nic_set_name(e->nic.name, text + word, len))
			continue;
		word = word_next(text, word + len, end, &len);
		if (word_is(text + word, len, "mac"))
			word = word_next(text, word + len, end, &len);
		e->mac_at = word;
		if (nic_set_mac(e->nic.mac, text + word, len))
			return true;
	}
	return false;
}

int mactab_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct entry e;
	int r = 0;

	for (size_t at = 0; r == 0 && next_entry(text, at, &e); at = e.next)
		r = nics_add(ret, &e.nic, err);
	return r;
}

int mactab_rewrite(const char *text, const struct nic_change *c, char **ret,
		   struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	struct entry e;
	int r = 0;

	for (size_t at = 0; r == 0 && next_entry(text, at, &e); at = e.next) {
		const struct nic_pin *pin = nic_find_pin(c, e.nic.mac);

		if (pin && pin->to[0])
			r = splice_add(&out, e.mac_at, NIC_MAC_SIZE - 1, "%s", pin->to);
		else if (pin)
			r = splice_drop(&out, e.at, e.next - e.at);
	}
	return r < 0 ? error_nomem(err) : splices_text(&out, text, ret, err);
}
