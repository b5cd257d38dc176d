# SPDX-License-Identifier: LGPL-2.1-or-later
# One line per test: the source of tests/test-x is tests/test-x.c.
check_PROGRAMS += \
	tests/test-osrelease \
	tests/test-fstab \
	tests/test-plan \
	tests/test-resolve \
	tests/test-diff \
	tests/test-plan \
	tests/test-report \
	tests/test-cmdline \
	tests/test-grub-cfg \
	tests/test-grub-default \
	tests/test-grubenv \
	tests/test-assets-fstab \
	tests/test-crypttab \
	tests/test-fstab \
	tests/test-plan \
	tests/test-resolve \
	tests/test-step_fstab \
	tests/test-unit \
	tests/test-cpio \
	tests/test-initrd \
	tests/test-modules \
	tests/test-engine \
	tests/test-plan \
	tests/test-volume \
	$(NULL)
LDADD = libconvert/libcore.la $(CHECK_LIBS)

TESTS += \
	$(check_PROGRAMS) \
	tests/check-layers.sh \
	tests/test-schema.py \
	$(NULL)
EXTRA_DIST += \
	tests/check-layers.sh \
	tests/corpus \
	tests/engine-contract.h \
	tests/suite.h \
	tests/test-schema.py \
	$(NULL)
AM_TESTS_ENVIRONMENT = srcdir=$(srcdir) top_builddir=$(top_builddir) MALLOC_PERTURB_=165; export srcdir top_builddir MALLOC_PERTURB_;
