/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Elements by their position, so that an edit is a splice: an <interface> is
 * called <name>eth0</name>, or found by <name namespace="ethernet">
 * <permanent-address>MAC</permanent-address></name>.  wicked takes several root
 * elements in one file, which no XML library does.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/splice.h"
#include "format/wicked.h"

struct tag {
	size_t at, next;       /* from its '<' to behind its '>' */
	size_t name, name_len; /* without prefix */
	bool is_end, is_empty;
};

static int refuse(const char *text, size_t at, int r, const char *what,
		  struct cvt_error *err)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return error_set(err, r, "line %zu: %s", line, what);
}

/* Behind @end, which closes what starts at @at. */
static int skip_to(const char *text, size_t at, const char *end, size_t *next,
		   struct cvt_error *err)
{
	const char *found = strstr(text + at, end);

	if (!found)
		return refuse(text, at, -EINVAL, "XML without end", err);
	*next = (size_t)(found - text) + strlen(end);
	return 0;
}

/* Comments, CDATA sections and processing instructions; @at stays where there is none. */
static int skip_other(const char *text, size_t *at, struct cvt_error *err)
{
	if (strncmp(text + *at, "<!--", 4) == 0)
		return skip_to(text, *at + 4, "-->", at, err);
	if (strncmp(text + *at, "<![CDATA[", 9) == 0)
		return skip_to(text, *at + 9, "]]>", at, err);
	if (strncmp(text + *at, "<?", 2) == 0)
		return skip_to(text, *at + 2, "?>", at, err);
	if (strncmp(text + *at, "<!", 2) == 0)
		return refuse(text, *at, -ENOTSUP, "XML with a document type", err);
	return 0;
}

static int parse_tag(const char *text, size_t at, struct tag *tag, struct cvt_error *err)
{
	size_t name = at + 1, end;
	char quote = '\0';

	*tag = (struct tag){ .at = at, .is_end = text[name] == '/' };
	name += tag->is_end;
	end = name + strcspn(text + name, " \t\r\n/>");
	for (at = name; text[at] && (quote || text[at] != '>'); at++)
		if (quote ? text[at] == quote : text[at] == '"' || text[at] == '\'')
			quote = quote ? '\0' : text[at];
	if (!text[at])
		return refuse(text, tag->at, -EINVAL, "XML without end", err);
	tag->is_empty = text[at - 1] == '/' && !tag->is_end;
	tag->next = at + 1;
	for (size_t i = name; i < end; i++)
		if (text[i] == ':')
			name = i + 1;
	tag->name = name;
	tag->name_len = end - name;
	return 0;
}

/* The next tag at or behind @at: 1, 0 at the end, or an error. */
static int next_tag(const char *text, size_t at, struct tag *tag, struct cvt_error *err)
{
	for (;;) {
		size_t start = at = at + strcspn(text + at, "<");
		int r;

		if (!text[at])
			return 0;
		r = skip_other(text, &at, err);
		if (r < 0)
			return r;
		if (at == start) {
			r = parse_tag(text, at, tag, err);
			return r < 0 ? r : 1;
		}
	}
}

struct span {
	size_t at, len;
};

/* Of the element that @tag opens, up to the next tag: its text, without blanks around. */
static struct span text_of(const char *text, const struct tag *tag)
{
	size_t len, end = tag->next + strcspn(text + tag->next, "<");
	size_t at = word_next(text, tag->next, end, &len);

	return (struct span){ at, tag->is_empty ? 0 : len };
}

/* One <interface>. */
struct interface {
	size_t next;
	struct span name;     /* the whole element <name> */
	struct span pin, set; /* of an address, where it has one */
	struct nic nic;
};

static bool makes_virtual(const char *text, const struct tag *tag)
{
	static const char *const kinds[] = {
		"bond",	  "bridge", "dummy",   "gre",	  "infiniband", "ipip",
		"ipvlan", "ipvtap", "macvlan", "macvtap", "ovs-bridge", "sit",
		"tap",	  "team",   "tun",     "vlan",	  "vxlan",	"wireless",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (word_is(text + tag->name, tag->name_len, kinds[i]))
			return true;
	return false;
}

static bool tag_is(const char *text, const struct tag *tag, const char *name)
{
	return word_is(text + tag->name, tag->name_len, name);
}

/* What stands in the interface itself. */
static void read_child(const char *text, const struct tag *tag, struct interface *i)
{
	struct span value = text_of(text, tag);

	if (tag_is(text, tag, "name")) {
		i->name.at = tag->at;
		nic_set_name(i->nic.name, text + value.at, value.len);
	}
	if (tag_is(text, tag, "static"))
		i->nic.is_static = true;
	i->nic.is_virtual = i->nic.is_virtual || makes_virtual(text, tag);
}

/* What stands in an element of the interface that is called @parent. */
static void read_grandchild(const char *text, const struct tag *parent,
			    const struct tag *tag, struct interface *i)
{
	struct span value = text_of(text, tag);

	if (tag_is(text, parent, "name") && tag_is(text, tag, "permanent-address") &&
	    nic_set_mac(i->nic.mac, text + value.at, value.len))
		i->pin = value;
	if (tag_is(text, tag, "address") && !tag_is(text, parent, "name") &&
	    nic_set_mac(i->nic.set_mac, text + value.at, value.len))
		i->set = value;
}

/* The next interface at or behind @at: 1, 0 at the end, or an error. */
static int next_interface(const char *text, size_t at, struct interface *i,
			  struct cvt_error *err)
{
	struct tag tag, parent = { 0 };
	size_t depth = 0;
	int r;

	*i = (struct interface){ 0 };
	while ((r = next_tag(text, at, &tag, err)) > 0) {
		at = tag.next;
		if (depth == 0 &&
		    (tag.is_end || tag.is_empty || !tag_is(text, &tag, "interface")))
			continue;
		if (tag.is_end) {
			depth--;
			if (depth == 1 && tag_is(text, &tag, "name") && i->name.at)
				i->name.len = at - i->name.at;
			i->next = at;
			if (depth == 0)
				return 1;
			continue;
		}
		if (depth == 1) {
			read_child(text, &tag, i);
			parent = tag;
		} else if (depth == 2) {
			read_grandchild(text, &parent, &tag, i);
		}
		depth += !tag.is_empty;
	}
	return r < 0 || depth == 0 ? r
				   : refuse(text, at, -EINVAL, "XML without end", err);
}

int wicked_read(const char *text, struct nics *ret, struct cvt_error *err)
{
	struct interface i;
	int r;

	for (size_t at = 0; (r = next_interface(text, at, &i, err)) > 0; at = i.next) {
		i.nic.is_virtual = i.nic.is_virtual || nic_name_is_virtual(i.nic.name);
		i.nic.is_pattern = !i.nic.name[0] && !i.nic.mac[0];
		r = nics_add(ret, &i.nic, err);
		if (r < 0)
			return r;
	}
	return r;
}

static int rewrite_pin(const char *text, const struct interface *i,
		       const struct nic_pin *pin, struct splices *out,
		       struct cvt_error *err)
{
	int r;

	if (pin->to[0])
		r = splice_add(out, i->pin.at, i->pin.len, "%s", pin->to);
	else if (pin->name[0] && i->name.len > 0)
		r = splice_add(out, i->name.at, i->name.len, "<name>%s</name>",
			       pin->name);
	else
		return refuse(text, i->pin.at, -ENOTSUP,
			      "nothing but a MAC address finds the interface", err);
	return r < 0 ? error_nomem(err) : 0;
}

int wicked_rewrite(const char *text, const struct nic_change *c, char **ret,
		   struct cvt_error *err)
{
	CLEANUP_SPLICES struct splices out = { 0 };
	struct interface i;
	int r;

	for (size_t at = 0; (r = next_interface(text, at, &i, err)) > 0; at = i.next) {
		const struct nic_pin *pin = nic_find_pin(c, i.nic.mac);
		const struct nic_move *move = nic_find_move(c, "", i.nic.set_mac);

		if (pin)
			r = rewrite_pin(text, &i, pin, &out, err);
		if (r >= 0 && move && i.nic.set_mac[0] &&
		    splice_add(&out, i.set.at, i.set.len, "%s", move->to) < 0)
			r = error_nomem(err);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : splices_text(&out, text, ret, err);
}
