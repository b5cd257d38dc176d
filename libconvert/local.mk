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
	libconvert/engine/appliance.c \
	libconvert/engine/appliance.h \
	libconvert/engine/engine.c \
	libconvert/engine/engine.h \
	libconvert/engine/engine_dir.c \
	libconvert/engine/engine_guestfs.c \
	libconvert/engine/engine_mount.c \
	libconvert/engine/filesystem.c \
	libconvert/engine/filesystem.h \
	libconvert/engine/guestfs_private.h \
	libconvert/engine/guestfs_write.c \
	libconvert/engine/loop.c \
	libconvert/engine/loop.h \
	libconvert/engine/lvm.c \
	libconvert/engine/lvm.h \
	libconvert/engine/namespace.c \
	libconvert/engine/namespace.h \
	libconvert/engine/rootfs.c \
	libconvert/engine/rootfs.h \
	libconvert/engine/rootfs_write.c \
	libconvert/guest/guest.c \
	libconvert/guest/guest.h \
	libconvert/plan/plan.c \
	libconvert/plan/plan.h \
	libconvert/step/step.c \
	libconvert/step/step.h \
	libconvert/target/request.h \
	libconvert/target/target.c \
	libconvert/target/target.h \
	libconvert/volume/commit.c \
	libconvert/volume/hold.c \
	libconvert/volume/image.c \
	libconvert/volume/keeper.c \
	libconvert/volume/output.c \
	libconvert/volume/probe.c \
	libconvert/volume/process.c \
	libconvert/volume/process.h \
	libconvert/volume/qsd.c \
	libconvert/volume/volume.c \
	libconvert/volume/volume.h \
	libconvert/volume/volume_private.h \
	$(NULL)
libconvert_libcore_la_LIBADD = \
	$(BLKID_LIBS) \
	$(GUESTFS_LIBS) \
	$(JANSSON_LIBS) \
	$(LIBARCHIVE_LIBS) \
	$(NETTLE_LIBS) \
	$(YAML_LIBS) \
	$(ZLIB_LIBS) \
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
