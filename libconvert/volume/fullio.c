/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "volume/fullio.h"

/* Bytes read, fewer than @len only at the end of the file. */
static ssize_t read_up_to(int fd, char *buf, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int pread_full(int fd, char *buf, size_t len, uint64_t offset)
{
	ssize_t n = read_up_to(fd, buf, len, offset);

	if (n < 0)
		return (int)n;
	return (size_t)n < len ? -EIO : 0;
}

int pread_padded(int fd, char *buf, size_t len, uint64_t offset)
{
	ssize_t n = read_up_to(fd, buf, len, offset);

	if (n < 0)
		return (int)n;
	memset(buf + n, 0, len - (size_t)n);
	return 0;
}

int pwrite_full(int fd, const char *buf, size_t len, uint64_t offset)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, buf + done, len - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

int sync_directory(const char *dir)
{
	CLEANUP_CLOSE int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

char *parent_directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

int sync_parent(const char *path)
{
	CLEANUP_FREE char *dir = parent_directory(path);

	return dir ? sync_directory(dir) : -ENOMEM;
}

/* As getdents64(2) gives it. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

/* A daemon that was killed leaves its view mounted. */
static void unmount_dead(int dir, const char *name)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOTCONN)
		(void)umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}

/* A view is busy until its daemon, or fusermount3(1), has unmounted it. */
static void remove_entry(int dir, const char *name)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	for (int i = 0; i < 100 && unlinkat(dir, name, 0) < 0 && errno == EBUSY; i++) {
		unmount_dead(dir, name);
		(void)nanosleep(&pause, NULL);
	}
}

void sweep_directory(const char *dir)
{
	_Alignas(struct entry) char buf[4096];
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	long n;

	if (fd < 0)
		return;
	while ((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n;) {
			const struct entry *e = (const struct entry *)(buf + at);

			if (strcmp(e->name, ".") != 0 && strcmp(e->name, "..") != 0)
				remove_entry(fd, e->name);
			at += e->length;
		}
	(void)close(fd);
	(void)rmdir(dir);
}
