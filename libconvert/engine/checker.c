/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/checker.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define DEVICE ""

struct checker {
	const char *type;
	const char *const *calls[3]; /* by enum checker_call; NULL: it has none */
	int damaged;		     /* bits of an exit status that say so */
	int cannot;		     /* … that alone say that it could not check */
	bool unbounded;		     /* it does not get along with a limit of its memory */
	bool by_words;		     /* damage it is only if it says more than what is no news */
	const char *const *no_news;  /* beginnings of lines; of "*x", lines that contain x */
};

/* e2fsck(8), "EXIT CODE". */
#define E2FSCK                                                                         \
	.calls = { [CHECKER_LOOK] = WORDS("e2fsck", "-fn", DEVICE),                    \
		   [CHECKER_MEND] = WORDS("e2fsck", "-fy", DEVICE) },                  \
	.damaged = 4, .cannot = 8,                                                     \
	.no_news = WORDS("e2fsck 1.", "Pass ", "*: *****", "*non-contiguous",          \
			 "*check forced", "Warning!", "*skipping journal")

/*
 * xfs_repair(8): 1 is corruption found, or that it could not go on.  It gets
 * along with little memory, but not with a limit: 6.1 hangs when a thread
 * cannot be started.  Its addresses differ from run to run.
 * btrfs-check(8): its own repair is "dangerous", so there is none.
 * fsck.fat(8): 1 is any finding; the dirty bit, also as a difference from the copy
 * of the boot sector, is one.  In the instance it has no codepages.
 * fsck.f2fs of f2fs-tools 1.15 ends with 255; later ones with bits of fsck(8).
 */
/* clang-format off */
static const struct checker checkers[] = {
	{ .type = "ext2", E2FSCK },
	{ .type = "ext3", E2FSCK },
	{ .type = "ext4", E2FSCK },
	{ .type = "xfs",
	  .calls = { [CHECKER_LOOK] = WORDS("xfs_repair", "-n", DEVICE),
		     [CHECKER_MEND] = WORDS("xfs_repair", DEVICE),
		     [CHECKER_NO_LOG] = WORDS("xfs_repair", "-L", DEVICE) },
	  .damaged = 1, .unbounded = true,
	  .no_news = WORDS("Phase ", " ", "\t", "- ", "No modify", "ALERT:",
			   "ignored because the -n", "which may be resolved by",
			   "Metadata corruption detected", "Cannot get host",
			   "Repair may fail", "the image and the host") },
	{ .type = "btrfs",
	  .calls = { [CHECKER_LOOK] = WORDS("btrfs", "check", "--readonly", DEVICE),
		     [CHECKER_NO_LOG] = WORDS("btrfs", "rescue", "zero-log", DEVICE) },
	  .damaged = 0xff,
	  .no_news = WORDS("Opening filesystem", "Checking filesystem", "UUID:", "[",
			   "found ", "total ", "file data", "btree space", " referenced") },
	{ .type = "vfat",
	  .calls = { [CHECKER_LOOK] = WORDS("fsck.fat", "-n", DEVICE),
		     [CHECKER_MEND] = WORDS("fsck.fat", "-a", "-w", DEVICE) },
	  .damaged = 1, .cannot = 2, .by_words = true,
	  .no_news = WORDS("fsck.fat ", "There are differences between boot sector",
			   "This is mostly harmless", "  65:", "  37:", "  Not automatically",
			   "Dirty bit is set", " Automatically removing dirty",
			   "Leaving filesystem", "*** Filesystem was changed", "*clusters",
			   "Cannot initialize conversion", "Using internal ") },
	{ .type = "f2fs",
	  .calls = { [CHECKER_LOOK] = WORDS("fsck.f2fs", "--dry-run", DEVICE),
		     [CHECKER_MEND] = WORDS("fsck.f2fs", "-f", "-y", DEVICE) },
	  .damaged = 0xff,
	  .no_news = WORDS("Info:", "*[Ok", "\t", " ", "Done:", "[FSCK] ") },
};

/* clang-format on */
static const struct checker *find(const char *type)
{
	for (size_t i = 0; type && i < ARRAY_SIZE(checkers); i++)
		if (strcmp(checkers[i].type, type) == 0)
			return &checkers[i];
	return NULL;
}

bool checker_exists(const char *type)
{
	return find(type) != NULL;
}

static bool is_news(const struct checker *c, const char *line)
{
	if (line[strspn(line, " \t\r")] == '\0')
		return false;
	for (size_t i = 0; c->no_news[i]; i++) {
		const char *text = c->no_news[i];

		if (text[0] == '*' && text[1] != '*' ? strstr(line, text + 1) != NULL
						     : strncmp(line, text, strlen(text)) == 0)
			return false;
	}
	return true;
}

/* "Inode 19 ref count is 7, should be 1.  Fix? no": the question was not asked of anybody. */
static void cut_question(char *line)
{
	const char *end = line + strlen(line);
	char *last = NULL;

	for (char *s = line; (s = strstr(s, "  ")); s += 2)
		last = s;
	if (last && end - line > 4 && strcmp(end - 4, "? no") == 0)
		*last = '\0';
}

/* The guest has a part in what is said: names of files, and numbers. */
static void clean(char *line, char *out, size_t size)
{
	size_t n = 0;

	line += strspn(line, " \t");
	cut_question(line);
	for (; *line && n + 1 < size; line++)
		out[n++] = (unsigned char)*line < 0x20 || (unsigned char)*line >= 0x7f
				   ? '?'
				   : *line;
	out[n] = '\0';
}

static int find_words(const struct checker *c, const char *said,
		      struct checker_answer *ret)
{
	CLEANUP_FREE char *copy = strdup(said);
	char *rest = copy, *line;

	ret->words[0] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (is_news(c, line)) {
			clean(line, ret->words, sizeof(ret->words));
			break;
		}
	return copy ? 0 : -ENOMEM;
}

static int read_answer(const struct checker *c, int status, const char *said,
		       struct checker_answer *ret)
{
	/* It was killed, or is not to be found where it is to run. */
	if (find_words(c, said, ret) < 0)
		return -ENOMEM;
	if ((status >= 126 && status <= 192) || strstr(said, "emory allocation failed") ||
	    strstr(said, "Required memory for"))
		return -EIO;
	if ((status & c->cannot) && !(status & c->damaged))
		return -EIO;
	ret->sound = !(status & c->damaged) || (c->by_words && !ret->words[0]);
	return 0;
}

int checker_read(const char *type, int status, const char *said,
		 struct checker_answer *ret)
{
	const struct checker *c = find(type);

	return c ? read_answer(c, status, said, ret) : -ENOENT;
}

int checker_run(struct engine *e, const struct device *d, enum checker_call call,
		struct checker_answer *ret, struct cvt_error *err)
{
	const struct checker *c = find(d->type);
	const char *const *argv = c && engine_has_devices(e) ? c->calls[call] : NULL;
	CLEANUP_BYTES struct bytes said = { 0 };
	int r;

	if (!argv)
		return -ENOENT;
	context_log(e->ctx, CVT_LOG_INFO, "%s: %s %s", d->name, argv[0], argv[1]);
	r = engine_checker(e, d, argv, !c->unbounded, &said, err);
	if (r == -ETIMEDOUT)
		return error_raise(err, ERR_ENGINE, d->name, "%s took more than %d s",
				   argv[0], ENGINE_CHECK_SECONDS);
	if (r < 0)
		return r;
	context_log(e->ctx, CVT_LOG_DEBUG, "%s: %s ended with %d", d->name, argv[0], r);
	if (read_answer(c, r, said.data ? said.data : "", ret) < 0 && call == CHECKER_LOOK)
		return error_raise(err, ERR_ENGINE, d->name, "%s could not check it: %s",
				   argv[0], ret->words[0] ? ret->words : "it gave no reason");
	return 0;
}
