/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/lines.h"
#include "format/lvm_conf.h"
#include "format/splice.h"

/* What a conversion puts first; the disks as Linux calls them on the buses of all targets. */
static const char ours[] = "\"a|^/dev/(sd|vd|xvd|nvme)|\"";

/* The value of "filter = [ … ]" or "global_filter=[…]"; false: @line is none. */
static bool take_filter(struct span line, struct span *ret)
{
	static const char *const keys[] = { "filter", "global_filter" };
	struct span value = { NULL, 0 };
	const char *close;

	line = span_trim(line);
	for (size_t i = 0; i < ARRAY_SIZE(keys) && !value.s; i++) {
		size_t n = strlen(keys[i]);

		if (span_starts(line, keys[i]))
			value = span_trim((struct span){ line.s + n, line.len - n });
	}
	if (value.len == 0 || *value.s != '=')
		return false;
	value = span_trim((struct span){ value.s + 1, value.len - 1 });
	if (value.len == 0 || *value.s != '[')
		return false;
	close = memrchr(value.s, ']', value.len);
	if (!close)
		return false;
	*ret = (struct span){ value.s + 1, (size_t)(close - value.s) - 1 };
	return true;
}

static bool has(struct span s, const char *word)
{
	return memmem(s.s, s.len, word, strlen(word)) != NULL;
}

/* "r|.*|", with any delimiter: what was not taken before is rejected. */
static bool rejects_rest(struct span filter)
{
	for (const char *at = filter.s; at + 5 <= filter.s + filter.len; at++)
		if (at[0] == 'r' && at[2] == '.' && at[3] == '*' && at[1] == at[4])
			return true;
	return false;
}

/* Names that another bus does not give. */
static bool names_bus(struct span filter)
{
	static const char *const names[] = { "/dev/sd",	 "/dev/hd",   "/dev/vd",
					     "/dev/xvd", "/dev/nvme", "/dev/cciss",
					     "by-path",	 "by-id",     "/sd",
					     "|sd",	 "/dev/\\(sd" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (has(filter, names[i]))
			return true;
	return false;
}

int lvm_conf_open_filters(const char *text, size_t len, struct bytes *ret)
{
	CLEANUP_SPLICES struct splices s = { 0 };
	struct lines l = { text, text + len };
	struct span line, filter;

	while (lines_next(&l, &line)) {
		if (!take_filter(line, &filter) || has(filter, ours) ||
		    !rejects_rest(filter) || !names_bus(filter))
			continue;
		if (splice_add(&s, (size_t)(filter.s - text), 0, " %s,", ours) < 0)
			return -ENOMEM;
	}
	return splices_apply(&s, text, len, ret);
}

bool lvm_devices_are_bound(const char *text)
{
	static const char *const lasting[] = { "lvmlv_uuid", "crypt_uuid", "md_uuid" };
	struct lines l = { text, text + strlen(text) };
	struct span line, word;

	while (lines_next(&l, &line)) {
		bool lasts = false;

		word = span_word(&line);
		if (!span_starts(word, "IDTYPE="))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(lasting); i++)
			lasts |= word.len == strlen("IDTYPE=") + strlen(lasting[i]) &&
				 memcmp(word.s + strlen("IDTYPE="), lasting[i],
					strlen(lasting[i])) == 0;
		if (!lasts)
			return true;
	}
	return false;
}
