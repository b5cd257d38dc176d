/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format/lines.h"
#include "format/modprobe.h"
#include "format/splice.h"

#define NUMBERS_MAX 64 /* of aliases: a driver more than that is not added */

struct alias {
	struct span name, driver;
};

/* False: @line is no alias of @prefix.  One that goes on in the next line is left alone. */
static bool take_alias(struct span line, const char *prefix, struct alias *ret)
{
	const size_t n = strlen(prefix);

	if (memchr(line.s, '\\', line.len) || !span_is(span_word(&line), "alias"))
		return false;
	ret->name = span_word(&line);
	ret->driver = span_word(&line);
	if (ret->driver.len == 0 || !span_starts(ret->name, prefix))
		return false;
	for (size_t i = n; i < ret->name.len; i++)
		if (!isdigit((unsigned char)ret->name.s[i]))
			return false;
	return true;
}

static bool is_driver(struct span word, const char *driver)
{
	size_t i = 0;

	while (i < word.len && driver[i] &&
	       (word.s[i] == driver[i] || (word.s[i] == '-' && driver[i] == '_')))
		i++;
	return i == word.len && driver[i] == '\0';
}

static bool is_one_of(struct span word, const struct names *drivers)
{
	for (size_t i = 0; i < drivers->n; i++)
		if (is_driver(word, drivers->v[i]))
			return true;
	return false;
}

/* Is it an old one, and not wanted all the same? */
static bool gives_way(struct span driver, const struct modprobe_wish *w)
{
	return is_one_of(driver, &w->old) && !is_one_of(driver, &w->wanted);
}

struct survey {
	size_t n;   /* aliases */
	size_t end; /* behind the line of the last of them */
	bool used[NUMBERS_MAX];
	struct names missing; /* wanted drivers that none of them has */
};

static void survey_clear(struct survey *v)
{
	names_clear(&v->missing);
}

static int survey(const char *text, const struct modprobe_wish *w, struct survey *v)
{
	struct lines l = { text, text + strlen(text) };
	CLEANUP_NAMES struct names present = { 0 };
	struct alias a;
	struct span line;

	while (lines_next(&l, &line)) {
		char digits[4] = "";

		if (!take_alias(line, w->alias, &a))
			continue;
		v->n++;
		v->end = (size_t)(l.pos - text);
		for (size_t i = strlen(w->alias), k = 0; i < a.name.len && k < 3; i++)
			digits[k++] = a.name.s[i];
		if (atoi(digits) < NUMBERS_MAX)
			v->used[atoi(digits)] = true;
		for (size_t i = 0; i < w->wanted.n; i++)
			if (is_driver(a.driver, w->wanted.v[i]) &&
			    names_add_new(&present, w->wanted.v[i]) < 0)
				return -ENOMEM;
	}
	for (size_t i = 0; i < w->wanted.n; i++)
		if (!names_has(&present, w->wanted.v[i]) &&
		    names_add_new(&v->missing, w->wanted.v[i]) < 0)
			return -ENOMEM;
	return 0;
}

/* What is missing, each with the next number that is free. */
static int add_rest(struct splices *s, const char *text, const struct modprobe_wish *w,
		    struct survey *v, size_t done)
{
	const bool is_open = v->end > 0 && text[v->end - 1] != '\n';
	size_t number = 1;
	int r = 0;

	for (size_t i = done; i < v->missing.n && r == 0; i++, number++) {
		while (number < NUMBERS_MAX && v->used[number])
			number++;
		if (number == NUMBERS_MAX)
			break;
		r = splice_add(s, v->end, 0, "%salias %s%zu %s%s", is_open ? "\n" : "",
			       w->alias, number, v->missing.v[i], is_open ? "" : "\n");
	}
	return r;
}

int modprobe_edit_aliases(const char *text, const struct modprobe_wish *w,
			  struct bytes *ret)
{
	struct lines l = { text, text + strlen(text) };
	CLEANUP(survey_clear) struct survey v = { 0 };
	CLEANUP_SPLICES struct splices s = { 0 };
	size_t done = 0;
	struct alias a;
	struct span line;
	int r = survey(text, w, &v);

	while (r == 0 && w->wanted.n > 0 && lines_next(&l, &line)) {
		const char *driver = w->wanted.v[0];

		if (!take_alias(line, w->alias, &a) || !gives_way(a.driver, w))
			continue;
		if (w->wants_all && done >= v.missing.n) {
			r = splice_add(&s, (size_t)(line.s - text), 0, "# ");
			continue;
		}
		if (w->wants_all)
			driver = v.missing.v[done++];
		r = splice_add(&s, (size_t)(a.driver.s - text), a.driver.len, "%s",
			       driver);
	}
	if (r == 0 && w->wants_all && v.n > 0)
		r = add_rest(&s, text, w, &v, done);
	return r < 0 ? r : splices_apply(&s, text, strlen(text), ret);
}
