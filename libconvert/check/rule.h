/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rules of check/ share. */
#ifndef CHECK_RULE_H
#define CHECK_RULE_H

#include "check/check.h"

/* What a rule is asked about. */
struct inquiry {
	const struct guest *g;
	const struct request *q;
};

struct rule {
	const char *id;
	bool needs_disks; /* of a mere directory it knows nothing */
	int (*judge)(const struct inquiry *x, struct answer *a, struct cvt_error *err);
};

/* Each of these is heard if it is worse than what was said before; 0 or -ENOMEM.
 * @path and @remedy may be NULL.
 */
int answer_pass(struct answer *a, const char *path, const char *fmt, ...) PRINTF(3, 4);
int answer(struct answer *a, enum verdict v, const char *path, const char *remedy,
	   const char *fmt, ...) PRINTF(5, 6);

/* How bad it is if something is wrong with @e: the default entry is the one that counts. */
enum verdict entry_weight(const struct guest *g, const struct boot_entry *e);

/* The default entry; NULL: there is none. */
const struct boot_entry *default_entry(const struct guest *g);

/* Can @spec be found on the target, and what is it?  "/dev/sda1" means something only where disks
 * are called so.
 */
enum standing {
	STANDS_FIRM,	 /* *ret is set */
	STANDS_BY_ORDER, /* too, as long as the kernel finds the disks in that order */
	STANDS_NOT,	 /* it leads nowhere; *why says why, static */
	STANDS_TWICE,	 /* several file systems have it */
	STANDS_OPEN,	 /* it may lie in what is closed to us, or it is no device */
};
enum standing spec_standing(const struct inquiry *x, const char *spec,
			    const struct device **ret, const char **why);

int judge_firmware(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_loader_config(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_entry(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_kernel(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_modules(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_initramfs(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_disk_driver(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_root_storage(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_root(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_init(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_resume(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_file_systems(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_fstab(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_crypttab(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_network(const struct inquiry *x, struct answer *a, struct cvt_error *err);
int judge_network_driver(const struct inquiry *x, struct answer *a,
			 struct cvt_error *err);
int judge_console(const struct inquiry *x, struct answer *a, struct cvt_error *err);

int want_firmware(const struct guest *g, struct wants *w);

#endif
