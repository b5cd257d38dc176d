/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tests of the conversion machine: what its job means, and which disks it takes. */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include "instance/machine_job.h"
#include "suite.h"

static void make_disks(struct machine_disks *d)
{
	static const struct machine_disk three[] = {
		{ (char *)"sda", (char *)"/1", (char *)"one" },
		{ (char *)"sdb", (char *)"/2", (char *)"two" },
		{ (char *)"nvme0n1", (char *)"/3", (char *)"" },
	};

	*d = (struct machine_disks){ (struct machine_disk *)three, ARRAY_SIZE(three) };
}

static void join(const struct names *l, char *out)
{
	*out = '\0';
	for (size_t i = 0; i < l->n; i++)
		strcat(strcat(out, i ? " " : ""), l->v[i]);
}

/* A job, as JSON or, if it does not begin with '{', as words of a kernel command line. */
static const struct {
	const char *what, *job;
	bool has_config;
	const char *words; /* begins with '!': part of the message it is refused with */
} jobs[] = {
	{ "all disks, in place", "{\"target\":\"kvm\"}", true,
	  "convert --engine=mount --time-limit=3600 --in-place --target=kvm -- /dev/sda "
	  "/dev/sdb /dev/nvme0n1" },
	{ "disks by serial and by name, in the order of the job",
	  "{\"mode\":\"plan\",\"target\":\"aws\",\"disks\":[{\"path\":\"/dev/nvme0n1\"},"
	  "{\"serial\":\"one\"}]}",
	  true,
	  "plan --engine=mount --time-limit=3600 --target=aws -- /dev/nvme0n1 /dev/sda" },
	{ "inspect takes no option of a change",
	  "{\"mode\":\"inspect\",\"target\":\"aws\",\"repair\":true,\"portable\":false}",
	  true,
	  "inspect --engine=mount --time-limit=3600 --repair -- /dev/sda /dev/sdb "
	  "/dev/nvme0n1" },
	{ "files are on the disk of the job",
	  "{\"target\":\"kvm\",\"undo\":\"u\",\"keys\":[{\"id\":\"x\",\"file\":\"k\"}],"
	  "\"disks\":[{\"serial\":\"two\"}]}",
	  true,
	  "convert --engine=mount --time-limit=3600 --in-place --target=kvm "
	  "--key=x:file:/c/k --undo=/c/u -- /dev/sdb" },
	{ "no option comes out of a value", "{\"target\":\"--help\"}", true,
	  "convert --engine=mount --time-limit=3600 --in-place --target=--help -- "
	  "/dev/sda /dev/sdb /dev/nvme0n1" },
	{ "the command line",
	  "quiet libconvert.target=vmware libconvert.nic=52:54:00:00:00:01=eth0 "
	  "libconvert.nic=52:54:00:00:00:02 libconvert.network=dhcp "
	  "libconvert.portable=no libconvert.time_limit=60\n",
	  false,
	  "convert --engine=mount --time-limit=60 --in-place --target=vmware "
	  "--network=dhcp --nic=52:54:00:00:00:01=eth0 --nic=52:54:00:00:00:02 "
	  "--no-portable -- /dev/sda /dev/sdb /dev/nvme0n1" },
	{ "a root with an equals sign", "libconvert.mode=inspect libconvert.root=UUID=1",
	  false,
	  "inspect --engine=mount --time-limit=3600 --root=UUID=1 -- /dev/sda /dev/sdb "
	  "/dev/nvme0n1" },
	{ "no such member", "{\"tarqet\":\"kvm\"}", true, "!\"tarqet\" is not known" },
	{ "no such word", "libconvert.tarqet=kvm", false, "!tarqet' is not known" },
	{ "a word without value", "libconvert.repair", false, "!has no value" },
	{ "neither yes nor no", "libconvert.repair=1", false, "!yes or no" },
	{ "another type", "{\"target\":1}", true, "!\"target\" makes no sense" },
	{ "no time at all", "{\"time_limit\":0}", true, "!\"time_limit\" makes no" },
	{ "no such mode", "{\"mode\":\"con\"}", true, "!\"mode\" is one of" },
	{ "no such end", "{\"then\":\"sleep\"}", true, "!\"then\" is one of" },
	{ "another schema", "{\"schema\":\"libconvert/job-2\"}", true, "!\"schema\"" },
	{ "a list of no objects", "{\"disks\":[\"sda\"]}", true, "!list of objects" },
	{ "of a disk, something else", "{\"disks\":[{\"name\":\"a\"}]}", true,
	  "!\"serial\" and \"path\"" },
	{ "no JSON", "{\"target\":", true, "!line 1" },
	{ "twice", "{\"target\":\"a\",\"target\":\"b\"}", true, "!line 1" },
	{ "no object", "{}", true,
	  "convert --engine=mount --time-limit=3600 --in-place -- /dev/sda /dev/sdb "
	  "/dev/nvme0n1" },
	{ "a disk that is not there", "{\"disks\":[{\"serial\":\"four\"}]}", true,
	  "!four: this machine has no such disk" },
	{ "no serial is no serial", "{\"disks\":[{\"serial\":\"\"}]}", true,
	  "!no such disk" },
	{ "a path for undo", "{\"undo\":\"../u\"}", true,
	  "!\"undo\" is the name of a file" },
	{ "a path for a key", "{\"keys\":[{\"id\":\"x\",\"file\":\"/k\"}]}", true,
	  "!\"file\" is the name of a file" },
	{ "no file for a key", "{\"keys\":[{\"id\":\"x\"}]}", true,
	  "!\"file\" is the name of a file" },
	{ "a path in an id", "{\"keys\":[{\"id\":\"x:file:/k\",\"file\":\"k\"}]}", true,
	  "!\"id\" is that of a device" },
	{ "undo without a disk for it", "libconvert.undo=u", false, "!LIBCONVERT" },
};

static int translate(const char *text, bool has_config, struct names *ret,
		     struct cvt_error *err)
{
	CLEANUP_NAMES struct names disks = { 0 };
	struct machine_disks all;
	json_t *job = NULL;
	int r = *text == '{' ? machine_job_parse(text, strlen(text), &job, err)
			     : machine_job_of_cmdline(text, &job, err);

	make_disks(&all);
	if (r == 0)
		r = machine_job_check(job, err);
	if (r == 0)
		r = machine_job_disks(job, &all, &disks, err);
	if (r == 0)
		r = machine_job_words(job, has_config ? "/c" : NULL, &disks, ret, err);
	json_decref(job);
	return r;
}

START_TEST(test_job)
{
	CLEANUP_NAMES struct names words = { 0 };
	struct cvt_error err = { 0 };
	char got[1024] = "";
	int r = translate(jobs[_i].job, jobs[_i].has_config, &words, &err);

	if (jobs[_i].words[0] == '!') {
		ck_assert_msg(r < 0 && strstr(err.msg, jobs[_i].words + 1), "%s: %s",
			      jobs[_i].what, err.msg);
		return;
	}
	ck_assert_msg(r == 0, "%s: %s", jobs[_i].what, err.msg);
	join(&words, got);
	ck_assert_msg(strcmp(got, jobs[_i].words) == 0, "%s: %s", jobs[_i].what, got);
}
END_TEST

START_TEST(test_no_job)
{
	json_t *job = NULL;

	ck_assert_int_eq(
		machine_job_of_cmdline("console=ttyS0 root=/dev/sda\n", &job, NULL), 0);
	ck_assert_ptr_null(job);
}
END_TEST

/* Places of QEMU's devices; each is before the next. */
static const char *const places[] = {
	"/sys/devices/pci0000:00/0000:00:01.1/ata1/host1/target1:0:0/1:0:0:0/block/sdc",
	"/sys/devices/pci0000:00/0000:00:04.0/virtio0/block/vdb",
	"/sys/devices/pci0000:00/0000:00:09.0/virtio9/block/vdz",
	"/sys/devices/pci0000:00/0000:00:0a.0/virtio1/block/vda",
	"/sys/devices/pci0000:00/0000:00:0f.0/host2/target2:0:2/2:0:2:0/block/sdb",
	"/sys/devices/pci0000:00/0000:00:0f.0/host2/target2:0:10/2:0:10:0/block/sda",
	"/sys/devices/pci0000:00/0000:00:10.0/nvme/nvme0/nvme0n1",
	"/sys/devices/pci0000:00/0000:00:1f.2/ata3/host5/target5:0:0/5:0:0:0/block/sdd",
	"/sys/devices/vbd-51712/block/xvda",
	"/sys/devices/vbd-51728/block/xvdb",
};

START_TEST(test_places)
{
	for (int i = 0; i < (int)ARRAY_SIZE(places); i++) {
		int c = compare_places(places[_i], places[i]);

		ck_assert_msg(_i < i   ? c < 0
			      : _i > i ? c > 0
				       : c == 0,
			      "%s, %s: %d", places[_i], places[i], c);
	}
}
END_TEST

static void put(const char *root, const char *path, const char *text)
{
	char name[512], *slash;

	snprintf(name, sizeof(name), "%s/%s", root, path);
	for (slash = name + strlen(root); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		(void)mkdir(name, 0755);
		*slash = '/';
	}
	if (text) {
		CLEANUP_FCLOSE FILE *f = fopen(name, "we");

		ck_assert_ptr_nonnull(f);
		fputs(text, f);
	}
}

START_TEST(test_sysfs)
{
	CLEANUP_MACHINE_DISKS struct machine_disks d = { 0 };
	char root[] = "/tmp/libconvert-test.XXXXXX", command[64];

	ck_assert_ptr_nonnull(mkdtemp(root));
	put(root, "block/vda/device/", NULL);
	put(root, "block/vda/size", "2048\n");
	put(root, "block/vda/serial", "first");
	put(root, "block/nvme0n1/device/serial", "second              \n");
	put(root, "block/nvme0n1/size", "2048\n");
	put(root, "block/sr0/device/", NULL);
	put(root, "block/sr0/size", "2048\n");
	put(root, "block/sdb/device/", NULL);
	put(root, "block/sdb/size", "0\n");
	put(root, "block/loop0/size", "2048\n");
	ck_assert_int_eq(machine_disks_find(root, &d), 0);
	snprintf(command, sizeof(command), "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
	ck_assert_uint_eq(d.n, 2);
	ck_assert_str_eq(d.v[0].name, "nvme0n1");
	ck_assert_str_eq(d.v[0].serial, "second");
	ck_assert_str_eq(d.v[1].name, "vda");
	ck_assert_str_eq(d.v[1].serial, "first");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("machine");
	TCase *tc = tcase_create("machine");

	tcase_add_loop_test(tc, test_job, 0, (int)ARRAY_SIZE(jobs));
	tcase_add_loop_test(tc, test_places, 0, (int)ARRAY_SIZE(places));
	tcase_add_test(tc, test_no_job);
	tcase_add_test(tc, test_sysfs);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
