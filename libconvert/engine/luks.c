/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Encrypted devices, opened by cryptsetup(8) with the keys that were given for them. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "engine/stack_private.h"
#include "format/luks.h"

#define ENCRYPTED "crypto_LUKS"
#define SPARE_MIB 64 /* that the rest of us needs beside a key derivation */

/* ---- which key ---- */

/* By our name, by any name of the guest, by UUID, or as one of all. */
static bool is_for(const struct stack *s, const struct key_source *k, size_t index)
{
	const struct device *d = &s->g->devices[index], *named = NULL;

	if (strcmp(k->id, "all") == 0 || strcmp(k->id, d->name) == 0)
		return true;
	if (d->uuid && strcasecmp(k->id, d->uuid) == 0)
		return true;
	return guest_resolve(s->g, k->id, &named) == RESOLVED_DEVICE && named == d;
}

static int unlock(struct stack *s, size_t index, size_t key, const char *name,
		  struct cvt_error *err)
{
	struct secret *secret = &s->keys[key];
	const char *path;
	int r = stack_show(s, index, &path, err);

	if (r == 0 && !secret->data)
		r = secret_read(&s->sources[key], secret, err);
	if (r < 0)
		return r;
	/* A passphrase in a file ends like a line; a key may end in any byte. */
	r = 1;
	if (secret->len > 1 && secret->data[secret->len - 1] == '\n')
		r = s->place->ops->unlock(s->place, path, name, secret, secret->len - 1,
					  err);
	if (r == 1)
		r = s->place->ops->unlock(s->place, path, name, secret, secret->len, err);
	return r;
}

static bool has_key(const struct stack *s, size_t index)
{
	for (size_t k = 0; k < s->n_keys; k++)
		if (is_for(s, &s->sources[k], index))
			return true;
	return false;
}

/* With any of the keys that are for it: 0, 1 if none is right. */
static int try_keys(struct stack *s, size_t index, const char *name,
		    struct cvt_error *err)
{
	int r = 1;

	for (size_t k = 0; k < s->n_keys && r == 1; k++)
		if (is_for(s, &s->sources[k], index))
			r = unlock(s, index, k, name, err);
	return r;
}

/* ---- what the header says ---- */

static int read_header(struct stack *s, size_t index, struct luks *ret,
		       struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes data = { 0 };
	const char *path;
	size_t size = 0;
	int r = stack_show(s, index, &path, err);

	if (r == 0)
		r = s->place->ops->read(s->place, path, 0, LUKS_HEAD, &data, err);
	if (r == 0 && data.len == LUKS_HEAD)
		size = luks_size(data.data);
	if (r == 0 && size > LUKS_HEAD)
		r = s->place->ops->read(s->place, path, 0, size, &data, err);
	if (r < 0)
		return r;
	/* What is not understood here may be so by cryptsetup. */
	if (size > 0 && data.len == size && luks_parse(data.data, size, ret) == 0)
		return 0;
	*ret = (struct luks){ 0 };
	return 0;
}

static int tell_no_key(struct stack *s, size_t index, const struct luks *l,
		       struct cvt_error *err)
{
	const struct device *d = &s->g->devices[index];
	const char *by = l->tokens[0] ? " (the source unlocks it by " : "";

	return stack_shut(
		s, index, ERR_ENCRYPTED, err,
		"is encrypted (LUKS%u, UUID %s), and no key is given for it%s%s%s",
		l->version, d->uuid ? d->uuid : "unknown", by, l->tokens, *by ? ")" : "");
}

static int tell_wrong_key(struct stack *s, size_t index, struct cvt_error *err)
{
	const struct device *d = &s->g->devices[index];

	return stack_shut(s, index, ERR_KEY_WRONG, err,
			  "no key that is given for it opens this LUKS device, UUID %s",
			  d->uuid ? d->uuid : "unknown");
}

/* Argon2 takes what the machine that made the key slot had; without it cryptsetup is
 * killed, or fails with no reason that helps.
 */
static bool has_memory(struct stack *s, const struct luks *l)
{
	uint64_t have = s->place->ops->memory_mib(s->place);

	return have == 0 || l->memory_kib / 1024 + SPARE_MIB <= have;
}

/* ---- opening ---- */

/* dracut's and the kernel's names; those of crypttab are found once it can be read. */
static int add_links(struct device *d, const char *uuid)
{
	char link[128];

	if (!uuid)
		return 0;
	snprintf(link, sizeof(link), "mapper/luks-%s", uuid);
	return names_add_new(&d->links, link);
}

static int add_opened(struct stack *s, size_t index, const char *name,
		      struct cvt_error *err)
{
	char *path = NULL;
	struct device *d;
	size_t added;
	int r;

	if (asprintf(&path, "/dev/mapper/%s", name) < 0)
		return error_nomem(err);
	r = stack_add(s, DEVICE_LUKS, path, &added, err);
	if (r < 0)
		return r;
	d = &s->g->devices[added];
	if (asprintf(&d->name, "luks:%s", s->g->devices[index].name) < 0) {
		d->name = NULL;
		return error_nomem(err);
	}
	if (add_links(d, s->g->devices[index].uuid) < 0 || device_add_below(d, index) < 0)
		return error_nomem(err);
	return s->place->ops->probe(s->place, path, s->g, added, err);
}

/* Once nobody has it open the kernel removes it, so nothing is left if we are killed. */
static int hold(struct stack *s, const char *name, struct cvt_error *err)
{
	char path[64];
	int r;

	if (!s->place->ops->hold)
		return 0;
	snprintf(path, sizeof(path), "/dev/mapper/%s", name);
	r = s->place->ops->hold(s->place, path);
	if (r < 0)
		return error_raise(err, ERR_ENGINE, NULL, "cannot open %s: %s", path,
				   strerror(-r));
	r = s->place->ops->remove_later(s->place, name);
	if (r < 0)
		context_log(s->place->ctx, CVT_LOG_DEBUG, "%s: %s", name, strerror(-r));
	return 0;
}

static int open_device(struct stack *s, size_t index, struct cvt_error *err)
{
	struct luks header;
	char name[32];
	int r = read_header(s, index, &header, err);

	if (r < 0)
		return r;
	if (!has_key(s, index))
		return tell_no_key(s, index, &header, err);
	snprintf(name, sizeof(name), "cvt-%d-%u", (int)getpid(), s->n_mappings++);
	if (!has_memory(s, &header))
		return stack_shut(
			s, index, ERR_MEMORY, err,
			"needs %llu MiB of memory to be unlocked, which are not free",
			(unsigned long long)header.memory_kib / 1024 + SPARE_MIB);
	r = try_keys(s, index, name, err);
	if (r == 1)
		return tell_wrong_key(s, index, err);
	if (r == 0)
		r = stack_opened(s, LAYER_LUKS, name, err);
	if (r == 0)
		r = hold(s, name, err);
	return r < 0 ? r : add_opened(s, index, name, err);
}

int luks_open(struct stack *s, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < s->g->n_devices && r == 0; i++) {
		if (!stack_is_closed(s, i, ENCRYPTED))
			continue;
		r = open_device(s, i, err);
	}
	return r;
}

void luks_close(struct stack *s, const char *name)
{
	const char *argv[] = { "cryptsetup", "close", name, NULL };
	struct said said = { 0 };

	/* Where it was to be removed later, that has come to pass. */
	if (s->place->ops->run(s->place, true, argv, NULL, &said, NULL) != 0)
		context_log(s->place->ctx, CVT_LOG_DEBUG, "cryptsetup close: %s",
			    said.text);
}
