/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "core/bytes.h"
#include "ova.h"
#include "volume/fullio.h"

#define BLOCK 512
#define MEMBERS_MAX 1024

/* Of a header, POSIX ustar and GNU's (tar(5)). */
#define NAME 0
#define NAME_SIZE 100
#define SIZE 124
#define SIZE_SIZE 12
#define CHECKSUM 148
#define TYPE 156
#define MAGIC 257

bool ova_is_one(const char *head, size_t len)
{
	return len >= MAGIC + 5 && memcmp(head + MAGIC, "ustar", 5) == 0;
}

struct archive {
	const char *file;
	int fd;
	uint64_t size, at; /* bytes */
	const char *dir;
	char *ovf; /* its path; NULL: not yet */
};

static int refuse(const struct archive *a, const char *why, struct cvt_error *err)
{
	return error_raise(err, ERR_MACHINE, a->file, "is an OVA %s", why);
}

/* Octal digits, or with the first bit set a binary number; false: neither. */
static bool read_number(const unsigned char *field, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	if (field[0] & 0x80) {
		for (size_t i = n - 8; i < n; i++)
			v = v << 8 | field[i];
		*ret = v;
		return field[0] == 0x80;
	}
	for (size_t i = 0; i < n && field[i] && field[i] != ' '; i++) {
		if (field[i] < '0' || field[i] > '7')
			return false;
		v = v << 3 | (uint64_t)(field[i] - '0');
	}
	*ret = v;
	return true;
}

static bool has_checksum(const unsigned char *h)
{
	uint64_t said, sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : h[i];
	return read_number(h + CHECKSUM, 8, &said) && said == sum;
}

/* A file of that directory and no path: an OVA has none (DSP0243, 5.3). */
static bool is_plain(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == '/')
			return false;
	return name[0] && name[0] != '.';
}

static int copy_out(const struct archive *a, const char *path, uint64_t size,
		    struct cvt_error *err)
{
	CLEANUP_CLOSE int out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	CLEANUP_FREE char *buf = malloc(1 << 20);
	int r = out < 0 ? -errno : 0;

	if (!buf)
		return error_nomem(err);
	for (uint64_t done = 0; done < size && r == 0;) {
		size_t n = size - done < 1 << 20 ? (size_t)(size - done) : 1 << 20;

		r = pread_full(a->fd, buf, n, a->at + done);
		if (r == 0 && !bytes_are_zero(buf, n))
			r = pwrite_full(out, buf, n, done);
		done += n;
	}
	if (r == 0 && ftruncate(out, (off_t)size) < 0)
		r = -errno;
	return r < 0 ? error_raise(err, ERR_OUTPUT, path, "%s", strerror(-r)) : 0;
}

static int take_member(struct archive *a, const unsigned char *h, uint64_t size,
		       struct cvt_error *err)
{
	CLEANUP_FREE char *path = NULL;
	char name[NAME_SIZE + 1] = "";
	const char *dot;
	int r;

	if (h[TYPE] != '0' && h[TYPE] != '\0')
		return 0; /* attributes of pax, a directory: nothing that an OVF names */
	memcpy(name, h + NAME, NAME_SIZE);
	if (!is_plain(name))
		return refuse(a, "with a file that is not in its directory", err);
	if (asprintf(&path, "%s/%s", a->dir, name) < 0) {
		path = NULL;
		return error_nomem(err);
	}
	r = copy_out(a, path, size, err);
	dot = strrchr(name, '.');
	if (r == 0 && !a->ovf && dot && strcasecmp(dot, ".ovf") == 0)
		a->ovf = take_ptr(path);
	return r;
}

static int unpack(struct archive *a, struct cvt_error *err)
{
	int r = 0;

	for (unsigned n = 0; r == 0 && a->size - a->at >= BLOCK; n++) {
		unsigned char h[BLOCK];
		uint64_t size;

		if (pread_full(a->fd, (char *)h, BLOCK, a->at) < 0)
			return refuse(a, "that cannot be read", err);
		if (bytes_are_zero(h, BLOCK))
			break;
		a->at += BLOCK;
		if (n == MEMBERS_MAX || !ova_is_one((char *)h, BLOCK) || !has_checksum(h) ||
		    !read_number(h + SIZE, SIZE_SIZE, &size) || size > a->size - a->at)
			return refuse(a, "that is damaged", err);
		r = take_member(a, h, size, err);
		size += (BLOCK - size % BLOCK) % BLOCK;
		a->at += size > a->size - a->at ? a->size - a->at : size;
	}
	return r == 0 && !a->ovf ? refuse(a, "without an OVF", err) : r;
}

static char *make_directory(const char *work)
{
	char *dir;

	if (!work || !*work)
		work = getenv("TMPDIR");
	if (asprintf(&dir, "%s/libconvert-ova.XXXXXX", work && *work ? work : "/var/tmp") < 0)
		return NULL;
	if (mkdtemp(dir))
		return dir;
	free(dir);
	return NULL;
}

int ova_unpack(const char *file, const char *work, char **ret_dir, char **ret_ovf,
	       struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC);
	CLEANUP_FREE char *dir = make_directory(work);
	struct archive a = { .file = file, .fd = fd, .dir = dir };
	struct stat st;
	int r = 0;

	if (!dir)
		return error_raise(err, ERR_OUTPUT, work, "no directory can be made to unpack %s",
				   file);
	if (fd < 0 || fstat(fd, &st) < 0)
		r = error_raise(err, ERR_MACHINE, file, "%s", strerror(errno));
	if (r == 0) {
		a.size = (uint64_t)st.st_size;
		r = unpack(&a, err);
	}
	if (r < 0) {
		free(a.ovf);
		sweep_directory(dir);
		return r;
	}
	*ret_ovf = a.ovf;
	*ret_dir = take_ptr(dir);
	return 0;
}
