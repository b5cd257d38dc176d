/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "core/cleanup.h"
#include "core/secret.h"

static int bad_selector(const char *selector, struct cvt_error *err)
{
	return error_raise(err, ERR_USAGE, NULL,
			   "the key '%.64s' is not given as ID:file:PATH or ID:fd:N",
			   selector);
}

static int parse_fd(const char *text, int *ret)
{
	char *end;
	long fd;

	errno = 0;
	fd = strtol(text, &end, 10);
	if (errno || end == text || *end || fd < 0 || fd > 1 << 20)
		return -EINVAL;
	*ret = (int)fd;
	return 0;
}

/* An id may have colons in it, "md:root"; a passphrase on a command line is seen by all. */
int key_source_parse(const char *selector, struct key_source *ret, struct cvt_error *err)
{
	const char *file = strstr(selector, ":file:"), *fd = strstr(selector, ":fd:");
	const char *method = file && (!fd || file < fd) ? file : fd;
	const char *value;

	*ret = (struct key_source){ .fd = -1 };
	if (!method && strstr(selector, ":key:"))
		return error_raise(err, ERR_USAGE, NULL,
				   "a key on the command line is seen by all users; give "
				   "ID:file:PATH or ID:fd:N");
	if (!method || method == selector)
		return bad_selector("…", err);
	value = strchr(method + 1, ':') + 1;
	if (!*value || (method == fd && parse_fd(value, &ret->fd) < 0))
		return bad_selector(selector, err);
	ret->id = strndup(selector, (size_t)(method - selector));
	if (method == file)
		ret->file = strdup(value);
	return ret->id && (ret->file || method == fd) ? 0 : error_nomem(err);
}

void key_source_clear(struct key_source *s)
{
	free(s->id);
	free(s->file);
	*s = (struct key_source){ .fd = -1 };
}

/* Pages of their own.  That they cannot be locked, with a small RLIMIT_MEMLOCK, is no
 * reason to leave the guest encrypted.
 */
static int allocate(struct secret *s)
{
	void *data = mmap(NULL, SECRET_MAX, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		return -ENOMEM;
	(void)mlock(data, SECRET_MAX);
	(void)madvise(data, SECRET_MAX, MADV_DONTDUMP);
	(void)madvise(data, SECRET_MAX, MADV_DONTFORK);
	*s = (struct secret){ .data = data };
	return 0;
}

/* Until the end, or until there is no more room; a negative errno. */
static int fill(struct secret *s, int fd)
{
	while (s->len < SECRET_MAX) {
		ssize_t n = read(fd, s->data + s->len, SECRET_MAX - s->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		s->len += (size_t)n;
	}
	return -EFBIG;
}

int secret_read(const struct key_source *s, struct secret *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int opened = s->file ? open(s->file, O_RDONLY | O_CLOEXEC) : -1;
	CLEANUP(secret_clear) struct secret key = { 0 };
	const char *where = s->file ? s->file : "its file descriptor";
	int r = s->file && opened < 0 ? -errno : allocate(&key);

	if (r == -ENOMEM)
		return error_nomem(err);
	if (r == 0)
		r = fill(&key, s->file ? opened : s->fd);
	if (r == -EFBIG)
		return error_raise(err, ERR_KEY, NULL,
				   "the key for %s in %s is longer than %zu bytes", s->id,
				   where, SECRET_MAX - 1);
	if (r < 0)
		return error_raise(err, ERR_KEY, NULL,
				   "the key for %s cannot be read from %s: %s", s->id,
				   where, strerror(-r));
	if (key.len == 0)
		return error_raise(err, ERR_KEY, NULL, "the key for %s in %s is empty",
				   s->id, where);
	*ret = key;
	key = (struct secret){ 0 };
	return 0;
}

int secret_pipe(const struct secret *s, size_t len)
{
	CLEANUP_CLOSE int to = -1;
	CLEANUP_CLOSE int from = -1;
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return -errno;
	from = fd[0];
	to = fd[1];
	if (write(to, s->data, len) != (ssize_t)len)
		return -EIO;
	from = -1;
	return fd[0];
}

void secret_clear(struct secret *s)
{
	if (s->data) {
		explicit_bzero(s->data, SECRET_MAX);
		(void)munmap(s->data, SECRET_MAX);
	}
	*s = (struct secret){ 0 };
}
