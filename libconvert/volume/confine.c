/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "core/cleanup.h"
#include "volume/confine.h"
#include "volume/fullio.h"

/* Versions of Landlock's interface, and what came with them (Linux,
 * Documentation/userspace-api/landlock.rst); the headers may be older than the kernel.
 */
#define ABI_REFER 2    /* 5.19 */
#define ABI_TRUNCATE 3 /* 6.2 */
#define ABI_NET 4      /* 6.7 */
#define ABI_SCOPE 6    /* 6.12 */

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define NET_TCP 3ULL   /* LANDLOCK_ACCESS_NET_BIND_TCP, _CONNECT_TCP */
#define SCOPE_ALL 3ULL /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, _SIGNAL */

/* struct landlock_ruleset_attr of ABI 6. */
struct ruleset {
	uint64_t fs;	/* what is denied unless a rule allows it */
	uint64_t net;	/* the same; no rule allows any */
	uint64_t scope; /* what cannot leave the confined processes */
};

/* Every right of the first ABI: what no rule gives is denied. */
#define ALL_V1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)

/* The rights that a file, as opposed to a directory, can have. */
#define OF_FILES                                                      \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

static const struct {
	enum confine_access access;
	uint64_t rights;
} rights[] = {
	{ CONFINE_READ, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR },
	{ CONFINE_EXECUTE, LANDLOCK_ACCESS_FS_EXECUTE },
	{ CONFINE_WRITE, LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE },
	{ CONFINE_CREATE, LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
				  LANDLOCK_ACCESS_FS_REMOVE_FILE },
};

static int add_path(int ruleset, const struct confine_path *p, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = { 0 };
	CLEANUP_CLOSE int fd = open(p->path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(rights); i++)
		if (p->access & rights[i].access)
			rule.allowed_access |= rights[i].rights;
	rule.allowed_access &= S_ISDIR(st.st_mode) ? handled : handled & OF_FILES;
	rule.parent_fd = fd;
	return (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
			    &rule, 0);
}

/* The ruleset, -1 with errno if this kernel has no Landlock. */
static int new_ruleset(const struct confine_path *paths)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
			       LANDLOCK_CREATE_RULESET_VERSION);
	const struct ruleset attr = {
		.fs = ALL_V1 | (abi >= ABI_REFER ? LANDLOCK_ACCESS_FS_REFER : 0) |
		      (abi >= ABI_TRUNCATE ? LANDLOCK_ACCESS_FS_TRUNCATE : 0),
		.net = NET_TCP,
		.scope = SCOPE_ALL,
	};
	size_t size = abi >= ABI_SCOPE ? sizeof(attr)
		      : abi >= ABI_NET ? offsetof(struct ruleset, scope)
				       : offsetof(struct ruleset, net);
	CLEANUP_CLOSE int fd = -1;
	int ret;

	if (abi > 0)
		fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd < 0)
		return -1;
	for (; paths->path; paths++)
		if (add_path(fd, paths, attr.fs) < 0)
			return -1;
	ret = fd;
	fd = -1;
	return ret;
}

static int allow_calls(scmp_filter_ctx filter, const char *const *calls)
{
	int r = 0;

	for (; calls && *calls && r == 0; calls++) {
		int number = seccomp_syscall_resolve_name(*calls);

		/* A name that this libseccomp does not know, no old kernel has either. */
		if (number != __NR_SCMP_ERROR)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	return r;
}

/* With an allow-list only Unix sockets are on it; without one, all others are forbidden. */
static int limit_sockets(scmp_filter_ctx filter, bool listed)
{
	return seccomp_rule_add(filter, listed ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM),
				SCMP_SYS(socket), 1,
				SCMP_CMP(0, listed ? SCMP_CMP_EQ : SCMP_CMP_NE, AF_UNIX));
}

/* What the kernel takes: libseccomp itself cannot be called between fork and exec. */
static int export_program(scmp_filter_ctx filter, struct sock_fprog *ret)
{
	CLEANUP_CLOSE int fd = memfd_create("seccomp", MFD_CLOEXEC);
	char *code;
	off_t size;
	int r = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);

	size = r == 0 ? lseek(fd, 0, SEEK_END) : 0;
	if (r < 0 || size <= 0)
		return r < 0 ? r : -EIO;
	code = malloc((size_t)size);
	if (!code)
		return -ENOMEM;
	r = pread_full(fd, code, (size_t)size, 0);
	if (r < 0) {
		free(code);
		return r;
	}
	ret->filter = (struct sock_filter *)code;
	ret->len = (unsigned short)((size_t)size / sizeof(struct sock_filter));
	return 0;
}

static int new_program(const char *const *calls, struct sock_fprog *ret)
{
	scmp_filter_ctx filter =
		seccomp_init(calls ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);
	int r = filter ? allow_calls(filter, calls) : -ENOMEM;

	if (r == 0)
		r = limit_sockets(filter, calls != NULL);
	if (r == 0)
		r = export_program(filter, ret);
	if (filter)
		seccomp_release(filter);
	return r;
}

int confine_new(struct context *ctx, const struct confine_path *paths,
		const char *const *calls, struct confinement *ret, struct cvt_error *err)
{
	struct confinement c = { .ruleset = new_ruleset(paths) };
	int r;

	if (c.ruleset < 0)
		context_log(ctx, CVT_LOG_INFO,
			    "this kernel confines no process to files: Landlock: %s",
			    strerror(errno));
	r = new_program(calls, &c.program);
	if (r < 0) {
		confine_clear(&c);
		return error_raise(err, ERR_ENGINE, NULL,
				   "no system call filter can be made: %s", strerror(-r));
	}
	*ret = c;
	return 0;
}

int confine_self(const struct confinement *c, int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (ruleset >= 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return -1;
	if (c->program.filter &&
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &c->program) < 0 &&
	    errno != ENOSYS && errno != EINVAL)
		return -1;
	return 0;
}

void confine_clear(struct confinement *c)
{
	closep(&c->ruleset);
	free(c->program.filter);
	*c = (struct confinement){ .ruleset = -1 };
}
