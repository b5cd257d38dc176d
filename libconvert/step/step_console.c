/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Logins on the target's serial console, and none on one that it has not.  systemd starts what
 * console= names by itself (systemd-getty-generator(8)), and so does upstart in RHEL 6.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "format/inittab.h"
#include "format/lines.h"
#include "step/step.h"

#define INITTAB "/etc/inittab"
#define SECURETTY "/etc/securetty"
#define JOBS "/etc/init/"
#define WANTS STEP_UNITS "/getty.target.wants/"
#define PATH_SIZE 128 /* bytes, with NUL */
#define OVERRIDE "# Switched off by a conversion.\nmanual\n"

/* The console of Xen, as Linux calls it, and as the kernels of RHEL 5 and SLES 10 do. */
static const char *const xen_terminals[] = { "hvc0", "xvc0" };

/* agetty of util-linux, and what Debian and BusyBox call theirs. */
static const char *const gettys[] = { "/sbin/agetty", "/sbin/getty" };

/* systemd waits 90 s for the terminal of such a unit. */
static const char *const units[] = { WANTS "serial-getty@%s.service",
				     WANTS "getty@%s.service" };

#define LOGIN WHY("serial-getty", "there is a login on the target's serial console")
#define GONE WHY("getty-gone", "no login waits for a terminal that the target has not")

struct terminals {
	char serial[16]; /* of the target; "": it has none */
	char speed[8];
	const char *gone[ARRAY_SIZE(xen_terminals) + 1];
};

static bool is_on_target(const char *const *consoles, const char *terminal)
{
	for (size_t i = 0; consoles && consoles[i]; i++)
		if (starts_with(consoles[i], terminal))
			return true;
	return false;
}

static struct terminals find_terminals(const struct guest *g, const struct request *q)
{
	const char *const *consoles = target_consoles(q->target, guest_arch(g));
	struct terminals t = { .speed = "38400" };
	size_t n = 0;

	/* The screen comes first. */
	for (size_t i = 0; consoles && consoles[i]; i++) {
		const char *name = consoles[i], *comma = strchrnul(name, ',');

		if (strcmp(name, "tty0") == 0)
			continue;
		snprintf(t.serial, sizeof(t.serial), "%.*s", (int)(comma - name), name);
		if (*comma)
			snprintf(t.speed, sizeof(t.speed), "%.*s",
				 (int)strspn(comma + 1, "0123456789"), comma + 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(xen_terminals); i++)
		if (!is_on_target(consoles, xen_terminals[i]))
			t.gone[n++] = xen_terminals[i];
	return t;
}

static bool has_init(const struct guest *g, const char *init)
{
	return g->init && strcmp(g->init, init) == 0;
}

/* ---- what is asked for ---- */

/* @pattern with @name for its %s; both are ours, and short. */
static void fill(const char *pattern, const char *name, char path[PATH_SIZE])
{
	const char *gap = strstr(pattern, "%s");

	snprintf(path, PATH_SIZE, "%.*s%s%s", (int)(gap - pattern), pattern, name,
		 gap + 2);
}

static int want_path(struct wants *w, const char *pattern, const char *name)
{
	char path[PATH_SIZE];

	fill(pattern, name, path);
	return want_add(w, path, WANT_LINK);
}

static int want_units(struct wants *w)
{
	int r = want_add(w, STEP_UNITS_LINK, WANT_LINK);

	for (size_t i = 0; i < ARRAY_SIZE(xen_terminals); i++)
		for (size_t j = 0; j < ARRAY_SIZE(units) && r == 0; j++)
			r = want_path(w, units[j], xen_terminals[i]);
	return r;
}

static int want_scripts(const struct guest *g, struct wants *w)
{
	int r = want_add(w, has_init(g, "upstart") ? JOBS "*.conf" : INITTAB, WANT_LINK);

	for (size_t i = 0; i < ARRAY_SIZE(gettys) && r == 0; i++)
		r = want_add(w, gettys[i], WANT_LINK | WANT_BINARY);
	for (size_t i = 0; i < ARRAY_SIZE(xen_terminals) && r == 0; i++)
		r = want_path(w, JOBS "%s.override", xen_terminals[i]);
	return r;
}

static int want_console(const struct guest *g, const struct request *q, struct wants *w,
			struct cvt_error *err)
{
	int r = want_add(w, SECURETTY, WANT_LINK);

	(void)q;
	if (r == 0)
		r = guest_has_systemd(g) ? want_units(w) : want_scripts(g, w);
	return r < 0 ? error_nomem(err) : 0;
}

/* ---- root may log in there as on the screen ---- */

static int plan_securetty(const struct guest *g, const struct terminals *t,
			  struct plan *p, struct cvt_error *err)
{
	const char *known = plan_text(p, g, SECURETTY), *text = known ? known : "";
	struct lines l = { text, text + strlen(text) };
	bool has_screen = false;
	char *fresh;
	struct span line;

	while (t->serial[0] && lines_next(&l, &line)) {
		if (span_is(span_trim(line), t->serial))
			return 0;
		has_screen |= span_is(span_trim(line), "tty1");
	}
	if (!has_screen)
		return 0;
	if (asprintf(&fresh, "%s%s%s\n", text, text[strlen(text) - 1] == '\n' ? "" : "\n",
		     t->serial) < 0)
		return error_nomem(err);
	return plan_write_text(p, g, SECURETTY, fresh,
			       WHY("securetty", "root may log in on the target's serial "
						"console as on the screen"),
			       err);
}

/* ---- systemd ---- */

static int plan_units(const struct guest *g, const struct terminals *t, struct plan *p,
		      struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; t->gone[i]; i++)
		for (size_t j = 0; j < ARRAY_SIZE(units) && r == 0; j++) {
			char path[PATH_SIZE];

			fill(units[j], t->gone[i], path);
			r = step_units_are_made(g) ? 0
						   : plan_remove(p, g, path, GONE, err);
		}
	return r;
}

/* ---- init of SysV and BusyBox ---- */

/* The program and its arguments before the terminal; "": the guest has none. */
static void find_getty(const struct guest *g, const struct terminals *t, char getty[64])
{
	getty[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(gettys) && !getty[0]; i++)
		if (guest_file(g, gettys[i]))
			snprintf(getty, 64, "%s -L %s", gettys[i], t->speed);
}

static int tell_none(const struct terminals *t, const char *path, struct plan *p,
		     struct cvt_error *err)
{
	return plan_warn(p, "getty-missing", path, "install one in the guest",
			 "no login on %s: there is neither /sbin/agetty nor /sbin/getty",
			 t->serial) < 0
		       ? error_nomem(err)
		       : 0;
}

static int plan_inittab(const struct guest *g, const struct terminals *t, struct plan *p,
			struct cvt_error *err)
{
	const char *text = plan_text(p, g, INITTAB);
	CLEANUP_BYTES struct bytes quiet = { 0 }, fresh = { 0 };
	char getty[64];
	struct inittab_wish w = { NULL, getty, t->gone };

	if (!text)
		return 0;
	find_getty(g, t, getty);
	if (inittab_edit(text, &w, &quiet) < 0)
		return error_nomem(err);
	if (plan_write(p, g, INITTAB, &quiet, GONE, err) < 0)
		return -ENOMEM;
	if (!t->serial[0])
		return 0;
	w.terminal = t->serial;
	text = plan_text(p, g, INITTAB);
	if (inittab_edit(text, &w, &fresh) < 0)
		return error_nomem(err);
	if (!getty[0])
		return strcmp(text, fresh.data) == 0 ? 0 : tell_none(t, INITTAB, p, err);
	return plan_write(p, g, INITTAB, &fresh, LOGIN, err);
}

/* ---- upstart ---- */

/* Is there a login on @terminal already?  RHEL 6 has one on every serial console. */
static bool has_job(const struct guest *g, const char *terminal)
{
	for (size_t i = 0; i < g->n_files; i++) {
		const char *known = guest_text(g, g->files[i].path);
		const char *text = known ? known : "";
		struct lines l = { text, text + strlen(text) };
		struct span line, word;

		if (!starts_with(g->files[i].path, JOBS))
			continue;
		while (lines_next(&l, &line)) {
			line = span_trim(line);
			if (line.len > 0 && *line.s == '#')
				continue;
			while ((word = span_word(&line)).len > 0)
				if (span_is(word, terminal) ||
				    span_starts(word, "fedora.serial-console-available"))
					return true;
		}
	}
	return false;
}

static int plan_job(const struct guest *g, const struct terminals *t, struct plan *p,
		    struct cvt_error *err)
{
	char path[PATH_SIZE], getty[64], *text;

	fill(JOBS "%s.conf", t->serial, path);
	find_getty(g, t, getty);
	if (!t->serial[0] || guest_file(g, path) || has_job(g, t->serial))
		return 0;
	if (!getty[0])
		return tell_none(t, path, p, err);
	if (asprintf(&text,
		     "# A login on the serial console.\n"
		     "start on stopped rc RUNLEVEL=[2345]\n"
		     "stop on runlevel [!2345]\n\n"
		     "respawn\n"
		     "exec %s %s vt100\n",
		     getty, t->serial) < 0)
		return error_nomem(err);
	return plan_write_text(p, g, path, text, LOGIN, err);
}

/* A job of the guest stays, with an override that upstart reads beside it. */
static int plan_override(const struct guest *g, const char *terminal, bool is_gone,
			 struct plan *p, struct cvt_error *err)
{
	char job[PATH_SIZE], path[PATH_SIZE];
	const char *known;
	char *text;

	fill(JOBS "%s.conf", terminal, job);
	fill(JOBS "%s.override", terminal, path);
	known = guest_text(g, path);
	if (!is_gone && known && strcmp(known, OVERRIDE) == 0)
		return plan_remove(p, g, path, LOGIN, err);
	if (!is_gone || guest_file(g, path) || !guest_file(g, job))
		return 0;
	text = strdup(OVERRIDE);
	return text ? plan_write_text(p, g, path, text, GONE, err) : error_nomem(err);
}

static int plan_upstart(const struct guest *g, const struct terminals *t, struct plan *p,
			struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(xen_terminals) && r == 0; i++) {
		bool is_gone = false;

		for (size_t j = 0; t->gone[j]; j++)
			is_gone |= strcmp(t->gone[j], xen_terminals[i]) == 0;
		r = plan_override(g, xen_terminals[i], is_gone, p, err);
	}
	return r < 0 ? r : plan_job(g, t, p, err);
}

static int plan_console(const struct guest *g, const struct request *q, struct plan *p,
			struct cvt_error *err)
{
	const struct terminals t = find_terminals(g, q);
	int r = plan_securetty(g, &t, p, err);

	if (r < 0)
		return r;
	if (guest_has_systemd(g))
		return plan_units(g, &t, p, err);
	return has_init(g, "upstart") ? plan_upstart(g, &t, p, err)
				      : plan_inittab(g, &t, p, err);
}

const struct step step_console = {
	.name = "console",
	.want = want_console,
	.plan = plan_console,
};
