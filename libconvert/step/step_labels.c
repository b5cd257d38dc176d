/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SELinux: what is made anew gets the label that the guest's own policy has
 * for its path, so nothing has to be relabelled.  What is edited keeps its own.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "format/file_contexts.h"
#include "format/osrelease.h"
#include "step/step.h"

#define CONFIG "/etc/selinux/config"

static const char *const parts[] = { "", ".homedirs", ".local" };
static const char *const sub_parts[] = { ".subs", ".subs_dist" };

static int want_part(struct wants *w, const char *part)
{
	CLEANUP_FREE char *path = NULL;

	if (asprintf(&path, "/etc/selinux/*/contexts/files/file_contexts%s", part) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return want_add(w, path, WANT_FOLLOW);
}

static int want_labels(const struct guest *g, const struct request *q, struct wants *w,
		       struct cvt_error *err)
{
	int r = want_add(w, CONFIG, WANT_FOLLOW);

	(void)g, (void)q;
	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++)
		r = want_part(w, parts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(sub_parts) && r == 0; i++)
		r = want_part(w, sub_parts[i]);
	return r < 0 ? error_nomem(err) : 0;
}

/* The value of @key in selinux/config; NULL in *@ret: not set. */
static int get(const char *text, const char *key, char **ret)
{
	int r = osrelease_get(text, key, ret);

	return r == -ENOENT ? 0 : r;
}

/* The text of file_contexts@part of the policy @type; NULL: there is none. */
static const char *part_of(const struct guest *g, const char *type, const char *part)
{
	char path[512];
	int n = snprintf(path, sizeof(path),
			 "/etc/selinux/%s/contexts/files/file_contexts%s", type, part);

	return n < 0 || (size_t)n >= sizeof(path) ? NULL : guest_text(g, path);
}

static int load(const struct guest *g, const char *type, struct file_contexts *f)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts) && r == 0; i++) {
		const char *text = part_of(g, type, parts[i]);

		r = text ? file_contexts_add(f, text) : 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sub_parts) && r == 0; i++) {
		const char *text = part_of(g, type, sub_parts[i]);

		r = text ? file_contexts_add_subs(f, text) : 0;
	}
	return r;
}

static int add_label(struct edit *e, struct file_contexts *f, const char *path, mode_t mode)
{
	const char *label;
	int r = file_contexts_lookup(f, path, mode, &label);

	return r < 0 || !label ? r : edit_add_label(e, path, label);
}

static mode_t type_of(const struct edit *e)
{
	if (e->action == EDIT_DIRECTORY)
		return S_IFDIR;
	return e->action == EDIT_SYMLINK ? S_IFLNK : S_IFREG;
}

/* The new file, and its directories, which may be new. */
static int label_edit(struct edit *e, struct file_contexts *f)
{
	CLEANUP_FREE char *path = strdup(e->path);
	int r = path ? 0 : -ENOMEM;

	for (char *slash = path ? strchr(path + 1, '/') : NULL; slash && r == 0;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		r = add_label(e, f, path, S_IFDIR);
		*slash = '/';
	}
	return r < 0 ? r : add_label(e, f, e->path, type_of(e));
}

static int label_all(struct file_contexts *f, struct plan *p, const char *type)
{
	int r = 0;

	for (size_t i = 0; i < p->n_edits && r == 0; i++)
		if (p->edits[i].is_new && p->edits[i].path[0] == '/')
			r = label_edit(&p->edits[i], f);
	if (r != -ELOOP)
		return r;
	return plan_warn(p, "labels-unknown", CONFIG, "relabel the guest after its first boot",
			 "the expressions of policy %s take too long; new files have the "
			 "labels of their directories",
			 type);
}

static int plan_labels(const struct guest *g, const struct request *q, struct plan *p,
		       struct cvt_error *err)
{
	CLEANUP_FILE_CONTEXTS struct file_contexts *f = NULL;
	CLEANUP_FREE char *mode = NULL, *type = NULL;
	const char *text = guest_text(g, CONFIG);

	(void)q;
	if (!text)
		return 0;
	if (get(text, "SELINUX", &mode) < 0 || get(text, "SELINUXTYPE", &type) < 0)
		return error_nomem(err);
	if (!type || !mode || strcmp(mode, "disabled") == 0 || !part_of(g, type, ""))
		return 0;
	f = file_contexts_new();
	if (!f || load(g, type, f) < 0 || label_all(f, p, type) < 0)
		return error_nomem(err);
	return 0;
}

const struct step step_labels = {
	.name = "labels",
	.want = want_labels,
	.plan = plan_labels,
};
