/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The job handle and its setters: check the argument, keep a copy. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/engine.h"
#include "job.h"
#include "volume/fullio.h"

#define MEMORY_MIN 256 /* MiB */
#define MEMORY_MAX 65536
#define LAUNCH_MEMORY_MIN 64 /* MiB */
#define LAUNCH_MEMORY_MAX (64 << 20)
#define LAUNCH_CPUS_MAX 4096
#define BOOT_TIMEOUT_MAX 86400 /* seconds */

const char *cvt_version(void)
{
	return PACKAGE_VERSION;
}

int cvt_new(struct cvt **ret, struct cvt_error *err)
{
	struct cvt *c = calloc(1, sizeof(*c));

	if (!c)
		return error_nomem(err);
	c->request.portable = true;
	c->engine = strdup("auto");
	if (!c->engine) {
		cvt_free(c);
		return error_nomem(err);
	}
	*ret = c;
	return 0;
}

void job_clear_disks(struct cvt *c)
{
	for (size_t i = 0; i < c->n_disks; i++) {
		free((char *)c->disks[i].path);
		free((char *)c->disks[i].format);
	}
	free(c->disks);
	c->disks = NULL;
	c->n_disks = 0;
}

void cvt_free(struct cvt *c)
{
	if (!c)
		return;
	job_clear_disks(c);
	free(c->nics);
	for (size_t i = 0; i < c->request.n_scripts; i++) {
		free(c->scripts[i].name);
		free(c->scripts[i].text);
	}
	free(c->scripts);
	job_clear_identity(c);
	for (size_t i = 0; i < c->n_keys; i++)
		key_source_clear(&c->keys[i]);
	free(c->keys);
	free(c->engine);
	free(c->root);
	if (c->vm)
		vm_clear(c->vm);
	free(c->vm);
	free(c->vm_source);
	if (c->unpacked)
		sweep_directory(c->unpacked);
	free(c->unpacked);
	free(c->work_dir);
	free(c->output_dir);
	free(c->undo);
	free(c->since);
	free(c->boot.disk_bus);
	free(c->boot.evidence);
	free(c);
}

/* Replace *@field by a copy of @value, which may be NULL. */
static int set_text(char **field, const char *value, struct cvt_error *err)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return error_nomem(err);
	free(*field);
	*field = copy;
	return 0;
}

int cvt_add_disk(struct cvt *c, const char *path, const char *format,
		 struct cvt_error *err)
{
	CLEANUP_FREE char *path_copy = NULL, *format_copy = NULL;
	struct disk *grown;

	if (format && !volume_format_exists(format))
		return error_raise(err, ERR_USAGE, NULL, "unknown disk format '%s'",
				   format);
	if (set_text(&path_copy, path, err) < 0 ||
	    set_text(&format_copy, format, err) < 0)
		return -ENOMEM;
	grown = realloc(c->disks, (c->n_disks + 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	c->disks = grown;
	c->disks[c->n_disks++] =
		(struct disk){ take_ptr(path_copy), take_ptr(format_copy) };
	return 0;
}

int cvt_set_target(struct cvt *c, const char *name, struct cvt_error *err)
{
	const struct target *t = target_find(name);

	if (!t)
		return error_raise(err, ERR_USAGE, NULL, "unknown target '%s'", name);
	c->request.target = t;
	return 0;
}

const char *cvt_target_name(size_t i, const char **summary)
{
	const struct target *t = target_at(i);

	if (t && summary)
		*summary = t->summary;
	return t ? t->name : NULL;
}

int cvt_set_engine(struct cvt *c, const char *name, struct cvt_error *err)
{
	return engine_check_name(name, err) ?: set_text(&c->engine, name, err);
}

int cvt_set_memory(struct cvt *c, unsigned mib, struct cvt_error *err)
{
	if (mib != 0 && (mib < MEMORY_MIN || mib > MEMORY_MAX)) {
		error_raise(err, ERR_USAGE, NULL, "memory %u MiB is not in %d..%d", mib,
			    MEMORY_MIN, MEMORY_MAX);
		if (err)
			err->code = -ERANGE;
		return -ERANGE;
	}
	c->memory = mib;
	return 0;
}

int cvt_set_launch(struct cvt *c, unsigned memory_mib, unsigned cpus,
		   struct cvt_error *err)
{
	if (memory_mib != 0 &&
	    (memory_mib < LAUNCH_MEMORY_MIN || memory_mib > LAUNCH_MEMORY_MAX))
		return error_raise(err, ERR_USAGE, NULL, "a machine of %u MiB is not in %d..%d MiB",
				   memory_mib, LAUNCH_MEMORY_MIN, LAUNCH_MEMORY_MAX);
	if (cpus > LAUNCH_CPUS_MAX)
		return error_raise(err, ERR_USAGE, NULL, "a machine of %u CPUs has more than %d",
				   cpus, LAUNCH_CPUS_MAX);
	c->launch = (struct launch){ memory_mib, cpus };
	return 0;
}

void cvt_set_time_limit(struct cvt *c, unsigned seconds)
{
	c->time_limit = seconds;
}

int cvt_set_root(struct cvt *c, const char *spec, struct cvt_error *err)
{
	return set_text(&c->root, spec, err);
}

int cvt_set_network(struct cvt *c, enum cvt_network mode, struct cvt_error *err)
{
	if (mode != CVT_NETWORK_KEEP && mode != CVT_NETWORK_DHCP)
		return error_raise(err, ERR_USAGE, NULL, "unknown network mode %d",
				   (int)mode);
	c->request.network = mode == CVT_NETWORK_DHCP ? NETWORK_DHCP : NETWORK_KEEP;
	return 0;
}

int cvt_set_firmware(struct cvt *c, enum cvt_firmware firmware, struct cvt_error *err)
{
	static const unsigned values[] = { [CVT_FIRMWARE_KEEP] = 0,
					   [CVT_FIRMWARE_BIOS] = FIRMWARE_BIOS,
					   [CVT_FIRMWARE_UEFI] = FIRMWARE_UEFI };

	if ((size_t)firmware >= ARRAY_SIZE(values))
		return error_raise(err, ERR_USAGE, NULL, "unknown firmware %d",
				   (int)firmware);
	c->request.firmware = values[firmware];
	return 0;
}

/* "52-54-00-AB-CD-EF" to "52:54:00:ab:cd:ef"; false if it is no MAC address. */
static bool parse_mac(const char *mac, char out[18])
{
	if (strlen(mac) != 17)
		return false;
	for (size_t i = 0; i < 17; i++) {
		if (i % 3 == 2 ? mac[i] != ':' && mac[i] != '-'
			       : !isxdigit((unsigned char)mac[i]))
			return false;
		out[i] = i % 3 == 2 ? ':' : (char)tolower((unsigned char)mac[i]);
	}
	out[17] = '\0';
	return true;
}

/* What the kernel takes as an interface name (dev_valid_name() in net/core/dev.c). */
static bool is_interface_name(const char *name)
{
	if (!*name || strlen(name) > 15 || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (; *name; name++)
		if (!isgraph((unsigned char)*name) || *name == '/' || *name == ':')
			return false;
	return true;
}

int cvt_add_nic(struct cvt *c, const char *mac, const char *name, struct cvt_error *err)
{
	struct request_nic *grown, nic = { 0 };

	if (!parse_mac(mac, nic.mac))
		return error_raise(err, ERR_USAGE, NULL, "'%s' is no MAC address such as 52:54:00:12:34:56",
				   mac);
	if (name && !is_interface_name(name))
		return error_raise(err, ERR_USAGE, NULL, "'%s' is no interface name of 1 to 15 characters",
				   name);
	snprintf(nic.name, sizeof(nic.name), "%s", name ? name : "");
	for (size_t i = 0; i < c->request.n_nics; i++)
		if (strcmp(c->nics[i].mac, nic.mac) == 0 ||
		    (nic.name[0] && strcmp(c->nics[i].name, nic.name) == 0))
			return error_raise(err, ERR_USAGE, NULL, "'%s' is given twice",
					   strcmp(c->nics[i].mac, nic.mac) == 0 ? mac
										: name);
	grown = realloc(c->nics, (c->request.n_nics + 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	grown[c->request.n_nics++] = nic;
	c->nics = grown;
	c->request.nics = grown;
	return 0;
}

int cvt_add_key(struct cvt *c, const char *selector, struct cvt_error *err)
{
	struct key_source key, *grown;
	int r = key_source_parse(selector, &key, err);

	if (r < 0) {
		key_source_clear(&key);
		return r;
	}
	grown = realloc(c->keys, (c->n_keys + 1) * sizeof(*grown));
	if (!grown) {
		key_source_clear(&key);
		return error_nomem(err);
	}
	c->keys = grown;
	c->keys[c->n_keys++] = key;
	return 0;
}

void cvt_set_portable(struct cvt *c, int portable)
{
	c->request.portable = portable != 0;
}

void cvt_set_discard_hibernation(struct cvt *c, int discard)
{
	c->request.discard_hibernation = discard != 0;
}

void cvt_set_repair(struct cvt *c, int repair)
{
	c->repair = repair != 0;
}

void cvt_set_in_place(struct cvt *c)
{
	c->in_place = true;
	free(c->output_dir);
	c->output_dir = NULL;
}

int cvt_set_output(struct cvt *c, const char *dir, const char *format,
		   struct cvt_error *err)
{
	static const struct {
		const char *name;
		enum volume_output output;
	} formats[] = {
		{ "overlay", OUTPUT_OVERLAY },
		{ "qcow2", OUTPUT_QCOW2 },
		{ "raw", OUTPUT_RAW },
	};
	size_t i = 0;

	while (format && i < ARRAY_SIZE(formats) && strcmp(formats[i].name, format) != 0)
		i++;
	if (i == ARRAY_SIZE(formats))
		return error_raise(err, ERR_USAGE, NULL, "unknown output format '%s', not one of overlay, qcow2, raw",
				   format);
	c->output = formats[i].output;
	c->in_place = false;
	return set_text(&c->output_dir, dir, err);
}

int cvt_set_undo(struct cvt *c, const char *file, struct cvt_error *err)
{
	return set_text(&c->undo, file, err);
}

int cvt_set_since(struct cvt *c, const char *file, struct cvt_error *err)
{
	return set_text(&c->since, file, err);
}

int cvt_set_work_dir(struct cvt *c, const char *dir, struct cvt_error *err)
{
	return set_text(&c->work_dir, dir, err);
}

#define SCRIPTS_MAX 32
#define SCRIPTS_BYTES_MAX ((size_t)256 << 10)

int job_add_script(struct cvt *c, const char *name, const char *text,
		   struct cvt_error *err)
{
	struct request_script *grown =
		realloc(c->scripts, (c->request.n_scripts + 1) * sizeof(*grown));
	struct request_script s = { strdup(name), strdup(text) };

	if (grown)
		c->request.scripts = c->scripts = grown;
	if (!grown || !s.name || !s.text) {
		free(s.name);
		free(s.text);
		return error_nomem(err);
	}
	for (char *p = s.name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			*p = '_';
	c->scripts[c->request.n_scripts++] = s;
	return 0;
}

/* It goes into the guest's file system as text, and through a channel of JSON. */
static int check_script(const struct cvt *c, const char *file, const struct bytes *text,
			struct cvt_error *err)
{
	json_t *string = text->len > 0 ? json_stringn(text->data, text->len) : NULL;
	bool is_text = string && !bytes_has_nul(text);
	size_t sum = text->len;

	json_decref(string);
	for (size_t i = 0; i < c->request.n_scripts; i++)
		sum += strlen(c->scripts[i].text);
	if (!is_text || strncmp(text->data, "#!", 2) != 0)
		return error_raise(err, ERR_USAGE, file,
				   "is no script: text that begins with #!");
	if (sum > SCRIPTS_BYTES_MAX || c->request.n_scripts == SCRIPTS_MAX)
		return error_raise(err, ERR_USAGE, file,
				   "all first-boot scripts have at most %zu KiB, and are at "
				   "most %d",
				   SCRIPTS_BYTES_MAX >> 10, SCRIPTS_MAX);
	return 0;
}

int cvt_add_firstboot(struct cvt *c, const char *file, struct cvt_error *err)
{
	CLEANUP_FCLOSE FILE *f = fopen(file, "re");
	CLEANUP_BYTES struct bytes text = { 0 };
	const char *slash = strrchr(file, '/');
	char buf[4096];
	size_t n;
	int r = f ? 0 : error_raise(err, ERR_USAGE, file, "%s", strerror(errno));

	while (r == 0 && text.len <= SCRIPTS_BYTES_MAX &&
	       (n = fread(buf, 1, sizeof(buf), f)) > 0)
		r = bytes_append(&text, buf, n) < 0 ? error_nomem(err) : 0;
	if (r == 0)
		r = check_script(c, file, &text, err);
	return r < 0 ? r : job_add_script(c, slash ? slash + 1 : file, text.data, err);
}

int cvt_set_boot_bus(struct cvt *c, const char *bus, struct cvt_error *err)
{
	static const char *const known[] = { "virtio-blk", "virtio-scsi", "nvme",
					     "pvscsi", "ahci" };

	for (size_t i = 0; bus && i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i], bus) == 0)
			return set_text(&c->boot.disk_bus, bus, err);
	if (!bus)
		return set_text(&c->boot.disk_bus, NULL, err);
	return error_raise(err, ERR_USAGE, NULL,
			   "unknown bus '%s', not one of virtio-blk, virtio-scsi, nvme, "
			   "pvscsi, ahci",
			   bus);
}

int cvt_set_boot_timeout(struct cvt *c, unsigned seconds, struct cvt_error *err)
{
	if (seconds > BOOT_TIMEOUT_MAX)
		return error_raise(err, ERR_USAGE, NULL, "a boot may take %d s, not %u",
				   BOOT_TIMEOUT_MAX, seconds);
	c->boot.timeout = seconds;
	return 0;
}

int cvt_set_evidence(struct cvt *c, const char *dir, struct cvt_error *err)
{
	return set_text(&c->boot.evidence, dir, err);
}

void cvt_set_boot_keep(struct cvt *c, int keep)
{
	c->boot.keep = keep;
}

void cvt_set_log(struct cvt *c, cvt_log_fn fn, void *data)
{
	c->ctx.log = fn;
	c->ctx.log_data = data;
}

void cvt_set_progress(struct cvt *c, cvt_progress_fn fn, void *data)
{
	c->ctx.progress = fn;
	c->ctx.progress_data = data;
}

void cvt_cancel(struct cvt *c)
{
	atomic_store(&c->ctx.cancelled, 1);
}
