/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration of a VMware machine: lines KEY = "VALUE", keys in any case.  VMware does
 * not document it; what is read here agrees with libvirt's src/vmx/vmx.c, tried on its tests
 * by tests/test-assets-vm.c.
 */
#include <config.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "vm/vm.h"

#define MAX_LINES 16384
#define MAX_DEVICES 1024

/* One of scsi0:0, sata0:1, ide1:0, nvme0:0; or, with is_controller, scsi0. */
struct device {
	enum vm_bus bus;
	bool is_controller;
	unsigned controller, unit;
	bool is_present;
	const char *file, *type; /* NULL: not said */
};

struct nic {
	bool is_present, is_static;
	const char *address, *generated, *model, *features;
};

struct vmx {
	struct device *devices;
	size_t n_devices;
	struct nic nics[VM_MAX_NICS];
	const char *name;
	bool is_efi;
	unsigned memory_mib, cpus;
	size_t n_lines; /* with a key */
};

static bool is_true(const char *value)
{
	return strcasecmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

/* Decode @mark and two hex digits, in place. */
static void unescape(char *text, char mark)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == mark && isxdigit((unsigned char)p[1]) &&
		    isxdigit((unsigned char)p[2])) {
			const char hex[3] = { p[1], p[2], '\0' };
			long c = strtol(hex, NULL, 16);

			*to++ = c ? (char)c : '?';
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

static int find_device(struct vmx *x, const struct device *like, struct device **ret,
		       struct cvt_error *err)
{
	struct device *grown;

	for (size_t i = 0; i < x->n_devices; i++) {
		struct device *d = &x->devices[i];

		if (d->bus == like->bus && d->is_controller == like->is_controller &&
		    d->controller == like->controller && d->unit == like->unit) {
			*ret = d;
			return 0;
		}
	}
	if (x->n_devices == MAX_DEVICES)
		return error_set(err, -E2BIG, "more than %d devices", MAX_DEVICES);
	grown = realloc(x->devices, (x->n_devices + 1) * sizeof(*grown));
	if (!grown)
		return error_nomem(err);
	x->devices = grown;
	grown[x->n_devices] = *like;
	*ret = &grown[x->n_devices++];
	return 0;
}

/* "scsi0:1.fileName" and "scsi0.present"; 0 too if it is another key. */
static int take_device(struct vmx *x, const char *key, const char *value,
		       struct cvt_error *err)
{
	static const enum vm_bus buses[] = { VM_BUS_SCSI, VM_BUS_SATA, VM_BUS_IDE,
					     VM_BUS_NVME };
	struct device like = { 0 }, *d = NULL;
	int n = 0, r;

	for (size_t i = 0; i < ARRAY_SIZE(buses); i++) {
		const char *name = vm_bus_name(buses[i]);

		if (strncasecmp(key, name, strlen(name)) == 0) {
			like.bus = buses[i];
			key += strlen(name);
			break;
		}
	}
	if (!like.bus || !isdigit((unsigned char)*key))
		return 0;
	if (sscanf(key, "%3u:%3u.%n", &like.controller, &like.unit, &n) != 2 || n == 0) {
		like.unit = 0;
		like.is_controller = true;
		if (sscanf(key, "%3u.%n", &like.controller, &n) != 1 || n == 0)
			return 0;
	}
	key += n;
	r = find_device(x, &like, &d, err);
	if (r < 0)
		return r;
	if (strcasecmp(key, "present") == 0)
		d->is_present = is_true(value);
	else if (strcasecmp(key, "fileName") == 0)
		d->file = value;
	else if (strcasecmp(key, "deviceType") == 0)
		d->type = value;
	return 0;
}

/* "ethernet0.generatedAddress" */
static void take_nic(struct vmx *x, const char *key, const char *value)
{
	struct nic *nic;
	unsigned number;
	int n = 0;

	if (sscanf(key, "%3u.%n", &number, &n) != 1 || n == 0 || number >= VM_MAX_NICS)
		return;
	nic = &x->nics[number];
	key += n;
	if (strcasecmp(key, "present") == 0)
		nic->is_present = is_true(value);
	else if (strcasecmp(key, "addressType") == 0)
		nic->is_static = strcasecmp(value, "static") == 0;
	else if (strcasecmp(key, "address") == 0)
		nic->address = value;
	else if (strcasecmp(key, "generatedAddress") == 0)
		nic->generated = value;
	else if (strcasecmp(key, "virtualDev") == 0)
		nic->model = value;
	else if (strcasecmp(key, "features") == 0)
		nic->features = value;
}

static int take(struct vmx *x, const char *key, char *value, struct cvt_error *err)
{
	static const char ethernet[] = "ethernet";

	unescape(value, '|');
	if (strcasecmp(key, "displayName") == 0) {
		/* As vSphere stores '/', '\' and '%' in names. */
		unescape(value, '%');
		x->name = value;
	} else if (strcasecmp(key, "firmware") == 0) {
		x->is_efi = strcasecmp(value, "efi") == 0;
	} else if (strcasecmp(key, "memsize") == 0) {
		x->memory_mib = vm_number(value, 64 << 20);
	} else if (strcasecmp(key, "numvcpus") == 0) {
		x->cpus = vm_number(value, 4096);
	} else if (strncasecmp(key, ethernet, strlen(ethernet)) == 0) {
		take_nic(x, key + strlen(ethernet), value);
	} else {
		return take_device(x, key, value, err);
	}
	return 0;
}

/* Splits KEY = "VALUE" in place; false: it is something else. */
static bool split(char *line, char **key, char **value)
{
	char *eq = strchr(line, '='), *end;

	if (!eq)
		return false;
	*eq = '\0';
	*key = line + strspn(line, " \t");
	*value = eq + 1 + strspn(eq + 1, " \t");
	for (end = eq; end > *key && isspace((unsigned char)end[-1]); end--)
		end[-1] = '\0';
	if (!**key || strpbrk(*key, " \t\"<>{}"))
		return false;
	if (**value == '"') {
		++*value;
		end = strchr(*value, '"');
		if (!end)
			return false;
		*end = '\0';
	} else {
		for (end = *value + strlen(*value);
		     end > *value && isspace((unsigned char)end[-1]); end--)
			end[-1] = '\0';
	}
	return true;
}

static int read_lines(struct vmx *x, char *text, struct cvt_error *err)
{
	char *next, *key, *value;
	size_t number = 1;
	int r = 0;

	for (char *line = text; line && r == 0; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "\r")] = '\0';
		line += strspn(line, " \t");
		if (number > MAX_LINES)
			return error_set(err, -E2BIG, "more than %d lines", MAX_LINES);
		if (!*line || *line == '#')
			continue;
		/* What begins otherwise is no VMX, and lines further on are VMware's affair. */
		if (split(line, &key, &value))
			r = take(x, key, value, err);
		else if (x->n_lines == 0)
			return error_set(
				err, -EINVAL,
				"is neither OVF, domain of libvirt, VMX nor JSON");
		x->n_lines++;
	}
	return r;
}

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcasecmp(text + n - m, end) == 0;
}

static bool is_hard_disk(const struct device *d)
{
	static const char *const types[] = { "disk", "scsi-hardDisk", "ata-hardDisk",
					     "plainDisk", "rawDisk" };

	if (!d->is_present || d->is_controller || !d->file || !*d->file)
		return false;
	if (!d->type)
		return ends_in(d->file, ".vmdk");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcasecmp(types[i], d->type) == 0)
			return true;
	return false;
}

/* Those of IDE are always there. */
static bool has_controller(const struct vmx *x, const struct device *d)
{
	for (size_t i = 0; i < x->n_devices; i++) {
		const struct device *c = &x->devices[i];

		if (c->is_controller && c->is_present && c->bus == d->bus &&
		    c->controller == d->controller)
			return true;
	}
	return d->bus == VM_BUS_IDE;
}

static int add_disks(const struct vmx *x, struct vm *ret, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < x->n_devices && r == 0; i++) {
		const struct device *d = &x->devices[i];
		struct vm_disk *disk;

		if (!is_hard_disk(d) || !has_controller(x, d))
			continue;
		r = vm_add_disk(ret, &disk, err);
		if (r < 0)
			return r;
		disk->bus = d->bus;
		disk->rank = d->bus;
		disk->controller = d->controller;
		disk->unit = d->unit;
		r = vm_set_text(&disk->file, d->file, err);
		if (r == 0 && ends_in(d->file, ".vmdk"))
			r = vm_set_text(&disk->format, "vmdk", err);
	}
	vm_sort_disks(ret);
	return r;
}

static int add_nics(const struct vmx *x, struct vm *ret, struct cvt_error *err)
{
	int r = 0;

	for (size_t i = 0; i < VM_MAX_NICS && r == 0; i++) {
		const struct nic *n = &x->nics[i];
		const char *model = n->model;
		struct vm_nic *nic;

		if (!n->is_present)
			continue;
		r = vm_add_nic(ret, &nic, err);
		if (r < 0)
			return r;
		vm_set_mac(nic, n->is_static && n->address ? n->address
				: n->generated		   ? n->generated
							   : n->address);
		/* The "enhanced" vmxnet is named by a number only. */
		if (model && n->features && strcasecmp(model, "vmxnet") == 0 &&
		    strcmp(n->features, "15") == 0)
			model = "vmxnet2";
		r = vm_set_model(nic, model, err);
	}
	return r;
}

int vm_parse_vmx(const char *data, size_t len, struct vm *ret, struct cvt_error *err)
{
	CLEANUP_FREE char *text = strndup(data, len);
	/* What VMware takes where nothing is said. */
	struct vmx x = { .memory_mib = 32, .cpus = 1 };
	int r;

	if (!text)
		return error_nomem(err);
	if (memchr(data, '\0', len))
		return error_set(err, -EINVAL,
				 "is neither OVF, domain of libvirt, VMX nor JSON");
	r = read_lines(&x, text, err);
	if (r == 0 && x.n_lines == 0)
		r = error_set(err, -EINVAL, "is empty");
	if (r == 0)
		r = vm_set_text(&ret->name, x.name, err);
	ret->format = VM_VMX;
	ret->firmware = x.is_efi ? "uefi" : "bios";
	ret->memory_mib = x.memory_mib;
	ret->cpus = x.cpus;
	if (r == 0)
		r = add_disks(&x, ret, err);
	if (r == 0)
		r = add_nics(&x, ret, err);
	free(x.devices);
	return r;
}
