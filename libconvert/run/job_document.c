/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "run/run.h"

#define DISKS_MAX 256
#define SCHEMA "libconvert/run-1"

static int refuse(struct cvt_error *err, const char *fmt, ...) PRINTF(2, 3);

static int refuse(struct cvt_error *err, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return error_raise(err, ERR_JOB_DOCUMENT, NULL, "the job %s", text);
}

/* No path: it names files in the directory of the state. */
static bool is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	return n > 0 && n < 128 && s[n] == '\0' && s[0] != '.';
}

static int unpack(json_t *from, struct cvt_error *err, const char *fmt, ...)
{
	json_error_t why;
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = json_vunpack_ex(from, &why, JSON_STRICT, fmt, ap);
	va_end(ap);
	return r < 0 ? refuse(err, "makes no sense: %s", why.text) : 0;
}

static int take_source(json_t *disk, struct run_source *s, struct cvt_error *err)
{
	int r = unpack(disk, err, "{s:s, s?s, s?s, s?o}", "path", &s->path, "format",
		       &s->format, "snapshot", &s->snapshot, "snapshots", &s->files);
	size_t i;
	json_t *file;

	if (r == 0 && s->files && (!json_is_array(s->files) || !json_array_size(s->files)))
		r = refuse(err, "has snapshots that are no list of files");
	json_array_foreach(s->files, i, file)
		if (r == 0 && !json_is_string(file))
			r = refuse(err, "has a snapshot that is no file");
	return r;
}

static int take_sources(json_t *disks, struct run_job *j, struct cvt_error *err)
{
	size_t n = json_array_size(disks);
	int r = 0;

	if ((n == 0) == (j->machine == NULL))
		return refuse(err, "names either its disks or a machine that has them");
	if (n > DISKS_MAX)
		return refuse(err, "has more than %d disks", DISKS_MAX);
	j->sources = calloc(n + 1, sizeof(*j->sources));
	if (!j->sources)
		return error_nomem(err);
	for (size_t i = 0; i < n && r == 0; i++) {
		j->n_sources++;
		r = take_source(json_array_get(disks, i), &j->sources[i], err);
	}
	return r;
}

static int take_mode(const char *mode, struct run_job *j, struct cvt_error *err)
{
	j->cutover = strcmp(mode, "cutover") == 0;
	if (!j->cutover && strcmp(mode, "test") != 0)
		return refuse(err, "has mode '%s', not test or cutover", mode);
	if (j->in_place && !j->cutover)
		return refuse(err, "is a test, which never writes to the disks: give it an "
				   "output");
	if (j->in_place == (j->output_dir != NULL))
		return refuse(err, "is either in place or has an output");
	if (j->undo && !j->in_place)
		return refuse(err, "saves for undo only what it writes in place");
	if (j->in_place && !j->state_dir)
		return refuse(err, "in place needs a state_dir, from which it goes on");
	if (!j->state_dir)
		j->state_dir = j->output_dir;
	return 0;
}

static int take_sizes(json_t *launch, json_t *boot, struct run_job *j, struct cvt_error *err)
{
	int memory = 0, cpus = 0, timeout = 0, r = 0;

	if (launch)
		r = unpack(launch, err, "{s?i, s?i}", "memory_mib", &memory, "cpus", &cpus);
	if (r == 0 && json_is_object(boot))
		r = unpack(boot, err, "{s?i}", "timeout_s", &timeout);
	else if (r == 0 && boot && !json_is_boolean(boot))
		r = refuse(err, "has a boot that is neither true, false nor an object");
	if (r == 0 && (memory < 0 || cpus < 0 || timeout < 0))
		r = refuse(err, "has a negative number");
	j->boot = json_is_true(boot) || json_is_object(boot);
	j->memory_mib = (unsigned)memory;
	j->cpus = (unsigned)cpus;
	j->boot_timeout = (unsigned)timeout;
	return r;
}

int run_job_parse(const char *text, struct run_job *j, struct cvt_error *err)
{
	const char *schema = "", *mode = "";
	json_t *disks = NULL, *output = NULL, *launch = NULL, *boot = NULL;
	int check = 1, in_place = 0, limit = 0, r;
	json_error_t why;

	*j = (struct run_job){ .portable = -1 };
	j->root = json_loads(text, JSON_REJECT_DUPLICATES, &why);
	if (!j->root)
		return refuse(err, "is no JSON: line %d: %s", why.line, why.text);
	/* clang-format off */
	r = unpack(j->root, err,
		   "{s:s, s:s, s:s, s:s, s?o, s?s, s?o, s?s, s?s, s?s, s?o, s?b, s?b, s?b,"
		   " s?o, s?o, s?o, s?o, s?b, s?s, s?b, s?o, s?o, s?s, s?s, s?s, s?i, s?o, s?s,"
		   " s?b, s?s}",
		   "schema", &schema, "name", &j->name, "mode", &mode, "target", &j->target,
		   "labels", &j->labels, "machine", &j->machine, "disks", &disks,
		   "engine", &j->engine, "root", &j->root_spec, "network", &j->network,
		   "nics", &j->nics, "portable", &j->portable, "repair", &j->repair,
		   "discard_hibernation", &j->discard_hibernation, "keys", &j->keys,
		   "launch", &launch, "firstboot", &j->firstboot, "output", &output,
		   "in_place", &in_place, "undo", &j->undo, "check", &check, "boot", &boot,
		   "describe", &j->describe, "since", &j->since, "state_dir", &j->state_dir,
		   "work_dir", &j->work_dir, "time_limit_s", &limit, "ssh_keys", &j->ssh_keys,
		   "hostname", &j->hostname, "remove_machine_id", &j->remove_machine_id,
		   "firmware", &j->firmware);
	/* clang-format on */
	if (r == 0 && strcmp(schema, SCHEMA) != 0)
		r = refuse(err, "has schema '%s', not " SCHEMA, schema);
	if (r == 0 && !is_name(j->name))
		r = refuse(err, "has a name that is not letters, digits, '_', '.' and '-'");
	if (r == 0 && j->labels && !json_is_object(j->labels))
		r = refuse(err, "has labels that are no object");
	if (r == 0 && limit < 0)
		r = refuse(err, "has a negative number");
	j->time_limit = (unsigned)limit;
	j->check = check;
	j->in_place = in_place;
	if (r == 0 && output)
		r = unpack(output, err, "{s:s, s?s}", "dir", &j->output_dir, "format",
			   &j->output_format);
	if (r == 0)
		r = take_mode(mode, j, err);
	if (r == 0)
		r = take_sizes(launch, boot, j, err);
	return r < 0 ? r : take_sources(disks, j, err);
}

void run_job_clear(struct run_job *j)
{
	for (size_t i = 0; i < j->n_sources; i++) {
		free(j->sources[i].file);
		free(j->sources[i].name);
		free(j->sources[i].id);
	}
	free(j->sources);
	json_decref(j->root);
}

/* ---- to the handle ---- */

static int add_nics(const struct run_job *j, struct cvt *c, struct cvt_error *err)
{
	size_t i;
	json_t *nic;
	int r = 0;

	json_array_foreach(j->nics, i, nic) {
		const char *mac = NULL, *name = NULL;

		if (r == 0)
			r = unpack(nic, err, "{s:s, s?s}", "mac", &mac, "name", &name);
		if (r == 0)
			r = cvt_add_nic(c, mac, name, err);
	}
	return r;
}

/* By reference only: a job is kept and shown, a key is not. */
static int add_keys(const struct run_job *j, struct cvt *c, struct cvt_error *err)
{
	size_t i;
	json_t *key;
	int r = 0;

	json_array_foreach(j->keys, i, key) {
		const char *id = NULL, *file = NULL;
		char selector[4096];

		if (r == 0)
			r = unpack(key, err, "{s:s, s:s}", "id", &id, "file", &file);
		if (r < 0)
			return r;
		if (snprintf(selector, sizeof(selector), "%s:file:%s", id, file) >=
		    (int)sizeof(selector))
			return refuse(err, "has a key whose path is too long");
		r = cvt_add_key(c, selector, err);
	}
	return r;
}

static int add_scripts(const struct run_job *j, struct cvt *c, struct cvt_error *err)
{
	size_t i;
	json_t *file;
	int r = 0;

	json_array_foreach(j->firstboot, i, file) {
		if (r == 0 && !json_is_string(file))
			r = refuse(err, "has a first-boot script that is no file");
		if (r == 0)
			r = cvt_add_firstboot(c, json_string_value(file), err);
	}
	return r;
}

static int add_ssh_keys(const struct run_job *j, struct cvt *c, struct cvt_error *err)
{
	size_t i;
	json_t *key;
	int r = 0;

	json_array_foreach(j->ssh_keys, i, key)
	{
		const char *file = NULL, *user = NULL;

		if (r == 0)
			r = unpack(key, err, "{s:s, s?s}", "file", &file, "user", &user);
		if (r == 0)
			r = cvt_add_ssh_key(c, file, user, err);
	}
	return r;
}

static int set_firmware(const struct run_job *j, struct cvt *c, struct cvt_error *err)
{
	static const char *const words[] = { [CVT_FIRMWARE_KEEP] = "keep",
					     [CVT_FIRMWARE_BIOS] = "bios",
					     [CVT_FIRMWARE_UEFI] = "uefi" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!j->firmware || strcmp(j->firmware, words[i]) == 0)
			return cvt_set_firmware(c, (enum cvt_firmware)i, err);
	return refuse(err, "has firmware '%s', not keep, bios or uefi", j->firmware);
}

static int set_network(const struct run_job *j, struct cvt *c, struct cvt_error *err)
{
	bool is_dhcp = j->network && strcmp(j->network, "dhcp") == 0;

	if (j->network && !is_dhcp && strcmp(j->network, "keep") != 0)
		return refuse(err, "has network '%s', not keep or dhcp", j->network);
	return cvt_set_network(c, is_dhcp ? CVT_NETWORK_DHCP : CVT_NETWORK_KEEP, err);
}

int run_job_configure(const struct run_job *j, struct cvt *c, struct cvt_error *err)
{
	int r = cvt_set_target(c, j->target, err);

	if (r == 0 && j->engine)
		r = cvt_set_engine(c, j->engine, err);
	if (r == 0)
		r = cvt_set_root(c, j->root_spec, err);
	if (r == 0)
		r = cvt_set_since(c, j->since, err);
	if (r == 0)
		r = set_network(j, c, err);
	if (r == 0)
		r = set_firmware(j, c, err);
	if (r == 0)
		r = add_nics(j, c, err);
	if (r == 0)
		r = add_keys(j, c, err);
	if (r == 0)
		r = add_scripts(j, c, err);
	if (r == 0)
		r = add_ssh_keys(j, c, err);
	if (r == 0)
		r = cvt_set_hostname(c, j->hostname, err);
	if (r == 0)
		r = cvt_set_launch(c, j->memory_mib, j->cpus, err);
	if (r == 0)
		r = cvt_set_boot_timeout(c, j->boot_timeout, err);
	if (j->portable >= 0)
		cvt_set_portable(c, j->portable);
	cvt_set_repair(c, j->repair);
	cvt_set_remove_machine_id(c, j->remove_machine_id);
	cvt_set_discard_hibernation(c, j->discard_hibernation);
	cvt_set_time_limit(c, j->time_limit);
	return r;
}
