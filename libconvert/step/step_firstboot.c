/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the user wants to be done at the first boot: scripts that the guest runs itself, each
 * once, in their order, when its network is up.  A runner moves each script away before it
 * starts it, so that one which reboots the machine is not run again, and when none is left it
 * removes what started it.
 */
#include <config.h>

#include <string.h>

#include "step/sysv.h"

/* In /etc: /usr is read-only where it is an image, as in Flatcar and Fedora CoreOS. */
#define DIR "/etc/libconvert/firstboot"
#define RUNNER DIR "/run"
#define NAME "libconvert-firstboot"
#define UNIT NAME ".service"
#define INIT_PATH "/etc/init.d/" NAME
#define LOG "/var/log/" NAME ".log"
#define EXECUTABLE 0755
#define LEVELS_MAX 3

#define WANTED "/etc/systemd/system/multi-user.target.wants/" UNIT
#define IN_LEVEL(dir, level) dir "/rc" level ".d/S99" NAME
#define IN_RUNLEVEL "/etc/runlevels/default/" NAME

static const char runner[] =
	"#!/bin/sh\n"
	"# Runs each script of " DIR "/todo once, in their order.\n"
	"cd " DIR " && mkdir -p done || exit 1\n"
	"for script in todo/*; do\n"
	"    [ -f \"$script\" ] || continue\n"
	"    mv \"$script\" done/ || exit 1\n"
	"    \"./done/${script#todo/}\" ||\n"
	"        echo \"${script#todo/} has failed with status $?\" >&2\n"
	"done\n"
	"rm -f " WANTED " " IN_RUNLEVEL " \\\n"
	"    /etc/rc[235].d/S99" NAME " /etc/init.d/rc[35].d/S99" NAME "\n";

static const char unit[] =
	"[Unit]\n"
	"Description=What a conversion has left for the first boot\n"
	"Wants=network-online.target\n"
	"After=network-online.target\n"
	"ConditionDirectoryNotEmpty=" DIR "/todo\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"ExecStart=/bin/sh " RUNNER "\n"
	"\n"
	"[Install]\n"
	"WantedBy=multi-user.target\n";

static const char init_script[] =
	"#!/bin/sh\n"
	"### BEGIN INIT INFO\n"
	"# Provides:          " NAME "\n"
	"# Required-Start:    $all\n"
	"# Required-Stop:\n"
	"# Default-Start:     2 3 4 5\n"
	"# Default-Stop:\n"
	"# Short-Description: What a conversion has left for the first boot\n"
	"### END INIT INFO\n"
	"[ \"$1\" != start ] || /bin/sh " RUNNER " >>" LOG " 2>&1\n";

static const char openrc_script[] =
	"#!/sbin/openrc-run\n"
	"description=\"What a conversion has left for the first boot\"\n"
	"depend() {\n"
	"    need localmount\n"
	"    use net\n"
	"    after *\n"
	"}\n"
	"start() {\n"
	"    ebegin \"Running what a conversion has left\"\n"
	"    /bin/sh " RUNNER " >>" LOG " 2>&1\n"
	"    eend 0\n"
	"}\n";

/* By what the runner is started, where, and the links that say so. */
static const struct starter {
	const char *path, *text;
	mode_t mode;
	const char *to, *links[LEVELS_MAX];
} starters[] = {
	{ "/etc/systemd/system/" UNIT, unit, 0644, "../" UNIT, { WANTED } },
	{ INIT_PATH, openrc_script, EXECUTABLE, INIT_PATH, { IN_RUNLEVEL } },
	{ INIT_PATH,
	  init_script,
	  EXECUTABLE,
	  "../" NAME,
	  { IN_LEVEL("/etc/init.d", "3"), IN_LEVEL("/etc/init.d", "5") } },
	{ INIT_PATH,
	  init_script,
	  EXECUTABLE,
	  "../init.d/" NAME,
	  { IN_LEVEL("/etc", "2"), IN_LEVEL("/etc", "3"), IN_LEVEL("/etc", "5") } },
};

/* Upstart runs the links of SysV, which SUSE has in another place. */
static const struct starter *starter_of(const struct guest *g)
{
	if (guest_has_systemd(g))
		return &starters[0];
	if (strcmp(g->init, "openrc") == 0)
		return &starters[1];
	return sysv_is_suse(g) ? &starters[2] : &starters[3];
}

/* "…/todo/01-name"; NULL: no memory. */
static char *script_path(const struct request *q, size_t i)
{
	char *path;

	return asprintf(&path, DIR "/todo/%02zu-%s", i + 1, q->scripts[i].name) < 0 ? NULL
										   : path;
}

static int want(const struct guest *g, const struct request *q, struct wants *w,
		struct cvt_error *err)
{
	const struct starter *s = starter_of(g);
	int r = q->n_scripts > 0 ? want_add(w, RUNNER, WANT_LINK) : 0;

	if (r == 0 && q->n_scripts > 0)
		r = want_add(w, s->path, WANT_LINK);
	if (r == 0 && q->n_scripts > 0)
		r = want_add(w, SYSV_DEPENDENCIES, 0);
	if (r == 0 && q->n_scripts > 0)
		r = want_add(w, STEP_UNITS_LINK, WANT_LINK);
	for (size_t i = 0; q->n_scripts > 0 && i < LEVELS_MAX && s->links[i] && r == 0;
	     i++)
		r = want_add(w, s->links[i], WANT_LINK);
	for (size_t i = 0; i < q->n_scripts && r == 0; i++) {
		CLEANUP_FREE char *path = script_path(q, i);

		r = path ? want_add(w, path, WANT_LINK) : -ENOMEM;
	}
	return r < 0 ? error_nomem(err) : 0;
}

static int put(const struct guest *g, struct plan *p, const char *path, const char *text,
	       mode_t mode, struct cvt_error *err)
{
	struct bytes data = { 0 };
	int r;

	if (bytes_set(&data, text, strlen(text)) < 0)
		return error_nomem(err);
	r = plan_write(p, g, path, &data,
		       WHY("firstboot", "the guest is to run a script at its first boot"),
		       err);
	if (r == 0)
		plan_set_mode(p, path, mode);
	return r;
}

static int link_to(const struct guest *g, struct plan *p, const char *path,
		   const char *target, struct cvt_error *err)
{
	return plan_symlink(p, g, path, target,
			    WHY("firstboot", "the guest is to run a script at its first boot"),
			    err);
}

static int put_start(const struct guest *g, struct plan *p, struct cvt_error *err)
{
	const struct starter *s = starter_of(g);
	int r = put(g, p, s->path, s->text, s->mode, err);

	for (size_t i = 0; i < LEVELS_MAX && s->links[i] && r == 0; i++)
		r = link_to(g, p, s->links[i], s->to, err);
	if (r < 0 || s->text != init_script)
		return r;
	return sysv_add_dependency(
		g, p, NAME,
		WHY("firstboot", "the guest is to run a script at its first boot"), err);
}

static int plan_firstboot(const struct guest *g, const struct request *q, struct plan *p,
			  struct cvt_error *err)
{
	int r;

	if (q->n_scripts == 0)
		return 0;
	if (step_units_are_made(g))
		return plan_warn(p, "firstboot-left", STEP_UNITS,
				 "say it in its configuration",
				 "the distribution makes all units itself; no script was "
				 "left "
				 "for the first boot") < 0
			       ? error_nomem(err)
			       : 0;
	r = put(g, p, RUNNER, runner, EXECUTABLE, err);
	for (size_t i = 0; i < q->n_scripts && r == 0; i++) {
		CLEANUP_FREE char *path = script_path(q, i);

		if (!path)
			return error_nomem(err);
		r = put(g, p, path, q->scripts[i].text, EXECUTABLE, err);
	}
	return r < 0 ? r : put_start(g, p, err);
}

const struct step step_firstboot = {
	.name = "firstboot",
	.want = want,
	.plan = plan_firstboot,
};
