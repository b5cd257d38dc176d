/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/checker.h"
#include "inspect/inspect_check.h"

/* --- the superblock, before the first mount --- */

#define PART ((size_t)64 << 10)

/* Read in large parts: each is a call into the appliance. */
struct source {
	struct engine *e;
	const struct device *d;
	uint64_t at; /* of what is in part */
	struct bytes part;
	int code; /* what was in the way of a read, and */
	struct cvt_error err;
};

static bool is_held(const struct source *s, uint64_t offset, size_t size)
{
	return offset >= s->at && offset - s->at <= s->part.len &&
	       size <= s->part.len - (size_t)(offset - s->at);
}

static int read_source(void *data, uint64_t offset, void *buf, size_t size)
{
	struct source *s = data;

	if (!is_held(s, offset, size)) {
		bytes_clear(&s->part);
		s->at = offset - offset % 512;
		s->code = engine_read_device(s->e, s->d, s->at, PART, &s->part, &s->err);
		if (s->code < 0)
			return s->code;
	}
	if (!is_held(s, offset, size))
		return -EIO;
	memcpy(buf, s->part.data + (offset - s->at), size);
	return 0;
}

static bool is_fatal(int r)
{
	return r == -ECANCELED || r == -ENOMEM;
}

static int note(struct guest *g, const char *id, const struct check *c, const char *fmt, ...)
	PRINTF(4, 5);
static int note(struct guest *g, const char *id, const struct check *c, const char *fmt, ...)
{
	const struct device *d = &g->devices[c->device];
	char what[512], text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s, %s: %s", d->name, d->type, what);
	return guest_note(g, id, NULL, text);
}

static int read_state(struct engine *e, const struct device *d, struct superblock *ret,
		      struct cvt_error *err)
{
	struct source s = { .e = e, .d = d };

	superblock_read(d->type, &(struct superblock_source){ read_source, &s }, ret);
	bytes_clear(&s.part);
	if (is_fatal(s.code))
		return error_pass(err, s.code, &s.err);
	if (s.code < 0)
		context_log(e->ctx, CVT_LOG_INFO, "%s", s.err.msg);
	return 0;
}

/* The record of @device, with its superblock read if it is new. */
static int find_check(struct engine *e, struct guest *g, size_t device, struct check **ret,
		      struct cvt_error *err)
{
	struct check *grown;

	for (size_t i = 0; i < g->n_checks; i++)
		if (g->checks[i].device == device) {
			*ret = &g->checks[i];
			return 0;
		}
	grown = realloc(g->checks, (g->n_checks + 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	g->checks = grown;
	*ret = &g->checks[g->n_checks++];
	**ret = (struct check){ .device = device };
	return read_state(e, &g->devices[device], &(*ret)->found, err);
}

/* --- the checker --- */

/* A btrfs of several devices is checked as a whole, and only one of them is shown. */
static bool has_companions(const struct guest *g, const struct device *d)
{
	int n = 0;

	for (size_t i = 0; i < g->n_devices; i++) {
		const struct device *x = &g->devices[i];

		n += x->type && strcmp(x->type, "btrfs") == 0 && x->uuid && d->uuid &&
		     strcmp(x->uuid, d->uuid) == 0;
	}
	return n > 1 && strcmp(d->type, "btrfs") == 0;
}

static int refuse(const struct guest *g, struct check *c, const char *what,
		  struct cvt_error *err)
{
	const struct device *d = &g->devices[c->device];

	c->result = CHECK_DAMAGED;
	return error_raise(err, ERR_FS_DAMAGED, d->name, "its %s is damaged%s: %s", d->type,
			   what, c->words[0] ? c->words : "the kernel cannot read it");
}

/* 1 if it is damaged, 0 if it is sound, or if the checker could not tell, which is no reason
 * to stop: then the result says so.
 */
static int ask(struct engine *e, struct guest *g, struct check *c, struct cvt_error *err)
{
	const struct device *d = &g->devices[c->device];
	struct checker_answer a = { 0 };
	struct cvt_error why = { 0 };
	int r = has_companions(g, d) ? -ENOENT : checker_run(e, d, CHECKER_LOOK, &a, &why);

	c->is_settled = true;
	if (r == 0) {
		c->result = a.sound ? CHECK_SOUND : CHECK_DAMAGED;
		snprintf(c->words, sizeof(c->words), "%s", a.sound ? "" : a.words);
		return !a.sound;
	}
	if (is_fatal(r))
		return error_pass(err, r, &why);
	c->result = CHECK_NOT_DONE;
	r = note(g, "filesystem-not-checked", c, "%s",
		 r != -ENOENT		? why.msg
		 : has_companions(g, d) ? "it lies on several devices"
					: "there is no checker for it");
	return r < 0 ? error_nomem(err) : 0;
}

/* Mend it, and let the checker look again. */
static int mend(struct engine *e, struct guest *g, struct check *c, enum checker_call how,
		struct cvt_error *err)
{
	const struct device *d = &g->devices[c->device];
	struct checker_answer a = { 0 };
	char found[sizeof(c->words)];
	int r = checker_run(e, d, how, &a, err);

	if (r == -ENOENT)
		return refuse(g, c, ", and its checker mends nothing safely", err);
	if (r == 0)
		r = checker_run(e, d, CHECKER_LOOK, &a, err);
	if (r < 0)
		return r;
	memcpy(found, c->words, sizeof(found));
	snprintf(c->words, sizeof(c->words), "%s", a.words);
	if (!a.sound)
		return refuse(g, c, ", and stays so after the repair", err);
	memcpy(c->words, found, sizeof(found));
	c->result = CHECK_REPAIRED;
	if (how == CHECKER_NO_LOG)
		snprintf(found, sizeof(found),
			 "its journal could not be replayed and was thrown away");
	return note(g, "filesystem-repaired", c, "%s",
		    found[0] ? found : "what its superblock told of") < 0
		       ? error_nomem(err)
		       : 0;
}

/* It can be mounted; is it sound? */
static int settle(struct engine *e, struct guest *g, struct check *c, struct cvt_error *err)
{
	int r = ask(e, g, c, err);

	if (r == 1 && !e->repair)
		return refuse(g, c, "", err);
	if (r == 1 || (r == 0 && c->result == CHECK_SOUND && e->repair && c->found.has_errors))
		return mend(e, g, c, CHECKER_MEND, err);
	return r;
}

/* --- what cannot be mounted, or not be read --- */

static int mount_for_look(struct engine *e, const struct guest *g, const struct check *c,
			  uint64_t subvol, struct cvt_error *err)
{
	return engine_mount(e, &g->devices[c->device], subvol, "/", false, err);
}

static bool may_be_damage(int r)
{
	return r == -EIO || r == -EUCLEAN;
}

/* Mend it, first without and then with giving up its journal. */
static int force(struct engine *e, struct guest *g, struct check *c, uint64_t subvol,
		 const struct cvt_error *mounting, struct cvt_error *err)
{
	static const enum checker_call ways[] = { CHECKER_MEND, CHECKER_NO_LOG };
	struct cvt_error why = *mounting;
	int r = mounting->code;

	for (size_t i = 0; i < ARRAY_SIZE(ways) && r < 0; i++) {
		int mended = mend(e, g, c, ways[i], &why);

		c->was_mounted = true; /* its journal is not what it was */
		if (is_fatal(mended))
			return error_pass(err, mended, &why);
		if (mended == 0)
			r = mount_for_look(e, g, c, subvol, &why);
	}
	return r < 0 ? error_pass(err, why.code, &why) : 0;
}

/* The kernel's refusal, with what the superblock and the checker have to say of it. */
static int explain(struct engine *e, struct guest *g, struct check *c, uint64_t subvol,
		   const struct cvt_error *mounting, struct cvt_error *err)
{
	const struct device *d = &g->devices[c->device];
	int r = ask(e, g, c, err);

	if (r < 0)
		return r;
	if (e->repair && (r == 1 || (c->result == CHECK_SOUND && mounting->code == -EUCLEAN)))
		return force(e, g, c, subvol, mounting, err);
	if (r == 1)
		return refuse(g, c, "", err);
	if (mounting->code == -EIO && c->found.features[0])
		return error_raise(err, ERR_ENGINE_LACKS, d->name,
				   "cannot be mounted; the kernel may not know these "
				   "features of its %s: %s",
				   d->type, c->found.features);
	return error_pass(err, mounting->code, mounting);
}

int check_unreadable(struct engine *e, struct guest *g, size_t device,
		     const struct cvt_error *reading, struct cvt_error *err)
{
	struct check *c = NULL;
	int r = may_be_damage(reading->code) ? find_check(e, g, device, &c, err) : 0;

	if (r == 0 && c && c->result != CHECK_DAMAGED)
		r = ask(e, g, c, err);
	if (r < 0)
		return r;
	if (!c || c->result != CHECK_DAMAGED)
		return error_pass(err, reading->code, reading);
	return e->repair ? mend(e, g, c, CHECKER_MEND, err) : refuse(g, c, "", err);
}

int check_blame(struct engine *e, struct guest *g, int code, struct cvt_error *err)
{
	const struct cvt_error reading = *err;

	if (!may_be_damage(code) || engine_umount(e, NULL) < 0)
		return code;
	for (size_t i = 0; i < g->n_mounts; i++) {
		struct cvt_error why = { 0 };
		int r = check_unreadable(e, g, g->mounts[i].device, &reading, &why);

		if (r < 0 && (is_fatal(r) || strcmp(why.msg, reading.msg) != 0))
			return error_pass(err, r, &why);
	}
	return code;
}

/* --- mounting --- */

static int mounted(struct guest *g, struct check *c, struct cvt_error *err)
{
	bool was_dirty = c->found.state == SUPERBLOCK_DIRTY && !c->was_mounted;

	c->was_mounted = true;
	if (was_dirty && c->found.has_journal &&
	    note(g, "journal-replayed", c,
		 "was in use when it was copied; its journal is replayed") < 0)
		return error_nomem(err);
	return 0;
}

int check_mount_to_look(struct engine *e, struct guest *g, size_t device, uint64_t subvol,
			struct cvt_error *err)
{
	struct cvt_error why = { 0 };
	struct check *c = NULL;
	int r = find_check(e, g, device, &c, err);

	if (r < 0)
		return r;
	if (c->found.journal[0])
		return error_raise(err, ERR_FS_UNSUPPORTED, g->devices[device].name,
				   "the journal of its %s is on another device, UUID %s",
				   g->devices[device].type, c->found.journal);
	if (c->result == CHECK_DAMAGED)
		return refuse(g, c, "", err);
	r = mount_for_look(e, g, c, subvol, &why);
	if (may_be_damage(r) && !c->was_mounted)
		r = explain(e, g, c, subvol, &why, err);
	else if (r < 0 && r != -ENOENT)
		r = error_pass(err, r, &why);
	return r < 0 ? r : mounted(g, c, err);
}

/* What the superblock says that a person should know of what is converted. */
static int note_found(struct guest *g, const struct check *c, struct cvt_error *err)
{
	int r = 0;

	if (c->found.state == SUPERBLOCK_DIRTY && !c->found.has_journal)
		r = note(g, "filesystem-unclean", c,
			 "was in use when it was copied, and has no journal");
	if (r == 0 && c->found.has_errors)
		r = note(g, "filesystem-errors", c,
			 "the guest's kernel met errors in it, or its repair was not ended");
	return r < 0 ? error_nomem(err) : 0;
}

/* What was unmounted and never met an error is taken to be sound, which costs no time. */
static bool is_doubtful(const struct guest *g, const struct check *c)
{
	if (c->found.state == SUPERBLOCK_UNKNOWN)
		return checker_exists(g->devices[c->device].type);
	return c->found.state == SUPERBLOCK_DIRTY || c->found.has_errors;
}

int check_mount_to_use(struct engine *e, struct guest *g, const struct mount *m,
		       const char *where, struct cvt_error *err)
{
	struct check *c = NULL;
	int r = find_check(e, g, m->device, &c, err);

	if (r < 0)
		return r;
	if (c->result == CHECK_DAMAGED)
		return refuse(g, c, "", err);
	r = note_found(g, c, err);
	if (r == 0 && !c->is_settled && (e->repair || is_doubtful(g, c)))
		r = settle(e, g, c, err);
	if (r == 0)
		r = engine_mount(e, &g->devices[m->device], m->subvol, where, false, err);
	return r < 0 ? r : mounted(g, c, err);
}
