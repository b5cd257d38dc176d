/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The report for people, read from its JSON. */
#include <config.h>

#include <string.h>

#include "report/printable.h"
#include "report/report_parts.h"

static const char *value(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Shows @value after @before; nothing at all if it is not known. */
static void put(FILE *out, const char *before, const char *value)
{
	if (!value || !*value)
		return;
	fputs(before, out);
	put_printable(out, value);
}

static void put_list(FILE *out, const json_t *list, const char *between)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		put(out, i > 0 ? between : "", json_string_value(item));
}

static void put_size(FILE *out, json_int_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double n = (double)bytes;
	size_t unit = 0;

	for (; n >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		n /= 1024;
	fprintf(out, unit > 0 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

static void put_firmware(FILE *out, const json_t *list)
{
	if (json_array_size(list) > 0)
		put_list(out, list, " or ");
	else
		fputs("unknown", out);
}

static void put_os(FILE *out, const json_t *g)
{
	const json_t *os = json_object_get(g, "os");
	const char *name = value(os, "name");

	put(out, "guest     ", name ? name : value(os, "id"));
	put(out, ", ", value(g, "hostname"));
	putc('\n', out);
}

static void put_boot(FILE *out, const json_t *g)
{
	fputs("boot      ", out);
	put_firmware(out, json_object_get(g, "firmware"));
	put(out, ", ", value(g, "loader"));
	put(out, ", ", value(g, "init"));
	putc('\n', out);
}

static const json_t *find_device(const json_t *g, const char *name)
{
	size_t i;
	json_t *d;

	json_array_foreach(json_object_get(g, "devices"), i,
			   d) if (name && value(d, "name") &&
				  strcmp(value(d, "name"), name) == 0) return d;
	return NULL;
}

static void put_mounts(FILE *out, const json_t *g)
{
	size_t i;
	json_t *m;

	json_array_foreach(json_object_get(g, "mounts"), i, m)
	{
		const json_t *d = find_device(g, value(m, "device"));
		const json_t *space = json_object_get(m, "free");

		put(out, "mount     ", value(m, "where"));
		put(out, "  ", value(m, "device"));
		put(out, "  ", value(d, "type"));
		put(out, " ", value(m, "subvolume"));
		put(out, "  UUID=", value(d, "uuid"));
		if (json_is_integer(space)) {
			fputs("  ", out);
			put_size(out, json_integer_value(space));
			fputs(" free", out);
		}
		putc('\n', out);
	}
}

/* Targets whose drivers are not all there, with what is missing. */
static void put_missing(FILE *out, const json_t *kernel)
{
	const char *target, *driver;
	json_t *drivers, *state;

	json_object_foreach(json_object_get(kernel, "drivers"), target, drivers)
	{
		bool any = false;

		json_object_foreach(drivers, driver, state)
		{
			if (strcmp(json_string_value(state), "missing") != 0)
				continue;
			fprintf(out, any ? " %s" : "          not there for %s: %s",
				any ? driver : target, driver);
			any = true;
		}
		if (any)
			putc('\n', out);
	}
}

static void put_kernels(FILE *out, const json_t *g)
{
	size_t i;
	json_t *k;

	json_array_foreach(json_object_get(g, "kernels"), i, k)
	{
		put(out, "kernel    ", value(k, "version"));
		put(out, "  ", value(k, "arch"));
		put(out, "  initramfs by ", value(k, "generator"));
		fputs(json_is_true(json_object_get(k, "default")) ? "  (default)\n"
								  : "\n",
		      out);
		if (value(k, "initrd_unreadable")) {
			put(out, "          initramfs cannot be read: ",
			    value(k, "initrd_unreadable"));
			putc('\n', out);
		}
		put_missing(out, k);
	}
}

static void put_edits(FILE *out, const json_t *edits)
{
	size_t i;
	json_t *e;

	json_array_foreach((json_t *)edits, i, e)
	{
		const json_t *appended = json_object_get(e, "appended");

		if (value(e, "since") && strcmp(value(e, "since"), "same") == 0)
			continue;
		fprintf(out, "  %-8s", value(e, "action"));
		put(out, "", value(e, "path"));
		put(out, " -> ", value(json_object_get(e, "after"), "link"));
		if (json_is_object(appended)) {
			fputs(" +", out);
			put_size(out,
				 json_integer_value(json_object_get(appended, "size")));
		}
		fputs(": ", out);
		put_list(out, json_object_get(e, "reasons"), "; ");
		putc('\n', out);
	}
}

static void put_since(FILE *out, const json_t *since)
{
	const json_t *gone = json_object_get(since, "gone");

	if (!json_is_object(since))
		return;
	fprintf(out, "  %lld as in ",
		(long long)json_integer_value(json_object_get(since, "same")));
	put(out, "", value(since, "report"));
	fprintf(out, ", %lld changed, %lld new",
		(long long)json_integer_value(json_object_get(since, "changed")),
		(long long)json_integer_value(json_object_get(since, "new")));
	if (json_array_size(gone) > 0)
		fputs("; no longer: ", out);
	put_list(out, gone, ", ");
	putc('\n', out);
}

static void put_warnings(FILE *out, const json_t *warnings)
{
	size_t i;
	json_t *w;

	json_array_foreach((json_t *)warnings, i, w)
	{
		put(out, "warning: ", value(w, "path"));
		put(out, value(w, "path") ? ": " : "warning: ", value(w, "text"));
		put(out, "; ", value(w, "remedy"));
		put(out, " [", value(w, "id"));
		fputs("]\n", out);
	}
}

static void put_column(FILE *out, const char *text, size_t width)
{
	size_t n = text ? strlen(text) : 0;

	put(out, "", text);
	fprintf(out, "%*s", n < width ? (int)(width - n + 1) : 1, "");
}

static void put_rule(FILE *out, const json_t *rule)
{
	put_column(out, value(rule, "result"), 5);
	put_column(out, value(rule, "id"), 16);
	put(out, "", value(rule, "path"));
	put(out, value(rule, "path") ? ": " : "", value(rule, "evidence"));
	put(out, "; ", value(rule, "remedy"));
	putc('\n', out);
}

/* All that was asked if that was the question, else what is not well. */
static void put_check(FILE *out, const json_t *root)
{
	const json_t *check = json_object_get(root, "check");
	const json_t *rules = json_object_get(check, "rules");
	bool asked = json_array_size(json_object_get(root, "edits")) == 0 &&
		     strcmp(value(root, "status"), "unchanged") != 0;
	size_t i, passed = 0;
	json_t *rule;

	if (!json_is_object(check))
		return;
	json_array_foreach((json_t *)rules, i, rule)
	{
		bool pass = value(rule, "result") &&
			    strcmp(value(rule, "result"), "pass") == 0;

		passed += pass;
		if (asked || !pass)
			put_rule(out, rule);
	}
	put(out,
	    json_is_true(json_object_get(check, "boots")) ? "boots on "
							  : "does not boot on ",
	    value(root, "target"));
	fprintf(out, ": %zu of %zu rules pass\n", passed, json_array_size(rules));
}

static void put_milestones(FILE *out, const json_t *times)
{
	const char *name, *between = " (";
	json_t *ms;

	json_object_foreach((json_t *)times, name, ms)
	{
		fprintf(out, "%s%s %.1f s", between, name,
			(double)json_integer_value(ms) / 1000);
		between = ", ";
	}
	if (json_object_size(times) > 0)
		putc(')', out);
}

static void put_booted(FILE *out, const json_t *root)
{
	const json_t *b = json_object_get(root, "boot");

	if (!json_is_object(b))
		return;
	if (json_is_true(json_object_get(b, "booted")))
		put(out, "booted: ", value(b, "by"));
	else
		put(out, "did not boot: ", value(b, "failure"));
	put(out, ", network ", value(b, "network"));
	put_milestones(out, json_object_get(b, "milestones_ms"));
	put(out, "\nmachine: ", value(b, "firmware"));
	put(out, ", disk ", value(b, "disk"));
	put(out, ", network ", value(b, "nic"));
	put(out, ", ", value(b, "accelerator"));
	if (json_array_size(json_object_get(b, "stand_ins")) > 0)
		fputs("; stands in: ", out);
	put_list(out, json_object_get(b, "stand_ins"), ", ");
	put(out, "\nscreen: ", value(b, "screenshot"));
	put(out, "\nserial line: ", value(b, "serial"));
	put(out, "\noverlays: ", value(b, "overlays"));
	putc('\n', out);
}

static void put_launch(FILE *out, const json_t *root)
{
	const json_t *l = json_object_get(root, "launch");

	if (!json_is_object(l))
		return;
	put(out, "launch on ", value(root, "target"));
	fputs(": firmware ", out);
	put_firmware(out, json_object_get(l, "firmware"));
	put(out, ", disk ", value(l, "disk_bus"));
	put(out, ", network ", value(l, "nic_model"));
	put(out, ", console ", value(l, "console"));
	put(out, ", machine ", value(l, "machine"));
	putc('\n', out);
}

static void put_outcome(FILE *out, const json_t *root)
{
	const json_t *edits = json_object_get(root, "edits");
	const json_t *error = json_object_get(root, "error");
	const char *status = value(root, "status");
	size_t n = json_array_size(edits);

	/* Why a check fails is told by its rules. */
	if (value(error, "id") && strcmp(value(error, "id"), "check-failed") == 0) {
		error = NULL;
		status = "checked";
	} else if (json_is_object(json_object_get(root, "boot"))) {
		error = NULL;
		status = "started";
	}
	put(out, "", status);
	put(out, " for ", value(root, "target"));
	put(out, ", engine ", value(root, "engine"));
	if (json_is_object(error)) {
		put(out, ": ", value(error, "text"));
		put(out, "; ", value(error, "remedy"));
	} else if (value(root, "target") && strcmp(status, "checked") != 0 &&
		   strcmp(status, "started") != 0) {
		fprintf(out, n == 1 ? ": %zu file %s\n" : ": %zu files %s\n", n,
			strcmp(status, "planned") == 0 ? "to change" : "changed");
		put_edits(out, edits);
		put_since(out, json_object_get(root, "since"));
		return;
	}
	putc('\n', out);
}

static void put_outputs(FILE *out, const json_t *outputs)
{
	size_t i;
	json_t *path;

	json_array_foreach((json_t *)outputs, i, path)
	{
		put(out, "output: ", json_string_value(path));
		putc('\n', out);
	}
}

static void put_undo(FILE *out, const char *file)
{
	if (!file)
		return;
	put(out, "undo with: convert-image undo ", file);
	fputs(" DISK...\n", out);
}

char *report_to_text(const json_t *root)
{
	const json_t *guest = json_object_get(root, "guest");
	CLEANUP_FREE char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (json_is_object(guest))
		put_os(out, guest);
	if (json_is_object(guest) && strcmp(value(root, "status"), "inspected") == 0) {
		put_boot(out, guest);
		put_mounts(out, guest);
		put_kernels(out, guest);
	}
	put_outcome(out, root);
	put_warnings(out, json_object_get(root, "warnings"));
	put_outputs(out, json_object_get(root, "outputs"));
	put_undo(out, value(root, "undo"));
	put_check(out, root);
	put_booted(out, root);
	put_launch(out, root);
	return fclose(out) == 0 ? take_ptr(text) : NULL;
}
