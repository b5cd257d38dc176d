/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "check/rule.h"

/* In the order of a boot. */
/* clang-format off */
static const struct rule rules[] = {
	{ "firmware-loader",        true,  judge_firmware },
	{ "loader-config",          false, judge_loader_config },
	{ "boot-entry",             false, judge_entry },
	{ "kernel-image",           false, judge_kernel },
	{ "kernel-modules",         false, judge_modules },
	{ "initramfs",              false, judge_initramfs },
	{ "disk-driver",            false, judge_disk_driver },
	{ "root-storage",           true,  judge_root_storage },
	{ "root-device",            true,  judge_root },
	{ "resume-device",          true,  judge_resume },
	{ "root-init",              false, judge_init },
	{ "file-systems",           true,  judge_file_systems },
	{ "crypttab",               true,  judge_crypttab },
	{ "fstab",                  true,  judge_fstab },
	{ "network-driver",         false, judge_network_driver },
	{ "network-config",         false, judge_network },
	{ "console",                false, judge_console },
};
/* clang-format on */

int check_want(const struct guest *g, const struct request *q, struct wants *w,
	       struct cvt_error *err)
{
	int r = steps_want(g, q, w, err);

	if (r == 0 && want_firmware(g, w) < 0)
		r = error_nomem(err);
	return r;
}

static int ask(const struct rule *rule, const struct inquiry *x, struct answers *ret,
	       struct cvt_error *err)
{
	struct answer *a = &ret->v[ret->n];
	int r;

	*a = (struct answer){ .id = rule->id };
	if (rule->needs_disks && x->g->n_disks == 0)
		return 0;
	r = rule->judge(x, a, err);
	if (r == -ENOMEM)
		r = error_nomem(err);
	ret->n += r < 0 || a->verdict != VERDICT_NONE;
	return r;
}

int check_guest(const struct guest *g, const struct request *q, struct answers *ret,
		struct cvt_error *err)
{
	const struct inquiry x = { g, q };
	int r = 0;

	answers_clear(ret);
	ret->v = calloc(ARRAY_SIZE(rules), sizeof(*ret->v));
	if (!ret->v)
		return error_nomem(err);
	for (size_t i = 0; i < ARRAY_SIZE(rules) && r == 0; i++)
		r = ask(&rules[i], &x, ret, err);
	return r;
}

const struct answer *answers_failure(const struct answers *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].verdict == VERDICT_FAIL)
			return &a->v[i];
	return NULL;
}

size_t answers_count(const struct answers *a, enum verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += a->v[i].verdict == verdict;
	return n;
}

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = { "none", "pass", "warn", "fail" };

	return names[v];
}

static void answer_clear(struct answer *a)
{
	free(a->path);
	free(a->evidence);
	free(a->remedy);
	a->path = a->evidence = a->remedy = NULL;
}

void answers_clear(struct answers *a)
{
	for (size_t i = 0; i < a->n; i++)
		answer_clear(&a->v[i]);
	free(a->v);
	*a = (struct answers){ 0 };
}

static int copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return from && !*to ? -ENOMEM : 0;
}

static __attribute__((format(printf, 5, 0))) int say(struct answer *a, enum verdict v,
						     const char *path, const char *remedy,
						     const char *fmt, va_list ap)
{
	if (a->verdict >= v)
		return 0;
	answer_clear(a);
	a->verdict = v;
	if (vasprintf(&a->evidence, fmt, ap) < 0) {
		a->evidence = NULL;
		return -ENOMEM;
	}
	return copy(&a->path, path) ?: copy(&a->remedy, remedy);
}

int answer_pass(struct answer *a, const char *path, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = say(a, VERDICT_PASS, path, NULL, fmt, ap);
	va_end(ap);
	return r;
}

int answer(struct answer *a, enum verdict v, const char *path, const char *remedy,
	   const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = say(a, v, path, remedy, fmt, ap);
	va_end(ap);
	return r;
}

enum verdict entry_weight(const struct guest *g, const struct boot_entry *e)
{
	return e->is_default || !default_entry(g) ? VERDICT_FAIL : VERDICT_WARN;
}

const struct boot_entry *default_entry(const struct guest *g)
{
	for (size_t i = 0; i < g->n_entries; i++)
		if (g->entries[i].is_default)
			return &g->entries[i];
	return NULL;
}
