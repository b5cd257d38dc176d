/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guest and edits as JSON.  Every key is always there; what is not known is null. */
#include <config.h>

#include <string.h>

#include "guest/busname.h"
#include "report/printable.h"
#include "report/report_parts.h"

json_t *json_text(const char *s)
{
	CLEANUP_FREE char *clean = s ? utf8_copy(s) : NULL;

	if (!s)
		return json_null();
	return clean ? json_string(clean) : NULL;
}

json_t *json_names(const struct names *l)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < l->n; i++)
		if (json_array_append_new(list, json_text(l->v[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *json_firmware(unsigned firmware)
{
	json_t *list = json_array();
	int r = 0;

	if (firmware & FIRMWARE_BIOS)
		r |= json_array_append_new(list, json_string("bios"));
	if (firmware & FIRMWARE_UEFI)
		r |= json_array_append_new(list, json_string("uefi"));
	if (r == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *json_size(uint64_t size)
{
	return json_integer(size > INT64_MAX ? INT64_MAX : (json_int_t)size);
}

/* The names of the devices that @d lies on. */
static json_t *below(const struct guest *g, const struct device *d)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < d->n_below; i++)
		if (json_array_append_new(list, json_text(g->devices[d->below[i]].name)) <
		    0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *device(const struct guest *g, size_t i)
{
	static const char *const kinds[] = {
		[DEVICE_DISK] = "disk",
		[DEVICE_MD] = "md",
		[DEVICE_LUKS] = "luks",
		[DEVICE_LV] = "lv",
	};
	const struct device *d = &g->devices[i];
	const bool on_disk = d->kind == DEVICE_DISK, has_place = on_disk || d->part > 0;

	/* clang-format off */
	return json_pack("{so ss so so so so so so so so so so so so so so so}",
			 "name", json_text(d->name),
			 "kind", kinds[d->kind],
			 "disk", on_disk ? json_integer(d->disk) : json_null(),
			 "partition", d->part > 0 ? json_integer(d->part) : json_null(),
			 "vg", json_text(d->vg),
			 "lv", json_text(d->lv),
			 "links", json_names(&d->links),
			 "below", below(g, d),
			 "shut", json_text(d->shut_why),
			 "offset", has_place ? json_size(d->offset) : json_null(),
			 "size", json_size(d->size),
			 "type", json_text(d->type),
			 "uuid", json_text(d->uuid),
			 "label", json_text(d->label),
			 "partuuid", json_text(d->partuuid),
			 "partlabel", json_text(d->partlabel),
			 "parttype", json_text(d->parttype));
	/* clang-format on */
}

/* clang-format off: a key and its value share a line */
static json_t *mount(const struct guest *g, size_t i)
{
	const struct mount *m = &g->mounts[i];
	const struct subvolume *s = guest_subvolume(g, m->device, m->subvol);

	return json_pack("{so so so so}", "where", json_text(m->where), "device",
			 json_text(m->device < g->n_devices ? g->devices[m->device].name
							    : NULL),
			 "subvolume", json_text(s ? s->path : NULL), "free", g->space ? json_size(g->space[i]) : json_null());
}

static json_t *check(const struct guest *g, size_t i)
{
	static const char *const states[] = {
		[SUPERBLOCK_UNKNOWN] = "unknown",
		[SUPERBLOCK_CLEAN] = "clean",
		[SUPERBLOCK_DIRTY] = "dirty",
	};
	static const char *const results[] = {
		[CHECK_NONE] = NULL,
		[CHECK_SOUND] = "sound",
		[CHECK_DAMAGED] = "damaged",
		[CHECK_REPAIRED] = "repaired",
		[CHECK_NOT_DONE] = "not-checked",
	};
	const struct check *c = &g->checks[i];

	return json_pack("{so ss sb so so}", "device",
			 json_text(c->device < g->n_devices ? g->devices[c->device].name
							    : NULL),
			 "found", states[c->found.state], "errors", c->found.has_errors,
			 "result", json_text(results[c->result]), "words",
			 json_text(c->words[0] ? c->words : NULL));
}

static json_t *disk(const struct guest *g, unsigned index)
{
	return index < g->n_disks ? json_integer(index) : json_null();
}

static json_t *source_disk(const struct guest *g, size_t i)
{
	const struct source_disk *s = &g->source_disks[i];
	char name[16];

	busname_format(s->ordinal, name);
	return json_pack("{so so sb}", "name", json_text(s->id ? s->id : name), "disk",
			 disk(g, s->disk), "guess", s->is_guess);
}

static json_t *entry(const struct guest *g, size_t i)
{
	const struct boot_entry *e = &g->entries[i];

	return json_pack("{so so so so so sb}", "title", json_text(e->title), "config",
			 json_text(e->config), "kernel", json_text(e->kernel), "initrd",
			 json_text(e->initrd), "cmdline", json_text(e->cmdline),
			 "default", e->is_default);
}

/* clang-format on */
static json_t *drivers_of(const struct kernel *k, const struct target *t)
{
	static const char *const states[] = {
		[MODULE_MISSING] = "missing",
		[MODULE_BUILTIN] = "builtin",
		[MODULE_LOADABLE] = "module",
	};
	json_t *drivers = json_object();

	for (size_t i = 0; drivers && i < t->n_drivers; i++) {
		const char *name = t->drivers[i].module;
		const char *state = states[kernel_module_state(k, name)];

		if (json_object_set_new(drivers, name, json_string(state)) < 0) {
			json_decref(drivers);
			return NULL;
		}
	}
	return drivers;
}

static json_t *drivers(const struct kernel *k)
{
	json_t *all = json_object();

	for (size_t i = 0; all && target_at(i); i++)
		if (json_object_set_new(all, target_at(i)->name,
					drivers_of(k, target_at(i))) < 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

/* clang-format off */
static json_t *kernel(const struct guest *g, size_t i)
{
	const struct kernel *k = &g->kernels[i];

	return json_pack("{so so so so so so so sb so so}",
			 "version", json_text(k->version),
			 "arch", json_text(k->arch),
			 "image", json_text(k->image),
			 "modules_dir", json_text(k->modules_dir),
			 "initrd", json_text(k->initrd),
			 "initrd_size", k->initrd ? json_size(k->initrd_size) : json_null(),
			 "initrd_unreadable", json_text(k->initrd_listed ? NULL : k->initrd_why),
			 "default", k->is_default,
			 "generator", json_text(k->generator),
			 "drivers", drivers(k));
}

/* clang-format on */
static json_t *list(const struct guest *g, size_t n,
		    json_t *(*item)(const struct guest *g, size_t i))
{
	json_t *all = json_array();

	for (size_t i = 0; all && i < n; i++)
		if (json_array_append_new(all, item(g, i)) < 0) {
			json_decref(all);
			return NULL;
		}
	return all;
}

/* clang-format off */
json_t *json_guest(const struct guest *g)
{
	return json_pack("{s{so so so} so so so so so so so so so so so so}",
			 "os",
				"id", json_text(g->os_id),
				"version", json_text(g->os_version),
				"name", json_text(g->os_name),
			 "hostname", json_text(g->hostname),
			 "init", json_text(g->init),
			 "firmware", json_firmware(g->firmware),
			 "loader", json_text(g->loader),
			 "esp", json_text(g->esp),
			 "boot_disk", disk(g, g->boot_disk),
			 "source_disks", list(g, g->n_source_disks, source_disk),
			 "devices", list(g, g->n_devices, device),
			 "mounts", list(g, g->n_mounts, mount),
			 "checks", list(g, g->n_checks, check),
			 "boot_entries", list(g, g->n_entries, entry),
			 "kernels", list(g, g->n_kernels, kernel));
}

/* clang-format on */
/* What is, or will be, at a path; @hashed is false if its content was not read. */
static json_t *state(const struct bytes *data, uint64_t size, const char *link,
		     bool hashed)
{
	char hex[SHA256_HEX];

	if (hashed && !link)
		bytes_sha256(data->data, data->len, hex);
	return json_pack("{so so so}", "size", json_size(link ? strlen(link) : size),
			 "sha256", json_text(hashed && !link ? hex : NULL), "link",
			 json_text(link));
}

static json_t *state_before(const struct guest_file *f, const struct edit *e)
{
	if (e->action == EDIT_APPEND)
		return state(NULL, e->before_size, NULL, false);
	if (e->action == EDIT_PATCH)
		return e->before.len ? state(&e->before, e->before.len, NULL, true)
				     : json_null();
	return f ? state(&f->data, f->data.len, f->link, true) : json_null();
}

static json_t *state_after(const struct edit *e)
{
	if (e->action == EDIT_REMOVE || e->action == EDIT_DIRECTORY)
		return json_null();
	if (e->action == EDIT_APPEND)
		return state(NULL, e->before_size + e->data.len, NULL, false);
	return state(&e->data, e->data.len, e->action == EDIT_SYMLINK ? e->link : NULL,
		     true);
}

json_t *json_edit(const struct guest *g, const struct edit *e)
{
	static const char *const actions[] = {
		[EDIT_WRITE] = "write",	    [EDIT_APPEND] = "append",
		[EDIT_PATCH] = "patch",	    [EDIT_REMOVE] = "remove",
		[EDIT_SYMLINK] = "symlink", [EDIT_DIRECTORY] = "mkdir",
	};
	bool appends = e->action == EDIT_APPEND, patches = e->action == EDIT_PATCH;

	/* clang-format off */
	return json_pack("{so ss so so so so so so so sn}",
			 "path", json_text(e->path),
			 "action", actions[e->action],
			 "rules", json_names(&e->rules),
			 "reasons", json_names(&e->reasons),
			 "before", state_before(guest_file(g, e->path), e),
			 "appended", appends ? state(&e->data, e->data.len, NULL, true) : json_null(),
			 "after", state_after(e),
			 "offset", patches ? json_size(e->offset) : json_null(),
			 "label", json_text(edit_label(e)),
			 "since");
	/* clang-format on */
}

static json_t *json_answer(const struct answer *a)
{
	return json_pack("{ss ss so so so}", "id", a->id, "result",
			 verdict_name(a->verdict), "path", json_text(a->path), "evidence",
			 json_text(a->evidence), "remedy", json_text(a->remedy));
}

json_t *json_check(const struct answers *a)
{
	json_t *rules = json_array();

	for (size_t i = 0; rules && i < a->n; i++)
		if (json_array_append_new(rules, json_answer(&a->v[i])) < 0) {
			json_decref(rules);
			return NULL;
		}
	return rules ? json_pack("{sb so}", "boots", answers_failure(a) == NULL, "rules",
				 rules)
		     : NULL;
}
