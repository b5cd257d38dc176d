/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/cleanup.h"
#include "engine/trace_rules.h"

static const char *const op_names[N_TRACE_OPS] = {
	[TRACE_ACTIVATE] = "activate",
	[TRACE_MOUNT] = "mount",
	[TRACE_SUBVOLUMES] = "subvolumes",
	[TRACE_UMOUNT] = "umount",
	[TRACE_LIST] = "list",
	[TRACE_STAT] = "stat",
	[TRACE_READ] = "read",
	[TRACE_READLINK] = "readlink",
	[TRACE_WRITE] = "write",
	[TRACE_APPEND] = "append",
	[TRACE_PATCH] = "patch",
	[TRACE_READ_DEVICE] = "read_device",
	[TRACE_REMOVE] = "remove",
	[TRACE_SYMLINK] = "symlink",
	[TRACE_MKDIR] = "mkdir",
	[TRACE_LABEL] = "label",
	[TRACE_SPACE] = "space",
	[TRACE_CHECKER] = "checker",
};

/* What the operations of an engine meet in practice. */
static const struct {
	const char *name;
	int code;
} errnos[] = {
	{ "EIO", EIO },	      { "ENOSPC", ENOSPC }, { "EROFS", EROFS },
	{ "EPERM", EPERM },   { "ENOENT", ENOENT }, { "ELOOP", ELOOP },
	{ "ENOMEM", ENOMEM }, { "EUCLEAN", EUCLEAN },
};

const char *trace_op_name(enum trace_op op)
{
	return op_names[op];
}

static unsigned find_ops(const char *name)
{
	if (strcmp(name, "any") == 0)
		return (1U << N_TRACE_OPS) - 1;
	if (strcmp(name, "change") == 0)
		return 1U << TRACE_WRITE | 1U << TRACE_APPEND | 1U << TRACE_PATCH |
		       1U << TRACE_REMOVE | 1U << TRACE_SYMLINK | 1U << TRACE_MKDIR |
		       1U << TRACE_LABEL;
	for (unsigned i = 0; i < N_TRACE_OPS; i++)
		if (strcmp(op_names[i], name) == 0)
			return 1U << i;
	return 0;
}

static int find_errno(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(errnos); i++)
		if (strcmp(errnos[i].name, name) == 0)
			return errnos[i].code;
	return 0;
}

/* A number from 1, and nothing behind it; 0: it is none. */
static unsigned long parse_count(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	return *s >= '0' && *s <= '9' && *end == '\0' && n < ULONG_MAX ? n : 0;
}

/* NULL, or what is wrong with @word, which is taken to pieces. */
static const char *parse_rule(char *word, struct trace_rule *ret)
{
	char *rest = word;
	const char *verb = strsep(&rest, "="), *op = strsep(&rest, ":"),
		   *when = strsep(&rest, ":");

	if (strcmp(verb, "fail") != 0 && strcmp(verb, "cancel") != 0)
		return "begins with neither fail= nor cancel=";
	ret->ops = op ? find_ops(op) : 0;
	if (!ret->ops)
		return "names no operation";
	ret->count = when && *when != '/' ? parse_count(when) : 0;
	if (!when || (*when != '/' && ret->count == 0))
		return "says neither which of the operations nor which path";
	ret->path = *when == '/' ? when : NULL;
	ret->code = *verb == 'c' ? ECANCELED : find_errno(rest);
	if (*verb == 'c' && rest)
		return "has more than cancel=OPERATION:WHEN";
	return ret->code ? NULL : "ends with no errno that is known here, such as EIO";
}

static int add_rule(struct trace_rules *r, char *word, struct cvt_error *err)
{
	CLEANUP_FREE char *whole = strdup(word);
	const char *wrong;

	if (!whole)
		return error_nomem(err);
	if (r->n == TRACE_RULES_MAX)
		return error_raise(err, ERR_USAGE, NULL,
				   "the engine trace takes at most %d rules",
				   TRACE_RULES_MAX);
	wrong = parse_rule(word, &r->v[r->n++]);
	if (wrong)
		return error_raise(err, ERR_USAGE, NULL,
				   "the rule '%s' of the engine trace %s", whole, wrong);
	return 0;
}

int trace_rules_parse(const char *spec, struct trace_rules *ret, struct cvt_error *err)
{
	struct trace_rules rules = { .text = strdup(spec) };
	char *rest = rules.text;
	int r = rest ? 0 : error_nomem(err);

	while (r == 0 && rest && *rest)
		r = add_rule(&rules, strsep(&rest, ","), err);
	if (r < 0)
		trace_rules_clear(&rules);
	else
		*ret = rules;
	return r;
}

static bool matches(struct trace_rule *rule, enum trace_op op, const char *path)
{
	if (!(rule->ops & 1U << op))
		return false;
	rule->seen++;
	return rule->path ? path && strcmp(rule->path, path) == 0
			  : rule->seen == rule->count;
}

int trace_rules_match(struct trace_rules *r, enum trace_op op, const char *path)
{
	int code = 0;

	/* Each rule counts, also behind one that matches. */
	for (size_t i = 0; i < r->n; i++)
		if (matches(&r->v[i], op, path) && code == 0)
			code = r->v[i].code;
	return code;
}

void trace_rules_clear(struct trace_rules *r)
{
	free(r->text);
	*r = (struct trace_rules){ 0 };
}
