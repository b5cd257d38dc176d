/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What hypervisors and clouds install in a guest, and how it is switched off and on again
 * without its package manager: beside the package's own files, never in them.
 *
 * What was switched off is written down in the guest, so that a conversion back knows it from
 * what the administrator has switched off.
 */
#ifndef STEP_TOOLS_H
#define STEP_TOOLS_H

#include "step/step.h"

enum tool_flags {
	TOOL_ENABLE = 1 << 0,	/* wanted on its targets: enabled there if installed */
	TOOL_KEEP = 1 << 1,	/* of use elsewhere too: never switched off */
	TOOL_UNPACKED = 1 << 2, /* no package owns its files */
};

struct tool {
	const char *name; /* in the record; never changed */
	const char *off;  /* why it is switched off, one line for people */
	unsigned flags;
	const char *const *targets; /* that it serves */
	const char *const *units;   /* of systemd, by their own names */
	const char *const *scripts; /* init scripts of SysV and OpenRC, jobs of upstart */
	const char *const *repos;   /* patterns of package sources that only it uses */
	const char *installer;	    /* a file of its own installer; NULL: it has none */
	const char *uninstall;	    /* how that takes back all that it has done */
};

extern const struct tool tools[];
extern const size_t n_tools;

bool tool_serves(const struct tool *t, const struct target *target);

/* ---- the record of what was switched off ---- */

#define TOOLS_RECORD "/etc/libconvert/switched-off"

/* Its lines are "TOOL made PATH", "TOOL gone PATH TARGET" of a link, "TOOL moved PATH". */
/* What one tool's rules work on. */
struct tools_work {
	const struct guest *guest;
	struct plan *plan;
	const struct tool *tool;
	const struct names *was; /* lines of the record as it was */
	struct names *is;	 /* and will be */
};

int tools_record_read(const char *text, struct names *ret); /* -ENOMEM */
int tools_record_write(const struct guest *g, struct plan *p, const struct names *lines,
		       struct cvt_error *err);

/* Edits that are written down: a link or file of ours, a link of the guest's that goes, a file
 * that moves to the same name with TOOLS_ASIDE.
 */
#define TOOLS_ASIDE ".libconvert-off"
int tools_make_link(const struct tools_work *w, const char *path, const char *to,
		    struct cvt_error *err);
int tools_make_file(const struct tools_work *w, const char *path, const char *text,
		    struct cvt_error *err);
int tools_drop_link(const struct tools_work *w, const char *path, struct cvt_error *err);
int tools_move(const struct tools_work *w, const char *path, struct cvt_error *err);

/* Take back what the record says of this tool, where it is still as we have left it. */
int tools_restore(const struct tools_work *w, struct cvt_error *err);

/* ---- by init system ---- */

#define TOOLS_MANUAL "# Switched off by a conversion.\nmanual\n"
#define TOOLS_DROP_IN                                           \
	"[Unit]\n"                                              \
	"# Switched off by a conversion: this is never true.\n" \
	"ConditionPathExists=!/\n"

int tools_want_systemd(const struct target *target, struct wants *w);
int tools_want_scripts(struct wants *w);
int tools_systemd_off(const struct tools_work *w, struct cvt_error *err);
int tools_systemd_on(const struct tools_work *w, struct cvt_error *err);
int tools_scripts_off(const struct tools_work *w, struct cvt_error *err);
int tools_scripts_on(const struct tools_work *w, struct cvt_error *err);

/* "open-vm-tools.service" after "/etc/systemd/system/", and the like; -ENOMEM */
char *tools_path(const char *fmt, ...) PRINTF(1, 2);

#endif
