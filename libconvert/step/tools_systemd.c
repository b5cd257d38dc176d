/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Units of systemd.  One that a package brings is masked, as `systemctl mask` does it.  One
 * that is a file in /etc itself cannot be; it gets a drop-in with a condition that is never
 * true.  A script in /etc/init.d for which systemd makes a unit is masked by that unit's name.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/unit.h"
#include "step/tools.h"

#define ETC STEP_UNITS "/"
#define NULL_DEVICE "/dev/null"
#define INSTALLS_MAX 16 /* units that one wants to be started by */

/* Later ones in systemd's own order; the first is where /lib is /usr/lib. */
static const char *const vendor_dirs[] = { "/usr/lib/systemd/system/",
					   "/lib/systemd/system/" };

static char *drop_in(const char *unit)
{
	return tools_path(ETC "%s.d/zz-libconvert.conf", unit);
}

static int want_path(struct wants *w, char *path, unsigned flags)
{
	CLEANUP_FREE char *owned = path;

	return owned ? want_add(w, owned, flags) : -ENOMEM;
}

/* By what a unit may be started already. */
static int want_starts(struct wants *w, const char *unit)
{
	int r = want_path(w, tools_path(ETC "*.wants/%s", unit), WANT_LINK);

	for (size_t i = 0; i < ARRAY_SIZE(vendor_dirs) && r == 0; i++)
		r = want_path(w, tools_path("%s*.wants/%s", vendor_dirs[i], unit),
			      WANT_LINK);
	return r;
}

/* A script has a unit of its name; most rows have that among their units too. */
static int want_units(struct wants *w, const char *dir)
{
	int r = 0;

	for (size_t i = 0; i < n_tools; i++) {
		for (size_t j = 0; tools[i].units[j] && r == 0; j++)
			r = want_path(w, tools_path("%s%s", dir, tools[i].units[j]),
				      WANT_LINK | WANT_RARE);
		for (size_t j = 0; tools[i].scripts[j] && r == 0; j++)
			r = want_path(
				w, tools_path("%s%s.service", dir, tools[i].scripts[j]),
				WANT_LINK | WANT_RARE);
	}
	return r;
}

static int want_scripts(struct wants *w)
{
	int r = 0;

	for (size_t i = 0; i < n_tools; i++)
		for (size_t j = 0; tools[i].scripts[j] && r == 0; j++)
			r = want_path(w,
				      tools_path("/etc/init.d/%s", tools[i].scripts[j]),
				      WANT_LINK | WANT_RARE);
	return r;
}

int tools_want_systemd(const struct target *target, struct wants *w)
{
	int r = want_add(w, STEP_UNITS_LINK, WANT_LINK);

	if (r == 0)
		r = want_units(w, ETC);
	for (size_t i = 0; i < ARRAY_SIZE(vendor_dirs) && r == 0; i++)
		r = want_units(w, vendor_dirs[i]);
	if (r == 0)
		r = want_scripts(w);
	if (r == 0)
		r = want_path(w, drop_in("*"), WANT_LINK);
	for (size_t i = 0; i < n_tools; i++)
		for (size_t j = 0;
		     tool_serves(&tools[i], target) && (tools[i].flags & TOOL_ENABLE) &&
		     tools[i].units[j] && r == 0;
		     j++)
			r = want_starts(w, tools[i].units[j]);
	return r;
}

/* ---- off ---- */

static const struct guest_file *vendor_unit(const struct guest *g, const char *unit)
{
	const struct guest_file *f = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(vendor_dirs) && !f; i++) {
		CLEANUP_FREE char *path = tools_path("%s%s", vendor_dirs[i], unit);

		f = path ? guest_file(g, path) : NULL;
	}
	return f;
}

static bool is_masked(const struct guest_file *etc)
{
	return etc &&
	       (etc->link ? strcmp(etc->link, NULL_DEVICE) == 0 : etc->data.len == 0);
}

/* A link in /etc to a unit of another name gives that one a second name, and goes with it. */
static bool is_alias(const struct guest_file *etc, const char *unit)
{
	const char *slash = etc->link ? strrchr(etc->link, '/') : NULL;

	return etc->link && strcmp(slash ? slash + 1 : etc->link, unit) != 0;
}

static int unit_off(const struct tools_work *w, const char *unit, struct cvt_error *err)
{
	CLEANUP_FREE char *path = tools_path(ETC "%s", unit);
	CLEANUP_FREE char *beside = drop_in(unit);
	CLEANUP_FREE char *script =
		tools_path("/etc/init.d/%.*s", (int)strcspn(unit, "."), unit);
	const struct guest_file *etc;

	if (!path || !beside || !script)
		return error_nomem(err);
	etc = guest_file(w->guest, path);
	if (is_masked(etc) || (etc && is_alias(etc, unit)))
		return 0;
	if (!etc && !vendor_unit(w->guest, unit) && !guest_file(w->guest, script))
		return 0;
	if (step_units_are_made(w->guest))
		return plan_warn(w->plan, "tool-left", path,
				 "take it out of its configuration",
				 "%s, but the distribution makes its unit itself",
				 w->tool->off) < 0
			       ? error_nomem(err)
			       : 0;
	if (etc)
		return tools_make_file(w, beside, TOOLS_DROP_IN, err);
	return tools_make_link(w, path, NULL_DEVICE, err);
}

int tools_systemd_off(const struct tools_work *w, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; w->tool->units[i] && r == 0; i++)
		r = unit_off(w, w->tool->units[i], err);
	for (size_t i = 0; w->tool->scripts[i] && r == 0; i++) {
		CLEANUP_FREE char *unit = tools_path("%s.service", w->tool->scripts[i]);

		r = unit ? unit_off(w, unit, err) : error_nomem(err);
	}
	return r;
}

/* ---- on ---- */

/* Does anything below @dirs want the unit? */
static bool is_started(const struct guest *g, const char *unit)
{
	for (size_t i = 0; i < g->n_files; i++) {
		const char *path = g->files[i].path;
		const char *name = strrchr(path, '/') + 1;

		if (strcmp(name, unit) == 0 && strstr(path, ".wants/"))
			return true;
	}
	return false;
}

/* A name from the guest, of which a path is made. */
static bool is_unit_name(const char *s, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_.\\@";

	return n > 0 && n < 200 && *s != '.' && strspn(s, letters) >= n &&
	       memchr(s, '.', n) != NULL;
}

static int enable(const struct tools_work *w, const struct guest_file *unit,
		  struct cvt_error *err)
{
	const char *name = strrchr(unit->path, '/') + 1;
	CLEANUP_FREE char *wanted_by = NULL;
	const char *text = guest_text(w->guest, unit->path);
	int r = unit_get(text ? text : "", "Install", "WantedBy", &wanted_by);
	const char *s = wanted_by ? wanted_by : "";

	if (r < 0)
		return error_nomem(err);
	r = 0;
	for (int i = 0; *s && r == 0 && i < INSTALLS_MAX; i++) {
		size_t n = strcspn(s, " \t\r\n");
		CLEANUP_FREE char *path =
			tools_path(ETC "%.*s.wants/%s", (int)n, s, name);

		if (!path)
			return error_nomem(err);
		if (is_unit_name(s, n))
			r = plan_symlink(w->plan, w->guest, path, unit->path,
					 WHY("tool-on", "the target is where this tool "
							"belongs"),
					 err);
		s += n;
		s += strspn(s, " \t\r\n");
	}
	return r;
}

/* Ours are gone by now: the plan removes what the record names. */
static bool is_removed(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n_edits; i++)
		if (strcmp(p->edits[i].path, path) == 0)
			return p->edits[i].action == EDIT_REMOVE;
	return false;
}

static int unit_on(const struct tools_work *w, const char *name, struct cvt_error *err)
{
	CLEANUP_FREE char *path = tools_path(ETC "%s", name);
	const struct guest_file *unit = vendor_unit(w->guest, name), *etc;

	if (!path)
		return error_nomem(err);
	etc = guest_file(w->guest, path);
	if (!unit || unit->link)
		return 0;
	if (is_masked(etc) && !is_removed(w->plan, path)) {
		if (plan_warn(
			    w->plan, "tool-masked", path, "unmask it if it is to run",
			    "the target has a use for it, but it is masked, and not by a "
			    "conversion") < 0)
			return error_nomem(err);
		return 0;
	}
	return is_started(w->guest, name) ? 0 : enable(w, unit, err);
}

int tools_systemd_on(const struct tools_work *w, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; w->tool->units[i] && !step_units_are_made(w->guest) && r == 0;
	     i++)
		r = unit_on(w, w->tool->units[i], err);
	return r;
}
