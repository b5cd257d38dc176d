/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the guest's own tools are told: the generator of its initramfs keeps
 * the drivers in that of its next kernel, and modprobe.d(5) does not hold them
 * back.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "guest/modules.h"
#include "step/drivers.h"
#include "step/step.h"

static const char tools_modules[] = "/etc/initramfs-tools/modules";
static const char tools_conf[] = "/etc/initramfs-tools/initramfs.conf";
static const char dracut_conf[] = "/etc/dracut.conf";
static const char dracut_ours[] = "/etc/dracut.conf.d/50-libconvert.conf";
static const char modprobe_dir[] = "/etc/modprobe.d/";

static int want_drivers(const struct guest *g, const struct request *q, struct wants *w,
			struct cvt_error *err)
{
	(void)g;
	(void)q;
	if (want_add(w, tools_modules, 0) < 0 ||
	    want_add(w, tools_conf, WANT_FOLLOW) < 0 ||
	    want_add(w, dracut_conf, WANT_FOLLOW) < 0 ||
	    want_add(w, dracut_ours, 0) < 0 ||
	    want_add(w, "/etc/modprobe.d/*.conf", 0) < 0)
		return error_nomem(err);
	return 0;
}

/* --- generators --- */

/* The initramfs says what made it; a configuration alone may outlive its package. */
static bool uses_generator(const struct guest *g, const char *name, const char *conf)
{
	bool is_known = false;

	for (size_t i = 0; i < g->n_kernels; i++) {
		const char *generator = g->kernels[i].generator;

		if (generator && strcmp(generator, name) == 0)
			return true;
		is_known = is_known || generator;
	}
	return !is_known && guest_file(g, conf);
}

/* Drivers that the default kernel, or else any, has as modules; sorted.  Generators warn
 * of others.
 */
static int find_loadable(const struct guest *g, const struct request *q,
			 struct names *ret)
{
	CLEANUP_NAMES struct names wanted = { 0 };
	const struct kernel *by_default = drivers_default_kernel(g);

	if (drivers_wanted(q, DRIVER_DISK, &wanted) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < wanted.n; i++)
		for (size_t j = 0; j < g->n_kernels; j++) {
			const struct kernel *k = by_default ? by_default : &g->kernels[j];

			if (kernel_module_state(k, wanted.v[i]) == MODULE_LOADABLE &&
			    names_add_new(ret, wanted.v[i]) < 0)
				return -ENOMEM;
		}
	names_sort(ret);
	return 0;
}

/* Is the first word of a line of @text the module @name? */
static bool lists_module(const char *text, const char *name)
{
	while (*text) {
		size_t space = strspn(text, " \t"), n;
		char word[64] = "", module[64];

		text += space;
		n = strcspn(text, " \t\r\n");
		if (n < sizeof(word))
			memcpy(word, text, n);
		module_name(word, module, sizeof(module));
		if (strcmp(module, name) == 0)
			return true;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

/* One module on a line: put in if it exists, and tried at boot (initramfs-tools 0.142).
 */
static int plan_initramfs_tools(const struct guest *g, const struct names *modules,
				struct plan *p, struct cvt_error *err)
{
	const char *old =
		plan_text(p, g, tools_modules) ? plan_text(p, g, tools_modules) : "";
	CLEANUP_BYTES struct bytes text = { 0 };
	CLEANUP_BYTES struct bytes more = { 0 };
	int r = 0;

	for (size_t i = 0; i < modules->n && r == 0; i++) {
		if (lists_module(old, modules->v[i]))
			continue;
		r = bytes_append(&more, modules->v[i], strlen(modules->v[i]));
		if (r == 0)
			r = bytes_append(&more, "\n", 1);
	}
	if (r == 0 && more.len == 0)
		return 0;
	if (r == 0)
		r = bytes_append(&text, old, strlen(old));
	if (r == 0 && text.len > 0 && text.data[text.len - 1] != '\n')
		r = bytes_append(&text, "\n", 1);
	if (r < 0 || bytes_append(&text, more.data, more.len) < 0)
		return error_nomem(err);
	return plan_write(p, g, tools_modules, &text,
			  WHY("initramfs-generator",
			      "keep the drivers in the next initramfs"),
			  err);
}

static int plan_dracut(const struct guest *g, const struct names *modules, struct plan *p,
		       struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes text = { 0 };
	static const char head[] =
		"# Drivers of the hypervisors this machine may move to.\n"
		"add_drivers+=\" ";
	int r = bytes_append(&text, head, strlen(head));

	for (size_t i = 0; i < modules->n && r == 0; i++) {
		r = bytes_append(&text, modules->v[i], strlen(modules->v[i]));
		if (r == 0)
			r = bytes_append(&text, " ", 1);
	}
	if (r == 0)
		r = bytes_append(&text, "\"\n", 2);
	if (r < 0)
		return error_nomem(err);
	return plan_write(p, g, dracut_ours, &text,
			  WHY("initramfs-generator",
			      "keep the drivers in the next initramfs"),
			  err);
}

static int plan_generators(const struct guest *g, const struct request *q, struct plan *p,
			   struct cvt_error *err)
{
	CLEANUP_NAMES struct names modules = { 0 };
	int r = 0;

	if (find_loadable(g, q, &modules) < 0)
		return error_nomem(err);
	if (modules.n == 0)
		return 0;
	if (uses_generator(g, "initramfs-tools", tools_conf))
		r = plan_initramfs_tools(g, &modules, p, err);
	if (r == 0 && uses_generator(g, "dracut", dracut_conf))
		r = plan_dracut(g, &modules, p, err);
	return r;
}

/* --- blacklists --- */

/* What has to be loadable on the target: its drivers and all that they need. */
static int find_needed(const struct guest *g, const struct request *q, struct names *ret,
		       struct cvt_error *err)
{
	CLEANUP_NAMES struct names wanted = { 0 };
	int r = 0;

	if (drivers_wanted(q, DRIVER_DISK | DRIVER_NET, &wanted) < 0)
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

static int plan_drivers(const struct guest *g, const struct request *q, struct plan *p,
			struct cvt_error *err)
{
	int r = plan_blacklists(g, q, p, err);

	return r < 0 ? r : plan_generators(g, q, p, err);
}

const struct step step_drivers = {
	.name = "drivers",
	.want = want_drivers,
	.plan = plan_drivers,
};
