/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libconvert - make offline disk images boot on another hypervisor */
#ifndef LIBCONVERT_H
#define LIBCONVERT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * enum cvt_exit - what kind of failure it is; the exit codes of convert-image
 *
 * Since: 0.1
 */
enum cvt_exit {
	CVT_EXIT_OK = 0,       /* done, or nothing to do */
	CVT_EXIT_INTERNAL = 1, /* a defect in libconvert, or no memory */
	CVT_EXIT_USAGE = 2,
	CVT_EXIT_INPUT = 3,	  /* disks missing, unreadable, in use, damaged */
	CVT_EXIT_GUEST = 4,	  /* guest not supported or not safe to convert */
	CVT_EXIT_TARGET = 5,	  /* the target cannot be satisfied */
	CVT_EXIT_ENGINE = 6,	  /* appliance, mount or I/O failed */
	CVT_EXIT_CONVERSION = 7,  /* conversion failed, volumes unchanged */
	CVT_EXIT_CHECK = 8,	  /* the guest would not boot there */
	CVT_EXIT_INTERRUPTED = 9, /* cvt_cancel(), volumes unchanged */
	CVT_EXIT_COMMIT = 10	  /* the commit itself was interrupted */
};

/**
 * struct cvt_error - why a call failed
 * @code: 0, or a negative errno value
 * @exit: enum cvt_exit
 * @id: stable name of the reason, as listed in convert-image(1): "no-space"
 * @path: guest path or disk it is about, or ""
 * @msg: one line of text without newline; names @path and the reason
 * @remedy: what to do about it, one line
 *
 * Plain value, owned by the caller; there is nothing to free.  A function
 * writes it only when it fails.  Every @err parameter may be NULL.
 *
 * Since: 0.1
 */
struct cvt_error {
	int code;
	int exit;
	char id[32];
	char path[256];
	char msg[512];
	char remedy[256];
};

/**
 * struct cvt - one job: disks, a target, options; opaque
 *
 * A handle belongs to one thread at a time; several handles in several threads
 * are fine.  The library prints nothing, installs no signal handler and never
 * exits.  It starts qemu-storage-daemon, qemu-img and what the engine needs, a
 * conversion instance or an appliance; none of them outlives the call that
 * needed it.
 *
 * Since: 0.1
 */
struct cvt;

/**
 * struct cvt_report - what a call found, planned or did; opaque, immutable
 *
 * Since: 0.1
 */
struct cvt_report;

/**
 * enum cvt_log_level - how much a log line matters
 *
 * Since: 0.1
 */
enum cvt_log_level {
	CVT_LOG_WARNING, /* something that a person may have to look at */
	CVT_LOG_INFO,
	CVT_LOG_DEBUG
};

/**
 * typedef cvt_log_fn - receives log lines
 * @level: enum cvt_log_level
 * @line: one line of text without newline, in whatever encoding the guest has;
 *        valid during the call only
 * @data: as given to cvt_set_log()
 *
 * Called from the thread that runs the job.
 *
 * Since: 0.1
 */
typedef void (*cvt_log_fn)(enum cvt_log_level level, const char *line, void *data);

/**
 * typedef cvt_progress_fn - receives progress
 * @stage: "open", "inspect", "check", "boot", "plan", "apply", "verify", "commit",
 *         "output" or "done"
 * @percent: of the whole job, 0 to 100, never falling
 * @data: as given to cvt_set_progress()
 *
 * Called from the thread that runs the job, never at the same time twice.
 *
 * Since: 0.1
 */
typedef void (*cvt_progress_fn)(const char *stage, unsigned percent, void *data);

/**
 * cvt_version() - version of the library at run time
 *
 * Return: static text, "0.1.0".
 * Since: 0.1
 */
const char *cvt_version(void);

/**
 * cvt_new() - start a job that has no disk and no target yet
 * @ret: where to store the handle; untouched on failure
 * @err: filled on failure
 *
 * Ownership: the caller owns *@ret and releases it with cvt_free().
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int cvt_new(struct cvt **ret, struct cvt_error *err);

/**
 * cvt_free() - release a job
 * @c: handle, or NULL (no-op); no call on it may be running
 *
 * Since: 0.1
 */
void cvt_free(struct cvt *c);

/**
 * cvt_add_disk() - add a disk of the guest
 * @c: handle
 * @path: file or block device (copied); with the engine "dir" a directory
 *        that is the guest's root
 * @format: "raw", "qcow2", "vmdk", "vpc", "vhdx", "vdi" or another driver
 *          name of qemu-img(1) (copied); NULL: the header of the file tells,
 *          and raw if none does
 * @err: filled on failure
 *
 * The order is the order of the disks on the source machine: the first is
 * /dev/sda, the second /dev/sdb.  Nothing is opened yet.
 *
 * Give the format of a raw disk from an untrusted source: a guest can write a
 * header of another format to its own first sector.
 *
 * Return: 0; -EINVAL if @format is no known format; -ENOMEM.
 * Since: 0.1
 */
int cvt_add_disk(struct cvt *c, const char *path, const char *format,
		 struct cvt_error *err);

/**
 * cvt_add_machine() - let the description of the source machine name its disks
 * @c: handle
 * @file: an OVF, a domain of libvirt, the VMX of VMware, or JSON as
 *        tools/machine-1.schema.json has it; its content says which
 * @err: filled on failure
 *
 * Adds its disks in the order in which the machine has them.  Where disks were added
 * before, it is those that the machine has.  Its memory, CPUs and number of network cards
 * stand in the report, as "machine", and in "launch", unless cvt_set_launch() and
 * cvt_add_nic() say otherwise.
 *
 * An OVF or VMX names files beside it: a path that leads elsewhere is refused.  XML is read
 * without entities and without network.
 *
 * Return: 0; -EBADMSG if @file is no such description, or names disks that are not there
 * for us; -EINVAL if it is the second one; -ENOMEM.
 * Since: 0.3
 */
int cvt_add_machine(struct cvt *c, const char *file, struct cvt_error *err);

/**
 * cvt_set_target() - choose where the guest is to boot
 * @c: handle
 * @name: as cvt_target_name() lists them: "kvm", "aws", "azure", …
 * @err: filled on failure
 *
 * Return: 0; -EINVAL if @name is unknown.
 * Since: 0.1
 */
int cvt_set_target(struct cvt *c, const char *name, struct cvt_error *err);

/**
 * cvt_target_name() - list the targets
 * @i: index from 0
 * @summary: set to one line that describes it, static; may be NULL
 *
 * Return: static name, or NULL past the last.
 * Since: 0.1
 */
const char *cvt_target_name(size_t i, const char **summary);

/**
 * cvt_set_engine() - choose how the guest's files are reached
 * @c: handle
 * @name: "auto" (default), "mount" (this kernel mounts the guest: needs root,
 *        for images that are trusted), "guestfs" (a libguestfs appliance
 *        mounts it: isolated, any file system) or "dir" (the guest's root is
 *        a directory); "trace:NAME[,RULE]..." is one of them, its operations
 *        logged and, for tests, made to fail as convert-image(1) describes
 * @err: filled on failure
 *
 * Return: 0; -EINVAL if @name is unknown or a rule has not that form; -ENOMEM.
 * Since: 0.1
 */
int cvt_set_engine(struct cvt *c, const char *name, struct cvt_error *err);

/**
 * cvt_set_memory() - bound the memory of the kernel that opens the guest
 * @c: handle
 * @mib: size in MiB, 256 to 65536; 0 restores the default: 256 for a
 *       conversion instance, that of libguestfs for an appliance
 * @err: filled on failure
 *
 * Ignored by engines that start no appliance.
 *
 * Return: 0; -ERANGE if @mib is out of range, and the old value stays.
 * Since: 0.1
 */
int cvt_set_memory(struct cvt *c, unsigned mib, struct cvt_error *err);

/**
 * cvt_set_launch() - say how large the new machine is
 * @c: handle
 * @memory_mib: its memory in MiB, 64 to 67108864; 0 (default): as the source
 *              machine had, if that is known
 * @cpus: its CPUs, up to 4096; 0 (default): likewise
 * @err: filled on failure
 *
 * It stands in the report, as "launch", and in what cvt_describe() makes of it; the
 * machine of cvt_boot() is that large.
 *
 * Return: 0; -EINVAL if one of them is out of range, and both old values stay.
 * Since: 0.3
 */
int cvt_set_launch(struct cvt *c, unsigned memory_mib, unsigned cpus,
		   struct cvt_error *err);

/**
 * cvt_set_boot_bus() - choose the bus of the disks in cvt_boot()
 * @c: handle
 * @bus: "virtio-blk", "virtio-scsi", "nvme", "pvscsi", "ahci"; NULL (default): that of
 *       the target, or the nearest to it that QEMU has
 * @err: filled on failure
 *
 * Return: 0; -EINVAL if @bus is unknown; -ENOMEM.
 * Since: 0.3
 */
int cvt_set_boot_bus(struct cvt *c, const char *bus, struct cvt_error *err);

/**
 * cvt_set_boot_timeout() - bound the time that a machine has to come up
 * @c: handle
 * @seconds: up to 86400, from its start in cvt_boot(); 0 (default): 300
 * @err: filled on failure
 *
 * Return: 0; -EINVAL if that is too long.
 * Since: 0.3
 */
int cvt_set_boot_timeout(struct cvt *c, unsigned seconds, struct cvt_error *err);

/**
 * cvt_set_evidence() - keep what was seen in cvt_boot()
 * @c: handle
 * @dir: existing directory (copied), where screen.png and serial.log are
 *       written, and replaced if they are there; NULL (default): nothing is kept
 * @err: filled on failure
 *
 * Of a serial line that says more than 2 MiB the middle is left out.
 *
 * Return: 0, or -ENOMEM.
 * Since: 0.3
 */
int cvt_set_evidence(struct cvt *c, const char *dir, struct cvt_error *err);

/**
 * cvt_set_boot_keep() - keep the overlays that a machine has written to in cvt_boot()
 * @c: handle
 * @keep: not 0: their directory is named in the report, and is the caller's to
 *        remove; 0 (default): they are thrown away
 *
 * Since: 0.3
 */
void cvt_set_boot_keep(struct cvt *c, int keep);

/**
 * cvt_set_time_limit() - bound the time of a call
 * @c: handle
 * @seconds: from the start of cvt_inspect(), cvt_plan() or cvt_convert(); 0
 *           (default): no limit
 *
 * Past it the call fails with -ETIME within seconds, and the disks are
 * unchanged.  Once the commit has begun it is finished.
 *
 * Since: 0.2
 */
void cvt_set_time_limit(struct cvt *c, unsigned seconds);

/**
 * cvt_set_root() - say which file system is the guest's root
 * @c: handle
 * @spec: as root= on a kernel command line: "UUID=…", "/dev/sda2",
 *        "/dev/mapper/vg-root" (copied); NULL: the default boot entry tells
 * @err: filled on failure
 *
 * Ignored with the engine "dir", whose directory is the root.
 *
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int cvt_set_root(struct cvt *c, const char *spec, struct cvt_error *err);

/**
 * enum cvt_network - what happens to the guest's addresses
 *
 * Since: 0.1
 */
enum cvt_network {
	CVT_NETWORK_KEEP = 0, /* they stay as the guest has them */
	CVT_NETWORK_DHCP = 1  /* every configured interface asks DHCP; what had a fixed
			       * address is kept as .NAME.before-conversion
			       */
};

/**
 * cvt_set_network() - choose what happens to the guest's addresses
 * @c: handle
 * @mode: enum cvt_network; the default is CVT_NETWORK_KEEP
 * @err: filled on failure
 *
 * Interface names stay in both cases.
 *
 * Return: 0; -EINVAL if @mode is unknown.
 * Since: 0.1
 */
int cvt_set_network(struct cvt *c, enum cvt_network mode, struct cvt_error *err);

/* What starts the new machine. */
enum cvt_firmware {
	CVT_FIRMWARE_KEEP, /* what the guest boots by now */
	CVT_FIRMWARE_BIOS,
	CVT_FIRMWARE_UEFI
};

/**
 * cvt_set_firmware() - choose the firmware of the new machine
 * @c: handle
 * @firmware: enum cvt_firmware; the default is CVT_FIRMWARE_KEEP
 * @err: filled on failure
 *
 * A guest that boots by a BIOS is made to boot by UEFI too, with a loader that its packages
 * have brought along, on an EFI system partition in free room or in what a swap partition can
 * spare.  The conversion fails with "firmware-impossible" where that cannot be done, and
 * where a guest that boots by UEFI only is to boot by a BIOS.
 *
 * Return: 0; -EINVAL if @firmware is unknown.
 * Since: 0.3
 */
int cvt_set_firmware(struct cvt *c, enum cvt_firmware firmware, struct cvt_error *err);

/**
 * cvt_add_nic() - tell the MAC address of a network interface on the target
 * @c: handle
 * @mac: "52:54:00:12:34:56", any case, colons or dashes
 * @name: interface name in the guest, at most 15 bytes, e.g. "ens192"; NULL:
 *        the next interface that the guest has configured
 * @err: filled on failure
 *
 * Return: 0; -EINVAL if @mac or @name has not that form, or was given before;
 * -ENOMEM.
 * Since: 0.1
 */
int cvt_add_nic(struct cvt *c, const char *mac, const char *name, struct cvt_error *err);

/**
 * cvt_add_firstboot() - let the guest run a script at its first boot
 * @c: handle
 * @file: script of this host (copied), text that begins with #!; all together have at most
 *        256 KiB
 * @err: filled on failure
 *
 * Each is run once, in the order in which they were added, as root, when the network is
 * up; one that fails does not keep the next from running.
 *
 * Return: 0; -EINVAL if it cannot be read or is no script; -ENOMEM.
 * Since: 0.3
 */
int cvt_add_firstboot(struct cvt *c, const char *file, struct cvt_error *err);

/**
 * cvt_add_ssh_key() - let the owner of an SSH key log in
 * @c: handle
 * @file: file of this host (copied) with public keys, one a line, at most 64 KiB
 * @user: account of the guest, as its /etc/passwd has it; NULL: root
 * @err: filled on failure
 *
 * The keys come behind what ~/.ssh/authorized_keys of the account has.  The conversion fails
 * with "account-unusable" if there is no such account, or its home directory is not its own.
 *
 * Return: 0; -EINVAL if @file cannot be read or holds no public keys, or @user is no name of
 * an account; -ENOMEM.
 * Since: 0.3
 */
int cvt_add_ssh_key(struct cvt *c, const char *file, const char *user,
		    struct cvt_error *err);

/**
 * cvt_set_hostname() - give the guest another host name
 * @c: handle
 * @name: with or without domain, at most 64 bytes (copied); NULL: the guest keeps its own
 * @err: filled on failure
 *
 * Return: 0; -EINVAL if @name is no host name; -ENOMEM.
 * Since: 0.3
 */
int cvt_set_hostname(struct cvt *c, const char *name, struct cvt_error *err);

/**
 * cvt_set_remove_machine_id() - let the guest make itself a new machine ID
 * @c: handle
 * @remove: 0 (default) or 1
 *
 * For a copy that runs beside its source: DHCP servers and journals tell machines by that ID.
 *
 * Since: 0.3
 */
void cvt_set_remove_machine_id(struct cvt *c, int remove);

/**
 * cvt_add_key() - tell where the key of an encrypted device is
 * @c: handle
 * @selector: "ID:file:PATH" or "ID:fd:N".  ID is the name of the encrypted device
 *            in a report ("disk1p3", "rhel/root"), its name in the guest
 *            ("/dev/sda3"), the UUID of its LUKS header, or "all".
 * @err: filled on failure
 *
 * The selector is copied; it is no secret.  The key itself is read when a run
 * comes to the device, from a file each time, from a descriptor once.  It is at
 * most 32767 bytes long; a newline at its end is left out, and where that does
 * not open the device it is tried with it.  It is kept in memory that is
 * neither swapped out, where RLIMIT_MEMLOCK lets it be locked, nor dumped,
 * and wiped before the call returns; it is in no log and no report.  Every key
 * with an ID that fits a device is tried, in the order in which they were added.
 *
 * Return: 0; -EINVAL if @selector has not that form; -ENOMEM.
 * Since: 0.2
 */
int cvt_add_key(struct cvt *c, const char *selector, struct cvt_error *err);

/**
 * cvt_set_portable() - choose for which targets drivers go in
 * @c: handle
 * @portable: not 0 (default): what every known target needs to find the root
 *            disk, so that the way back stays open; 0: only the chosen target
 *
 * Since: 0.1
 */
void cvt_set_portable(struct cvt *c, int portable);

/**
 * cvt_set_discard_hibernation() - give up the saved state of a hibernated guest
 * @c: handle
 * @discard: not 0: the swap area that holds it becomes an ordinary one; 0
 *           (default): a hibernated guest is refused, with the error "hibernated"
 *
 * The saved state knows the old hardware, and it knows what was in the file
 * systems: it must not be resumed after a conversion.
 *
 * Since: 0.2
 */
void cvt_set_discard_hibernation(struct cvt *c, int discard);

/**
 * cvt_set_repair() - let damaged file systems be mended
 * @c: handle
 * @repair: not 0: the checker of a file system that the conversion needs, or that
 *          cannot be mounted, mends what it finds, in the overlay; 0
 *          (default): such a guest is refused, id "filesystem-damaged"
 *
 * With it such file systems are checked even if nothing hints at damage.  What
 * was mended is a warning in the report, "filesystem-repaired".
 *
 * Since: 0.2
 */
void cvt_set_repair(struct cvt *c, int repair);

/**
 * cvt_set_in_place() - let cvt_convert() write its result to the disks
 * @c: handle
 *
 * Undoes cvt_set_output().
 *
 * Since: 0.1
 */
void cvt_set_in_place(struct cvt *c);

/**
 * cvt_set_output() - let cvt_convert() leave the disks alone
 * @c: handle
 * @dir: existing directory for the results (copied); each is named as its disk
 *       without suffix, plus ".raw" or ".qcow2"
 * @format: "raw" or "qcow2": a full copy; "overlay": a qcow2 file that holds
 *          the changes and needs the original beside it; NULL: "overlay"
 * @err: filled on failure
 *
 * Undoes cvt_set_in_place().
 *
 * Return: 0; -EINVAL if @format is unknown; -ENOMEM.
 * Since: 0.1
 */
int cvt_set_output(struct cvt *c, const char *dir, const char *format,
		   struct cvt_error *err);

/**
 * cvt_set_undo() - let cvt_convert() save what it overwrites on the disks
 * @c: handle
 * @file: a name that does not exist yet (copied); NULL: nothing is saved
 * @err: filled on failure
 *
 * Only with cvt_set_in_place().  The file is complete before the first byte of a
 * disk changes; cvt_undo() takes it.  A guest that needs no change leaves none.
 *
 * Return: 0, or -ENOMEM.
 * Since: 0.2
 */
int cvt_set_undo(struct cvt *c, const char *file, struct cvt_error *err);

/**
 * cvt_set_since() - tell what is not as it was in an earlier report
 * @c: handle
 * @file: JSON report of an earlier plan or conversion of this machine, of an older snapshot of
 *        its disks, for the same target (copied); NULL (default): none
 * @err: filled on failure
 *
 * cvt_plan() and cvt_convert() then mark each edit in the report as "same", "changed" or
 * "new" since then; text and diff show those that are not the same.  A report of another
 * machine or target is refused before anything is written.
 *
 * Return: 0, or -ENOMEM.
 * Since: 0.3
 */
int cvt_set_since(struct cvt *c, const char *file, struct cvt_error *err);

/**
 * cvt_set_work_dir() - choose where temporary overlays go
 * @c: handle
 * @dir: existing directory (copied); NULL: $TMPDIR, or /var/tmp
 * @err: filled on failure
 *
 * They grow with what is written to the guest: usually a few MiB.  With
 * cvt_set_in_place() they are what an interrupted commit is finished from: the
 * directory should survive a restart of this machine.
 *
 * Return: 0, or -ENOMEM.
 * Since: 0.1
 */
int cvt_set_work_dir(struct cvt *c, const char *dir, struct cvt_error *err);

/**
 * cvt_set_log() - receive log lines
 * @c: handle
 * @fn: called for every line, or NULL
 * @data: passed through
 *
 * Since: 0.1
 */
void cvt_set_log(struct cvt *c, cvt_log_fn fn, void *data);

/**
 * cvt_set_progress() - receive progress
 * @c: handle
 * @fn: called at each step forward, or NULL
 * @data: passed through
 *
 * Since: 0.1
 */
void cvt_set_progress(struct cvt *c, cvt_progress_fn fn, void *data);

/**
 * cvt_cancel() - stop the running call and roll back
 * @c: handle; may be called from another thread or a signal handler
 *
 * The call returns -ECANCELED within seconds, and the disks are unchanged.  If
 * none is running, the next one does.
 * Once the commit has begun it is finished, and the call succeeds.
 *
 * Since: 0.1
 */
void cvt_cancel(struct cvt *c);

/**
 * cvt_inspect() - find out what is on the disks
 * @c: handle with at least one disk
 * @ret: where to store the report; set on success, and on failure too if
 *       there was memory for it (it then holds the error)
 * @err: filled on failure
 *
 * Ownership: the caller releases *@ret with cvt_report_free().
 * Return: 0, or a negative errno value; @err->exit tells its kind.
 * Since: 0.1
 */
int cvt_inspect(struct cvt *c, struct cvt_report **ret, struct cvt_error *err);

/**
 * cvt_plan() - find out what cvt_convert() would change
 * @c: handle with at least one disk, and a target
 * @ret: as for cvt_inspect()
 * @err: filled on failure
 *
 * The edits are exactly those that cvt_convert() makes.  The disks are only
 * read.
 *
 * Return: as for cvt_inspect().
 * Since: 0.1
 */
int cvt_plan(struct cvt *c, struct cvt_report **ret, struct cvt_error *err);

/**
 * cvt_check() - will the guest boot on the target, as it is?
 * @c: handle with at least one disk, and a target
 * @ret: as for cvt_inspect(); its part "check" has an answer of each rule
 * @err: filled on failure, and if a rule fails: then @err->exit is CVT_EXIT_CHECK and
 *       the rest of it is about the first such rule
 *
 * The disks are only read, and nothing of the guest is executed.  What a conversion
 * did or would do is not looked at: the rules see the guest, and the facts that a
 * boot depends on.  cvt_convert() asks the same rules about its result.
 *
 * Return: 0 if no rule fails; -ENOEXEC if one does; else as for cvt_inspect().
 * Since: 0.3
 */
int cvt_check(struct cvt *c, struct cvt_report **ret, struct cvt_error *err);

/**
 * cvt_boot() - boot the guest as it is, in QEMU with hardware like the target's
 * @c: handle with at least one disk, and a target
 * @ret: as for cvt_inspect(); its part "boot" says what came of it, and what stood in
 *       for hardware that QEMU has not
 * @err: filled on failure, and if the guest does not come up: then @err->exit is
 *       CVT_EXIT_CHECK
 *
 * The disks are only read; the machine writes to overlays that are thrown away.  It has a
 * network of its own, without a way out.  KVM is used where it starts guests.
 * It is up when it asks for a login, its SSH or its guest agent answers, or its graphical
 * screen has come to rest.  What it says is read from its serial line and its screen.
 *
 * Return: 0 if it comes up and sends something to its network; -ENOEXEC if not; else as for
 * cvt_inspect().
 * Since: 0.3
 */
int cvt_boot(struct cvt *c, struct cvt_report **ret, struct cvt_error *err);

/**
 * cvt_convert() - make the guest boot on the target
 * @c: handle with at least one disk, a target, and cvt_set_in_place() or
 *     cvt_set_output()
 * @ret: as for cvt_inspect()
 * @err: filled on failure
 *
 * All or nothing: on failure the disks are byte for byte what they were.  A
 * guest that needs no change is left alone and reported as "unchanged"; with
 * cvt_set_output() its copy is made all the same.  Whether the result boots is told
 * in the report, as by cvt_check(); a rule that fails is no failure here.
 *
 * Return: as for cvt_inspect().
 * Since: 0.1
 */
int cvt_convert(struct cvt *c, struct cvt_report **ret, struct cvt_error *err);

/**
 * cvt_run() - do a whole job, as a document says
 * @c: new handle; its log, progress and cvt_cancel() are those of the job
 * @job: JSON text, by run-1.schema.json; paths in it count from the working directory
 * @ret: as for cvt_inspect(); its part "job" says which sources were taken
 * @err: filled on failure, also if the result does not pass the check, or does not boot,
 *       where that is asked for
 *
 * A job that is run again goes on where it was stopped, and does nothing that is finished;
 * its final report is in its state_dir too, replaced as a whole.  A test never writes to
 * the disks; a cutover takes their newest snapshot.
 *
 * Return: as for cvt_inspect().
 * Since: 0.3
 */
int cvt_run(struct cvt *c, const char *job, struct cvt_report **ret,
	    struct cvt_error *err);

/**
 * enum cvt_resumed - what has become of a commit
 *
 * Since: 0.2
 */
enum cvt_resumed {
	CVT_RESUMED_FORGOTTEN = 0, /* nothing was written: the disks are unchanged */
	CVT_RESUMED_FINISHED = 1   /* the disks hold the converted guest */
};

/**
 * cvt_resume() - finish or forget a commit that was interrupted
 * @c: handle; only its log is used
 * @dir: directory of the job, which the remedy of the error CVT_EXIT_COMMIT names
 * @ret: set to enum cvt_resumed
 * @err: filled on failure
 *
 * May be interrupted itself, and called again; it ends what cvt_undo() began too.
 * On success the directory is gone.
 *
 * Return: 0; -EBADMSG if @dir is no such directory or its job is running; -ESTALE
 * if a disk is not the one of the job; another negative errno value.
 * Since: 0.2
 */
int cvt_resume(struct cvt *c, const char *dir, enum cvt_resumed *ret,
	       struct cvt_error *err);

/**
 * cvt_undo() - put back what cvt_convert() has overwritten on the disks
 * @c: handle with the disks, in the order of the conversion
 * @file: the undo file, as given to cvt_set_undo()
 * @ret_done: set to 1, or to 0 if the disks already are as before the conversion
 * @err: filled on failure
 *
 * All or nothing, as cvt_convert(); an interruption is CVT_EXIT_COMMIT and ends with
 * cvt_resume().  Before anything is written each byte that the conversion wrote is
 * compared; of the others, which undo does not touch, a sample is.
 *
 * Return: 0; -ESTALE if a disk is not what the conversion has made of it; -EBADMSG
 * if @file is no undo file; another negative errno value.
 * Since: 0.2
 */
int cvt_undo(struct cvt *c, const char *file, int *ret_done, struct cvt_error *err);

/**
 * cvt_make_instance() - make a machine that converts the disks attached to it
 * @c: handle; no disk or target of it matters
 * @dir: a directory, where vmlinuz, initramfs.cpio and instance.img are made
 * @kernel: an x86 Linux kernel; NULL: the newest in /boot that has modules
 * @modules: the directory of its modules; NULL: the one in /lib/modules
 * @err: filled on failure
 *
 * Kernel and initramfs, or the disk instance.img alone, boot a machine that takes a
 * job and does it, see convert-image(1).  Needs no privilege.  Without the tools for
 * instance.img the other two are made, and the call fails.
 *
 * Return: 0; -EEXIST if one of them is there already; -ENOENT if a program of this host
 * or the kernel is missing; another negative errno value.
 * Since: 0.2
 */
int cvt_make_instance(struct cvt *c, const char *dir, const char *kernel,
		      const char *modules, struct cvt_error *err);

/**
 * cvt_describe() - describe the new machine to its hypervisor
 * @report_json: the report of cvt_plan() or cvt_convert(), as cvt_report_json() gives it
 * @format: "libvirt", a domain; "qemu", a shell script; "kubevirt", a VirtualMachine;
 *          "openstack", an image with its properties; "ec2", the data of a launch template;
 *          "ec2-import", requests that make an image; "gce", an image with its features;
 *          "ovf", for VMware
 * @ret: set to the text, which the caller releases with free(); untouched on failure
 * @err: filled on failure
 *
 * Of the outputs, or if there are none of the disks themselves.  Each format is for the
 * targets whose hardware it asks for.  A pure function: no file is read or written.
 *
 * Return: 0; -EINVAL if @format is unknown, or not for the target of the report; -EBADMSG if
 * @report_json is no report of a guest that was converted; -ENOMEM.
 * Since: 0.3
 */
int cvt_describe(const char *report_json, const char *format, char **ret,
		 struct cvt_error *err);

/**
 * cvt_report_free() - release a report
 * @r: report, or NULL (no-op)
 *
 * Since: 0.1
 */
void cvt_report_free(struct cvt_report *r);

/**
 * cvt_report_status() - the outcome in one word
 * @r: report
 *
 * Return: "inspected", "planned", "converted", "unchanged" or "failed"; owned
 * by the report.
 * Since: 0.1
 */
const char *cvt_report_status(const struct cvt_report *r);

/**
 * cvt_report_json() - the report as a JSON document
 * @r: report
 *
 * Its schema, "libconvert/report-1", is tools/report-1.schema.json.
 *
 * Return: UTF-8 text that ends with a newline, owned by the report.
 * Since: 0.1
 */
const char *cvt_report_json(const struct cvt_report *r);

/**
 * cvt_report_text() - the report for people
 * @r: report
 *
 * Return: lines of UTF-8 text, owned by the report; what comes from the guest
 * has its control characters replaced.
 * Since: 0.1
 */
const char *cvt_report_text(const struct cvt_report *r);

/**
 * cvt_report_html() - the report as a page for people
 * @r: report; its page is made with the first call
 *
 * One file that needs no other; the screenshot of cvt_boot() is in it if its file is still
 * there.  Text of the guest is escaped.
 *
 * Return: HTML that is well-formed XML too, owned by the report; "" if there is no memory.
 * Since: 0.3
 */
const char *cvt_report_html(struct cvt_report *r);

/**
 * cvt_report_diff() - the planned edits as a unified diff
 * @r: report of cvt_plan() or cvt_convert()
 *
 * Binary edits are one line each.
 *
 * Return: text owned by the report; "" if there is no edit.
 * Since: 0.1
 */
const char *cvt_report_diff(const struct cvt_report *r);

/**
 * cvt_report_n_edits() - how many files the plan changes
 * @r: report
 *
 * Since: 0.1
 */
size_t cvt_report_n_edits(const struct cvt_report *r);

/**
 * cvt_report_edit() - one planned edit
 * @r: report
 * @i: index from 0
 * @path: set to the guest path; may be NULL
 * @action: set to "write", "append", "remove" or "symlink"; may be NULL
 * @reason: set to one line that says why; may be NULL
 *
 * What is set is owned by the report.
 *
 * Return: 0; -ERANGE past the last.
 * Since: 0.1
 */
int cvt_report_edit(const struct cvt_report *r, size_t i, const char **path,
		    const char **action, const char **reason);

/**
 * cvt_report_warning() - one warning
 * @r: report
 * @i: index from 0
 * @id: set to the stable id; may be NULL
 * @path: set to the guest path, or ""; may be NULL
 * @text: set to one line; may be NULL
 *
 * What is set is owned by the report.
 *
 * Return: 0; -ERANGE past the last.
 * Since: 0.1
 */
int cvt_report_warning(const struct cvt_report *r, size_t i, const char **id,
		       const char **path, const char **text);

#ifdef __cplusplus
}
#endif

#endif
