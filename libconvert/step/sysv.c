/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "step/sysv.h"

#define TARGETS "TARGETS ="

bool sysv_is_suse(const struct guest *g)
{
	return strncmp(g->os_id, "sle", 3) == 0 || strstr(g->os_id, "suse");
}

/* Is @name one of the words of @n bytes? */
static bool has_word(const char *words, size_t n, const char *name)
{
	const size_t len = strlen(name);

	for (const char *s = words, *end = words + n; s < end;) {
		const char *word = s + strspn(s, " \t\r");
		size_t size = strcspn(word, " \t\r\n");

		if (size == len && word + size <= end && strncmp(word, name, len) == 0)
			return true;
		s = word + (size > 0 ? size : 1);
	}
	return false;
}

int sysv_add_dependency(const struct guest *g, struct plan *p, const char *name,
			const struct why *why, struct cvt_error *err)
{
	const char *text = plan_text(p, g, SYSV_DEPENDENCIES);
	const char *targets = text ? strstr(text, TARGETS) : NULL, *end;
	char *fresh;

	if (!targets)
		return 0;
	targets += strlen(TARGETS);
	end = strchrnul(targets, '\n');
	if (has_word(targets, (size_t)(end - targets), name))
		return 0;
	if (asprintf(&fresh, "%.*s %s%s%s%s:%.*s\n", (int)(end - text), text, name, end,
		     *end && end[strlen(end) - 1] == '\n' ? "" : "\n", name,
		     (int)(end - targets), targets) < 0)
		return error_nomem(err);
	return plan_write_text(p, g, SYSV_DEPENDENCIES, fresh, why, err);
}
