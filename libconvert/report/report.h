/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call found, planned or did.  convert.c tells it piece by piece, and
 * each piece is copied at once: the report outlives guest and plan.  The JSON
 * document is the report; text and accessors are read from it.
 *
 * Functions return 0 or -ENOMEM.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <jansson.h>

#include "check/check.h"
#include "core/error.h"
#include "guest/guest.h"
#include "plan/plan.h"
#include "target/request.h"
#include "vm/vm.h"

int report_new(struct cvt_report **ret); /* its status is "failed" */

/* @format as qemu-img(1) names it, or NULL; @size in bytes, or 0: not known. */
int report_disk(struct cvt_report *r, const char *path, const char *format,
		uint64_t size);

/* The target may be NULL; @engine is the one in use, or the one asked for. */
int report_request(struct cvt_report *r, const struct request *q, const char *engine);

/* Facts, and the guest's notes as warnings. */
int report_guest(struct cvt_report *r, const struct guest *g);

/* Edits and warnings, and their diff. */
int report_plan(struct cvt_report *r, const struct guest *g, const struct plan *p);

/* Whether it boots on the target, rule by rule. */
int report_check(struct cvt_report *r, const struct answers *a);

/* The first rule that fails, its fields borrowed from the report; false: none does. */
bool report_check_failure(const struct cvt_report *r, const char **path,
			  const char **evidence, const char **remedy);

/* How it came up: what boot_run() tells (taken). */
int report_boot(struct cvt_report *r, json_t *boot);

/* What the guest needs to boot, from the report of an inspection, whoever wrote that. */
struct report_boot_needs {
	bool uefi;	  /* its disks boot by UEFI only */
	size_t first;	  /* index of the disk that boots */
	const char *arch; /* of its default kernel, borrowed; NULL: unknown */
};

void report_boot_needs(const struct cvt_report *r, struct report_boot_needs *ret);

/* Mark each edit as the same, changed or new since the report @file of this machine, for
 * @target.  ERR_USAGE: it is none.
 */
int report_since(struct cvt_report *r, const char *file, const char *target,
		 struct cvt_error *err);

/* Take the edits that are the same out of the diff. */
int report_diff_since(struct cvt_report *r);

/* What the document of the job says, and what came of it (taken). */
int report_job(struct cvt_report *r, json_t *job);

/* A report from its document @root (taken on success): -EINVAL if that is none. */
int report_load(json_t *root, struct cvt_report **ret);

/* Something about the job and not about the guest. */
int report_warning(struct cvt_report *r, const char *id, const char *text,
		   const char *remedy);

/* Take over guest, edits, warnings and times of the report @from, which is what the conversion
 * instance says and may be anything, and the diff of its plan.
 */
int report_adopt(struct cvt_report *r, const json_t *from, const char *diff);

/* The source machine, described in the file @source. */
int report_machine(struct cvt_report *r, const struct vm *vm, const char *source);

/* The size of the new machine; 0: not said. */
void report_launch(struct cvt_report *r, unsigned memory_mib, unsigned cpus);

int report_outputs(struct cvt_report *r, const struct names *paths);
int report_undo(struct cvt_report *r, const char *path);
/* @stage as in cvt_progress_fn; a stage told again is added to. */
int report_timing(struct cvt_report *r, const char *stage, uint64_t ms);

int report_status(struct cvt_report *r, const char *status);
int report_error(struct cvt_report *r,
		 const struct cvt_error *err); /* status: "failed" */

/* The last call: only after it do cvt_report_json() and cvt_report_text() say anything.
 */
int report_finish(struct cvt_report *r);

DEFINE_CLEANUP(struct cvt_report, cvt_report_free)
#define CLEANUP_REPORT CLEANUP(cvt_report_freep)

#endif
