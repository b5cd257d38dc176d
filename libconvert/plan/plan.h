/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ordered list of edits that turns this guest into the wanted one, and
 * what to tell the user.  Data only: apply/ carries it out, `plan` shows it.
 *
 * A step states the wanted end; an edit that would change nothing is dropped,
 * so a second run plans nothing.  There is one edit for a path: a later step
 * sees and replaces what an earlier one planned.  Of patches there is one for an offset.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "core/error.h"
#include "guest/guest.h"

enum edit_action {
	EDIT_WRITE,  /* data is the whole new content; the file may be new */
	EDIT_APPEND, /* data goes behind the present content */
	EDIT_PATCH,  /* data replaces as many bytes at offset; path may be a device's name */
	EDIT_REMOVE,
	EDIT_SYMLINK, /* link is the target; replaces nothing */
	EDIT_DIRECTORY, /* an empty one, unless it is there; it stays where a plan is reverted */
};

/* The SELinux label that @path gets if it is made. */
struct edit_label {
	char *path, *label;
};

struct edit {
	enum edit_action action;
	char *path;
	struct bytes data;
	char *link;
	bool is_new;	      /* nothing is at path now */
	mode_t mode;	      /* of a new file; owner and label come from its directory */
	uint64_t before_size; /* EDIT_APPEND: size of the file before, for the padding */
	uint64_t offset;      /* EDIT_PATCH: of the first byte */
	struct bytes
		before; /* EDIT_PATCH: what is there now; empty: it matters to nobody */
	struct edit_label
		*labels; /* of the file and its directories, those above first */
	size_t n_labels;
	struct names rules;   /* ids of the rules that asked: "fstab-uuid" */
	struct names reasons; /* one line each, for people */
};

struct warning {
	char *id;
	char *path; /* guest path; NULL: none */
	char *text;
	char *remedy; /* NULL: nothing to do */
};

struct plan {
	struct edit *edits;
	size_t n_edits;
	struct warning *warnings;
	size_t n_warnings;
};

/* Why an edit is made: the rule's stable id and one line for people. */
struct why {
	const char *rule;
	const char *reason;
};
#define WHY(rule, reason) (&(const struct why){ rule, reason })

/* The text at @path as it will be after the edits planned so far; NULL: absent, or no text.
 * Owned by the plan or the guest, valid until the next edit of @path.
 */
const char *plan_text(const struct plan *p, const struct guest *g, const char *path);

/* The same for any content; NULL: absent, a link, or not known as a whole. */
const struct bytes *plan_data(const struct plan *p, const struct guest *g,
			      const char *path);

/* Ask for @path to hold @data (taken, also on failure).  A new file gets mode 0644. */
int plan_write(struct plan *p, const struct guest *g, const char *path,
	       struct bytes *data, const struct why *why, struct cvt_error *err);
int plan_write_text(struct plan *p, const struct guest *g, const char *path, char *text,
		    const struct why *why,
		    struct cvt_error *err); /* takes malloc'ed @text */

/* The mode of the file that is planned at @path, if it is new. */
void plan_set_mode(struct plan *p, const char *path, mode_t mode);

/* Ask for @data (taken) behind the @size bytes that @path has now.  The caller knows from
 * the facts that it is not there yet.
 */
int plan_append(struct plan *p, const char *path, uint64_t size, struct bytes *data,
		const struct why *why, struct cvt_error *err);

/* Ask for @after, of the same length, where @path has @before at @offset now.  @path is a
 * guest path or the name of a device.
 */
int plan_patch(struct plan *p, const char *path, uint64_t offset,
	       const struct bytes *before, const struct bytes *after,
	       const struct why *why, struct cvt_error *err);

/* The same where nobody has anything now: takes @data. */
int plan_fill(struct plan *p, const char *path, uint64_t offset, struct bytes *data,
	      const struct why *why, struct cvt_error *err);

/* Ask for a directory, of mode 0755, to mount something on. */
int plan_directory(struct plan *p, const char *path, const struct why *why,
		   struct cvt_error *err);

/* Ask for nothing at @path; dropped if the guest's files do not list it. */
int plan_remove(struct plan *p, const struct guest *g, const char *path,
		const struct why *why, struct cvt_error *err);

/* Ask for a link; dropped if the guest's files list anything at @path. */
int plan_symlink(struct plan *p, const struct guest *g, const char *path, const char *to,
		 const struct why *why, struct cvt_error *err);

/* Tell the user; the same id and path is told once. */
int plan_warn(struct plan *p, const char *id, const char *path, const char *remedy,
	      const char *fmt, ...) PRINTF(5, 6);

/* @path, which the edit makes, or a directory on the way to it, has @label.  -ENOMEM. */
int edit_add_label(struct edit *e, const char *path, const char *label);

/* The label of the file itself; NULL: none is known. */
const char *edit_label(const struct edit *e);

/* Bytes that the edits write. */
uint64_t plan_bytes(const struct plan *p);

void plan_clear(struct plan *p);
#define CLEANUP_PLAN CLEANUP(plan_clear)

#endif
