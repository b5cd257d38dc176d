/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tools of the source are switched off, those of the target on; see step/tools.h. */
#include <config.h>

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "step/tools.h"

static int want_tools(const struct guest *g, const struct request *q, struct wants *w,
		      struct cvt_error *err)
{
	int r = want_add(w, TOOLS_RECORD, 0);

	if (r == 0)
		r = guest_has_systemd(g) ? tools_want_systemd(q->target, w)
					 : tools_want_scripts(w);
	for (size_t i = 0; i < n_tools && r == 0; i++)
		if (tools[i].installer)
			r = want_add(w, tools[i].installer, WANT_LINK | WANT_BINARY);
	for (size_t i = 0; i < n_tools; i++)
		for (size_t j = 0; tools[i].repos[j] && r == 0; j++)
			r = want_add(w, tools[i].repos[j], WANT_LINK);
	return r < 0 ? error_nomem(err) : 0;
}

static int tell_repositories(const struct tools_work *w, struct cvt_error *err)
{
	for (size_t i = 0; w->tool->repos[i]; i++)
		for (size_t j = 0; j < w->guest->n_files; j++) {
			const char *path = w->guest->files[j].path;

			if (fnmatch(w->tool->repos[i], path, FNM_PATHNAME) == 0 &&
			    plan_warn(w->plan, "tool-repository", path,
				      "disable it, or give the guest other sources",
				      "may not be reached from the target") < 0)
				return error_nomem(err);
		}
	return 0;
}

/* Modules, hooks and settings that an installer has spread over the guest do no harm. */
static int tell_installer(const struct tools_work *w, struct cvt_error *err)
{
	const struct tool *t = w->tool;

	if (t->installer && guest_file(w->guest, t->installer) &&
	    plan_warn(
		    w->plan, "tool-installed", t->installer, t->uninstall,
		    "%s, and its own installer has put more into the guest than services",
		    t->off) < 0)
		return error_nomem(err);
	return 0;
}

static int off(const struct tools_work *w, struct cvt_error *err)
{
	const size_t n = strlen(w->tool->name);
	int r = tell_repositories(w, err);

	if (r == 0)
		r = tell_installer(w, err);
	for (size_t i = 0; i < w->was->n && r == 0; i++)
		if (strncmp(w->was->v[i], w->tool->name, n) == 0 &&
		    w->was->v[i][n] == ' ' && names_add_new(w->is, w->was->v[i]) < 0)
			r = error_nomem(err);
	if (r == 0)
		r = guest_has_systemd(w->guest) ? tools_systemd_off(w, err)
						: tools_scripts_off(w, err);
	return r;
}

static int on(const struct tools_work *w, struct cvt_error *err)
{
	int r = tools_restore(w, err);

	if (r < 0 || !(w->tool->flags & TOOL_ENABLE))
		return r;
	return guest_has_systemd(w->guest) ? tools_systemd_on(w, err)
					   : tools_scripts_on(w, err);
}

/* What a newer version has written down stays. */
static int keep_unknown(const struct names *was, struct names *is)
{
	int r = 0;

	for (size_t i = 0; i < was->n && r == 0; i++) {
		const size_t n = strcspn(was->v[i], " ");
		bool known = false;

		for (size_t j = 0; j < n_tools; j++)
			known = known || (strlen(tools[j].name) == n &&
					  strncmp(tools[j].name, was->v[i], n) == 0);
		r = known ? 0 : names_add_new(is, was->v[i]);
	}
	return r;
}

static int plan_tools(const struct guest *g, const struct request *q, struct plan *p,
		      struct cvt_error *err)
{
	CLEANUP_NAMES struct names was = { 0 };
	CLEANUP_NAMES struct names is = { 0 };
	int r = 0;

	if (tools_record_read(guest_text(g, TOOLS_RECORD), &was) < 0 ||
	    keep_unknown(&was, &is) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < n_tools && r == 0; i++) {
		const struct tools_work w = { g, p, &tools[i], &was, &is };

		if (tool_serves(&tools[i], q->target))
			r = on(&w, err);
		else if (!(tools[i].flags & TOOL_KEEP))
			r = off(&w, err);
	}
	return r < 0 ? r : tools_record_write(g, p, &is, err);
}

const struct step step_tools = {
	.name = "tools",
	.want = want_tools,
	.plan = plan_tools,
};
