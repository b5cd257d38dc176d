/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps crypttab, fstab and units, on one guest of two disks. */
#include <config.h>

#include "step/step.h"
#include "suite.h"

static struct device devices[] = {
	{ .name = "disk1", .disk = 0 },
	{ .name = "disk1p1",
	  .disk = 0,
	  .part = 1,
	  .type = "vfat",
	  .uuid = "8DA1-0C5E",
	  .partuuid = "p1" },
	{ .name = "disk1p2",
	  .disk = 0,
	  .part = 2,
	  .type = "ext4",
	  .uuid = "root-id",
	  .partuuid = "p2",
	  .label = "root" },
	{ .name = "disk1p3",
	  .disk = 0,
	  .part = 3,
	  .type = "swap",
	  .uuid = "swap-id",
	  .partuuid = "p3" },
	{ .name = "disk1p5", .disk = 0, .part = 5, .partuuid = "p5" },
	{ .name = "disk2p1", .disk = 1, .part = 1, .type = "xfs", .uuid = "data-id" },
	{ .name = "disk2p2",
	  .disk = 1,
	  .part = 2,
	  .type = "ext4",
	  .uuid = "clone",
	  .partuuid = "p22" },
	{ .name = "disk2p3", .disk = 1, .part = 3, .type = "ext4", .uuid = "clone" },
	{ .name = "disk2p4", .disk = 1, .part = 4, .type = "btrfs", .uuid = "btr" },
	{ .name = "disk2p5", .disk = 1, .part = 5, .type = "btrfs", .uuid = "btr" },
	{ .name = "disk2p6",
	  .disk = 1,
	  .part = 6,
	  .type = "ext3",
	  .label = "only/label" },
	{ .name = "vg/lv",
	  .kind = DEVICE_LV,
	  .vg = "vg",
	  .lv = "lv",
	  .type = "xfs",
	  .uuid = "lv-id" },
	{ .name = "disk2p7",
	  .disk = 1,
	  .part = 7,
	  .type = "crypto_LUKS",
	  .uuid = "luks-id",
	  .partuuid = "p27" },
};
#define N_PLAIN (ARRAY_SIZE(devices) - 1) /* without the encrypted one */

static struct mount mounts[] = { { 2, "/" }, { 1, "/boot/efi" } };

/* Plans all three steps over the files of @g; the edits replace them. */
static void run(struct guest *g, struct plan *p)
{
	static const struct step *const all[] = { &step_crypttab, &step_fstab,
						  &step_units };
	struct cvt_error err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		ck_assert_msg(all[i]->plan(g, NULL, p, &err) == 0, "%s", err.msg);
}

static bool has_warning(const struct plan *p, const char *id)
{
	for (size_t i = 0; i < p->n_warnings; i++)
		if (strcmp(p->warnings[i].id, id) == 0)
			return true;
	return false;
}

static bool has_rule(const struct plan *p, const char *id)
{
	for (size_t i = 0; i < p->n_edits; i++)
		if (names_has(&p->edits[i].rules, id))
			return true;
	return false;
}

/* One file, planned; then the outcome, planned again, which must change nothing. */
static void check_file(struct guest *g, const char *path, const char *in, const char *out,
		       const char *rule, const char *warning)
{
	CLEANUP_PLAN struct plan first = { 0 }, second = { 0 };
	struct guest_file f = { (char *)path, { (char *)in, strlen(in) }, NULL, 0644 };
	CLEANUP_FREE char *edited = NULL;

	g->files = &f;
	g->n_files = 1;
	run(g, &first);
	ck_assert_str_eq(plan_text(&first, g, path), out);
	ck_assert_msg(rule ? has_rule(&first, rule) : first.n_edits == 0, "rule of: %s",
		      in);
	ck_assert_msg(warning ? has_warning(&first, warning) : first.n_warnings == 0,
		      "warning of: %s: %s", in,
		      first.n_warnings ? first.warnings[0].id : "none");
	edited = strdup(plan_text(&first, g, path));
	f.data = (struct bytes){ edited, strlen(edited) };
	run(g, &second);
	ck_assert_msg(second.n_edits == 0, "twice: %s", in);
	g->files = NULL;
	g->n_files = 0;
}

#define NOFAIL "nofail,x-systemd.device-timeout=10s"
#define NETFAIL "nofail,x-systemd.mount-timeout=30s"
#define STABLE "fstab-stable-name"
#define ABSENT "fstab-absent-device"
#define NETWORK "fstab-network-fs"
#define SHARED "fstab-hypervisor-fs"

static const struct {
	const char *in, *out; /* out NULL: unchanged */
	const char *rule, *warning;
} lines[] = {
	{ "/dev/sda2 / ext4 defaults 0 1\n", "UUID=root-id / ext4 defaults 0 1\n", STABLE,
	  NULL },
	{ "/dev/vda1 /boot/efi/ vfat umask=0077 0 2\n",
	  "UUID=8DA1-0C5E /boot/efi/ vfat umask=0077 0 2\n", STABLE, NULL },
	{ "/dev/sda3 none swap sw 0 0\n", "UUID=swap-id none swap sw 0 0\n", STABLE,
	  NULL },
	{ "/dev/sdb1 /data xfs noauto 0 0\n", "UUID=data-id /data xfs noauto 0 0\n",
	  STABLE, NULL },
	{ "/dev/sdb1 /data auto\n", "UUID=data-id /data auto\n", STABLE, NULL },
	{ "/dev/sda2 / ext3 defaults 0 1\n", "UUID=root-id / ext3 defaults 0 1\n", STABLE,
	  NULL },
	{ "/dev/nvme1n1p1 /data ext4,xfs\n", "UUID=data-id /data ext4,xfs\n", STABLE,
	  NULL },
	/* the root is what it was mounted from, whatever the line says */
	{ "/dev/sdb1 / ext4 x\n", "UUID=root-id / ext4 x\n", STABLE, NULL },
	{ "/dev/sdq9 / ext4 x\n", "UUID=root-id / ext4 x\n", STABLE, NULL },
	{ "/dev/dm-0 / ext4 x\n", "UUID=root-id / ext4 x\n", STABLE, NULL },
	{ "/dev/root / ext4 x\n", NULL, NULL, NULL },
	{ "LABEL=gone / ext4 x\n", NULL, NULL, NULL },
	{ "srv:/root / nfs x\n", NULL, NULL, NULL },
	/* stable already */
	{ "UUID=root-id / ext4 x\n", NULL, NULL, NULL },
	{ "LABEL=root / ext4 x\n", NULL, NULL, NULL },
	{ "PARTUUID=p3 none swap sw\n", NULL, NULL, NULL },
	{ "/dev/disk/by-uuid/data-id /data xfs x\n", NULL, NULL, NULL },
	{ "/dev/mapper/vg-lv /srv xfs x\n", NULL, NULL, NULL },
	{ "/dev/vg/lv /srv xfs x\n", NULL, NULL, NULL },
	/* names that are not unique, or not there */
	{ "/dev/sdb2 /x ext4 x\n", "PARTUUID=p22 /x ext4 x\n", STABLE, NULL },
	{ "/dev/sdb3 /x ext4 x\n", NULL, NULL, "device-nameless" },
	{ "/dev/sdb4 /x btrfs x\n", "UUID=btr /x btrfs x\n", STABLE, NULL },
	{ "/dev/sdb6 /x ext3 x\n", "LABEL=only/label /x ext3 x\n", STABLE, NULL },
	/* absent */
	{ "/dev/sdc1 /x ext4 defaults 0 2\n",
	  "/dev/sdc1 /x ext4 defaults," NOFAIL " 0 2\n", ABSENT, "device-absent" },
	{ "UUID=gone /x ext4\n", "UUID=gone /x ext4 defaults," NOFAIL "\n", ABSENT,
	  "device-absent" },
	{ "LABEL=gone none swap sw 0 0\n", "LABEL=gone none swap sw," NOFAIL " 0 0\n",
	  ABSENT, "device-absent" },
	{ "/dev/mapper/vg-gone /x xfs ro\n", "/dev/mapper/vg-gone /x xfs ro," NOFAIL "\n",
	  ABSENT, "device-absent" },
	{ "/dev/sdc1 /x ext4 nofail\n", NULL, NULL, "device-absent" },
	{ "/dev/sdc1 /x ext4 noauto\n", NULL, NULL, NULL },
	{ "/dev/sdc1 /x ext4 x-systemd.automount\n", NULL, NULL, "device-absent" },
	{ "/dev/sdc1 /x ext4 x-systemd.device-timeout=1\n",
	  "/dev/sdc1 /x ext4 x-systemd.device-timeout=1,nofail\n", ABSENT,
	  "device-absent" },
	/* contradictions */
	{ "/dev/sdb1 /x ext4 a\n", "/dev/sdb1 /x ext4 a," NOFAIL "\n", ABSENT,
	  "fstab-type-mismatch" },
	{ "/dev/sda3 /x ext4 a\n", "/dev/sda3 /x ext4 a," NOFAIL "\n", ABSENT,
	  "fstab-type-mismatch" },
	{ "/dev/sdb1 none swap a\n", "/dev/sdb1 none swap a," NOFAIL "\n", ABSENT,
	  "fstab-type-mismatch" },
	{ "/dev/sda5 /x ext4 a\n", "/dev/sda5 /x ext4 a," NOFAIL "\n", ABSENT,
	  "fstab-type-mismatch" },
	{ "/dev/sda2 /x ext4 a\n", "/dev/sda2 /x ext4 a," NOFAIL "\n", ABSENT,
	  "fstab-type-mismatch" },
	/* network and the source's hypervisor */
	{ "srv:/x /x nfs4 rw 0 0\n", "srv:/x /x nfs4 rw," NETFAIL " 0 0\n", NETWORK,
	  NULL },
	{ "//srv/x /x cifs\n", "//srv/x /x cifs defaults," NETFAIL "\n", NETWORK, NULL },
	{ "me@srv: /x fuse.sshfs ro\n", "me@srv: /x fuse.sshfs ro," NETFAIL "\n", NETWORK,
	  NULL },
	{ "srv:/x /x nfs noauto\n", NULL, NULL, NULL },
	{ "srv:/x /x nfs x-systemd.automount\n", NULL, NULL, NULL },
	{ ".host:/ /mnt/hgfs fuse.vmhgfs-fuse allow_other 0 0\n",
	  ".host:/ /mnt/hgfs fuse.vmhgfs-fuse allow_other," NETFAIL " 0 0\n", SHARED,
	  "hypervisor-fs" },
	{ "share /x vboxsf rw\n", "share /x vboxsf rw," NETFAIL "\n", SHARED,
	  "hypervisor-fs" },
	{ "tag /x virtiofs nofail\n", NULL, NULL, "hypervisor-fs" },
	/* drives and what is no device */
	{ "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n", NULL, NULL, NULL },
	{ "/dev/cdrom /cd iso9660 ro 0 0\n", "/dev/cdrom /cd iso9660 ro,nofail 0 0\n",
	  "fstab-removable", NULL },
	{ "/dev/hdc /cd iso9660 ro\n", "/dev/hdc /cd iso9660 ro,nofail\n",
	  "fstab-removable", NULL },
	{ "/dev/fd0 /f auto noauto\n", NULL, NULL, NULL },
	{ "proc /proc proc defaults 0 0\ntmpfs /tmp tmpfs x\n/swapfile none swap sw 0 0\n"
	  "/srv /home none bind 0 0\n/x.iso /iso iso9660 loop\n/dev/md /md none bind\n"
	  "# /dev/sda1 /x ext4\n",
	  NULL, NULL, NULL },
	{ "/dev/sdc1\n/dev/sda2 /x\n", NULL, NULL, "fstab-malformed" },
};

START_TEST(test_line)
{
	struct guest g = { .n_disks = 2,
			   .devices = devices,
			   .n_devices = N_PLAIN,
			   .mounts = mounts,
			   .n_mounts = 2,
			   .init = "systemd" };

	check_file(&g, "/etc/fstab", lines[_i].in,
		   lines[_i].out ? lines[_i].out : lines[_i].in, lines[_i].rule,
		   lines[_i].warning);
}
END_TEST

START_TEST(test_other_init)
{
	struct guest g = {
		.n_disks = 2, .devices = devices, .n_devices = N_PLAIN, .init = "sysvinit"
	};

	check_file(&g, "/etc/fstab", "UUID=gone /x ext4 ro\nsrv:/x /x nfs ro\n",
		   "UUID=gone /x ext4 ro,nofail\nsrv:/x /x nfs ro,nofail\n", ABSENT,
		   "device-absent");
	check_file(&g, "/etc/crypttab", "x UUID=gone none luks\n",
		   "x UUID=gone none luks\n", NULL, "device-absent");
}
END_TEST

START_TEST(test_no_disks)
{
	struct guest g = { 0 };

	check_file(&g, "/etc/fstab",
		   "/dev/sda1 / ext4 x\nUUID=a /x xfs x\n/dev/sdb1 /y xfs x\n",
		   "/dev/sda1 / ext4 x\nUUID=a /x xfs x\n/dev/sdb1 /y xfs x\n", NULL,
		   "devices-unknown");
	check_file(&g, "/etc/fstab", "UUID=a / ext4 x\n", "UUID=a / ext4 x\n", NULL,
		   NULL);
	check_file(&g, "/etc/fstab", "s:/ /x nfs x\n", "s:/ /x nfs x," NETFAIL "\n",
		   NETWORK, NULL);
}
END_TEST

/* What a by-id name means was guessed; a mount elsewhere contradicts the guess. */
START_TEST(test_guess_contradicted)
{
	struct guest g = { .n_disks = 1,
			   .devices = devices,
			   .n_devices = 5,
			   .mounts = mounts,
			   .n_mounts = 2 };

	check_file(&g, "/etc/fstab", "/dev/disk/by-id/wwn-1-part1 /data vfat x\n",
		   "/dev/disk/by-id/wwn-1-part1 /data vfat x," NOFAIL "\n", ABSENT,
		   "fstab-type-mismatch");
	check_file(&g, "/etc/fstab", "/dev/disk/by-id/wwn-1-part1 /boot/efi/ vfat x\n",
		   "UUID=8DA1-0C5E /boot/efi/ vfat x\n", STABLE, NULL);
}
END_TEST

#define CRYPT_STABLE "crypttab-stable-name"
#define CRYPT_ABSENT "crypttab-absent-device"

static const struct {
	const char *in, *out; /* out NULL: unchanged */
	const char *rule, *warning;
} crypt_lines[] = {
	{ "c /dev/sdb7 none luks,discard\n", "c UUID=luks-id none luks,discard\n",
	  CRYPT_STABLE, NULL },
	{ "c /dev/sdb7\n", "c UUID=luks-id\n", CRYPT_STABLE, NULL },
	{ "c UUID=luks-id none luks\n", NULL, NULL, NULL },
	{ "c /dev/sda5 /dev/urandom swap\n", "c PARTUUID=p5 /dev/urandom swap\n",
	  CRYPT_STABLE, NULL },
	{ "c /dev/sda3 /dev/urandom swap\n", "c PARTUUID=p3 /dev/urandom swap\n",
	  CRYPT_STABLE, NULL },
	{ "c /dev/sda2 /dev/urandom swap\n", "c /dev/sda2 /dev/urandom swap," NOFAIL "\n",
	  CRYPT_ABSENT, "crypttab-type-mismatch" },
	{ "c /dev/sda2 none luks\n", "c /dev/sda2 none luks," NOFAIL "\n", CRYPT_ABSENT,
	  "crypttab-type-mismatch" },
	{ "c PARTUUID=gone\n", "c PARTUUID=gone none " NOFAIL "\n", CRYPT_ABSENT,
	  "device-absent" },
	{ "c /dev/sdc1 none none\n", "c /dev/sdc1 none " NOFAIL "\n", CRYPT_ABSENT,
	  "device-absent" },
	{ "c /dev/sdc1 none noauto\n", NULL, NULL, NULL },
	{ "c /var/lib/vault.img none luks\n", NULL, NULL, NULL },
};

START_TEST(test_crypttab)
{
	struct guest g = { .n_disks = 2,
			   .devices = devices,
			   .n_devices = ARRAY_SIZE(devices) };

	check_file(&g, "/etc/crypttab", crypt_lines[_i].in,
		   crypt_lines[_i].out ? crypt_lines[_i].out : crypt_lines[_i].in,
		   crypt_lines[_i].rule, crypt_lines[_i].warning);
}
END_TEST

/* A mapping stays a name as long as its device is there. */
START_TEST(test_fstab_on_crypttab)
{
	static const char crypttab[] =
		"here /dev/sdb7 none\ngone PARTUUID=gone none nofail\n";
	static const char fstab[] =
		"/dev/mapper/here /a xfs x\n/dev/mapper/gone /b xfs x\n";
	struct guest_file f[] = {
		{ (char *)"/etc/crypttab",
		  { (char *)crypttab, sizeof(crypttab) - 1 },
		  NULL,
		  0 },
		{ (char *)"/etc/fstab", { (char *)fstab, sizeof(fstab) - 1 }, NULL, 0 },
	};
	struct guest g = { .n_disks = 2,
			   .devices = devices,
			   .n_devices = ARRAY_SIZE(devices),
			   .files = f,
			   .n_files = 2 };
	CLEANUP_PLAN struct plan p = { 0 };

	run(&g, &p);
	ck_assert_str_eq(plan_text(&p, &g, "/etc/fstab"),
			 "/dev/mapper/here /a xfs x\n/dev/mapper/gone /b xfs x," NOFAIL
			 "\n");
}
END_TEST

/* Behind LUKS may be what is not listed. */
START_TEST(test_hidden)
{
	struct guest g = { .n_disks = 2,
			   .devices = devices,
			   .n_devices = ARRAY_SIZE(devices) };

	check_file(&g, "/etc/fstab", "UUID=inside /x ext4 x\n", "UUID=inside /x ext4 x\n",
		   NULL, "device-hidden");
}
END_TEST

static const struct {
	const char *path, *in, *out;
	const char *rule, *warning;
} units[] = {
	{ "data.mount", "[Mount]\nWhat=/dev/sdb1\nWhere=/data\nType=xfs\n",
	  "[Mount]\nWhat=/dev/disk/by-uuid/data-id\nWhere=/data\nType=xfs\n",
	  "unit-stable-name", NULL },
	{ "x.swap", "[Swap]\nWhat=/dev/sda3\n",
	  "[Swap]\nWhat=/dev/disk/by-uuid/swap-id\n", "unit-stable-name", NULL },
	{ "x.mount", "[Mount]\nWhat=/dev/sdb6\nWhere=/x\n",
	  "[Mount]\nWhat=/dev/disk/by-label/only\\x2flabel\nWhere=/x\n",
	  "unit-stable-name", NULL },
	{ "x.mount", "[Mount]\nWhat=/dev/sdc1\nWhere=/x\n", NULL, NULL, "device-absent" },
	{ "x.swap", "[Swap]\nWhat=/dev/sdb1\n", NULL, NULL, "unit-type-mismatch" },
	{ "x.mount", "[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n", NULL, NULL, NULL },
	{ "x@.mount", "[Mount]\nWhat=/dev/%i\nWhere=/x\n", NULL, NULL, NULL },
	{ "x.service", "[Mount]\nWhat=/dev/sdb1\n", NULL, NULL, NULL },
	{ "x.mount.wants/y.mount", "[Mount]\nWhat=/dev/sdb1\n", NULL, NULL, NULL },
};

START_TEST(test_unit)
{
	struct guest g = { .n_disks = 2, .devices = devices, .n_devices = N_PLAIN };
	char path[256];

	snprintf(path, sizeof(path), "/etc/systemd/system/%s", units[_i].path);
	check_file(&g, path, units[_i].in, units[_i].out ? units[_i].out : units[_i].in,
		   units[_i].rule, units[_i].warning);
}
END_TEST

START_TEST(test_nul)
{
	static const char *const paths[] = { "/etc/fstab", "/etc/crypttab" };
	struct guest_file f = { NULL, { (char *)"/dev/sda1 /\n\0 x", 14 }, NULL, 0 };
	struct guest g = { .n_disks = 2,
			   .devices = devices,
			   .n_devices = N_PLAIN,
			   .files = &f,
			   .n_files = 1 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };

	f.path = (char *)paths[_i];
	ck_assert_int_lt((_i ? step_crypttab : step_fstab).plan(&g, NULL, &p, &err), 0);
	ck_assert_str_eq(err.id, "file-invalid");
	ck_assert_ptr_nonnull(strstr(err.msg, "line 2"));
}
END_TEST

/* Many bad lines are one warning of bounded length, on one line. */
START_TEST(test_many_findings)
{
	CLEANUP_BYTES struct bytes in = { 0 };
	struct guest_file f = { (char *)"/etc/fstab", { 0 }, NULL, 0 };
	struct guest g = { .n_disks = 2,
			   .devices = devices,
			   .n_devices = N_PLAIN,
			   .files = &f,
			   .n_files = 1 };
	CLEANUP_PLAN struct plan p = { 0 };

	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(bytes_append(&in, "UUID=a\\012b /x xfs\n", 19), 0);
	f.data = in;
	run(&g, &p);
	ck_assert_uint_eq(p.n_warnings, 1);
	ck_assert_ptr_nonnull(strstr(p.warnings[0].text, "line 1: UUID=a?b on /x"));
	ck_assert_ptr_nonnull(strstr(p.warnings[0].text, "and 92 more"));
	ck_assert_ptr_nonnull(p.warnings[0].remedy);
}
END_TEST

static const char *const generated_paths[] = {
	"/etc/fstab",
	"/etc/crypttab",
	"/etc/systemd/system/x.mount",
	"/etc/systemd/system/x.swap",
};

/* Words of all three formats in any order, from a fixed seed. */
static size_t generate(unsigned *seed, char *out, size_t size)
{
	static const char *const words[] = {
		"/dev/sda2",
		"/dev/sdb",
		"UUID=",
		"LABEL=\"a\"",
		"root-id",
		"/dev/mapper/",
		"mpatha",
		"-part1",
		"nofail",
		"defaults",
		",",
		" ",
		"\t",
		"  ",
		"\n",
		"\r\n",
		"#",
		"\\040",
		"\\",
		"ext4",
		"swap",
		"none",
		"/",
		"nfs",
		"[Mount]\n",
		"[Swap]\n",
		"What=",
		"Where = ",
		"/dev/disk/by-path/",
		"-scsi-0:0:0:0",
		"-ata-1",
		"/dev/disk/by-id/x",
		"fuse.",
		"9p",
		"\"",
		"%",
		"=",
		"\xc3",
		"luks",
		"plain",
		"/dev/nvme0n1p1",
		"/dev/md0",
		"vg-lv",
		"/dev/vg/lv",
	};
	size_t n = 0;

	for (;;) {
		const char *word;

		*seed = *seed * 1103515245U + 12345U;
		word = words[(*seed >> 8) % ARRAY_SIZE(words)];
		if (n + strlen(word) >= size || (*seed >> 16) % 32 == 0)
			break;
		memcpy(out + n, word, strlen(word));
		n += strlen(word);
	}
	out[n] = '\0';
	return n;
}

START_TEST(test_twice_is_once)
{
	unsigned seed = (unsigned)_i;

	for (size_t i = 0; i < 4000; i++) {
		CLEANUP_PLAN struct plan first = { 0 }, second = { 0 };
		struct guest_file f = { (char *)generated_paths[_i], { 0 }, NULL, 0 };
		struct guest g = { .n_disks = 1 + i % 2,
				   .devices = devices,
				   .n_devices = N_PLAIN + i % 2,
				   .mounts = mounts,
				   .n_mounts = 2,
				   .files = &f,
				   .n_files = 1 };
		CLEANUP_FREE char *edited = NULL;
		char in[512];

		f.data = (struct bytes){ in, generate(&seed, in, sizeof(in)) };
		run(&g, &first);
		edited = strdup(plan_text(&first, &g, f.path));
		f.data = (struct bytes){ edited, strlen(edited) };
		run(&g, &second);
		ck_assert_msg(second.n_edits == 0, "%s:\n%s\nbecame:\n%s", f.path, in,
			      edited);
	}
}
END_TEST

START_TEST(test_want)
{
	static const struct step *const all[] = { &step_crypttab, &step_fstab,
						  &step_units };
	CLEANUP_WANTS struct wants w = { 0 };
	struct guest g = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		ck_assert_int_eq(all[i]->want(&g, NULL, &w, NULL), 0);
	ck_assert_uint_eq(w.n, 4);
	for (size_t i = 0; i < w.n; i++)
		ck_assert_uint_eq(w.v[i].flags, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step_fstab");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_line, 0, (int)ARRAY_SIZE(lines));
	tcase_add_test(tc, test_other_init);
	tcase_add_test(tc, test_no_disks);
	tcase_add_test(tc, test_guess_contradicted);
	tcase_add_loop_test(tc, test_crypttab, 0, (int)ARRAY_SIZE(crypt_lines));
	tcase_add_test(tc, test_fstab_on_crypttab);
	tcase_add_test(tc, test_hidden);
	tcase_add_loop_test(tc, test_unit, 0, (int)ARRAY_SIZE(units));
	tcase_add_loop_test(tc, test_nul, 0, 2);
	tcase_add_test(tc, test_many_findings);
	tcase_add_loop_test(tc, test_twice_is_once, 0, (int)ARRAY_SIZE(generated_paths));
	tcase_add_test(tc, test_want);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
