/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The appliance: its kernel, and its programs, which libguestfs runs for us as
 * its debug command "sh", the way virt-v2v has its own run.  What it has opened
 * by itself when it started is closed first: by names, where names may clash,
 * and with no care for what is stale.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "engine/appliance.h"
#include "engine/guestfs_private.h"

#define OUT "/tmp/libconvert.out"
#define ERR "/tmp/libconvert.err"
#define SECTOR 512
#define OWN_MIB 320 /* that the appliance needs beside a key derivation */

struct place_guestfs {
	struct place place;
	struct engine_guestfs *engine;
	bool is_cleared;
};

static guestfs_h *appliance(struct place *p)
{
	return ((struct place_guestfs *)p)->engine->g;
}

/* Paths of a place are for the shell; calls know disks by other names. */
static char *call_path(struct place *p, const char *path)
{
	return guestfs_call_path(((struct place_guestfs *)p)->engine, path);
}

/* udev of the appliance would put arrays together again, and activate what is in them. */
static const char clear[] =
	"mkdir -p /run/udev/rules.d; cd /run/udev/rules.d; "
	": > 64-md-raid-assembly.rules; : > 69-dm-lvm.rules; udevadm control --reload; "
	"for i in 1 2 3; do lvm vgchange -an; mdadm --stop --scan; done > /dev/null "
	"2>&1; "
	"udevadm settle; true";

static int quote(struct bytes *b, const char *word)
{
	int r = bytes_append(b, "'", 1);

	for (; *word && r == 0; word++)
		r = *word == '\'' ? bytes_append(b, "'\\''", 4)
				  : bytes_append(b, word, 1);
	return r < 0 ? r : bytes_append(b, "' ", 2);
}

static char *shell(struct place *p, const char *command)
{
	const char *argv[] = { command, NULL };

	return guestfs_debug(appliance(p), "sh", (char *const *)argv);
}

/* "STATUS LENGTH\n", LENGTH bytes of stdout, stderr, and a dot: libguestfs takes newlines off
 * the end.
 */
static int take_answer(const char *answer, struct bytes *out, struct said *said)
{
	size_t len, all;
	int status;

	if (sscanf(answer, "%d %zu", &status, &len) < 2 || !strchr(answer, '\n'))
		return -EIO;
	answer = strchr(answer, '\n') + 1;
	all = strlen(answer);
	if (all == 0 || len > all - 1)
		return -EIO;
	snprintf(said->text, sizeof(said->text), "%.*s", (int)(all - 1 - len),
		 answer + len);
	said->len = strlen(said->text);
	for (char *s = said->text; *s; s++)
		if (*s == '\n')
			*s = ' ';
	return out && bytes_set(out, answer, len) < 0 ? -ENOMEM : status;
}

static int place_guestfs_run(struct place *p, bool clean_up, const char *const argv[],
			     struct bytes *out, struct said *said, struct cvt_error *err)
{
	static const char head[] =
		"LC_ALL=C DM_DISABLE_UDEV=1 MDADM_NO_UDEV=1 LVM_SYSTEM_DIR= "
		"LVM_SUPPRESS_FD_WARNINGS=1 ";
	static const char tail[] = "> " OUT " 2> " ERR "; echo $? $(wc -c < " OUT "); "
				   "cat " OUT " " ERR "; echo .";
	CLEANUP_BYTES struct bytes command = { 0 };
	CLEANUP_FREE char *answer = NULL;
	int r = clean_up ? 0 : context_check(p->ctx, err);

	if (r < 0)
		return r;
	r = bytes_set(&command, head, strlen(head));
	for (; *argv && r == 0; argv++)
		r = quote(&command, *argv);
	if (r < 0 || bytes_append(&command, tail, strlen(tail)) < 0)
		return error_nomem(err);
	answer = shell(p, command.data);
	r = answer ? take_answer(answer, out, said) : -EIO;
	if (r == -ENOMEM)
		return error_nomem(err);
	return r < 0 ? error_raise(err, ERR_ENGINE, NULL,
				   "the appliance cannot run %s: %s", argv[-1],
				   appliance_error(appliance(p)))
		     : r;
}

static int place_guestfs_show(struct place *p, const struct device *d, const char *array,
			      char **ret, struct cvt_error *err)
{
	struct place_guestfs *self = (struct place_guestfs *)p;
	const char *disk = array;
	int r;

	if (!self->is_cleared) {
		free(shell(p, clear));
		self->is_cleared = true;
	}
	if (!array)
		disk = self->engine->kernel[d->disk];
	r = d->part ? asprintf(ret, "%s%s%u", disk, array ? "p" : "", d->part)
		    : asprintf(ret, "%s", disk);
	if (r < 0) {
		*ret = NULL;
		return error_nomem(err);
	}
	return 0;
}

static void place_guestfs_hide(struct place *p, const char *path)
{
	(void)p, (void)path;
}

/* libguestfs hides keys in its own logs, but takes only what is a string. */
static int place_guestfs_unlock(struct place *p, const char *path, const char *name,
				const struct secret *key, size_t len,
				struct cvt_error *err)
{
	char kept = key->data[len < SECRET_MAX ? len : SECRET_MAX - 1];
	CLEANUP_FREE char *device = call_path(p, path);
	int r;

	if (!device)
		return error_nomem(err);

	if (memchr(key->data, '\0', len))
		return error_raise(err, ERR_ENGINE_LACKS, NULL,
				   "libguestfs takes no key that has a NUL byte");
	key->data[len] = '\0';
	r = guestfs_cryptsetup_open(appliance(p), device, key->data, name, -1);
	key->data[len] = kept;
	if (r == 0)
		return 0;
	return strstr(appliance_error(appliance(p)), "No key available")
		       ? 1
		       : error_raise(err, ERR_ENGINE, NULL, "cryptsetup: %s",
				     appliance_error(appliance(p)));
}

static int place_guestfs_read(struct place *p, const char *path, uint64_t offset,
			      size_t size, struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_FREE char *device = call_path(p, path);
	CLEANUP_BYTES struct bytes b = { 0 };

	if (!device)
		return error_nomem(err);
	while (b.len < size) {
		size_t got = 0, want = size - b.len;
		CLEANUP_FREE char *part =
			guestfs_pread_device(appliance(p), device,
					     (int)(want < 1 << 20 ? want : 1 << 20),
					     (int64_t)(offset + b.len), &got);

		if (!part)
			return error_raise(err, ERR_ENGINE, path, "cannot be read: %s",
					   appliance_error(appliance(p)));
		if (got == 0)
			break;
		if (bytes_append(&b, part, got) < 0)
			return error_nomem(err);
	}
	bytes_clear(ret);
	*ret = bytes_take(&b);
	return 0;
}

static bool place_guestfs_has_driver(struct place *p, const char *driver,
				     const char *module)
{
	const char *argv[] = { "modprobe", "-q", module, NULL };
	struct said said = { 0 };

	(void)driver;
	return place_guestfs_run(p, true, argv, NULL, &said, NULL) == 0;
}

static int place_guestfs_set(struct place *p, const char *file, const char *value)
{
	char command[256];
	const char *argv[] = { "sh", "-c", command, NULL };
	struct said said = { 0 };
	int r;

	/* A shell does not say why a write fails; dd(1) does. */
	snprintf(command, sizeof(command), "printf %%s %s | dd of=%s status=none", value,
		 file);
	r = place_guestfs_run(p, true, argv, NULL, &said, NULL);
	if (r == 0)
		return 0;
	context_log(p->ctx, CVT_LOG_DEBUG, "%s to %s: %s", value, file, said.text);
	return strstr(said.text, "File exists") ? -EEXIST : -EIO;
}

static char *none_if_empty(char *value)
{
	if (value && *value)
		return value;
	free(value);
	return NULL;
}

static int place_guestfs_probe(struct place *p, const char *path, struct guest *g,
			       size_t index, struct cvt_error *err)
{
	CLEANUP_FREE char *device = call_path(p, path);
	struct device *d = &g->devices[index];
	int64_t size = device ? guestfs_blockdev_getsize64(appliance(p), device) : 0;

	if (!device)
		return error_nomem(err);
	if (size < 0)
		return error_raise(err, ERR_ENGINE, d->name, "cannot open %s: %s", path,
				   appliance_error(appliance(p)));
	d->size = (uint64_t)size;
	free(d->type);
	free(d->uuid);
	free(d->label);
	d->type = none_if_empty(guestfs_vfs_type(appliance(p), device));
	d->uuid = none_if_empty(guestfs_vfs_uuid(appliance(p), device));
	d->label = none_if_empty(guestfs_vfs_label(appliance(p), device));
	return 0;
}

/* ---- partitions of arrays ---- */

static const char *value_of(char **pairs, const char *key)
{
	for (size_t i = 0; pairs[i] && pairs[i + 1]; i += 2)
		if (strcmp(pairs[i], key) == 0)
			return pairs[i + 1];
	return NULL;
}

static int copy_value(char **to, char **pairs, const char *key)
{
	const char *value = value_of(pairs, key);

	*to = value && *value ? strdup(value) : NULL;
	return value && *value && !*to ? -ENOMEM : 0;
}

static uint64_t bytes_of(char **pairs, const char *key)
{
	const char *value = value_of(pairs, key);

	return value ? strtoull(value, NULL, 10) * SECTOR : 0;
}

static int add_partition(struct place *p, const char *path, unsigned part,
			 struct guest *g, size_t array, struct cvt_error *err)
{
	CLEANUP_LIST char **pairs = guestfs_blkid(appliance(p), path);
	struct device *d = guest_add_device(g);

	if (!d || device_add_below(d, array) < 0)
		return error_nomem(err);
	d->kind = DEVICE_MD;
	d->part = part;
	if (asprintf(&d->name, "%sp%u", g->devices[array].name, part) < 0) {
		d->name = NULL;
		return error_nomem(err);
	}
	if (!pairs)
		return error_raise(err, ERR_ENGINE, d->name, "cannot be probed: %s",
				   appliance_error(appliance(p)));
	if (copy_value(&d->partuuid, pairs, "PART_ENTRY_UUID") < 0 ||
	    copy_value(&d->partlabel, pairs, "PART_ENTRY_NAME") < 0 ||
	    copy_value(&d->parttype, pairs, "PART_ENTRY_TYPE") < 0)
		return error_nomem(err);
	d->offset = bytes_of(pairs, "PART_ENTRY_OFFSET");
	return place_guestfs_probe(p, path, g, g->n_devices - 1, err);
}

static int place_guestfs_probe_partitions(struct place *p, const char *path,
					  struct guest *g, size_t index,
					  struct cvt_error *err)
{
	CLEANUP_LIST char **all = NULL;
	int r = 0;

	(void)guestfs_blockdev_rereadpt(appliance(p), path);
	all = guestfs_list_partitions(appliance(p));
	for (size_t i = 0; all && all[i] && r == 0; i++) {
		const size_t n = strlen(path);
		unsigned part;

		if (strncmp(all[i], path, n) == 0 &&
		    sscanf(all[i] + n, "p%u", &part) == 1)
			r = add_partition(p, all[i], part, g, index, err);
	}
	return r;
}

static uint64_t place_guestfs_memory_mib(struct place *p)
{
	int mib = guestfs_get_memsize(appliance(p));

	return mib > OWN_MIB ? (uint64_t)(mib - OWN_MIB) : 1;
}

static void place_guestfs_close(struct place *p)
{
	free(p);
}

static const struct place_ops place_guestfs_ops = {
	.show = place_guestfs_show,
	.hide = place_guestfs_hide,
	.run = place_guestfs_run,
	.unlock = place_guestfs_unlock,
	.read = place_guestfs_read,
	.has_driver = place_guestfs_has_driver,
	.set = place_guestfs_set,
	.probe = place_guestfs_probe,
	.probe_partitions = place_guestfs_probe_partitions,
	.memory_mib = place_guestfs_memory_mib,
	.close = place_guestfs_close,
};

int place_guestfs(struct engine_guestfs *e, struct place **ret, struct cvt_error *err)
{
	struct place_guestfs *p = calloc(1, sizeof(*p));

	if (!p)
		return error_nomem(err);
	*p = (struct place_guestfs){ { &place_guestfs_ops, e->engine.ctx }, e, false };
	*ret = &p->place;
	return 0;
}
