/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is not as it was in an earlier report: of the same machine, from a test
 * say, whose staging volumes have a newer snapshot now.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "report/report_parts.h"

#define REPORT_MAX ((off_t)64 << 20) /* bytes of a report */

static int refuse(struct cvt_error *err, const char *file, const char *why)
{
	return error_remedy(err, error_raise(err, ERR_USAGE, file, "%s", why),
			    "give --since the JSON report of an earlier plan or conversion of "
			    "this machine for this target");
}

static int load(const char *file, json_t **ret, struct cvt_error *err)
{
	const char *schema;
	struct stat st;

	if (stat(file, &st) < 0)
		return refuse(err, file, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > REPORT_MAX)
		return refuse(err, file, "is no report");
	*ret = json_load_file(file, JSON_REJECT_DUPLICATES, NULL);
	schema = json_string_value(json_object_get(*ret, "schema"));
	if (schema && strcmp(schema, "libconvert/report-1") == 0)
		return 0;
	json_decref(*ret);
	*ret = NULL;
	return refuse(err, file, "is no report");
}

static const char *text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* The row of @list whose @key is @value; NULL: none. */
static const json_t *find(const json_t *list, const char *key, const char *value)
{
	size_t i;
	json_t *row;

	json_array_foreach((json_t *)list, i, row)
		if (strcmp(text(row, key), value) == 0)
			return row;
	return NULL;
}

/* The UUID of the root file system, which a machine keeps; "": not known. */
static const char *root_uuid(const json_t *report)
{
	const json_t *guest = json_object_get(report, "guest");
	const json_t *root = find(json_object_get(guest, "mounts"), "where", "/");

	return text(find(json_object_get(guest, "devices"), "name", text(root, "device")),
		    "uuid");
}

static bool is_same(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "action", "before", "appended", "after" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!json_equal(json_object_get(a, keys[i]), json_object_get(b, keys[i])))
			return false;
	return true;
}

/* The edit of @list that changes the same thing: of a device there may be several. */
static json_t *find_edit(const json_t *list, const json_t *edit)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *x = json_array_get(list, i);

		if (strcmp(text(x, "path"), text(edit, "path")) == 0 &&
		    json_integer_value(json_object_get(x, "offset")) ==
			    json_integer_value(json_object_get(edit, "offset")))
			return x;
	}
	return NULL;
}

/* How many edits are "same", "changed", "new"; each is marked so. */
static json_t *mark(json_t *edits, const json_t *earlier)
{
	static const char *const words[] = { "same", "changed", "new" };
	json_int_t counts[3] = { 0 };
	size_t i;
	json_t *edit;

	json_array_foreach(edits, i, edit) {
		const json_t *was = find_edit(earlier, edit);
		size_t word = !was ? 2 : is_same(edit, was) ? 0 : 1;

		counts[word]++;
		if (json_object_set_new(edit, "since", json_string(words[word])) < 0)
			return NULL;
	}
	return json_pack("{sI sI sI}", words[0], counts[0], words[1], counts[1], words[2],
			 counts[2]);
}

/* Paths that were edited then and are not now. */
static json_t *list_gone(const json_t *edits, const json_t *earlier)
{
	json_t *gone = json_array();

	for (size_t i = 0; i < json_array_size(earlier); i++) {
		const json_t *edit = json_array_get(earlier, i);

		if (!find_edit(edits, edit))
			(void)json_array_append_new(gone, json_text(text(edit, "path")));
	}
	return gone;
}

int report_since(struct cvt_report *r, const char *file, const char *target,
		 struct cvt_error *err)
{
	json_t *edits = json_object_get(r->root, "edits"), *earlier = NULL, *since = NULL;
	int e = load(file, &earlier, err);

	if (e < 0)
		return e;
	if (strcmp(text(earlier, "target"), target) != 0)
		e = refuse(err, file, "is of another target");
	else if (strcmp(root_uuid(earlier), root_uuid(r->root)) != 0)
		e = refuse(err, file, "is of another machine: its root file system is another");
	if (e == 0) {
		since = mark(edits, json_object_get(earlier, "edits"));
		if (!since ||
		    json_object_set_new(since, "report", json_text(file)) < 0 ||
		    json_object_set_new(since, "gone",
					list_gone(edits, json_object_get(earlier, "edits"))) < 0 ||
		    json_object_set(r->root, "since", since) < 0)
			e = error_nomem(err);
	}
	json_decref(since);
	json_decref(earlier);
	return e;
}

/* Where the part of a diff that is about @path begins; NULL: it has none. */
static const char *find_part(const char *diff, const char *path)
{
	char heads[4][1024];

	snprintf(heads[0], sizeof(heads[0]), "--- a%s\n", path);
	snprintf(heads[1], sizeof(heads[1]), "--- /dev/null\n+++ b%s\n", path);
	snprintf(heads[2], sizeof(heads[2]), "Binary file %s: ", path);
	snprintf(heads[3], sizeof(heads[3]), "Directory %s: ", path);
	for (const char *line = diff; *line; line += strcspn(line, "\n") + 1) {
		for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
			if (strncmp(line, heads[i], strlen(heads[i])) == 0)
				return line;
		if (line[strcspn(line, "\n")] == '\0')
			break;
	}
	return NULL;
}

/* The parts come in the order of the edits: each is looked for behind the one before. */
int report_diff_since(struct cvt_report *r)
{
	CLEANUP_BYTES struct bytes out = { 0 };
	const char *at = r->diff;
	json_t *edits = json_object_get(r->root, "edits");
	size_t n = json_array_size(edits);
	int e = bytes_set(&out, "", 0);

	for (size_t i = 0; i < n && at && e == 0; i++) {
		const json_t *edit = json_array_get(edits, i);
		const json_t *next = json_array_get(edits, i + 1);
		const char *part = find_part(at, text(edit, "path"));
		const char *end = part && next ? find_part(part + 1, text(next, "path")) : NULL;

		if (!part)
			continue;
		at = end ? end : part;
		if (strcmp(text(edit, "since"), "same") != 0)
			e = bytes_append(&out, part,
					 end ? (size_t)(end - part) : strlen(part));
	}
	if (e < 0)
		return e;
	free(r->diff);
	r->diff = bytes_take(&out).data;
	return 0;
}
