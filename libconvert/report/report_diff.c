/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as a unified diff; edits of what is no text are one line each. */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include "plan/diff.h"
#include "report/printable.h"
#include "report/report_parts.h"

static const char *verb(enum edit_action action)
{
	return action == EDIT_APPEND ? "append" : action == EDIT_PATCH ? "patch" : "write";
}

static int put_binary(FILE *out, const struct edit *e)
{
	CLEANUP_FREE char *path = utf8_copy(e->path);
	char hex[SHA256_HEX];

	if (!path)
		return -ENOMEM;
	fputs("Binary file ", out);
	put_printable(out, path);
	if (e->action == EDIT_REMOVE) {
		fputs(": remove\n", out);
		return 0;
	}
	bytes_sha256(e->data.data, e->data.len, hex);
	fprintf(out, ": %s %zu bytes (sha256 %s)\n",
		verb(e->action), e->data.len, hex);
	return 0;
}

static int put_directory(FILE *out, const struct edit *e)
{
	CLEANUP_FREE char *path = utf8_copy(e->path);

	if (!path)
		return -ENOMEM;
	fputs("Directory ", out);
	put_printable(out, path);
	fputs(": make\n", out);
	return 0;
}

/* Shares the text of @link, which the diff only reads. */
static struct diff_side link_side(char *link)
{
	return (struct diff_side){ { link, strlen(link) }, S_IFLNK };
}

static struct diff_side side_before(const struct guest_file *f)
{
	return f->link ? link_side(f->link)
		       : (struct diff_side){ f->data, S_IFREG | (f->mode & 0777) };
}

static struct diff_side side_after(const struct edit *e)
{
	return e->action == EDIT_SYMLINK
		       ? link_side(e->link)
		       : (struct diff_side){ e->data, S_IFREG | (e->mode & 0777) };
}

static int put_edit(FILE *out, const struct guest_file *f, const struct edit *e)
{
	struct diff_side before = { 0 };
	struct diff_side after = { 0 };

	if (e->action == EDIT_DIRECTORY)
		return put_directory(out, e);
	if (e->action == EDIT_APPEND || e->action == EDIT_PATCH ||
	    bytes_has_nul(&e->data) ||
	    (f && bytes_has_nul(&f->data)))
		return put_binary(out, e);
	if (f)
		before = side_before(f);
	if (e->action != EDIT_REMOVE)
		after = side_after(e);
	return diff_text(out, e->path, f ? &before : NULL,
			 e->action == EDIT_REMOVE ? NULL : &after);
}

char *plan_to_diff(const struct guest *g, const struct plan *p)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int r = 0;

	if (!out)
		return NULL;
	for (size_t i = 0; i < p->n_edits && r == 0; i++)
		r = put_edit(out, guest_file(g, p->edits[i].path), &p->edits[i]);
	if (fclose(out) != 0 || r < 0)
		return NULL;
	return take_ptr(text);
}
