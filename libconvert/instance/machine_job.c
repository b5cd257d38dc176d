/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <stdarg.h>
#include <string.h>

#include "instance/machine_job.h"

#define PREFIX "libconvert."
#define TIME_LIMIT 3600

/* The members of a job, and the options that they become. */
static const struct {
	const char *name;
	char type;	    /* as json_unpack(3) has them; 'a': array */
	const char *option; /* NULL: it is none, or needs more than this */
} members[] = {
	{ "schema", 's', NULL },
	{ "mode", 's', NULL },
	{ "target", 's', "--target" },
	{ "root", 's', "--root" },
	{ "engine", 's', NULL },
	{ "network", 's', "--network" },
	{ "nics", 'a', NULL },
	{ "disks", 'a', NULL },
	{ "keys", 'a', NULL },
	{ "undo", 's', NULL },
	{ "portable", 'b', NULL },
	{ "repair", 'b', "--repair" },
	{ "discard_hibernation", 'b', "--discard-hibernation" },
	{ "time_limit", 'i', NULL },
	{ "then", 's', NULL },
};

static const char *text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static size_t find_member(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(members) && strcmp(members[i].name, name) != 0)
		i++;
	return i;
}

static int refuse(struct cvt_error *err, const char *fmt, ...) PRINTF(2, 3);
static int refuse(struct cvt_error *err, const char *fmt, ...)
{
	char why[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return error_raise(err, ERR_USAGE, NULL, "the job: %s", why);
}

/* ---- reading ---- */

/* "52:54:00:12:34:56=eth0": one of several. */
static json_t *make_nic(const char *value)
{
	size_t n = strcspn(value, "=");
	json_t *nic = json_pack("{ss%}", "mac", value, n);

	if (nic && value[n])
		(void)json_object_set_new(nic, "name", json_string(value + n + 1));
	return nic;
}

static int add_nic(json_t *job, const char *value)
{
	json_t *nics = json_object_get(job, "nics");

	if (!nics) {
		(void)json_object_set_new(job, "nics", json_array());
		nics = json_object_get(job, "nics");
	}
	return json_array_append_new(nics, make_nic(value)) < 0 ? -ENOMEM : 0;
}

static json_t *make_value(char type, const char *value)
{
	if (type == 'b')
		return json_boolean(strcmp(value, "yes") == 0);
	if (type == 'i')
		return json_integer(atoll(value));
	return json_string(value);
}

static int add_word(json_t *job, char *word, struct cvt_error *err)
{
	char *value = strchr(word, '=');
	size_t i;

	if (!value)
		return refuse(err, "'" PREFIX "%s' has no value", word);
	*value++ = '\0';
	if (strcmp(word, "nic") == 0)
		return add_nic(job, value) < 0 ? error_nomem(err) : 0;
	i = find_member(word);
	if (i == ARRAY_SIZE(members) || members[i].type == 'a')
		return refuse(err, "'" PREFIX "%s' is not known", word);
	if (members[i].type == 'b' && strcmp(value, "yes") != 0 &&
	    strcmp(value, "no") != 0)
		return refuse(err, "'" PREFIX "%s' is yes or no", word);
	return json_object_set_new(job, word, make_value(members[i].type, value)) < 0
		       ? error_nomem(err)
		       : 0;
}

int machine_job_of_cmdline(const char *cmdline, json_t **ret, struct cvt_error *err)
{
	CLEANUP_FREE char *copy = strdup(cmdline);
	json_t *job = json_object();
	char *rest = copy, *word;
	int r = copy && job ? 0 : error_nomem(err);

	while (r == 0 && (word = strsep(&rest, " \n")))
		if (strncmp(word, PREFIX, strlen(PREFIX)) == 0)
			r = add_word(job, word + strlen(PREFIX), err);
	if (r < 0 || json_object_size(job) == 0) {
		json_decref(job);
		job = NULL;
	}
	if (r == 0)
		*ret = job;
	return r;
}

int machine_job_parse(const char *data, size_t len, json_t **ret, struct cvt_error *err)
{
	json_error_t why;
	json_t *job = json_loadb(data, len, JSON_REJECT_DUPLICATES, &why);

	if (!job)
		return refuse(err, "line %d: %s", why.line, why.text);
	*ret = job;
	return 0;
}

/* ---- checking ---- */

static bool has_type(const json_t *value, char type)
{
	switch (type) {
	case 's':
		return json_is_string(value);
	case 'b':
		return json_is_boolean(value);
	case 'i':
		return json_is_integer(value) && json_integer_value(value) > 0 &&
		       json_integer_value(value) <= 1000000;
	default:
		return json_is_array(value);
	}
}

/* The members of the objects in lists are strings. */
static int check_list(const json_t *list, const char *name, const char *one,
		      const char *two, struct cvt_error *err)
{
	const char *key;
	json_t *o, *value;
	size_t i;

	json_array_foreach(list, i, o)
	{
		if (!json_is_object(o))
			return refuse(err, "\"%s\" is a list of objects", name);
		json_object_foreach(o, key, value)
		{
			if ((strcmp(key, one) != 0 && strcmp(key, two) != 0) ||
			    !json_is_string(value))
				return refuse(err, "\"%s\" takes \"%s\" and \"%s\"", name,
					      one, two);
		}
	}
	return 0;
}

static int check_words(const json_t *job, struct cvt_error *err)
{
	static const struct {
		const char *name, *words;
	} known[] = {
		{ "schema", " libconvert/job-1 " },
		{ "mode", " inspect plan convert " },
		{ "then", " poweroff reboot halt " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		const char *value = text(job, known[i].name);
		char word[64];

		snprintf(word, sizeof(word), " %s ", value ? value : "");
		if (value && !strstr(known[i].words, word))
			return refuse(err, "\"%s\" is one of%s", known[i].name,
				      known[i].words);
	}
	return 0;
}

/* Of a file beside the job; FAT has no links. */
static bool is_file_name(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

static int check_files(const json_t *job, struct cvt_error *err)
{
	const char *undo = text(job, "undo");
	json_t *o;
	size_t i;

	if (undo && !is_file_name(undo))
		return refuse(err, "\"undo\" is the name of a file beside it");
	json_array_foreach(json_object_get(job, "keys"), i, o)
	{
		const char *id = text(o, "id"), *file = text(o, "file");

		if (!file || !is_file_name(file))
			return refuse(err, "\"file\" is the name of a file beside it");
		if (id && strstr(id, ":file:"))
			return refuse(err, "\"id\" is that of a device");
	}
	return 0;
}

int machine_job_check(json_t *job, struct cvt_error *err)
{
	const char *key;
	json_t *value;
	int r;

	if (!json_is_object(job))
		return refuse(err, "it is no JSON object");
	json_object_foreach(job, key, value)
	{
		size_t i = find_member(key);

		if (i == ARRAY_SIZE(members))
			return refuse(err, "\"%s\" is not known", key);
		if (!has_type(value, members[i].type))
			return refuse(err, "the value of \"%s\" makes no sense", key);
	}
	r = check_list(json_object_get(job, "nics"), "nics", "mac", "name", err);
	if (r == 0)
		r = check_list(json_object_get(job, "disks"), "disks", "serial", "path",
			       err);
	if (r == 0)
		r = check_list(json_object_get(job, "keys"), "keys", "id", "file", err);
	if (r == 0)
		r = check_files(job, err);
	return r < 0 ? r : check_words(job, err);
}

/* ---- disks ---- */

static bool matches(const struct machine_disk *d, const char *path, const char *serial)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	if (path)
		return strcmp(name ? name + 1 : path, d->name) == 0;
	return serial && *serial && strcmp(serial, d->serial) == 0;
}

static int add_disk(struct names *ret, const struct machine_disk *d,
		    struct cvt_error *err)
{
	CLEANUP_FREE char *path = NULL;

	if (asprintf(&path, "/dev/%s", d->name) < 0)
		path = NULL;
	return path && names_add(ret, path) == 0 ? 0 : error_nomem(err);
}

int machine_job_disks(const json_t *job, const struct machine_disks *all,
		      struct names *ret, struct cvt_error *err)
{
	const json_t *list = json_object_get(job, "disks");
	json_t *o;
	size_t i, k;
	int r = 0;

	for (i = 0; !list && i < all->n && r == 0; i++)
		r = add_disk(ret, &all->v[i], err);
	json_array_foreach(list, i, o)
	{
		const char *path = text(o, "path"), *serial = text(o, "serial");

		for (k = 0; k < all->n && !matches(&all->v[k], path, serial); k++)
			;
		if (r == 0 && k == all->n) {
			(void)error_raise(err, ERR_DISK_MISSING,
					  path	   ? path
					  : serial ? serial
						   : "",
					  "this machine has no such disk");
			return -ENODEV;
		}
		if (r == 0)
			r = add_disk(ret, &all->v[k], err);
	}
	if (r == 0 && ret->n == 0) {
		(void)error_raise(err, ERR_DISK_MISSING, NULL,
				  "this machine has no disk to convert");
		return -ENODEV;
	}
	return r;
}

/* ---- words ---- */

static bool is_of_disks(const char *option)
{
	return strcmp(option, "--target") != 0 && strcmp(option, "--network") != 0;
}

static int add_options(const json_t *job, bool inspects, struct names *ret)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(members) && r == 0; i++) {
		const json_t *value = json_object_get(job, members[i].name);
		const char *option = members[i].option;

		if (!option || (inspects && !is_of_disks(option)))
			continue;
		if (json_is_string(value))
			r = names_print(ret, "%s=%s", option, json_string_value(value));
		else if (json_is_true(value))
			r = names_print(ret, "%s", option);
	}
	return r;
}

static int add_nics(const json_t *job, struct names *ret)
{
	json_t *o;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(job, "nics"), i, o)
	{
		const char *mac = text(o, "mac"), *name = text(o, "name");

		if (r == 0)
			r = names_print(ret, "--nic=%s%s%s", mac ? mac : "",
					name ? "=" : "", name ? name : "");
	}
	return r;
}

static int add_keys(const json_t *job, const char *config, struct names *ret)
{
	json_t *o;
	size_t i;
	int r = 0;

	json_array_foreach(json_object_get(job, "keys"), i, o)
	{
		const char *id = text(o, "id"), *file = text(o, "file");

		if (r == 0)
			r = names_print(ret, "--key=%s:file:%s/%s", id ? id : "all",
					config, file ? file : "");
	}
	return r;
}

static int add_changes(const json_t *job, const char *config, struct names *ret)
{
	const char *undo = text(job, "undo");
	int r = add_nics(job, ret);

	if (r == 0 && json_is_false(json_object_get(job, "portable")))
		r = names_print(ret, "--no-portable");
	if (r == 0 && undo)
		r = names_print(ret, "--undo=%s/%s", config, undo);
	return r;
}

int machine_job_words(const json_t *job, const char *config, const struct names *disks,
		      struct names *ret, struct cvt_error *err)
{
	const char *mode = text(job, "mode"), *engine = text(job, "engine");
	bool inspects = mode && strcmp(mode, "inspect") == 0;
	bool converts = !mode || strcmp(mode, "convert") == 0;
	int r;

	if (!config && (text(job, "undo") || json_object_get(job, "keys")))
		return refuse(err, "\"undo\" and \"keys\" need a disk with the label "
				   "LIBCONVERT");
	r = names_print(ret, "%s", mode ? mode : "convert");
	if (r == 0)
		r = names_print(ret, "--engine=%s", engine ? engine : "mount");
	if (r == 0)
		r = names_print(ret, "--time-limit=%u", machine_job_time_limit(job));
	if (r == 0 && converts)
		r = names_print(ret, "--in-place");
	if (r == 0)
		r = add_options(job, inspects, ret);
	if (r == 0)
		r = add_keys(job, config, ret);
	if (r == 0 && !inspects)
		r = add_changes(job, config, ret);
	if (r == 0)
		r = names_print(ret, "--");
	for (size_t i = 0; i < disks->n && r == 0; i++)
		r = names_add(ret, disks->v[i]);
	return r < 0 ? error_nomem(err) : 0;
}

char machine_job_then(const json_t *job)
{
	const char *then = text(job, "then");

	return then ? then[0] : 'p';
}

unsigned machine_job_time_limit(const json_t *job)
{
	json_int_t seconds = json_integer_value(json_object_get(job, "time_limit"));

	return seconds > 0 ? (unsigned)seconds : TIME_LIMIT;
}
