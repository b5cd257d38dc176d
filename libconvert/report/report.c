/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "report/report_parts.h"

/* The keys in their order; json_object_set() keeps the place of a key that is there. */
static json_t *new_root(void)
{
	/* clang-format off */
	return json_pack("{ss ss ss sn sn sn s[] sn sn s[] s[] sn sn sn sn s[] sn sn sn s{}}",
			 "schema", "libconvert/report-1",
			 "version", PACKAGE_VERSION,
			 "status", "failed",
			 "target", "engine", "request", "disks", "machine", "guest", "edits", "warnings",
			 "error", "check", "boot", "launch", "outputs", "undo", "since", "job",
			 "timing_ms");
	/* clang-format on */
}

int report_new(struct cvt_report **ret)
{
	CLEANUP_REPORT struct cvt_report *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->root = new_root();
	if (!r->root)
		return -ENOMEM;
	*ret = take_ptr(r);
	return 0;
}

void cvt_report_free(struct cvt_report *r)
{
	if (!r)
		return;
	json_decref(r->root);
	free(r->json);
	free(r->text);
	free(r->diff);
	free(r->html);
	free(r);
}

static int set(struct cvt_report *r, const char *key, json_t *value)
{
	return json_object_set_new(r->root, key, value) < 0 ? -ENOMEM : 0;
}

static int append(struct cvt_report *r, const char *key, json_t *value)
{
	return json_array_append_new(json_object_get(r->root, key), value) < 0 ? -ENOMEM
									       : 0;
}

int report_disk(struct cvt_report *r, const char *path, const char *format, uint64_t size)
{
	json_t *bytes = size > 0 ? json_integer((json_int_t)size) : json_null();

	return append(r, "disks",
		      json_pack("{so so so}", "path", json_text(path), "format",
				json_text(format), "size", bytes));
}

static json_t *json_nics(const struct request *q)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < q->n_nics; i++) {
		const char *name = q->nics[i].name;
		json_t *nic = json_pack("{so so}", "mac", json_text(q->nics[i].mac),
					"name", json_text(name[0] ? name : NULL));

		if (json_array_append_new(list, nic) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Whose, not which. */
static json_t *json_ssh_keys(const struct request *q)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < q->n_ssh_keys; i++)
		if (json_array_append_new(list, json_text(q->ssh_keys[i].user)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static const char *report_firmware(unsigned firmware)
{
	if (firmware == FIRMWARE_UEFI)
		return "uefi";
	return firmware == FIRMWARE_BIOS ? "bios" : NULL;
}

int report_request(struct cvt_report *r, const struct request *q, const char *engine)
{
	r->target = q->target;
	if (set(r, "target", json_text(q->target ? q->target->name : NULL)) < 0 ||
	    set(r, "engine", json_text(engine)) < 0)
		return -ENOMEM;
	return set(r, "request",
		   json_pack("{sb sb ss so so so so sb}", "portable", q->portable,
			     "discard_hibernation", q->discard_hibernation, "network",
			     q->network == NETWORK_DHCP ? "dhcp" : "keep", "firmware",
			     json_text(report_firmware(q->firmware)), "nics",
			     json_nics(q), "ssh_keys", json_ssh_keys(q), "hostname",
			     json_text(q->hostname), "remove_machine_id",
			     q->remove_machine_id));
}

static int add_warning(struct cvt_report *r, const struct warning *w)
{
	return append(r, "warnings",
		      json_pack("{so so so so}", "id", json_text(w->id), "path",
				json_text(w->path && w->path[0] ? w->path : NULL), "text",
				json_text(w->text), "remedy", json_text(w->remedy)));
}

/* "id\tpath\ttext", as guest_note() made it: a path may hold a tab, an id cannot. */
static int add_note(struct cvt_report *r, const char *note)
{
	CLEANUP_FREE char *copy = strdup(note);
	struct warning w = { .id = copy };

	if (!copy)
		return -ENOMEM;
	w.path = w.id + strcspn(w.id, "\t");
	if (*w.path)
		*w.path++ = '\0';
	w.text = w.path + strcspn(w.path, "\t");
	if (*w.text)
		*w.text++ = '\0';
	return add_warning(r, &w);
}

int report_check(struct cvt_report *r, const struct answers *a)
{
	return set(r, "check", json_check(a));
}

bool report_check_failure(const struct cvt_report *r, const char **path,
			  const char **evidence, const char **remedy)
{
	const json_t *rules = json_object_get(json_object_get(r->root, "check"), "rules");
	size_t i;
	json_t *rule;

	json_array_foreach((json_t *)rules, i, rule)
	{
		const char *result = json_string_value(json_object_get(rule, "result"));

		if (!result || strcmp(result, "fail") != 0)
			continue;
		*path = json_string_value(json_object_get(rule, "path"));
		*evidence = json_string_value(json_object_get(rule, "evidence"));
		*remedy = json_string_value(json_object_get(rule, "remedy"));
		return true;
	}
	return false;
}

int report_job(struct cvt_report *r, json_t *job)
{
	return set(r, "job", job);
}

int report_load(json_t *root, struct cvt_report **ret)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	const char *target = json_string_value(json_object_get(root, "target"));
	const char *status = json_string_value(json_object_get(root, "status"));
	struct cvt_report *r;

	if (!schema || strcmp(schema, "libconvert/report-1") != 0 || !status)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->root = root;
	r->target = target ? target_find(target) : NULL;
	cvt_report_free(*ret);
	*ret = r;
	return 0;
}

int report_boot(struct cvt_report *r, json_t *boot)
{
	return set(r, "boot", boot);
}

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item) if (json_is_string(item) &&
							strcmp(json_string_value(item),
							       text) == 0) return true;
	return false;
}

void report_boot_needs(const struct cvt_report *r, struct report_boot_needs *ret)
{
	const json_t *guest = json_object_get(r->root, "guest");
	const json_t *firmware = json_object_get(guest, "firmware");
	const json_t *disk = json_object_get(guest, "boot_disk");
	size_t i;
	json_t *k;

	*ret = (struct report_boot_needs){
		.uefi = has_text(firmware, "uefi") && !has_text(firmware, "bios"),
		.first = json_is_integer(disk) ? (size_t)json_integer_value(disk) : 0,
	};
	json_array_foreach(json_object_get(guest, "kernels"), i,
			   k) if (!ret->arch ||
				  json_is_true(json_object_get(k, "default"))) ret->arch =
		json_string_value(json_object_get(k, "arch"));
}

int report_warning(struct cvt_report *r, const char *id, const char *text,
		   const char *remedy)
{
	const struct warning w = {
		.id = (char *)id, .text = (char *)text, .remedy = (char *)remedy
	};

	return add_warning(r, &w);
}

int report_guest(struct cvt_report *r, const struct guest *g)
{
	if (set(r, "guest", json_guest(g)) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < g->notes.n; i++)
		if (add_note(r, g->notes.v[i]) < 0)
			return -ENOMEM;
	return 0;
}

int report_plan(struct cvt_report *r, const struct guest *g, const struct plan *p)
{
	for (size_t i = 0; i < p->n_edits; i++)
		if (append(r, "edits", json_edit(g, &p->edits[i])) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < p->n_warnings; i++)
		if (add_warning(r, &p->warnings[i]) < 0)
			return -ENOMEM;
	free(r->diff);
	r->diff = plan_to_diff(g, p);
	return r->diff ? 0 : -ENOMEM;
}

static int adopt_times(struct cvt_report *r, json_t *times)
{
	const char *stage;
	json_t *ms;
	int e = 0;

	json_object_foreach(times, stage, ms) {
		json_int_t n = json_integer_value(ms);

		if (e == 0 && n >= 0 && n < INT32_MAX)
			e = report_timing(r, stage, (uint64_t)n);
	}
	return e;
}

int report_adopt(struct cvt_report *r, const json_t *from, const char *diff)
{
	static const struct {
		const char *key;
		json_type type;
	} parts[] = {
		{ "guest", JSON_OBJECT },
		{ "edits", JSON_ARRAY },
		{ "warnings", JSON_ARRAY },
		{ "check", JSON_OBJECT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		json_t *value = json_object_get(from, parts[i].key);

		if (value && json_typeof(value) == parts[i].type &&
		    json_object_set(r->root, parts[i].key, value) < 0)
			return -ENOMEM;
	}
	if (diff && !(r->diff = strdup(diff)))
		return -ENOMEM;
	return adopt_times(r, json_object_get(from, "timing_ms"));
}

int report_outputs(struct cvt_report *r, const struct names *paths)
{
	return set(r, "outputs", json_names(paths));
}

int report_undo(struct cvt_report *r, const char *path)
{
	return set(r, "undo", json_text(path));
}

int report_timing(struct cvt_report *r, const char *stage, uint64_t ms)
{
	json_t *all = json_object_get(r->root, "timing_ms");
	json_int_t sum = json_integer_value(json_object_get(all, stage)) + (json_int_t)ms;

	return json_object_set_new(all, stage, json_integer(sum)) < 0 ? -ENOMEM : 0;
}

int report_status(struct cvt_report *r, const char *status)
{
	return set(r, "status", json_text(status));
}

int report_error(struct cvt_report *r, const struct cvt_error *err)
{
	if (report_status(r, "failed") < 0)
		return -ENOMEM;
	return set(r, "error",
		   json_pack("{so so so so si}", "id", json_text(err->id), "path",
			     json_text(err->path[0] ? err->path : NULL), "text",
			     json_text(err->msg), "remedy", json_text(err->remedy),
			     "exit", err->exit));
}

int report_finish(struct cvt_report *r)
{
	CLEANUP_FREE char *json = NULL;

	if (report_add_launch(r) < 0)
		return -ENOMEM;
	json = json_dumps(r->root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	if (!json)
		return -ENOMEM;
	free(r->text);
	r->text = report_to_text(r->root);
	free(r->json);
	r->json = NULL;
	if (!r->text || asprintf(&r->json, "%s\n", json) < 0)
		r->json = NULL;
	return r->json ? 0 : -ENOMEM;
}

const char *cvt_report_status(const struct cvt_report *r)
{
	return json_string_value(json_object_get(r->root, "status"));
}

const char *cvt_report_json(const struct cvt_report *r)
{
	return r->json ? r->json : "";
}

const char *cvt_report_text(const struct cvt_report *r)
{
	return r->text ? r->text : "";
}

const char *cvt_report_html(struct cvt_report *r)
{
	if (!r->html)
		r->html = report_to_html(r->root, r->diff);
	return r->html ? r->html : "";
}

const char *cvt_report_diff(const struct cvt_report *r)
{
	return r->diff ? r->diff : "";
}

size_t cvt_report_n_edits(const struct cvt_report *r)
{
	return json_array_size(json_object_get(r->root, "edits"));
}

/* Strings that an accessor returns; absent ones are "". */
static void give(const json_t *value, const char **ret)
{
	const char *s = json_string_value(value);

	if (ret)
		*ret = s ? s : "";
}

int cvt_report_edit(const struct cvt_report *r, size_t i, const char **path,
		    const char **action, const char **reason)
{
	const json_t *e = json_array_get(json_object_get(r->root, "edits"), i);

	if (!e)
		return -ERANGE;
	give(json_object_get(e, "path"), path);
	give(json_object_get(e, "action"), action);
	give(json_array_get(json_object_get(e, "reasons"), 0), reason);
	return 0;
}

int cvt_report_warning(const struct cvt_report *r, size_t i, const char **id,
		       const char **path, const char **text)
{
	const json_t *w = json_array_get(json_object_get(r->root, "warnings"), i);

	if (!w)
		return -ERANGE;
	give(json_object_get(w, "id"), id);
	give(json_object_get(w, "path"), path);
	give(json_object_get(w, "text"), text);
	return 0;
}
