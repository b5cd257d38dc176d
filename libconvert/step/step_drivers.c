/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the guest's own tools are told: the generator of its initramfs keeps
 * the drivers in that of its next kernel, and modprobe.d(5) does not hold them
 * back, and does not name others.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "guest/modules.h"
#include "step/aliases.h"
#include "step/default_entry.h"
#include "step/drivers.h"
#include "step/generators.h"
#include "step/step.h"

static const char modprobe_dir[] = "/etc/modprobe.d/";

static int want_drivers(const struct guest *g, const struct request *q, struct wants *w,
			struct cvt_error *err)
{
	(void)g;
	(void)q;
	if (generators_want(w) < 0 || aliases_want(w) < 0)
		return error_nomem(err);
	return 0;
}

/* --- blacklists --- */

/* What has to be loadable on the target: its drivers and all that they need. */
static int find_needed(const struct guest *g, const struct request *q, struct names *ret,
		       struct cvt_error *err)
{
	CLEANUP_NAMES struct names wanted = { 0 };
	int r = 0;

	if (drivers_wanted(q, NULL, DRIVER_DISK | DRIVER_NET, &wanted) < 0)
		return error_nomem(err);
	for (size_t i = 0; i < wanted.n; i++)
		if (names_add_new(ret, wanted.v[i]) < 0)
			return error_nomem(err);
	for (size_t i = 0; i < g->n_kernels && r == 0; i++) {
		CLEANUP_NAMES struct names closure = { 0 };

		r = modules_closure(&g->kernels[i], &wanted, &closure, err);
		for (size_t j = 0; j < closure.n && r == 0; j++)
			if (names_add_new(ret, closure.v[j]) < 0)
				return error_nomem(err);
	}
	return r;
}

/* Up to three words of a line. */
static size_t split(const char *line, size_t len, char words[3][64])
{
	size_t n = 0;

	while (n < 3) {
		size_t i = 0;

		while (len > 0 && (*line == ' ' || *line == '\t')) {
			line++;
			len--;
		}
		while (i < len && !strchr(" \t\r\\", line[i]))
			i++;
		if (i == 0 || i >= 64)
			break;
		memcpy(words[n], line, i);
		words[n++][i] = '\0';
		line += i;
		len -= i;
	}
	return n;
}

/* Does this line of modprobe.d(5) keep a needed module from being loaded? */
static bool holds_back(const char *line, size_t len, const struct names *needed)
{
	static const char *const nothing[] = {
		"/bin/false", "/bin/true", "/usr/bin/false", "/usr/bin/true", ":",
		"false",      "true"
	};
	char words[3][64], module[64];
	size_t n = split(line, len, words);

	if (n < 2)
		return false;
	module_name(words[1], module, sizeof(module));
	if (!names_has(needed, module))
		return false;
	if (strcmp(words[0], "blacklist") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(nothing) && n == 3; i++)
		if (strcmp(words[0], "install") == 0 && strcmp(words[2], nothing[i]) == 0)
			return true;
	return false;
}

/* Comment such lines out, with the lines that go on from them; NULL: no memory. */
static char *release(const char *text, const struct names *needed)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	bool goes_on = false, is_out = false;
	int r = bytes_append(&out, "", 0);

	while (*text && r == 0) {
		size_t n = strcspn(text, "\n"), end = n;

		while (end > 0 && text[end - 1] == '\r')
			end--;
		is_out = goes_on ? is_out : holds_back(text, n, needed);
		goes_on = end > 0 && text[end - 1] == '\\';
		n += text[n] == '\n';
		if (is_out)
			r = bytes_append(&out, "# ", 2);
		if (r == 0)
			r = bytes_append(&out, text, n);
		text += n;
	}
	return r < 0 ? NULL : bytes_take(&out).data;
}

static int plan_blacklists(const struct guest *g, const struct request *q, struct plan *p,
			   struct cvt_error *err)
{
	CLEANUP_NAMES struct names needed = { 0 };
	int r = find_needed(g, q, &needed, err);

	for (size_t i = 0; i < g->n_files && r == 0; i++) {
		const char *path = g->files[i].path, *text = plan_text(p, g, path);
		char *released;

		if (strncmp(path, modprobe_dir, strlen(modprobe_dir)) != 0 || !text)
			continue;
		released = release(text, &needed);
		if (!released)
			return error_nomem(err);
		r = plan_write_text(
			p, g, path, released,
			WHY("drivers-blacklist", "let the target's drivers load"), err);
	}
	return r;
}

/* It boots all the same, and nobody can reach it. */
static int warn_network(const struct guest *g, const struct request *q, struct plan *p,
			struct cvt_error *err)
{
	const struct kernel *k = default_kernel_there(g, q, NULL);
	const char *driver = drivers_of_card(q->target);

	if (k && driver && kernel_module_state(k, driver) == MODULE_MISSING &&
	    plan_warn(p, "kernel-lacks-network", k->modules_dir,
		      "install a kernel that has it, or choose another card there",
		      "kernel %s has no driver '%s' for the network card of %s",
		      k->version, driver, q->target->name) < 0)
		return error_nomem(err);
	return 0;
}

static int plan_drivers(const struct guest *g, const struct request *q, struct plan *p,
			struct cvt_error *err)
{
	int r = plan_blacklists(g, q, p, err);

	if (r == 0)
		r = aliases_plan(g, q, p, err);
	if (r == 0)
		r = generators_plan(g, q, p, err);
	return r < 0 ? r : warn_network(g, q, p, err);
}

const struct step step_drivers = {
	.name = "drivers",
	.want = want_drivers,
	.plan = plan_drivers,
};
