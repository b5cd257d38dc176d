/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <jansson.h>
#include <string.h>

#include "volume/redo_json.h"

static const char *const phases[] = {
	[REDO_READY] = "ready", [REDO_COMMIT] = "commit", [REDO_DONE] = "done"
};

/* JSON is UTF-8 and names of files need not be: "%FF" for a byte that is no plain ASCII. */
static json_t *pack_path(const char *path)
{
	char *text = malloc(3 * strlen(path) + 1), *p = text;
	json_t *o;

	if (!text)
		return NULL;
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c >= 0x20 && c < 0x7f && c != '%')
			*p++ = *path;
		else
			p += sprintf(p, "%%%02X", c);
	}
	*p = '\0';
	o = json_string(text);
	free(text);
	return o;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char *parse_path(json_t *o)
{
	const char *text = json_string_value(o);
	char *path = text ? strdup(text) : NULL, *p = path;

	if (!path)
		return NULL;
	for (; *text; text++) {
		*p = *text;
		if (*text == '%') {
			int high = hex_digit(text[1]);
			int low = high < 0 ? -1 : hex_digit(text[2]);

			if (low < 0 || high * 16 + low == 0) {
				free(path);
				return NULL;
			}
			*p = (char)(high * 16 + low);
			text += 2;
		}
		p++;
	}
	*p = '\0';
	return path;
}

/* A row: where, how long, from where in the source (null: zeroes), what was there, and what
 * it becomes.
 */
static json_t *pack_extent(const struct extent *e)
{
	return json_pack("[I,I,o,s,s]", (json_int_t)e->at, (json_int_t)e->length,
			 e->zero ? json_null() : json_integer((json_int_t)e->from),
			 e->was, e->becomes);
}

static json_t *pack_file(const struct redo_file *f)
{
	json_t *extents = json_array();

	for (size_t i = 0; i < f->n && extents; i++)
		if (json_array_append_new(extents, pack_extent(&f->extents[i])) < 0) {
			json_decref(extents);
			extents = NULL;
		}
	return json_pack("{s:o, s:I, s:b, s:s, s:o, s:I, s:I, s:I, s:s, s:o}", "path",
			 pack_path(f->path), "disk", (json_int_t)f->disk, "further",
			 f->is_further, "format", f->format, "source",
			 pack_path(f->source), "size_before", (json_int_t)f->size_before,
			 "size_after", (json_int_t)f->size_after, "inode",
			 (json_int_t)f->inode, "sample", f->sample, "extents", extents);
}

char *redo_dump(const struct redo *r, const char *schema)
{
	json_t *files = json_array();
	json_t *o;
	char *text;

	for (size_t i = 0; i < r->n; i++)
		if (json_array_append_new(files, pack_file(&r->files[i])) < 0) {
			json_decref(files);
			return NULL;
		}
	o = json_pack("{s:s, s:s, s:o, s:o}", "schema", schema, "phase", phases[r->phase],
		      "undo", r->undo ? pack_path(r->undo) : json_null(), "files", files);
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

static bool parse_sha256(json_t *o, char hex[SHA256_HEX])
{
	const char *text = json_string_value(o);

	if (!text || strlen(text) != SHA256_HEX - 1)
		return false;
	memcpy(hex, text, SHA256_HEX);
	return true;
}

static bool parse_number(json_t *o, uint64_t *ret)
{
	if (!json_is_integer(o) || json_integer_value(o) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(o);
	return true;
}

static bool parse_extent(json_t *row, struct extent *e)
{
	json_t *from = json_array_get(row, 2);

	e->zero = json_is_null(from);
	return parse_number(json_array_get(row, 0), &e->at) &&
	       parse_number(json_array_get(row, 1), &e->length) && e->length > 0 &&
	       e->length <= EXTENT_MAX && (e->zero || parse_number(from, &e->from)) &&
	       parse_sha256(json_array_get(row, 3), e->was) &&
	       parse_sha256(json_array_get(row, 4), e->becomes);
}

static bool parse_extents(json_t *rows, struct redo_file *f)
{
	size_t n = json_array_size(rows);
	uint64_t end = 0;

	f->extents = calloc(n + 1, sizeof(*f->extents));
	if (!json_is_array(rows) || !f->extents)
		return false;
	for (f->n = 0; f->n < n; f->n++) {
		struct extent *e = &f->extents[f->n];

		if (!parse_extent(json_array_get(rows, f->n), e) || e->at < end)
			return false;
		end = e->at + e->length;
	}
	return end <= INT64_MAX;
}

static bool parse_file(json_t *o, struct redo_file *f)
{
	const char *format = json_string_value(json_object_get(o, "format"));
	uint64_t disk;

	f->path = parse_path(json_object_get(o, "path"));
	f->source = parse_path(json_object_get(o, "source"));
	f->format = format ? strdup(format) : NULL;
	if (!parse_number(json_object_get(o, "disk"), &disk))
		return false;
	f->disk = (size_t)disk;
	f->is_further = json_is_true(json_object_get(o, "further"));
	return f->path && f->source && f->format &&
	       parse_number(json_object_get(o, "size_before"), &f->size_before) &&
	       parse_number(json_object_get(o, "size_after"), &f->size_after) &&
	       parse_number(json_object_get(o, "inode"), &f->inode) &&
	       parse_sha256(json_object_get(o, "sample"), f->sample) &&
	       parse_extents(json_object_get(o, "extents"), f);
}

static bool parse_phase(json_t *o, enum redo_phase *ret)
{
	const char *text = json_string_value(o);

	for (size_t i = 0; i < ARRAY_SIZE(phases) && text; i++)
		if (strcmp(phases[i], text) == 0) {
			*ret = (enum redo_phase)i;
			return true;
		}
	return false;
}

static bool parse_document(json_t *o, const char *schema, struct redo *r)
{
	const char *name = json_string_value(json_object_get(o, "schema"));
	json_t *files = json_object_get(o, "files");
	json_t *undo = json_object_get(o, "undo");

	if (!name || strcmp(name, schema) != 0 ||
	    !parse_phase(json_object_get(o, "phase"), &r->phase))
		return false;
	if (!json_is_null(undo)) {
		r->undo = parse_path(undo);
		if (!r->undo)
			return false;
	}
	for (size_t i = 0; i < json_array_size(files); i++) {
		struct redo_file *f = redo_add(r);

		if (!f || !parse_file(json_array_get(files, i), f))
			return false;
	}
	return json_is_array(files);
}

bool redo_parse(const char *text, size_t len, const char *schema, struct redo *ret)
{
	json_t *o = json_loadb(text, len, 0, NULL);
	CLEANUP_REDO struct redo r = { 0 };
	bool good = parse_document(o, schema, &r);

	json_decref(o);
	if (!good)
		return false;
	*ret = r;
	r = (struct redo){ 0 };
	return true;
}
