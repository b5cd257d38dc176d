/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <glob.h>
#include <signal.h>
#include <string.h>
#include <sys/statvfs.h>

#include "instance/contents.h"
#include "instance/uml.h"

#define MODULES "/usr/lib/uml/modules/*" /* where Debian's user-mode-linux has them */

/*
 * Parts of its start that no conversion needs.  Choosing the fastest code for
 * RAID 6 takes 0.85 s of 1.1 s (Linux 6.1, lib/raid6/algos.c); without it RAID 6
 * cannot be used.  zswap has nothing to swap.
 */
#define LEFT_OUT "initcall_blacklist=raid6_select_algo,init_zswap"

/* The version of the kernel's modules; with several directories the kernel is asked. */
static int find_modules(const char *kernel, char **ret, struct cvt_error *err)
{
	const char *argv[] = { kernel, "--version", NULL };
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	glob_t g = { 0 };
	int r = glob(MODULES, GLOB_ONLYDIR, NULL, &g);

	if (r == 0 && g.gl_pathc > 1 && process_run(NULL, argv, &out, &said, NULL) == 0)
		out.data[strcspn(out.data, "\n")] = '\0';
	for (size_t i = 0; r == 0 && i < g.gl_pathc && !*ret; i++)
		if (!out.len || strcmp(strrchr(g.gl_pathv[i], '/') + 1, out.data) == 0)
			*ret = strdup(g.gl_pathv[i]);
	globfree(&g);
	if (*ret)
		return 0;
	return error_raise(err, ERR_NO_PROGRAM, NULL,
			   "the modules of User Mode Linux are not in %s", MODULES);
}

int uml_find(char **kernel, char **modules, struct cvt_error *err)
{
	CLEANUP_FREE char *program = find_program("linux.uml", NULL);
	CLEANUP_FREE char *dir = NULL;
	int r;

	if (!program)
		return error_raise(
			err, ERR_NO_PROGRAM, NULL,
			"linux.uml is not installed (Debian: user-mode-linux)");
	r = find_modules(program, &dir, err);
	if (r < 0)
		return r;
	*kernel = take_ptr(program);
	*modules = take_ptr(dir);
	return 0;
}

/*
 * Its memory is an unlinked file, from which it also executes
 * (arch/um/os-Linux/mem.c): a tmpfs with room is best, but containers have a
 * /dev/shm of 64 MiB, and some mount it noexec.
 */
static const char *memory_directory(unsigned mib)
{
	const char *places[] = { "/dev/shm", getenv("TMPDIR"), "/var/tmp", "/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct statvfs fs;

		if (places[i] && places[i][0] == '/' &&
		    access(places[i], W_OK | X_OK) == 0 && statvfs(places[i], &fs) == 0 &&
		    !(fs.f_flag & ST_NOEXEC) &&
		    (uint64_t)fs.f_bavail * fs.f_frsize >> 20 > mib)
			return places[i];
	}
	return NULL;
}

/* What linux.uml 6.1, its helper threads and the processes that it traces call (arch/um/
 * os-Linux), and the C library below them.  It panics where mkdir(2) is forbidden by EPERM.  socket(2) makes Unix sockets only, see confine.h.
 * What the programs inside call is emulated, and never reaches this kernel.
 */
static const char *const system_calls[] = {
	/* clang-format off */
	"access", "arch_prctl", "brk", "clock_gettime", "clock_getres", "clock_nanosleep",
	"clone", "clone3", "close", "connect", "dup", "dup2", "epoll_create",
	"epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_wait", "eventfd2", "execve",
	"exit", "exit_group", "faccessat", "faccessat2", "fallocate", "fcntl", "fdatasync",
	"fstat", "fsync", "ftruncate", "futex", "getcwd", "getegid", "geteuid", "getgid",
	"getitimer", "getpgrp", "getpid", "getppid", "getrandom", "getrlimit", "getsockopt",
	"gettid", "gettimeofday", "getuid", "ioctl", "kill", "lseek", "madvise", "mlock",
	"mkdir", "mmap", "modify_ldt", "mprotect", "mremap", "munlock", "munmap", "nanosleep",
	"newfstatat", "open", "openat", "personality", "pipe", "pipe2", "poll", "ppoll",
	"prctl", "pread64", "preadv", "prlimit64", "ptrace", "pwrite64", "pwritev", "read",
	"readlink", "readlinkat", "readv", "recvfrom", "recvmsg", "restart_syscall", "rseq",
	"rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn",
	"rt_sigsuspend", "rt_sigtimedwait", "sched_getaffinity", "sched_yield", "select",
	"pselect6", "sendmsg", "sendto", "set_robust_list", "set_tid_address",
	"setitimer", "setpgid", "setrlimit", "setsid", "setsockopt", "shutdown",
	"sigaltstack", "socketpair", "stat", "lstat", "statfs", "fstatfs", "sysinfo",
	"tgkill", "time", "timer_create", "timer_delete", "timer_getoverrun",
	"timer_gettime", "timer_settime", "tkill", "uname", "unlink", "unlinkat", "wait4",
	"waitid", "write", "writev",
	NULL
	/* clang-format on */
};

/* It serves a kernel that a guest may have taken over, so it gets as little as can be. */
static int confine(struct context *ctx, const char *kernel, const char *initramfs,
		   const char *memory, struct confinement *ret, struct cvt_error *err)
{
	const struct confine_path paths[] = {
		{ kernel, CONFINE_READ | CONFINE_EXECUTE },
		{ "/lib64/ld-linux-x86-64.so.2", CONFINE_READ | CONFINE_EXECUTE },
		{ "/etc/ld.so.cache", CONFINE_READ },
		{ "/usr/lib", CONFINE_READ },
		{ "/usr/lib64", CONFINE_READ },
		{ "/lib", CONFINE_READ },
		{ "/proc/cpuinfo", CONFINE_READ },
		{ "/dev/null", CONFINE_READ | CONFINE_WRITE },
		{ initramfs, CONFINE_READ },
		{ memory, CONFINE_READ | CONFINE_WRITE | CONFINE_CREATE },
		{ NULL, 0 },
	};
	return confine_new(ctx, paths, system_calls, ret, err);
}

/* Its console is our pipe, by which it can say why it ends; ssl0 is the channel.  An oops is
 * a panic, and a panic ends it.
 */
static const char *const always[] = {
	"con=null",  "con0=null,fd:1",	   "ssl=null",
	"ssl0=fd:3", "loglevel=4",	   "oops=panic",
	"panic=-1",  "uml_dir=/dev/null/", "LIBCONVERT_CHANNEL=/dev/ttyS0",
};

static int command_line(const char *kernel, const struct uml_options *o,
			struct names *argv)
{
	int r = names_add(argv, kernel);

	if (r == 0)
		r = names_print(argv, "mem=%uM", o->memory_mib);
	if (r == 0)
		r = names_print(argv, "initrd=%s", o->initramfs);
	for (size_t i = 0; i < o->volumes->n && r == 0; i++)
		r = names_print(argv, "virtio_uml.device=disk%zu:2", i + 1);
	for (size_t i = 0; i < ARRAY_SIZE(always) && r == 0; i++)
		r = names_add(argv, always[i]);
	if (r == 0 && !o->complete)
		r = names_add(argv, LEFT_OUT);
	/* A terminator for exec. */
	return r == 0 ? names_add(argv, "") : r;
}

int uml_start(struct context *ctx, const char *kernel, const struct uml_options *options,
	      struct process *ret, struct cvt_error *err)
{
	CLEANUP_CONFINEMENT struct confinement confinement = { .ruleset = -1 };
	const char *memory = memory_directory(options->memory_mib);
	CLEANUP_FREE char *env = NULL;
	CLEANUP_NAMES struct names argv = { 0 };
	struct process_options process = {
		.keep = options->channel,
		.dir = options->volumes->work,
		.confinement = &confinement,
		.death_signal = SIGKILL,
	};
	int r;

	if (!memory)
		return error_raise(
			err, ERR_ENGINE, NULL,
			"no directory has %u MiB for the memory of the conversion "
			"instance: neither /dev/shm nor $TMPDIR nor /var/tmp",
			options->memory_mib);
	if (asprintf(&env, "TMPDIR=%s", memory) < 0) {
		env = NULL;
		return error_nomem(err);
	}
	process.env = env;
	if (command_line(kernel, options, &argv) < 0)
		return error_nomem(err);
	free(argv.v[argv.n - 1]);
	argv.v[--argv.n] = NULL;
	r = confine(ctx, kernel, options->initramfs, memory, &confinement, err);
	return r < 0 ? r : process_start((const char *const *)argv.v, &process, ret, err);
}
