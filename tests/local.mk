# SPDX-License-Identifier: LGPL-2.1-or-later
# One line per test: the source of tests/test-x is tests/test-x.c.
check_PROGRAMS += \
	tests/test-add-machine \
	tests/test-apply \
	tests/test-assets-fstab \
	tests/test-assets-grub \
	tests/test-assets-menus \
	tests/test-assets-net \
	tests/test-assets-superblock \
	tests/test-assets-vm \
	tests/test-bls \
	tests/test-boot \
	tests/test-check \
	tests/test-checker \
	tests/test-cmdline \
	tests/test-commit \
	tests/test-convert \
	tests/test-cpio \
	tests/test-crypttab \
	tests/test-default-entry \
	tests/test-describe \
	tests/test-diff \
	tests/test-disk-notes \
	tests/test-engine \
	tests/test-engine-guestfs \
	tests/test-engine-mount \
	tests/test-faults \
	tests/test-file-contexts \
	tests/test-fstab \
	tests/test-fuzz \
	tests/test-grub-cfg \
	tests/test-grub-default \
	tests/test-grubenv \
	tests/test-hostname \
	tests/test-header \
	tests/test-hibernation \
	tests/test-images \
	tests/test-initrd \
	tests/test-initrd-script \
	tests/test-inspect-boot \
	tests/test-inspect-kernel \
	tests/test-instance \
	tests/test-luks \
	tests/test-machine \
	tests/test-lease \
	tests/test-mdraid \
	tests/test-menus \
	tests/test-modules \
	tests/test-net-args \
	tests/test-network-args \
	tests/test-network-formats \
	tests/test-order \
	tests/test-osrelease \
	tests/test-plan \
	tests/test-report \
	tests/test-resolve \
	tests/test-secret \
	tests/test-sizes \
	tests/test-step-bootloader \
	tests/test-step-cloud-init \
	tests/test-step-console \
	tests/test-step-drivers \
	tests/test-step-firmware \
	tests/test-step-firstboot \
	tests/test-step-identity \
	tests/test-step-initramfs \
	tests/test-step-kdump \
	tests/test-step-lvm \
	tests/test-step-network \
	tests/test-step-tools \
	tests/test-step-uefi \
	tests/test-step-x11 \
	tests/test-step_fstab \
	tests/test-subvolume \
	tests/test-superblock \
	tests/test-fat \
	tests/test-ptable \
	tests/test-uki \
	tests/test-unit \
	tests/test-vm \
	tests/test-volume \
	$(NULL)
LDADD = libconvert/libcore.la $(CHECK_LIBS) $(LIBARCHIVE_LIBS)
# As a program of somebody else: plain C99, and only what the symbol map lets out.
tests_test_header_CFLAGS = -std=c99 -pedantic-errors -Wall -Wextra -Werror $(SANITIZE_CFLAGS)
tests_test_header_CPPFLAGS = -I$(srcdir)/include -DPACKAGE_VERSION=\"$(PACKAGE_VERSION)\"
tests_test_header_LDADD = libconvert.la

# Likewise, a whole program; tests/test-run.sh runs it.
noinst_PROGRAMS += tests/run-program
tests_run_program_SOURCES = tests/run-program.c
tests_run_program_CPPFLAGS = -I$(srcdir)/include
tests_run_program_LDADD = libconvert.la

# tests/test-labels.sh runs it.
noinst_PROGRAMS += tests/label-program
tests_label_program_SOURCES = tests/label-program.c
tests_label_program_LDADD = libconvert/libcore.la

TESTS += \
	$(check_PROGRAMS) \
	tests/check-docs.sh \
	tests/check-header.sh \
	tests/check-layers.sh \
	tests/test-cli.sh \
	tests/test-describe-ec2.py \
	tests/test-describe-libvirt.sh \
	tests/test-describe-qemu.sh \
	tests/test-identity.sh \
	tests/test-inspect-os.sh \
	tests/test-labels.sh \
	tests/test-loaders.sh \
	tests/test-make-instance.sh \
	tests/test-orchestrators.py \
	tests/test-people.py \
	tests/test-run.sh \
	tests/test-schema.py \
	tests/test-since.sh \
	tests/test-tools.sh \
	$(NULL)
EXTRA_DIST += \
	tests/assets.h \
	tests/check-docs.sh \
	tests/check-format.sh \
	tests/check-header.sh \
	tests/check-layers.sh \
	tests/corpus \
	tests/engine-contract.h \
	tests/engine-disk.h \
	tests/grub-cases.h \
	tests/menus.h \
	tests/hostnames.h \
	tests/inittab-case.h \
	tests/modprobe-case.h \
	tests/netformats.h \
	tests/step-cases.h \
	tests/suite.h \
	tests/test-cli.sh \
	tests/test-describe-ec2.py \
	tests/test-describe-libvirt.sh \
	tests/test-describe-qemu.sh \
	tests/test-identity.sh \
	tests/test-inspect-os.sh \
	tests/test-labels.sh \
	tests/test-loaders.sh \
	tests/test-make-instance.sh \
	tests/test-orchestrators.py \
	tests/test-people.py \
	tests/test-run.sh \
	tests/test-schema.py \
	tests/test-since.sh \
	tests/test-tools.sh \
	tests/tree.h \
	tests/xorg-case.h \
	tests/tree.sh \
	tests/validate.py \
	tests/vm-dump.h \
	$(NULL)
AM_TESTS_ENVIRONMENT = srcdir=$(srcdir) top_builddir=$(top_builddir) MALLOC_PERTURB_=165 CK_DEFAULT_TIMEOUT=60; export srcdir top_builddir MALLOC_PERTURB_ CK_DEFAULT_TIMEOUT;

#: make check           the tests that need no guest
#: make check-format    clang-format on the lines that the last commits changed (BASE=origin/main)
check-format:
	cd $(srcdir) && tests/check-format.sh $(BASE)

#: make check-valgrind  the tests that do no I/O, under valgrind
IO_TESTS = tests/test-add-machine% tests/test-apply% tests/test-assets% tests/test-commit% tests/test-convert% \
	tests/test-engine% tests/test-faults% tests/test-ins% tests/test-volume%
PURE_TESTS = $(filter-out $(IO_TESTS),$(check_PROGRAMS))
check-valgrind: $(PURE_TESTS)
	@for t in $(PURE_TESTS); do \
		echo "  VALGRIND $$t"; \
		srcdir=$(srcdir) top_builddir=$(top_builddir) CK_FORK=no CK_TIMEOUT_MULTIPLIER=50 \
		$(LIBTOOL) --mode=execute valgrind -q --leak-check=full --error-exitcode=1 ./$$t || test $$? = 77 || exit 1; \
	done

#: make fuzzers         tests/fuzz-FORMAT, for libFuzzer (after configure CC=clang --enable-fuzzers)
FUZZERS = \
	tests/fuzz-cmdline \
	tests/fuzz-connman \
	tests/fuzz-cpio \
	tests/fuzz-crypttab \
	tests/fuzz-describe \
	tests/fuzz-diff \
	tests/fuzz-disk_notes \
	tests/fuzz-elf \
	tests/fuzz-extlinux \
	tests/fuzz-file_contexts \
	tests/fuzz-fstab \
	tests/fuzz-grub_cfg \
	tests/fuzz-grub_default \
	tests/fuzz-grub_image \
	tests/fuzz-grub_legacy \
	tests/fuzz-bls \
	tests/fuzz-word_list \
	tests/fuzz-xorg \
	tests/fuzz-grubenv \
	tests/fuzz-hostname \
	tests/fuzz-ifcfg \
	tests/fuzz-image \
	tests/fuzz-initrd \
	tests/fuzz-inittab \
	tests/fuzz-initrd_script \
	tests/fuzz-interfaces \
	tests/fuzz-lease \
	tests/fuzz-lilo \
	tests/fuzz-link \
	tests/fuzz-loader_vars \
	tests/fuzz-lvm_conf \
	tests/fuzz-modprobe \
	tests/fuzz-modules \
	tests/fuzz-mactab \
	tests/fuzz-netdev \
	tests/fuzz-netifrc \
	tests/fuzz-netplan \
	tests/fuzz-networkd \
	tests/fuzz-nmkeyfile \
	tests/fuzz-osrelease \
	tests/fuzz-ptable \
	tests/fuzz-switched_off \
	tests/fuzz-refind \
	tests/fuzz-refind_linux \
	tests/fuzz-uboot \
	tests/fuzz-udev_net \
	tests/fuzz-uki \
	tests/fuzz-unit \
	tests/fuzz-vm_domain \
	tests/fuzz-vm_json \
	tests/fuzz-vm_ovf \
	tests/fuzz-vm_vmx \
	tests/fuzz-wicked \
	tests/fuzz-zipl \
	$(NULL)
CLEANFILES += $(FUZZERS)
if ENABLE_FUZZERS
fuzzers: $(FUZZERS)
$(FUZZERS): tests/test-fuzz.c libconvert/libcore.la
	$(AM_V_CCLD)$(LIBTOOL) $(AM_V_lt) --tag=CC --mode=link $(CC) $(DEFS) -DFUZZ='"$(@:tests/fuzz-%=%)"' \
		$(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) -fsanitize=fuzzer \
		-o $@ $(srcdir)/tests/test-fuzz.c libconvert/libcore.la $(CHECK_LIBS)
else
fuzzers:
	@echo "configure with CC=clang --enable-fuzzers"; exit 1
endif

.PHONY: check-format check-valgrind fuzzers
