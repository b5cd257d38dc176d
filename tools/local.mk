# SPDX-License-Identifier: LGPL-2.1-or-later
bin_PROGRAMS += tools/convert-image
tools_convert_image_SOURCES = \
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
tools_convert_image_LDADD = \
	libconvert.la \
	$(JANSSON_LIBS) \
	$(NULL)

noinst_PROGRAMS += tools/example-inspect
tools_example_inspect_SOURCES = tools/example-inspect.c
tools_example_inspect_LDADD = libconvert.la

dist_man_MANS += tools/convert-image.1
# A page for each command, from what is said in the one above.
COMMAND_PAGES = \
	tools/convert-image-boot.1 \
	tools/convert-image-check.1 \
	tools/convert-image-completion.1 \
	tools/convert-image-convert.1 \
	tools/convert-image-describe.1 \
	tools/convert-image-inspect.1 \
	tools/convert-image-make-instance.1 \
	tools/convert-image-plan.1 \
	tools/convert-image-resume.1 \
	tools/convert-image-run.1 \
	tools/convert-image-targets.1 \
	tools/convert-image-undo.1 \
	$(NULL)
man_MANS += $(COMMAND_PAGES)
$(COMMAND_PAGES): tools/convert-image tools/convert-image.1 tools/examples tools/make-page
	$(AM_V_GEN)page=$(@:tools/convert-image-%.1=%); \
	sh $(srcdir)/tools/make-page tools/convert-image $(srcdir)/tools/convert-image.1 \
		$(srcdir)/tools/examples $$page > $@.new && mv $@.new $@

bashcompletiondir = $(datadir)/bash-completion/completions
bashcompletion_DATA = tools/completion/convert-image
zshcompletiondir = $(datadir)/zsh/site-functions
zshcompletion_DATA = tools/completion/_convert-image
fishcompletiondir = $(datadir)/fish/vendor_completions.d
fishcompletion_DATA = tools/completion/convert-image.fish
COMPLETIONS = $(bashcompletion_DATA) $(zshcompletion_DATA) $(fishcompletion_DATA)
CLEANFILES += $(COMMAND_PAGES) $(COMPLETIONS)
tools/completion/convert-image: tools/convert-image
	$(AM_V_GEN)$(MKDIR_P) tools/completion && tools/convert-image completion bash > $@
tools/completion/_convert-image: tools/convert-image
	$(AM_V_GEN)$(MKDIR_P) tools/completion && tools/convert-image completion zsh > $@
tools/completion/convert-image.fish: tools/convert-image
	$(AM_V_GEN)$(MKDIR_P) tools/completion && tools/convert-image completion fish > $@
EXTRA_DIST += \
	tools/examples \
	tools/make-page \
	$(NULL)
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
