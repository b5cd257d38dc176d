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
	libconvert/format/ifcfg.c \
	libconvert/format/ifcfg.h \
	libconvert/format/ini.c \
	libconvert/format/ini.h \
	libconvert/format/interfaces.c \
	libconvert/format/interfaces.h \
	libconvert/format/netplan.c \
	libconvert/format/netplan.h \
	libconvert/format/networkd.c \
	libconvert/format/networkd.h \
	libconvert/format/nic.c \
	libconvert/format/nic.h \
	libconvert/format/nmkeyfile.c \
	libconvert/format/nmkeyfile.h \
	libconvert/format/splice.c \
	libconvert/format/splice.h \
	libconvert/format/udev_net.c \
	libconvert/format/udev_net.h \
	libconvert/format/yaml_tree.c \
	libconvert/format/yaml_tree.h \
	libconvert/guest/guest.c \
	libconvert/guest/guest.h \
	libconvert/plan/plan.c \
	libconvert/plan/plan.h \
	libconvert/step/network.h \
	libconvert/step/network_gather.c \
	libconvert/step/network_names.c \
	libconvert/step/step.c \
	libconvert/step/step.h \
	libconvert/step/step_network.c \
	libconvert/target/request.h \
	libconvert/target/target.c \
	libconvert/target/target.h \
	libconvert/volume/volume.h \
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
