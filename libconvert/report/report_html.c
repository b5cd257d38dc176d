/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The report as a page for people: one file that needs no other, well-formed as XML too.
 * Whatever is text in the report may come from the guest, and is escaped.
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include <nettle/base64.h>

#include "report/printable.h"
#include "report/report_parts.h"

#define PICTURE_MAX ((off_t)8 << 20) /* bytes of a screenshot */

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
	"<head><meta charset=\"utf-8\"/>\n"
	"<meta name=\"viewport\" content=\"width=device-width\"/>\n"
	"<style>\n"
	":root { color-scheme: light dark; }\n"
	"body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem "
	"auto; padding: 0 1rem; }\n"
	"table { border-collapse: collapse; width: 100%; }\n"
	"th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; "
	"border-bottom: 1px solid #8886; }\n"
	"pre { overflow-x: auto; font-size: .85rem; background: #8882; padding: .5rem; "
	"}\n"
	"img { max-width: 100%; border: 1px solid #888; }\n"
	".pass, .good { color: #180; } .warn { color: #a60; } .fail, .bad { color: #c22; "
	"font-weight: bold; }\n"
	"@media (prefers-color-scheme: dark) { .pass, .good { color: #7d6; } .warn { "
	"color: #fb5; } "
	".fail, .bad { color: #f77; } }\n"
	"</style>\n";

static const char *value(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* Text without markup and without what XML has no place for. */
static void put_text(FILE *out, const char *text)
{
	for (const char *p = text ? text : ""; *p; p++) {
		unsigned char c = (unsigned char)*p;

		switch (c) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			/* U+FFFE and U+FFFF are no characters of XML. */
			if ((unsigned char)p[0] == 0xef && (unsigned char)p[1] == 0xbf &&
			    (unsigned char)p[2] >= 0xbe) {
				putc('?', out);
				p += 2;
			} else {
				putc(c < 0x20 && !strchr("\n\t", c) ? '?'
				     : c == 0x7f		    ? '?'
								    : c,
				     out);
			}
		}
	}
}

static void put(FILE *out, const char *before, const char *text, const char *after)
{
	if (!text || !*text)
		return;
	fputs(before, out);
	put_text(out, text);
	fputs(after, out);
}

static void put_row(FILE *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	fputs("<tr><th>", out);
	put_text(out, name);
	put(out, "</th><td>", text, "</td></tr>\n");
}

static void put_list(FILE *out, const char *name, const json_t *list)
{
	size_t i;
	json_t *item;

	if (json_array_size(list) == 0)
		return;
	fprintf(out, "<tr><th>%s</th><td>", name);
	json_array_foreach((json_t *)list, i, item)
		put(out, i > 0 ? ", " : "", json_string_value(item), "");
	fputs("</td></tr>\n", out);
}

/* ---- parts ---- */

static void put_outcome(FILE *out, const json_t *root)
{
	const json_t *error = json_object_get(root, "error");
	const json_t *guest = json_object_get(root, "guest");
	const json_t *os = json_object_get(guest, "os");
	const json_t *job = json_object_get(root, "job");
	bool failed = json_is_object(error);

	fputs("<h1>", out);
	put_text(out,
		 value(guest, "hostname") ? value(guest, "hostname") : "convert-image");
	fprintf(out, ": <span class=\"%s\">", failed ? "bad" : "good");
	put_text(out, value(root, "status"));
	fputs("</span>", out);
	put(out, " for ", value(root, "target"), "");
	fputs("</h1>\n", out);
	if (failed) {
		put(out, "<p class=\"bad\">", value(error, "text"), "</p>\n");
		put(out, "<p>What to do: ", value(error, "remedy"), "</p>\n");
	}
	fputs("<table>\n", out);
	put_row(out, "system", value(os, "name") ? value(os, "name") : value(os, "id"));
	put_row(out, "job", value(job, "name"));
	put_row(out, "mode", value(job, "mode"));
	put_row(out, "engine", value(root, "engine"));
	put_list(out, "firmware", json_object_get(guest, "firmware"));
	put_row(out, "loader", value(guest, "loader"));
	put_list(out, "output", json_object_get(root, "outputs"));
	put_row(out, "undo file", value(root, "undo"));
	put_row(out, "version", value(root, "version"));
	fputs("</table>\n", out);
}

static void put_disks(FILE *out, const json_t *root)
{
	const json_t *sources = json_object_get(json_object_get(root, "job"), "sources");
	size_t i;
	json_t *disk;

	fputs("<h2>Disks</h2>\n<table>\n", out);
	json_array_foreach(json_object_get(root, "disks"), i, disk)
	{
		fprintf(out, "<tr><th>disk%zu</th><td>", i + 1);
		put_text(out, value(disk, "path"));
		put(out, ", snapshot ", value(json_array_get(sources, i), "snapshot"),
		    "");
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

static void put_check(FILE *out, const json_t *root)
{
	const json_t *check = json_object_get(root, "check");
	size_t i;
	json_t *rule;

	if (!json_is_object(check))
		return;
	fprintf(out,
		"<h2>Check: "
		"%s</h2>\n<table>\n<tr><th>result</th><th>rule</th><th>evidence</th>"
		"<th>what to do</th></tr>\n",
		json_is_true(json_object_get(check, "boots")) ? "it boots"
							      : "it does not boot");
	json_array_foreach(json_object_get(check, "rules"), i, rule)
	{
		const char *result = value(rule, "result");
		bool known = result &&
			     (strcmp(result, "pass") == 0 ||
			      strcmp(result, "warn") == 0 || strcmp(result, "fail") == 0);

		fprintf(out, "<tr><td class=\"%s\">%s</td><td>", known ? result : "fail",
			known ? result : "?");
		put_text(out, value(rule, "id"));
		fputs("</td><td>", out);
		put(out, "<code>", value(rule, "path"), "</code> ");
		put_text(out, value(rule, "evidence"));
		fputs("</td><td>", out);
		put_text(out, value(rule, "remedy"));
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

/* The file @path, if it is a PNG that can be read, as part of the page. */
static void put_picture(FILE *out, const char *path)
{
	static const unsigned char magic[] = {
		0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'
	};
	CLEANUP_FCLOSE FILE *f = path ? fopen(path, "re") : NULL;
	CLEANUP_FREE unsigned char *data = NULL;
	CLEANUP_FREE char *text = NULL;
	struct stat st;
	size_t n;

	if (!f || fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > PICTURE_MAX)
		return;
	n = (size_t)st.st_size;
	data = malloc(n + 1);
	text = malloc(BASE64_ENCODE_RAW_LENGTH(n) + 1);
	if (!data || !text || fread(data, 1, n, f) != n || n < sizeof(magic) ||
	    memcmp(data, magic, sizeof(magic)) != 0)
		return;
	base64_encode_raw(text, n, data);
	text[BASE64_ENCODE_RAW_LENGTH(n)] = '\0';
	fprintf(out,
		"<p><img alt=\"the screen at the end\" "
		"src=\"data:image/png;base64,%s\"/></p>\n",
		text);
}

static void put_boot(FILE *out, const json_t *root)
{
	const json_t *boot = json_object_get(root, "boot");
	bool booted = json_is_true(json_object_get(boot, "booted"));
	const char *name;
	json_t *ms;

	if (!json_is_object(boot))
		return;
	fprintf(out, "<h2>Boot: <span class=\"%s\">%s</span></h2>\n<table>\n",
		booted ? "good" : "bad", booted ? "it comes up" : "it does not come up");
	put_row(out, "shown by", value(boot, "by"));
	put_row(out, "failure", value(boot, "failure"));
	put_row(out, "reason", value(boot, "reason"));
	put_row(out, "network", value(boot, "network"));
	put_row(out, "disks on", value(boot, "disk"));
	put_row(out, "network card", value(boot, "nic"));
	put_row(out, "accelerator", value(boot, "accelerator"));
	put_list(out, "stands in", json_object_get(boot, "stand_ins"));
	json_object_foreach(json_object_get(boot, "milestones_ms"), name, ms)
	{
		fputs("<tr><th>", out);
		put_text(out, name);
		fprintf(out, "</th><td>%.1f s</td></tr>\n",
			(double)json_integer_value(ms) / 1000);
	}
	fputs("</table>\n", out);
	put_picture(out, value(boot, "screenshot"));
}

static void put_edits(FILE *out, const json_t *root, const char *diff)
{
	const json_t *edits = json_object_get(root, "edits");
	size_t i;
	json_t *e;

	if (json_array_size(edits) == 0)
		return;
	fprintf(out, "<h2>%zu changes</h2>\n<table>\n", json_array_size(edits));
	json_array_foreach((json_t *)edits, i, e)
	{
		size_t k;
		json_t *reason;

		fputs("<tr><td>", out);
		put_text(out, value(e, "action"));
		put(out, " (", value(e, "since"), ")");
		put(out, "</td><td><code>", value(e, "path"), "</code></td><td>");
		json_array_foreach(json_object_get(e, "reasons"), k, reason)
			put(out, k > 0 ? "; " : "", json_string_value(reason), "");
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
	if (diff && *diff) {
		fputs("<details><summary>As a diff</summary><pre>", out);
		put_text(out, diff);
		fputs("</pre></details>\n", out);
	}
}

static void put_warnings(FILE *out, const json_t *root)
{
	const json_t *warnings = json_object_get(root, "warnings");
	size_t i;
	json_t *w;

	if (json_array_size(warnings) == 0)
		return;
	fputs("<h2>Warnings</h2>\n<ul>\n", out);
	json_array_foreach((json_t *)warnings, i, w)
	{
		fputs("<li class=\"warn\">", out);
		put(out, "<code>", value(w, "path"), "</code>: ");
		put_text(out, value(w, "text"));
		put(out, "; ", value(w, "remedy"), "");
		put(out, " [", value(w, "id"), "]");
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

static void put_times(FILE *out, const json_t *root)
{
	const char *stage;
	json_t *ms;

	fputs("<h2>Time</h2>\n<table>\n", out);
	json_object_foreach(json_object_get(root, "timing_ms"), stage, ms)
	{
		fputs("<tr><th>", out);
		put_text(out, stage);
		fprintf(out, "</th><td>%.2f s</td></tr>\n",
			(double)json_integer_value(ms) / 1000);
	}
	fputs("</table>\n", out);
}

char *report_to_html(const json_t *root, const char *diff)
{
	CLEANUP_FREE char *clean = diff ? utf8_copy(diff) : NULL;
	CLEANUP_FREE char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fputs(head, out);
	put(out, "<title>", value(root, "status"), "");
	put(out, ": ", value(json_object_get(root, "guest"), "hostname"), "");
	fputs("</title>\n</head>\n<body>\n", out);
	put_outcome(out, root);
	put_check(out, root);
	put_boot(out, root);
	put_warnings(out, root);
	put_edits(out, root, clean);
	put_disks(out, root);
	put_times(out, root);
	fputs("</body>\n</html>\n", out);
	return fclose(out) == 0 ? take_ptr(text) : NULL;
}
