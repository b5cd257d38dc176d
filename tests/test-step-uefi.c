/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "step/step.h"
#include "suite.h"

#define X64 "\x64\x86"
#define AA64 "\x64\xaa"
#define EFI "/boot/efi/EFI/"
#define WRAPPER                                                            \
	"search.fs_uuid 1 root\nset prefix=($root)/boot/grub\nconfigfile " \
	"$prefix/grub.cfg\n"
#define FULL "menuentry x {\nlinux /a root=UUID=1\n}\n"

/* What stands on the ESP, and which files come to EFI/BOOT from where ("to=from"). */
static const struct {
	const char *what, *os_id;
	struct {
		const char *path;
		const char *content; /* a machine for a loader, or a text */
	} files[8];
	const char *copies[6];
	const char *warning;
} cases[] = {
	{ "Debian with shim",
	  "debian",
	  { { EFI "debian/shimx64.efi", X64 },
	    { EFI "debian/grubx64.efi", X64 },
	    { EFI "debian/mmx64.efi", X64 },
	    { EFI "debian/fbx64.efi", X64 },
	    { EFI "debian/grub.cfg", WRAPPER } },
	  { "BOOTX64.EFI=debian/shimx64.efi", "grubx64.efi=debian/grubx64.efi",
	    "mmx64.efi=debian/mmx64.efi", "grub.cfg=debian/grub.cfg" } },
	{ "a full grub.cfg would go stale",
	  "centos",
	  { { EFI "centos/shimx64.efi", X64 },
	    { EFI "centos/grubx64.efi", X64 },
	    { EFI "centos/grub.cfg", FULL } },
	  { "BOOTX64.EFI=centos/shimx64.efi", "grubx64.efi=centos/grubx64.efi" } },
	{ "SUSE's names",
	  "sles",
	  { { EFI "sles/shim.efi", X64 },
	    { EFI "sles/grub.efi", X64 },
	    { EFI "sles/MokManager.efi", X64 },
	    { EFI "sles/grub.cfg", WRAPPER } },
	  { "BOOTX64.EFI=sles/shim.efi", "grub.efi=sles/grub.efi",
	    "MokManager.efi=sles/MokManager.efi", "grub.cfg=sles/grub.cfg" } },
	{ "shim without GRUB starts nothing",
	  "debian",
	  { { EFI "debian/shimx64.efi", X64 } },
	  { NULL },
	  "uefi-no-loader" },
	{ "GRUB alone, names in capitals",
	  "gentoo",
	  { { "/boot/efi/efi/GENTOO/GRUBX64.EFI", X64 } },
	  { "BOOTX64.EFI=GENTOO/GRUBX64.EFI" } },
	{ "systemd-boot",
	  "arch",
	  { { EFI "systemd/systemd-bootx64.efi", X64 } },
	  { "BOOTX64.EFI=systemd/systemd-bootx64.efi" } },
	{ "the fallback is there, in its own spelling",
	  "debian",
	  { { EFI "debian/grubx64.efi", X64 }, { EFI "Boot/bootx64.efi", X64 } },
	  { NULL } },
	{ "a companion that is there stays",
	  "debian",
	  { { EFI "BOOT/grubx64.efi", X64 },
	    { EFI "debian/grubx64.efi", X64 },
	    { EFI "debian/shimx64.efi", X64 } },
	  { "BOOTX64.EFI=debian/shimx64.efi" } },
	{ "each architecture",
	  "debian",
	  { { EFI "debian/grubx64.efi", X64 }, { EFI "debian/grubaa64.efi", AA64 } },
	  { "BOOTX64.EFI=debian/grubx64.efi", "BOOTAA64.EFI=debian/grubaa64.efi" } },
	{ "a name is not enough",
	  "debian",
	  { { EFI "debian/grubx64.efi", AA64 } },
	  { NULL },
	  "uefi-no-loader" },
	{ "the guest's own of several",
	  "rhel",
	  { { EFI "fedora/grubx64.efi", X64 },
	    { EFI "fedora/grub.cfg", WRAPPER },
	    { EFI "redhat/grubx64.efi", X64 } },
	  { "BOOTX64.EFI=redhat/grubx64.efi" } },
	{ "the one that is configured",
	  "other",
	  { { EFI "a/grubx64.efi", X64 },
	    { EFI "b/grubx64.efi", X64 },
	    { EFI "b/grub.cfg", FULL } },
	  { "BOOTX64.EFI=b/grubx64.efi" },
	  "uefi-vendors" },
	{ "the first by name",
	  "other",
	  { { EFI "b/grubx64.efi", X64 }, { EFI "a/grubx64.efi", X64 } },
	  { "BOOTX64.EFI=a/grubx64.efi" },
	  "uefi-vendors" },
	{ "nothing at all", "other", { { NULL } }, { NULL }, "uefi-no-loader" },
};

/* A PE header and the path, so that each file is another. */
static struct bytes image(const char *path, const char *machine)
{
	struct bytes b = { 0 };
	char head[0x46] = "MZ";

	head[0x3c] = 0x40;
	memcpy(head + 0x40, "PE\0\0", 4);
	memcpy(head + 0x44, machine, 2);
	ck_assert_int_eq(bytes_set(&b, head, sizeof(head)), 0);
	ck_assert_int_eq(bytes_append(&b, path, strlen(path)), 0);
	return b;
}

static void fill(struct guest *g, int i)
{
	static struct mount mounts[] = { { 0, "/" }, { 0, "/boot/efi" } };

	g->firmware = FIRMWARE_UEFI;
	g->esp = strdup("/boot/efi");
	g->os_id = strdup(cases[i].os_id);
	for (size_t k = 0; k < ARRAY_SIZE(cases[i].files) && cases[i].files[k].path;
	     k++) {
		const char *path = cases[i].files[k].path,
			   *content = cases[i].files[k].content;
		struct bytes b = { 0 };

		if (strlen(content) == 2)
			b = image(path, content);
		else
			ck_assert_int_eq(bytes_set(&b, content, strlen(content)), 0);
		ck_assert_int_eq(guest_add_file(g, path, &b, 0700), 0);
	}
	g->mounts = malloc(sizeof(mounts));
	g->n_mounts = 2;
	for (size_t k = 0; k < 2; k++)
		g->mounts[k] = (struct mount){ 0, strdup(mounts[k].where) };
	g->space = calloc(2, sizeof(*g->space));
	g->space[1] = 1 << 20;
}

/* "to=from" below the directory that holds @dir. */
static void expect_copy(const struct guest *g, const struct edit *e, const char *rule)
{
	const char *eq = strchr(rule, '=');
	const struct guest_file *from = NULL;

	for (size_t i = 0; i < g->n_files; i++)
		if (strlen(g->files[i].path) > strlen(eq + 1) &&
		    strcmp(g->files[i].path + strlen(g->files[i].path) - strlen(eq + 1),
			   eq + 1) == 0)
			from = &g->files[i];
	ck_assert_ptr_nonnull(from);
	ck_assert_ptr_nonnull(strstr(e->path, "/BOOT/"));
	ck_assert_int_eq(strncmp(strrchr(e->path, '/') + 1, rule, (size_t)(eq - rule)),
			 0);
	ck_assert(bytes_equal(&e->data, &from->data));
	ck_assert(e->is_new);
}

START_TEST(test_case)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 }, again = { 0 };
	struct cvt_error err = { 0 };
	size_t n = 0;

	fill(&g, _i);
	ck_assert_int_eq(step_uefi.plan(&g, NULL, &p, &err), 0);
	while (cases[_i].copies[n])
		n++;
	ck_assert_uint_eq(p.n_edits, n);
	for (size_t i = 0; i < n; i++)
		expect_copy(&g, &p.edits[i], cases[_i].copies[i]);
	ck_assert_uint_eq(p.n_warnings, cases[_i].warning ? 1 : 0);
	if (cases[_i].warning)
		ck_assert_str_eq(p.warnings[0].id, cases[_i].warning);
	for (size_t i = 0; i < n; i++) {
		struct bytes b = { 0 };

		ck_assert_int_eq(bytes_set(&b, p.edits[i].data.data, p.edits[i].data.len),
				 0);
		ck_assert_int_eq(guest_add_file(&g, p.edits[i].path, &b, 0700), 0);
	}
	ck_assert_int_eq(step_uefi.plan(&g, NULL, &again, &err), 0);
	ck_assert_uint_eq(again.n_edits, 0);
}
END_TEST

START_TEST(test_no_room)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	struct cvt_error err = { 0 };

	fill(&g, 0);
	g.space[1] = 4 * 32768 - 1;
	ck_assert_int_eq(step_uefi.plan(&g, NULL, &p, &err), -ENOSPC);
	ck_assert_str_eq(err.id, "no-space");
	ck_assert_str_eq(err.path, "/boot/efi");
}
END_TEST

START_TEST(test_bios)
{
	CLEANUP_GUEST struct guest g = { 0 };
	CLEANUP_PLAN struct plan p = { 0 };
	CLEANUP_WANTS struct wants w = { 0 };

	fill(&g, 0);
	ck_assert_int_eq(step_uefi.want(&g, NULL, &w, NULL), 0);
	ck_assert_uint_gt(w.n, 10);
	wants_clear(&w);
	g.firmware = FIRMWARE_BIOS;
	ck_assert_int_eq(step_uefi.want(&g, NULL, &w, NULL), 0);
	ck_assert_uint_eq(w.n, 0);
	ck_assert_int_eq(step_uefi.plan(&g, NULL, &p, NULL), 0);
	ck_assert_uint_eq(p.n_edits + p.n_warnings, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("step_uefi");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, test_case, 0, (int)ARRAY_SIZE(cases));
	tcase_add_test(tc, test_no_room);
	tcase_add_test(tc, test_bios);
	suite_add_tcase(s, tc);
	return suite_run(s);
}
