/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The job of a conversion machine, tools/job-1.schema.json: from a file or from
 * the words of a kernel command line to the words of convert-image(1).
 */
#ifndef INSTANCE_MACHINE_JOB_H
#define INSTANCE_MACHINE_JOB_H

#include <jansson.h>

#include "core/error.h"
#include "core/names.h"
#include "instance/machine_disks.h"

/* The words "libconvert.NAME=VALUE" of @cmdline as a job; *@ret is NULL if there are none. */
int machine_job_of_cmdline(const char *cmdline, json_t **ret, struct cvt_error *err);
int machine_job_parse(const char *text, size_t len, json_t **ret, struct cvt_error *err);

/* Is every member one that is known, and of its type? */
int machine_job_check(json_t *job, struct cvt_error *err);

/* The disks of @job among @all, all where it names none, as paths, in their order.  -ENODEV
 * if one is not there; it may come yet.
 */
int machine_job_disks(const json_t *job, const struct machine_disks *all,
		      struct names *ret, struct cvt_error *err);

/* How convert-image is called; @config: where files of the job are, NULL: nowhere. */
int machine_job_words(const json_t *job, const char *config, const struct names *disks,
		      struct names *ret, struct cvt_error *err);

/* What is to be done when all is done: 'p'ower off, 'r'eboot or 'h'alt. */
char machine_job_then(const json_t *job);

unsigned machine_job_time_limit(const json_t *job); /* seconds */

#endif
