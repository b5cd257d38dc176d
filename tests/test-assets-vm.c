/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptions of machines that others made: each is read, or refused for a reason that is
 * listed here; and what libvirt reads from a VMX is what we read.
 */
#include <config.h>

#include <stdarg.h>

#include "assets.h"
#include "vm/vm.h"

static struct assets files;

enum kind {
	OTHER,
	OVF,
	VMX,
	DOMAIN,
	N_KINDS
};
static const char *const kinds[] = { "other", "OVF", "VMX", "domain XML" };

#define OUTSIDE "does not lie beside the description"

/* What is refused, and why. */
static const struct {
	const char *path, *why;
} refused[] = {
	/* clang-format off */
	{ "tests/ersatz_ovf_3.0.ovf", "is an OVF of an unknown version, 'http://schemas.dmtf.org/ovf/envelope/3'" },
	{ "tests/invalid.ovf", "disk 1 of the machine is not among the disks of the description" },
	{ "vmx2xmldata/esx-in-the-wild-8.vmx", OUTSIDE },
	{ "vmx2xmldata/harddisk-ide-file-missing-datastore.vmx", OUTSIDE },
	{ "vmx2xmldata/harddisk-scsi-file-missing-file.vmx", OUTSIDE },
	{ "vmx2xmldata/ws-in-the-wild-1.vmx", OUTSIDE },
	{ "vmx2xmldata/ws-in-the-wild-2.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-1.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-2.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-3.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-4.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-5.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-6.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-7.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-9.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-fusion-in-the-wild-1.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-gsx-in-the-wild-1.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-gsx-in-the-wild-2.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-gsx-in-the-wild-3.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-gsx-in-the-wild-4.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-harddisk-ide-file.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-harddisk-scsi-file.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-scsi-driver.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-scsi-writethrough.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-ws-in-the-wild-1.vmx", OUTSIDE },
	{ "xml2vmxdata/xml2vmx-ws-in-the-wild-2.vmx", OUTSIDE },
	/* clang-format on */
};

/* Where libvirt has something else, and why ours is right all the same. */
#define CDROM "the drive is a CD-ROM of the host, which libvirt calls a LUN"
#define IDE_FIRST "libvirt lists SCSI before IDE; the kernel finds IDE first"
static const struct {
	const char *path, *difference, *why;
} differences[] = {
	/* clang-format off */
	{ "vmx2xmldata/cdrom-ide-raw-auto-detect.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "vmx2xmldata/cdrom-ide-raw-device.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "vmx2xmldata/cdrom-scsi-passthru.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "vmx2xmldata/cdrom-scsi-raw-auto-detect.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "vmx2xmldata/cdrom-scsi-raw-device.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "vmx2xmldata/esx-in-the-wild-2.vmx", "disk ide ", IDE_FIRST },
	{ "vmx2xmldata/esx-in-the-wild-7.vmx", "1 disks and 1 NICs, not 2 and 1", CDROM },
	{ "xml2vmxdata/xml2vmx-cdrom-ide-raw-auto-detect.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "xml2vmxdata/xml2vmx-cdrom-ide-raw-device.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "xml2vmxdata/xml2vmx-cdrom-scsi-passthru.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "xml2vmxdata/xml2vmx-cdrom-scsi-raw-auto-detect.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "xml2vmxdata/xml2vmx-cdrom-scsi-raw-device.vmx", "0 disks and 0 NICs, not 1 and 0", CDROM },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-2.vmx", "disk ide ", IDE_FIRST },
	{ "xml2vmxdata/xml2vmx-esx-in-the-wild-7.vmx", "1 disks and 1 NICs, not 2 and 1", CDROM },
	/* clang-format on */
};

static bool ends_in(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

static enum kind kind_of(const char *path)
{
	if (ends_in(path, ".ovf") || strstr(path, "vmOvfData"))
		return OVF;
	if (ends_in(path, ".vmx"))
		return VMX;
	return ends_in(path, ".xml") && strncmp(path, "domainschemadata", 16) != 0
		       ? DOMAIN
		       : OTHER;
}

/* As cvt_add_machine() does it: the description, and where its disks lie. */
static int read_asset(const struct asset *a, struct vm *vm, struct cvt_error *err)
{
	int r = vm_parse(a->data.data, a->data.len, vm, err);

	for (size_t i = 0; i < vm->n_disks && r == 0; i++) {
		CLEANUP_FREE char *path = NULL;

		if (vm->disks[i].file || vm->disks[i].elsewhere)
			r = vm_disk_path(vm, &vm->disks[i], "/source", &path, err);
	}
	return r;
}

static const char *expected_refusal(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (strcmp(refused[i].path, path) == 0)
			return refused[i].why;
	return NULL;
}

/* The one reason for which a domain of libvirt's tests may be refused. */
static bool is_no_file(const char *why)
{
	return ends_in(why, "is on the network") ||
	       ends_in(why, "is a volume of a storage pool") ||
	       ends_in(why, "is no file and no block device");
}

START_TEST(test_read)
{
	CLEANUP_VM struct vm vm = { 0 };
	struct cvt_error err = { 0 };
	const struct asset *a = &files.v[_i];
	const char *why = expected_refusal(a->path);

	if (kind_of(a->path) == OTHER)
		return;
	if (read_asset(a, &vm, &err) == 0)
		ck_assert_msg(!why, "%s is read, without: %s", a->path, why);
	else if (kind_of(a->path) == DOMAIN)
		ck_assert_msg(is_no_file(err.msg), "%s: %s", a->path, err.msg);
	else
		ck_assert_msg(why && strstr(err.msg, why), "%s: %s", a->path, err.msg);
}
END_TEST

/* "[datastore] directory/a.vmdk" is what libvirt's tests make of "a.vmdk", and "[ds] b.vmdk" of
 * "/vmfs/volumes/ds/b.vmdk".
 */
static bool same_file(const char *ours, const char *theirs)
{
	static const char here[] = "[datastore] directory/", volumes[] = "/vmfs/volumes/";
	const char *close = strchr(theirs, ']');
	size_t n = strlen(volumes);

	if (strncmp(theirs, here, strlen(here)) == 0 &&
	    strcmp(theirs + strlen(here), ours) == 0)
		return true;
	if (*theirs != '[' || !close || strncmp(ours, volumes, n) != 0)
		return strcmp(ours, theirs) == 0;
	/* "[ds" without its bracket, then "b.vmdk" without the blank before it. */
	return strncmp(ours + n, theirs + 1, (size_t)(close - theirs - 1)) == 0 &&
	       ours[n + (size_t)(close - theirs) - 1] == '/' &&
	       strcmp(ours + n + (size_t)(close - theirs), close + 2) == 0;
}

static void differ(char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void differ(char *out, size_t size, const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + n, size - n, fmt, ap);
	va_end(ap);
}

static const char *text(const char *s)
{
	return s ? s : "none";
}

/* The domain that libvirt's tests have beside a VMX; NULL: it is no VMX, or has none. */
static const struct bytes *beside(const char *path)
{
	char xml[512];

	if (kind_of(path) != VMX)
		return NULL;
	snprintf(xml, sizeof(xml), "%.*s.xml", (int)strlen(path) - 4, path);
	return asset(&files, xml);
}

/* Each difference in a few words; "": none. */
static void compare(const struct vm *ours, const struct vm *theirs, char *out,
		    size_t size)
{
	if (strcmp(text(ours->name), text(theirs->name)) != 0)
		differ(out, size, "name %s, not %s; ", text(ours->name),
		       text(theirs->name));
	/* Both ways libvirt rounds up to 4 MiB. */
	if ((ours->memory_mib + 3) / 4 != (theirs->memory_mib + 3) / 4)
		differ(out, size, "memory %u, not %u; ", ours->memory_mib,
		       theirs->memory_mib);
	if (ours->cpus != theirs->cpus)
		differ(out, size, "cpus %u, not %u; ", ours->cpus, theirs->cpus);
	if (strcmp(ours->firmware, theirs->firmware) != 0)
		differ(out, size, "firmware %s; ", ours->firmware);
	if (ours->n_disks != theirs->n_disks || ours->n_nics != theirs->n_nics) {
		differ(out, size, "%zu disks and %zu NICs, not %zu and %zu; ",
		       ours->n_disks, ours->n_nics, theirs->n_disks, theirs->n_nics);
		return;
	}
	for (size_t i = 0; i < ours->n_disks; i++) {
		const struct vm_disk *a = &ours->disks[i], *b = &theirs->disks[i];

		if (a->bus != b->bus || !same_file(text(a->file), text(b->file)))
			differ(out, size, "disk %s %s, not %s %s; ", vm_bus_name(a->bus),
			       text(a->file), vm_bus_name(b->bus), text(b->file));
	}
	for (size_t i = 0; i < ours->n_nics; i++) {
		const struct vm_nic *a = &ours->nics[i], *b = &theirs->nics[i];

		if (strcmp(a->mac, b->mac) != 0 ||
		    strcmp(text(a->model), text(b->model)) != 0)
			differ(out, size, "NIC %s %s, not %s %s; ", a->mac,
			       text(a->model), b->mac, text(b->model));
	}
}

START_TEST(test_agrees)
{
	CLEANUP_VM struct vm vm = { 0 }, want = { 0 };
	const struct asset *a = &files.v[_i];
	const struct bytes *xml = beside(a->path);
	char out[4096] = "";
	const char *known = "";

	if (!xml)
		return;
	ck_assert(vm_parse(a->data.data, a->data.len, &vm, NULL) == 0);
	ck_assert(vm_parse(xml->data, xml->len, &want, NULL) == 0);
	compare(&vm, &want, out, sizeof(out));
	for (size_t i = 0; i < ARRAY_SIZE(differences); i++)
		if (strcmp(differences[i].path, a->path) == 0)
			known = differences[i].difference;
	ck_assert_msg(strncmp(out, known, strlen(known)) == 0 && (*known || !*out),
		      "%s: %s", a->path, out);
}
END_TEST

/* Counts, for who reads the log; an archive that holds less is not what was meant. */
static bool tally(void)
{
	size_t n_read[N_KINDS] = { 0 }, n_refused[N_KINDS] = { 0 }, n_compared = 0;

	for (size_t i = 0; i < files.n; i++) {
		CLEANUP_VM struct vm vm = { 0 };
		enum kind kind = kind_of(files.v[i].path);

		if (read_asset(&files.v[i], &vm, NULL) == 0)
			n_read[kind]++;
		else
			n_refused[kind]++;
		n_compared += beside(files.v[i].path) != NULL;
	}
	for (enum kind k = OVF; k < N_KINDS; k++)
		printf("%s: %zu read, %zu refused\n", kinds[k], n_read[k], n_refused[k]);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		printf("  %s: %s\n", refused[i].path, refused[i].why);
	printf("VMX compared with libvirt: %zu, of which differ:\n", n_compared);
	for (size_t i = 0; i < ARRAY_SIZE(differences); i++)
		printf("  %s: %s: %s\n", differences[i].path, differences[i].difference,
		       differences[i].why);
	return n_compared > 100 && n_read[OVF] > 10;
}

int main(void)
{
	static const char *const archives[] = {
		"vm-metadata/cot-ovf.tar.xz", "vm-metadata/gce-ovf.tar.xz",
		"vm-metadata/ovirt-ovf.tar.xz",
		"vm-metadata/libvirt-9.0.0-tests-xml-vmx.tar.xz"
	};
	Suite *s = suite_create("assets-vm");
	TCase *tc = tcase_create("all");

	for (size_t i = 0; i < ARRAY_SIZE(archives); i++)
		if (!assets_open(archives[i], &files)) {
			printf("skipped: the assets have no %s\n", archives[i]);
			return 77;
		}
	if (!tally())
		return 99;
	tcase_add_loop_test(tc, test_read, 0, (int)files.n);
	tcase_add_loop_test(tc, test_agrees, 0, (int)files.n);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
