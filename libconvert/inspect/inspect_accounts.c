/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The home directories of accounts that the request names. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "format/lines.h"
#include "inspect/fetch.h"
#include "inspect/inspect.h"

#define PASSWD "/etc/passwd"
#define FIELDS 7

/* A line of passwd(5), cut at its colons; false: it has fewer. */
static bool split(struct span line, struct span fields[FIELDS])
{
	size_t n = 0;

	fields[0] = (struct span){ line.s, 0 };
	for (size_t i = 0; i < line.len; i++) {
		if (line.s[i] != ':')
			fields[n].len++;
		else if (++n < FIELDS)
			fields[n] = (struct span){ line.s + i + 1, 0 };
		else
			return false;
	}
	return n == FIELDS - 1;
}

/* No path that could lead us to another place than the account's own. */
static bool is_home(struct span s)
{
	static const char *const not_for_files[] = { "/dev", "/proc", "/sys",
						     "/run", "/etc",  "/nonexistent" };

	if (s.len < 2 || s.len > 1024 || *s.s != '/')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (iscntrl((unsigned char)s.s[i]) ||
		    (s.s[i] == '.' && s.s[i - 1] == '/'))
			return false;
	for (size_t i = 0; i < ARRAY_SIZE(not_for_files); i++) {
		const size_t n = strlen(not_for_files[i]);

		if (span_starts(s, not_for_files[i]) && (s.len == n || s.s[n] == '/'))
			return false;
	}
	return true;
}

static bool parse_uid(struct span s, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (!isdigit((unsigned char)s.s[i]) || *ret > UINT32_MAX)
			return false;
		*ret = *ret * 10 + (uint64_t)(s.s[i] - '0');
	}
	return s.len > 0 && *ret < UINT32_MAX;
}

/* What is made in @dir gets its owner, so that has to be the account. */
static int judge_owner(struct engine *e, const char *dir, bool must_be, uint64_t uid,
		       char **why, struct cvt_error *err)
{
	CLEANUP_FREE char *itself = NULL;
	struct file_stat st;
	int r;

	if (asprintf(&itself, "%s/.", dir) < 0) {
		itself = NULL;
		return error_nomem(err);
	}
	r = engine_stat(e, itself, &st, err);
	if (r == -ENOENT && !must_be)
		return 0;
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return r;
	if (r < 0 || st.kind != FILE_DIRECTORY)
		r = asprintf(why, "%s is no directory", dir);
	else if (st.uid != uid)
		r = asprintf(why, "%s belongs to uid %" PRIu64 ", not to %" PRIu64, dir,
			     st.uid, uid);
	else
		return 0;
	return r < 0 ? error_nomem(err) : 0;
}

static int judge(struct engine *e, struct account *a, struct span fields[FIELDS],
		 struct cvt_error *err)
{
	CLEANUP_FREE char *ssh = NULL;
	uint64_t uid;
	int r;

	a->home = strndup(fields[5].s, fields[5].len);
	if (!a->home || asprintf(&ssh, "%s/.ssh", a->home) < 0) {
		ssh = NULL;
		return error_nomem(err);
	}
	if (!parse_uid(fields[2], &uid) || !is_home(fields[5])) {
		a->why = strdup("it has no home directory of its own");
		return a->why ? 0 : error_nomem(err);
	}
	r = judge_owner(e, a->home, true, uid, &a->why, err);
	if (r == 0 && !a->why)
		r = judge_owner(e, ssh, false, uid, &a->why, err);
	return r;
}

static int find(struct engine *e, const struct bytes *passwd, struct account *a,
		struct cvt_error *err)
{
	struct lines l = { passwd->data, passwd->data + passwd->len };
	struct span line, fields[FIELDS];

	while (lines_next(&l, &line))
		if (!memchr(line.s, '\0', line.len) && split(line, fields) &&
		    span_equal(fields[0], (struct span){ a->name, strlen(a->name) }))
			return judge(e, a, fields, err);
	a->why = strdup("the guest has no such account in " PASSWD);
	return a->why ? 0 : error_nomem(err);
}

static struct account *add_account(struct guest *g, const char *name)
{
	struct account *grown =
		realloc(g->accounts, (g->n_accounts + 1) * sizeof(*grown));
	struct account a = { .name = strdup(name) };

	if (grown)
		g->accounts = grown;
	if (!grown || !a.name) {
		free(a.name);
		return NULL;
	}
	g->accounts[g->n_accounts] = a;
	return &g->accounts[g->n_accounts++];
}

int inspect_accounts(struct engine *e, const struct request *q, struct guest *g,
		     struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes passwd = { 0 };
	int r = q && q->n_ssh_keys > 0 ? fetch_plain(e, PASSWD, &passwd, err) : 0;

	if (r == -ENOENT)
		r = 0;
	for (size_t i = 0; q && i < q->n_ssh_keys && r == 0; i++) {
		struct account *a = NULL;

		if (guest_account(g, q->ssh_keys[i].user))
			continue;
		a = add_account(g, q->ssh_keys[i].user);
		r = a ? find(e, &passwd, a, err) : error_nomem(err);
	}
	return r;
}
