/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "step/tools.h"

#define LINES_MAX \
	4096 /* of a record; what a guest writes behind them is no record of ours */
#define HEAD                                                                             \
	"# What a conversion has switched off, so that one back to where it came from\n" \
	"# can switch it on again.\n"

char *tools_path(const char *fmt, ...)
{
	char *path;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&path, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : path;
}

int tools_record_read(const char *text, struct names *ret)
{
	const char *end;
	int r = 0;

	for (const char *s = text ? text : ""; *s && r == 0 && ret->n < LINES_MAX;
	     s = *end ? end + 1 : end) {
		CLEANUP_FREE char *line = NULL;

		end = strchrnul(s, '\n');
		if (*s == '#' || end == s)
			continue;
		line = strndup(s, (size_t)(end - s));
		r = line ? names_add_new(ret, line) : -ENOMEM;
	}
	return r;
}

int tools_record_write(const struct guest *g, struct plan *p, const struct names *lines,
		       struct cvt_error *err)
{
	const struct why *why =
		WHY("tool-record", "a conversion back is to know what this "
				   "one has switched off");
	struct bytes data = { 0 };
	int r = 0;

	if (lines->n == 0)
		return plan_remove(p, g, TOOLS_RECORD, why, err);
	r = bytes_append(&data, HEAD, strlen(HEAD));
	for (size_t i = 0; i < lines->n && r == 0; i++) {
		r = bytes_append(&data, lines->v[i], strlen(lines->v[i]));
		if (r == 0)
			r = bytes_append(&data, "\n", 1);
	}
	if (r < 0) {
		bytes_clear(&data);
		return error_nomem(err);
	}
	return plan_write(p, g, TOOLS_RECORD, &data, why, err);
}

static int note(const struct tools_work *w, const char *verb, const char *path,
		const char *to, struct cvt_error *err)
{
	CLEANUP_FREE char *line = tools_path("%s %s %s%s%s", w->tool->name, verb, path,
					     to ? " " : "", to ? to : "");

	return line && names_add_new(w->is, line) == 0 ? 0 : error_nomem(err);
}

int tools_make_link(const struct tools_work *w, const char *path, const char *to,
		    struct cvt_error *err)
{
	int r;

	if (guest_file(w->guest, path))
		return 0;
	r = plan_symlink(w->plan, w->guest, path, to, WHY("tool-off", w->tool->off), err);
	return r < 0 ? r : note(w, "made", path, NULL, err);
}

int tools_make_file(const struct tools_work *w, const char *path, const char *text,
		    struct cvt_error *err)
{
	struct bytes data = { 0 };
	int r;

	if (guest_file(w->guest, path))
		return 0;
	if (bytes_set(&data, text, strlen(text)) < 0)
		return error_nomem(err);
	r = plan_write(w->plan, w->guest, path, &data, WHY("tool-off", w->tool->off),
		       err);
	return r < 0 ? r : note(w, "made", path, NULL, err);
}

int tools_drop_link(const struct tools_work *w, const char *path, struct cvt_error *err)
{
	const struct guest_file *f = guest_file(w->guest, path);
	int r;

	/* One with a line break cannot be written down. */
	if (!f || !f->link || strpbrk(f->link, "\r\n"))
		return 0;
	r = plan_remove(w->plan, w->guest, path, WHY("tool-off", w->tool->off), err);
	return r < 0 ? r : note(w, "gone", path, f->link, err);
}

int tools_move(const struct tools_work *w, const char *path, struct cvt_error *err)
{
	const struct guest_file *f = guest_file(w->guest, path);
	CLEANUP_FREE char *aside = tools_path("%s" TOOLS_ASIDE, path);
	struct bytes copy = { 0 };
	int r;

	if (!aside || bytes_append(&copy, f->data.data, f->data.len) < 0)
		return error_nomem(err);
	r = plan_write(w->plan, w->guest, aside, &copy, WHY("tool-off", w->tool->off),
		       err);
	if (r < 0)
		return r;
	plan_set_mode(w->plan, aside, f->mode);
	r = plan_remove(w->plan, w->guest, path, WHY("tool-off", w->tool->off), err);
	return r < 0 ? r : note(w, "moved", path, NULL, err);
}

/* ---- and back ---- */

/* A guest may have written anything to the record. */
static bool may_touch(const char *path)
{
	static const char *const dirs[] = { "/etc/systemd/system/", "/etc/init/",
					    "/etc/rc", "/etc/init.d/rc",
					    "/etc/runlevels/" };

	if (strstr(path, "/../") || strstr(path, "/./") || strstr(path, "//"))
		return false;
	for (const char *p = path; *p; p++)
		if (iscntrl((unsigned char)*p))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
		if (strncmp(path, dirs[i], strlen(dirs[i])) == 0)
			return true;
	return false;
}

static bool is_text(const struct bytes *data, const char *text)
{
	return data->len == strlen(text) && memcmp(data->data, text, data->len) == 0;
}

/* Is what lies there what we have made? */
static bool is_ours(const struct guest_file *f)
{
	const char *name = strrchr(f->path, '/') + 1;

	if (f->link)
		return strcmp(f->link, "/dev/null") == 0 || *name == 'K';
	return is_text(&f->data, TOOLS_MANUAL) || is_text(&f->data, TOOLS_DROP_IN);
}

#define ON WHY("tool-on", "the target is where this tool belongs")

static int restore_made(const struct tools_work *w, const char *path,
			struct cvt_error *err)
{
	const struct guest_file *f = guest_file(w->guest, path);

	if (!f || !is_ours(f))
		return 0;
	return plan_remove(w->plan, w->guest, path, ON, err);
}

static int restore_gone(const struct tools_work *w, char *path, struct cvt_error *err)
{
	char *to = strchr(path, ' ');

	if (!to || !to[1])
		return 0;
	*to++ = '\0';
	return plan_symlink(w->plan, w->guest, path, to, ON, err);
}

static int restore_moved(const struct tools_work *w, const char *path,
			 struct cvt_error *err)
{
	CLEANUP_FREE char *aside = tools_path("%s" TOOLS_ASIDE, path);
	const struct guest_file *f = aside ? guest_file(w->guest, aside) : NULL;
	struct bytes copy = { 0 };
	int r;

	if (!f || f->link || guest_file(w->guest, path))
		return aside ? 0 : error_nomem(err);
	if (bytes_append(&copy, f->data.data, f->data.len) < 0)
		return error_nomem(err);
	r = plan_write(w->plan, w->guest, path, &copy, ON, err);
	if (r < 0)
		return r;
	plan_set_mode(w->plan, path, f->mode);
	return plan_remove(w->plan, w->guest, aside, ON, err);
}

static int restore_line(const struct tools_work *w, char *words, struct cvt_error *err)
{
	char *path = strchr(words, ' ');

	if (!path)
		return 0;
	*path++ = '\0';
	if (!may_touch(path))
		return 0;
	if (strcmp(words, "made") == 0)
		return restore_made(w, path, err);
	if (strcmp(words, "gone") == 0)
		return restore_gone(w, path, err);
	return strcmp(words, "moved") == 0 ? restore_moved(w, path, err) : 0;
}

int tools_restore(const struct tools_work *w, struct cvt_error *err)
{
	const size_t n = strlen(w->tool->name);
	int r = 0;

	for (size_t i = 0; i < w->was->n && r == 0; i++) {
		CLEANUP_FREE char *line = strdup(w->was->v[i]);

		if (!line)
			return error_nomem(err);
		if (strncmp(line, w->tool->name, n) == 0 && line[n] == ' ')
			r = restore_line(w, line + n + 1, err);
	}
	return r;
}
