/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "format/lines.h"
#include "format/splice.h"
#include "format/xorg.h"

/* As xf86NameCmp() compares: without case, blanks and '_'. */
static bool is_word(struct span word, const char *text)
{
	for (size_t i = 0; i < word.len; i++) {
		if (word.s[i] == '_')
			continue;
		if (tolower((unsigned char)word.s[i]) != *text)
			return false;
		text++;
	}
	return *text == '\0';
}

/* What is between the quotes of Keyword "value"; false: @line is none of that keyword. */
static bool take_value(struct span line, const char *keyword, struct span *ret)
{
	const char *end;

	if (!is_word(span_word(&line), keyword) || line.len == 0 || *line.s != '"')
		return false;
	end = memchr(line.s + 1, '"', line.len - 1);
	if (!end)
		return false;
	*ret = (struct span){ line.s + 1, (size_t)(end - line.s) - 1 };
	return true;
}

static bool is_one_of(struct span driver, const char *const *old)
{
	for (size_t i = 0; old[i]; i++)
		if (is_word(driver, old[i]))
			return true;
	return false;
}

/* From behind "Section" to EndSection. */
struct section {
	struct lines start;
	struct span driver; /* the old one; empty: another one */
};

static struct section read_section(struct lines l, const char *const *old)
{
	struct section s = { .start = l };
	struct span line, value;

	while (lines_next(&l, &line)) {
		struct span rest = line;

		if (is_word(span_word(&rest), "endsection"))
			break;
		if (take_value(line, "driver", &value))
			s.driver = is_one_of(value, old) ? value : (struct span){ "", 0 };
	}
	return s;
}

static int edit_section(struct splices *s, const char *text, const struct section *from,
			const char *driver)
{
	struct lines l = from->start;
	struct span line, value;
	int r = splice_add(s, (size_t)(from->driver.s - text), from->driver.len, "%s",
			   driver);

	while (r == 0 && lines_next(&l, &line)) {
		struct span rest = line;

		if (is_word(span_word(&rest), "endsection"))
			break;
		if (take_value(line, "busid", &value))
			r = splice_add(s, (size_t)(line.s - text), 0, "# ");
	}
	return r;
}

int xorg_set_driver(const char *text, const char *const *old, const char *driver,
		    struct bytes *ret)
{
	struct lines l = { text, text + strlen(text) };
	CLEANUP_SPLICES struct splices s = { 0 };
	struct span line, name;
	bool is_inside = false;
	int r = 0;

	while (r == 0 && lines_next(&l, &line)) {
		struct span rest = line, word = span_word(&rest);

		is_inside = is_inside && !is_word(word, "endsection");
		if (is_inside || !take_value(line, "section", &name))
			continue;
		is_inside = true;
		if (is_word(name, "device")) {
			struct section section = read_section(l, old);

			if (section.driver.len > 0)
				r = edit_section(&s, text, &section, driver);
		}
	}
	return r < 0 ? r : splices_apply(&s, text, strlen(text), ret);
}
