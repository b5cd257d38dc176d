/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "format/file_contexts.h"
#include "format/lines.h"

#define SPECS_MAX 65536	   /* the policy of Fedora 40 has 6500 */
#define PATTERN_MAX 1024   /* bytes */
#define STEPS_MAX 2000	   /* of one match */
#define DEPTH_MAX 500	   /* of one match */
#define EXHAUSTED_MAX 32   /* matches that may end at these bounds */
#define MATCHES_MAX 2000   /* of one path; by the policy of Debian 150 */
#define COMPILED_MAX ((size_t)64 << 20) /* bytes */
#define PATH_BYTES_MAX 4096

	struct spec {
	char *pattern;
	size_t stem;   /* bytes at its start that the path has to begin with */
	bool is_exact; /* nothing in it is more than a character */
	mode_t type;   /* S_IFREG and so on; 0: any */
	char *label;   /* "<<none>>": it has none */
	pcre2_code *code; /* compiled when first needed */
	bool is_broken;	  /* it cannot be */
};

struct sub {
	char *from, *to;
	size_t file; /* number of the file that says so */
};

struct file_contexts {
	struct spec *v;
	size_t n;
	struct sub *subs;
	size_t n_subs, n_sub_files;
	unsigned exhausted, matches;
	size_t compiled; /* bytes */
	pcre2_match_context *limits;
	pcre2_match_data *data;
};

struct file_contexts *file_contexts_new(void)
{
	CLEANUP_FILE_CONTEXTS struct file_contexts *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->limits = pcre2_match_context_create(NULL);
	f->data = pcre2_match_data_create(1, NULL);
	if (!f->limits || !f->data)
		return NULL;
	(void)pcre2_set_match_limit(f->limits, STEPS_MAX);
	(void)pcre2_set_depth_limit(f->limits, DEPTH_MAX);
	return take_ptr(f);
}

void file_contexts_free(struct file_contexts *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->n; i++) {
		free(f->v[i].pattern);
		free(f->v[i].label);
		pcre2_code_free(f->v[i].code);
	}
	for (size_t i = 0; i < f->n_subs; i++) {
		free(f->subs[i].from);
		free(f->subs[i].to);
	}
	free(f->v);
	free(f->subs);
	pcre2_match_data_free(f->data);
	pcre2_match_context_free(f->limits);
	free(f);
}

/* --- reading --- */

static bool is_meta(char c)
{
	return c != '\0' && strchr(".^$?*+|[({", c) != NULL;
}

/* "/etc/a\.conf" is as exact as "/etc/a". */
static bool has_meta(const char *s)
{
	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		else if (is_meta(*s))
			return true;
	}
	return false;
}

/* How much of @s is text that a match begins with. */
static size_t stem_length(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != '\\' && !is_meta(s[n]))
		n++;
	/* "x?" and "x*" do not need their x, nor does the first of alternatives. */
	if (strchr(s, '|'))
		return 0;
	return n > 0 && s[n] && strchr("?*{", s[n]) ? n - 1 : n;
}

static mode_t type_of(struct span field)
{
	static const struct {
		const char *field;
		mode_t type;
	} types[] = {
		{ "--", S_IFREG }, { "-d", S_IFDIR },  { "-l", S_IFLNK }, { "-c", S_IFCHR },
		{ "-b", S_IFBLK }, { "-s", S_IFSOCK }, { "-p", S_IFIFO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (span_is(field, types[i].field))
			return types[i].type;
	return 0;
}

/* Room for one more of @size bytes; powers of two. */
static int grow(void **v, size_t n, size_t size)
{
	void *grown;

	if (n & (n - 1))
		return 0;
	grown = realloc(*v, (n ? 2 * n : 1) * size);
	if (!grown)
		return -ENOMEM;
	*v = grown;
	return 0;
}

/* REGEX [TYPE] LABEL */
static int add_spec(struct file_contexts *f, struct span line)
{
	struct span pattern = span_word(&line), label = span_word(&line), more;
	struct spec *s;
	mode_t type = 0;

	more = span_word(&line);
	if (more.len > 0) {
		type = type_of(label);
		if (type == 0)
			return 0;
		label = more;
	}
	if (pattern.len == 0 || pattern.len > PATTERN_MAX || *pattern.s == '#' ||
	    label.len == 0 || f->n == SPECS_MAX)
		return 0;
	if (grow((void **)&f->v, f->n, sizeof(*f->v)) < 0)
		return -ENOMEM;
	s = &f->v[f->n];
	*s = (struct spec){ .type = type };
	if (span_copy(pattern, &s->pattern) < 0 || span_copy(label, &s->label) < 0) {
		free(s->pattern);
		return -ENOMEM;
	}
	s->stem = stem_length(s->pattern);
	s->is_exact = !has_meta(s->pattern);
	f->n++;
	return 0;
}

static int add_sub(struct file_contexts *f, struct span line)
{
	struct span from = span_word(&line), to = span_word(&line);
	struct sub *s;

	if (from.len == 0 || to.len == 0 || *from.s == '#' || f->n_subs == SPECS_MAX)
		return 0;
	if (grow((void **)&f->subs, f->n_subs, sizeof(*f->subs)) < 0)
		return -ENOMEM;
	s = &f->subs[f->n_subs];
	*s = (struct sub){ .file = f->n_sub_files };
	if (span_copy(from, &s->from) < 0 || span_copy(to, &s->to) < 0) {
		free(s->from);
		return -ENOMEM;
	}
	f->n_subs++;
	return 0;
}

static int add_lines(struct file_contexts *f, const char *text,
		     int (*add)(struct file_contexts *f, struct span line))
{
	struct lines l = { text, text + strlen(text) };
	struct span line;
	int r = 0;

	while (r == 0 && lines_next(&l, &line))
		r = add(f, line);
	return r;
}

int file_contexts_add(struct file_contexts *f, const char *text)
{
	return add_lines(f, text, add_spec);
}

int file_contexts_add_subs(struct file_contexts *f, const char *text)
{
	int r = add_lines(f, text, add_sub);

	f->n_sub_files++;
	return r;
}

/* --- looking up --- */

/* The last substitution of @file whose path @path is, or lies below; NULL: there is none. */
static const struct sub *find_sub(const struct file_contexts *f, size_t file,
				  const char *path)
{
	for (size_t i = f->n_subs; i-- > 0;) {
		const struct sub *s = &f->subs[i];
		size_t n = strlen(s->from);

		if (s->file == file && strncmp(path, s->from, n) == 0 &&
		    (path[n] == '\0' || path[n] == '/'))
			return s;
	}
	return NULL;
}

/* What one file has made of @path goes through the next. */
static void substitute(const struct file_contexts *f, const char *path,
		       char out[PATH_BYTES_MAX])
{
	char rest[PATH_BYTES_MAX];

	snprintf(out, PATH_BYTES_MAX, "%s", path);
	for (size_t file = 0; file < f->n_sub_files; file++) {
		const struct sub *s = find_sub(f, file, out);

		if (!s)
			continue;
		snprintf(rest, sizeof(rest), "%s", out + strlen(s->from));
		snprintf(out, PATH_BYTES_MAX, "%s%s",
			 *rest && strcmp(s->to, "/") == 0 ? "" : s->to, rest);
	}
}

static void compile(struct file_contexts *f, struct spec *s)
{
	size_t size = 0;
	int code;
	PCRE2_SIZE at;

	s->code = pcre2_compile((PCRE2_SPTR)s->pattern, PCRE2_ZERO_TERMINATED,
				PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL |
					PCRE2_NEVER_BACKSLASH_C,
				&code, &at, NULL);
	s->is_broken = !s->code;
	if (s->code && pcre2_pattern_info(s->code, PCRE2_INFO_SIZE, &size) == 0)
		f->compiled += size;
}

/* Has the policy cost more than one that was not made for that? */
static bool is_spent(const struct file_contexts *f)
{
	return f->exhausted > EXHAUSTED_MAX || f->compiled > COMPILED_MAX;
}

/* 1 or 0; -ELOOP if too many were given up. */
static int matches(struct file_contexts *f, struct spec *s, const char *path, mode_t mode)
{
	int r;

	if ((s->type && s->type != (mode & S_IFMT)) ||
	    strncmp(path, s->pattern, s->stem) != 0)
		return 0;
	if (s->pattern[s->stem] == '\0')
		return strcmp(path, s->pattern) == 0;
	if (!s->code && !s->is_broken)
		compile(f, s);
	if (++f->matches > MATCHES_MAX)
		f->exhausted = EXHAUSTED_MAX + 1;
	if (is_spent(f))
		return -ELOOP;
	if (s->is_broken)
		return 0;
	r = pcre2_match(s->code, (PCRE2_SPTR)path, PCRE2_ZERO_TERMINATED, 0, 0, f->data,
			f->limits);
	if (r == PCRE2_ERROR_NOMEMORY)
		return -ENOMEM;
	/* 0: it matches, and there was no room for its groups. */
	if (r >= 0 || r == PCRE2_ERROR_NOMATCH)
		return r >= 0;
	f->exhausted++;
	return is_spent(f) ? -ELOOP : 0;
}

int file_contexts_lookup(struct file_contexts *f, const char *path, mode_t mode,
			 const char **ret)
{
	char real[PATH_BYTES_MAX];

	*ret = NULL;
	f->matches = 0;
	if (is_spent(f))
		return -ELOOP;
	substitute(f, path, real);
	for (int exact = 1; exact >= 0; exact--)
		for (size_t i = f->n; i-- > 0;) {
			struct spec *s = &f->v[i];
			int r = s->is_exact == !!exact ? matches(f, s, real, mode) : 0;

			if (r < 0)
				return r;
			if (r > 0) {
				*ret = strcmp(s->label, "<<none>>") == 0 ? NULL : s->label;
				return 0;
			}
		}
	return 0;
}
