/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/inittab.h"
#include "format/lines.h"
#include "format/splice.h"

#define ID_SIZE 5 /* bytes, with NUL: sysvinit takes four characters */

struct entry {
	struct span id, action, process;
};

static bool take_field(struct span *rest, struct span *ret)
{
	const char *colon = memchr(rest->s, ':', rest->len);

	if (!colon)
		return false;
	*ret = (struct span){ rest->s, (size_t)(colon - rest->s) };
	rest->len -= ret->len + 1;
	rest->s = colon + 1;
	return true;
}

/* False: @line is a comment, or no entry. */
static bool take_entry(struct span line, struct entry *ret)
{
	struct span levels;

	line = span_trim(line);
	if (line.len == 0 || *line.s == '#' || !take_field(&line, &ret->id) ||
	    !take_field(&line, &levels) || !take_field(&line, &ret->action))
		return false;
	ret->process = line;
	return true;
}

static bool is_terminal(struct span word, const char *terminal)
{
	static const char dev[] = "/dev/";
	const size_t n = strlen(dev);

	if (span_starts(word, dev))
		word = (struct span){ word.s + n, word.len - n };
	return span_is(word, terminal);
}

/* Does the entry keep something running on @terminal? */
static bool serves(const struct entry *e, const char *terminal)
{
	static const char *const actions[] = { "respawn", "askfirst", "ondemand" };
	struct span rest = e->process, word;
	bool is_kept = false;

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		is_kept |= span_is(e->action, actions[i]);
	if (!is_kept)
		return false;
	while ((word = span_word(&rest)).len > 0)
		if (is_terminal(word, terminal))
			return true;
	return span_is(e->id, terminal);
}

static bool is_gone(const struct entry *e, const char *const *gone)
{
	for (size_t i = 0; gone[i]; i++)
		if (serves(e, gone[i]))
			return true;
	return false;
}

/* What the text has already. */
struct found {
	bool has_login;
	bool is_sysv;
};

static struct found survey(const char *text, const struct inittab_wish *w)
{
	struct lines l = { text, text + strlen(text) };
	struct found found = { 0 };
	struct entry e;
	struct span line;

	while (lines_next(&l, &line)) {
		if (!take_entry(line, &e))
			continue;
		found.is_sysv |= span_is(e.action, "initdefault");
		if (w->terminal && !is_gone(&e, w->gone))
			found.has_login |=
				serves(&e, w->terminal) || serves(&e, "console");
	}
	return found;
}

static bool has_id(const char *text, const char *id)
{
	struct lines l = { text, text + strlen(text) };
	struct entry e;
	struct span line;

	while (lines_next(&l, &line))
		if (take_entry(line, &e) && span_is(e.id, id))
			return true;
	return false;
}

/* "S0" for ttyS0, as everybody has it; false: all are taken. */
static bool choose_id(const char *text, const char *terminal, char id[ID_SIZE])
{
	const char *name = starts_with(terminal, "tty") ? terminal + 3 : terminal;

	snprintf(id, ID_SIZE, "%.4s", name);
	for (char c = '0'; has_id(text, id); c++) {
		if (c > '9')
			return false;
		snprintf(id, ID_SIZE, "con%c", c);
	}
	return true;
}

static int make_line(const char *text, const struct inittab_wish *w, bool is_sysv,
		     char **ret)
{
	char id[ID_SIZE];
	int n = 0;

	if (is_sysv && !choose_id(text, w->terminal, id))
		return 0;
	n = is_sysv ? asprintf(ret, "%s:2345:respawn:%s %s vt100", id, w->getty,
			       w->terminal)
		    : asprintf(ret, "%s::respawn:%s %s vt100", w->terminal, w->getty,
			       w->terminal);
	if (n < 0)
		*ret = NULL;
	return n < 0 ? -ENOMEM : 0;
}

/* Is @line what becomes of @wanted where its terminal is gone? */
static bool is_commented(struct span line, const char *wanted)
{
	return line.len > 0 && *line.s == '#' &&
	       span_is((struct span){ line.s + 1, line.len - 1 }, wanted);
}

int inittab_edit(const char *text, const struct inittab_wish *w, struct bytes *ret)
{
	const size_t len = strlen(text);
	CLEANUP_SPLICES struct splices s = { 0 };
	CLEANUP_FREE char *wanted = NULL;
	struct found found = survey(text, w);
	struct lines l = { text, text + len };
	struct entry e;
	struct span line;
	int r = 0;

	if (w->terminal && !found.has_login)
		r = make_line(text, w, found.is_sysv, &wanted);
	while (r == 0 && lines_next(&l, &line)) {
		if (take_entry(line, &e) && is_gone(&e, w->gone)) {
			r = splice_add(&s, (size_t)(line.s - text), 0, "#");
		} else if (wanted && !found.has_login && is_commented(line, wanted)) {
			found.has_login = true;
			r = splice_drop(&s, (size_t)(line.s - text), 1);
		}
	}
	if (r == 0 && wanted && !found.has_login)
		r = splice_add(&s, len, 0, "%s%s\n",
			       len == 0 || text[len - 1] == '\n' ? "" : "\n", wanted);
	return r < 0 ? r : splices_apply(&s, text, len, ret);
}
