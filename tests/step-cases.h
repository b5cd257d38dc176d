/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests of literals for a step, what it plans in a few words, and the guest that comes of it. */
#ifndef TESTS_STEP_CASES_H
#define TESTS_STEP_CASES_H

#include <fnmatch.h>

#include "step/step.h"
#include "suite.h"

#define FILES_MAX 12

/* "/path=text", or "/path>target" for a link. */
struct step_guest {
	const char *init, *os_id;
	const char *files[FILES_MAX];
};

static inline int compare_files(const void *a, const void *b)
{
	const struct guest_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static inline void put_file(struct guest *g, const char *path, const char *link,
			    const char *text, size_t len, mode_t mode)
{
	struct bytes data = { 0 };

	if (!link)
		ck_assert_int_eq(bytes_set(&data, text, len), 0);
	ck_assert_int_eq(guest_add_file(g, path, &data, mode), 0);
	if (link)
		g->files[g->n_files - 1].link = strdup(link);
	qsort(g->files, g->n_files, sizeof(*g->files), compare_files);
}

static inline void remove_file(struct guest *g, const char *path)
{
	for (size_t i = 0; i < g->n_files; i++) {
		if (strcmp(g->files[i].path, path) != 0)
			continue;
		free(g->files[i].path);
		free(g->files[i].link);
		bytes_clear(&g->files[i].data);
		memmove(&g->files[i], &g->files[i + 1],
			(--g->n_files - i) * sizeof(*g->files));
		return;
	}
	ck_abort_msg("%s is not there to be removed", path);
}

static inline void fill_guest(struct guest *g, const struct step_guest *from)
{
	g->init = from->init ? strdup(from->init) : NULL;
	g->os_id = strdup(from->os_id ? from->os_id : "linux");
	for (size_t i = 0; i < FILES_MAX && from->files[i]; i++) {
		const char *gap = strpbrk(from->files[i], "=>");
		CLEANUP_FREE char *path =
			strndup(from->files[i], (size_t)(gap - from->files[i]));

		put_file(g, path, *gap == '>' ? gap + 1 : NULL, gap + 1, strlen(gap + 1),
			 0644);
	}
}

/* As apply/ would do it. */
static inline void apply_edits(struct guest *g, const struct plan *p)
{
	for (size_t i = 0; i < p->n_edits; i++) {
		const struct edit *e = &p->edits[i];
		const struct guest_file *old = guest_file(g, e->path);
		mode_t mode = old ? old->mode : e->mode;

		if (e->action == EDIT_SYMLINK)
			ck_assert_msg(!old, "%s is there", e->path);
		if (old)
			remove_file(g, e->path);
		if (e->action == EDIT_WRITE)
			put_file(g, e->path, NULL, e->data.data ? e->data.data : "",
				 e->data.len, mode);
		if (e->action == EDIT_SYMLINK)
			put_file(g, e->path, e->link, NULL, 0, 0777);
	}
}

/* One line for each file: path, and what it is. */
static inline char *guest_words(const struct guest *g)
{
	char *words = NULL;
	size_t size;
	FILE *f = open_memstream(&words, &size);

	for (size_t i = 0; i < g->n_files; i++)
		fprintf(f, "%s%s%s\n", g->files[i].path, g->files[i].link ? ">" : "=",
			g->files[i].link ? g->files[i].link : g->files[i].data.data);
	(void)fclose(f);
	return words;
}

/* "+path" written, "-path" removed, "path>target" linked; in order, one a line. */
static inline char *plan_words(const struct plan *p)
{
	char *words = NULL;
	size_t size;
	FILE *f = open_memstream(&words, &size);

	for (size_t i = 0; i < p->n_edits; i++) {
		const struct edit *e = &p->edits[i];

		if (e->action == EDIT_SYMLINK)
			fprintf(f, "%s>%s\n", e->path, e->link);
		else
			fprintf(f, "%c%s\n", e->action == EDIT_REMOVE ? '-' : '+',
				e->path);
	}
	(void)fclose(f);
	return words;
}

/* Plan, apply, and plan again, which must find nothing to do. */
static inline void plan_and_apply(const struct step *step, struct guest *g,
				  const struct request *q, struct plan *p)
{
	CLEANUP_PLAN struct plan again = { 0 };
	CLEANUP_FREE char *rest = NULL;
	struct cvt_error err = { 0 };

	ck_assert_msg(step->plan(g, q, p, &err) == 0, "%s", err.msg);
	apply_edits(g, p);
	ck_assert_int_eq(step->plan(g, q, &again, &err), 0);
	rest = plan_words(&again);
	ck_assert_str_eq(rest, "");
}

/* Everything that the edits touch has been asked for. */
static inline void wants_all(const struct step *step, const struct guest *g,
			     const struct request *q, const struct plan *p)
{
	CLEANUP_WANTS struct wants w = { 0 };

	ck_assert_int_eq(step->want(g, q, &w, NULL), 0);
	for (size_t i = 0; i < p->n_edits; i++) {
		bool found = false;

		for (size_t j = 0; j < w.n; j++)
			found = found || strcmp(w.v[j].path, p->edits[i].path) == 0 ||
				fnmatch(w.v[j].path, p->edits[i].path,
					FNM_PATHNAME | FNM_PERIOD) == 0;
		ck_assert_msg(found, "%s was not asked for", p->edits[i].path);
	}
}

/* What @step makes of @g, of which @before knows what is known when files are asked for, is @out
 * and, unless it is NULL, the only warning @warning.
 */
static inline void check_case(const char *what, const struct step *step,
			      const struct guest *before, struct guest *g,
			      const struct request *q, const char *out,
			      const char *warning)
{
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_FREE char *words = NULL;

	plan_and_apply(step, g, q, &p);
	wants_all(step, before, q, &p);
	words = guest_words(g);
	ck_assert_msg(strcmp(words, out) == 0, "%s:\n%s", what, words);
	ck_assert_uint_eq(p.n_warnings, warning ? 1 : 0);
	if (warning)
		ck_assert_str_eq(p.warnings[0].id, warning);
}

#endif
