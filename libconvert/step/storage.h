/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the steps of fstab, crypttab and mount units share: what becomes of a device name,
 * and one warning for all lines of a file that deserve it.
 */
#ifndef STEP_STORAGE_H
#define STEP_STORAGE_H

#include "guest/guest.h"
#include "plan/plan.h"

#define CRYPTTAB_PATH "/etc/crypttab"
#define DEVICE_NAME_SIZE 512 /* bytes, with NUL; no name we write is longer */

/* How long systemd waits for a device that may be absent (systemd.mount(5), crypttab(5)).
 */
#define DEVICE_TIMEOUT "x-systemd.device-timeout=10s"

/* The mappings of crypttab, sorted by name. */
struct crypt_names {
	struct names present; /* their device is there, or may be */
	struct names absent;  /* it is not among the replicated disks */
};

/* Reads /etc/crypttab as planned so far. */
int crypt_names_read(struct crypt_names *c, const struct plan *p, const struct guest *g,
		     struct cvt_error *err);
void crypt_names_clear(struct crypt_names *c);
#define CLEANUP_CRYPT_NAMES CLEANUP(crypt_names_clear)

enum fate {
	FATE_KEEP,     /* no device name, or a stable one */
	FATE_RENAME,   /* to the name given */
	FATE_NAMELESS, /* the device is there, but has no name of its own */
	FATE_MISMATCH, /* the name leads to something else than what is wanted */
	FATE_ABSENT,   /* not among the replicated disks */
	FATE_HIDDEN,   /* may lie in an array or an encrypted partition */
	FATE_UNKNOWN,  /* a bus name, and nothing is known of the disks */
};

/* What becomes of @spec, mounted at @where ("none": swap) as @type; for FATE_RENAME the
 * new name goes to @name, which has DEVICE_NAME_SIZE bytes.
 */
enum fate storage_fate(const struct guest *g, const struct crypt_names *c,
		       const char *spec, const char *where, const char *type, char *name);

/* As device_stable_name(), but -ENOENT too where another device has the same. */
int storage_name(const struct guest *g, const struct device *d, char *out, size_t size);

bool storage_is_root(const char *where);

/* The text at @path as planned so far, which may have NULs; NULL: no such file. */
const char *storage_text(const struct plan *p, const struct guest *g, const char *path,
			 size_t *len);

/* What is wrong with lines of one file, to be told as one warning. */
struct findings {
	struct bytes text;
	size_t n;
};

int findings_add(struct findings *f, size_t lineno, const char *fmt, ...) PRINTF(3, 4);
/* Nothing is told where nothing was added; -ENOMEM. */
int findings_tell(const struct findings *f, struct plan *p, const char *id,
		  const char *path, const char *remedy);
void findings_clear(struct findings *f);
#define CLEANUP_FINDINGS CLEANUP(findings_clear)

#endif
