/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls that do the work: open the volumes, let the guest be converted in the overlays,
 * write the result, report.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "boot/boot.h"
#include "instance/instance.h"

#define BOOT_TIMEOUT 300 /* seconds; without KVM a boot takes a minute or two */

/* One call: the work, and the volumes that it is done on. */
struct run {
	struct cvt *c;
	enum mode mode;
	struct cvt_report *report;
	struct volumes *volumes;
	struct work work; /* times only, if an instance does it */
	bool in_instance;
	struct cvt_error why_no_instance; /* with the engine "auto" */
	size_t n_edits;
	json_t *boot; /* of MODE_BOOT: how it came up, borrowed from the report */
};

static bool is_directory_job(const struct cvt *c)
{
	return engine_is(c->engine, "dir");
}

static int check_request(const struct run *x, struct cvt_error *err)
{
	const struct cvt *c = x->c;

	if (c->n_disks == 0)
		return error_raise(err, ERR_USAGE, NULL, "no disk given");
	if (x->mode != MODE_INSPECT && !c->request.target)
		return error_raise(err, ERR_USAGE, NULL, "no target given");
	if (x->mode == MODE_CONVERT && !c->in_place && !c->output_dir)
		return error_raise(err, ERR_USAGE, NULL,
				   "neither in place nor an output given");
	if (c->undo && !c->in_place)
		return error_raise(err, ERR_USAGE, NULL,
				   "an undo file is of a conversion in place");
	if (x->mode == MODE_CONVERT && c->unpacked &&
	    (c->in_place || c->output == OUTPUT_OVERLAY))
		return error_raise(
			err, ERR_USAGE, NULL,
			"the disks of an OVA are unpacked for the job alone: its output "
			"is qcow2 or raw");
	if (is_directory_job(c) && x->mode == MODE_BOOT)
		return error_raise(err, ERR_USAGE, NULL,
				   "the engine 'dir' has no disks that could be booted");
	if (is_directory_job(c) && c->since)
		return error_raise(err, ERR_USAGE, NULL,
				   "an earlier report is of disks, and the engine 'dir' has none");
	if (is_directory_job(c) && c->undo)
		return error_raise(err, ERR_USAGE, NULL,
				   "the engine 'dir' makes no undo file");
	if (is_directory_job(c) && (c->n_disks > 1 || c->output_dir))
		return error_raise(err, ERR_USAGE, NULL,
				   "the engine 'dir' converts one directory, in place");
	return 0;
}

/* "auto": where most is isolated and least is asked. */
static void choose_engine(struct run *x)
{
	const char *engine = x->c->engine;

	x->in_instance =
		engine_is(engine, ENGINE_INSTANCE) ||
		(engine_is(engine, "auto") && instance_is_available(&x->why_no_instance));
}

/* Slower than it could be: somebody may want to know why. */
static int report_fallback(struct run *x)
{
	char text[768];

	if (x->why_no_instance.code == 0)
		return 0;
	snprintf(text, sizeof(text),
		 "%s: an appliance of libguestfs does the work, slower",
		 x->why_no_instance.msg);
	return report_warning(x->report, "engine-fallback", text,
			      "install user-mode-linux, or name the --engine");
}

static int report_memory(struct run *x)
{
	if (x->mode != MODE_CONVERT || !x->c->in_place || !x->volumes ||
	    !volumes_are_in_memory(x->volumes))
		return 0;
	return report_warning(
		x->report, "work-dir-in-memory",
		"the directory of the job is in memory: a commit that a power "
		"failure interrupts cannot be resumed",
		"name a directory on a disk with --work-dir");
}

static int open_volumes(struct run *x, struct cvt_error *err)
{
	const struct cvt *c = x->c;
	const struct volumes_options options = {
		.work_dir = c->work_dir,
		.in_place = x->mode == MODE_CONVERT && c->in_place,
		.export = x->in_instance ? EXPORT_SOCKETS : EXPORT_FILES,
	};
	int r;

	context_progress(&x->c->ctx, "open", 0);
	if (is_directory_job(c))
		return 0;
	r = volumes_open(&x->c->ctx, c->disks, c->n_disks, &options, &x->volumes, err);
	if (r == 0 && x->mode == MODE_CONVERT && c->output_dir)
		r = volumes_check_output(x->volumes, c->output_dir, c->output, err);
	x->work.volumes = x->volumes;
	return r < 0 ? r : work_stage_done(&x->work, "open", err);
}

/* The plan is known, and nothing is written yet. */
static int check_space(uint64_t bytes, void *data, struct cvt_error *err)
{
	const struct run *x = data;
	const struct cvt *c = x->c;
	const struct volumes_outcome outcome = { c->output_dir, c->output, c->undo };

	return x->volumes ? volumes_check_space(x->volumes, &outcome, bytes, err) : 0;
}

/* The engine has let go of the volumes; from here on the originals may change. */
static int finish_volumes(struct run *x, struct cvt_error *err)
{
	CLEANUP_NAMES struct names results = { 0 };
	int r;

	if (x->c->output_dir) {
		context_progress(&x->c->ctx, "output", 80);
		r = volumes_output(x->volumes, x->c->output_dir, x->c->output, &results,
				   err);
		if (r == 0 && report_outputs(x->report, &results) < 0)
			r = error_nomem(err);
		return r < 0 ? r : work_stage_done(&x->work, "output", err);
	}
	if (x->n_edits == 0)
		return 0;
	context_progress(&x->c->ctx, "commit", 80);
	r = volumes_commit(x->volumes, x->c->undo, err);
	if (r == 0 && x->c->undo && report_undo(x->report, x->c->undo) < 0)
		r = error_nomem(err);
	return r < 0 ? r : work_stage_done(&x->work, "commit", err);
}

/* The guest in the overlays is what it is to be. */
static int do_work(struct run *x, struct cvt_error *err)
{
	int r;

	x->c->ctx.planned = check_space;
	x->c->ctx.planned_data = x;
	if (x->in_instance) {
		x->work.engine_name = ENGINE_INSTANCE;
		r = instance_run(x->c, x->mode, x->volumes, &x->work.mtime, x->report,
				 err);
		x->n_edits = cvt_report_n_edits(x->report);
		work_start(&x->work);
		return r;
	}
	r = work_run(&x->work, err);
	x->n_edits = x->work.plan.n_edits;
	return work_report(&x->work) < 0 && r == 0 ? error_nomem(err) : r;
}

/* What was inspected is booted, as it was before that. */
static int boot_volumes(struct run *x, struct cvt_error *err)
{
	const struct cvt *c = x->c;
	struct boot_options options = {
		.disk_bus = c->boot.disk_bus,
		.evidence = c->boot.evidence,
		.mac = c->request.n_nics > 0 ? c->request.nics[0].mac : NULL,
		.timeout = c->boot.timeout ? c->boot.timeout : BOOT_TIMEOUT,
	};
	struct report_boot_needs needs;
	int r;

	report_boot_needs(x->report, &needs);
	if (needs.arch && strcmp(needs.arch, "x86_64") != 0 && needs.arch[0] != 'i')
		return error_raise(
			err, ERR_ENGINE_LACKS, NULL,
			"a machine with its kernel's architecture, %s, cannot be "
			"played",
			needs.arch);
	options.uefi = c->request.firmware ? c->request.firmware == FIRMWARE_UEFI
					   : needs.uefi;
	options.first = needs.first < c->n_disks ? (unsigned)needs.first : 0;
	r = volumes_renew(x->volumes, err);
	if (r == 0)
		r = boot_run(x->c, x->volumes, &options, &x->boot, err);
	if (r < 0)
		return r;
	if (c->boot.keep) {
		volumes_keep(x->volumes);
		(void)json_object_set_new(x->boot, "overlays",
					  json_string(x->volumes->work));
	}
	if (report_boot(x->report, x->boot) < 0)
		return error_nomem(err);
	return work_stage_done(&x->work, "boot", err);
}

static int judge_boot(const struct run *x, struct cvt_error *err)
{
	const char *failure = json_string_value(json_object_get(x->boot, "failure"));
	const char *reason = json_string_value(json_object_get(x->boot, "reason"));
	const char *network = json_string_value(json_object_get(x->boot, "network"));

	if (failure)
		return error_raise(err,
				   strcmp(failure, "boot-timeout") == 0 ? ERR_BOOT_TIMEOUT
									: ERR_BOOT,
				   x->c->disks[0].path, "does not boot on %s: %s",
				   x->c->request.target->name, reason ? reason : failure);
	if (network && strcmp(network, "silent") == 0)
		return error_raise(err, ERR_BOOT_SILENT, x->c->disks[0].path,
				   "boots on %s, and sends nothing to the network",
				   x->c->request.target->name);
	return 0;
}

static int judge(const struct run *x, struct cvt_error *err)
{
	const char *path, *evidence, *remedy;
	int r;

	if (!report_check_failure(x->report, &path, &evidence, &remedy))
		return 0;
	r = error_raise(err, ERR_CHECK, path, "%s", evidence ? evidence : "");
	return remedy ? error_remedy(err, r, "%s", remedy) : r;
}

static const char *status_of(const struct run *x)
{
	if (x->mode == MODE_INSPECT)
		return "inspected";
	if (x->mode == MODE_PLAN)
		return "planned";
	if (x->mode == MODE_CHECK)
		return "checked";
	if (x->mode == MODE_BOOT)
		return "booted";
	return x->n_edits > 0 ? "converted" : "unchanged";
}

/* Before anything is written: the earlier report may be of another machine. */
static int compare(struct run *x, struct cvt_error *err)
{
	const struct cvt *c = x->c;
	int r = report_since(x->report, c->since, c->request.target->name, err);

	return r == 0 && report_diff_since(x->report) < 0 ? error_nomem(err) : r;
}

static int run_stages(struct run *x, struct cvt_error *err)
{
	int r = check_request(x, err);

	if (r == 0) {
		choose_engine(x);
		r = open_volumes(x, err);
	}
	if (r == 0)
		r = do_work(x, err);
	if (r == 0 && x->c->since && (x->mode == MODE_PLAN || x->mode == MODE_CONVERT))
		r = compare(x, err);
	if (r == 0 && x->mode == MODE_CONVERT && x->volumes)
		r = finish_volumes(x, err);
	if (r == 0 && x->mode == MODE_BOOT)
		r = boot_volumes(x, err);
	if (r == 0)
		context_progress(&x->c->ctx, "done", 100);
	return r;
}

/* As it was given, until it has been opened. */
static int report_volume(struct run *x, size_t i)
{
	const struct volume *v =
		x->volumes && i < x->volumes->n ? &x->volumes->v[i] : NULL;

	return v && v->path ? report_disk(x->report, v->path, v->format, v->size)
			    : report_disk(x->report, x->c->disks[i].path, NULL, 0);
}

/* What the run found and did, as far as it came. */
static int report_facts(struct run *x)
{
	struct cvt_report *rep = x->report;
	const char *engine = x->work.engine_name;
	int r = report_request(rep, &x->c->request, engine ? engine : x->c->engine);

	report_launch(rep, x->c->launch.memory_mib, x->c->launch.cpus);
	for (size_t i = 0; i < x->c->n_disks && r == 0; i++)
		r = report_volume(x, i);
	if (r == 0 && x->c->vm)
		r = report_machine(rep, x->c->vm, x->c->vm_source);
	if (r == 0)
		r = report_fallback(x);
	return r < 0 ? r : report_memory(x);
}

static int report_outcome(struct run *x, int result, const struct cvt_error *why)
{
	int r = result < 0 ? report_error(x->report, why)
			   : report_status(x->report, status_of(x));

	return r < 0 ? r : report_finish(x->report);
}

/* "disk2p1" is the second of the disks that were given; NULL: no device of a disk. */
static const char *disk_of(const struct cvt *c, const char *device)
{
	unsigned disk = 0;
	int digits = 0;

	if (sscanf(device, "disk%3u%n", &disk, &digits) != 1 || disk == 0 ||
	    disk > c->n_disks || (device[digits] != '\0' && device[digits] != 'p'))
		return NULL;
	return c->disks[disk - 1].path;
}

/* An error about the job as a whole names the first of its disks. */
static void name_disk(const struct cvt *c, int r, struct cvt_error *err)
{
	const char *disk = disk_of(c, err->path);

	if (disk)
		(void)error_prefix(err, r, "%s", disk);
	if (err->path[0] || err->exit == CVT_EXIT_USAGE || err->exit == CVT_EXIT_INTERNAL)
		return;
	snprintf(err->path, sizeof(err->path), "%s", c->disks[0].path);
	if (r == -ECANCELED)
		(void)error_raise(err, ERR_CANCELLED, c->disks[0].path,
				  "interrupted; the volumes are unchanged");
	else
		(void)error_prefix(err, r, "%s", c->disks[0].path);
}

static int run(struct cvt *c, enum mode mode, struct cvt_report **ret,
	       struct cvt_error *err)
{
	struct run x = { .c = c, .mode = mode };
	struct cvt_error why = { 0 };
	int r, told;

	if (report_new(&x.report) < 0)
		return error_nomem(err);
	x.work = work_new(c, mode, x.report);
	context_set_time_limit(&c->ctx, c->time_limit);
	r = run_stages(&x, &why);
	if (r < 0 && x.volumes)
		r = volumes_explain(x.volumes, r, &why);
	if (r < 0)
		name_disk(c, r, &why);
	told = report_facts(&x);
	if (told == 0 && r == 0 && mode == MODE_CHECK)
		r = judge(&x, &why);
	if (told == 0 && r == 0 && mode == MODE_BOOT)
		r = judge_boot(&x, &why);
	if (told < 0 || report_outcome(&x, r, &why) < 0) {
		cvt_report_free(take_ptr(x.report));
		if (r == 0)
			r = error_nomem(&why);
	}
	volumes_close(x.volumes);
	work_clear(&x.work);
	atomic_store(&c->ctx.cancelled, 0);
	*ret = x.report;
	return r < 0 ? error_pass(err, r, &why) : r;
}

int cvt_inspect(struct cvt *c, struct cvt_report **ret, struct cvt_error *err)
{
	return run(c, MODE_INSPECT, ret, err);
}

int cvt_plan(struct cvt *c, struct cvt_report **ret, struct cvt_error *err)
{
	return run(c, MODE_PLAN, ret, err);
}

int cvt_check(struct cvt *c, struct cvt_report **ret, struct cvt_error *err)
{
	return run(c, MODE_CHECK, ret, err);
}

int cvt_boot(struct cvt *c, struct cvt_report **ret, struct cvt_error *err)
{
	return run(c, MODE_BOOT, ret, err);
}

int cvt_convert(struct cvt *c, struct cvt_report **ret, struct cvt_error *err)
{
	return run(c, MODE_CONVERT, ret, err);
}

int cvt_resume(struct cvt *c, const char *dir, enum cvt_resumed *ret,
	       struct cvt_error *err)
{
	enum resumed resumed;
	int r = job_resume(&c->ctx, dir, &resumed, err);

	if (r == 0)
		*ret = resumed == RESUMED_FINISHED ? CVT_RESUMED_FINISHED
						   : CVT_RESUMED_FORGOTTEN;
	return r;
}

int cvt_undo(struct cvt *c, const char *file, int *ret_done, struct cvt_error *err)
{
	bool done;
	int r = job_undo(&c->ctx, file, c->disks, c->n_disks, c->work_dir, &done, err);

	if (r == 0)
		*ret_done = done;
	return r;
}
