/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arrays of Linux' software RAID, put together by mdadm(8).  What an array
 * consists of is read from the superblocks; mdadm is told its members, and told
 * nothing of this machine's arrays.  An array starts read-only and is not
 * written to before its resync is frozen: a conversion is no time to copy
 * whole disks into the overlay.  Both halves of a mirror get what is written
 * all the same, and the guest resyncs when it boots.
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "engine/stack_private.h"
#include "format/mdraid.h"

#define MEMBER "linux_raid_member"
#define NUMBERS 512 /* of /dev/mdN; minors of one major */
#define TRIES 3

struct member {
	size_t index; /* of the device */
	struct mdraid super;
};

struct array {
	struct member *members;
	size_t n;
	const struct mdraid *newest;
	unsigned n_there;      /* members with a place, and not stale */
	char missing[128];     /* their places: "1, 3"; of the first ones */
	struct bytes is_there; /* by place */
};

static void array_clear(struct array *a)
{
	free(a->members);
	bytes_clear(&a->is_there);
}

#define CLEANUP_ARRAY CLEANUP(array_clear)

/* 0: it has no superblock that we understand. */
static int read_super(struct stack *s, size_t index, struct mdraid *ret,
		      struct cvt_error *err)
{
	const char *path;
	int r = stack_show(s, index, &path, err);

	for (size_t i = 0; i < MDRAID_PLACES && r == 0; i++) {
		CLEANUP_BYTES struct bytes data = { 0 };
		uint64_t offset;

		if (!mdraid_place(i, s->g->devices[index].size, &offset))
			continue;
		r = s->place->ops->read(s->place, path, offset, MDRAID_SIZE, &data, err);
		if (r == 0 && data.len == MDRAID_SIZE && mdraid_parse(i, data.data, ret))
			return 1;
	}
	return r;
}

static int add_member(struct array *a, size_t index, const struct mdraid *super)
{
	struct member *grown = realloc(a->members, (a->n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	a->members = grown;
	a->members[a->n++] = (struct member){ index, *super };
	return 0;
}

/* All members of the array that the device @first belongs to. */
static int collect(struct stack *s, size_t first, struct array *a, struct cvt_error *err)
{
	for (size_t i = first; i < s->g->n_devices; i++) {
		struct mdraid super;
		int r;

		if (!stack_is_closed(s, i, MEMBER))
			continue;
		r = read_super(s, i, &super, err);
		if (r == 0 && i == first)
			return stack_shut(
				s, i, ERR_STORAGE, err,
				"is a member of an array whose superblock is not "
				"understood");
		if (r == 1 &&
		    (a->n == 0 || strcmp(super.uuid, a->members[0].super.uuid) == 0))
			r = add_member(a, i, &super) < 0 ? error_nomem(err) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static void list_missing(struct array *a)
{
	size_t used = 0;

	for (unsigned i = 0; i < a->newest->members && used + 16 < sizeof(a->missing);
	     i++)
		if (!a->is_there.data[i])
			used += (size_t)snprintf(a->missing + used,
						 sizeof(a->missing) - used, "%s%u",
						 used ? ", " : "", i);
}

static int judge(struct array *a)
{
	char *there;

	a->newest = &a->members[0].super;
	for (size_t i = 1; i < a->n; i++)
		if (a->members[i].super.events > a->newest->events)
			a->newest = &a->members[i].super;
	there = calloc(1, a->newest->members + 1);
	if (!there)
		return -ENOMEM;
	a->is_there = (struct bytes){ .data = there, .len = a->newest->members };
	for (size_t i = 0; i < a->n; i++) {
		const struct mdraid *m = &a->members[i].super;

		if (m->role < 0 || (unsigned)m->role >= a->newest->members ||
		    mdraid_is_stale(m, a->newest->events) || there[m->role])
			continue;
		there[m->role] = 1;
		a->n_there++;
	}
	list_missing(a);
	return 0;
}

static int shut_all(struct stack *s, const struct array *a, enum error_kind kind,
		    const char *why, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < a->n && r == 0; i++)
		r = stack_shut(s, a->members[i].index, kind, err,
			       "the array %s (%s, UUID %s) %s", a->newest->name,
			       mdraid_level(a->newest), a->newest->uuid, why);
	return r;
}

static int tell_incomplete(struct stack *s, const struct array *a, struct cvt_error *err)
{
	char why[256];

	snprintf(why, sizeof(why),
		 "needs %u of its %u members, and %u %s there: member %s is missing",
		 mdraid_needs(a->newest), a->newest->members, a->n_there,
		 a->n_there == 1 ? "is" : "are", a->missing);
	return shut_all(s, a, ERR_ARRAY, why, err);
}

/* ---- starting ---- */

/* Reserve /dev/md@number; -EEXIST: this kernel has such an array. */
static int reserve(struct stack *s, int number, char *path, size_t size)
{
	char name[16];
	int r;

	snprintf(name, sizeof(name), "md%d", number);
	r = s->place->ops->set(s->place, "/sys/module/md_mod/parameters/new_array", name);
	if (r == 0)
		snprintf(path, size, "/dev/%s", name);
	return r;
}

/* The kernel writes the number of the array into superblocks of version 0.90, so there it
 * has to be the guest's; else one that no array of this machine is likely to want.
 */
static int reserve_any(struct stack *s, const struct array *a, char *path, size_t size)
{
	int r = -EEXIST;

	if (a->newest->is_v0)
		return reserve(s, a->newest->number, path, size);
	for (int n = NUMBERS - 1; n >= 0 && r == -EEXIST; n--)
		r = reserve(s, n, path, size);
	return r;
}

static int start(struct stack *s, const struct array *a, const char *path,
		 struct said *said, struct cvt_error *err)
{
	const char *head[] = { "mdadm",	     "--assemble", path,	   "--run",
			       "--readonly", "--quiet",	   "--config=none" };
	const size_t n_head = ARRAY_SIZE(head);
	CLEANUP_FREE const char **argv = calloc(n_head + a->n + 1, sizeof(*argv));

	if (!argv)
		return error_nomem(err);
	memcpy(argv, head, sizeof(head));
	for (size_t i = 0; i < a->n; i++)
		argv[n_head + i] = s->paths[a->members[i].index];
	return s->place->ops->run(s->place, false, argv, NULL, said, err);
}

/* Levels without redundancy have no resync to freeze. */
static int make_writable(struct stack *s, const struct array *a, const char *path,
			 struct said *said, struct cvt_error *err)
{
	const char *argv[] = { "mdadm", "--readwrite", path, NULL };
	char file[64];

	snprintf(file, sizeof(file), "/sys/block/%s/md/sync_action",
		 path + strlen("/dev/"));
	if (s->place->ops->set(s->place, file, "frozen") < 0 && a->newest->level > 0)
		return error_raise(
			err, ERR_ENGINE, a->newest->name,
			"the resync of the array cannot be kept from starting");
	return s->place->ops->run(s->place, false, argv, NULL, said, err);
}

/* ---- names ---- */

static int add_link(struct device *d, const char *fmt, ...) PRINTF(2, 3);
static int add_link(struct device *d, const char *fmt, ...)
{
	char link[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(link, sizeof(link), fmt, ap);
	va_end(ap);
	return names_add_new(&d->links, link);
}

/* As the guest's udev and mdadm name the array, or partition @part of it (mdadm(8),
 * "DEVICE NAMES"; 63-md-raid-arrays.rules).
 */
static int add_links(struct device *d, const struct mdraid *m, unsigned part)
{
	const size_t n = strlen(m->name);
	bool ends_in_digit = n > 0 && strchr("0123456789", m->name[n - 1]);
	char number[16] = "";
	int r;

	if (part)
		snprintf(number, sizeof(number), "%u", part);
	r = add_link(d, "disk/by-id/md-uuid-%s%s%s", m->uuid, part ? "-part" : "",
		     number);
	if (r == 0 && m->number >= 0)
		r = add_link(d, "md%d%s%s", m->number, part ? "p" : "", number);
	if (r == 0 && n > 0)
		r = add_link(d, "md/%s%s%s", m->name, part && ends_in_digit ? "p" : "",
			     number);
	return r;
}

static int add_partitions(struct stack *s, const struct array *a, size_t index,
			  struct cvt_error *err)
{
	size_t first = s->g->n_devices;
	int r = s->place->ops->probe_partitions(s->place, s->paths[index], s->g, index,
						err);

	for (size_t i = first; i < s->g->n_devices && r == 0; i++) {
		struct device *d = &s->g->devices[i];
		const char *path;

		r = add_links(d, a->newest, d->part) < 0 ? error_nomem(err)
							 : stack_show(s, i, &path, err);
	}
	return r;
}

static int add_array(struct stack *s, const struct array *a, const char *path,
		     struct cvt_error *err)
{
	CLEANUP_FREE char *base = NULL;
	struct device *d;
	size_t index;
	int r;

	if (asprintf(&base, "md:%s", a->newest->name) < 0) {
		base = NULL;
		return error_nomem(err);
	}
	r = stack_add(s, DEVICE_MD, strdup(path), &index, err);
	if (r < 0)
		return r;
	d = &s->g->devices[index];
	r = stack_name(s, base, a->newest->uuid, &d->name, err);
	if (r == 0 && add_links(d, a->newest, 0) < 0)
		r = error_nomem(err);
	for (size_t i = 0; i < a->n && r == 0; i++)
		if (device_add_below(d, a->members[i].index) < 0)
			r = error_nomem(err);
	if (r == 0)
		r = s->place->ops->probe(s->place, path, s->g, index, err);
	if (r == 0 && !s->g->devices[index].type)
		r = add_partitions(s, a, index, err);
	return r;
}

static int note(struct stack *s, const char *id, const char *name, const char *text,
		struct cvt_error *err)
{
	return guest_note(s->g, id, name, text) < 0 ? error_nomem(err) : 0;
}

/* The array runs with less than it should have. */
static int note_degraded(struct stack *s, const struct array *a, const char *name,
			 struct cvt_error *err)
{
	char text[512];
	int r = 0;

	if (a->n_there < a->newest->members) {
		snprintf(text, sizeof(text),
			 "the array (%s, UUID %s) runs with %u of its %u members: member "
			 "%s "
			 "is missing",
			 mdraid_level(a->newest), a->newest->uuid, a->n_there,
			 a->newest->members, a->missing);
		r = note(s, "array-degraded", name, text, err);
	}
	for (size_t i = 0; i < a->n && r == 0; i++) {
		const struct member *m = &a->members[i];

		if (m->super.role < 0 || !mdraid_is_stale(&m->super, a->newest->events))
			continue;
		snprintf(
			text, sizeof(text),
			"is a stale member of the array %s and is left out: its state is "
			"older, %llu events of %llu",
			a->newest->name, (unsigned long long)m->super.events,
			(unsigned long long)a->newest->events);
		r = note(s, "array-member-stale", s->g->devices[m->index].name, text,
			 err);
	}
	return r;
}

static int run(struct stack *s, const struct array *a, struct cvt_error *err)
{
	struct said said = { 0 };
	char path[32], why[600];
	size_t index = s->g->n_devices;
	int r = stack_need(s, "md", "md_mod", "the guest's array", err);

	if (r < 0)
		return r;
	r = reserve_any(s, a, path, sizeof(path));
	if (r == -EEXIST)
		return shut_all(s, a, ERR_ENGINE_LACKS,
				"cannot be started where another one has its number",
				err);
	if (r < 0)
		return error_raise(err, ERR_ENGINE, NULL, "no array can be had: %s",
				   strerror(-r));
	r = stack_opened(s, LAYER_ARRAY, path, err);
	if (r == 0)
		r = start(s, a, path, &said, err);
	/* Somebody may look at a member just now, udev for example. */
	for (int i = 1; i < TRIES && r > 0; i++) {
		md_close(s, path);
		said = (struct said){ 0 };
		r = start(s, a, path, &said, err);
	}
	if (r == 0)
		r = make_writable(s, a, path, &said, err);
	if (r > 0) {
		snprintf(why, sizeof(why), "does not start: %s", said.text);
		return shut_all(s, a, ERR_ARRAY, why, err);
	}
	if (r == 0)
		r = add_array(s, a, path, err);
	return r < 0 ? r : note_degraded(s, a, s->g->devices[index].name, err);
}

static int open_array(struct stack *s, const struct array *a, enum patience patience,
		      struct cvt_error *err)
{
	if (a->newest->is_reshaping)
		return shut_all(
			s, a, ERR_STORAGE,
			"is being reshaped; let that come to its end in the guest, "
			"then replicate again",
			err);
	if (a->n_there == a->newest->members)
		return run(s, a, err);
	if (patience == PATIENCE_DEGRADED && a->n_there >= mdraid_needs(a->newest))
		return run(s, a, err);
	return patience == PATIENCE_NONE ? tell_incomplete(s, a, err) : 0;
}

/* What the kernel calls an array without a number of its own; which of several gets it is
 * not known.
 */
static int number_the_only_one(struct stack *s, struct cvt_error *err)
{
	struct device *only = NULL;
	size_t n = 0;

	for (size_t i = 0; i < s->g->n_devices; i++)
		if (s->g->devices[i].kind == DEVICE_MD && s->g->devices[i].part == 0) {
			only = &s->g->devices[i];
			n++;
		}
	return n == 1 && names_add_new(&only->links, "md127") < 0 ? error_nomem(err) : 0;
}

int md_open(struct stack *s, enum patience patience, struct cvt_error *err)
{
	const size_t before = s->g->n_devices;
	int r = 0;

	for (size_t i = 0; i < s->g->n_devices && r == 0; i++) {
		CLEANUP_ARRAY struct array a = { 0 };

		if (!stack_is_closed(s, i, MEMBER))
			continue;
		/* The first one that runs may hold what the next one lacks. */
		if (patience == PATIENCE_DEGRADED && s->g->n_devices > before)
			break;
		r = collect(s, i, &a, err);
		if (r == 0 && a.n > 0)
			r = judge(&a) < 0 ? error_nomem(err)
					  : open_array(s, &a, patience, err);
	}
	return r < 0 || patience != PATIENCE_NONE ? r : number_the_only_one(s, err);
}

void md_close(struct stack *s, const char *name)
{
	const char *argv[] = { "mdadm", "--stop", "--quiet", name, NULL };
	struct said said = { 0 };

	if (s->place->ops->run(s->place, true, argv, NULL, &said, NULL) != 0)
		context_log(s->place->ctx, CVT_LOG_WARNING, "mdadm --stop: %s",
			    said.text);
}
