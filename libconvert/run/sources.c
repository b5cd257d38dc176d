/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which snapshot of a disk is taken.  The newest, unless a test asks for another. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "run/run.h"
#include "volume/process.h"

#define NEWEST "newest"

static bool is_newest(const struct run_source *s)
{
	return !s->snapshot || strcmp(s->snapshot, NEWEST) == 0;
}

static int set(char **to, const char *from)
{
	free(*to);
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

/* Snapshots are files: the last of the list is the newest. */
static int find_file(const struct run_job *j, struct run_source *s, struct cvt_error *err)
{
	size_t n = json_array_size(s->files), at = n - 1;

	if (!is_newest(s))
		for (at = 0; at < n; at++)
			if (strcmp(json_string_value(json_array_get(s->files, at)),
				   s->snapshot) == 0)
				break;
	if (at == n)
		return error_raise(err, ERR_JOB_DOCUMENT, s->path,
				   "has no snapshot %s in the job's list", s->snapshot);
	if (j->cutover && at != n - 1)
		return error_raise(err, ERR_JOB_DOCUMENT, s->path,
				   "a cutover takes the newest snapshot, which is not %s",
				   s->snapshot);
	if (set(&s->file, json_string_value(json_array_get(s->files, at))) < 0 ||
	    set(&s->name, s->file) < 0)
		return error_nomem(err);
	return 0;
}

/* What qemu-img(1) says of @path, an object. */
static int read_info(struct context *ctx, const struct run_source *s, json_t **ret,
		     struct cvt_error *err)
{
	const char *argv[] = { "qemu-img", "info", "-U", "--output=json", "-f", "qcow2", "--",
			       s->path, NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	int r = process_run(ctx, argv, &out, &said, err);

	if (r < 0)
		return r;
	*ret = r == 0 && out.data ? json_loads(out.data, 0, NULL) : NULL;
	return *ret ? 0
		    : error_raise(err, ERR_DISK_DAMAGED, s->path,
				  "its snapshots cannot be read: %s", said.text);
}

/* By date; of the same second the one that was made later. */
static bool is_newer(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "date-sec", "date-nsec" };

	for (size_t i = 0; b && i < ARRAY_SIZE(keys); i++) {
		json_int_t x = json_integer_value(json_object_get(a, keys[i]));
		json_int_t y = json_integer_value(json_object_get(b, keys[i]));

		if (x != y)
			return x > y;
	}
	return true;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static int choose_internal(const struct run_job *j, struct run_source *s,
			   const json_t *list, struct cvt_error *err)
{
	const json_t *newest = NULL, *chosen = NULL;
	size_t i;
	json_t *x;

	json_array_foreach((json_t *)list, i, x) {
		if (is_newer(x, newest))
			newest = x;
		if (!is_newest(s) && strcmp(text(x, "name"), s->snapshot) == 0)
			chosen = x;
	}
	if (is_newest(s))
		chosen = newest;
	if (!chosen)
		return error_raise(err, ERR_JOB_DOCUMENT, s->path, "has no snapshot '%s' in it",
				   s->snapshot);
	if (j->cutover && chosen != newest)
		return error_raise(err, ERR_JOB_DOCUMENT, s->path,
				   "a cutover takes the newest snapshot, '%s', and not '%s'",
				   text(newest, "name"), s->snapshot);
	s->internal = true;
	s->date = json_integer_value(json_object_get(chosen, "date-sec"));
	if (set(&s->name, text(chosen, "name")) < 0 || set(&s->id, text(chosen, "id")) < 0 ||
	    set(&s->file, s->path) < 0)
		return error_nomem(err);
	return 0;
}

static int find_internal(const struct run_job *j, struct run_source *s,
			 struct context *ctx, struct cvt_error *err)
{
	json_t *info = NULL;
	int r = read_info(ctx, s, &info, err);

	if (r == 0)
		r = choose_internal(j, s, json_object_get(info, "snapshots"), err);
	json_decref(info);
	return r;
}

static int find_source(const struct run_job *j, struct run_source *s, struct context *ctx,
		       struct cvt_error *err)
{
	struct stat st;
	int r = 0;

	if (s->files)
		r = find_file(j, s, err);
	else if (s->snapshot)
		r = find_internal(j, s, ctx, err);
	else if (set(&s->file, s->path) < 0)
		r = error_nomem(err);
	if (r == 0 && stat(s->file, &st) < 0)
		r = error_raise(err, ERR_DISK_MISSING, s->file, "%s", strerror(errno));
	if (r == 0 && !s->date && s->name)
		s->date = st.st_mtime;
	return r;
}

/* Disks of one machine are of one moment, which the name of an internal snapshot tells. */
static int check_moment(const struct run_job *j, struct cvt_error *err)
{
	for (size_t i = 1; i < j->n_sources; i++) {
		const struct run_source *a = &j->sources[0], *b = &j->sources[i];

		if (a->internal && b->internal && strcmp(a->name, b->name) != 0)
			return error_raise(err, ERR_JOB_DOCUMENT, b->path,
					   "its snapshot '%s' does not belong to '%s' of %s",
					   b->name, a->name, a->path);
		if (!a->name != !b->name)
			return error_raise(err, ERR_JOB_DOCUMENT, b->path,
					   "of one disk a snapshot is taken, of another the "
					   "disk itself");
		if (a->files && b->files &&
		    json_array_size(a->files) != json_array_size(b->files))
			return error_raise(err, ERR_JOB_DOCUMENT, b->path,
					   "has not as many snapshots as %s", a->path);
	}
	return 0;
}

int run_sources_find(struct run_job *j, struct context *ctx, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < j->n_sources && r == 0; i++)
		r = find_source(j, &j->sources[i], ctx, err);
	if (r == 0)
		r = check_moment(j, err);
	for (size_t i = 0; i < j->n_sources && r == 0; i++)
		if (j->sources[i].internal && j->in_place)
			r = error_raise(err, ERR_JOB_DOCUMENT, j->sources[i].path,
					"a snapshot inside of a file cannot be written to: "
					"give the job an output");
	return r;
}

/* qemu-storage-daemon opens no snapshot that lies in a file; a copy of it can be opened. */
static int extract(struct run_source *s, struct context *ctx, const char *dir,
		   struct cvt_error *err)
{
	CLEANUP_FREE char *to = NULL, *snapshot = NULL;
	const char *argv[] = { "qemu-img", "convert", "-U", "-f", "qcow2", "-O", "qcow2",
			       "-l", NULL, "--", s->path, NULL, NULL };
	struct said said = { 0 };
	const char *base, *dot;
	int r;

	/* A comma in a value is written twice; QEMU numbers its snapshots. */
	if (strchr(s->id, ',') || asprintf(&snapshot, "snapshot.id=%s", s->id) < 0)
		snapshot = NULL;
	/* The result is named by it. */
	base = strrchr(s->path, '/') ? strrchr(s->path, '/') + 1 : s->path;
	dot = strrchr(base, '.');
	if (asprintf(&to, "%s/%.*s.qcow2", dir,
		     (int)(dot && dot > base ? (size_t)(dot - base) : strlen(base)), base) < 0)
		to = NULL;
	if (!to || !snapshot)
		return error_raise(err, ERR_DISK_DAMAGED, s->path,
				   "its snapshot has the number '%s'", s->id);
	argv[8] = snapshot;
	argv[11] = to;
	(void)unlink(to);
	r = process_run(ctx, argv, NULL, &said, err);
	if (r > 0)
		r = error_raise(err, ERR_OUTPUT, to,
				"snapshot '%s' cannot be taken out of %s: %s", s->name,
				s->path, said.text);
	if (r < 0) {
		(void)unlink(to);
		return r;
	}
	free(s->file);
	s->file = take_ptr(to);
	return 0;
}

int run_sources_extract(struct run_job *j, struct context *ctx, const char *dir,
			struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < j->n_sources && r == 0; i++)
		if (j->sources[i].internal)
			r = extract(&j->sources[i], ctx, dir, err);
	return r;
}

json_t *run_sources_json(const struct run_job *j)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < j->n_sources; i++) {
		const struct run_source *s = &j->sources[i];

		(void)json_array_append_new(
			list, json_pack("{ss ss? ss? ss? so}", "path", s->path, "file",
					s->internal ? s->path : s->file, "snapshot", s->name,
					"id", s->id, "date",
					s->date ? json_integer(s->date) : json_null()));
	}
	return list;
}

/* The document, and of each source what changes when it does. */
int run_identity(const struct run_job *j, char hex[SHA256_HEX], struct cvt_error *err)
{
	CLEANUP_FREE char *document = json_dumps(j->root, JSON_COMPACT | JSON_SORT_KEYS);
	CLEANUP_BYTES struct bytes all = { 0 };
	int r = document ? bytes_append(&all, document, strlen(document)) : -ENOMEM;

	for (size_t i = 0; i < j->n_sources && r == 0; i++) {
		const struct run_source *s = &j->sources[i];
		struct stat st = { 0 };
		char text[256];
		int n;

		(void)stat(s->file, &st);
		/* A conversion in place changes its own source. */
		n = snprintf(text, sizeof(text), "%s\n%llu %llu %lld %lld.%09ld\n",
			     s->id ? s->id : "", (unsigned long long)st.st_dev,
			     (unsigned long long)st.st_ino,
			     j->in_place ? 0LL : (long long)st.st_size,
			     j->in_place || s->internal ? 0LL : (long long)st.st_mtim.tv_sec,
			     j->in_place || s->internal ? 0L : st.st_mtim.tv_nsec);
		r = bytes_append(&all, text, (size_t)n);
	}
	if (r < 0)
		return error_nomem(err);
	bytes_sha256(all.data, all.len, hex);
	return 0;
}
