/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A whole job as one document (tools/run-1.schema.json): the sources or which of their
 * snapshots, what is to be done, and where the results go.  What is finished is remembered
 * in the directory of its state, so that a job that was killed can be started again.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <jansson.h>

#include "job.h"
#include "report/report.h"

/* A disk, and what of it is taken. */
struct run_source {
	const char *path;     /* as the document has it */
	const char *format;   /* NULL: not said */
	const char *snapshot; /* as asked for; NULL: none */
	json_t *files;	      /* snapshots that are files, the oldest first; NULL: none */
	/* What has been found */
	char *file;	/* the one that is opened */
	char *name;	/* of the snapshot; NULL: the disk itself */
	char *id;	/* of an internal one */
	int64_t date;	/* its, seconds since 1970; 0: not known */
	bool internal;	/* it lies in the file, and has to be taken out of it */
};

/* The document; strings are borrowed from it. */
struct run_job {
	json_t *root;
	const char *name, *target, *engine, *root_spec, *network, *firmware, *undo,
		*state_dir, *work_dir, *machine, *since, *output_dir, *output_format,
		*hostname;
	json_t *labels, *nics, *keys, *firstboot, *describe, *ssh_keys;
	bool cutover, in_place, check, boot;
	int portable; /* -1: not said */
	int repair, discard_hibernation, remove_machine_id;
	unsigned memory_mib, cpus, boot_timeout, time_limit;
	struct run_source *sources;
	size_t n_sources;
};

/* ERR_JOB_DOCUMENT: it is none, says what it must not, or lacks something. */
int run_job_parse(const char *text, struct run_job *ret, struct cvt_error *err);
void run_job_clear(struct run_job *j);
#define CLEANUP_RUN_JOB CLEANUP(run_job_clear)

/* Hand the options of the document, but no disks, to @c. */
int run_job_configure(const struct run_job *j, struct cvt *c, struct cvt_error *err);

/* Find which snapshot is taken of each source, without reading more than its header. */
int run_sources_find(struct run_job *j, struct context *ctx, struct cvt_error *err);

/* Take internal snapshots out of their files, into @dir; then the sources' files are what is
 * to be opened.
 */
int run_sources_extract(struct run_job *j, struct context *ctx, const char *dir,
			struct cvt_error *err);
json_t *run_sources_json(const struct run_job *j);

/* What tells this job and these sources from others: SHA-256, to @hex. */
int run_identity(const struct run_job *j, char hex[SHA256_HEX], struct cvt_error *err);

/* Where the state of a job is. */
struct run_state {
	int lock;     /* fd; held as long as the job runs */
	char *file;   /* DIR/NAME.state.json */
	char *report; /* DIR/NAME.report.json */
	char *work;   /* DIR/NAME.work, made */
	json_t *root; /* what the file said of a job with this identity; an object */
	char identity[SHA256_HEX];
};

/* ERR_JOB if the job runs already. */
int run_state_open(const struct run_job *j, struct run_state *ret, struct cvt_error *err);
int run_state_save(struct run_state *s, struct cvt_error *err);
void run_state_close(struct run_state *s); /* removes the work directory if it is empty */
#define CLEANUP_RUN_STATE CLEANUP(run_state_close)

/* Replace the file @path, durably. */
int run_write(const char *path, const char *text, struct cvt_error *err);

#endif
