/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "format/cpio.h"
#include "instance/initramfs.h"
#include "volume/fullio.h"

#define MANIFEST "manifest"
#define MANIFEST_MAX ((size_t)1 << 20)
#define COPY ((size_t)1 << 18)

/* ---- the manifest: a line for what it is made by, then one for each file looked at ---- */

/* What changes when the content of a file does; "-": there is none. */
static void identify(const char *path, char *out, size_t size)
{
	struct stat st;

	if (stat(path, &st) < 0)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%" PRIu64 ":%" PRIu64 ":%lld.%09ld:%lld.%09ld",
			 (uint64_t)st.st_ino, (uint64_t)st.st_size,
			 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			 (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static int put_line(struct bytes *out, const char *path)
{
	char id[128];
	int r;

	identify(path, id, sizeof(id));
	r = bytes_append(out, id, strlen(id));
	if (r == 0)
		r = bytes_append(out, "\t", 1);
	if (r == 0)
		r = bytes_append(out, path, strlen(path));
	return r < 0 ? r : bytes_append(out, "\n", 1);
}

/* What two archives with the same files may still differ in. */
static int put_head(struct bytes *out, const struct contents_options *o)
{
	CLEANUP_FREE char *head = NULL;
	int r;

	if (asprintf(&head, "libconvert %s init %s modules %s:", PACKAGE_VERSION, o->init,
		     o->modules_dir) < 0) {
		head = NULL;
		return -ENOMEM;
	}
	r = bytes_set(out, head, strlen(head));
	for (const char *const *m = o->modules; *m && r == 0; m++)
		if ((r = bytes_append(out, " ", 1)) == 0)
			r = bytes_append(out, *m, strlen(*m));
	for (const char *const *p = o->programs; p && *p && r == 0; p++)
		if ((r = bytes_append(out, " +", 2)) == 0)
			r = bytes_append(out, *p, strlen(*p));
	return r < 0 ? r : bytes_append(out, "\n", 1);
}

static int put_manifest(struct bytes *out, const struct contents_options *o,
			const struct contents *c)
{
	int r = put_head(out, o);

	for (size_t i = 0; i < c->n && r == 0; i++)
		if (c->v[i].source)
			r = put_line(out, c->v[i].source);
	for (size_t i = 0; i < c->absent.n && r == 0; i++)
		r = put_line(out, c->absent.v[i]);
	return r;
}

/* Does every line still say what is? */
static bool is_current(char *text, const struct contents_options *o)
{
	CLEANUP_BYTES struct bytes head = { 0 };
	char id[128], *line;

	if (put_head(&head, o) < 0 || strncmp(text, head.data, head.len) != 0)
		return false;
	text += head.len;
	while ((line = strsep(&text, "\n")) && *line) {
		char *path = strchr(line, '\t');

		if (!path)
			return false;
		*path++ = '\0';
		identify(path, id, sizeof(id));
		if (strcmp(id, line) != 0)
			return false;
	}
	return true;
}

/* ---- writing ---- */

struct writer {
	int fd;
	uint64_t at;
	unsigned ino;
};

static int put(struct writer *w, const char *data, size_t len)
{
	int r = pwrite_full(w->fd, data, len, w->at);

	w->at += len;
	return r;
}

static int put_header(struct writer *w, const char *name, mode_t mode, uint64_t size)
{
	CLEANUP_BYTES struct bytes header = { 0 };

	if (size > UINT32_MAX)
		return -EFBIG;
	if (cpio_put_header(&header, name ? ++w->ino : 0, name, mode, (uint32_t)size) < 0)
		return -ENOMEM;
	return put(w, header.data, header.len);
}

static int put_bytes(struct writer *w, const char *name, mode_t mode, const char *data,
		     size_t len)
{
	int r = put_header(w, name, mode, len);

	if (r == 0)
		r = put(w, data, len);
	return r < 0 ? r : put(w, "\0\0\0", cpio_padding(len));
}

static int put_file(struct writer *w, const struct item *item)
{
	CLEANUP_CLOSE int fd = open(item->source, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *buf = malloc(COPY);
	struct stat st;
	uint64_t size, done;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!buf)
		return -ENOMEM;
	size = (uint64_t)st.st_size;
	r = put_header(w, item->name, S_IFREG | (st.st_mode & 0111 ? 0755 : 0644), size);
	for (done = 0; done < size && r == 0; done += COPY) {
		size_t n = size - done < COPY ? (size_t)(size - done) : COPY;

		r = pread_full(fd, buf, n, done);
		if (r == 0)
			r = put(w, buf, n);
	}
	return r < 0 ? r : put(w, "\0\0\0", cpio_padding(size));
}

/* Directories before what is in them: the order is by name. */
static int compare(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

/* The directories on the way to @name that no entry has made yet; they come in order. */
static int put_parents(struct writer *w, const char *name, char *last, size_t size)
{
	int r = 0;

	for (const char *s = strchr(name, '/'); s && r == 0; s = strchr(s + 1, '/')) {
		size_t n = (size_t)(s - name);

		if (n >= size)
			return -ENAMETOOLONG;
		if (strncmp(last, name, n) == 0 && (last[n] == '/' || last[n] == '\0'))
			continue;
		memcpy(last, name, n);
		last[n] = '\0';
		r = put_header(w, last, S_IFDIR | 0755, 0);
	}
	if (strlen(name) >= size)
		return -ENAMETOOLONG;
	strcpy(last, name);
	return r;
}

static int put_all(struct writer *w, const struct contents *c)
{
	char last[PATH_MAX] = "";
	int r = 0;

	for (size_t i = 0; i < c->n && r == 0; i++) {
		const struct item *item = &c->v[i];

		r = put_parents(w, item->name, last, sizeof(last));
		if (r < 0)
			break;
		if (item->source)
			r = put_file(w, item);
		else if (item->link)
			r = put_bytes(w, item->name, S_IFLNK | 0777, item->link,
				      strlen(item->link));
		else
			r = put_header(w, item->name, S_IFDIR | 0755, 0);
	}
	return r;
}

static int write_archive(int fd, const struct contents_options *options,
			 struct contents *c)
{
	CLEANUP_BYTES struct bytes manifest = { 0 };
	struct writer w = { .fd = fd };
	int r;

	if (put_manifest(&manifest, options, c) < 0)
		return -ENOMEM;
	qsort(c->v, c->n, sizeof(*c->v), compare);
	r = put_bytes(&w, MANIFEST, S_IFREG | 0644, manifest.data, manifest.len);
	if (r == 0)
		r = put_all(&w, c);
	return r < 0 ? r : put_header(&w, NULL, 0, 0);
}

int initramfs_write(struct context *ctx, const struct contents_options *options,
		    const char *path, struct cvt_error *err)
{
	CLEANUP_CONTENTS struct contents c = { 0 };
	CLEANUP_CLOSE int fd = -1;
	int r = contents_list(ctx, options, &c, err);

	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	r = fd < 0 ? -errno : write_archive(fd, options, &c);
	if (r == 0)
		return 0;
	if (fd >= 0)
		(void)unlink(path);
	return error_raise(err, ERR_ENGINE, NULL,
			   "the initramfs of the conversion instance: %s: %s", path,
			   strerror(-r));
}

/* ---- the cache ---- */

/* $XDG_CACHE_HOME/libconvert (XDG Base Directory Specification 0.8), made if need be; NULL:
 * there is none that is ours alone to write to.
 */
static char *cache_directory(void)
{
	const char *home = getenv("HOME"), *cache = getenv("XDG_CACHE_HOME");
	CLEANUP_FREE char *base = NULL, *dir = NULL;
	struct stat st;

	if (cache && cache[0] == '/')
		base = strdup(cache);
	else if (!home || home[0] != '/' || asprintf(&base, "%s/.cache", home) < 0)
		base = NULL;
	if (!base || asprintf(&dir, "%s/libconvert", base) < 0) {
		dir = NULL;
		return NULL;
	}
	(void)mkdir(base, 0700);
	(void)mkdir(dir, 0700);
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022) || access(dir, W_OK | X_OK) < 0)
		return NULL;
	return take_ptr(dir);
}

static bool is_usable(const char *path, const struct contents_options *options)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	CLEANUP_BYTES struct bytes header = { 0 };
	CLEANUP_FREE char *text = NULL;
	char head[256] = "", digits[9] = "";
	struct stat st;
	size_t size;

	/* Everything of the header but inode number and size is known. */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 022) ||
	    cpio_put_header(&header, 1, MANIFEST, S_IFREG | 0644, 0) < 0 ||
	    pread_full(fd, head, header.len, 0) < 0)
		return false;
	memcpy(digits, head + 54, 8);
	size = strtoul(digits, NULL, 16);
	memcpy(head + 54, header.data + 54, 8);
	if (memcmp(head, header.data, header.len) != 0 || size > MANIFEST_MAX)
		return false;
	text = calloc(1, size + 1);
	return text && pread_full(fd, text, size, header.len) == 0 &&
	       is_current(text, options);
}

/* Others may make the same one at the same time: the last takes the name. */
static int make_cached(struct context *ctx, const struct contents_options *options,
		       const char *path, struct cvt_error *err)
{
	CLEANUP_FREE char *part = NULL;
	int r;

	if (asprintf(&part, "%s.%d.%lx", path, (int)getpid(),
		     (unsigned long)(uintptr_t)&part) < 0) {
		part = NULL;
		return error_nomem(err);
	}
	r = initramfs_write(ctx, options, part, err);
	if (r < 0)
		return r;
	if (rename(part, path) == 0)
		return 0;
	r = error_raise(err, ERR_ENGINE, NULL, "%s: %s", path, strerror(errno));
	(void)unlink(part);
	return r;
}

int initramfs_get(struct context *ctx, const char *name,
		  const struct contents_options *options, const char *work, char **ret,
		  struct cvt_error *err)
{
	CLEANUP_FREE char *cache = cache_directory();
	CLEANUP_FREE char *path = NULL;
	int r;

	if (asprintf(&path, "%s/%s", cache ? cache : work, name) < 0) {
		path = NULL;
		return error_nomem(err);
	}
	if (is_usable(path, options)) {
		*ret = take_ptr(path);
		return 0;
	}
	context_log(ctx, CVT_LOG_DEBUG, "making %s", path);
	r = make_cached(ctx, options, path, err);
	if (r == 0)
		*ret = take_ptr(path);
	return r;
}
