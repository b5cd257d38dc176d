# SPDX-License-Identifier: LGPL-2.1-or-later
# One line per test: the source of tests/test-x is tests/test-x.c.
check_PROGRAMS += \
	tests/test-engine \
	tests/test-engine-guestfs \
	tests/test-engine-mount \
	tests/test-plan \
	tests/test-volume \
	$(NULL)
LDADD = libconvert/libcore.la $(CHECK_LIBS)

TESTS += \
	$(check_PROGRAMS) \
	tests/check-layers.sh \
	$(NULL)
EXTRA_DIST += \
	tests/check-layers.sh \
	tests/corpus \
	tests/engine-contract.h \
	tests/engine-disk.h \
	tests/suite.h \
	$(NULL)
AM_TESTS_ENVIRONMENT = srcdir=$(srcdir) top_builddir=$(top_builddir) MALLOC_PERTURB_=165; export srcdir top_builddir MALLOC_PERTURB_;
