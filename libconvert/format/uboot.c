/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The legacy image of U-Boot, as mkimage(1) makes it: a header with two CRCs. */
#include <config.h>

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "format/uboot.h"

#define MAGIC 0x27051956
#define TYPE_SCRIPT 6
#define LIST_SIZE 8 /* of the parts: the length of the only one, and 0 */

struct header {
	uint32_t magic, hcrc, time, size, load, ep, dcrc; /* big-endian */
	uint8_t os, arch, type, comp;
	char name[32];
};
_Static_assert(sizeof(struct header) == 64, "as it is on disk");

static uint32_t crc(const void *data, size_t len)
{
	return (uint32_t)crc32(0, data, (uInt)len);
}

static uint32_t header_crc(struct header h)
{
	h.hcrc = 0;
	return crc(&h, sizeof(h));
}

/* The script in @text; s is NULL if it is no image that we can write again. */
static struct span find_script(const char *text, size_t len, struct header *h)
{
	const struct span none = { NULL, 0 };
	uint32_t list[2];
	size_t size;

	if (len < sizeof(*h) + LIST_SIZE || len > UINT32_MAX)
		return none;
	memcpy(h, text, sizeof(*h));
	memcpy(list, text + sizeof(*h), sizeof(list));
	size = be32toh(h->size);
	if (be32toh(h->magic) != MAGIC || h->type != TYPE_SCRIPT || h->comp != 0 ||
	    be32toh(h->hcrc) != header_crc(*h) || size != len - sizeof(*h) ||
	    be32toh(h->dcrc) != crc(text + sizeof(*h), size) || list[1] != 0 ||
	    be32toh(list[0]) != size - LIST_SIZE)
		return none;
	return (struct span){ text + sizeof(*h) + LIST_SIZE, size - LIST_SIZE };
}

bool uboot_is_image(const char *text, size_t len)
{
	struct header h;

	return find_script(text, len, &h).s != NULL;
}

static int wrap(struct header h, const struct bytes *script, struct bytes *ret)
{
	CLEANUP_BYTES struct bytes image = { 0 };
	const uint32_t list[2] = { htobe32((uint32_t)script->len), 0 };

	if (bytes_append(&image, &h, sizeof(h)) < 0 ||
	    bytes_append(&image, list, sizeof(list)) < 0 ||
	    bytes_append(&image, script->data, script->len) < 0)
		return -ENOMEM;
	h.size = htobe32((uint32_t)(LIST_SIZE + script->len));
	h.dcrc = htobe32(crc(image.data + sizeof(h), LIST_SIZE + script->len));
	h.hcrc = htobe32(header_crc(h));
	memcpy(image.data, &h, sizeof(h));
	bytes_clear(ret);
	*ret = bytes_take(&image);
	return 0;
}

/* --- variables --- */

/* What a variable holds, by its name. */
static const struct {
	const char *name;
	bool is_root; /* a device; else kernel arguments */
} variables[] = {
	{ "bootargs", false },	{ "cmdline", false }, { "optargs", false },
	{ "extraargs", false }, { "rootdev", true },  { "mmcroot", true },
	{ "root", true },
};

/* One assignment: NAME=VALUE, or setenv NAME VALUE; the value is without its quotes. */
struct assignment {
	struct span name, value;
	bool is_root;
};

static bool is_known(struct assignment *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (span_is(a->name, variables[i].name)) {
			a->is_root = variables[i].is_root;
			return true;
		}
	return false;
}

/* What stands before the next command: "root=/dev/sda1 ro; bootz". */
static struct span first_command(struct span s)
{
	char quote = '\0';
	size_t n;

	for (n = 0; n < s.len; n++) {
		const char c = s.s[n];

		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == ';' ||
			 ((c == '&' || c == '|') && n + 1 < s.len && s.s[n + 1] == c))
			break;
	}
	return span_trim((struct span){ s.s, n });
}

static bool parse(struct span line, struct assignment *a)
{
	struct span rest = span_trim(line), word = span_word(&rest);
	const char *eq;

	if (span_is(word, "env"))
		word = span_word(&rest);
	if (span_is(word, "setenv") || span_is(word, "set")) {
		a->name = span_word(&rest);
		a->value = first_command(rest);
	} else {
		line = span_trim(line);
		eq = memchr(line.s, '=', line.len);
		if (!eq)
			return false;
		a->name = (struct span){ line.s, (size_t)(eq - line.s) };
		a->value.s = eq + 1;
		a->value.len = (size_t)(line.s + line.len - a->value.s);
	}
	if (a->value.len >= 2 && (*a->value.s == '"' || *a->value.s == '\'') &&
	    a->value.s[a->value.len - 1] == *a->value.s) {
		a->value.s++;
		a->value.len -= 2;
	}
	return is_known(a);
}

static bool next_assignment(struct lines *l, struct assignment *a)
{
	struct span line;

	while (lines_next(l, &line))
		if (parse(line, a))
			return true;
	return false;
}

/* --- read, edit --- */

static int add_words(struct bytes *line, const struct assignment *a)
{
	struct span rest = a->value, value = a->is_root ? span_word(&rest) : a->value;

	/* What a variable holds is not known. */
	if (value.len == 0 || memchr(value.s, '$', value.len))
		return 0;
	if ((line->len > 0 && bytes_append(line, " ", 1) < 0) ||
	    (a->is_root && bytes_append(line, "root=", 5) < 0))
		return -ENOMEM;
	return bytes_append(line, value.s, value.len);
}

int uboot_entries(const char *text, size_t len, struct menu *ret)
{
	CLEANUP_MENU struct menu m = { 0 };
	CLEANUP_BYTES struct bytes line = { 0 };
	struct menu_entry *e = NULL;
	struct header h;
	struct span script = find_script(text, len, &h);
	struct lines l = { text, text + len };
	struct assignment a;

	if (script.s)
		l = (struct lines){ script.s, script.s + script.len };
	while (next_assignment(&l, &a))
		if (add_words(&line, &a) < 0)
			return -ENOMEM;
	if (line.len > 0) {
		if (menu_add(&m, (struct span){ "U-Boot", 6 }, &e) < 0)
			return -ENOMEM;
		e->cmdline = bytes_take(&line).data;
		e->is_default = true;
	}
	menu_give(&m, ret);
	return 0;
}

/* "/dev/mmcblk0p2 ro": the device is the first word. */
static int edit_root(struct splices *s, const char *in, struct span value,
		     const struct cmdline_edits *e)
{
	CLEANUP_FREE char *name = NULL, *word = NULL;
	struct span first = span_word(&value);
	int r;

	if (!e->map || first.len == 0 || memchr(first.s, '\0', first.len) ||
	    memchr(first.s, '"', first.len))
		return 0;
	if (span_copy(first, &name) < 0)
		return -ENOMEM;
	r = e->map(e, "root", name, &word);
	if (r < 0 || !word || strncmp(word, "root=", 5) != 0 ||
	    word[strcspn(word, " \t\r\n\"'")] || strcmp(word + 5, name) == 0)
		return r;
	return splice_add(s, (size_t)(first.s - in), first.len, "%s", word + 5);
}

static int edit_text(const char *text, size_t len, const struct cmdline_edits *e,
		     struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct lines l = { text, text + len };
	struct assignment a;
	int k = 0;

	while (k == 0 && next_assignment(&l, &a)) {
		if (a.is_root)
			k = edit_root(&s, text, a.value, e);
		else if (a.value.len > 0 && !memchr(a.value.s, '"', a.value.len) &&
			 a.value.s[a.value.len - 1] != '\\')
			k = menu_edit_args(&s, text, a.value, e);
	}
	return k < 0 ? k : splices_apply(&s, text, len, ret);
}

int uboot_edit_cmdlines(const char *text, size_t len, const struct cmdline_edits *e,
			struct bytes *ret)
{
	CLEANUP_BYTES struct bytes fresh = { 0 };
	struct header h;
	struct span script = find_script(text, len, &h);
	int r;

	if (!script.s && len >= 4 && memcmp(text, "\x27\x05\x19\x56", 4) == 0)
		return bytes_set(ret, text, len);
	if (!script.s)
		return edit_text(text, len, e, ret);
	r = edit_text(script.s, script.len, e, &fresh);
	if (r < 0)
		return r;
	if (fresh.len == script.len && memcmp(fresh.data, script.s, script.len) == 0)
		return bytes_set(ret, text, len);
	return wrap(h, &fresh, ret);
}
