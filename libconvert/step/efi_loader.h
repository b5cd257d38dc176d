/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A GRUB for UEFI that a guest's packages have brought along, to be put on an ESP. */
#ifndef STEP_EFI_LOADER_H
#define STEP_EFI_LOADER_H

#include "format/fat.h"
#include "format/grub_image.h"
#include "step/step.h"

#define EFI_FILES_MAX 8

struct efi_loader {
	const struct efi_source *source;
	const struct guest_file *shim, *grub, *helper; /* shim and helper may be NULL */
	const char *config;			       /* the grub.cfg that is there */
	struct bytes wrapper;			       /* the one that leads to it */
	char prefix[GRUB_PREFIX_SIZE];		       /* where GRUB looks; "" */
};

void efi_loader_clear(struct efi_loader *l);
#define CLEANUP_EFI_LOADER CLEANUP(efi_loader_clear)

/* The files of all packages that are known, and the grub.cfg. */
int efi_loader_want(struct wants *w);

/* The best of those that are there; ERR_FIRMWARE. */
int efi_loader_choose(const struct guest *g, struct efi_loader *l, struct cvt_error *err);

/* ERR_FIRMWARE: the guest cannot be made to boot by UEFI, and @why. */
int efi_impossible(const struct guest *g, struct cvt_error *err, const char *why);

/* Files for an ESP; their data are those of the guest and of @l. */
struct efi_files {
	struct fat_file v[EFI_FILES_MAX];
	char paths[EFI_FILES_MAX][GRUB_PREFIX_SIZE + 64];
	size_t n;
};

void efi_loader_files(const struct efi_loader *l, struct efi_files *ret);

#endif
