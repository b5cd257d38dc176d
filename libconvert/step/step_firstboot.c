/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the user wants to be done at the first boot: scripts that the guest runs itself, each
 * once, in their order, when its network is up.  A runner moves each script away before it
 * starts it, so that one which reboots the machine is not run again.
 */
#include <config.h>

#include <string.h>

#include "step/step.h"

#define DIR "/usr/lib/libconvert/firstboot"
#define RUNNER DIR "/run"
#define UNIT "libconvert-firstboot.service"
#define UNIT_PATH "/etc/systemd/system/" UNIT
#define WANTED "/etc/systemd/system/multi-user.target.wants/" UNIT
#define INIT_NAME "libconvert-firstboot"
#define INIT_PATH "/etc/init.d/" INIT_NAME
#define EXECUTABLE 0755

static const char runner[] =
	"#!/bin/sh\n"
	"# Runs each script of " DIR "/todo once, in their order.\n"
	"cd " DIR " && mkdir -p done || exit 1\n"
	"for script in todo/*; do\n"
	"    [ -f \"$script\" ] || continue\n"
	"    mv \"$script\" done/ || exit 1\n"
	"    \"./done/${script#todo/}\" ||\n"
	"        echo \"${script#todo/} has failed with status $?\" >&2\n"
	"done\n";

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
	"# Provides:          " INIT_NAME "\n"
	"# Required-Start:    $network $remote_fs\n"
	"# Required-Stop:\n"
	"# Default-Start:     2 3 4 5\n"
	"# Default-Stop:\n"
	"# Short-Description: What a conversion has left for the first boot\n"
	"### END INIT INFO\n"
	"[ \"$1\" != start ] || /bin/sh " RUNNER "\n";

static bool has_systemd(const struct guest *g)
{
	return !g->init || strcmp(g->init, "systemd") == 0;
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
	static const char *const fixed[] = { RUNNER, UNIT_PATH, WANTED, INIT_PATH,
					     "/etc/rc2.d/S99" INIT_NAME,
					     "/etc/rc3.d/S99" INIT_NAME,
					     "/etc/rc5.d/S99" INIT_NAME };
	int r = 0;

	(void)g;
	for (size_t i = 0; q->n_scripts > 0 && i < ARRAY_SIZE(fixed) && r == 0; i++)
		r = want_add(w, fixed[i], WANT_LINK);
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
	static const char *const levels[] = { "/etc/rc2.d/S99" INIT_NAME,
					      "/etc/rc3.d/S99" INIT_NAME,
					      "/etc/rc5.d/S99" INIT_NAME };
	int r;

	if (has_systemd(g)) {
		r = put(g, p, UNIT_PATH, unit, 0644, err);
		return r < 0 ? r : link_to(g, p, WANTED, "../" UNIT, err);
	}
	r = put(g, p, INIT_PATH, init_script, EXECUTABLE, err);
	for (size_t i = 0; i < ARRAY_SIZE(levels) && r == 0; i++)
		r = link_to(g, p, levels[i], "../init.d/" INIT_NAME, err);
	return r;
}

static int plan_firstboot(const struct guest *g, const struct request *q, struct plan *p,
			  struct cvt_error *err)
{
	int r = q->n_scripts > 0 ? put(g, p, RUNNER, runner, EXECUTABLE, err) : 0;

	for (size_t i = 0; i < q->n_scripts && r == 0; i++) {
		CLEANUP_FREE char *path = script_path(q, i);

		if (!path)
			return error_nomem(err);
		r = put(g, p, path, q->scripts[i].text, EXECUTABLE, err);
	}
	return r < 0 || q->n_scripts == 0 ? r : put_start(g, p, err);
}

const struct step step_firstboot = {
	.name = "firstboot",
	.want = want,
	.plan = plan_firstboot,
};
