# SPDX-License-Identifier: LGPL-2.1-or-later
bin_PROGRAMS += tools/convert-image
tools_convert_image_SOURCES = \
	tools/convert-image.c \
	tools/describe.c \
	tools/options.c \
	tools/options.h \
	tools/ui.c \
	tools/ui.h \
	$(NULL)
tools_convert_image_LDADD = \
	libconvert.la \
	$(JANSSON_LIBS) \
	$(NULL)

noinst_PROGRAMS += tools/example-inspect
tools_example_inspect_SOURCES = tools/example-inspect.c
tools_example_inspect_LDADD = libconvert.la

dist_man_MANS += tools/convert-image.1
orchestratorsdir = $(pkgdatadir)/orchestrators
dist_orchestrators_DATA = \
	tools/orchestrators/Containerfile \
	tools/orchestrators/README \
	tools/orchestrators/kubernetes-job.yaml \
	$(NULL)
dist_orchestrators_SCRIPTS = \
	tools/orchestrators/job-table \
	tools/orchestrators/slurm-array.sh \
	$(NULL)
dist_pkgdata_DATA = \
	tools/job-1.schema.json \
	tools/machine-1.schema.json \
	tools/report-1.schema.json \
	tools/run-1.schema.json \
	$(NULL)
