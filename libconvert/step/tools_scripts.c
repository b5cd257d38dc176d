/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Init scripts without systemd: links of SysV (an S becomes a K, as chkconfig(8) and
 * update-rc.d(8) disable one, since a package's next update would add all links if there were
 * none), runlevels of OpenRC, jobs of upstart.
 */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "step/sysv.h"
#include "step/tools.h"

/* Where links are: /etc/rc2.d; of SUSE, whose K links say what is stopped on leaving. */
#define LEVELS "/etc/rc[0-9S].d/"
#define SUSE_LEVELS "/etc/init.d/rc[0-9S].d/"
#define RUNLEVELS "/etc/runlevels/"
#define DEFAULT_RUNLEVEL RUNLEVELS "default/"

static const struct {
	const char *pattern;
	unsigned flags;
} places[] = {
	{ LEVELS "[SK][0-9][0-9]%s", 0 },
	{ SUSE_LEVELS "[SK][0-9][0-9]%s", 0 },
	{ RUNLEVELS "*/%s", 0 },
	{ "/etc/init.d/%s", WANT_RARE },
	{ "/etc/init/%s.conf", WANT_RARE },
	{ "/etc/init/%s.conf" TOOLS_ASIDE, WANT_RARE },
	{ "/etc/init/%s.override", WANT_RARE },
};

/* @pattern with @name for its %s; NULL: no memory. */
static char *fill(const char *pattern, const char *name)
{
	const char *gap = strstr(pattern, "%s");

	return tools_path("%.*s%s%s", (int)(gap - pattern), pattern, name, gap + 2);
}

int tools_want_scripts(struct wants *w)
{
	int r = want_add(w, SYSV_DEPENDENCIES, 0);

	for (size_t k = 0; k < ARRAY_SIZE(places); k++)
		for (size_t i = 0; i < n_tools; i++)
			for (size_t j = 0; tools[i].scripts[j] && r == 0; j++) {
				CLEANUP_FREE char *path =
					fill(places[k].pattern, tools[i].scripts[j]);

				r = path ? want_add(w, path, WANT_LINK | places[k].flags)
					 : -ENOMEM;
			}
	return r;
}

static int matches(const char *pattern, const char *name, const char *path)
{
	CLEANUP_FREE char *filled = fill(pattern, name);

	return filled ? fnmatch(filled, path, FNM_PATHNAME) == 0 : -ENOMEM;
}

/* ---- off ---- */

/* "/etc/rc2.d/S20name": its K link has what is left to 100. */
static int stop_in_level(const struct tools_work *w, const struct guest_file *f,
			 const char *name, struct cvt_error *err)
{
	const int dir = (int)(strrchr(f->path, '/') - f->path);
	const int order = (f->path[dir + 2] - '0') * 10 + f->path[dir + 3] - '0';
	CLEANUP_FREE char *stop = tools_path("%.*s/K%02d%s", dir, f->path,
					     order > 0 ? 100 - order : 99, name);
	int r;

	if (!stop)
		return error_nomem(err);
	r = tools_drop_link(w, f->path, err);
	return r < 0 ? r : tools_make_link(w, stop, f->link, err);
}

static int link_off(const struct tools_work *w, const struct guest_file *f,
		    const char *name, struct cvt_error *err)
{
	int r;

	if (!f->link)
		return 0;
	r = matches(LEVELS "S[0-9][0-9]%s", name, f->path);
	if (r > 0)
		return stop_in_level(w, f, name, err);
	if (r == 0)
		r = matches(SUSE_LEVELS "S[0-9][0-9]%s", name, f->path);
	if (r == 0)
		r = matches(RUNLEVELS "*/%s", name, f->path);
	if (r < 0)
		return error_nomem(err);
	return r > 0 ? tools_drop_link(w, f->path, err) : 0;
}

/* Does any line of @text say that the job is started by hand only? */
static bool is_manual(const char *text)
{
	for (const char *s = text; s && *s; s = strchr(s, '\n')) {
		s += strspn(s, " \t\n");
		if (strncmp(s, "manual", 6) == 0 && strchr(" \t\r\n", s[6]))
			return true;
	}
	return false;
}

/* Overrides came with upstart 1.3; that of EL 6 and Amazon Linux 1 is 0.6.5. */
static bool has_overrides(const struct guest *g)
{
	return strcmp(g->os_id, "ubuntu") == 0 || strcmp(g->os_id, "debian") == 0;
}

static int job_off(const struct tools_work *w, const char *name, struct cvt_error *err)
{
	CLEANUP_FREE char *job = tools_path("/etc/init/%s.conf", name);
	CLEANUP_FREE char *beside = tools_path("/etc/init/%s.override", name);
	const struct guest_file *f;

	if (!job || !beside)
		return error_nomem(err);
	f = guest_file(w->guest, job);
	if (!f || is_manual(guest_text(w->guest, beside)))
		return 0;
	if (has_overrides(w->guest) && !guest_file(w->guest, beside))
		return tools_make_file(w, beside, TOOLS_MANUAL, err);
	if (!f->link && (w->tool->flags & TOOL_UNPACKED))
		return tools_move(w, job, err);
	if (plan_warn(w->plan, "tool-left", job, "uninstall it if it is in the way",
		      "%s, but its job cannot be switched off beside the package's files",
		      w->tool->off) < 0)
		return error_nomem(err);
	return 0;
}

int tools_scripts_off(const struct tools_work *w, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; w->tool->scripts[i] && r == 0; i++) {
		for (size_t j = 0; j < w->guest->n_files && r == 0; j++)
			r = link_off(w, &w->guest->files[j], w->tool->scripts[i], err);
		if (r == 0)
			r = job_off(w, w->tool->scripts[i], err);
	}
	return r;
}

/* ---- on ---- */

#define ON WHY("tool-on", "the target is where this tool belongs")

/* Is there anything at @pattern, or will there be? */
static int is_anything_at(const struct tools_work *w, const char *pattern,
			  const char *name)
{
	int r = 0;

	for (size_t i = 0; i < w->guest->n_files && r == 0; i++)
		r = matches(pattern, name, w->guest->files[i].path);
	for (size_t i = 0; i < w->plan->n_edits && r == 0; i++)
		r = matches(pattern, name, w->plan->edits[i].path);
	return r;
}

static int is_started(const struct tools_work *w, const char *name)
{
	static const char *const starts[] = { LEVELS "S[0-9][0-9]%s",
					      SUSE_LEVELS "S[0-9][0-9]%s",
					      RUNLEVELS "*/%s" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(starts) && r == 0; i++)
		r = is_anything_at(w, starts[i], name);
	return r;
}

/* The place in the order of starts, of "# chkconfig: 2345 98 02"; insserv knows better. */
static int start_order(const char *script)
{
	const char *header = script ? strstr(script, "# chkconfig:") : NULL;
	int order;

	return header && sscanf(header, "# chkconfig: %*8s %2d", &order) == 1 &&
			       order >= 0
		       ? order
		       : 20;
}

/* A K link is what chkconfig(8) and update-rc.d(8) leave of a script that was switched off. */
static int start_in_level(const struct tools_work *w, const char *dir, int order,
			  const char *name, const char *to, struct cvt_error *err)
{
	CLEANUP_FREE char *start = tools_path("%s/S%02d%s", dir, order, name);
	CLEANUP_FREE char *pattern = tools_path("%s/K[0-9][0-9]%%s", dir);
	CLEANUP_FREE char *target = tools_path("%s%s", to, name);
	int r = start && pattern && target ? 0 : -ENOMEM;

	for (size_t i = 0; i < w->guest->n_files && r >= 0; i++) {
		const struct guest_file *f = &w->guest->files[i];

		r = f->link ? matches(pattern, name, f->path) : 0;
		if (r > 0)
			r = plan_remove(w->plan, w->guest, f->path, ON, err);
	}
	if (r == -ENOMEM)
		return error_nomem(err);
	return r < 0 ? r : plan_symlink(w->plan, w->guest, start, target, ON, err);
}

static int start_by_links(const struct tools_work *w, const char *script,
			  const char *name, struct cvt_error *err)
{
	static const char *const dirs[] = { "/etc/rc2.d", "/etc/rc3.d", "/etc/rc4.d",
					    "/etc/rc5.d", NULL };
	static const char *const suse[] = { "/etc/init.d/rc3.d", "/etc/init.d/rc5.d",
					    NULL };
	const bool is_suse = sysv_is_suse(w->guest);
	const char *const *dir = is_suse ? suse : dirs;
	const int order = start_order(guest_text(w->guest, script));
	int r = 0;

	for (; *dir && r == 0; dir++)
		r = start_in_level(w, *dir, order, name, is_suse ? "../" : "../init.d/",
				   err);
	return r < 0 ? r : sysv_add_dependency(w->guest, w->plan, name, ON, err);
}

static int script_on(const struct tools_work *w, const char *name, struct cvt_error *err)
{
	const char *init = w->guest->init ? w->guest->init : "";
	CLEANUP_FREE char *script = tools_path("/etc/init.d/%s", name);
	CLEANUP_FREE char *start = tools_path(DEFAULT_RUNLEVEL "%s", name);
	const struct guest_file *f;
	int r;

	if (!script || !start)
		return error_nomem(err);
	f = guest_file(w->guest, script);
	if (!f || f->link)
		return 0;
	r = is_started(w, name);
	if (r != 0)
		return r < 0 ? error_nomem(err) : 0;
	if (strcmp(init, "openrc") == 0)
		return plan_symlink(w->plan, w->guest, start, script, ON, err);
	return start_by_links(w, script, name, err);
}

/* Which runlevel each part of cloud-init is in is the distribution's to say. */
int tools_scripts_on(const struct tools_work *w, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; w->tool->scripts[i] && r == 0; i++)
		if (!(w->tool->flags & TOOL_KEEP))
			r = script_on(w, w->tool->scripts[i], err);
	return r;
}
