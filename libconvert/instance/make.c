/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The conversion machine: a kernel, an initramfs, and a disk that boots both. */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "instance/beside.h"
#include "instance/initramfs.h"
#include "instance/instance.h"
#include "instance/kernel.h"
#include "job.h"
#include "target/target.h"
#include "volume/fullio.h"
#include "volume/process.h"

#define COPY ((size_t)1 << 20)
#define GRUB "/usr/lib/grub/"
#define MISSING "(Debian: grub-common grub-pc-bin grub-efi-amd64-bin mtools xorriso)"

/* What disks hang off on machines that are no target of a conversion, and what file systems
 * the disk of the job has.
 */
static const char *const more_modules[] = {
	"sd_mod",      "ahci",	       "ata_piix",    "ata_generic",
	"virtio_mmio", "uas",	       "mptsas",      "mptspi",
	"sym53c8xx",   "megaraid_sas", "mpt3sas",     "usb_storage",
	"xhci_pci",    "ehci_pci",     "uhci_hcd",    "virtio_console",
	"ext4",	       "xfs",	       "btrfs",	      "crc32c_intel",
	"aesni_intel", "sha256_ssse3", "pata_legacy",
};
static const char *const drivers[] = { "fs/nls/", "arch/x86/crypto/", NULL };
static const char *const programs[] = { "qemu-storage-daemon", "qemu-img",
					"fusermount3" };

/* Panics are an end too.  The last console is where process 1 would be heard. */
static const char grub_cfg[] =
	"set timeout=0\n"
	"serial --unit=0 --speed=115200\n"
	"terminal_output console serial\n"
	"linux /boot/vmlinuz console=tty0 console=ttyS0,115200 panic=10 quiet\n"
	"initrd /boot/initramfs.cpio\n"
	"boot\n";

struct make {
	struct cvt *c;
	const char *dir;
	char *kernel, *modules;	 /* of this host */
	char *image, *initramfs; /* what is made */
	struct names wanted;
};

static void make_clear(struct make *m)
{
	free(m->kernel);
	free(m->modules);
	free(m->image);
	free(m->initramfs);
	names_clear(&m->wanted);
}

static int fail(struct cvt_error *err, const char *path, int code)
{
	return error_raise(err, ERR_OUTPUT, path, "%s", strerror(-code));
}

/* All that the drivers of all targets are, and more. */
static int want_modules(struct make *m)
{
	const struct target *t;
	int r = 0;

	for (size_t i = 0; (t = target_at(i)); i++)
		for (size_t k = 0; k < t->n_drivers && r == 0; k++)
			if (t->drivers[k].flags & DRIVER_DISK)
				r = names_add_new(&m->wanted, t->drivers[k].module);
	for (const char *const *p = instance_modules; *p && r == 0; p++)
		r = names_add_new(&m->wanted, *p);
	for (size_t i = 0; i < ARRAY_SIZE(more_modules) && r == 0; i++)
		r = names_add_new(&m->wanted, more_modules[i]);
	return r;
}

static int copy(const char *from, const char *to)
{
	CLEANUP_CLOSE int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEANUP_CLOSE int out = -1;
	CLEANUP_FREE char *buf = malloc(COPY);
	uint64_t done = 0;
	ssize_t n;
	int r = buf ? 0 : -ENOMEM;

	if (in < 0)
		return -errno;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out < 0)
		return -errno;
	while (r == 0 && (n = read(in, buf, COPY)) > 0) {
		r = pwrite_full(out, buf, (size_t)n, done);
		done += (uint64_t)n;
	}
	return r == 0 && n < 0 ? -errno : r;
}

static int make_initramfs(struct make *m, struct cvt_error *err)
{
	CLEANUP_FREE char *init = NULL, *program = NULL;
	CLEANUP_FREE const char **modules = calloc(m->wanted.n + 1, sizeof(*modules));
	const char *list[ARRAY_SIZE(programs) + 2] = { NULL };
	struct contents_options options = {
		.modules_dir = m->modules,
		.modules = modules,
		.programs = list,
		.drivers = drivers,
	};
	int r = find_beside("convert-machine", &init, err);

	if (r == 0)
		r = find_beside("convert-image", &program, err);
	if (r < 0)
		return r;
	if (!modules)
		return error_nomem(err);
	for (size_t i = 0; i < m->wanted.n; i++)
		modules[i] = m->wanted.v[i];
	options.init = init;
	list[0] = program;
	memcpy(list + 1, programs, sizeof(programs));
	return initramfs_write(&m->c->ctx, &options, m->initramfs, err);
}

/* ---- the bootable disk ---- */

static int check_grub(struct cvt_error *err)
{
	static const char *const needed[] = { GRUB "i386-pc/moddep.lst",
					      GRUB "x86_64-efi/moddep.lst" };
	static const char *const tools[] = { "grub-mkrescue", "xorriso", "mformat" };

	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (access(needed[i], R_OK) < 0)
			return error_raise(
				err, ERR_NO_PROGRAM, NULL,
				"no instance.img, as %s is not installed " MISSING,
				needed[i]);
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		CLEANUP_FREE char *file = find_program(tools[i], NULL);

		if (!file)
			return error_raise(
				err, ERR_NO_PROGRAM, NULL,
				"no instance.img, as %s is not installed " MISSING,
				tools[i]);
	}
	return 0;
}

static int write_text(const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 ? -errno : pwrite_full(fd, text, strlen(text), 0);
}

/* grub-mkrescue's picture is a disk for BIOS and UEFI as much as it is a CD. */
static int run_grub(struct make *m, const char *config, const char *out,
		    struct cvt_error *err)
{
	CLEANUP_FREE char *cfg = NULL, *kernel = NULL, *initramfs = NULL;
	const char *argv[] = {
		"grub-mkrescue",   "-o", out, NULL, NULL, NULL, "--", "-volid",
		"LIBCONVERT_BOOT", NULL
	};
	struct said said = { 0 };
	int r;

	if (asprintf(&cfg, "boot/grub/grub.cfg=%s", config) < 0)
		cfg = NULL;
	if (asprintf(&kernel, "boot/vmlinuz=%s", m->image) < 0)
		kernel = NULL;
	if (asprintf(&initramfs, "boot/initramfs.cpio=%s", m->initramfs) < 0)
		initramfs = NULL;
	if (!cfg || !kernel || !initramfs)
		return error_nomem(err);
	argv[3] = cfg, argv[4] = kernel, argv[5] = initramfs;
	r = process_run(&m->c->ctx, argv, NULL, &said, err);
	return r > 0 ? error_raise(err, ERR_OUTPUT, out, "grub-mkrescue: %s", said.text)
		     : r;
}

static int make_disk(struct make *m, const char *config, struct cvt_error *err)
{
	CLEANUP_FREE char *out = NULL;
	struct stat st;
	int r = check_grub(err);

	if (r < 0)
		return r;
	if (asprintf(&out, "%s/instance.img", m->dir) < 0) {
		out = NULL;
		return error_nomem(err);
	}
	if (lstat(out, &st) == 0)
		return error_raise(err, ERR_OUTPUT_EXISTS, out, "is there already");
	r = write_text(config, grub_cfg);
	if (r < 0)
		return fail(err, config, r);
	r = run_grub(m, config, out, err);
	(void)unlink(config);
	return r;
}

/* ---- all of it ---- */

static int make_all(struct make *m, struct cvt_error *err)
{
	CLEANUP_FREE char *config = NULL;
	struct stat st;
	int r;

	if (asprintf(&m->image, "%s/vmlinuz", m->dir) < 0)
		m->image = NULL;
	if (asprintf(&m->initramfs, "%s/initramfs.cpio", m->dir) < 0)
		m->initramfs = NULL;
	if (asprintf(&config, "%s/grub.cfg", m->dir) < 0)
		config = NULL;
	if (!m->image || !m->initramfs || !config || want_modules(m) < 0)
		return error_nomem(err);
	if (lstat(m->initramfs, &st) == 0)
		return error_raise(err, ERR_OUTPUT_EXISTS, m->initramfs,
				   "is there already");
	r = kernel_find(&m->kernel, &m->modules, err);
	if (r < 0)
		return r;
	r = copy(m->kernel, m->image);
	if (r == -EEXIST)
		return error_raise(err, ERR_OUTPUT_EXISTS, m->image, "is there already");
	if (r < 0)
		return fail(err, m->image, r);
	r = make_initramfs(m, err);
	return r < 0 ? r : make_disk(m, config, err);
}

int cvt_make_instance(struct cvt *c, const char *dir, const char *kernel,
		      const char *modules, struct cvt_error *err)
{
	CLEANUP(make_clear)
	struct make m = {
		.c = c,
		.dir = dir,
		.kernel = kernel ? strdup(kernel) : NULL,
		.modules = modules ? strdup(modules) : NULL,
	};

	if ((kernel && !m.kernel) || (modules && !m.modules))
		return error_nomem(err);
	return make_all(&m, err);
}
