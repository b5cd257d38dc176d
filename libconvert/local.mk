# SPDX-License-Identifier: LGPL-2.1-or-later
# Every object once; the shared library exports a part of it, the tests link all of it.
noinst_LTLIBRARIES = libconvert/libcore.la
lib_LTLIBRARIES = libconvert.la
include_HEADERS = include/libconvert.h
pkgconfig_DATA = libconvert/libconvert.pc

libconvert_libcore_la_SOURCES = \
	libconvert/convert.c \
	libconvert/core/bytes.c \
	libconvert/core/bytes.h \
	libconvert/core/cleanup.h \
	libconvert/core/context.c \
	libconvert/core/context.h \
	libconvert/core/error.c \
	libconvert/core/error.h \
	libconvert/core/names.c \
	libconvert/core/names.h \
	libconvert/engine/engine.c \
	libconvert/engine/engine.h \
	libconvert/format/cpio.c \
	libconvert/format/cpio.h \
	libconvert/format/decoder.c \
	libconvert/format/decoder.h \
	libconvert/format/elf.c \
	libconvert/format/elf.h \
	libconvert/format/initrd.c \
	libconvert/format/initrd.h \
	libconvert/format/lz4.c \
	libconvert/format/lz4.h \
	libconvert/engine/engine_dir.c \
	libconvert/engine/rootfs.c \
	libconvert/engine/rootfs.h \
	libconvert/engine/rootfs_write.c \
	libconvert/guest/guest.c \
	libconvert/guest/guest.h \
	libconvert/guest/modules.c \
	libconvert/guest/modules.h \
	libconvert/inspect/inspect_initrd.c \
	libconvert/inspect/inspect_initrd.h \
	libconvert/inspect/inspect_kernel.c \
	libconvert/inspect/inspect_kernel.h \
	libconvert/plan/plan.c \
	libconvert/plan/plan.h \
	libconvert/step/drivers.c \
	libconvert/step/drivers.h \
	libconvert/step/step.c \
	libconvert/step/step.h \
	libconvert/step/step_drivers.c \
	libconvert/step/step_initramfs.c \
	libconvert/target/request.h \
	libconvert/target/target.c \
	libconvert/target/target.h \
	libconvert/volume/volume.h \
	$(NULL)
libconvert_libcore_la_LIBADD = \
	$(BLKID_LIBS) \
	$(BZIP2_LIBS) \
	$(GUESTFS_LIBS) \
	$(JANSSON_LIBS) \
	$(LIBARCHIVE_LIBS) \
	$(LZMA_LIBS) \
	$(NETTLE_LIBS) \
	$(YAML_LIBS) \
	$(ZLIB_LIBS) \
	$(ZSTD_LIBS) \
	-lpthread \
	$(NULL)

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
