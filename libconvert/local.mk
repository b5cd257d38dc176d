# SPDX-License-Identifier: LGPL-2.1-or-later
# Every object once: libwork is what the conversion instance needs too, libhost all but
# libguestfs and libxml2, libcore all of it.  The shared library exports a part of that, the tests link the
# whole.
noinst_LTLIBRARIES = \
	libconvert/libwork.la \
	libconvert/libhost.la \
	libconvert/libcore.la \
	$(NULL)
lib_LTLIBRARIES = libconvert.la
include_HEADERS = include/libconvert.h
pkgconfig_DATA = libconvert/libconvert.pc
dist_man_MANS += libconvert/libconvert.3

libconvert_libwork_la_SOURCES = \
	libconvert/apply/apply.c \
	libconvert/apply/apply.h \
	libconvert/check/check.c \
	libconvert/check/check.h \
	libconvert/check/rule.h \
	libconvert/check/rule_firmware.c \
	libconvert/check/rule_kernel.c \
	libconvert/check/rule_mounts.c \
	libconvert/check/rule_network.c \
	libconvert/check/rule_root.c \
	libconvert/check/standing.c \
	libconvert/core/bytes.c \
	libconvert/core/bytes.h \
	libconvert/core/cleanup.h \
	libconvert/core/context.c \
	libconvert/core/context.h \
	libconvert/core/error.c \
	libconvert/core/error.h \
	libconvert/core/names.c \
	libconvert/core/names.h \
	libconvert/core/secret.c \
	libconvert/core/secret.h \
	libconvert/core/text.h \
	libconvert/engine/btrfs.c \
	libconvert/engine/btrfs.h \
	libconvert/engine/checker.c \
	libconvert/engine/checker.h \
	libconvert/engine/engine.c \
	libconvert/engine/engine.h \
	libconvert/engine/engine_dir.c \
	libconvert/engine/engine_mount.c \
	libconvert/engine/engine_trace.c \
	libconvert/engine/filesystem.c \
	libconvert/engine/filesystem.h \
	libconvert/engine/loop.c \
	libconvert/engine/loop.h \
	libconvert/engine/luks.c \
	libconvert/engine/lvm.c \
	libconvert/engine/md.c \
	libconvert/engine/members.c \
	libconvert/engine/members.h \
	libconvert/engine/namespace.c \
	libconvert/engine/namespace.h \
	libconvert/engine/place.h \
	libconvert/engine/place_kernel.c \
	libconvert/engine/rootfs.c \
	libconvert/engine/rootfs.h \
	libconvert/engine/rootfs_write.c \
	libconvert/engine/stack.c \
	libconvert/engine/stack.h \
	libconvert/engine/stack_private.h \
	libconvert/engine/trace_rules.c \
	libconvert/engine/trace_rules.h \
	libconvert/format/assignment.c \
	libconvert/format/assignment.h \
	libconvert/format/bls.c \
	libconvert/format/bls.h \
	libconvert/format/cmdline.c \
	libconvert/format/cmdline.h \
	libconvert/format/connman.c \
	libconvert/format/connman.h \
	libconvert/format/cpio.c \
	libconvert/format/cpio.h \
	libconvert/format/crypttab.c \
	libconvert/format/crypttab.h \
	libconvert/format/decoder.c \
	libconvert/format/decoder.h \
	libconvert/format/disk_notes.c \
	libconvert/format/disk_notes.h \
	libconvert/format/elf.c \
	libconvert/format/elf.h \
	libconvert/format/extlinux.c \
	libconvert/format/extlinux.h \
	libconvert/format/fat.c \
	libconvert/format/fat.h \
	libconvert/format/fields.c \
	libconvert/format/file_contexts.c \
	libconvert/format/file_contexts.h \
	libconvert/format/fields.h \
	libconvert/format/fstab.c \
	libconvert/format/fstab.h \
	libconvert/format/fstype.c \
	libconvert/format/fstype.h \
	libconvert/format/grub_cfg.c \
	libconvert/format/grub_cfg.h \
	libconvert/format/grub_cfg_default.c \
	libconvert/format/grub_cfg_edit.c \
	libconvert/format/grub_default.c \
	libconvert/format/grub_default.h \
	libconvert/format/grub_image.c \
	libconvert/format/grub_image.h \
	libconvert/format/grub_legacy.c \
	libconvert/format/grub_legacy.h \
	libconvert/format/grub_script.c \
	libconvert/format/grub_script.h \
	libconvert/format/grubenv.c \
	libconvert/format/grubenv.h \
	libconvert/format/hostname.c \
	libconvert/format/hostname.h \
	libconvert/format/ifcfg.c \
	libconvert/format/ifcfg.h \
	libconvert/format/ini.c \
	libconvert/format/ini.h \
	libconvert/format/initrd.c \
	libconvert/format/initrd.h \
	libconvert/format/initrd_script.c \
	libconvert/format/initrd_script.h \
	libconvert/format/inittab.c \
	libconvert/format/inittab.h \
	libconvert/format/interfaces.c \
	libconvert/format/interfaces.h \
	libconvert/format/lease.c \
	libconvert/format/lease.h \
	libconvert/format/kernel_image.c \
	libconvert/format/kernel_image.h \
	libconvert/format/lilo.c \
	libconvert/format/lilo.h \
	libconvert/format/lines.c \
	libconvert/format/lines.h \
	libconvert/format/lvm_conf.c \
	libconvert/format/lvm_conf.h \
	libconvert/format/lz4.c \
	libconvert/format/lz4.h \
	libconvert/format/lzo.c \
	libconvert/format/lzo.h \
	libconvert/format/luks.c \
	libconvert/format/luks.h \
	libconvert/format/mactab.c \
	libconvert/format/mactab.h \
	libconvert/format/mdraid.c \
	libconvert/format/mdraid.h \
	libconvert/format/menu.c \
	libconvert/format/menu.h \
	libconvert/format/modprobe.c \
	libconvert/format/modprobe.h \
	libconvert/format/net_args.c \
	libconvert/format/net_args.h \
	libconvert/format/netifrc.c \
	libconvert/format/netifrc.h \
	libconvert/format/netplan.c \
	libconvert/format/netplan.h \
	libconvert/format/networkd.c \
	libconvert/format/networkd.h \
	libconvert/format/nic.c \
	libconvert/format/nic.h \
	libconvert/format/nmkeyfile.c \
	libconvert/format/nmkeyfile.h \
	libconvert/format/options.c \
	libconvert/format/options.h \
	libconvert/format/osrelease.c \
	libconvert/format/osrelease.h \
	libconvert/format/pe.c \
	libconvert/format/pe.h \
	libconvert/format/pieces.c \
	libconvert/format/pieces.h \
	libconvert/format/ptable.c \
	libconvert/format/ptable.h \
	libconvert/format/refind.c \
	libconvert/format/refind.h \
	libconvert/format/splice.c \
	libconvert/format/splice.h \
	libconvert/format/superblock.c \
	libconvert/format/superblock.h \
	libconvert/format/superblock_xfs.c \
	libconvert/format/swap.c \
	libconvert/format/swap.h \
	libconvert/format/uboot.c \
	libconvert/format/uboot.h \
	libconvert/format/udev_net.c \
	libconvert/format/udev_net.h \
	libconvert/format/uki.c \
	libconvert/format/uki.h \
	libconvert/format/unit.c \
	libconvert/format/unit.h \
	libconvert/format/version.c \
	libconvert/format/version.h \
	libconvert/format/wicked.c \
	libconvert/format/wicked.h \
	libconvert/format/word_list.c \
	libconvert/format/word_list.h \
	libconvert/format/xorg.c \
	libconvert/format/xorg.h \
	libconvert/format/yaml_tree.c \
	libconvert/format/yaml_tree.h \
	libconvert/format/zipl.c \
	libconvert/format/zipl.h \
	libconvert/guest/busname.c \
	libconvert/guest/busname.h \
	libconvert/guest/guest.c \
	libconvert/guest/guest.h \
	libconvert/guest/modules.c \
	libconvert/guest/modules.h \
	libconvert/guest/order.c \
	libconvert/guest/order.h \
	libconvert/guest/resolve.c \
	libconvert/guest/subvolume.c \
	libconvert/inspect/fetch.c \
	libconvert/inspect/fetch.h \
	libconvert/inspect/inspect.c \
	libconvert/inspect/inspect.h \
	libconvert/inspect/inspect_accounts.c \
	libconvert/inspect/inspect_boot.c \
	libconvert/inspect/inspect_check.c \
	libconvert/inspect/inspect_check.h \
	libconvert/inspect/inspect_entries.c \
	libconvert/inspect/inspect_initrd.c \
	libconvert/inspect/inspect_initrd.h \
	libconvert/inspect/inspect_kernel.c \
	libconvert/inspect/inspect_kernel.h \
	libconvert/inspect/inspect_links.c \
	libconvert/inspect/inspect_loader.c \
	libconvert/inspect/inspect_loader.h \
	libconvert/inspect/inspect_mounts.c \
	libconvert/inspect/inspect_network.c \
	libconvert/inspect/inspect_order.c \
	libconvert/inspect/inspect_os.c \
	libconvert/inspect/inspect_swap.c \
	libconvert/inspect/inspect_table.c \
	libconvert/inspect/loader_bls.c \
	libconvert/inspect/loader_extlinux.c \
	libconvert/inspect/loader_found.c \
	libconvert/inspect/loader_grub2.c \
	libconvert/inspect/loader_plain.c \
	libconvert/inspect/loaders.h \
	libconvert/inspect/look.c \
	libconvert/inspect/look.h \
	libconvert/instance/machine_disks.c \
	libconvert/instance/machine_disks.h \
	libconvert/instance/machine_job.c \
	libconvert/instance/machine_job.h \
	libconvert/instance/wire.c \
	libconvert/instance/wire.h \
	libconvert/job.c \
	libconvert/job_identity.c \
	libconvert/job.h \
	libconvert/plan/diff.c \
	libconvert/plan/diff.h \
	libconvert/plan/myers.c \
	libconvert/plan/myers.h \
	libconvert/plan/plan.c \
	libconvert/plan/plan.h \
	libconvert/report/printable.c \
	libconvert/report/printable.h \
	libconvert/report/report.c \
	libconvert/report/report.h \
	libconvert/report/report_diff.c \
	libconvert/report/report_html.c \
	libconvert/report/report_json.c \
	libconvert/report/report_since.c \
	libconvert/report/report_launch.c \
	libconvert/report/report_parts.h \
	libconvert/report/report_text.c \
	libconvert/step/aliases.c \
	libconvert/step/aliases.h \
	libconvert/step/bootloader.h \
	libconvert/step/default_entry.c \
	libconvert/step/default_entry.h \
	libconvert/step/drivers.c \
	libconvert/step/drivers.h \
	libconvert/step/efi_loader.c \
	libconvert/step/efi_loader.h \
	libconvert/step/generators.c \
	libconvert/step/generators.h \
	libconvert/step/grub_mkconfig.c \
	libconvert/step/kernel_args.c \
	libconvert/step/kernel_args.h \
	libconvert/step/loader_edits.c \
	libconvert/step/loader_edits.h \
	libconvert/step/load_script.c \
	libconvert/step/load_script.h \
	libconvert/step/network.h \
	libconvert/step/network_args.c \
	libconvert/step/network_change.c \
	libconvert/step/network_cloud.c \
	libconvert/step/network_decide.c \
	libconvert/step/network_dhcp.c \
	libconvert/step/network_formats.c \
	libconvert/step/network_gather.c \
	libconvert/step/network_names.c \
	libconvert/step/step.c \
	libconvert/step/step.h \
	libconvert/step/step_bootloader.c \
	libconvert/step/step_cloud_init.c \
	libconvert/step/step_console.c \
	libconvert/step/step_crypttab.c \
	libconvert/step/step_drivers.c \
	libconvert/step/step_firmware.c \
	libconvert/step/step_firstboot.c \
	libconvert/step/step_fstab.c \
	libconvert/step/step_hibernation.c \
	libconvert/step/step_identity.c \
	libconvert/step/step_initramfs.c \
	libconvert/step/step_kdump.c \
	libconvert/step/step_labels.c \
	libconvert/step/step_lvm.c \
	libconvert/step/step_network.c \
	libconvert/step/step_tools.c \
	libconvert/step/step_uefi.c \
	libconvert/step/step_units.c \
	libconvert/step/step_x11.c \
	libconvert/step/storage.c \
	libconvert/step/storage.h \
	libconvert/step/sysv.c \
	libconvert/step/sysv.h \
	libconvert/step/tool_rows.c \
	libconvert/step/tools.h \
	libconvert/step/uki.c \
	libconvert/step/uki.h \
	libconvert/step/tools_record.c \
	libconvert/step/tools_scripts.c \
	libconvert/step/tools_systemd.c \
	libconvert/target/request.h \
	libconvert/target/target.c \
	libconvert/target/target.h \
	libconvert/vm/vm.c \
	libconvert/vm/vm.h \
	libconvert/volume/bios_loader.c \
	libconvert/volume/commit.c \
	libconvert/volume/confine.c \
	libconvert/volume/confine.h \
	libconvert/volume/extents.c \
	libconvert/volume/fullio.c \
	libconvert/volume/fullio.h \
	libconvert/volume/hold.c \
	libconvert/volume/image.c \
	libconvert/volume/instance_disks.c \
	libconvert/volume/keeper.c \
	libconvert/volume/markers.c \
	libconvert/volume/output.c \
	libconvert/volume/probe.c \
	libconvert/volume/process.c \
	libconvert/volume/process.h \
	libconvert/volume/qsd.c \
	libconvert/volume/redo.c \
	libconvert/volume/redo.h \
	libconvert/volume/redo_json.c \
	libconvert/volume/redo_json.h \
	libconvert/volume/resume.c \
	libconvert/volume/shadow.c \
	libconvert/volume/space.c \
	libconvert/volume/state.c \
	libconvert/volume/state.h \
	libconvert/volume/undo.c \
	libconvert/volume/undo.h \
	libconvert/volume/volume.c \
	libconvert/volume/volume.h \
	libconvert/volume/volume_private.h \
	libconvert/work.c \
	libconvert/work.h \
	$(NULL)
libconvert_libwork_la_LIBADD = \
	$(BLKID_LIBS) \
	$(BZIP2_LIBS) \
	$(JANSSON_LIBS) \
	$(LZMA_LIBS) \
	$(NETTLE_LIBS) \
	$(SECCOMP_LIBS) \
	$(YAML_LIBS) \
	$(ZLIB_LIBS) \
	$(LZO_LIBS) \
	$(PCRE2_LIBS) \
	$(ZSTD_LIBS) \
	-lpthread \
	$(NULL)

libconvert_libhost_la_SOURCES = \
	libconvert/boot/boot.h \
	libconvert/boot/console.c \
	libconvert/boot/console.h \
	libconvert/boot/hardware.c \
	libconvert/boot/hardware.h \
	libconvert/boot/packets.c \
	libconvert/boot/packets.h \
	libconvert/boot/qemu.c \
	libconvert/boot/qemu.h \
	libconvert/boot/screen.c \
	libconvert/boot/screen.h \
	libconvert/boot/watch.c \
	libconvert/convert.c \
	libconvert/instance/beside.c \
	libconvert/instance/beside.h \
	libconvert/instance/contents.c \
	libconvert/instance/contents.h \
	libconvert/instance/initramfs.c \
	libconvert/instance/initramfs.h \
	libconvert/instance/instance.c \
	libconvert/instance/instance.h \
	libconvert/instance/kernel.c \
	libconvert/instance/kernel.h \
	libconvert/instance/make.c \
	libconvert/instance/uml.c \
	libconvert/instance/uml.h \
	libconvert/run/job_document.c \
	libconvert/run/run.c \
	libconvert/run/run.h \
	libconvert/run/sources.c \
	libconvert/run/state.c \
	$(NULL)
libconvert_libhost_la_LIBADD = libconvert/libwork.la

libconvert_libcore_la_SOURCES = \
	libconvert/add_machine.c \
	libconvert/ova.c \
	libconvert/ova.h \
	libconvert/engine/appliance.c \
	libconvert/engine/appliance.h \
	libconvert/engine/engine_guestfs.c \
	libconvert/engine/engine_table.c \
	libconvert/engine/guestfs_check.c \
	libconvert/engine/guestfs_private.h \
	libconvert/engine/guestfs_write.c \
	libconvert/engine/place_guestfs.c \
	libconvert/vm/describe.c \
	libconvert/vm/describe.h \
	libconvert/vm/describe_cloud.c \
	libconvert/vm/describe_ec2.c \
	libconvert/vm/describe_libvirt.c \
	libconvert/vm/describe_ovf.c \
	libconvert/vm/describe_qemu.c \
	libconvert/vm/vm_json.c \
	libconvert/vm/vm_libvirt.c \
	libconvert/vm/vm_ovf.c \
	libconvert/vm/vm_parse.c \
	libconvert/vm/vm_vmx.c \
	libconvert/vm/xml.c \
	libconvert/vm/xml.h \
	libconvert/vm/xml_writer.c \
	libconvert/vm/xml_writer.h \
	$(NULL)
libconvert_libcore_la_LIBADD = \
	libconvert/libhost.la \
	$(GUESTFS_LIBS) \
	$(XML_LIBS) \
	$(NULL)

# The program inside of the conversion instance, found beside the library.
instancedir = $(pkglibdir)
instance_PROGRAMS = \
	libconvert/convert-image \
	libconvert/convert-instance \
	libconvert/convert-machine \
	$(NULL)
if ENABLE_SANITIZERS
# The address space of User Mode Linux has no room for theirs.
libconvert_convert_instance_SOURCES = \
	libconvert/instance/init.c \
	$(libconvert_libwork_la_SOURCES) \
	$(NULL)
libconvert_convert_instance_CFLAGS = $(PLAIN_CFLAGS)
libconvert_convert_instance_LDFLAGS =
libconvert_convert_instance_LDADD = $(libconvert_libwork_la_LIBADD)
else
libconvert_convert_instance_SOURCES = libconvert/instance/init.c
libconvert_convert_instance_LDADD = libconvert/libwork.la
endif

# In a machine of its own: process 1, and what does the work, without libguestfs.
libconvert_convert_machine_SOURCES = \
	libconvert/instance/machine.c \
	libconvert/instance/machine_setup.c \
	libconvert/instance/machine_setup.h \
	$(NULL)
libconvert_convert_machine_LDADD = libconvert/libwork.la
libconvert_convert_image_SOURCES = \
	libconvert/instance/machine_engines.c \
	libconvert/instance/machine_vm.c \
	tools/completion.c \
	tools/convert-image.c \
	tools/describe.c \
	tools/options.c \
	tools/options.h \
	tools/rows.c \
	tools/rows.h \
	tools/term.c \
	tools/term.h \
	tools/ui.c \
	tools/ui.h \
	$(NULL)
libconvert_convert_image_LDADD = libconvert/libhost.la

libconvert_la_SOURCES =
libconvert_la_LIBADD = libconvert/libcore.la
libconvert_la_LDFLAGS = \
	-version-info $(LIBCONVERT_VERSION_INFO) \
	-Wl,--version-script=$(srcdir)/libconvert/libconvert.syms \
	$(NULL)
EXTRA_libconvert_la_DEPENDENCIES = libconvert/libconvert.syms
EXTRA_DIST += \
	libconvert/README \
	libconvert/libconvert.syms \
	$(NULL)
