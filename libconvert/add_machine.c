/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The description of a machine from its file; its disks become those of the job. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "job.h"
#include "ova.h"
#include "volume/fullio.h"

static int read_file(const char *file, struct bytes *ret, struct cvt_error *err)
{
	CLEANUP_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP_BYTES struct bytes b = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_raise(err, ERR_MACHINE, file, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_raise(err, ERR_MACHINE, file, "is no regular file");
	b.len = st.st_size < VM_MAX_SIZE ? (size_t)st.st_size : VM_MAX_SIZE;
	b.data = calloc(1, b.len + 1);
	if (!b.data)
		return error_nomem(err);
	if (pread_full(fd, b.data, b.len, 0) < 0)
		return error_raise(err, ERR_MACHINE, file, "cannot be read");
	if (ova_is_one(b.data, b.len)) {
		*ret = bytes_take(&b);
		return 0;
	}
	if (st.st_size > VM_MAX_SIZE)
		return error_raise(err, ERR_MACHINE, file,
				   "has %lld bytes, more than a description of a machine",
				   (long long)st.st_size);
	*ret = bytes_take(&b);
	return 0;
}

/* An empty disk holds nothing that would have to boot. */
static int add_disks(struct cvt *c, const struct vm *vm, const char *file,
		     struct cvt_error *err)
{
	CLEANUP_FREE char *dir = parent_directory(file);
	int r = dir ? 0 : error_nomem(err);

	for (size_t i = 0; i < vm->n_disks && r == 0; i++) {
		const struct vm_disk *d = &vm->disks[i];
		CLEANUP_FREE char *path = NULL;

		if (!d->file && !d->elsewhere)
			continue;
		r = vm_disk_path(vm, d, dir, &path, err);
		if (r < 0)
			return error_place(err, r, ERR_MACHINE, file);
		r = cvt_add_disk(c, path, d->format, err);
	}
	if (r == 0 && c->n_disks == 0)
		return error_raise(err, ERR_MACHINE, file, "describes no disk");
	return r;
}

static void drop_disks(struct cvt *c)
{
	while (c->n_disks > 0) {
		struct disk *d = &c->disks[--c->n_disks];

		free((char *)d->path);
		free((char *)d->format);
	}
}

/* *@ret_ovf: the OVF of an OVA, which is unpacked now; NULL: @file is the description. */
static int read_machine(struct cvt *c, const char *file, struct vm *ret, char **ret_ovf,
			struct cvt_error *err)
{
	CLEANUP_BYTES struct bytes data = { 0 };
	int r = read_file(file, &data, err);

	if (r == 0 && ova_is_one(data.data, data.len) && !c->unpacked) {
		r = ova_unpack(file, c->work_dir, &c->unpacked, ret_ovf, err);
		bytes_clear(&data);
		if (r == 0)
			r = read_file(*ret_ovf, &data, err);
	}
	if (r < 0)
		return r;
	r = vm_parse(data.data, data.len, ret, err);
	return r < 0 ? error_place(err, r, ERR_MACHINE, file) : 0;
}

int cvt_add_machine(struct cvt *c, const char *file, struct cvt_error *err)
{
	CLEANUP_FREE struct vm *vm = calloc(1, sizeof(*vm));
	CLEANUP_FREE char *source = strdup(file), *ovf = NULL;
	int r;

	if (!vm || !source)
		return error_nomem(err);
	if (c->vm)
		return error_raise(err, ERR_USAGE, NULL, "two machines are described");
	r = read_machine(c, file, vm, &ovf, err);
	if (r == 0 && c->n_disks == 0) {
		r = add_disks(c, vm, ovf ? ovf : file, err);
		if (r < 0)
			drop_disks(c);
	}
	if (r < 0) {
		vm_clear(vm);
		return r;
	}
	c->vm = take_ptr(vm);
	c->vm_source = take_ptr(source);
	return 0;
}
