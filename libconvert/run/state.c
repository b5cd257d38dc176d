/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "run/run.h"
#include "volume/fullio.h"

#define STATE_MAX ((size_t)64 << 20)

static int fail(struct cvt_error *err, const char *path)
{
	return error_raise(err, ERR_OUTPUT, path, "%s", strerror(errno));
}

int run_write(const char *path, const char *text, struct cvt_error *err)
{
	CLEANUP_FREE char *temporary = NULL;
	CLEANUP_CLOSE int fd = -1;
	size_t len = strlen(text);
	int r;

	if (asprintf(&temporary, "%s.new", path) < 0) {
		temporary = NULL;
		return error_nomem(err);
	}
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return fail(err, temporary);
	r = pwrite_full(fd, text, len, 0);
	if (r == 0 && (fsync(fd) < 0 || rename(temporary, path) < 0))
		r = -errno;
	if (r == 0)
		r = sync_parent(path);
	if (r == 0)
		return 0;
	errno = -r;
	(void)unlink(temporary);
	return fail(err, path);
}

/* Whoever has the lock runs the job. */
static int take_lock(const char *path, int *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(err, path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return error_remedy(err,
				    error_raise(err, ERR_JOB, path,
						"this job is running already"),
				    "wait for it, or stop it");
	*ret = fd;
	fd = -1;
	return 0;
}

/* What a job of another identity has left says nothing. */
static json_t *read_state(const char *path, const char *identity)
{
	struct stat st;
	json_t *root = stat(path, &st) == 0 && (size_t)st.st_size <= STATE_MAX
			       ? json_load_file(path, 0, NULL)
			       : NULL;
	const char *of = json_string_value(json_object_get(root, "identity"));

	if (of && strcmp(of, identity) == 0)
		return root;
	json_decref(root);
	return json_pack("{ss}", "identity", identity);
}

static char *name(const struct run_job *j, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/%s.%s", j->state_dir, j->name, suffix) < 0 ? NULL : path;
}

int run_state_open(const struct run_job *j, struct run_state *s, struct cvt_error *err)
{
	CLEANUP_FREE char *lock = name(j, "lock");
	int r = run_identity(j, s->identity, err);

	s->file = name(j, "state.json");
	s->report = name(j, "report.json");
	s->work = name(j, "work");
	if (!lock || !s->file || !s->report || !s->work)
		return error_nomem(err);
	if (r == 0)
		r = take_lock(lock, &s->lock, err);
	if (r < 0)
		return r;
	if (mkdir(s->work, 0700) < 0 && errno != EEXIST)
		return fail(err, s->work);
	s->root = read_state(s->file, s->identity);
	return s->root ? 0 : error_nomem(err);
}

int run_state_save(struct run_state *s, struct cvt_error *err)
{
	CLEANUP_FREE char *text = json_dumps(s->root, JSON_INDENT(1));

	return text ? run_write(s->file, text, err) : error_nomem(err);
}

void run_state_close(struct run_state *s)
{
	if (s->work)
		(void)rmdir(s->work);
	json_decref(s->root);
	free(s->file);
	free(s->report);
	free(s->work);
	closep(&s->lock);
}
