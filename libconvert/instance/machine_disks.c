/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <ctype.h>
#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/fs.h>

#include "instance/machine_disks.h"
#include "volume/volume.h"

static void disk_clear(struct machine_disk *d)
{
	free(d->name);
	free(d->place);
	free(d->serial);
}

void machine_disks_clear(struct machine_disks *d)
{
	for (size_t i = 0; i < d->n; i++)
		disk_clear(&d->v[i]);
	free(d->v);
	*d = (struct machine_disks){ 0 };
}

/* Its digits, without leading zeroes. */
static const char *take_number(const char **p, size_t *len)
{
	const char *start;

	while (**p == '0' && isxdigit((unsigned char)(*p)[1]))
		(*p)++;
	for (start = *p; isxdigit((unsigned char)**p);)
		(*p)++;
	*len = (size_t)(*p - start);
	return start;
}

int compare_places(const char *a, const char *b)
{
	while (*a && *b) {
		if (isxdigit((unsigned char)*a) && isxdigit((unsigned char)*b)) {
			size_t n, m;
			const char *x = take_number(&a, &n), *y = take_number(&b, &m);
			int r = n == m ? memcmp(x, y, n) : n < m ? -1 : 1;

			if (r != 0)
				return r;
		} else if (*a != *b) {
			break;
		} else {
			a++, b++;
		}
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static int compare(const void *a, const void *b)
{
	return compare_places(((const struct machine_disk *)a)->place,
			      ((const struct machine_disk *)b)->place);
}

/* The first bytes of an attribute; "": it is not there. */
static size_t read_attribute(const char *dir, const char *name, char *out, size_t size)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_CLOSE int fd = -1;
	ssize_t n;

	out[0] = '\0';
	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static char *trimmed(const char *text, size_t n)
{
	while (n > 0 && isspace((unsigned char)text[0]))
		text++, n--;
	n = strnlen(text, n);
	while (n > 0 && isspace((unsigned char)text[n - 1]))
		n--;
	return strndup(text, n);
}

/* virtio-blk, NVMe, and SCSI with the unit serial number page (SPC-4, 7.8.15). */
static char *read_serial(const char *dir)
{
	static const char *const names[] = { "serial", "device/serial",
					     "device/vpd_pg80" };
	char text[260] = "";
	size_t n = 0, i;

	for (i = 0; i < ARRAY_SIZE(names) && n == 0; i++)
		n = read_attribute(dir, names[i], text, sizeof(text));
	if (i == ARRAY_SIZE(names) && n >= 4)
		return trimmed(text + 4, n - 4);
	return trimmed(text, n);
}

/* What has no device is a loop, an array, a mapping; "sr" and "fd" take what is put in. */
static bool is_disk(const char *dir, const char *name)
{
	CLEANUP_FREE char *device = NULL;
	char size[32];

	if (asprintf(&device, "%s/device", dir) < 0) {
		device = NULL;
		return false;
	}
	if (access(device, F_OK) < 0 || strncmp(name, "sr", 2) == 0 ||
	    strncmp(name, "fd", 2) == 0)
		return false;
	return read_attribute(dir, "size", size, sizeof(size)) > 0 && atoll(size) > 0;
}

static int add(struct machine_disks *l, const char *dir, const char *name)
{
	struct machine_disk *grown, new = { 0 };

	new.name = strdup(name);
	new.place = realpath(dir, NULL);
	new.serial = read_serial(dir);
	grown = realloc(l->v, (l->n + 1) * sizeof(*grown));
	if (grown)
		l->v = grown;
	if (!grown || !new.name || !new.place || !new.serial) {
		disk_clear(&new);
		return -ENOMEM;
	}
	l->v[l->n++] = new;
	return 0;
}

int machine_disks_find(const char *sys, struct machine_disks *ret)
{
	CLEANUP_MACHINE_DISKS struct machine_disks l = { 0 };
	CLEANUP_FREE char *pattern = NULL;
	glob_t g = { 0 };
	int r = 0;

	if (asprintf(&pattern, "%s/block/*", sys) < 0) {
		pattern = NULL;
		return -ENOMEM;
	}
	if (glob(pattern, 0, NULL, &g) != 0)
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc && r == 0; i++) {
		const char *name = strrchr(g.gl_pathv[i], '/') + 1;

		if (is_disk(g.gl_pathv[i], name))
			r = add(&l, g.gl_pathv[i], name);
	}
	globfree(&g);
	if (r < 0)
		return r;
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), compare);
	*ret = l;
	l = (struct machine_disks){ 0 };
	return 0;
}

/* FAT keeps labels in capitals or not, as its tools like. */
static bool has_label(const char *device, const char *label)
{
	CLEANUP_CLOSE int fd = open(device, O_RDONLY | O_CLOEXEC);
	CLEANUP(guest_clear) struct guest g = { 0 };
	struct device *d = guest_add_device(&g);
	uint64_t size = 0;

	return fd >= 0 && d && ioctl(fd, BLKGETSIZE64, &size) == 0 &&
	       volume_probe_superblock(fd, 0, size, d, NULL) == 0 && d->label &&
	       strcasecmp(d->label, label) == 0;
}

char *machine_disk_labelled(const char *sys, const struct machine_disk *d,
			    const char *label)
{
	CLEANUP_FREE char *pattern = NULL, *device = NULL;
	glob_t g = { 0 };
	bool found;

	if (asprintf(&device, "/dev/%s", d->name) < 0)
		device = NULL;
	if (asprintf(&pattern, "%s/block/%s/%s*", sys, d->name, d->name) < 0)
		pattern = NULL;
	if (!device || !pattern)
		return NULL;
	found = has_label(device, label);
	if (!found && glob(pattern, 0, NULL, &g) != 0)
		g.gl_pathc = 0;
	for (size_t i = 0; i < g.gl_pathc && !found; i++) {
		free(take_ptr(device));
		if (asprintf(&device, "/dev/%s", strrchr(g.gl_pathv[i], '/') + 1) < 0)
			device = NULL;
		found = device && has_label(device, label);
	}
	globfree(&g);
	return found ? take_ptr(device) : NULL;
}
