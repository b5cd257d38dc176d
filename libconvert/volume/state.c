/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "volume/fullio.h"
#include "volume/redo_json.h"
#include "volume/state.h"

#define STATE "state.json"
#define STATE_MAX ((off_t)1 << 30)

static char *in_directory(const char *dir, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static int write_durably(const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = pwrite_full(fd, text, strlen(text), 0);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

/* @committed: the file has its name, but that may not be durable. */
static int replace(const char *dir, const char *text, bool *committed)
{
	CLEANUP_FREE char *name = in_directory(dir, STATE);
	CLEANUP_FREE char *temporary = in_directory(dir, STATE ".new");
	int r;

	if (!name || !temporary)
		return -ENOMEM;
	r = write_durably(temporary, text);
	if (r == 0 && rename(temporary, name) < 0)
		r = -errno;
	*committed = r == 0;
	if (r == 0)
		r = sync_directory(dir);
	/* The directory itself is new. */
	return r == 0 ? sync_parent(dir) : r;
}

int state_write(const char *dir, struct redo *r, enum redo_phase phase,
		struct cvt_error *err)
{
	CLEANUP_FREE char *text = NULL;
	bool committed = false;
	int code;

	r->phase = phase;
	text = redo_dump(r, JOB_SCHEMA);
	if (!text)
		return error_nomem(err);
	code = replace(dir, text, &committed);
	if (code == 0)
		return 0;
	/* What counts is what is found after a power failure, and that is not known. */
	if (committed && phase == REDO_COMMIT) {
		code = error_raise(err, ERR_COMMIT, dir, "cannot be made durable: %s",
				   strerror(-code));
		return state_advise(err, code, dir);
	}
	return error_raise(err, ERR_OUTPUT, dir,
			   "the state of the job cannot be written: %s", strerror(-code));
}

static int read_file(const char *path, struct bytes *ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_BYTES struct bytes b = { 0 };
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > STATE_MAX)
		return -EINVAL;
	b.data = calloc(1, (size_t)st.st_size + 1);
	if (!b.data)
		return -ENOMEM;
	b.len = (size_t)st.st_size;
	r = pread_full(fd, b.data, b.len, 0);
	if (r == 0)
		*ret = bytes_take(&b);
	return r;
}

int state_read(const char *dir, struct redo *ret, struct cvt_error *err)
{
	CLEANUP_FREE char *name = in_directory(dir, STATE);
	CLEANUP_BYTES struct bytes text = { 0 };
	int r = name ? read_file(name, &text) : -ENOMEM;

	if (r == -ENOENT)
		(void)error_raise(err, ERR_JOB, dir, "has no " STATE " of a commit");
	else if (r < 0)
		(void)error_raise(err, ERR_JOB, dir, STATE ": %s", strerror(-r));
	else if (!redo_parse(text.data, text.len, JOB_SCHEMA, ret))
		r = error_raise(err, ERR_JOB, dir, STATE " makes no sense");
	return r;
}

/* As a shell takes it. */
static char *quote(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+,:@%";
	char *out, *p;

	if (path[strspn(path, plain)] == '\0')
		return strdup(path);
	out = p = malloc(4 * strlen(path) + 3);
	if (!out)
		return NULL;
	*p++ = '\'';
	for (; *path; path++)
		p = *path == '\'' ? stpcpy(p, "'\\''") : (*p = *path, p + 1);
	strcpy(p, "'");
	return out;
}

int state_advise(struct cvt_error *err, int code, const char *dir)
{
	CLEANUP_FREE char *quoted = quote(dir);

	return quoted ? error_remedy(err, code, "run: convert-image resume %s", quoted)
		      : code;
}

bool state_exists(const char *dir)
{
	CLEANUP_FREE char *path = in_directory(dir, STATE);
	struct stat st;

	return !path || lstat(path, &st) == 0 || errno != ENOENT;
}
