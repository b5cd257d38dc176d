/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every engine must do with the same tree: contract_tree() makes it,
 * contract_written() looks at what contract_writing() left.
 */
#ifndef TESTS_ENGINE_CONTRACT_H
#define TESTS_ENGINE_CONTRACT_H

#include <stdarg.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "engine/engine.h"
#include "suite.h"

static const struct timespec contract_time = { .tv_sec = 1234567890 };

static inline void run(const char *fmt, ...) PRINTF(1, 2);
static inline void run(const char *fmt, ...)
{
	CLEANUP_FREE char *command = NULL;
	va_list ap;

	va_start(ap, fmt);
	ck_assert(vasprintf(&command, fmt, ap) > 0);
	va_end(ap);
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* The tree as a user without privileges can make it. */
static inline void contract_tree(const char *root)
{
	run("set -e; umask 022; mkdir '%s'; cd '%s'; mkdir -p etc/sub boot empty; "
	    "printf 'hello\\n' > etc/plain; chmod 640 etc/plain; ln etc/plain etc/twin; "
	    "printf 'long old content\\n' > etc/long; : > etc/nothing; "
	    "printf x > 'etc/sub/new\nline'; printf y > etc/sub/b; printf z > etc/sub/B; "
	    "setfattr -n user.note -v kept etc/plain; "
	    "ln -s plain etc/link; ln -s /etc/plain etc/absolute; "
	    "ln -s ../../../../../../etc/plain etc/escape; "
	    "ln -s ../../../../../../etc/passwd etc/outside; ln -s /etc dirlink; "
	    "ln -s one etc/two; ln -s two etc/one; ln -s self etc/self; ln -s /nowhere/x "
	    "dangling; "
	    "ln -s /../../../.. up; mkfifo etc/fifo; truncate -s 2G etc/huge",
	    root, root);
}

static inline void expect_read(struct engine *e, const char *path, const char *text)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	struct cvt_error err = { 0 };

	ck_assert_msg(engine_read(e, path, ENGINE_TEXT_MAX, &b, &err) == 0, "%s: %s",
		      path, err.msg);
	ck_assert_str_eq(b.data, text);
	ck_assert_uint_eq(b.len, strlen(text));
}

/* Reading @path fails with @id; "": nothing is there. */
static inline void expect_no_read(struct engine *e, const char *path, const char *id)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	struct cvt_error err = { 0 };
	int r = engine_read(e, path, ENGINE_TEXT_MAX, &b, &err);

	ck_assert_msg(r < 0, "%s was read", path);
	ck_assert_msg(strcmp(err.id, id) == 0, "%s: '%s' instead of '%s': %s", path,
		      err.id, id, err.msg);
	if (!*id)
		ck_assert_int_eq(r, -ENOENT);
	ck_assert_ptr_null(b.data);
}

static inline void contract_list(struct engine *e)
{
	static const char *const want[] = { "B", "b", "new\nline" };
	CLEANUP_NAMES struct names l = { 0 };
	struct cvt_error err = { 0 };

	ck_assert_int_eq(engine_list(e, "/etc/sub", &l, &err), 0);
	ck_assert_uint_eq(l.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < l.n; i++)
		ck_assert_str_eq(l.v[i], want[i]);
	ck_assert_int_eq(engine_list(e, "/empty", &l, &err), 0);
	ck_assert_uint_eq(l.n, 0);
	ck_assert_int_eq(engine_list(e, "/dirlink/sub", &l, &err), 0);
	ck_assert_uint_eq(l.n, 3);
	ck_assert_int_eq(engine_list(e, "/etc/plain", &l, &err), -ENOENT);
	ck_assert_int_eq(engine_list(e, "/none", &l, &err), -ENOENT);
	ck_assert_str_eq(err.id, "");
}

static inline void contract_stat(struct engine *e)
{
	static const struct {
		const char *path;
		struct file_stat want;
	} cases[] = {
		{ "/etc/plain", { FILE_REGULAR, 0640, 6, 2 } },
		{ "/dirlink/plain", { FILE_REGULAR, 0640, 6, 2 } },
		{ "/etc/link", { FILE_SYMLINK, 0777, 5, 1 } },
		{ "/etc/self", { FILE_SYMLINK, 0777, 4, 1 } },
		{ "/etc/fifo", { FILE_OTHER, 0644, 0, 1 } },
		{ "/etc/huge", { FILE_REGULAR, 0644, (uint64_t)2 << 30, 1 } },
	};
	struct cvt_error err = { 0 };
	struct file_stat st;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_msg(engine_stat(e, cases[i].path, &st, &err) == 0, "%s: %s",
			      cases[i].path, err.msg);
		ck_assert_int_eq(st.kind, cases[i].want.kind);
		ck_assert_uint_eq(st.mode, cases[i].want.mode);
		ck_assert_uint_eq(st.size, cases[i].want.size);
		ck_assert_uint_eq(st.links, cases[i].want.links);
	}
	ck_assert_int_eq(engine_stat(e, "/", &st, &err), 0);
	ck_assert_int_eq(st.kind, FILE_DIRECTORY);
	ck_assert_int_eq(engine_stat(e, "/etc/plain/x", &st, &err), -ENOENT);
	ck_assert_int_eq(engine_stat(e, "/etc/none", &st, &err), -ENOENT);
	ck_assert_int_eq(engine_stat(e, "/none/none", &st, &err), -ENOENT);
	ck_assert_str_eq(err.id, "");
}

static inline void contract_reading(struct engine *e)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	CLEANUP_FREE char *target = NULL;
	struct cvt_error err = { 0 };
	uint64_t space = 0;

	contract_list(e);
	contract_stat(e);
	expect_read(e, "/etc/plain", "hello\n");
	expect_read(e, "/etc/nothing", "");
	expect_read(e, "/etc/link", "hello\n");
	expect_read(e, "/etc/sub/new\nline", "x");
	expect_no_read(e, "/etc/none", "");
	expect_no_read(e, "/etc/plain/none", "");
	ck_assert_int_eq(engine_read(e, "/etc/plain", 5, &b, &err), -EFBIG);
	ck_assert_int_eq(engine_read(e, "/etc/plain", 6, &b, &err), 0);
	ck_assert_int_eq(engine_pread(e, "/etc/plain", 1, 3, &b, &err), 0);
	ck_assert_str_eq(b.data, "ell");
	ck_assert_int_eq(engine_pread(e, "/etc/plain", 4, 100, &b, &err), 0);
	ck_assert_str_eq(b.data, "o\n");
	ck_assert_int_eq(engine_pread(e, "/etc/plain", UINT64_MAX, 100, &b, &err), 0);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_int_eq(engine_readlink(e, "/etc/outside", &target, &err), 0);
	ck_assert_str_eq(target, "../../../../../../etc/passwd");
	ck_assert_int_eq(engine_readlink(e, "/etc/plain", &target, &err), -EINVAL);
	ck_assert_str_eq(err.id, "file-invalid");
	ck_assert_int_eq(engine_space(e, "/etc", &space, &err), 0);
	ck_assert_uint_gt(space, 0);
	ck_assert_int_eq(engine_space(e, "/none", &space, &err), -ENOENT);
}

/* No link leaves the guest, nothing blocks, nothing is read whole that is too large. */
static inline void contract_hostile(struct engine *e)
{
	CLEANUP_BYTES struct bytes b = { 0 };
	CLEANUP_FREE char *deep = calloc(1, 5000);
	struct cvt_error err = { 0 };

	expect_read(e, "/etc/absolute", "hello\n");
	expect_read(e, "/etc/escape", "hello\n");
	expect_read(e, "/../../etc/plain", "hello\n");
	expect_read(e, "/up/etc/plain", "hello\n");
	expect_no_read(e, "/etc/outside", "");
	expect_no_read(e, "/up/proc/self/environ", "");
	expect_no_read(e, "/dangling", "");
	expect_no_read(e, "/etc/one", "link-loop");
	expect_no_read(e, "/etc/self/x", "link-loop");
	expect_no_read(e, "/etc/fifo", "file-not-regular");
	expect_no_read(e, "/etc", "file-not-regular");
	expect_no_read(e, "/", "file-not-regular");
	expect_no_read(e, "/etc/huge", "file-too-large");
	ck_assert_int_eq(
		engine_pread(e, "/etc/huge", ((uint64_t)2 << 30) - 2, 10, &b, &err), 0);
	ck_assert_uint_eq(b.len, 2);
	ck_assert_ptr_nonnull(deep);
	memset(deep, 'a', 4999);
	deep[0] = '/';
	expect_no_read(e, deep, "");
	deep[300] = '\0';
	expect_no_read(e, deep, "");
}

static inline void expect_no_write(struct engine *e, const char *path, const char *id)
{
	struct bytes data = { (char[]){ "x" }, 1 };
	struct cvt_error err = { 0 };

	ck_assert_int_lt(engine_write(e, path, &data, 0644, &contract_time, &err), 0);
	ck_assert_msg(strcmp(err.id, id) == 0, "%s: '%s' instead of '%s': %s", path,
		      err.id, id, err.msg);
}

static inline void expect_write(struct engine *e, const char *path, mode_t mode,
				const char *text)
{
	struct bytes data = { NULL, 0 };
	struct cvt_error err = { 0 };

	ck_assert_int_eq(bytes_set(&data, text, strlen(text)), 0);
	ck_assert_msg(engine_write(e, path, &data, mode, &contract_time, &err) == 0, "%s",
		      err.msg);
	bytes_clear(&data);
	expect_read(e, path, text);
}

/* Some bytes of a file become others; size, links and the time stay. */
static inline void contract_patching(struct engine *e)
{
	struct bytes middle = { (char[]){ "ORT" }, 3 };
	struct cvt_error err = { 0 };

	ck_assert_int_eq(engine_patch(e, NULL, "/etc/long", 2, &middle, &err), 0);
	expect_read(e, "/etc/long", "shORT\n");
	ck_assert_int_eq(engine_patch(e, NULL, "/etc/none", 2, &middle, &err), -ENOENT);
	ck_assert_int_lt(engine_patch(e, NULL, "/etc/link", 2, &middle, &err), 0);
	ck_assert_str_eq(err.id, "file-not-regular");
	ck_assert_int_lt(engine_patch(e, NULL, "/etc/fifo", 2, &middle, &err), 0);
	ck_assert_str_eq(err.id, "file-not-regular");
}

static inline void contract_writing(struct engine *e)
{
	struct bytes tail = { (char[]){ "tail\n" }, 5 };
	struct cvt_error err = { 0 };
	CLEANUP_BYTES struct bytes big = { calloc(1, (9 << 20) + 1), 9 << 20 };
	CLEANUP_BYTES struct bytes back = { 0 };

	expect_write(e, "/etc/plain", 0600, "hello, longer\n");
	expect_read(e, "/etc/twin", "hello, longer\n");
	expect_write(e, "/etc/long", 0600, "short\n");
	expect_write(e, "/etc/made/a/b/new", 0751, "new\n");
	expect_write(e, "/etc/private/own", 0600, "");
	expect_write(e, "/dirlink/via-link", 0600, "");
	ck_assert_int_eq(engine_append(e, "/etc/sub/b", 1, &tail, &contract_time, &err), 0);
	expect_read(e, "/etc/sub/b", "ytail\n");
	ck_assert_int_eq(engine_append(e, "/etc/none", 0, &tail, &contract_time, &err), -ENOENT);
	contract_patching(e);
	ck_assert_int_eq(engine_remove(e, "/etc/sub/B", &err), 0);
	ck_assert_int_eq(engine_remove(e, "/etc/sub/B", &err), -ENOENT);
	ck_assert_str_eq(err.id, "");
	ck_assert_int_eq(engine_remove(e, "/empty", &err), -EINVAL);
	ck_assert_int_eq(engine_remove(e, "/etc/outside", &err), 0);
	ck_assert_int_eq(engine_symlink(e, "/etc/wants/unit", "/dev/null", &err), 0);
	ck_assert_int_lt(engine_symlink(e, "/etc/wants/unit", "/dev/null", &err), 0);
	ck_assert_str_eq(err.id, "apply-failed");
	ck_assert_int_eq(engine_mkdir(e, "/etc/made/below", 0755, &err), 0);
	ck_assert_int_eq(engine_mkdir(e, "/etc/made/below", 0700, &err), 0);
	ck_assert_int_lt(engine_mkdir(e, "/etc/plain/below", 0755, &err), 0);
	ck_assert_str_eq(err.id, "file-not-regular");
	ck_assert_int_lt(engine_mkdir(e, "/dangling", 0755, &err), 0);
	expect_no_write(e, "/etc/link", "file-not-regular");
	expect_no_write(e, "/etc/escape", "file-not-regular");
	expect_no_write(e, "/dangling", "file-not-regular");
	expect_no_write(e, "/dangling/x", "file-not-regular");
	expect_no_write(e, "/etc/fifo", "file-not-regular");
	expect_no_write(e, "/etc/sub", "file-not-regular");
	expect_no_write(e, "/etc/plain/x", "file-not-regular");
	expect_no_write(e, "/etc/one/x", "link-loop");
	memset(big.data, 'b', big.len);
	ck_assert_int_eq(engine_write(e, "/boot/big", &big, 0644, &contract_time, &err), 0);
	ck_assert_int_eq(engine_append(e, "/boot/big", big.len, &big, &contract_time, &err), 0);
	ck_assert_int_eq(engine_read(e, "/boot/big", ENGINE_BINARY_MAX, &back, &err), 0);
	ck_assert_uint_eq(back.len, 2 * big.len);
	ck_assert(memcmp(back.data + big.len, big.data, big.len) == 0);
}

static inline struct stat written(const char *root, const char *path)
{
	CLEANUP_FREE char *full = NULL;
	struct stat st;

	ck_assert(asprintf(&full, "%s%s", root, path) > 0);
	ck_assert_msg(lstat(full, &st) == 0, "%s: %s", full, strerror(errno));
	return st;
}

/* The same tree, seen by the host. */
static inline void contract_written(const char *root)
{
	CLEANUP_FREE char *full = NULL;
	struct stat st = written(root, "/etc/plain");
	struct stat dir = written(root, "/etc");
	char note[16];

	ck_assert_uint_eq(st.st_nlink, 2);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(st.st_mtim.tv_sec, contract_time.tv_sec);
	ck_assert(asprintf(&full, "%s/etc/plain", root) > 0);
	ck_assert_int_eq(getxattr(full, "user.note", note, sizeof(note)), 4);
	ck_assert_int_eq(written(root, "/etc/long").st_mtim.tv_sec, contract_time.tv_sec);
	st = written(root, "/etc/made/below");
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_uint_eq(st.st_uid, dir.st_uid);
	st = written(root, "/etc/made/a/b/new");
	ck_assert_uint_eq(st.st_mode & 07777, 0751);
	ck_assert_uint_eq(st.st_uid, dir.st_uid);
	ck_assert_uint_eq(st.st_gid, dir.st_gid);
	ck_assert_int_eq(st.st_mtim.tv_sec, contract_time.tv_sec);
	st = written(root, "/etc/private");
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_uint_eq(st.st_uid, dir.st_uid);
	st = written(root, "/etc/made/a");
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_uint_eq(st.st_uid, dir.st_uid);
	st = written(root, "/etc/wants/unit");
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_uint_eq(st.st_uid, dir.st_uid);
}

#endif
