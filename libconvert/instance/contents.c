/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "guest/modules.h"
#include "instance/contents.h"
#include "volume/fullio.h"
#include "volume/process.h"

/* What engine_mount.c and what it calls may start.  Only without modprobe(8) can nothing be
 * done; another program is missed when a guest needs it, and then named.
 */
static const char *const programs[] = {
	"modprobe",  "lvm",	    "dmsetup",	  "mdadm",   "cryptsetup", "thin_check",
	"thin_dump", "cache_check", "cache_dump", "e2fsck",  "xfs_repair", "xfs_db",
	"btrfs",     "fsck.fat",    "fsck.f2fs",  "ntfs-3g", NULL,
};

/* What is opened by name at run time, so that ldd(1) does not know it: ciphers and hashes of
 * old LUKS headers; what pthread_exit(3) needs.
 */
static const char *const opened_later[] = {
	"/usr/lib/*/ossl-modules/legacy.so",
	"/usr/lib/*/libgcc_s.so.1",
	"/lib/*/libgcc_s.so.1",
};

static const char *const directories[] = {
	"dev", "etc", "proc", "run", "sys", "tmp", "usr", "usr/lib", "usr/sbin",
};

static const struct {
	const char *name, *link;
} links[] = {
	{ "bin", "usr/sbin" },	{ "lib", "usr/lib" },
	{ "lib64", "usr/lib" }, { "sbin", "usr/sbin" },
	{ "usr/bin", "sbin" },	{ "etc/mtab", "/proc/self/mounts" },
};

static void item_clear(struct item *i)
{
	free(i->name);
	free(i->source);
	free(i->link);
}

void contents_clear(struct contents *c)
{
	for (size_t i = 0; i < c->n; i++)
		item_clear(&c->v[i]);
	free(c->v);
	names_clear(&c->absent);
	*c = (struct contents){ 0 };
}

static bool has(const struct contents *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return true;
	return false;
}

/* Adds what is not there yet; -ENOMEM. */
static int add(struct contents *c, const char *name, const char *source, const char *link)
{
	struct item *grown, new = { 0 };

	if (has(c, name))
		return 0;
	grown = realloc(c->v, (c->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->v = grown;
	new.name = strdup(name);
	new.source = source ? strdup(source) : NULL;
	new.link = link ? strdup(link) : NULL;
	if (!new.name || (source && !new.source) || (link && !new.link)) {
		item_clear(&new);
		return -ENOMEM;
	}
	c->v[c->n++] = new;
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* @source as @dir/@name; @name is a link if the file itself has another name. */
static int add_linked(struct contents *c, const char *dir, const char *name,
		      const char *source)
{
	CLEANUP_FREE char *real = realpath(source, NULL);
	CLEANUP_FREE char *file = NULL, *alias = NULL;
	const char *base = real ? base_name(real) : name;
	int r;

	if (asprintf(&file, "%s/%s", dir, base) < 0)
		file = NULL;
	if (asprintf(&alias, "%s/%s", dir, name) < 0)
		alias = NULL;
	if (!file || !alias)
		return -ENOMEM;
	r = add(c, file, real ? real : source, NULL);
	return r < 0 ? r : add(c, alias, NULL, base);
}

/* ---- programs ---- */

char *find_program(const char *name, struct names *absent)
{
	static const char system_dirs[] = ":/usr/sbin:/usr/bin:/sbin:/bin";
	CLEANUP_FREE char *dirs = NULL;
	const char *path = getenv("PATH");
	char *dir, *rest;

	if (asprintf(&dirs, "%s%s", path ? path : "", system_dirs) < 0) {
		dirs = NULL;
		return NULL;
	}
	for (rest = dirs; (dir = strsep(&rest, ":"));) {
		CLEANUP_FREE char *file = NULL;

		if (dir[0] != '/' || asprintf(&file, "%s/%s", dir, name) < 0) {
			file = NULL;
			continue;
		}
		if (access(file, X_OK) == 0)
			return take_ptr(file);
		if (absent && names_add_new(absent, file) < 0)
			return NULL;
	}
	return NULL;
}

static int add_programs(struct contents *c, const char *const *list,
			struct cvt_error *err)
{
	for (; list && *list; list++) {
		CLEANUP_FREE char *file =
			*list[0] == '/' ? strdup(*list) : find_program(*list, &c->absent);

		if (file && add_linked(c, "usr/sbin", base_name(*list), file) < 0)
			return error_nomem(err);
	}
	return 0;
}

static int add_opened_later(struct contents *c)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(opened_later) && r == 0; i++) {
		glob_t g = { 0 };

		if (glob(opened_later[i], 0, NULL, &g) != 0)
			continue;
		for (size_t k = 0; k < g.gl_pathc && r == 0; k++) {
			const char *file = g.gl_pathv[k];
			bool is_module = strstr(file, "ossl-modules") != NULL;

			r = is_module ? add(c, file + 1, file, NULL)
				      : add_linked(c, "usr/lib", base_name(file), file);
		}
		globfree(&g);
	}
	return r;
}

/* ---- libraries ---- */

/* One line of ldd(1): "libc.so.6 => /lib/libc.so.6 (0x…)", "/lib64/ld-linux.so.2 (0x…)". */
static int add_library(struct contents *c, char *line, struct cvt_error *err)
{
	char *arrow = strstr(line, " => ");
	char *file = arrow ? arrow + 4 : line;
	char *end = strstr(file, " (0x");

	line += strspn(line, " \t");
	file += strspn(file, " \t");
	if (arrow && strncmp(file, "not found", 9) == 0) {
		*arrow = '\0';
		return error_raise(
			err, ERR_ENGINE, NULL,
			"a program for the conversion instance lacks its library %s",
			line);
	}
	if (!end || file[0] != '/')
		return 0;
	*end = '\0';
	if (arrow)
		*arrow = '\0';
	return add_linked(c, "usr/lib", arrow ? line : base_name(file), file) < 0
		       ? error_nomem(err)
		       : 0;
}

/* ldd(1) fails if one of several files is static; it lists the others all the same. */
static int add_libraries(struct context *ctx, struct contents *c, struct cvt_error *err)
{
	CLEANUP_FREE const char **argv = calloc(c->n + 2, sizeof(*argv));
	CLEANUP_BYTES struct bytes out = { 0 };
	struct said said = { 0 };
	size_t n = 0;
	char *line, *rest;
	int r;

	if (!argv)
		return error_nomem(err);
	argv[n++] = "ldd";
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].source)
			argv[n++] = c->v[i].source;
	r = process_run(ctx, argv, &out, &said, err);
	if (r < 0)
		return r;
	r = 0;
	for (rest = out.data; r == 0 && (line = strsep(&rest, "\n"));)
		r = add_library(c, line, err);
	return r;
}

/* ---- modules ---- */

static int read_file(const char *dir, const char *name, struct bytes *ret)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_FREE char *data = NULL;
	struct stat st;
	int r;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > MODULES_INDEX_MAX)
		return -EFBIG;
	data = malloc((size_t)st.st_size + 1);
	r = data ? pread_full(fd, data, (size_t)st.st_size, 0) : -ENOMEM;
	return r < 0 ? r : bytes_set(ret, data, (size_t)st.st_size);
}

static int fail_modules(struct cvt_error *err, const char *dir, int code)
{
	return code == -ENOMEM ? error_nomem(err)
			       : error_raise(err, ERR_ENGINE, NULL,
					     "the modules in %s cannot be read: %s", dir,
					     strerror(-code));
}

/* The index files of this host are trusted: depmod(8) of root made them. */
static int read_kernel(const char *dir, struct kernel *k, struct cvt_error *err)
{
	static const struct {
		const char *name;
		int (*parse)(struct kernel *, const struct bytes *, struct cvt_error *);
	} files[] = {
		{ "modules.dep", modules_parse_dep },
		{ "modules.builtin", modules_parse_builtin },
		{ "modules.softdep", modules_parse_softdep },
		{ "modules.alias", modules_parse_alias },
	};

	k->version = strdup(base_name(dir));
	k->modules_dir = strdup(dir);
	if (!k->version || !k->modules_dir)
		return error_nomem(err);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CLEANUP_BYTES struct bytes text = { 0 };
		int r = read_file(dir, files[i].name, &text);

		if (r == -ENOENT && i > 0)
			continue;
		if (r < 0)
			return fail_modules(err, dir, r);
		r = files[i].parse(k, &text, err);
		if (r < 0)
			return error_place(err, r, ERR_ENGINE, files[i].name);
	}
	return 0;
}

static int add_module(struct contents *c, const char *dir, const char *file)
{
	CLEANUP_FREE char *source = NULL, *name = NULL;

	if (asprintf(&source, "%s/%s", dir, file) < 0)
		source = NULL;
	if (asprintf(&name, "usr/lib/modules/%s/%s", base_name(dir), file) < 0)
		name = NULL;
	if (!source || !name)
		return -ENOMEM;
	return access(source, R_OK) < 0 ? 0 : add(c, name, source, NULL);
}

/* All modules below the directories. */
static int add_drivers(const struct kernel *k, const char *const *dirs,
		       struct names *list)
{
	static const char top[] = "kernel/";
	int r = 0;

	for (; dirs && *dirs; dirs++)
		for (size_t i = 0; i < k->n_modules && r == 0; i++) {
			const char *file = k->modules[i].file;

			if (strncmp(file, top, strlen(top)) == 0 &&
			    strncmp(file + strlen(top), *dirs, strlen(*dirs)) == 0)
				r = names_add_new(list, k->modules[i].name);
		}
	return r;
}

static int add_modules(struct contents *c, const struct contents_options *options,
		       struct cvt_error *err)
{
	static const char *const indexes[] = {
		"modules.alias",       "modules.alias.bin",
		"modules.builtin",     "modules.builtin.alias.bin",
		"modules.builtin.bin", "modules.builtin.modinfo",
		"modules.dep",	       "modules.dep.bin",
		"modules.devname",     "modules.softdep",
		"modules.symbols.bin",
	};
	CLEANUP(kernel_clear) struct kernel k = { 0 };
	CLEANUP_NAMES struct names list = { 0 }, closure = { 0 };
	const char *dir = options->modules_dir;
	int r = read_kernel(dir, &k, err);

	for (const char *const *m = options->modules; r == 0 && *m; m++)
		if (names_add_new(&list, *m) < 0)
			return error_nomem(err);
	if (r == 0 && add_drivers(&k, options->drivers, &list) < 0)
		return error_nomem(err);
	if (r == 0)
		r = modules_closure(&k, &list, &closure, err);
	for (size_t i = 0; i < closure.n && r == 0; i++)
		if (add_module(c, dir, kernel_module(&k, closure.v[i])->file) < 0)
			return error_nomem(err);
	for (size_t i = 0; i < ARRAY_SIZE(indexes) && r == 0; i++)
		if (add_module(c, dir, indexes[i]) < 0)
			return error_nomem(err);
	return r;
}

static int add_frame(struct contents *c, const char *init)
{
	int r = add(c, "init", init, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(directories) && r == 0; i++)
		r = add(c, directories[i], NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(links) && r == 0; i++)
		r = add(c, links[i].name, NULL, links[i].link);
	return r;
}

int contents_list(struct context *ctx, const struct contents_options *options,
		  struct contents *ret, struct cvt_error *err)
{
	CLEANUP_CONTENTS struct contents c = { 0 };
	int r;

	if (add_frame(&c, options->init) < 0)
		return error_nomem(err);
	r = add_programs(&c, programs, err);
	if (r == 0)
		r = add_programs(&c, options->programs, err);
	if (r == 0 && !has(&c, "usr/sbin/modprobe"))
		r = error_raise(err, ERR_NO_PROGRAM, NULL, "modprobe is not installed");
	if (r == 0 && add_opened_later(&c) < 0)
		r = error_nomem(err);
	if (r == 0)
		r = add_libraries(ctx, &c, err);
	if (r == 0)
		r = add_modules(&c, options, err);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct contents){ 0 };
	return 0;
}
