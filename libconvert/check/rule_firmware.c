/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the firmware to the menu: a loader that it starts, and the configuration which that
 * reads.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "check/rule.h"
#include "format/pe.h"

#define ARGS_MAX 16 /* words of `search` that are looked at */
#define REINSTALL "install the boot loader again in the guest, then replicate"

/* What UEFI firmware without boot entries starts (UEFI specification 2.10, 3.5.1.1). */
static const struct fallback {
	const char *name, *grub;
	unsigned machine;
	const char *arch; /* of kernels, as uname -m names it */
} fallbacks[] = {
	{ "BOOTX64.EFI", "grubx64.efi", PE_X86_64, "x86_64" },
	{ "BOOTAA64.EFI", "grubaa64.efi", PE_ARM64, "aarch64" },
	{ "BOOTIA32.EFI", "grubia32.efi", PE_I386, "i686" },
};

/* GRUB reads its commands from there; in 31 KiB behind a boot sector is no room for them. */
static const char *const normal_modules[] = { "/boot/grub/i386-pc/normal.mod",
					      "/boot/grub2/i386-pc/normal.mod" };

int want_firmware(const struct guest *g, struct wants *w)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(normal_modules) && r == 0; i++)
		if (g->firmware & FIRMWARE_BIOS)
			r = want_add(w, normal_modules[i], WANT_BINARY | WANT_LINK);
	return r;
}

/* ---- firmware-loader ---- */

/* The file ESP/EFI/BOOT/@name. */
static const struct guest_file *find_fallback(const struct guest *g, const char *name)
{
	size_t n = g->esp && strcmp(g->esp, "/") != 0 ? strlen(g->esp) : 0;

	for (size_t i = 0; g->esp && i < g->n_files; i++) {
		const struct guest_file *f = &g->files[i];

		if (strncmp(f->path, g->esp, n) == 0 && !f->link &&
		    strncasecmp(f->path + n, "/EFI/BOOT/", 10) == 0 &&
		    strcasecmp(f->path + n + 10, name) == 0)
			return f;
	}
	return NULL;
}

/* shim names the loader that it starts, in UTF-16. */
static bool is_shim_for(const struct bytes *b, const char *next)
{
	char wide[64];
	size_t n = strlen(next);

	for (size_t i = 0; i < n; i++) {
		wide[2 * i] = next[i];
		wide[2 * i + 1] = '\0';
	}
	return memmem(b->data, b->len, wide, 2 * n) != NULL;
}

static int judge_fallback(const struct guest *g, const struct fallback *fb,
			  const struct guest_file *f, struct answer *a)
{
	const struct guest_file *next = find_fallback(g, fb->grub);

	if (pe_machine(&f->data) != fb->machine || pe_needs(&f->data) > f->data.len)
		return answer(
			a, VERDICT_FAIL, f->path, REINSTALL,
			"UEFI firmware starts this file, and it is no whole program "
			"for %s",
			fb->arch);
	if (!is_shim_for(&f->data, fb->grub))
		return answer_pass(a, f->path, "UEFI firmware starts it");
	if (!next || pe_needs(&next->data) == 0 || pe_needs(&next->data) > next->data.len)
		return answer(a, VERDICT_FAIL, f->path, REINSTALL,
			      "it is a shim that starts %s beside it, which is %s",
			      fb->grub, next ? "no whole program" : "not there");
	return answer_pass(a, f->path, "UEFI firmware starts this shim, and it %s",
			   fb->grub);
}

static int judge_uefi(const struct guest *g, struct answer *a)
{
	const struct boot_entry *def = default_entry(g);
	const struct kernel *k = def ? guest_entry_kernel(g, def) : NULL;

	if (!g->esp)
		return answer(a, VERDICT_FAIL, NULL, REINSTALL,
			      "the EFI system partition cannot be read");
	for (size_t i = 0; i < ARRAY_SIZE(fallbacks); i++) {
		const struct guest_file *f = find_fallback(g, fallbacks[i].name);

		if (f && (!k || !k->arch || strcmp(k->arch, fallbacks[i].arch) == 0))
			return judge_fallback(g, &fallbacks[i], f, a);
	}
	return answer(a, VERDICT_FAIL, g->esp, "convert the guest for this target",
		      "new firmware has no boot entry for the guest, and there is no "
		      "loader in EFI/BOOT");
}

static int judge_bios(const struct guest *g, struct answer *a)
{
	if (g->bios_broken.n > 0)
		return answer(a, VERDICT_FAIL, NULL, REINSTALL, "%s",
			      g->bios_broken.v[0]);
	return answer_pass(a, NULL, "a BIOS starts the boot sector of disk %u",
			   g->bios_disks[0] + 1);
}

/* One of the ways is enough: the new machine gets the firmware that the guest needs. */
int judge_firmware(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	struct answer uefi = { 0 };
	int r = 0;

	(void)err;
	if (x->g->n_bios_disks > 0)
		r = judge_bios(x->g, a);
	if (r == 0 && (x->g->firmware & FIRMWARE_UEFI) && a->verdict != VERDICT_PASS) {
		r = judge_uefi(x->g, &uefi);
		if (r == 0)
			r = answer(a, uefi.verdict, uefi.path, uefi.remedy, "%s",
				   uefi.evidence);
		if (uefi.verdict == VERDICT_PASS && a->verdict == VERDICT_FAIL)
			a->verdict = VERDICT_WARN;
		free(uefi.path);
		free(uefi.remedy);
		free(uefi.evidence);
	}
	if (r == 0 && a->verdict == VERDICT_NONE)
		r = answer(a, VERDICT_FAIL, NULL, "give the boot disk too, or " REINSTALL,
			   "there is neither code in a boot sector nor an EFI system "
			   "partition with loaders");
	return r;
}

/* ---- loader-config ---- */

/* The UUID behind @at, up to a blank or quote, if it looks like one. */
static bool take_uuid(const char *at, char *out, size_t size)
{
	size_t n;

	at += strspn(at, " \t'\"");
	n = strspn(at, "0123456789abcdefABCDEF-");
	if (n < 8 || n >= size || *at == '-')
		return false;
	memcpy(out, at, n);
	out[n] = '\0';
	return true;
}

static bool has_uuid(const struct guest *g, const char *uuid)
{
	for (size_t i = 0; i < g->n_devices; i++)
		if (g->devices[i].uuid && strcasecmp(g->devices[i].uuid, uuid) == 0)
			return true;
	return false;
}

/* "search.fs_uuid UUID root" and "search --fs-uuid … UUID" that leads off the disks. */
static bool finds_lost_uuid(const struct guest *g, const char *text, char *uuid,
			    size_t size)
{
	static const char *const words[] = { "search.fs_uuid ", "--fs-uuid " };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (const char *at = text; (at = strstr(at, words[i]));) {
			const char *w = at += strlen(words[i]);

			for (int n = 0; n < ARGS_MAX && *w && *w != '\n'; n++) {
				w += strspn(w, " \t");
				if (take_uuid(w, uuid, size) && !has_uuid(g, uuid))
					return true;
				w += strcspn(w, " \n");
			}
		}
	return false;
}

/* A grub.cfg on the ESP that hands over to the one in /boot.  A whole menu may name systems that
 * are gone.
 */
static int judge_wrappers(const struct guest *g, struct answer *a)
{
	size_t n = g->esp ? strlen(g->esp) : 0;
	char uuid[64];
	int r = 0;

	for (size_t i = 0; n > 0 && i < g->n_files && r == 0; i++) {
		const char *path = g->files[i].path;
		const char *slash = strrchr(path, '/'), *text = guest_text(g, path);

		if (text && strncmp(path, g->esp, n) == 0 &&
		    strcasecmp(slash + 1, "grub.cfg") == 0 &&
		    !strstr(text, "menuentry ") &&
		    finds_lost_uuid(g, text, uuid, sizeof(uuid)))
			r = answer(
				a, VERDICT_FAIL, path, REINSTALL,
				"it looks for a file system with UUID %s, which is not "
				"on the disks",
				uuid);
	}
	return r;
}

/* The same, built into the loader itself by grub-mkimage. */
static int judge_embedded(const struct guest *g, struct answer *a)
{
	static const char word[] = "search.fs_uuid ";

	for (size_t i = 0; i < ARRAY_SIZE(fallbacks); i++) {
		const struct guest_file *f = find_fallback(g, fallbacks[i].name);
		const char *at =
			f ? memmem(f->data.data, f->data.len, word, sizeof(word) - 1)
			  : NULL;
		char uuid[64];

		if (at && take_uuid(at + sizeof(word) - 1, uuid, sizeof(uuid)) &&
		    !has_uuid(g, uuid))
			return answer(a, VERDICT_FAIL, f->path, REINSTALL,
				      "it looks for a file system with UUID %s, which is "
				      "not on the disks",
				      uuid);
	}
	return 0;
}

static int judge_normal(const struct guest *g, struct answer *a)
{
	if (strcmp(g->loader, "grub2") != 0 || (g->firmware & FIRMWARE_UEFI) ||
	    !(g->firmware & FIRMWARE_BIOS) || guest_file(g, normal_modules[0]) ||
	    guest_file(g, normal_modules[1]))
		return 0;
	return answer(a, VERDICT_FAIL, normal_modules[0], REINSTALL,
		      "GRUB needs its module normal to read its configuration");
}

/* 1: the loader starts what a map names, which nobody but its own program can make. */
static int judge_map(const struct guest *g, struct answer *a)
{
	bool is_lilo = strcmp(g->loader, "lilo") == 0;
	int r;

	if (!is_lilo && strcmp(g->loader, "zipl") != 0)
		return 0;
	r = answer(a, VERDICT_WARN, g->entries[0].config,
		   is_lilo ? "run lilo in the guest" : "run zipl in the guest",
		   "the loader does not read it, but the map that %s made of it",
		   g->loader);
	return r < 0 ? r : 1;
}

int judge_loader_config(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct guest *g = x->g;
	int r;

	(void)err;
	if (!g->loader)
		return answer(a, VERDICT_FAIL, NULL, REINSTALL,
			      "no configuration of a loader that is known has an entry "
			      "for Linux, in /boot, /etc or on the EFI system partition");
	if (g->n_entries == 0)
		return answer(a, VERDICT_FAIL, NULL, REINSTALL,
			      "the configuration of %s names no kernel", g->loader);
	r = judge_map(g, a);
	if (r != 0)
		return r < 0 ? r : 0;
	r = answer_pass(a, g->entries[0].config, "the loader reads it");
	if (r == 0)
		r = judge_normal(g, a);
	if (r == 0)
		r = judge_wrappers(g, a);
	return r < 0 ? r : judge_embedded(g, a);
}

int judge_entry(const struct inquiry *x, struct answer *a, struct cvt_error *err)
{
	const struct boot_entry *def = default_entry(x->g);

	(void)err;
	if (!x->g->loader || x->g->n_entries == 0)
		return 0;
	if (!def)
		return answer(a, VERDICT_WARN, x->g->entries[0].config,
			      "make an entry for Linux the default",
			      "none of the %zu entries for Linux is the default",
			      x->g->n_entries);
	return answer_pass(a, def->config, "starts %s by default", def->title);
}
