/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a report to what every description of the new machine needs. */
#include <config.h>

#include <ctype.h>
#include <string.h>

#include "vm/describe.h"

#define MAX_REPORT (64 << 20)
#define MAX_DISKS 256
#define MAX_NICS 64
/* A machine of which nobody said how large it is. */
#define DEFAULT_MEMORY 2048
#define DEFAULT_CPUS 2

/* For which targets a description makes sense: their drivers are what it asks for. */
static const struct {
	const char *name;
	describe_fn write;
	const char *targets[4];
} formats[] = {
	{ "libvirt", describe_libvirt, { "kvm", "openstack", "gce" } },
	{ "qemu", describe_qemu, { "kvm", "openstack", "gce" } },
	{ "kubevirt", describe_kubevirt, { "kvm" } },
	{ "openstack", describe_openstack, { "openstack", "kvm" } },
	{ "ec2", describe_ec2, { "aws" } },
	{ "ec2-import", describe_ec2_import, { "aws" } },
	{ "gce", describe_gce, { "gce" } },
	{ "ovf", describe_ovf, { "vmware" } },
};

static void free_json(json_t **j)
{
	json_decref(*j);
}

#define CLEANUP_JSON CLEANUP(free_json)

static const char *text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* 0: not said, or makes no sense. */
static unsigned count(const json_t *object, const char *key, unsigned max)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 && n <= max ? (unsigned)n : 0;
}

const char *describe_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int describe_json(json_t *value, char **ret, struct cvt_error *err)
{
	CLEANUP_JSON json_t *owned = value;
	CLEANUP_FREE char *json = json_dumps(owned, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	if (!json || asprintf(ret, "%s\n", json) < 0) {
		*ret = NULL;
		return error_nomem(err);
	}
	return 0;
}

int describe_need_sizes(const struct described *d, struct cvt_error *err)
{
	for (size_t i = 0; i < d->n_disks; i++)
		if (d->disks[i].size == 0)
			return error_raise(
				err, ERR_JOB, NULL,
				"the report does not say how large disk %zu is", i + 1);
	return 0;
}

bool describe_has_driver(const struct described *d, const char *target,
			 const char *driver)
{
	const json_t *kernels = json_object_get(d->guest, "kernels");
	bool any = false;

	for (size_t i = 0; i < json_array_size(kernels); i++) {
		const json_t *k = json_array_get(kernels, i);
		const json_t *drivers = json_object_get(k, "drivers");
		const char *state = text(json_object_get(drivers, target), driver);
		bool has = state && strcmp(state, "missing") != 0;

		if (json_is_true(json_object_get(k, "default")))
			return has;
		if (!has)
			return false;
		any = true;
	}
	return any;
}

/* The name that the machine had, or that the guest has given itself. */
static void set_name(struct described *d, const json_t *report)
{
	const char *name = text(json_object_get(report, "machine"), "name");
	size_t n = 0;

	name = name ? name : text(d->guest, "hostname");
	for (; name && *name && n < sizeof(d->name) - 1; name++) {
		if (isalnum((unsigned char)*name))
			d->name[n++] = (char)tolower((unsigned char)*name);
		else if (n > 0 && d->name[n - 1] != '-')
			d->name[n++] = '-';
	}
	while (n > 0 && d->name[n - 1] == '-')
		n--;
	d->name[n] = '\0';
	if (n == 0)
		strcpy(d->name, "converted");
}

/* A guest that both can boot is booted by what it had, or else as the simpler machine. */
static void set_firmware(struct described *d, const json_t *launch, const json_t *machine)
{
	const json_t *list = json_object_get(launch, "firmware");
	const char *had = text(machine, "firmware");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		d->is_uefi |= name && strcmp(name, "uefi") == 0;
		d->is_bios |= name && strcmp(name, "bios") == 0;
	}
	if (!d->is_uefi && !d->is_bios) {
		d->is_uefi = had && strcmp(had, "uefi") == 0;
		d->is_bios = !d->is_uefi;
	}
	d->boots_by_uefi =
		d->is_uefi && (!d->is_bios || (had && strcmp(had, "uefi") == 0));
}

/* The results are named as their format. */
static const char *format_of(const char *output)
{
	const char *dot = strrchr(describe_base(output), '.');

	return dot && strcmp(dot, ".qcow2") == 0 ? "qcow2" : "raw";
}

static bool is_format(const char *name)
{
	return name && *name &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789")];
}

static int add_disks(struct described *d, const json_t *report, struct cvt_error *err)
{
	const json_t *disks = json_object_get(report, "disks");
	const json_t *outputs = json_object_get(report, "outputs");
	size_t n_outputs = json_array_size(outputs);

	d->n_disks = json_array_size(disks);
	if (d->n_disks == 0 || d->n_disks > MAX_DISKS ||
	    (n_outputs > 0 && n_outputs != d->n_disks))
		return error_raise(err, ERR_JOB, NULL,
				   "the report has %zu disks and %zu results of them",
				   d->n_disks, n_outputs);
	d->disks = calloc(d->n_disks, sizeof(*d->disks));
	if (!d->disks)
		return error_nomem(err);
	for (size_t i = 0; i < d->n_disks; i++) {
		const json_t *disk = json_array_get(disks, i);
		json_int_t size = json_integer_value(json_object_get(disk, "size"));
		const char *output = json_string_value(json_array_get(outputs, i));

		d->disks[i].path = output ? output : text(disk, "path");
		d->disks[i].format = output ? format_of(output) : text(disk, "format");
		d->disks[i].size = size > 0 ? (uint64_t)size : 0;
		if (!d->disks[i].path || !is_format(d->disks[i].format))
			return error_raise(err, ERR_JOB, NULL,
					   "the report does not say what disk %zu is",
					   i + 1);
	}
	return 0;
}

static bool is_mac(const char *mac)
{
	size_t n = mac ? strspn(mac, "0123456789abcdef:") : 0;

	return n == 17 && mac[n] == '\0';
}

static int add_nics(struct described *d, const json_t *launch, struct cvt_error *err)
{
	const json_t *nics = json_object_get(launch, "nics");

	d->n_nics = json_array_size(nics);
	if (d->n_nics > MAX_NICS)
		return error_raise(err, ERR_JOB, NULL, "the report has %zu network cards",
				   d->n_nics);
	d->nics = calloc(d->n_nics + 1, sizeof(*d->nics));
	if (!d->nics)
		return error_nomem(err);
	for (size_t i = 0; i < d->n_nics; i++) {
		const char *mac = text(json_array_get(nics, i), "mac");

		d->nics[i].mac = is_mac(mac) ? mac : NULL;
	}
	return 0;
}

static int read_report(const json_t *report, struct described *d, struct cvt_error *err)
{
	const json_t *launch = json_object_get(report, "launch");
	const json_t *machine = json_object_get(report, "machine");
	const char *schema = text(report, "schema"), *target = text(report, "target");
	const json_t *os;
	unsigned memory, cpus;
	int r;

	if (!schema || strcmp(schema, "libconvert/report-1") != 0)
		return error_raise(err, ERR_JOB, NULL, "is no report of libconvert");
	if (!json_is_object(launch) || !target)
		return error_raise(err, ERR_JOB, NULL,
				   "the report is not of a guest that was converted: its "
				   "status is %s",
				   text(report, "status") ?: "unknown");
	d->target = target;
	d->guest = json_object_get(report, "guest");
	d->disk_bus = text(launch, "disk_bus") ?: "";
	os = json_object_get(d->guest, "os");
	d->os_id = text(os, "id");
	d->os_version = text(os, "version");
	memory = count(launch, "memory_mib", 64 << 20);
	cpus = count(launch, "cpus", 4096);
	d->has_size = memory > 0 && cpus > 0;
	d->memory_mib = memory ?: DEFAULT_MEMORY;
	d->cpus = cpus ?: DEFAULT_CPUS;
	set_name(d, report);
	set_firmware(d, launch, machine);
	r = add_disks(d, report, err);
	if (r < 0)
		return r;
	/* A boot disk that is not one of them is as good as none. */
	d->boot_disk = count(launch, "boot_disk", MAX_DISKS);
	if (d->boot_disk >= d->n_disks)
		d->boot_disk = 0;
	return add_nics(d, launch, err);
}

static int find_format(const char *name, size_t *ret, struct cvt_error *err)
{
	char list[128] = "";

	for (*ret = 0; *ret < ARRAY_SIZE(formats); ++*ret) {
		if (strcmp(formats[*ret].name, name) == 0)
			return 0;
		strcat(strcat(list, *ret > 0 ? ", " : ""), formats[*ret].name);
	}
	return error_raise(err, ERR_USAGE, NULL,
			   "unknown description '%s', not one of %s", name, list);
}

static int check_target(size_t format, const struct described *d, struct cvt_error *err)
{
	const char *const *targets = formats[format].targets;
	int r;

	for (size_t i = 0; targets[i]; i++)
		if (strcmp(targets[i], d->target) == 0)
			return 0;
	r = error_raise(err, ERR_USAGE, NULL,
			"the guest was converted for %s, which %s does not describe",
			d->target, formats[format].name);
	return error_remedy(err, r, "convert it for %s, or choose another --as",
			    targets[0]);
}

int cvt_describe(const char *report_json, const char *format, char **ret,
		 struct cvt_error *err)
{
	CLEANUP_JSON json_t *report = NULL;
	struct described d = { 0 };
	json_error_t why;
	size_t i = 0;
	int r = find_format(format, &i, err);

	if (r < 0)
		return r;
	if (strnlen(report_json, MAX_REPORT + 1) > MAX_REPORT)
		return error_raise(err, ERR_JOB, NULL, "the report is too long");
	report = json_loads(report_json, JSON_REJECT_DUPLICATES, &why);
	if (!report)
		return error_raise(err, ERR_JOB, NULL, "line %d: %s", why.line, why.text);
	r = read_report(report, &d, err);
	if (r == 0)
		r = check_target(i, &d, err);
	if (r == 0)
		r = formats[i].write(&d, ret, err);
	free(d.disks);
	free(d.nics);
	return r;
}
