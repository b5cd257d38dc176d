/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "core/names.h"
#include "instance/machine_setup.h"
#include "volume/process.h"

#define CALM 4 /* half seconds; a SCSI bus is scanned at leisure */

static void make_file_systems(void)
{
	static const struct {
		const char *type, *where;
	} mounts[] = {
		{ "proc", "/proc" }, { "sysfs", "/sys" }, { "devtmpfs", "/dev" },
		{ "tmpfs", "/run" }, { "tmpfs", "/tmp" },
	};
	static const char *const directories[] = { "/run/libconvert", "/run/lock",
						   "/run/lvm", "/var", "/var/tmp" };

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		(void)mount(mounts[i].type, mounts[i].where, mounts[i].type,
			    MS_NOSUID | MS_NOATIME, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		(void)mkdir(directories[i], 0700);
}

static void open_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd < 3);
	if (fd >= 3)
		(void)close(fd);
}

/* There is no udev here, so that libdevmapper makes its nodes by itself. */
void machine_prepare(void)
{
	make_file_systems();
	open_standard_streams();
	(void)setenv("PATH", "/usr/sbin", 1);
	(void)setenv("TMPDIR", "/tmp", 1);
	(void)setenv("LC_ALL", "C.UTF-8", 1);
	(void)setenv("LVM_SUPPRESS_FD_WARNINGS", "1", 1);
}

/* nftw(3) takes no argument for its function. */
static struct names *aliases;

static int take_alias(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	CLEANUP_FCLOSE FILE *f = NULL;
	char line[1024] = "";

	(void)st;
	if (type != FTW_F || strcmp(path + ftw->base, "modalias") != 0)
		return 0;
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f))
		line[strcspn(line, "\n")] = '\0';
	return *line ? names_add_new(aliases, line) : 0;
}

/* Those from @from on; one that is not known is no failure. */
static void load(const struct names *list, size_t from)
{
	CLEANUP_FREE const char **argv = calloc(list->n - from + 4, sizeof(*argv));
	struct said said = { 0 };
	size_t n = 0;

	if (!argv)
		return;
	argv[n++] = "modprobe";
	argv[n++] = "-qab";
	argv[n++] = "--";
	for (size_t i = from; i < list->n; i++)
		argv[n++] = list->v[i];
	(void)process_run(NULL, argv, NULL, &said, NULL);
}

static size_t count_disks(const char *sys)
{
	CLEANUP_FREE char *pattern = NULL;
	glob_t g = { 0 };
	size_t n;

	if (asprintf(&pattern, "%s/block/*", sys) < 0) {
		pattern = NULL;
		return 0;
	}
	n = glob(pattern, 0, NULL, &g) == 0 ? g.gl_pathc : 0;
	globfree(&g);
	return n;
}

void machine_settle(const char *sys, time_t end)
{
	/* What no device asks for by itself. */
	static const char *const always[] = { "sd_mod", "virtio_blk", "loop",
					      "fuse",	"dm_mod",     "vfat" };
	CLEANUP_NAMES struct names seen = { 0 };
	CLEANUP_FREE char *devices = NULL;
	size_t n_disks = 0;

	if (asprintf(&devices, "%s/devices", sys) < 0) {
		devices = NULL;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		(void)names_add(&seen, always[i]);
	for (unsigned calm = 0, from = 0; calm < CALM && time(NULL) < end; calm++) {
		size_t now = count_disks(sys);

		aliases = &seen;
		(void)nftw(devices, take_alias, 16, FTW_PHYS);
		if (seen.n > from || now != n_disks)
			calm = 0;
		if (seen.n > from)
			load(&seen, from);
		from = (unsigned)seen.n;
		n_disks = now;
		(void)usleep(500000);
	}
}
