/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <string.h>

#include "instance/wire.h"

static const char *const modes[] = { "inspect", "plan", "check", "boot", "convert" };

/* ---- the job ---- */

static json_t *nics(const struct cvt *c)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < c->request.n_nics; i++) {
		const struct request_nic *nic = &c->request.nics[i];

		if (json_array_append_new(list, json_pack("{ss ss}", "mac", nic->mac,
							  "name", nic->name)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *scripts(const struct cvt *c)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < c->request.n_scripts; i++) {
		const struct request_script *s = &c->request.scripts[i];

		if (json_array_append_new(list, json_pack("{ss ss}", "name", s->name, "text",
							  s->text)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *ssh_keys(const struct cvt *c)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < c->request.n_ssh_keys; i++) {
		const struct request_ssh_key *k = &c->request.ssh_keys[i];

		if (json_array_append_new(list, json_pack("{ss ss}", "user", k->user,
							  "text", k->text)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

int keyring_read(const struct cvt *c, struct keyring *ret, struct cvt_error *err)
{
	CLEANUP_KEYRING struct keyring k = { calloc(c->n_keys + 1, sizeof(*k.v)), 0 };
	int r = k.v ? 0 : error_nomem(err);

	for (size_t i = 0; i < c->n_keys && r == 0; i++) {
		r = secret_read(&c->keys[i], &k.v[i], err);
		k.n += r == 0;
	}
	if (r < 0)
		return r;
	*ret = k;
	k = (struct keyring){ 0 };
	return 0;
}

void keyring_clear(struct keyring *k)
{
	for (size_t i = 0; i < k->n; i++)
		secret_clear(&k->v[i]);
	free(k->v);
	*k = (struct keyring){ 0 };
}

/* What the keys are for, and how long they are. */
static json_t *announce(const struct cvt *c, const struct keyring *keys)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < keys->n; i++) {
		json_t *key = json_pack("{so sI}", "id", json_text(c->keys[i].id), "size",
					(json_int_t)keys->v[i].len);

		if (json_array_append_new(list, key) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The engine inside is the one that mounts. */
json_t *wire_job(const struct cvt *c, enum mode mode, const struct timespec *mtime,
		 const struct keyring *keys)
{
	CLEANUP_FREE char *engine = engine_on(c->engine, "mount");

	/* clang-format off */
	return json_pack("{ss si ss? ss? ss? sb sb sb si si so so so ss? sb so sI sI}",
			 "mode", modes[mode],
			 "disks", (int)c->n_disks,
			 "target", c->request.target ? c->request.target->name : NULL,
			 "engine", engine,
			 "root", c->root,
			 "portable", c->request.portable,
			 "discard_hibernation", c->request.discard_hibernation,
			 "repair", c->repair,
			 "network", (int)c->request.network,
			 "firmware", (int)c->request.firmware,
			 "nics", nics(c),
			 "scripts", scripts(c),
			 "ssh_keys", ssh_keys(c),
			 "hostname", c->hostname,
			 "remove_machine_id", c->request.remove_machine_id,
			 "keys", announce(c, keys),
			 "mtime_s", (json_int_t)mtime->tv_sec,
			 "mtime_ns", (json_int_t)mtime->tv_nsec);
	/* clang-format on */
}

static int take_nics(const json_t *list, struct cvt *c, struct cvt_error *err)
{
	size_t i;
	json_t *nic;
	int r = 0;

	json_array_foreach(list, i, nic)
	{
		const char *name = json_string_value(json_object_get(nic, "name"));
		const char *mac = json_string_value(json_object_get(nic, "mac"));

		if (r == 0 && mac)
			r = cvt_add_nic(c, mac, name && *name ? name : NULL, err);
	}
	return r;
}

static int take_scripts(const json_t *list, struct cvt *c, struct cvt_error *err)
{
	size_t i;
	json_t *script;
	int r = 0;

	json_array_foreach(list, i, script) {
		const char *name = json_string_value(json_object_get(script, "name"));
		const char *text = json_string_value(json_object_get(script, "text"));

		if (r == 0 && name && text)
			r = job_add_script(c, name, text, err);
	}
	return r;
}

static int take_ssh_keys(const json_t *list, struct cvt *c, struct cvt_error *err)
{
	size_t i;
	json_t *key;
	int r = 0;

	json_array_foreach(list, i, key)
	{
		const char *user = json_string_value(json_object_get(key, "user"));
		const char *text = json_string_value(json_object_get(key, "text"));

		if (r == 0 && user && text)
			r = job_add_ssh_key(c, user, text, err);
	}
	return r;
}

static int take_disks(json_int_t n, struct cvt *c, struct cvt_error *err)
{
	int r = 0;

	/* Only their number matters: volumes_of_instance() finds them. */
	for (json_int_t i = 0; i < n && r == 0; i++)
		r = cvt_add_disk(c, "", "raw", err);
	return r;
}

static const char *text(const json_t *job, const char *key)
{
	return json_string_value(json_object_get(job, key));
}

static json_int_t number(const json_t *job, const char *key)
{
	return json_integer_value(json_object_get(job, key));
}

static bool is_set(const json_t *job, const char *key)
{
	return json_is_true(json_object_get(job, key));
}

static int take_mode(const char *name, enum mode *ret, struct cvt_error *err)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(modes); i++)
		if (strcmp(modes[i], name) == 0) {
			*ret = (enum mode)i;
			return 0;
		}
	return error_raise(err, ERR_INTERNAL, NULL, "the job makes no sense");
}

int wire_take_job(const json_t *job, struct cvt *c, enum mode *mode,
		  struct timespec *mtime, struct cvt_error *err)
{
	int r = take_mode(text(job, "mode"), mode, err);

	*mtime = (struct timespec){ .tv_sec = (time_t)number(job, "mtime_s"),
				    .tv_nsec = (long)number(job, "mtime_ns") };
	cvt_set_portable(c, is_set(job, "portable"));
	cvt_set_discard_hibernation(c, is_set(job, "discard_hibernation"));
	cvt_set_repair(c, is_set(job, "repair"));
	cvt_set_remove_machine_id(c, is_set(job, "remove_machine_id"));
	if (r == 0 && text(job, "engine"))
		r = cvt_set_engine(c, text(job, "engine"), err);
	if (r == 0 && text(job, "target"))
		r = cvt_set_target(c, text(job, "target"), err);
	if (r == 0)
		r = cvt_set_root(c, text(job, "root"), err);
	if (r == 0)
		r = cvt_set_network(c, (enum cvt_network)number(job, "network"), err);
	c->request.firmware = (unsigned)number(job, "firmware");
	if (r == 0)
		r = take_nics(json_object_get(job, "nics"), c, err);
	if (r == 0)
		r = take_scripts(json_object_get(job, "scripts"), c, err);
	if (r == 0)
		r = take_ssh_keys(json_object_get(job, "ssh_keys"), c, err);
	if (r == 0)
		r = cvt_set_hostname(c, text(job, "hostname"), err);
	return r < 0 ? r : take_disks(number(job, "disks"), c, err);
}

/* ---- errors ---- */

json_t *wire_error(const struct cvt_error *err)
{
	return json_pack("{si si so so so so}", "code", err->code, "exit", err->exit,
			 "id", json_text(err->id), "path", json_text(err->path), "text",
			 json_text(err->msg), "remedy", json_text(err->remedy));
}

/* One line of text, without what could control a terminal. */
static void take_text(const json_t *o, const char *key, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(o, key));

	snprintf(out, size, "%s", text ? text : "");
	for (; *out; out++)
		if ((unsigned char)*out < 0x20 || *out == 0x7f)
			*out = '?';
}

bool wire_take_error(const json_t *error, struct cvt_error *err)
{
	json_int_t code = json_integer_value(json_object_get(error, "code"));
	json_int_t exit = json_integer_value(json_object_get(error, "exit"));

	if (!json_is_object(error))
		return false;
	*err = (struct cvt_error){
		.code = code < 0 && code > -4096 ? (int)code : -EIO,
		.exit = exit > CVT_EXIT_OK && exit < CVT_EXIT_COMMIT ? (int)exit
								     : CVT_EXIT_ENGINE,
	};
	take_text(error, "id", err->id, sizeof(err->id));
	take_text(error, "path", err->path, sizeof(err->path));
	take_text(error, "text", err->msg, sizeof(err->msg));
	take_text(error, "remedy", err->remedy, sizeof(err->remedy));
	return true;
}

/* ---- lines ---- */

static int put_all(int fd, const char *data, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, data + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

int wire_put(int fd, json_t *line)
{
	CLEANUP_FREE char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;

	json_decref(line);
	if (!text)
		return -ENOMEM;
	text[len] = '\n';
	return put_all(fd, text, len + 1);
}

int wire_put_keys(int fd, const struct keyring *keys)
{
	int r = 0;

	for (size_t i = 0; i < keys->n && r == 0; i++)
		r = put_all(fd, keys->v[i].data, keys->v[i].len);
	return r;
}
