/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>

#include "format/crypttab.h"

#define MIN_FIELDS 2

int crypttab_open(struct crypttab *c, const char *text, size_t len, struct cvt_error *err)
{
	*c = (struct crypttab){ 0 };
	return fields_open(&c->lines, text, len, err);
}

int crypttab_next(struct crypttab *c, struct crypttab_entry *ret)
{
	char *v[CRYPTTAB_OPTIONS + 1];

	while (fields_next(&c->lines)) {
		if (c->lines.n < MIN_FIELDS) {
			if (c->n_malformed++ == 0)
				c->malformed = c->lines.lineno;
			continue;
		}
		if (fields_strings(&c->lines, ARRAY_SIZE(v), &c->strings, v) < 0)
			return -ENOMEM;
		*ret = (struct crypttab_entry){
			.lineno = c->lines.lineno,
			.name = v[CRYPTTAB_NAME],
			.device = v[CRYPTTAB_DEVICE],
			.key = v[CRYPTTAB_KEY][0] ? v[CRYPTTAB_KEY] : "none",
			.options = v[CRYPTTAB_OPTIONS],
		};
		return 1;
	}
	return 0;
}

int crypttab_set(struct crypttab *c, enum crypttab_field field, const char *value)
{
	int r = 0;

	if (field == CRYPTTAB_OPTIONS && c->lines.n == CRYPTTAB_KEY)
		r = fields_set(&c->lines, CRYPTTAB_KEY, "none");
	return r < 0 ? r : fields_set(&c->lines, field, value);
}

int crypttab_finish(struct crypttab *c, struct bytes *ret)
{
	return fields_finish(&c->lines, ret);
}

void crypttab_clear(struct crypttab *c)
{
	fields_clear(&c->lines);
	bytes_clear(&c->strings);
}
